//! Where the configuration is looked for.

use super::config_sources::{ConfigSources, read};
use super::notify_section::{self, NotifySettings};
use super::profiles::{read_channels, read_own};
use super::{Loaded, Problem};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The variable that names the configuration.
const VARIABLE: &str = "HOMEPAY_CONFIG";

/// A place where the configuration may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigPlace {
    pub path: PathBuf,
    /// Somebody named it: it is a mistake when it is not there.
    pub named: bool,
}

/// Finds and reads the configuration, and the owner's own device profiles.
///
/// # Errors
/// All that is wrong with it.
pub fn load(explicit: Option<&Path>) -> Result<Loaded, Vec<Problem>> {
    let env: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let read_file = |path: &Path| std::fs::read_to_string(path).map_err(|e| e.to_string());
    let mut loaded = load_from(&places(explicit, &env), &env, &read_file)?;
    let mut problems = Vec::new();
    if let Err(found) = read_own(&loaded.settings.home.profiles) {
        problems.extend(found);
    }
    match notify(&loaded, &read_file) {
        Ok(entries) => loaded.settings.notify = entries,
        Err(found) => problems.extend(found),
    }
    if problems.is_empty() { Ok(loaded) } else { Err(problems) }
}

/// The entries `[[notify]]`, by the channels that there are.
fn notify(
    loaded: &Loaded,
    files: &dyn Fn(&Path) -> Result<String, String>,
) -> Result<Vec<NotifySettings>, Vec<Problem>> {
    let channels = read_channels(&loaded.settings.home.channels)?;
    let Some(path) = &loaded.file else { return Ok(Vec::new()) };
    let unreadable = |what| vec![Problem { file: path.display().to_string(), line: 0, what }];
    let text = files(path).map_err(unreadable)?;
    notify_section::read((path, &text), &channels, files)
}

fn load_from(
    places: &[ConfigPlace],
    env: &BTreeMap<String, String>,
    files: &dyn Fn(&Path) -> Result<String, String>,
) -> Result<Loaded, Vec<Problem>> {
    let found = places.iter().find(|place| place.named || place.path.is_file());
    let Some(ConfigPlace { path, .. }) = found else {
        return Ok(Loaded {
            settings: read(&ConfigSources { file: None, env, files })?,
            file: None,
        });
    };
    let text = files(path).map_err(|why| {
        let file = path.display().to_string();
        vec![Problem { file, line: 0, what: format!("cannot be read: {why}") }]
    })?;
    let settings = read(&ConfigSources { file: Some((path, &text)), env, files })?;
    Ok(Loaded { settings, file: Some(path.clone()) })
}

/// The places in the order in which they are tried.
pub fn places(explicit: Option<&Path>, env: &BTreeMap<String, String>) -> Vec<ConfigPlace> {
    let set = |key: &str| env.get(key).filter(|value| !value.is_empty()).map(PathBuf::from);
    let named = |path| ConfigPlace { path, named: true };
    let usual = |path| ConfigPlace { path, named: false };
    let user = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    explicit
        .map(|path| named(path.to_owned()))
        .into_iter()
        .chain(set(VARIABLE).map(named))
        .chain([usual(PathBuf::from("homepay.toml"))])
        .chain(user.map(|dir| usual(dir.join("homepay").join("homepay.toml"))))
        .chain([usual(PathBuf::from("/etc/homepay/homepay.toml"))])
        .collect()
}
