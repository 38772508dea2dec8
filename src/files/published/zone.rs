//! The zones of a source's prices: which there are, and what a household may call them.

use homepay_text::problem::{hint, shown};
use schemars::JsonSchema;
use serde::Deserialize;

/// The length of an energy identification code, its check character included.
const EIC_CHARS: usize = 16;

/// The weight of the first character of an energy identification code.
const EIC_WEIGHT: u32 = 16;

/// What the check character of an energy identification code is counted modulo.
const EIC_MODULUS: u32 = 37;

/// A zone of a source.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ZoneForm {
    /// A zone that is called as the source calls it.
    Id(String),
    /// A zone that households call otherwise, too.
    Named {
        /// As the source calls it.
        id: String,
        /// What else it is called, the usual name first.
        names: Vec<String>,
    },
}

/// What a zone is written as where not all zones are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ZoneShape {
    /// One of the list; anything where there is no list.
    #[default]
    Listed,
    /// One of the list, or any energy identification code (EIC).
    Eic,
    /// A product and a tariff of it, as `PRODUCT/electricity-tariffs/TARIFF`.
    ProductTariff,
}

impl ZoneForm {
    /// As the source calls it.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            ZoneForm::Id(id) | ZoneForm::Named { id, .. } => id,
        }
    }

    fn names(&self) -> &[String] {
        match self {
            ZoneForm::Id(_) => &[],
            ZoneForm::Named { names, .. } => names,
        }
    }

    /// What a household is shown: the usual name, or the source's own.
    #[must_use]
    pub fn usual(&self) -> &str {
        self.names().first().map_or_else(|| self.id(), String::as_str)
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.names().iter().map(String::as_str).chain([self.id()])
    }
}

/// A zone as its source calls it. Upper and lower case, `-` and `_` make no difference.
///
/// # Errors
/// Says which zones there are, and which of them was likely meant.
pub fn zone_id(zones: &[ZoneForm], shape: ZoneShape, said: &str) -> Result<String, String> {
    let same = |word: &str| word == said;
    let alike = |word: &str| plain(word) == plain(said);
    let known = zones.iter().find(|zone| zone.words().any(same));
    if let Some(zone) = known.or_else(|| zones.iter().find(|zone| zone.words().any(alike))) {
        return Ok(zone.id().to_owned());
    }
    let told = shown(said);
    match shape {
        ZoneShape::Listed if zones.is_empty() => return Ok(said.to_owned()),
        ZoneShape::Eic if is_eic(said) => return Ok(said.to_owned()),
        ZoneShape::ProductTariff if is_product_tariff(said) => return Ok(said.to_owned()),
        ZoneShape::ProductTariff => {
            return Err(format!(
                "zone \"{told}\" is no product and tariff: write \
                 PRODUCT/electricity-tariffs/TARIFF, such as \
                 AGILE-24-10-01/electricity-tariffs/E-1R-AGILE-24-10-01-C"
            ));
        }
        ZoneShape::Listed | ZoneShape::Eic => {}
    }
    let near = hint(said, zones.iter().flat_map(ZoneForm::words));
    let all: Vec<&str> = zones.iter().map(ZoneForm::usual).collect();
    let (all, or) = (all.join(", "), if shape == ZoneShape::Eic { " and EIC codes" } else { "" });
    Err(format!("there is no zone \"{told}\"{near}: there are {all}{or}"))
}

fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

/// True for an energy identification code whose check character is right.
fn is_eic(text: &str) -> bool {
    let worth = |c: char| match c {
        '-' => Some(36),
        '0'..='9' | 'A'..='Z' => c.to_digit(36),
        _ => None,
    };
    let worths: Option<Vec<u32>> = text.chars().map(worth).collect();
    let Some(worths) = worths.filter(|worths| worths.len() == EIC_CHARS) else { return false };
    let Some((check, code)) = worths.split_last() else { return false };
    let sum: u32 = code.iter().zip((2..=EIC_WEIGHT).rev()).map(|(of, weight)| of * weight).sum();
    *check == (EIC_MODULUS - 1) - (sum + EIC_MODULUS - 1) % EIC_MODULUS
}

