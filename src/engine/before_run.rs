//! What a run of a device costs, as it is told.

use homepay_domain::book::Book;
use homepay_domain::household::Lang;
use homepay_domain::ids::Name;
use homepay_domain::meter::units_text;
use homepay_domain::money::Minor;
use homepay_domain::run_cost::{RunUnknown, cost_of_run};
use homepay_domain::tariff::SLOT_MIN;
use homepay_domain::time::UnixMs;
use homepay_language::phrases::Phrases;
use homepay_protocols::views::run_cost::{PricedMoment, RunCostView};

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
) -> Result<RunCostView, RunUnknown> {
    let cost = cost_of_run(book, device, at)?;
    let money = |amount| book.home.currency.text(amount);
    let moment = |(begin, cost): (UnixMs, Minor)| PricedMoment {
        at: begin.rfc3339(&book.home.zone),
        cost: money(cost),
    };
    Ok(RunCostView {
        device: device.to_string(),
        uses: units_text(cost.run.micro),
        minutes: cost.run.slots * i64::from(SLOT_MIN),
        runs: cost.run.runs,
        now: moment((at, cost.now)),
        later: cost.later.map(moment),
        currency: book.home.currency.code().to_owned(),
        say: say(book, phrases, lang, device, at),
    })
}

/// The same in words; also that it is not known.
pub fn say(book: &Book, phrases: &Phrases, lang: Lang, device: &Name, at: UnixMs) -> String {
    let called = book.household.devices.get(device).map_or(device.as_str(), |d| d.name.of(lang));
    let known = cost_of_run(book, device, at).ok().map(|cost| (cost.now, cost.later));
    phrases.run_cost(&book.home, lang, called, known, at)
}
