//! By which model a profile without units in its messages reads what a sensor says of itself.

/// What a sensor says of itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SensorFacts<'a> {
    pub unit: &'a str,
    /// Its class, as Home Assistant names them.
    pub class: &'a str,
    /// Its names, by which only a direction and heat are told apart.
    pub names: &'a str,
}

/// Words for energy that is sent out or produced.
const OUT: [&str; 9] =
    ["export", "produc", "return", "inject", "feed_in", "feed-in", "feedin", "yield", "deliver_to"];

const HEAT: [&str; 7] = ["heat", "warmte", "wärme", "waerme", "chaleur", "thermal", "热"];

const COLD: [&str; 4] = ["cooling", "koude", "kälte", "冷"];

/// The model and what it measures, or why the owner must be asked; `None` for what is no use at
/// all, such as a price, a pressure or a state of charge.
pub(super) fn model(said: SensorFacts<'_>) -> Option<Result<(String, String), String>> {
    let unit = match said.unit {
        "m3" => "m³",
        "l" => "L",
        "ft3" => "ft³",
        unit => unit,
    };
    let names = said.names.to_lowercase();
    let is = |words: &[&str]| words.iter().any(|word| names.contains(word));
    let quantity = match (unit, said.class) {
        ("kWh" | "Wh" | "MWh" | "MJ" | "GJ", "energy" | "") => match (is(&COLD), is(&HEAT)) {
            (true, _) => "cooling_energy",
            (false, true) => "heat_energy",
            (false, false) if ["MJ", "GJ"].contains(&unit) => {
                return Some(Err(format!(
                    "it counts {unit}: is it heat (model = \"heat-{0}\"), cold \
                     (\"cooling-{0}\") or electricity (\"energy-{0}\")?",
                    unit.to_lowercase()
                )));
            }
            (false, false) if is(&OUT) => "energy_export",
            (false, false) => "energy",
        },
        ("W" | "kW", "power" | "") => "power",
        ("m³" | "L" | "ft³" | "CCF", "gas") => "gas_volume",
        ("m³" | "L" | "gal" | "ft³" | "CCF", "water") => "water_volume",
        ("m³" | "L" | "gal" | "ft³" | "CCF", "" | "volume") => {
            return Some(Err(format!(
                "it counts {unit}: is it water (model = \"water-{0}\") or gas (\"gas-{0}\")?",
                plain(unit)
            )));
        }
        (other, "energy" | "power" | "gas" | "water") => {
            let unit = if other.is_empty() { "no unit".to_owned() } else { format!("\"{other}\"") };
            return Some(Err(format!(
                "its class is {} and it says {unit}: write what it counts as model, such as \
                 \"energy-kwh\", \"energy-wh\", \"gas-m3\" or \"water-l\"",
                said.class
            )));
        }
        _ => return None,
    };
    let word = match quantity {
        "energy_export" => "energy-export",
        "heat_energy" => "heat",
        "cooling_energy" => "cooling",
        "gas_volume" => "gas",
        "water_volume" => "water",
        other => other,
    };
    Some(Ok((format!("{word}-{}", plain(unit)), format!("{quantity} {unit}"))))
}

/// A unit as models write it.
fn plain(unit: &str) -> String {
    unit.to_lowercase().replace('³', "3")
}
