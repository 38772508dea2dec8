//! Home Assistant's discovery topics, by which ESPHome and many others announce their sensors with
//! unit and class.

use super::unit::{SensorFacts, model};
use super::{Discovery, Proposal, Seen, json_of};
use crate::registry::registry;
use serde_json::Value;
use std::collections::BTreeSet;

/// Classes that tell of use.
const CLASSES: [&str; 4] = ["energy", "power", "water", "gas"];

/// How far a template may go beyond naming a place for the value to be that place's own.
const PLAIN_FILTERS: [&str; 5] = ["float", "float(0)", "int", "default(0)", "is_defined"];

struct Sensor {
    topic: String,
    path: Result<Option<String>, String>,
    unit: String,
    class: String,
    /// Its own name, and with its device's before it.
    own: String,
    name: String,
    device: String,
}

pub(super) fn sensors(seen: &Seen, found: &mut Discovery) {
    let mut announced = Vec::new();
    for (topic, payload) in seen {
        let levels: Vec<&str> = topic.split('/').collect();
        let [.., "config"] = levels[..] else { continue };
        let Some(config) = json_of(payload) else { continue };
        if levels.contains(&"sensor") {
            announced.extend(sensor(&config, &config));
        } else if levels.contains(&"device") {
            let components = of(&config, "components", "cmps");
            for component in components.as_object().into_iter().flat_map(|c| c.values()) {
                if of(component, "platform", "p") == "sensor" {
                    announced.extend(sensor(component, &config));
                }
            }
        }
    }
    let energy = announced.iter().filter(|s| s.class == "energy");
    let counted: BTreeSet<String> = energy.map(|s| s.device.clone()).collect();
    for sensor in &announced {
        take(sensor, counted.contains(&sensor.device), found);
    }
}

/// A key by its full or short name.
fn of<'a>(config: &'a Value, full: &str, short: &str) -> &'a Value {
    if config[full].is_null() { &config[short] } else { &config[full] }
}

fn sensor(config: &Value, root: &Value) -> Option<Sensor> {
    let class = of(config, "device_class", "dev_cla").as_str().unwrap_or_default();
    let unit = of(config, "unit_of_measurement", "unit_of_meas").as_str().unwrap_or_default();
    let state = of(config, "state_topic", "stat_t").as_str();
    let state = state.or_else(|| of(root, "state_topic", "stat_t").as_str())?;
    let base = config["~"].as_str().or(root["~"].as_str()).unwrap_or_default();
    let topic = state.strip_prefix('~').map_or(state.to_owned(), |rest| format!("{base}{rest}"));
    let device = of(root, "device", "dev");
    let own = config["name"].as_str().unwrap_or(class).to_owned();
    let called = device["name"].as_str();
    let name = called.map_or_else(|| own.clone(), |device| format!("{device} {own}"));
    let ids = of(device, "identifiers", "ids").to_string();
    let template = of(config, "value_template", "val_tpl").as_str();
    Some(Sensor {
        path: template.map(path_of).transpose().map_err(str::to_owned),
        topic,
        unit: unit.to_owned(),
        class: class.to_owned(),
        own,
        name,
        device: if ids == "null" { state.to_owned() } else { ids },
    })
}

/// The place in JSON that a template names, where it changes nothing of it.
fn path_of(template: &str) -> Result<String, &str> {
    let inner = template.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    let mut pieces = inner.ok_or(template)?.split('|').map(str::trim);
    let place = pieces.next().unwrap_or_default();
    if place == "value" {
        return Err(template);
    }
    let path = place.strip_prefix("value_json").ok_or(template)?;
    let simple = |c: char| c.is_alphanumeric() || "._-['\"]:".contains(c);
    let plain = path.chars().all(simple) && !path.contains('/');
    let unchanged = |filter: &str| {
        let filter = filter.replace(' ', "");
        PLAIN_FILTERS.contains(&filter.as_str()) || filter.starts_with("round")
    };
    if plain && pieces.all(unchanged) { Ok(format!("${path}")) } else { Err(template) }
}

fn take(sensor: &Sensor, counted: bool, found: &mut Discovery) {
    if !CLASSES.contains(&sensor.class.as_str()) {
        return;
    }
    let names = format!("{} {}", sensor.own, sensor.topic);
    let said = SensorFacts { unit: &sensor.unit, class: &sensor.class, names: &names };
    let Some(told) = model(said) else { return };
    if let Some(index) = found.by(&sensor.topic) {
        let known = &mut found.devices[index];
        let goes_by_units = registry().get(known.profile).is_some_and(|p| {
            told.as_ref().is_ok_and(|(model, _)| p.knows_model(model)) && known.model.is_none()
        });
        if let (true, Ok((model, measure))) = (goes_by_units, told) {
            known.model = Some(model);
            known.measures = vec![measure];
        }
        return;
    }
    let (model, measure) = match told {
        Ok(told) => told,
        Err(why) => return found.ask(&sensor.topic, &sensor.name, why),
    };
    // A device's power adds nothing where its energy is counted.
    if model.starts_with("power") && counted {
        return;
    }
    let esphome = registry().get("esphome").is_some_and(|p| p.route(&sensor.topic).is_some());
    let (profile, topic) = match &sensor.path {
        Ok(None) if esphome => ("esphome", sensor.topic.clone()),
        Ok(None) => ("one-value", sensor.topic.clone()),
        Ok(Some(path)) => ("one-value", format!("{}/at={path}", sensor.topic)),
        Err(template) => {
            let why = format!(
                "its value is made of its message by the template {template}: write a profile of \
                 your own that reads it"
            );
            return found.ask(&sensor.topic, &sensor.name, why);
        }
    };
    let model = if model == "power-w" { "power-w-integrated".to_owned() } else { model };
    found.devices.push(Proposal {
        name: sensor.name.clone(),
        profile,
        topic,
        model: Some(model),
        measures: vec![measure],
        found_by: "Home Assistant discovery",
        ..Proposal::default()
    });
}
