skip = Skip to content
nav-home = Home
nav-orders = Orders
back-home = To Home
language-other = 中文
language-other-tag = zh-CN
scheme-auto = Colours as the device
scheme-light = Light colours
scheme-dark = Dark colours

# First run, signing in
setup-title = Welcome
setup-lead = Choose the owner's password. It opens these pages; approving a payment asks for it again.
setup-code = Code from the terminal
setup-code-help = homepay printed it when it started. It proves that this hub is yours. For a new one: homepay owner reset
setup-name = Your name
setup-who = Who are you?
setup-password = Password
setup-password-help = At least 12 characters. A sentence is easy to remember.
setup-go = Start
setup-wrong-code = That is not the code in the terminal.
setup-no-name = Say what the home shall call you.
setup-refused = This owner can't be set up: somebody else has done it already. Sign in, or ask for a new code with: homepay owner reset
password = Password
password-short = That password is too short: { $n } of 12 characters.
password-long = That password is too long: 1,024 bytes at most.
password-wrong = That is not your password. Nothing was done.
password-locked = Too many wrong tries. Try again at { $until }.
sign-in = Sign in
sign-in-who = Name
sign-in-wrong = That is not right. After five wrong tries one has to wait a quarter of an hour.
sign-in-lost = Lost the password? On the hub's machine: homepay owner reset
sign-out = Sign out

# Home
waiting = { $n ->
    [0] Nothing is waiting for you.
    [one] One order is waiting for you.
   *[other] { $n } orders are waiting for you.
}
until = until { $at }
frozen = Frozen: nobody can order anything.
freeze = Freeze all orders
thaw = Let orders through again
thaw-password = Your password, to let orders through again
to-do = Still to do
to-do-speaker = Add the first speaker
to-do-goods = Say what can be bought
to-do-limit = Set the first limit: without one no device may order
to-do-tariff = Add the price of power, to see what everything costs
spent-today = Spent today
limits-none = No limit is set, so no device may order.
limit-none = no bound
limit-home = The home
limit-name = { $who }, { $period }
period-order = per order
period-day = per day
period-week = per week
period-month = per month
period-year = per year
period-all_time = in all
period-rolling = rolling
left = { $left } left
resets = starts anew { $at }
utility-electricity = Power
utility-water = Water
utility-gas = Gas
utility-heat = Heat
price = { $price } { $code } / { $unit }
price-next = from { $at }: { $price }
price-unknown = No price now
tier = Tier { $tier }, { $left } { $unit } left
tier-last = Tier { $tier }
bill-so-far = This month so far: { $amount }
bill-projected = The bill will be about { $amount } ({ $low } to { $high })
cost-unknown = not known, a price is missing
last-alert = Last alert

# Orders
orders-none = No orders yet. Say to a speaker, for example: “buy a case of water”.
order-title = Approve?
order-for = For
order-items = What
order-by = From
order-by-hub = the hub itself
order-at = Asked
order-until = Wait until
order-approved-by = Approved by
order-reason = Why
order-after = If approved
order-after-limit = { $limit }: { $left } left of { $amount }
approve-password = Your password, to approve
approve = Approve { $amount }
reject = Reject
cancel = Cancel this order
refund = Refund
refund-amount = Amount to refund, { $most } at most; empty for all of it
amount-bad = That is no amount. Write one such as 12.50.
actor-local = somebody at the hub's machine
actor-home-assistant = Home Assistant
state-asked = Asked
state-awaiting_confirmation = Number asked
state-awaiting_approval = Waiting for you
state-approved = Being paid
state-capturing = Being paid
state-settled = Paid
state-declined = Declined
state-cancelled = Cancelled
state-expired = Expired
state-failed = Failed
state-refunding = Being refunded
state-partially_refunded = Partly refunded
state-refunded = Refunded
wallet-steps = At the wallet
wallet-asked = The wallet is being asked.
wallet-held = The wallet holds the amount.
wallet-paid = { $amount } was paid, { $at }.
wallet-returned = { $amount } came back, { $at }.
rules = Every rule that was looked at
rule-check = Rule
rule-verdict = Verdict
rule-figures = asked { $asked }, left { $left } of { $cap }
rule-bound = asked { $asked }, bound { $cap }
rule-count = { $used } of { $most } orders
check-frozen = Frozen?
check-item = Goods
check-hours = Hours
check-category = Category
check-payee = Payee
check-order = One order
check-amount = Amount
check-count = Number of orders
check-risk = Risk
check-confirm = Number to be said
check-approve = Owner to be asked
verdict-pass = fits
verdict-confirm = asked for a number
verdict-approve = asked an owner
verdict-refused = refused

