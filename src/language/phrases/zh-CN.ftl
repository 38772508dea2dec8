# 状态。say-declined 只在没有原因时使用。
say-approved = 好的，{ $items }{ $sum }，正在付款。
say-settled = { $items }{ $sum }，付好了。
say-declined = 这笔订单没有通过。
confirm-again = 密码不对，还没有买。
say-confirm = { $items }{ $sum }。要买请说数字：{ $number }。
say-confirm-alike = 听着像是{ $items }{ $sum }。真要买请说数字：{ $number }。
say-confirm-again = { $items }刚刚已经下过单了。还要再买一次，一共{ $amount }，请说数字：{ $number }。
confirm-misheard = 没听清数字。
answer-nothing-open = 现在没有要等您回答的事。
say-awaiting_approval = { $items }{ $sum }，已发给{ $owners }，请等确认，到{ $until }为止。
say-cancelled = 已取消：{ $items }。
say-expired = 超时了，{ $items }没有买。
say-failed = { $items }没有付成，钱没有扣，或者已经退回。
say-partially_refunded = 已退{ $refunded }。
say-refunded = { $items }，{ $refunded }全部退回了。
sum = ，一共{ $amount }
sum-known = {""}
and = 和
join = {""}
resets = 到{ $resets }重新算。
list = 、
left = 还能花{ $left }。
left-until = 还能花{ $left }，到{ $resets }为止。

# 原因
reason-unknown_device = 不认识这台设备。
reason-bad_signature = 设备签名不对。
reason-stale = 刚才的话来得太晚，没有下单，请再说一遍。
reason-replayed = 这条请求已经处理过了。
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
reason-limit_exceeded = 超出额度了：要{ $asked }，只剩{ $left }。
reason-count_exceeded = 下单次数用完了。
reason-per_item_exceeded = 单件要{ $asked }，单件最多只能{ $left }。
reason-duplicate = 另一个音箱也听到了，算一次。
reason-risk = 试错太多次了，请过一会儿再说。
reason-confirmation_failed = 数字或密码不对，没有买。
reason-approval_rejected = 没有得到同意，所以没有买。
reason-deadline_passed = 等太久了。
reason-wallet_declined = 钱包拒绝付款。
reason-insufficient_funds = 钱包余额不足。
reason-wallet_unreachable = 联系不上钱包。
reason-not_found = 没有这样东西。
reason-wrong_state = 现在这个状态做不了这件事。
reason-forbidden = 这件事只有家里主人可以做。
reason-order_changed = 订单在您看过以后变了，请再看一遍。
reason-stale_edit = 这期间已经有人改过了，请先再看一遍。
reason-clock_held = 网关的时钟不对，校准之前不能下单。
reason-store_unavailable = 现在记不了账，请稍后再试。

# 一句话里听到了什么，还缺什么
missing-words = 没听到要买什么，请再说一遍。
missing-certainty = “{ $heard }”听得不太清楚，请再说一遍。
missing-certainty-unheard = 听得不太清楚，请再说一遍。
missing-item = 目录里没有“{ $heard }”。
missing-item-unheard = 没听到要买什么东西，请说名称和数量。
missing-one_item = 要哪一个：{ $which }？请把名称说全。
missing-meaning = 听到“{ $heard }”，不明白是什么意思，所以没有下单。请只说买什么、买多少。
missing-quantity = { $item }要几{ $unit }？请连数量一起说。
missing-quantity-uncounted = { $item }要多少？请连数量一起说。
missing-number = “{ $heard }”到底是多少，没听明白，请换个说法。
missing-measure = { $item }按{ $unit }卖，“{ $heard }”对不上。
missing-measure-uncounted = { $item }不能按“{ $heard }”买。
missing-whole = { $item }要整{ $unit }买，“{ $heard }”不行。
missing-whole-uncounted = { $item }要整个买，“{ $heard }”不行。
missing-bounds = “{ $heard }”不是一单可以买的数量。
missing-bounds-unheard = 一单买不了这么多。
missing-thing = 听到“{ $heard }”，没听到是什么东西。
missing-verb = 听到了东西，没听到要买。要下单请先说“买”。
missing-request = 听到“{ $heard }”，所以没有下单。
missing-request-unheard = 这不是在下单，所以没有买。
missing-command = 听起来是在问，没有下单。
missing-pairing = 没听明白哪样要多少，请把数量说在每样东西前面。
missing-once = { $item }说了两次，请一次说清要多少。
missing-open_question = 刚才没有问您，所以“{ $heard }”没有用上。

