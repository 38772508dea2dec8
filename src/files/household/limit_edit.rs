//! An edit of a limit: what is named changes, everything else stays.

use super::limit_form::{FIELDS, LimitForm, form_of_limit, limit_of_form};
use homepay_domain::household::{Home, Household};
use homepay_domain::limits::Limit;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// What takes a field away where there is no `null`.
pub const NONE: &str = "none";

/// A limit's id and the fields of [`LimitForm`] that change: missing = as it is, `null` or `"none"` =
/// taken away (`amount: null` = without limit, as elsewhere).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitEdit(Map<String, Value>);

impl LimitEdit {
    /// An edit of these fields; `id` is one of them.
    ///
    /// # Errors
    /// Says which field cannot be read.
    pub fn new(fields: Map<String, Value>) -> Result<LimitEdit, String> {
        let edit = LimitEdit(fields);
        let given = edit.0.iter().filter(|(_, value)| !takes_away(value));
        let given = Value::Object(given.map(|(key, value)| (key.clone(), value.clone())).collect());
        serde_json::from_value::<LimitForm>(given).map_err(|e| e.to_string())?;
        let known = serde_json::to_value(LimitForm::json_schema(&mut SchemaGenerator::default()));
        let known = known.map_err(|e| e.to_string())?;
        let unknown = edit.0.keys().find(|key| known["properties"].get(key.as_str()).is_none());
        unknown.map_or(Ok(edit.clone()), |key| Err(format!("unknown field `{key}`")))
    }

    /// The limit's id, where it is a text.
    pub fn id(&self) -> &str {
        self.0.get("id").and_then(Value::as_str).unwrap_or_default()
    }

    /// The limit as it shall be.
    ///
    /// # Errors
    /// Says all that is wrong, and what to write instead.
    pub fn applied(&self, home: &Home, household: &Household) -> Result<Limit, String> {
        let before = household.limits.iter().find(|(id, _)| id.as_str() == self.id());
        let before = before.map(|(_, limit)| limit);
        // What is not named is not judged anew: a lower amount is taken though a rule then sleeps.
        let awake = before.map(Limit::without_idle_rules);
        let mut form = self.merged(before, home)?;
        for (key, field) in
            [("confirm_above", &mut form.confirm_above), ("approve_above", &mut form.approve_above)]
        {
            if !self.0.contains_key(key) {
                *field = None;
            }
        }
        if !self.0.contains_key("max_count") {
            form.max_count = awake.and_then(|limit| limit.max_count);
        }
        let mut limit = limit_of_form(&form, home, household)?;
        if let Some(before) = before {
            let kept = |key, now, then| if self.0.contains_key(key) { now } else { then };
            limit.confirm_above = kept("confirm_above", limit.confirm_above, before.confirm_above);
            limit.approve_above = kept("approve_above", limit.approve_above, before.approve_above);
        }
        let Some(before) = before else {
            return if says_something(&form) {
                Ok(limit)
            } else {
                Err("amount is missing: write one, or \"unlimited\"".to_owned())
            };
        };
        if before.scope != limit.scope {
            return Err(format!(
                "scope: limit {} is one of {}: what it counted was of that. Leave scope out, or give \
                 the other limit an id of its own",
                before.id,
                json!(before.scope)
            ));
        }
        Ok(Limit { version: before.version, ..limit })
    }

    fn merged(&self, before: Option<&Limit>, home: &Home) -> Result<LimitForm, String> {
        let form = before.map(|limit| form_of_limit(limit, home)).unwrap_or_default();
        let Value::Object(mut fields) = json!(form) else { return Err("not a limit".to_owned()) };
        for (given, other) in [("period", "rolling"), ("rolling", "period")] {
            if self.0.get(given).is_some_and(|value| !takes_away(value)) {
                fields.remove(other);
            }
        }
        if self.0.get("alignment").is_some_and(|value| value != "anchored") {
            fields.remove("from");
        }
        for (key, value) in &self.0 {
            match key.as_str() {
                "scope" | "id" if takes_away(value) => {
                    return Err(format!("{key}: every limit has one"));
                }
                "amount" if value.is_null() => fields.insert(key.clone(), Value::Null),
                _ if takes_away(value) => fields.remove(key),
                _ => fields.insert(key.clone(), value.clone()),
            };
        }
        serde_json::from_value(Value::Object(fields)).map_err(|e| e.to_string())
    }
}

fn takes_away(value: &Value) -> bool {
    let none = json!(NONE);
    *value == Value::Null || *value == none || value.as_array().is_some_and(|v| *v == [none])
}

/// Keys that bound nothing by themselves: they say where and how the others apply.
const FRAME: [&str; 9] = [
    "period",
    "rolling",
    "alignment",
    "from",
    "week_start",
    "on_refund",
    "approve_within",
    "valid_from",
    "valid_to",
];

/// True where a form bounds something.
fn says_something(form: &LimitForm) -> bool {
    let written = json!(form);
    let bounds = FIELDS.iter().filter(|(key, ..)| !FRAME.contains(key));
    bounds.into_iter().any(|(key, ..)| written.get(*key).is_some())
}

impl Serialize for LimitEdit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LimitEdit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<LimitEdit, D::Error> {
        let fields = Map::deserialize(deserializer)?;
        LimitEdit::new(fields).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for LimitEdit {
    fn schema_name() -> Cow<'static, str> {
        "LimitEdit".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = LimitForm::json_schema(generator);
        let fields = schema.ensure_object().get_mut("properties");
        for (key, field) in fields.and_then(Value::as_object_mut).into_iter().flatten() {
            let given = std::mem::take(field);
            *field = match key.as_str() {
                "id" | "scope" | "amount" => given,
                _ => json!({"anyOf": [given, {"enum": [null, NONE]}]}),
            };
        }
        schema
    }
}
