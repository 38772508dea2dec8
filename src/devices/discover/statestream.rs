//! Home Assistant's statestream: the state of each entity on one topic, and where it publishes
//! attributes too, its unit and class on others.

use super::unit::{SensorFacts, model};
use super::{Discovery, Proposal, Seen, json_of, text_of};
use std::collections::{BTreeMap, BTreeSet};

/// Domains of entities that count.
const DOMAINS: [&str; 4] = ["sensor", "input_number", "number", "utility_meter"];

/// Words for totals that begin anew with each day, week, month or year.
const PERIOD_WORDS: [&str; 12] = [
    "today",
    "daily",
    "weekly",
    "monthly",
    "yearly",
    "this_week",
    "this_month",
    "this_year",
    "month",
    "_day",
    "_week",
    "_year",
];

struct Entity<'a> {
    base: String,
    topic: &'a str,
    object: &'a str,
    unit: String,
    class: String,
    state_class: String,
    name: String,
}

pub(super) fn sensors(seen: &Seen, found: &mut Discovery) {
    let entities: Vec<Entity<'_>> = seen
        .keys()
        .filter_map(|topic| entity(seen, topic))
        .filter(|e| !found.hears(e.topic))
        .collect();
    // A device's power adds nothing where its energy is counted.
    let counted: BTreeSet<String> = entities
        .iter()
        .filter(|entity| entity.class == "energy" && !is_of_period(entity))
        .map(|entity| stem(entity.object))
        .collect();
    let mut powers = BTreeMap::new();
    for entity in &entities {
        let names = format!("{} {}", entity.object, entity.name);
        let said = SensorFacts { unit: &entity.unit, class: &entity.class, names: &names };
        let Some(told) = model(said) else { continue };
        let place = format!("{}/{}", entity.base, entity.object);
        match told {
            Err(why) => found.ask(&place, &entity.name, why),
            Ok(_) if is_of_period(entity) && entity.class != "power" => {
                let why = "it starts from zero each day or month: name the running total";
                found.ask(&place, &entity.name, why.to_owned());
            }
            Ok((model, measure)) if model.starts_with("power") => {
                if !counted.contains(&stem(entity.object)) {
                    powers.insert(place, (entity, model, measure));
                }
            }
            Ok((model, measure)) => found.devices.push(proposal(entity, place, model, measure)),
        }
    }
    for (place, (entity, model, measure)) in powers {
        // Without a counter energy is added up from power.
        let model = if model == "power-w" { "power-w-integrated".to_owned() } else { model };
        found.devices.push(proposal(entity, place, model, measure));
    }
}

fn entity<'a>(seen: &Seen, topic: &'a str) -> Option<Entity<'a>> {
    let place = topic.strip_suffix("/state")?;
    let (base, object) = place.rsplit_once('/')?;
    let domain = base.rsplit('/').next().filter(|domain| DOMAINS.contains(domain))?;
    // One level less, and the topic is one of ESPHome's.
    base.strip_suffix(domain)?.strip_suffix('/')?;
    let attribute = |name: &str| {
        let payload = seen.get(&format!("{place}/{name}"))?;
        let told = json_of(payload).and_then(|told| told.as_str().map(str::to_owned));
        told.or_else(|| text_of(payload).map(str::to_owned))
    };
    Some(Entity {
        base: base.to_owned(),
        topic,
        object,
        unit: attribute("unit_of_measurement")?,
        class: attribute("device_class").unwrap_or_default(),
        state_class: attribute("state_class").unwrap_or_default(),
        name: attribute("friendly_name").unwrap_or_else(|| object.to_owned()),
    })
}

fn is_of_period(entity: &Entity<'_>) -> bool {
    let object = entity.object.to_lowercase();
    entity.state_class == "measurement" && entity.class == "energy"
        || PERIOD_WORDS.iter().any(|word| object.contains(word))
}

/// An entity's name without the word for what it measures.
fn stem(object: &str) -> String {
    let words = ["energy", "power", "total", "consumption"];
    object.split('_').filter(|word| !words.contains(word)).collect::<Vec<_>>().join("_")
}

fn proposal(entity: &Entity<'_>, topic: String, model: String, measure: String) -> Proposal {
    Proposal {
        name: entity.name.clone(),
        profile: "ha-statestream",
        topic,
        model: Some(model),
        measures: vec![measure],
        found_by: "Home Assistant statestream",
        ..Proposal::default()
    }
}
