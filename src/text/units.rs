//! What prices are given in: a sum of money for a unit of energy or of volume, everywhere the same.

use homepay_domain::money::Currency;
use rust_decimal::Decimal;

/// What a price is for, and in which money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceUnit {
    /// The currency, where the unit says it.
    pub currency: Option<Currency>,
    /// What a price is multiplied by to be in major units of money.
    pub money: Decimal,
    /// What a price is multiplied by to be for one [`PriceUnit::base`].
    pub share: Decimal,
    /// The unit that is counted: kWh or m³.
    pub base: &'static str,
    /// True for units in joules, in which electricity is not sold.
    pub joules: bool,
}

impl PriceUnit {
    /// Reads `€/GJ`, `EUR/MWh`, `ct/kWh`, or the part after the stroke alone.
    #[must_use]
    pub fn parse(text: &str) -> Option<PriceUnit> {
        let (money, of) = match text.split_once('/') {
            Some((money, of)) => (Some(money.trim()), of.trim()),
            None => (None, text.trim()),
        };
        let one = Decimal::ONE;
        // 3.6 MJ are one kWh.
        let (share, base, joules) = match of {
            "kWh" => (one, "kWh", false),
            "MWh" => (Decimal::new(1, 3), "kWh", false),
            "MJ" => (Decimal::new(36, 1), "kWh", true),
            "GJ" => (Decimal::new(36, 4), "kWh", true),
            "m³" | "m3" => (one, "m³", false),
            _ => return None,
        };
        let hundredth = Decimal::new(1, 2);
        let code = |code: &str| Currency::from_code(code).ok();
        let (currency, money) = match money {
            None => (None, one),
            Some("€") => (code("EUR"), one),
            Some("£") => (code("GBP"), one),
            Some("元") => (code("CNY"), one),
            Some("ct" | "c" | "cent" | "p" | "öre" | "øre" | "分") => (None, hundredth),
            Some(word) => (Some(code(word)?), one),
        };
        Some(PriceUnit { currency, money, share, base, joules })
    }

    /// What a price is multiplied by to be in major units for one [`PriceUnit::base`].
    #[must_use]
    pub fn factor(&self) -> Decimal {
        (self.money * self.share).normalize()
    }

    /// True where it prices what a utility is counted in; gas is priced by its energy, too.
    #[must_use]
    pub fn prices(&self, utility: &str, counted: &str) -> bool {
        let same = self.base == counted || (utility == "gas" && self.base == "kWh");
        same && !(self.joules && utility == "electricity")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_for_a_unit_in_some_money() {
        for (text, factor, base) in [
            ("kWh", "1", "kWh"),
            ("m3", "1", "m³"),
            ("€/GJ", "0.0036", "kWh"),
            ("EUR/MWh", "0.001", "kWh"),
            ("ct/kWh", "0.01", "kWh"),
            ("p/kWh", "0.01", "kWh"),
            ("元/GJ", "0.0036", "kWh"),
            ("CNY/m³", "1", "m³"),
            ("分/MJ", "0.036", "kWh"),
        ] {
            let unit = PriceUnit::parse(text).expect(text);
            assert_eq!((unit.factor().to_string().as_str(), unit.base), (factor, base), "{text}");
        }
        for bad in ["", "Wh", "EUR/Wh", "XYZ/kWh", "kW", "€/kWh/a"] {
            assert_eq!(PriceUnit::parse(bad), None, "{bad}");
        }
    }
}
