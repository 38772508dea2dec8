//! What Home Assistant is told of the entities: one retained configuration for each speaker, by its
//! MQTT discovery of devices.

use super::number::{LIMIT_ENTITIES, LimitEntity, attributes_topic, state, step};
use super::{place, underscored};
use homepay_domain::book::Book;
use homepay_domain::household::{Device, DeviceKind};
use homepay_domain::ids::Name;
use homepay_domain::time::UnixMs;
use homepay_language::phrases::Phrases;
use homepay_ports::Publication;
use serde_json::{Value, json};

/// The most that an entity can show, in major units: Home Assistant refuses to show more than it
/// was told, and takes 100 where it was told nothing.
const SHOWN_MAX: &str = "1000000000";

/// The speakers of a home: they have entities.
pub fn speakers(book: &Book) -> impl Iterator<Item = (&Name, &Device)> {
    book.household.devices.iter().filter(|(_, device)| device.kind == DeviceKind::Speaker)
}

/// All that entities show now, and where discovery is wanted what they are.
pub fn everything(
    book: &Book,
    phrases: &Phrases,
    (base, discovery): (&str, Option<&str>),
    now: UnixMs,
) -> Vec<Publication> {
    let mut told = Vec::new();
    for (id, device) in speakers(book) {
        told.extend(discovery.map(|prefix| Publication {
            topic: config_topic(prefix, id),
            payload: config(book, phrases, base, id, device).to_string().into_bytes(),
            retain: true,
        }));
        told.extend(LIMIT_ENTITIES.into_iter().map(|slot| state(book, base, id, slot, now)));
    }
    told
}

/// Takes back what was told of a device that is gone: an empty retained message each.
pub fn nothing_more(base: &str, discovery: Option<&str>, device: &Name) -> Vec<Publication> {
    let empty = |topic| Publication { topic, payload: Vec::new(), retain: true };
    let mut told: Vec<Publication> =
        discovery.map(|prefix| empty(config_topic(prefix, device))).into_iter().collect();
    for slot in LIMIT_ENTITIES {
        told.push(empty(format!("{}/{}", place(base, device), slot.as_str())));
        told.push(empty(attributes_topic(base, device, slot)));
    }
    told
}

fn config_topic(prefix: &str, device: &Name) -> String {
    format!("{prefix}/device/homepay_{}/config", underscored(device))
}

/// The configuration of a speaker. Figures are text: Home Assistant reads them as numbers.
fn config(book: &Book, phrases: &Phrases, base: &str, id: &Name, device: &Device) -> Value {
    let unique = format!("homepay_{}", underscored(id));
    let components: serde_json::Map<String, Value> = LIMIT_ENTITIES
        .into_iter()
        .map(|slot| (slot.as_str().to_owned(), component(book, phrases, base, id, slot)))
        .collect();
    let name = device.name.of(book.home.lang);
    let mut described = json!({"ids": [unique], "name": name, "mf": "homepay", "mdl": "speaker"});
    // What is unknown is left out: Home Assistant takes no null.
    if let Some(room) = &device.room {
        described["sa"] = json!(book.household.room_name(room, book.home.lang));
    }
    json!({
        "dev": described,
        "o": {"name": "homepay", "sw": env!("CARGO_PKG_VERSION")},
        "avty_t": format!("{base}/bridge/state"),
        "avty_tpl": "{{ value_json.state }}",
        "cmps": components,
    })
}

fn component(book: &Book, phrases: &Phrases, base: &str, id: &Name, slot: LimitEntity) -> Value {
    let place = format!("{}/{}", place(base, id), slot.as_str());
    json!({
        "p": "number", "uniq_id": format!("homepay_{}_{}", underscored(id), slot.as_str()),
        "name": phrases.plain(book.home.lang, slot.phrase()),
        "cmd_t": format!("{place}/set"), "stat_t": place,
        "json_attr_t": format!("{place}/attributes"),
        "dev_cla": "monetary", "unit_of_meas": book.home.currency.code(),
        "min": "0", "max": SHOWN_MAX, "step": step(book.home.currency), "mode": "box",
        "ent_cat": "config", "qos": 1, "ret": false,
    })
}