# 提醒
alert-cost_band = { $subject }{ $period }已花{ $value }，超过了{ $limit }的{ $band }。想省一点可以改到便宜的时段，或少用几次。
alert-cost_band-bill = { $period }的{ $subject }已到{ $value }，超过了{ $limit }的{ $band }。想省一点可以少用，或改到便宜的时段。
alert-cost_projected = 照这样用，{ $period }的{ $subject }大约要{ $value }，在{ $low }到{ $high }之间，会超过{ $limit }。现在少用还来得及。
alert-tier_ahead = { $subject }还剩{ $left }就进入第{ $tier }档，大约在{ $on }，到时每{ $unit }{ $price }。不急的可以等到重新计档再用。
alert-tier_crossed = { $subject }已经进入第{ $tier }档，现在每{ $unit }{ $price }。不急的可以等到重新计档再用。
alert-unusual_use = { $subject }{ $day }用了 { $used }，平常约 { $usual }。请看看是不是有毛病，或者忘了关。
alert-meter_silent = { $since }以后就没有收到{ $subject }的消息，不知道它花了多少。请看看它的电源、电池和网络。
alert-meter_silent-never-heard = { $since }添加的{ $subject }一直没有消息，不知道它花了多少。请检查它的主题写得对不对、设备有没有在发。
alert-meter_silent-never-read = { $subject }一直在发消息，但从{ $since }起没有一条能计量，不知道它花了多少。请检查它的型号和通道。
alert-meter_silent-resolved = 又收到{ $subject }的消息了。
alert-prices_missing = { $since }起没有{ $subject }的市场电价，缺了它算不出总数。请看看电价的来源。
alert-prices_missing-resolved = 又有{ $subject }的市场电价了。
alert-wallet_low = 钱包只剩{ $value }，不到{ $limit }。请充值，不然订单和账单会被拒绝。
alert-wallet_low-resolved = 钱包里的钱又够了：{ $value }。
alert-meter_reset = { $subject }的读数变小了，没有计费。换过表的话不用管；没换过请看看设备。
alert-reading_rejected = { $subject }的读数一下子涨了{ $held }，这么短的时间用不了这么多，先挂着不计费，等后面的读数证实再算。
alert-reading_rejected-dropped = { $subject }的读数恢复正常了。先前一下子涨的{ $held }不计费。
alert-reading_rejected-dropped-do = 真用了的话补记：homepay usage correct { $device }
alert-reading_rejected-resolved = { $subject }挂着的用量确实用了，现在已经算上。
alert-pin_locked = 有一单的密码错了三次，已经拒绝。不是家里人的话，请暂停那台音箱。
alert-guessing = 有人在{ $subject }上十分钟内说错了五次数字或密码，它暂时不能下单。不是家里人的话，请暂停这台设备。
alert-wallet_unreachable = 有一单一直得不到钱包的明确答复，正在撤销。请检查钱包。
alert-bill_unpaid = { $subject }{ $period }的账单没有付。请看额度和电价表，再到钱包里付。
alert-refund_failed = 有一单的退款被钱包拒绝。请到钱包里看看。
alert-store_failed = { $since }起有一阵记不了账，订单只好等着。现在已经恢复。请检查磁盘。
alert-work_set_aside = 有一条消息记不进账本，已经放到一边。请看日志。
alert-clock_leapt = 机器的时钟忽然显示{ $since }，不可信。有人确认之前，账本按自己的时间走。请检查时钟。
alert-clock_leapt-resolved = 时钟恢复一致了。
alert-books_unsound = 账本和流水对不上。可能有人改过文件，或者磁盘要坏了。请恢复备份。
alert-books_unsound-resolved = 账本和流水又对得上了。
alert-books_begun = 原来有账本，现在重新开了新账。所有额度从零算起。
alert-payments_unknown = 钱包里有账本没有的付款。请核对钱包和账本。
alert-credentials_changed = { $subject }的登录方式改了：密码、验证器、通行密钥或恢复码。如果不是本人改的，请重置主人的登录。
alert-sign_in = 有人登录了：{ $subject }。如果不是家里人，请让它退出，并改掉密码。
alert-wallet_disagrees = 有一单，钱包说的和当初付的对不上，先不采信。请到钱包里看。
alert-bill_due = { $payee }的账单{ $value }，{ $period }到期。{ $pay ->
    [auto] 到时会自动付；不对的话请取消。
    [approve] 付之前会先问您。
   *[manual] 请及时付款。
}
alert-bill_refused = { $payee }的账单{ $value }，{ $period }到期，没有付成。{ $why }{ $ruled ->
    [yes] 是家里设的额度拦下的：调高以后再付。
   *[no] 处理好以后再付。
}

