//! What a run of a device costs, as it is told.

use homepay_domain::book::Book;
use homepay_domain::household::Lang;
use homepay_domain::ids::Name;
use homepay_domain::meter::units_text;
use homepay_domain::run_cost::{RunUnknown, cost_of_run};
use homepay_domain::tariff::SLOT_MIN;
use homepay_domain::time::UnixMs;
use homepay_language::phrases::Phrases;
use serde_json::{Value, json};

/// What a run costs now, and when it is cheapest, for the command line and owners' requests.
///
/// # Errors
/// What is not known.
pub fn run_answer(
    book: &Book,
    phrases: &Phrases,
    lang: Lang,
    device: &Name,
    at: UnixMs,
) -> Result<Value, RunUnknown> {
    let cost = cost_of_run(book, device, at)?;
    let money = |amount| book.home.currency.text(amount);
    let later = cost
        .later
        .map(|(begin, cost)| json!({ "at": begin.rfc3339(&book.home.zone), "cost": money(cost) }));
    Ok(json!({
        "device": device, "uses": units_text(cost.run.micro),
        "minutes": cost.run.slots * i64::from(SLOT_MIN), "runs": cost.run.runs,
        "now": { "at": at.rfc3339(&book.home.zone), "cost": money(cost.now) },
        "later": later, "currency": book.home.currency.code(),
        "say": say(book, phrases, lang, device, at),
    }))
}

/// The same in words; also that it is not known.
pub fn say(book: &Book, phrases: &Phrases, lang: Lang, device: &Name, at: UnixMs) -> String {
    let called = book.household.devices.get(device).map_or(device.as_str(), |d| d.name.of(lang));
    let known = cost_of_run(book, device, at).ok().map(|cost| (cost.now, cost.later));
    phrases.run_cost(&book.home, lang, called, known, at)
}