# What is refused
refused = It was not done: { $why }
refused-wrong_state = It was not done: the order stands otherwise by now. Look again.
refused-deadline_passed = It was not done: the order waited too long.
refused-order_changed = It was not done: the order has changed since you looked at it. This is how it stands now.
refused-not_found = It was not done: there is no such thing.
refused-forbidden = It was not done: your session is over, or you are no owner. Sign in again.
refused-frozen = The order is declined: the device or the home is frozen.
refused-limit_exceeded = The order is declined: a limit does not allow it by now.
refused-store_unavailable = It was not done: the books cannot be written at the moment. Try again in a while.

# Faults
error-absent = There is no such page
error-absent-help = It may have moved. Everything starts at Home.
error-host = This name is not one of this hub's
error-host-help = Open the page by this machine's name or address, or add the name to console.names in the configuration.
error-csrf = The request did not come from this page
error-csrf-help = Go back, load the page again, and try once more.
error-stopping = homepay is stopping
error-stopping-help = Nothing was done. Try again when it runs.
error-form = That form is not complete
error-form-help = Nothing was done. Go back, load the page again, and fill it in anew.
error-store = The books cannot be read
error-store-help = Try again in a moment. If it stays so, run homepay journal verify on the hub's machine.
error-failed = That went wrong here
error-failed-help = Nothing was done. The hub's log says more.

# A phone that shall know this home
trust-title = Set up this phone
trust-closed = Only the hub's own machine reaches these pages. To let phones in your home reach them, run there: homepay console open
trust-why = Why this is needed
trust-plain = Over plain http everybody in the network could read and change what you do, and browsers allow neither passkeys nor messages there. So the pages are only shown over https, with a certificate of your home's own, which your phone does not know yet.
trust-load = Download the certificate
trust-certificate = Download the certificate
trust-fingerprint = Compare its SHA-256 with what "homepay console status" says on the hub's machine:
trust-harmless = It can vouch for this hub's names alone, never for another site, whoever may get hold of it.
trust-install = Let your phone trust it
trust-ios-1 = Settings › General › VPN & Device Management: install the profile that was downloaded.
trust-ios-2 = Settings › General › About › Certificate Trust Settings: switch on full trust for it.
trust-android-1 = Settings › Security › Encryption & credentials › Install a certificate › CA certificate: choose the file.
trust-android-2 = Close the browser and open it again.
trust-computer = Computer
trust-computer-how = Add it to the authorities of the system's keychain, or of the browser (Firefox keeps its own).
trust-open = Open the pages
trust-open-help = The second name works where the home's router answers for it.
error-plain = These pages are shown over https only
error-plain-help = Nothing was done. Open /trust on this phone: it leads you there.

