# Statuses. say-declined is used only where there is no reason.
say-approved = OK: { $items }{ $sum }. Paying now.
say-settled = Paid: { $items }, { $amount }.
say-declined = The order was declined.
confirm-again = That was not the PIN. Nothing is bought yet.
say-confirm = That is { $items }{ $sum }. To buy it, say the number: { $number }.
say-confirm-alike = I heard something like { $items }{ $sum }. If that is what you want, say the number: { $number }.
say-confirm-again = You have just ordered { $items }. To buy it once more for { $amount }, say the number: { $number }.
confirm-misheard = I did not catch the number.
answer-nothing-open = Nothing is waiting for an answer.
say-awaiting_approval = That is { $items }{ $sum }. I've asked { $owners }; they have until { $until }.
say-cancelled = Cancelled: { $items }.
say-expired = Time ran out. Not bought: { $items }.
say-failed = Not paid: { $items }. No money was taken, or it was refunded.
say-partially_refunded = Refunded: { $refunded }.
say-refunded = Refunded: { $refunded } for { $items }.
sum = , { $amount } in all
sum-known = {""}
and = {" and "}
join = {" "}
resets = It resets at { $resets }.
list = {", "}
left = You have { $left } left.
left-until = You have { $left } left until { $resets }.

# Reasons
reason-unknown_device = I do not know this device.
reason-bad_signature = The device's signature is wrong.
reason-stale = That came too late, so nothing was ordered. Please say it again.
reason-replayed = That request was handled before.
reason-retained = Old messages kept by the broker are not taken.
reason-malformed = That request cannot be read.
reason-frozen = Orders are frozen. Thaw them first.
reason-unknown_item = That is not in the catalogue.
reason-not_understood = I did not understand what to buy. Please say how many of what.
reason-order_id_conflict = That order id belongs to another order.
reason-currency_mismatch = The currency is not the one of the home's books.
reason-no_limit_set = No limit is set for this device, so it cannot order.
reason-outside_hours = Orders are not taken at this hour.
reason-category_blocked = This kind of thing may not be bought.
reason-payee_blocked = This seller may not be paid.
reason-limit_exceeded = That is over the limit: { $asked } asked, { $left } left.
reason-count_exceeded = There were enough orders already.
reason-per_item_exceeded = That costs { $asked } apiece; a single item may cost { $left } at most.
reason-duplicate = Another speaker heard that, too: it counts once.
reason-risk = Too many wrong tries. Please wait a while.
reason-confirmation_failed = That was not the number or PIN. Nothing was bought.
reason-approval_rejected = The owner said no.
reason-deadline_passed = It took too long.
reason-wallet_declined = The wallet refused to pay.
reason-insufficient_funds = There is not enough money in the wallet.
reason-wallet_unreachable = The wallet cannot be reached.
reason-not_found = I could not find that.
reason-wrong_state = That cannot be done as things stand.
reason-forbidden = Only an owner may do that.
reason-order_changed = The order has changed since you looked at it. Please look again.
reason-stale_edit = It was changed in the meantime. Please look again first.
reason-clock_held = The hub's clock is wrong just now, so nothing can be bought until it is put right.
reason-store_unavailable = Nothing can be written down just now. Please try again later.

# What was heard of a sentence, and what was missing in it
missing-words = I did not hear what to buy. Please say it again.
missing-certainty = I could hardly hear “{ $heard }”. Please say it again.
missing-certainty-unheard = I could hardly hear that. Please say it again.
missing-item = There is no “{ $heard }” in the catalogue.
missing-item-unheard = I did not hear what to buy. Please say what, and how many.
missing-one_item = Which one: { $which }? Please say its whole name.
missing-meaning = I heard “{ $heard }” and do not know what that means for the order, so nothing was ordered. Please say only what to buy, and how many.
missing-quantity = How many { $units } of { $item }? Please say the number with it.
missing-quantity-uncounted = How much or how many: { $item }? Please say the number with it.
missing-number = “{ $heard }” may be more than one number. Please say it another way.
missing-measure = { $item } is sold by the { $unit }, not by “{ $heard }”.
missing-measure-uncounted = { $item } is not sold by “{ $heard }”.
missing-whole = { $item } is sold whole, and I heard “{ $heard }”.
missing-bounds = “{ $heard }” is not an amount that one order can have.
missing-bounds-unheard = That is more than one order can have.
missing-thing = I heard “{ $heard }”, but not of what.
missing-verb = I heard what, but not that you want to buy it. To order, begin with “order”.
missing-request = I heard “{ $heard }”, so nothing was ordered.
missing-request-unheard = That is no order, so nothing was ordered.
missing-command = That sounded like a question, so nothing was ordered.
missing-pairing = I could not tell how many of which. Please say each number right before its thing.
missing-once = { $item } was named twice. Please say once how many.
missing-open_question = I had not asked anything, so “{ $heard }” means nothing to me.

