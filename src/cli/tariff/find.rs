//! Which tariff is meant: the household's, a shipped one, or a file.

use crate::cli::Failure;
use crate::cli::client::Client;
use crate::cli::house::in_force;
use crate::cli::run_command::household_of;
use crate::config::Loaded;
use homepay_domain::household::Household;
use homepay_domain::ids::Name;
use homepay_domain::tariff::{Tariff, TariffFile, Terms};
use homepay_files::tariff::shipped_tariffs::{beside, paths, read_shipped, shipped};
use homepay_files::tariff::{Published, read_tariff};
use homepay_text::problem::{Problem, hint};
use std::path::Path;

/// The longest tariff file that is read, in bytes.
const TARIFF_BYTES_MAX: u64 = 1024 * 1024;

/// The household in force, or, with the daemon off, that of the household file.
pub(in crate::cli) async fn household(
    loaded: &Loaded,
    client: &Client,
) -> Result<Household, Failure> {
    match (in_force(client).await, &loaded.settings.home.household) {
        (Ok(household), _) => Ok(household),
        (Err(_), Some(path)) => {
            household_of(path, &loaded.settings).map_err(|problems| wrong(&problems))
        }
        (Err(failure), None) => Err(failure),
    }
}

/// A tariff by the household's id, by a shipped id, or by its file.
pub(super) async fn tariff(
    loaded: &Loaded,
    client: &Client,
    wanted: &str,
) -> Result<Tariff, Failure> {
    if wanted.contains('/') || wanted.ends_with(".toml") {
        return file(wanted);
    }
    let household = household(loaded, client).await.ok();
    let own = household.as_ref().map(|household| &household.tariffs);
    let name = Name::parse(wanted).ok();
    if let Some(tariff) = own.and_then(|own| own.get(name.as_ref()?)) {
        return Ok(tariff.clone());
    }
    let mut ids = Vec::new();
    for path in paths() {
        let published = of_shelf(path)?;
        if published.plan.id == wanted {
            return Ok(as_tariff(path, shipped(path).unwrap_or_default(), published));
        }
        ids.push(published.plan.id);
    }
    ids.extend(own.into_iter().flat_map(|own| own.keys()).map(Name::to_string));
    let near = hint(wanted, ids.iter().map(String::as_str));
    Err(Failure::no(format!("there is no tariff {wanted}{near}: see homepay tariff list")))
}

pub(super) fn of_shelf(path: &str) -> Result<Published, Failure> {
    match read_shipped(path) {
        Some(Ok(published)) => Ok(published),
        Some(Err(problems)) => Err(wrong(&problems)),
        None => Err(Failure::no(format!("{path} is not shipped"))),
    }
}

fn file(path: &str) -> Result<Tariff, Failure> {
    let on_disk = Path::new(path);
    if !on_disk.exists() && shipped(path).is_some() {
        return Ok(as_tariff(path, shipped(path).unwrap_or_default(), of_shelf(path)?));
    }
    let text = text_of(on_disk)?;
    let files = |name: &str| {
        let name = beside(path, name);
        std::fs::read_to_string(&name).map_err(|e| format!("{name}: {e}"))
    };
    let published = read_tariff(path, &text, &files).map_err(|problems| wrong(&problems))?;
    Ok(as_tariff(path, &text, published))
}

/// The text of a file that an owner names.
pub(super) fn text_of(path: &Path) -> Result<String, Failure> {
    let file = path.display();
    let size = std::fs::metadata(path).map_or(0, |m| m.len());
    if size > 16 * TARIFF_BYTES_MAX {
        return Err(Failure::usage(format!("{file}: has {size} bytes: too long")));
    }
    std::fs::read_to_string(path).map_err(|e| Failure::usage(format!("{file}: {e}")))
}

fn as_tariff(path: &str, text: &str, published: Published) -> Tariff {
    let Published { utility, plan, holidays, .. } = published;
    let file = TariffFile { name: path.to_owned(), text: text.to_owned(), holidays };
    Tariff {
        utility,
        payee: None,
        plan,
        terms: Terms::default(),
        file: Some(file),
        calorific: Vec::new(),
    }
}

pub(super) fn wrong(problems: &[Problem]) -> Failure {
    Failure::usage(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}
