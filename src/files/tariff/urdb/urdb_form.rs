//! A rate of the Utility Rate Database as its JSON has it. Figures stay the text that they were
//! written as.

use homepay_text::amount::decimal_text;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A figure, not read yet.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct RawFigure<'a>(#[serde(borrow)] &'a RawValue);

impl RawFigure<'_> {
    pub(super) fn read(self, what: &str) -> Result<Decimal, String> {
        let text = self.0.get().trim_matches('"');
        decimal_text(text).ok_or_else(|| format!("{what} \"{text}\" is not a figure"))
    }
}

/// A tier of a period.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Tier<'a> {
    #[serde(borrow, default)]
    pub(super) rate: Option<RawFigure<'a>>,
    #[serde(borrow, default)]
    pub(super) adj: Option<RawFigure<'a>>,
    #[serde(borrow, default)]
    pub(super) sell: Option<RawFigure<'a>>,
    #[serde(borrow, default)]
    pub(super) max: Option<RawFigure<'a>>,
    #[serde(borrow, default)]
    pub(super) unit: Option<&'a str>,
}

/// A rate. What is not here does not change what use costs.
#[derive(Debug, Deserialize)]
pub(super) struct Rate<'a> {
    #[serde(default)]
    pub(super) label: Option<String>,
    #[serde(default)]
    pub(super) utility: Option<String>,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) uri: Option<String>,
    #[serde(default)]
    pub(super) source: Option<String>,
    #[serde(borrow, default)]
    pub(super) startdate: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) enddate: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) energyratestructure: Vec<Vec<Tier<'a>>>,
    #[serde(default)]
    pub(super) energyweekdayschedule: Vec<Vec<usize>>,
    #[serde(default)]
    pub(super) energyweekendschedule: Vec<Vec<usize>>,
    #[serde(borrow, default)]
    pub(super) demandratestructure: Vec<Vec<Tier<'a>>>,
    #[serde(borrow, default)]
    pub(super) flatdemandstructure: Vec<Vec<Tier<'a>>>,
    #[serde(borrow, default)]
    pub(super) coincidentratestructure: Vec<Vec<Tier<'a>>>,
    #[serde(borrow, default)]
    pub(super) fueladjustmentsmonthly: Vec<RawFigure<'a>>,
    #[serde(borrow, default)]
    pub(super) fixedchargefirstmeter: Option<RawFigure<'a>>,
    #[serde(default)]
    pub(super) fixedchargeunits: Option<String>,
    #[serde(borrow, default)]
    pub(super) fixedmonthlycharge: Option<RawFigure<'a>>,
    #[serde(borrow, default)]
    pub(super) mincharge: Option<RawFigure<'a>>,
    #[serde(default)]
    pub(super) minchargeunits: Option<String>,
    #[serde(borrow, default)]
    pub(super) minmonthlycharge: Option<RawFigure<'a>>,
    #[serde(borrow, default)]
    pub(super) annualmincharge: Option<RawFigure<'a>>,
    #[serde(default)]
    pub(super) dgrules: Option<String>,
    #[serde(default)]
    pub(super) usenetmetering: Option<bool>,
    #[serde(default)]
    pub(super) servicetype: Option<String>,
    #[serde(default, alias = "minchargecurrency", alias = "fixedchargecurrency")]
    pub(super) currency: Option<String>,
}

#[derive(Deserialize)]
struct RateList<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

/// Takes the one rate of an answer, a list, or a file.
pub(super) fn rate_of(text: &str) -> Result<Rate<'_>, String> {
    let fault = |e: serde_json::Error| format!("is no rate of URDB: {e}");
    let text = text.trim();
    let items: Vec<&RawValue> = if text.starts_with('[') {
        serde_json::from_str(text).map_err(fault)?
    } else {
        match serde_json::from_str::<RateList<'_>>(text) {
            Ok(answer) => answer.items,
            Err(_) => return serde_json::from_str(text).map_err(fault),
        }
    };
    match items.as_slice() {
        [one] => serde_json::from_str(one.get()).map_err(fault),
        many => Err(format!("has {} rates: give a file with the one that you have", many.len())),
    }
}
