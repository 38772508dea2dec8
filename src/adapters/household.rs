//! The household as a file: TOML in, TOML out, every mistake with its line.

use crate::domain::household::{Home, Household};
use crate::domain::limits::Limit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A limit as owners write it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitForm {
    /// Its id.
    pub id: String,
}

/// Reads a limit.
///
/// # Errors
/// Says what is wrong and what to write instead.
pub fn limit_of_form(
    form: &LimitForm,
    home: &Home,
    household: &Household,
) -> Result<Limit, String> {
    let _ = (form, home, household);
    Err("not read yet".to_owned())
}