# Alerts
alert-cost_band = { $subject } has cost { $value } in { $period } and has passed { $band } of { $limit }. To save, run it at a cheaper hour or less often.
alert-cost_band-bill = { $subject } for { $period } has come to { $value } and has passed { $band } of { $limit }. To save, use less, or use it at a cheaper hour.
alert-cost_projected = { $subject } for { $period } will come to about { $value } if it goes on like this (between { $low } and { $high }): above { $limit }. There is still time to use less.
alert-tier_ahead = { $subject }: tier { $tier } begins about { $on }, in { $left }. From then on each { $unit } costs { $price }. What can wait until the tiers reset costs less then.
alert-tier_crossed = { $subject }: tier { $tier } has begun, each { $unit } now costs { $price }. What can wait until the tiers reset costs less then.
alert-unusual_use = { $subject } used { $used } { $day }; it usually uses about { $usual }. Please look whether it is in order, or was left on.
alert-meter_silent = Nothing was heard of { $subject } since { $since }, so what it costs is not known. Please look at its power, battery and network.
alert-meter_silent-never-heard = Nothing was ever heard of { $subject }, which is in the house since { $since }, so what it costs is not known. Please check its topic and whether it publishes at all.
alert-meter_silent-never-read = { $subject } speaks, but since { $since } nothing it says could be counted, so what it costs is not known. Please check its model and its channel.
alert-meter_silent-resolved = { $subject } is heard again.
alert-prices_missing = The market prices of { $subject } are not known from { $since } on; there is no total without them. Please look at the source of prices.
alert-prices_missing-resolved = The market prices of { $subject } are known again.
alert-wallet_low = Only { $value } are left in the wallet, less than { $limit }. Please top it up, or orders and bills will be declined.
alert-wallet_low-resolved = There is enough in the wallet again: { $value }.
alert-meter_reset = The counter of { $subject } fell; nothing was billed. If the meter was replaced, all is well; if not, look at the device.
alert-reading_rejected = The counter of { $subject } rose by { $held } at once, more than it can use in that time. That is held and not billed, until later readings show that it was used.
alert-reading_rejected-dropped = The readings of { $subject } are as they should be again. The { $held } that it had risen by at once are not billed.
alert-reading_rejected-dropped-do = If it was really used: homepay usage correct { $device }
alert-reading_rejected-resolved = What was held of { $subject } was used after all, and counts now.
alert-pin_locked = Three wrong PINs for one order; it was declined. If nobody of the family did this, freeze the speaker.
alert-guessing = Five wrong numbers or PINs were said at { $subject } within ten minutes. It takes no orders for now. If nobody of the family did this, freeze the device.
alert-wallet_unreachable = The wallet gives no clear answer for an order; it is being undone. Please check the wallet.
alert-bill_unpaid = The bill of { $subject } for { $period } was not paid. Look at the limits and the tariff, then pay it in the wallet.
alert-refund_failed = The wallet refused to refund an order. Please look into the wallet.
alert-store_failed = From { $since } on nothing could be written down, so orders had to wait. It works again. Please check the disk.
alert-work_set_aside = A message could not be written down and was set aside. Please look into the log.
alert-clock_leapt = The machine's clock suddenly shows { $since }. That is not believed; the books keep their own time until somebody confirms it. Please check the clock.
alert-clock_leapt-resolved = The clocks agree again.
alert-books_unsound = The books do not agree with their journal. Somebody changed the file, or the disk is failing. Please restore a backup.
alert-books_unsound-resolved = The books agree with their journal again.
alert-books_begun = New books were begun, though there had been some. All limits start from zero.
alert-payments_unknown = The wallet knows payments that are not in the books. Please compare the wallet with the books.
alert-credentials_changed = How { $subject } signs in was changed: password, authenticator app, passkey or recovery code. If it was nobody of yours, reset the owner.
alert-sign_in = Somebody signed in: { $subject }. If it was nobody of yours, sign them out and change the password.
alert-wallet_disagrees = What the wallet says of an order is not what was asked of it, so it is not believed. Please look into the wallet.
alert-bill_due = The bill of { $payee }, { $value }, is due on { $period }. { $pay ->
    [auto] It will be paid by itself; cancel it if that is wrong.
    [approve] You will be asked before it is paid.
   *[manual] Please pay it.
}
alert-bill_refused = The bill of { $payee }, { $value }, due on { $period }, was not paid. { $why } { $ruled ->
    [yes] One of your limits decided it: raise it, then pay the bill.
   *[no] When that is settled, pay it.
}

