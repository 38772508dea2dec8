//! The household of a world: two speakers, a small catalogue, limits that bite.

use crate::random::Rng;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use homepay_domain::household::{
    CaptureWhen, Device, DeviceKind, Home, Household, Item, Lang, Member, OwnerKey, Role, Rules,
    Secret,
};
use homepay_domain::ids::Name;
use homepay_domain::limits::window::{Alignment, Period, WeekStart};
use homepay_domain::limits::{Cap, Limit, OnRefund, Scope};
use homepay_domain::money::{Currency, Minor};
use homepay_files::household::read_household;
use jiff::tz::TimeZone;

/// The base topic.
pub const BASE: &str = "hp";
/// The owner's key.
pub const OWNER_SECRET: [u8; 32] = [9; 32];
/// The speakers.
pub const SPEAKERS: [&str; 2] = ["kitchen", "bedroom"];
/// Anna's PIN.
pub const PIN: &str = "4711";

/// What stands for a hash of a PIN here.
pub fn hash_of(pin: &str) -> String {
    format!("hash of {pin}")
}

/// Sku, price, category, payee, paid at fulfilment.
pub const GOODS: [(&str, i64, &str, &str, bool); 5] = [
    ("water", 300, "food", "shop", false),
    ("rice", 455, "food", "shop", false),
    ("milk", 199, "food", "shop", false),
    ("film", 1_200, "fun", "cinema", false),
    ("gas", 2_500, "energy", "utility", true),
];

/// Counters; the first is always read rightly.
pub const METERS: [&str; 2] = ["washer", "boiler"];

/// Tariffs, prices, alerts and a budget, as a household's file has them.
const HOUSEHOLD_FILE: &str = r#"
[[payees]]
id = "utility"
name = "Utility"

[[tariffs]]
id = "power"
utility = "electricity"
payee = "utility"
versions = [{ from = "2024-01-01", price = "0.50", unit = "kWh" }]

[[tariffs]]
id = "market-power"
utility = "electricity"
file = "spot.toml"

[[spot_prices]]
id = "market"
topic = "prices/market"

[[devices]]
id = "washer"
kind = "appliance"
name = "Washer"
profile = "generic-json"
topic = "a/washer"
tariff = "power"

[[devices]]
id = "boiler"
kind = "appliance"
name = "Boiler"
profile = "generic-json"
topic = "a/boiler"
tariff = "market-power"

[[devices]]
id = "hall"
kind = "speaker"
name = "Hall"
profile = "ha-assist"
topic = "hall"

[[alerts]]
device = "washer"
period = "day"
cost = "1.00"
"#;

const SPOT_FILE: &str = r#"
id = "spot"
name = { zh-CN = "现货", en = "Market price" }
utility = "electricity"
currency = "EUR"
zone = "Europe/Berlin"

[spot]
source = "market"
slot_minutes = 60
add = { all = "0.10" }

[[versions]]
source = "made up"
"#;

/// A speaker's secret.
pub fn secret_of(speaker: &str) -> [u8; 32] {
    [u8::try_from(speaker.len()).expect("short"); 32]
}

/// A name.
pub fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn written(secret: [u8; 32]) -> Secret {
    Secret::new(&format!("base64:{}", BASE64_STANDARD.encode(secret)))
}

/// What holds for the home.
pub fn home(zone: &TimeZone) -> Home {
    Home {
        zone: zone.clone(),
        currency: Currency::from_code("EUR").expect("a currency"),
        lang: Lang::En,
        rules: Rules::default(),
    }
}

/// People, things and devices, without limits.
pub fn household(home: &Home, has_meters: bool) -> Household {
    let spot = |_: &str| Ok(SPOT_FILE.to_owned());
    let mut house = read_household(HOUSEHOLD_FILE, "household", home, &spot).expect("a household");
    for (id, role) in [("anna", Role::Owner), ("ben", Role::Child)] {
        let pin = (id == "anna").then(|| Secret::new(&hash_of(PIN)));
        house.members.insert(name(id), Member { name: id.to_owned(), role, pin });
    }
    let owner = OwnerKey { member: name("anna"), key: written(OWNER_SECRET) };
    house.owner_keys.insert(name("phone"), owner);
    for (sku, price, category, payee, later) in GOODS {
        let item = Item {
            name: sku.into(),
            aliases: (sku == "water").then(|| "mineral water".to_owned()).into_iter().collect(),
            unit: Some("箱".to_owned()),
            price: Minor(price),
            currency: None,
            category: Some(name(category)),
            payee: Some(name(payee)),
            capture: if later { CaptureWhen::OnFulfilment } else { CaptureWhen::Immediate },
        };
        house.catalog.insert(name(sku), item);
    }
    if !has_meters {
        house.devices.retain(|_, device| device.kind == DeviceKind::Speaker);
        (house.tariffs, house.spot_prices) = Default::default();
        house.alerts.clear();
    }
    for meter in METERS.into_iter().filter(|_| has_meters) {
        let device = house.devices.get_mut(&name(meter)).expect("it is in the file");
        (device.profile, device.topic) = (name("native"), None);
        device.keys = [(name("k1"), written(secret_of(meter)))].into();
    }
    for speaker in SPEAKERS {
        let device = Device {
            kind: DeviceKind::Speaker,
            name: speaker.into(),
            room: Some(name(&format!("{speaker}-room"))),
            profile: name("native"),
            topic: None,
            model: None,
            channel: Vec::new(),
            registers: std::collections::BTreeMap::new(),
            phases_net: false,
            max_power_w: None,
            modulus: None,
            tariff: None,
            run_kwh: None,
            keys: [(name("k1"), written(secret_of(speaker)))].into(),
        };
        house.devices.insert(name(speaker), device);
    }
    house
}

