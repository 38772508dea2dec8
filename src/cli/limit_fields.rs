//! The flags of `limit set`, made of the keys that a limit has.

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use homepay_files::household::limit_edit::NONE;
use homepay_files::household::{FIELDS, FieldKind};
use serde_json::{Map, Value, json};

/// The keys that are named at the command line, with their values.
#[derive(Clone, Debug, Default)]
pub(super) struct LimitFields(pub Map<String, Value>);

/// The flags of a list of names: of those that are allowed, and of those that are blocked.
fn flags(key: &str) -> [(String, String); 2] {
    let single = match key {
        "categories" => "category",
        other => other.trim_end_matches('s'),
    };
    [format!("allow-{single}"), format!("block-{single}")]
        .map(|flag| (flag.replace('-', "_"), flag))
}

fn arguments() -> Vec<Arg> {
    let mut all = Vec::new();
    for (key, kind, help) in FIELDS {
        let flag = key.replace('_', "-");
        match kind {
            FieldKind::Text | FieldKind::Date | FieldKind::Count => {
                all.push(Arg::new(*key).long(flag).help(*help).action(ArgAction::Set));
            }
            FieldKind::Texts => {
                all.push(Arg::new(*key).long(flag).help(*help).action(ArgAction::Append));
            }
            FieldKind::Names => {
                let [(allow, allowed), (block, blocked)] = flags(key);
                let which = help.trim_start_matches("Which ");
                let only = format!("Only these {which}");
                let but = format!("All but these {which}");
                all.push(
                    Arg::new(allow.clone()).long(allowed).help(only).action(ArgAction::Append),
                );
                let block = Arg::new(block).long(blocked).help(but).action(ArgAction::Append);
                all.push(block.conflicts_with(allow));
            }
        }
    }
    for arg in &mut all {
        let name = arg.get_id().as_str().to_uppercase();
        *arg = arg.clone().value_name(name);
        if arg.get_id() == "period" {
            *arg = arg.clone().conflicts_with("rolling");
        }
    }
    all
}

/// A whole number, or the word that takes it away.
fn count(key: &str, text: &str) -> Result<Value, Error> {
    match text.parse::<u32>() {
        Ok(count) => Ok(json!(count)),
        Err(_) if text == NONE => Ok(json!(NONE)),
        Err(_) => {
            let flag = key.replace('_', "-");
            let what = format!("--{flag} {text}: write a whole number such as 3, or {NONE}\n");
            Err(Error::raw(ErrorKind::ValueValidation, what))
        }
    }
}

impl Args for LimitFields {
    fn augment_args(command: Command) -> Command {
        command.args(arguments())
    }

    fn augment_args_for_update(command: Command) -> Command {
        LimitFields::augment_args(command)
    }
}

impl FromArgMatches for LimitFields {
    fn from_arg_matches(given: &ArgMatches) -> Result<LimitFields, Error> {
        let mut fields = LimitFields::default();
        fields.update_from_arg_matches(given)?;
        Ok(fields)
    }

    fn update_from_arg_matches(&mut self, given: &ArgMatches) -> Result<(), Error> {
        let all = |id: &str| -> Option<Vec<String>> {
            let values = given.get_many::<String>(id)?;
            Some(values.cloned().collect())
        };
        let text = |id: &str| given.get_one::<String>(id).cloned();
        for (key, kind, _) in FIELDS {
            let value = match kind {
                FieldKind::Text | FieldKind::Date => text(key).map(Value::String),
                FieldKind::Count => text(key).map(|text| count(key, &text)).transpose()?,
                FieldKind::Texts => all(key).map(|texts| json!(texts)),
                FieldKind::Names => {
                    let [(allow, _), (block, _)] = flags(key);
                    match (all(&allow), all(&block)) {
                        (None, None) => None,
                        (Some(none), _) | (_, Some(none)) if none == [NONE] => Some(Value::Null),
                        (Some(allow), _) => Some(json!({ "allow": allow })),
                        (None, Some(block)) => Some(json!({ "block": block })),
                    }
                }
            };
            if let Some(value) = value {
                self.0.insert((*key).to_owned(), value);
            }
        }
        Ok(())
    }
}
