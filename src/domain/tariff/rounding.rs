//! How an exact total becomes an amount that is paid.

use super::account::{BillLine, LineKind};
use crate::money::{Currency, Minor};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// Which way a figure between two goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// To the nearer; a half goes away from zero.
    #[default]
    HalfUp,
    /// To the nearer; a half goes to the even one.
    HalfEven,
    Up,
    Down,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    #[default]
    Total,
    /// Every line; the total is their sum.
    Lines,
    /// Groups of lines; the total is their sum.
    Groups,
}

/// Lines that are added up and rounded by themselves, such as Japan's levy for renewables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundingGroup {
    /// The names of its parts; `use` and `fixed` are all that depend on use and all that do not.
    pub on: Vec<String>,
    pub mode: Mode,
    /// To how many decimals; unset = the currency's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits: Option<u32>,
}

impl RoundingGroup {
    /// True for a line of the group.
    pub fn has(&self, line: &BillLine) -> bool {
        let of_kind = match line.kind {
            LineKind::Energy | LineKind::Spot | LineKind::Adder => "use",
            LineKind::Fixed | LineKind::Minimum => "fixed",
            LineKind::Tax | LineKind::Credit => "",
        };
        self.on.iter().any(|name| *name == line.what || name == of_kind)
    }
}

/// How a bill is rounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rounding {
    pub of: Of,
    pub mode: Mode,
    /// To how many decimals; unset = the currency's. Never more than those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits: Option<u32>,
    /// Which lines are rounded together; what is in none of them is a group too, and is rounded as
    /// is said above.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<RoundingGroup>,
}

impl Rounding {
    /// Rounds one exact figure in major units. `None` when it does not fit.
    pub fn round(&self, currency: Currency, exact: Decimal) -> Option<Minor> {
        self.mode.round((currency, self.digits), exact)
    }
}

impl Mode {
    /// Rounds one exact figure in major units to so many decimals, or to the currency's. `None`
    /// when it does not fit.
    pub(super) fn round(
        self,
        (currency, digits): (Currency, Option<u32>),
        exact: Decimal,
    ) -> Option<Minor> {
        let strategy = match self {
            Mode::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            Mode::HalfEven => RoundingStrategy::MidpointNearestEven,
            Mode::Up => RoundingStrategy::AwayFromZero,
            Mode::Down => RoundingStrategy::ToZero,
        };
        let digits = digits.unwrap_or(currency.digits()).min(currency.digits());
        currency.round(exact.round_dp_with_strategy(digits, strategy))
    }
}