fn limit(id: &str, scope: Scope, period: Period, cap: i64) -> Limit {
    Limit { amount: Cap::At(Minor(cap)), ..Limit::new(name(id), scope, period) }
}

fn home_scope() -> Scope {
    Scope { home: true, ..Scope::default() }
}

/// The limits that a world begins with: the home's always, each of the others mostly.
pub fn limits(rng: &mut Rng) -> Vec<Limit> {
    let cap = |rng: &mut Rng, from: i64, to: i64| rng.between(from, to) * 10;
    let mut all = vec![Limit {
        max_count: rng.chance(30).then(|| u32::try_from(rng.between(8, 25)).expect("small")),
        ..limit("home-month", home_scope(), Period::Month, cap(rng, 800, 3_000))
    }];
    for speaker in SPEAKERS {
        let scope = Scope { device: Some(name(speaker)), ..Scope::default() };
        let day = limit(&format!("{speaker}-day"), scope, Period::Day, cap(rng, 150, 800));
        let on_refund = if rng.chance(40) { Some(OnRefund::Restore) } else { None };
        all.push(Limit { on_refund, ..day });
    }
    let rolling = Period::Rolling { span_s: rng.between(1, 40) * 3_600 };
    all.push(limit("roll", home_scope(), rolling, cap(rng, 300, 1_200)));
    let food = Scope { category: Some(name("food")), ..Scope::default() };
    let week_start = if rng.chance(50) { WeekStart::Monday } else { WeekStart::Sunday };
    all.push(Limit { week_start, ..limit("food-week", food, Period::Week, cap(rng, 200, 900)) });
    let ben = Scope { member: Some(name("ben")), ..Scope::default() };
    all.push(Limit {
        max_count: Some(u32::try_from(rng.between(1, 5)).expect("small")),
        on_refund: Some(OnRefund::Restore),
        ..limit("ben-count", ben, Period::Day, cap(rng, 300, 900))
    });
    let from = jiff::civil::date(2025, 1, 31);
    all.push(Limit {
        alignment: Alignment::Anchored { from },
        max_count: Some(u32::try_from(rng.between(4, 20)).expect("small")),
        ..limit("from-31st", home_scope(), Period::Month, cap(rng, 600, 2_500))
    });
    all.push(Limit {
        max_per_item: rng.chance(30).then(|| Minor(rng.between(200, 2_000))),
        confirm_above: Some(Minor(rng.between(300, 1_300))),
        approve_above: Some(Minor(rng.between(700, 2_600))),
        amount: Cap::At(Minor(rng.between(20, 60) * 100)),
        ..limit("each", home_scope(), Period::Order, 0)
    });
    let mut kept = vec![all.remove(0)];
    kept.extend(all.into_iter().filter(|_| rng.chance(75)));
    kept
}

/// The next edit of a limit: lower, higher, another count, another period.
pub fn edited(mut limit: Limit, rng: &mut Rng) -> Limit {
    match rng.below(10) {
        0..4 => {
            if let Cap::At(cap) = limit.amount {
                limit.amount = Cap::At(Minor((cap.0 * rng.between(30, 180) / 100).max(1)));
            }
        }
        4..6 => limit.max_count = Some(u32::try_from(rng.between(1, 12)).expect("small")),
        6 if limit.period != Period::Order => {
            limit.on_refund = Some(if rng.chance(50) { OnRefund::Keep } else { OnRefund::Restore });
        }
        _ if limit.period != Period::Order => {
            let periods = [
                Period::Day,
                Period::Week,
                Period::Month,
                Period::Year,
                Period::AllTime,
                Period::Rolling { span_s: rng.between(1, 100) * 3_600 },
            ];
            limit.period = periods[rng.below(periods.len())];
            if limit.period == Period::Week {
                limit.alignment = Alignment::Calendar;
            }
        }
        _ => limit.confirm_above = Some(Minor(rng.between(200, 2_000))),
    }
    limit
}
