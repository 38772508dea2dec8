//! The household that the decoders know.

use homepay_domain::household::{Home, Lang, Rules};
use homepay_domain::money::Currency;
use homepay_domain::time::UnixMs;
use homepay_files::household::read_household;
use homepay_protocols::snapshot::Snapshot;
use homepay_wallets::native::NativeWallet;
use std::sync::LazyLock;

/// Now.
pub const NOW: UnixMs = UnixMs(1_795_300_000_000);

/// The key of everybody.
pub const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

/// The household as a file.
pub const HOUSE: &str = r#"
[[members]]
id = "mum"
name = "妈妈"
role = "owner"

[[owner_keys]]
id = "phone"
member = "mum"
key = "base64:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

[[payees]]
id = "shop"
name = "街角便利店"

[[catalog]]
sku = "water"
name = "矿泉水 24 瓶"
aliases = ["矿泉水", "mineral water", "water"]
unit = "箱"
price = "29.90"
category = "grocery"
payee = "shop"

[[catalog]]
sku = "rice"
name = "大米"
aliases = ["rice"]
unit = "公斤"
price = "6.90"

[[catalog]]
sku = "credit"
name = "话费"
unit = "元"
price = "1.00"

[[devices]]
id = "kitchen"
kind = "speaker"
name = "厨房音箱"
room = "kitchen"
profile = "homepay-native"
keys = { k1 = "base64:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" }

[[devices]]
id = "stove"
kind = "speaker"
name = "Stove"
profile = "hermes"
topic = "stove"

[[devices]]
id = "hall"
kind = "speaker"
name = "Hall"
profile = "ha-assist"
topic = "assist_satellite.hall"

[[devices]]
id = "xiaoai"
kind = "speaker"
name = "小爱"
profile = "xiaoai"
topic = "statestream/sensor/xiaoai"

[[devices]]
id = "hub"
kind = "speaker"
name = "网关"
profile = "xiaoai-event"
topic = "statestream/event/hub"

[[devices]]
id = "washer"
kind = "appliance"
name = "洗衣机"
profile = "zigbee2mqtt"
topic = "zigbee2mqtt/washer"
max_power_w = 2500

[[limits]]
id = "day"
scope = { home = true }
period = "day"
amount = "100.00"
"#;

/// The home.
pub fn home() -> Home {
    Home {
        zone: jiff::tz::TimeZone::UTC,
        currency: Currency::from_code("CNY").expect("CNY is a currency"),
        lang: Lang::ZhCn,
        rules: Rules::default(),
    }
}

/// The home as translation sees it.
pub fn snapshot() -> &'static Snapshot {
    static SNAPSHOT: LazyLock<Snapshot> = LazyLock::new(|| {
        let none = |_: &str| Err("no files here".to_owned());
        let household = read_household(HOUSE, "house", &home(), &none);
        Snapshot::new("homepay", home(), household.unwrap_or_else(|p| panic!("{p:?}")))
    });
    &SNAPSHOT
}

/// A wallet of the hub's own protocol.
pub fn wallet() -> NativeWallet {
    NativeWallet {
        authority: "wallet.example".to_owned(),
        base_path: String::new(),
        account: "home-1".to_owned(),
        key_id: "k1".to_owned(),
        request_key: KEY.to_vec(),
        response_key: KEY.iter().rev().copied().collect(),
        currency: home().currency,
    }
}