/// True for `PRODUCT/electricity-tariffs/TARIFF`, of letters, digits and `-`.
fn is_product_tariff(text: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let parts: Vec<&str> = text.split('/').collect();
    matches!(parts[..], [product, kind, tariff]
        if word(product) && kind.ends_with("-tariffs") && word(kind) && word(tariff))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::shipped_sources;

    fn of(source: &str, said: &str) -> Result<String, String> {
        let request = shipped_sources::prices()[source].request.as_ref().expect("a request");
        request.zone_id(said)
    }

    #[test]
    fn a_zone_that_a_source_does_not_know_is_refused_with_those_that_it_knows() {
        for (source, said, id) in [
            ("awattar", "de", "de"),
            ("awattar", "AT", "at"),
            ("energi-data-service", "DK1", "DK1"),
            ("energi-data-service", "no2", "NO2"),
            ("energi-data-service", "SE4", "SE4"),
            ("energi-data-service", "DE", "DE"),
            ("energy-charts", "DE-LU", "DE-LU"),
            ("energy-charts", "DE_LU", "DE-LU"),
            ("energy-charts", "IT-Sicily", "IT-Sicily"),
            ("energy-charts", "RS", "RS"),
            ("energy-charts", "NO2NSL", "NO2NSL"),
            ("nord-pool", "GER", "GER"),
            ("nord-pool", "DE-LU", "GER"),
            ("nord-pool", "RO", "TEL"),
            ("nord-pool", "NO5", "NO5"),
            ("entsoe", "10Y1001A1001A82H", "10Y1001A1001A82H"),
            ("entsoe", "DE-LU", "10Y1001A1001A82H"),
            ("entsoe", "DE_LU", "10Y1001A1001A82H"),
            ("entsoe", "SE3", "10Y1001A1001A46L"),
            ("entsoe", "SE_3", "10Y1001A1001A46L"),
            ("entsoe", "IT-North", "10Y1001A1001A73I"),
            ("entsoe", "IT_NORD", "10Y1001A1001A73I"),
            // No zone of the list, and a right code.
            ("entsoe", "10Y1001C--00098F", "10Y1001C--00098F"),
        ] {
            assert_eq!(of(source, said).as_deref(), Ok(id), "{source} {said}");
        }
        for (source, said, want) in [
            ("awattar", "ch", "there are de, at"),
            ("energi-data-service", "DK3", "did you mean \"DK1\"?"),
            ("energi-data-service", "FR", "there are DK1, DK2"),
            ("energy-charts", "DE-LX", "did you mean \"DE-LU\"?"),
            ("energy-charts", "10Y1001A1001A82H", "there are AT, BE"),
            ("nord-pool", "CH", "there are "),
            ("nord-pool", "SE5", "did you mean \"SE"),
            ("entsoe", "10Y1001A1001A82I", "did you mean \"10Y1001A1001A82H\"?"),
            ("entsoe", "XX", "and EIC codes"),
            ("octopus", "C", "PRODUCT/electricity-tariffs/TARIFF"),
            ("octopus", "AGILE-24-10-01", "PRODUCT/electricity-tariffs/TARIFF"),
        ] {
            let why = of(source, said).expect_err(said);
            assert!(why.contains(want), "{source} {said}: {why}");
        }
    }

    #[test]
    fn every_code_that_is_shipped_has_the_right_check_character() {
        let request = shipped_sources::prices()["entsoe"].request.as_ref().expect("a request");
        assert!(request.zones.len() >= 40, "{}", request.zones.len());
        for zone in &request.zones {
            assert!(is_eic(zone.id()), "{}", zone.id());
        }
    }
}
