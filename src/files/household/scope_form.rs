//! Parts of a limit as people write it: its scope, lists of names, and amounts of which missing, `null`
//! and zero are three different things.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// To which orders a limit applies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeForm {
    /// Counts for the whole home.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub home: bool,
    /// Counts for this device only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// All devices of a room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Counts for this member only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// One category of things.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Counts for this payee only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee: Option<String>,
}

/// Names that are allowed, or names that are blocked: one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamesForm {
    /// Only these are allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
    /// All are allowed but these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<Vec<String>>,
}

/// An amount of which missing, `null` and zero are three different things.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AmountForm {
    /// Missing: the other limits decide.
    #[default]
    Inherit,
    Unlimited,
    At(String),
}

/// What stands for no limit where there is no `null`.
pub const UNLIMITED: &str = "unlimited";

impl AmountForm {
    /// True for what is not written at all.
    pub fn is_inherit(&self) -> bool {
        *self == AmountForm::Inherit
    }

    /// Reads the text of an amount.
    pub fn of_text(text: &str) -> AmountForm {
        if text == UNLIMITED { AmountForm::Unlimited } else { AmountForm::At(text.to_owned()) }
    }
}

impl Serialize for AmountForm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            AmountForm::Inherit | AmountForm::Unlimited => serializer.serialize_none(),
            AmountForm::At(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for AmountForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<AmountForm, D::Error> {
        let text = deserializer.deserialize_any(AmountText)?;
        Ok(text.map_or(AmountForm::Unlimited, |text| AmountForm::of_text(&text)))
    }
}

impl JsonSchema for AmountForm {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "AmountForm".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "null"]})
    }
}

/// Reads an amount that may be missing.
pub(super) fn money<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    deserializer.deserialize_any(AmountText)
}

/// Takes a text or nothing, and says how money is written where a number stands.
struct AmountText;

impl<'de> Visitor<'de> for AmountText {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount of money: write a string such as \"29.90\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<String>, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Option<String>, E> {
        Ok(None)
    }
}
