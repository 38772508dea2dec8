# 状态。say-declined 只在没有原因时使用。
say-approved = 好的，{ $items }，一共 { $amount }，正在付款。
say-settled = { $items }已付 { $amount }。
say-declined = 这笔订单没有通过。
say-confirm = { $items }，一共 { $amount }。要买的话请说数字 { $number }。
say-awaiting_approval = { $items }，一共 { $amount }，已经发给家里主人，等他同意，到 { $until } 为止。
say-cancelled = 已取消：{ $items }。
say-expired = 超时了，{ $items }没有买。
say-failed = { $items }没有付成，钱没有扣，或者已经退回。
say-partially_refunded = 已退 { $refunded }。
say-refunded = { $items }的 { $refunded } 已全部退回。
join = {" "}
resets = { $resets } 重新计算。
list = 、
left = 还可以用 { $left }。
left-until = 还可以用 { $left }，{ $resets } 重新计算。

# 原因
reason-unknown_device = 不认识这台设备。
reason-bad_signature = 设备签名不对。
reason-stale = 这条请求太旧了，请再说一遍。
reason-replayed = 这条请求已经听过了。
reason-retained = 不接受代理保留的旧消息。
reason-malformed = 这条请求看不明白。
reason-frozen = 现在暂停下单，要先解冻。
reason-unknown_item = 目录里没有这样东西。
reason-not_understood = 没听懂要买什么，请说数量和名称。
reason-order_id_conflict = 这个订单号已经用在别的订单上了。
reason-currency_mismatch = 货币和家里的账不一样。
reason-no_limit_set = 还没有给这台设备设额度，不能下单。
reason-outside_hours = 现在不是可以下单的时间。
reason-category_blocked = 这一类东西不可以买。
reason-payee_blocked = 这家店不可以买。
reason-limit_exceeded = 超出额度了：要 { $asked }，只剩 { $left }。
reason-count_exceeded = 下单次数用完了。
reason-risk = 试错太多次了，请过一会儿再说。
reason-confirmation_failed = 数字不对，没有买。
reason-approval_rejected = 家里主人没有同意。
reason-deadline_passed = 等太久了。
reason-wallet_declined = 钱包拒绝付款。
reason-insufficient_funds = 钱包余额不足。
reason-wallet_unreachable = 联系不上钱包。

# 提醒
alert-cost_band = { $subject }在 { $period } 已花 { $value }，达到 { $limit } 的 { $band }%。想省一点可以改到便宜的时段，或少用几次。
alert-meter_reset = { $subject }的读数变小了，没有计费。换过表的话不用管；没换过请看看设备。
alert-reading_rejected = { $subject }的读数跳得太高，不可能是真的，没有计费。请看看设备。
alert-pin_locked = 订单 { $subject } 的密码错了三次，已经拒绝。不是家里人的话，请暂停这台设备。
alert-wallet_unreachable = 订单 { $subject } 一直得不到钱包的明确答复，正在撤销。请检查钱包。
alert-bill_unpaid = { $subject }在 { $period } 的账单没有付。请看额度和电价表，再到钱包里付。
alert-refund_failed = 订单 { $subject } 的退款被钱包拒绝。请到钱包里看。

# Answers to spoken questions.
answer-left-today = 今天还可以用 { $left }。
answer-left-month = 这个月还可以用 { $left }。
answer-no-limit-today = 这里没有按天的额度。
answer-no-limit-month = 这里没有按月的额度。
answer-cost-today = { $device }今天花了 { $cost }。
answer-cost-month = { $device }这个月花了 { $cost }。
answer-no-cost = { $device }还没有电价，算不出花费。
answer-refunding = 好的，正在退上一单的 { $amount }。
answer-nothing-to-refund = 没有可以退的订单。
answer-frozen = { $device }已冻结，不再接受下单。
answer-frozen-home = 全家已冻结，不再接受下单。
answer-which = 是要{ $items }里的哪一个？
answer-refused = 这个办不了。