# The steps after the first sign-in
wizard-step = Step { $number } of { $of }
wizard-skip = Later
wizard-done = To Home
wizard-there = There already: { $what }
wizard-password = Your password, as your sign-in was a while ago
wizard-no-name = Say what it shall be called.
wizard-speaker = The first speaker
wizard-speaker-lead = Who may order is a speaker of the home. You can try everything with this page as one.
wizard-page-speaker = This page
wizard-page-speaker-help = You type what you would say. It signs its orders like any other speaker.
wizard-page-speaker-add = Use this page as a speaker
wizard-own-speaker = A speaker of yours
wizard-own-speaker-add = Add this speaker
wizard-speaker-name = Its name
wizard-speaker-kind = How it speaks
wizard-speaker-topic = Its topic or entity
wizard-speaker-topic-help = Home Assistant: the entity, such as assist_satellite.kitchen. Rhasspy: its site. XiaoAI: the topic of its state stream. A speaker that signs needs none: its key is in the exported household.
wizard-no-profile = Choose how the speaker speaks.
wizard-no-topic = Say at which topic or entity the speaker is found.
voice-ha-assist = Home Assistant Assist
voice-hermes = Rhasspy (Hermes)
voice-xiaoai = XiaoAI by Home Assistant
voice-homepay-native = It signs (homepay's own form)
wizard-goods = What can be bought
wizard-goods-lead = Only what stands in the catalogue can be ordered, by these names, at these prices.
wizard-goods-there = { $n ->
    [one] There is one item already.
   *[other] There are { $n } items already.
}
wizard-goods-take = Item
wizard-goods-price = Price in { $currency }
wizard-goods-add = Add these
wizard-shop = The shop that is paid
wizard-shop-name = Corner shop
wizard-own-goods = Add lines of your own
wizard-own-goods-lines = One item a line: name, price, unit, category
wizard-own-goods-help = As a spreadsheet copies them: with commas, semicolons or tabs. Unit and category may be left out.
wizard-bad-line = Line { $line } has no name or no price: write "Green tea, 8.00".
wizard-too-many-lines = Line { $line } is one too many: 500 at a time.
wizard-no-goods = Choose at least one item, or write one.
wizard-limit = The first limit
wizard-limit-lead = Without a limit nobody can order. This one is for the whole home; others for one speaker, person or category come later.
wizard-limits-there = { $n ->
    [one] There is one limit already.
   *[other] There are { $n } limits already.
}
wizard-limit-amount = At most a day, in { $currency }
wizard-limit-confirm = Ask for a spoken number above, in { $currency }
wizard-limit-confirm-help = The speaker says two digits, and only who repeats them buys.
wizard-limit-approve = Ask me above, in { $currency }
wizard-limit-approve-help = The order waits here until an owner approves it.
wizard-limit-add = Set this limit
wizard-tariff = What power costs
wizard-tariff-lead = Then every kilowatt-hour has its price. Choose what your contract says, or type one price.
wizard-tariffs-there = { $n ->
    [one] There is one tariff already.
   *[other] There are { $n } tariffs already.
}
wizard-tariff-file = A published tariff
wizard-tariff-none = None: one price
wizard-tariff-price = Price of a kilowatt-hour, in { $currency }
wizard-tariff-payee = Whom you pay for power
wizard-grid-name = Power company
wizard-tariff-add = Use this tariff
wizard-no-tariff = Choose a tariff, or type a price.
wizard-bad-price = That is not a price: write 0.25
wizard-say = Say it
wizard-say-lead = The order takes the way of every order: understood, judged by your limit, and paid by the sandbox wallet until you connect one. No money moves.
wizard-sentence = What you say
wizard-say-it = Say it
wizard-no-sentence = Say something.
wizard-reply = homepay answers
wizard-number = The number
wizard-number-say = Say the number
wizard-see-order = See the order
wizard-no-page-speaker = This page is not a speaker yet.
wizard-no-reply = No answer came. Is the broker there? homepay status says more.
to-do-go = Do it

# Limits
nav-limits = Limits
limits-home = The whole home
limits-member = People
limits-device = Speakers
limits-room = Rooms
limits-other = Categories and shops
limit-new = A new limit
limit-change = Change this limit
limit-save = Save
limit-scope = What it bounds
limit-period = Over which time
limit-amount = At most
limit-amount-help = Empty = no bound on amounts; 0 = nothing may be bought.
limit-max-count = Orders at most
limit-max-per-item = No single item above
limit-confirm-above = Ask for a spoken number above
limit-approve-above = Ask an owner above
limit-hours-label = Orders are taken at
limit-hours-help = Such as 07:00-22:00; several with commas. Empty = always.
limit-password = Your password: only needed to let more through
limit-password-needed = Your password
limit-raises = This lets more through: your password is needed. Nothing was changed.
limit-bad-count = Orders at most: write a whole number.
limit-versions = Earlier changes
limit-remove = Take out of force
limit-remove-help = Where no other limit covers it, nothing can be ordered afterwards; where others do, theirs go on.
limit-confirms = a number above { $amount }
limit-approves = an owner above { $amount }
limit-per-item = no item above { $amount }
limit-counts = { $count } of { $most } orders
limit-hours = at { $hours }
limit-allows = only { $names }
limit-blocks = not { $names }
scope-member = Person
scope-device = Speaker
scope-category = Category
what-if = What if it bought …
what-if-amount = Amount
what-if-ask = See
what-if-bought = It would be bought at once.
what-if-confirm = A spoken number would be asked for.
what-if-approve = An owner would be asked.
what-if-both = A spoken number, and then an owner, would be asked for.
what-if-refused = It would be refused.

# The security centre, and proofs
nav-security = Security
remove = Remove
proof-code = Code of your authenticator app
proof-password = Your password
proof-by-password = Use the password instead
code-wrong = That code is not right. Nothing was done.
code-used = That code was used already. Wait for the next one.
approve-code = Code of your authenticator app, to approve
thaw-code = Code of your authenticator app, to let orders through again
approve-passkey = Approve { $amount } by passkey
approve-proves-less = A passkey signs amount, payee and items, which anybody can check later. A code or a password proves less: only the hub says what was approved.
sign-in-passkey = Sign in by passkey
sign-in-code = Code of your authenticator app
sign-in-code-lost = Lost the phone? Type one of your recovery codes here.
sign-in-late = That took too long. Sign in again.
sign-in-again = That was changed or used meanwhile. Sign in again.
passkeys = Passkeys
passkeys-help = A fingerprint, a face or the screen lock in the place of the password. A passkey approves what you see, and signs it.
passkeys-not-number = This page is open by a number. Browsers allow passkeys at a name alone: open it as homepay.local, over https.
passkeys-not-plain = This page came without TLS, so that browsers allow no passkeys. On the hub's machine, homepay console open shows the way; there, use the address with https.
passkeys-not-built = This homepay was built without passkeys.
passkeys-not-script = Passkeys need scripts.
passkey-of = for { $host }, since { $at }
passkey-name = What is it called?
passkey-add = Add a passkey
passkey-remove = Remove { $name }
passkey-no-name = There can be no passkey at this address. Open the page by a name.
passkey-none = There is no passkey for this name yet. Sign in otherwise, and add one under Security.
passkey-late = That took too long, or was used already. Try again.
passkey-failed = The passkey was not taken. Nothing was done.
passkey-cancelled = The browser used no passkey. Nothing was done.
totp = Authenticator app
totp-help = An app on the phone shows a code every half minute. Signing in then asks for it, too, and approving takes it. It works at every address.
totp-begin = Set it up
totp-set = Set up since { $at }.
totp-remove = Take it away
totp-scan = Scan this in the app.
totp-qr = QR code for the authenticator app
totp-by-hand = Or type this:
totp-code = The code that the app shows now
totp-confirm = Confirm
totp-late = That took too long. Set it up again.
recovery = Recovery codes
recovery-left = { $n ->
    [0] You have none.
    [one] One is left.
   *[other] { $n } are left.
}
recovery-help = For the day the phone is lost: each is good once, in the place of the app's code.
recovery-make = Make new ones
recovery-once = They are shown this once. Write them down, and keep them where the phone is not. Those before are no longer good.
recovery-kept = I have written them down
password-set = Set { $at }.
password-change = Change the password
password-next = New password
sessions = Signed in
session-since = since { $at }
session-this = this browser
session-end = Sign out { $agent }
refused-replayed = It was not done: this code was used before.
refused-count_exceeded = It was not done: there are too many already. Remove one first.
