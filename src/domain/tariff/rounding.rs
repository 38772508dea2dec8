//! How an exact total becomes an amount that is paid.

use crate::domain::money::{Currency, Minor};
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
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
}

/// What is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// The total, once.
    #[default]
    Total,
    /// Every line; the total is their sum.
    Lines,
}

/// How a bill is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rounding {
    /// What.
    pub of: Of,
    /// Which way.
    pub mode: Mode,
    /// To how many decimals; unset = the currency's. Never more than those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits: Option<u32>,
}

impl Rounding {
    /// Rounds one exact figure in major units. `None` when it does not fit.
    pub fn round(self, currency: Currency, exact: Decimal) -> Option<Minor> {
        let strategy = match self.mode {
            Mode::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            Mode::HalfEven => RoundingStrategy::MidpointNearestEven,
            Mode::Up => RoundingStrategy::AwayFromZero,
            Mode::Down => RoundingStrategy::ToZero,
        };
        let digits = self.digits.unwrap_or(currency.digits()).min(currency.digits());
        currency.round(exact.round_dp_with_strategy(digits, strategy))
    }
}
