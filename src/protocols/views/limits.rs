//! Limits as owners see them, and what an edit made of one.

use crate::native::states::LimitState;
use homepay_domain::decision::LimitOutcome;
use homepay_domain::household::{Home, Household};
use homepay_domain::limits::{Limit, Scope};
use homepay_files::household::{LimitForm, difference, form_of_limit};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LimitsView {
    pub limits: Vec<LimitView>,
}

/// A limit: how it stands, and its rules.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LimitView {
    #[serde(flatten)]
    pub state: LimitState,
    /// To which orders it applies: every field that is set must match.
    #[schemars(with = "Map<String, Value>")]
    pub scope: Scope,
    /// Orders above this are confirmed by a number.
    pub confirm_above: Option<String>,
    /// Orders above this wait for an owner.
    pub approve_above: Option<String>,
    /// What else it says, by the keys of the household's file.
    pub rules: Map<String, Value>,
}

/// What of a limit has a field of its own; the rest is its rules.
const SHOWN_APART: [&str; 6] = ["id", "scope", "period", "rolling", "amount", "max_count"];

impl LimitView {
    pub fn of(home: &Home, limit: &Limit, state: LimitState) -> LimitView {
        let money = |amount| home.currency.text(amount);
        let form = serde_json::to_value(form_of_limit(limit, home));
        let mut rules = match form {
            Ok(Value::Object(fields)) => fields,
            Ok(_) | Err(_) => Map::new(),
        };
        rules.retain(|key, _| !SHOWN_APART.contains(&key.as_str()));
        LimitView {
            state,
            scope: limit.scope.clone(),
            confirm_above: limit.confirm_above.map(money),
            approve_above: limit.approve_above.map(money),
            rules,
        }
    }
}

/// What an edit made of a limit: as it was, as it is, and what it counts already.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LimitEditView {
    pub id: String,
    /// Grows with every edit.
    pub version: u32,
    /// As it was; null where it is new.
    pub before: Option<LimitForm>,
    pub after: LimitForm,
    /// The differences, a line each.
    pub changes: Vec<String>,
    /// What its running period has by now, where it counts other orders than before.
    pub counts: Option<CountedView>,
}

/// What a period has by now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CountedView {
    pub spent: String,
    pub held: String,
    /// How many orders are counted in it.
    pub orders: u32,
}

impl LimitEditView {
    pub fn of(home: &Home, outcome: &LimitOutcome) -> LimitEditView {
        let house = |limit: Option<&Limit>| Household {
            limits: limit.map(|l| (l.id.clone(), l.clone())).into_iter().collect(),
            ..Household::default()
        };
        let LimitOutcome { before, after, counts } = outcome;
        let money = |amount| home.currency.text(amount);
        LimitEditView {
            id: after.id.to_string(),
            version: after.version,
            before: before.as_ref().map(|limit| form_of_limit(limit, home)),
            after: form_of_limit(after, home),
            changes: difference(&house(before.as_ref()), &house(Some(after)), home),
            counts: counts.map(|used| CountedView {
                spent: money(used.spent),
                held: money(used.held),
                orders: used.count,
            }),
        }
    }
}
