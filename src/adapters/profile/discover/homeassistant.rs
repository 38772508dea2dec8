//! Home Assistant's discovery topics, by which ESPHome and many others announce their sensors.

use super::{Proposal, Seen, json_of, unit_model};
use crate::adapters::profile::decode::decode;
use crate::adapters::profile::shelf::shelf;
use serde_json::Value;

/// Classes that tell of use.
const CLASSES: [&str; 4] = ["energy", "power", "water", "gas"];

pub(super) fn sensors(seen: &Seen) -> Vec<Proposal> {
    let mut found = Vec::new();
    for (topic, payload) in seen {
        let levels: Vec<&str> = topic.split('/').collect();
        let [.., "config"] = levels[..] else { continue };
        let Some(config) = json_of(payload) else { continue };
        if levels.contains(&"sensor") {
            found.extend(sensor(seen, &config, &config));
        } else if levels.contains(&"device") {
            let components = of(&config, "components", "cmps");
            for component in components.as_object().into_iter().flat_map(|c| c.values()) {
                if of(component, "platform", "p") == "sensor" {
                    found.extend(sensor(seen, component, &config));
                }
            }
        }
    }
    found
}

/// A key by its full or short name.
fn of<'a>(config: &'a Value, full: &str, short: &str) -> &'a Value {
    if config[full].is_null() { &config[short] } else { &config[full] }
}

fn sensor(seen: &Seen, config: &Value, root: &Value) -> Option<Proposal> {
    let class = of(config, "device_class", "dev_cla").as_str().filter(|c| CLASSES.contains(c))?;
    let unit = of(config, "unit_of_measurement", "unit_of_meas").as_str().unwrap_or_default();
    let state = of(config, "state_topic", "stat_t").as_str();
    let state = state.or_else(|| of(root, "state_topic", "stat_t").as_str())?;
    let base = config["~"].as_str().unwrap_or_default();
    let topic = state.strip_prefix('~').map_or(state.to_owned(), |rest| format!("{base}{rest}"));
    let device = of(root, "device", "dev");
    let own = config["name"].as_str().unwrap_or(class);
    let name = device["name"].as_str().map_or(own.to_owned(), |device| format!("{device} {own}"));
    let model = of(device, "model", "mdl").as_str().map(str::to_owned);
    let template = of(config, "value_template", "val_tpl").as_str();
    let measure = format!("{class} {unit}");
    let plain = |profile: &'static str, model, measure| Proposal {
        name: name.clone(),
        profile,
        topic: topic.clone(),
        model,
        measures: vec![measure],
        found_by: "Home Assistant discovery",
        ..Proposal::default()
    };
    if template.is_none() {
        let esphome = shelf().get("esphome")?;
        esphome.route(&topic)?;
        let export = ["export", "produc", "return"].iter().any(|w| topic.contains(w));
        let (model, measure) = unit_model(unit, class, export)?;
        return Some(plain("esphome", Some(model.to_owned()), measure));
    }
    // What other families announce themselves is proposed by their own word. Of the rest, what a
    // message shows to be readable.
    let other = ["zigbee2mqtt", "tasmota", "homie4"].iter().any(|id| {
        let routed = shelf().get(id).is_some_and(|p| p.route(&topic).is_some());
        routed && (*id != "zigbee2mqtt" || seen.contains_key(&bridge(&topic)))
    });
    let payload = seen.get(&topic).filter(|_| !other)?;
    let generic = shelf().get("generic-json")?;
    let outcome = decode(generic, None, &topic, payload, false);
    (!outcome.readings.is_empty()).then(|| plain("generic-json", model, measure))
}

fn bridge(topic: &str) -> String {
    format!("{}/bridge/devices", topic.split('/').next().unwrap_or_default())
}