# 屏幕上看的：命令和编号，不念出来
alert-meter_silent-never-heard-do = homepay device list；homepay device read { $device }；homepay device discover --for 5m
alert-meter_silent-never-read-do = homepay device read { $device }；homepay device discover --for 5m
alert-meter_reset-do = 读数里没有的用量这样补记：homepay usage correct { $device }
alert-reading_rejected-do = { $watts ->
    [none] 真用了这么多的话补记：homepay usage correct { $device }
   *[other] 现在按最大功率 { $watts } 瓦判断。设备功率更大的话，在 household.toml 里给 { $device } 设 max_power_w 再 homepay apply，挂着的用量随下一次读数算上；不是这个原因又确实用了的话补记：homepay usage correct { $device }
}
alert-pin_locked-do = homepay order show { $subject }；homepay freeze { $device }
alert-wallet_unreachable-do = homepay order show { $subject }；homepay wallet status
alert-credentials_changed-do = { $subject }；homepay owner reset
alert-sign_in-do = { $subject }；homepay owner reset
alert-wallet_disagrees-do = homepay order show { $subject }；homepay wallet reconcile
alert-store_failed-do = { $subject }; homepay report
alert-work_set_aside-do = { $subject }; homepay report
alert-clock_leapt-do = homepay clock status
alert-books_unsound-do = { $subject }; homepay journal verify
alert-books_begun-do = { $subject }; homepay backup restore
alert-payments_unknown-do = { $subject }; homepay wallet reconcile
alert-refund_failed-do = homepay order show { $subject }；homepay wallet status
alert-bill_due-do = homepay bill pay { $subject }
alert-bill_refused-do = homepay bill pay { $subject }
alert-bill_refused-do-rule = homepay limit set { $rule }，再 homepay bill pay { $subject }

again = 再提醒一次：
yesterday = 昨天
unit-kwh = 度
unit-m3 = 立方米
utility-electricity = 用电
utility-water = 用水
utility-gas = 用气
utility-heat = 供暖
utility-cooling = 供冷
bill-electricity = 电费账单
bill-water = 水费账单
bill-gas = 燃气费账单

# 语音回答
home = 全家
or = 还是
span-today = 今天
span-month = 这个月
answer-left = { $span }还能花{ $left }。
answer-left-until = { $span }还能花{ $left }，到{ $until }为止。
answer-left-nothing = { $span }的额度用完了。
answer-left-unlimited = { $span }没有额度限制。
answer-cost = { $device }{ $span }花了{ $cost }。
answer-cost-unknown = { $device }还没有电价，算不出{ $span }花了多少。
answer-run = 现在开{ $device }大约要{ $cost }，一天之内没有更便宜的时候。
answer-run-later = 现在开{ $device }大约要{ $cost }，{ $begin }以后大约{ $least }。
answer-run-unknown = 还不知道开一次{ $device }要多少钱，用过三次就知道了。
answer-spent = { $span }一共花了{ $spent }。
answer-spent-nothing = { $span }还没有花钱。
answer-price = { $one }{ $price }。
answer-price-money = { $name }按金额买。
answer-last = 上一单是{ $items }，{ $amount }，{ $at }下的单。
answer-last-none = 还没有下过单。
answer-refunding = 好的，正在退上一单：{ $items }，{ $amount }。
answer-nothing-to-refund = 没有可以退的订单。
answer-frozen = { $device }已经冻结，不能下单了。
answer-frozen-home = 全家已经冻结，都不能下单了。
answer-say-again = 没听清，请再说一遍。
answer-which = 要哪一个：{ $names }？

# Home Assistant
number-order = 每单额度
number-day = 每日额度
number-week = 每周额度
number-month = 每月额度
number-owner-only = 只有主人才能新设、提高或取消额度：用主人的密钥签名，或运行 homepay limit set。
number-owner-first = 这台设备还不能下单，第一个额度要由主人来设：用主人的密钥签名，或运行 homepay limit set。
number-malformed = 这不是金额，请写成 12.50 这样。

# 发到手机上的消息。批准要在页面上登录后进行，消息里只有链接。
notice-approval-title = 请批准：{ $amount }，{ $payee }
notice-approval-text = { $items }。{ $until }前有效，请打开链接处理。
notice-again-title = 还没人处理：{ $amount }，{ $payee }
notice-settled-title = 已付{ $amount }，{ $payee }
notice-declined-title = 没买成：{ $amount }，{ $payee }
notice-cancelled-title = 已取消：{ $amount }，{ $payee }
notice-expired-title = 已过期：{ $amount }，{ $payee }
notice-failed-title = 付款失败：{ $amount }，{ $payee }
notice-partially_refunded-title = 已退{ $refunded }，{ $payee }
notice-refunded-title = 已全额退款{ $refunded }，{ $payee }
notice-for-use = { $name }的账单
notice-payee-unknown = 收款方不详
notice-info-title = 提示
notice-warning-title = 提醒
notice-critical-title = 紧急提醒
notice-over-title = 已恢复
notice-trial-title = 试发一条消息
notice-trial-text = 收到这条，说明“{ $way }”可以用。
notice-short-title = homepay
notice-short-text = 有新消息，请打开链接查看。
notice-short-approval = 有一单等您批准，请打开链接。
alert-notify_failed = 发给“{ $subject }”的消息没送到。请检查这个通知渠道。
alert-notify_failed-resolved = “{ $subject }”又能收到消息了。
alert-notify_failed-do = homepay notify list；homepay notify test { $subject }