# What to do on a screen: commands and ids, which are not spoken
alert-meter_silent-never-heard-do = homepay device list; homepay device read { $device }; homepay device discover --for 5m
alert-meter_silent-never-read-do = homepay device read { $device }; homepay device discover --for 5m
alert-meter_reset-do = What it no longer shows: homepay usage correct { $device }
alert-reading_rejected-do = { $watts ->
    [none] If it was really used: homepay usage correct { $device }
   *[other] It is taken to draw { $watts } W at most. If it can draw more, set max_power_w of { $device } in the household (homepay export, homepay apply): what is held counts with its next reading. If not, and it was used: homepay usage correct { $device }
}
alert-pin_locked-do = homepay order show { $subject }; homepay freeze { $device }
alert-wallet_unreachable-do = homepay order show { $subject }; homepay wallet status
alert-credentials_changed-do = { $subject }; homepay owner reset
alert-sign_in-do = { $subject }; homepay owner reset
alert-wallet_disagrees-do = homepay order show { $subject }; homepay wallet reconcile
alert-store_failed-do = { $subject }; homepay report
alert-work_set_aside-do = { $subject }; homepay report
alert-clock_leapt-do = homepay clock status
alert-books_unsound-do = { $subject }; homepay journal verify
alert-books_begun-do = { $subject }; homepay backup restore
alert-payments_unknown-do = { $subject }; homepay wallet reconcile
alert-refund_failed-do = homepay order show { $subject }; homepay wallet status
alert-bill_due-do = homepay bill pay { $subject }
alert-bill_refused-do = homepay bill pay { $subject }
alert-bill_refused-do-rule = homepay limit set { $rule }, then homepay bill pay { $subject }

again = Again:{" "}
yesterday = yesterday
unit-kwh = kWh
unit-m3 = m³
utility-electricity = Electricity
utility-water = Water
utility-gas = Gas
utility-heat = Heating
utility-cooling = Cooling
bill-electricity = The electricity bill
bill-water = The water bill
bill-gas = The gas bill

# Answers by voice
home = The home
or = {" or "}
span-today = today
span-month = this month
answer-left = You can still spend { $left } { $span }.
answer-left-until = You can still spend { $left } { $span }, until { $until }.
answer-left-nothing = Nothing is left to spend { $span }.
answer-left-unlimited = There is no limit { $span }.
answer-cost = { $device } has cost { $cost } { $span }.
answer-cost-unknown = { $device } has no price yet, so I cannot say what it cost { $span }.
answer-run = Running { $device } now costs about { $cost }. It is not cheaper within a day.
answer-run-later = Running { $device } now costs about { $cost }; from { $begin } about { $least }.
answer-run-unknown = I do not know yet what a run of { $device } costs. I learn it from three runs.
answer-spent = { $spent } spent { $span }.
answer-spent-nothing = Nothing was spent { $span }.
answer-price = { $one } costs { $price }.
answer-price-money = { $name } is bought by the amount.
answer-last = The last order was { $items } for { $amount }, at { $at }.
answer-last-none = Nothing was ordered yet.
answer-refunding = OK, refunding your last order: { $items }, { $amount }.
answer-nothing-to-refund = There is no order to refund.
answer-frozen = { $device } is frozen and cannot order any more.
answer-frozen-home = The whole home is frozen and cannot order any more.
answer-say-again = I did not catch that, please say it again.
answer-which = Which one: { $names }?

# Home Assistant
number-order = Limit per order
number-day = Daily limit
number-week = Weekly limit
number-month = Monthly limit
number-owner-only = Only an owner may make a limit, raise it or take it away: with an owner's key, or with homepay limit set.
number-owner-first = This device may not order yet. Its first limit is an owner's to set: with an owner's key, or with homepay limit set.
number-malformed = That is no amount. Write one such as 12.50.

# Messages to phones. Approving is done on the page, signed in; a message only has a link.
notice-approval-title = Please approve: { $amount } to { $payee }
notice-approval-text = { $items }. Open the link to decide, before { $until }.
notice-again-title = Nobody has decided yet: { $amount } to { $payee }
notice-settled-title = Paid { $amount } to { $payee }
notice-declined-title = Not bought: { $amount } to { $payee }
notice-cancelled-title = Cancelled: { $amount } to { $payee }
notice-expired-title = Expired: { $amount } to { $payee }
notice-failed-title = Payment failed: { $amount } to { $payee }
notice-partially_refunded-title = Refunded { $refunded } by { $payee }
notice-refunded-title = Refunded in full, { $refunded } by { $payee }
notice-for-use = The bill for { $name }
notice-payee-unknown = an unknown payee
notice-info-title = For your information
notice-warning-title = Warning
notice-critical-title = Urgent
notice-over-title = All right again
notice-trial-title = A trial message
notice-trial-text = You can read this, so { $way } works.
notice-short-title = homepay
notice-short-text = There is news: open the link to see it.
notice-short-approval = An order waits for you: open the link.
alert-notify_failed = A message to { $subject } did not arrive. Please look at that way of telling you.
alert-notify_failed-resolved = Messages to { $subject } arrive again.
alert-notify_failed-do = homepay notify list; homepay notify test { $subject }
