//! The file with the environment above it: which value of a key holds, and where it was written.

use super::Problem;
use super::config_sources::ConfigSources;
use super::keys::{self, Key, KeyKind, SECTIONS, variable};
use config::{Config, Environment, File, FileFormat, Source, ValueKind};
use homepay_text::problem::near_miss;
use homepay_text::toml_table::{Diagnostics, TomlTable};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A section and a key.
pub(super) type KeyId = (&'static str, &'static str);

/// Where a value was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueOrigin {
    /// In the file, on this line.
    File(usize),
    Environment,
}

/// A value that holds.
#[derive(Clone, Debug)]
struct SourcedValue {
    text: String,
    origin: ValueOrigin,
}

/// All values that were written, and what is wrong.
pub(super) struct Layers<'a> {
    given: &'a ConfigSources<'a>,
    values: BTreeMap<KeyId, SourcedValue>,
    problems: RefCell<Vec<Problem>>,
}

/// What stands between the texts of a list.
const LIST_JOIN: &str = ",";

/// What problems of the environment name as their file.
const ENVIRONMENT: &str = "environment";

impl<'a> Layers<'a> {
    /// Lays the environment over the file. Nothing but the file's own problems comes back when it
    /// is no TOML: what else it says cannot be known.
    pub(super) fn new(given: &'a ConfigSources<'a>) -> Result<Layers<'a>, Vec<Problem>> {
        let name = given.file.map_or(String::new(), |(path, _)| path.display().to_string());
        let text = given.file.map_or("", |(_, text)| text);
        let (lines, mut problems) = lines(&name, text)?;
        let (env, unknown) = known_variables(given.env);
        problems.extend(unknown);
        let mut layers = Layers { given, values: BTreeMap::new(), problems: RefCell::default() };
        match layered(text, env) {
            Ok(config) => layers.values = values(&config, &lines),
            Err(error) => problems.push(Problem {
                file: if name.is_empty() { ENVIRONMENT.to_owned() } else { name },
                line: 0,
                what: error.to_string(),
            }),
        }
        layers.problems = RefCell::new(problems);
        Ok(layers)
    }

    /// The value of a key.
    pub(super) fn text(&self, id: KeyId) -> Option<&str> {
        self.values.get(&id).map(|found| found.text.as_str())
    }

    /// The texts of a list, without those that are empty.
    pub(super) fn texts(&self, id: KeyId) -> Vec<String> {
        let text = self.text(id).unwrap_or_default();
        let texts = text.split(LIST_JOIN).map(str::trim).filter(|text| !text.is_empty());
        texts.map(str::to_owned).collect()
    }

    /// A path: one in the file begins where the file is, any other where the process runs.
    pub(super) fn path(&self, id: KeyId) -> Option<PathBuf> {
        let found = self.values.get(&id)?;
        let folder = self.given.file.and_then(|(path, _)| path.parent());
        Some(match (found.origin, folder) {
            (ValueOrigin::File(_), Some(folder)) => folder.join(&found.text),
            (ValueOrigin::File(_), None) | (ValueOrigin::Environment, _) => {
                PathBuf::from(&found.text)
            }
        })
    }

    /// A secret: by itself, in a file, or as a systemd credential, in this order; what the
    /// environment says of either of the first two goes before what the file says of them.
    pub(super) fn secret(&self, id: KeyId, file_id: KeyId) -> Option<String> {
        let origin = |id: KeyId| self.values.get(&id).map(|found| found.origin);
        let in_env = |id: KeyId| origin(id) == Some(ValueOrigin::Environment);
        let by_file = match (origin(id), origin(file_id)) {
            (None, None) => return self.credential(id),
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (Some(_), Some(_)) if in_env(id) != in_env(file_id) => in_env(file_id),
            (Some(_), Some(_)) => {
                let (section, key) = id;
                self.wrong(
                    file_id,
                    format!("cannot be used together with {section}.{key}: keep one of them"),
                );
                return None;
            }
        };
        if !by_file {
            return self.text(id).map(str::to_owned);
        }
        let text = self.file(file_id)?;
        Some(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// What the file that a key names holds. Nothing, and a mistake noted, where it cannot be read.
    pub(super) fn file(&self, id: KeyId) -> Option<String> {
        let path = self.path(id)?;
        let unreadable =
            |why: String| self.wrong(id, format!("{} cannot be read: {why}", path.display()));
        (self.given.files)(&path).map_err(unreadable).ok()
    }

    fn credential(&self, (section, key): KeyId) -> Option<String> {
        let folder = self.variable("CREDENTIALS_DIRECTORY")?;
        let path = Path::new(folder).join(format!("{section}.{key}"));
        let text = (self.given.files)(&path).ok()?;
        Some(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// A variable that is not one of ours.
    pub(super) fn variable(&self, name: &str) -> Option<&'a str> {
        self.given.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Notes a mistake in a key's value, by where it was written.
    pub(super) fn wrong(&self, id: KeyId, what: impl AsRef<str>) {
        let (section, key) = id;
        let what = what.as_ref();
        let file = self.given.file.map(|(path, _)| path.display().to_string());
        let problem = match self.values.get(&id).map(|found| found.origin) {
            Some(ValueOrigin::Environment) => Problem {
                file: ENVIRONMENT.to_owned(),
                line: 0,
                what: format!("{}: {what}", variable(section, key)),
            },
            Some(ValueOrigin::File(line)) => Problem {
                file: file.unwrap_or_default(),
                line,
                what: format!("{section}.{key}: {what}"),
            },
            None => Problem {
                file: file.unwrap_or_else(|| "configuration".to_owned()),
                line: 0,
                what: format!("{section}.{key}: {what}"),
            },
        };
        self.problems.borrow_mut().push(problem);
    }

    /// All mistakes, by line.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        problems.dedup();
        problems
    }
}

/// The line of every key that the file sets with the right type, and what is wrong with the rest.
type KeyLines = (BTreeMap<KeyId, usize>, Vec<Problem>);

fn lines(name: &str, text: &str) -> Result<KeyLines, Vec<Problem>> {
    let (page, table) = Diagnostics::open(name, text);
    let broken = page.is_broken();
    let mut lines = BTreeMap::new();
    {
        let top = TomlTable::new(&page, table.get_ref(), 0);
        for (section, keys) in SECTIONS {
            let Some(sheet) = top.sheet(section) else { continue };
            for Key { name: key, kind, .. } in *keys {
                let at = match kind {
                    KeyKind::Text => sheet.text(key).map(|text| text.at),
                    // A number where a secret is meant must not be shown again.
                    KeyKind::Secret => match sheet.find(key) {
                        Some(value) if !value.get_ref().is_str() => {
                            sheet.wrong(value.span().start, format!("{key} is not a string"));
                            None
                        }
                        value => value.map(|value| value.span().start),
                    },
                    KeyKind::Flag => sheet.flag(key).map(|flag| flag.at),
                    KeyKind::Count => sheet.whole(key).map(|count| count.at),
                    KeyKind::Texts => sheet.texts(key).map(|_| sheet.at_key(key)),
                };
                lines.extend(at.map(|at| ((*section, *key), page.line(at))));
            }
            sheet.finish(&format!("[{section}]"));
        }
        // Read once it is known which channels there are.
        let _ = top.find("notify");
        top.finish("the configuration");
    }
    let problems = page.into_problems();
    if broken { Err(problems) } else { Ok((lines, problems)) }
}

/// The variables of keys that there are, by the name that layering expects, and the others.
fn known_variables(env: &BTreeMap<String, String>) -> (config::Map<String, String>, Vec<Problem>) {
    let names: Vec<String> = keys::all().map(|(section, key, _)| variable(section, key)).collect();
    let mut known = config::Map::new();
    let mut problems = Vec::new();
    for (name, value) in env.iter().filter(|(name, _)| name.starts_with(keys::ENV_PREFIX)) {
        if names.contains(name) {
            known.insert(name.clone(), value.clone());
        } else {
            let bare = |name: &'_ str| name.trim_start_matches(keys::ENV_PREFIX).to_owned();
            let all: Vec<String> = names.iter().map(|name| bare(name)).collect();
            let near = near_miss(&bare(name), all.iter().map(String::as_str))
                .map_or(String::new(), |near| {
                    format!("; did you mean {}{near}?", keys::ENV_PREFIX)
                });
            let what = format!("{name} is not a key of the configuration{near}");
            problems.push(Problem { file: ENVIRONMENT.to_owned(), line: 0, what });
        }
    }
    (known, problems)
}

fn layered(text: &str, env: config::Map<String, String>) -> Result<Config, config::ConfigError> {
    let environment = Environment::with_prefix("HOMEPAY")
        .prefix_separator("__")
        .separator("__")
        .ignore_empty(true)
        .source(Some(env));
    Config::builder()
        .add_source(File::from_str(text, FileFormat::Toml))
        .add_source(environment)
        .build()
}

fn values(config: &Config, lines: &BTreeMap<KeyId, usize>) -> BTreeMap<KeyId, SourcedValue> {
    let mut values = BTreeMap::new();
    let sections = config.collect().unwrap_or_default();
    for (section, key, _) in keys::all() {
        // Asked for key by key, a value would come without its origin.
        let table = sections.get(section).and_then(|value| match &value.kind {
            ValueKind::Table(table) => Some(table),
            _ => None,
        });
        let Some(value) = table.and_then(|table| table.get(key)).cloned() else { continue };
        let origin = match (value.origin(), lines.get(&(section, key))) {
            (Some(_), _) => ValueOrigin::Environment,
            (None, Some(line)) => ValueOrigin::File(*line),
            // Of the wrong type: noted where it stands.
            (None, None) => continue,
        };
        let text = match value.kind {
            ValueKind::Array(list) => {
                let texts: Result<Vec<String>, _> =
                    list.into_iter().map(config::Value::into_string).collect();
                texts.map(|texts| texts.join(LIST_JOIN))
            }
            _ => value.into_string(),
        };
        let Ok(text) = text else { continue };
        values.insert((section, key), SourcedValue { text, origin });
    }
    values
}
