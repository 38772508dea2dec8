//! Parts of the year with their windows and prices.

use super::context::TariffContext;
use super::figure::Figures;
use super::tariff_form::{RatesForm, SeasonForm, WindowsForm};
use super::windows;
use homepay_domain::tariff::{ALL_DAY, ALL_YEAR, ClockSpan, DAY_MIN, DayTables, MonthDay, Season};
use homepay_text::problem::{hint, shown};
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// What a version says of seasons, windows and prices; and what the top of the file says.
pub(super) struct SeasonForms<'f> {
    pub(super) windows: Option<&'f Spanned<WindowsForm>>,
    pub(super) rates: Option<&'f Spanned<RatesForm>>,
    pub(super) top: &'f BTreeMap<String, Spanned<SeasonForm>>,
    pub(super) own: &'f BTreeMap<String, Spanned<SeasonForm>>,
    /// True where the market makes the price: then there may be no rates.
    pub(super) spot: bool,
    /// Where the version begins in the file.
    pub(super) at: usize,
}

/// One season of both.
struct Both<'f> {
    name: String,
    at: usize,
    from: Option<&'f Spanned<String>>,
    to: Option<&'f Spanned<String>>,
    windows: Option<&'f Spanned<WindowsForm>>,
    rates: Vec<&'f Spanned<RatesForm>>,
    baselines: BTreeMap<String, Decimal>,
}

/// The names of all windows, in alphabetical order.
pub(super) fn window_names(said: &SeasonForms<'_>) -> Vec<String> {
    let mut forms: Vec<&Spanned<WindowsForm>> = said.windows.into_iter().collect();
    for seasons in [said.top, said.own] {
        forms.extend(seasons.values().filter_map(|season| season.get_ref().windows.as_ref()));
    }
    let names: BTreeSet<&String> = forms.iter().flat_map(|form| form.get_ref().keys()).collect();
    if names.is_empty() { vec![ALL_DAY.to_owned()] } else { names.into_iter().cloned().collect() }
}

/// Reads the seasons of a version. `tiers` is how many prices each window needs.
pub(super) fn seasons(
    words: &TariffContext<'_, '_>,
    said: &SeasonForms<'_>,
    names: &[String],
    tiers: &[usize],
) -> Option<Vec<Season>> {
    let mut read = Vec::new();
    let mut whole = true;
    for both in both(words, said) {
        let season = season(words, said, &both, (names, tiers));
        whole &= season.is_some();
        read.extend(season);
    }
    if !whole {
        return None;
    }
    covered(words, said, &read).then_some(read)
}

fn both<'f>(words: &TariffContext<'_, '_>, said: &SeasonForms<'f>) -> Vec<Both<'f>> {
    let names: BTreeSet<&String> = said.top.keys().chain(said.own.keys()).collect();
    if names.is_empty() {
        return vec![Both {
            name: ALL_YEAR.to_owned(),
            at: said.at,
            from: None,
            to: None,
            windows: said.windows,
            rates: said.rates.into_iter().collect(),
            baselines: BTreeMap::new(),
        }];
    }
    let of = |name: &String| {
        let forms = [said.own.get(name), said.top.get(name)];
        let forms = || forms.iter().flatten().map(|form| form.get_ref());
        let at = forms_at(said, name);
        let mut rates: Vec<_> = forms().filter_map(|form| form.rates.as_ref()).collect();
        rates.extend(said.rates);
        let mut baselines = BTreeMap::new();
        for form in forms().collect::<Vec<_>>().into_iter().rev() {
            baselines.extend(baselines_of(words, form));
        }
        Both {
            name: name.clone(),
            at,
            from: forms().find_map(|form| form.from.as_ref()),
            to: forms().find_map(|form| form.to.as_ref()),
            windows: forms().find_map(|form| form.windows.as_ref()).or(said.windows),
            rates,
            baselines,
        }
    };
    names.into_iter().map(of).collect()
}

fn forms_at(said: &SeasonForms<'_>, name: &String) -> usize {
    let form = said.own.get(name).or_else(|| said.top.get(name));
    form.map_or(said.at, |form| form.span().start)
}

fn baselines_of(words: &TariffContext<'_, '_>, form: &SeasonForm) -> BTreeMap<String, Decimal> {
    let one = form.baseline_per_day.iter().map(|of| (String::new(), of));
    let many = form.baselines_per_day.iter().map(|(region, of)| (region.clone(), of));
    one.chain(many)
        .filter_map(|(region, of)| Some((region, words.positive("baseline", of)?)))
        .collect()
}

fn season(
    words: &TariffContext<'_, '_>,
    said: &SeasonForms<'_>,
    both: &Both<'_>,
    (names, tiers): (&[String], &[usize]),
) -> Option<Season> {
    let (from, to) = if both.name == ALL_YEAR && both.from.is_none() && both.to.is_none() {
        (Some(MonthDay { month: 1, day: 1 }), Some(MonthDay { month: 12, day: 31 }))
    } else {
        let end = |which: &str, end: Option<&Spanned<String>>| {
            if end.is_none() {
                let name = shown(&both.name);
                words.page.wrong(both.at, format!("season \"{name}\" has no {which}"));
            }
            month_day(words, which, end?)
        };
        (end("from", both.from), end("to", both.to))
    };
    let days = match both.windows {
        Some(form) => windows::tables(words, names, form),
        None if names == [ALL_DAY] => {
            Some(DayTables::every_day(vec![ClockSpan { from: 0, to: DAY_MIN, window: 0 }]))
        }
        None => {
            let what = format!("season \"{}\" has no windows", shown(&both.name));
            words.page.wrong(both.at, what);
            None
        }
    };
    let rates = rates(words, said, both, (names, tiers, days.as_ref()));
    Some(Season {
        name: both.name.clone(),
        from: from?,
        to: to?,
        days: days?,
        rates: rates?,
        baselines: both.baselines.clone(),
    })
}

/// The prices of each window in a season.
fn rates(
    words: &TariffContext<'_, '_>,
    said: &SeasonForms<'_>,
    both: &Both<'_>,
    (names, tiers, days): (&[String], &[usize], Option<&DayTables>),
) -> Option<Vec<Vec<Decimal>>> {
    if both.rates.is_empty() {
        if said.spot {
            return Some(Vec::new());
        }
        words.page.wrong(both.at, format!("{} has no rates", heading(both)));
        return None;
    }
    let mut whole = true;
    for form in &both.rates {
        for name in form.get_ref().keys().filter(|name| !names.contains(name)) {
            let near = hint(name, names.iter().map(String::as_str));
            let what = format!("rates are for \"{}\", which is no window{near}", shown(name));
            words.wrong(form, what);
            whole = false;
        }
    }
    let mut rates = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        let Some(figures) = both.rates.iter().find_map(|form| form.get_ref().get(name)) else {
            // A window that this season does not know needs no price in it.
            if days.is_some_and(|days| uses(days, at)) {
                let what = format!("{} has no rate for \"{}\"", heading(both), shown(name));
                words.wrong(both.rates[0], what);
                whole = false;
            }
            rates.push(Vec::new());
            continue;
        };
        match prices(words, name, figures, tiers[at]) {
            Some(prices) => rates.push(prices),
            None => whole = false,
        }
    }
    whole.then_some(rates)
}

fn heading(both: &Both<'_>) -> String {
    if both.name == ALL_YEAR {
        "the version".to_owned()
    } else {
        format!("season \"{}\"", shown(&both.name))
    }
}

fn uses(days: &DayTables, window: usize) -> bool {
    let tables = [&days.weekday, &days.saturday, &days.sunday, &days.holiday];
    tables.into_iter().flatten().any(|span| span.window == window)
}

fn prices(
    words: &TariffContext<'_, '_>,
    name: &str,
    figures: &Spanned<Figures>,
    tiers: usize,
) -> Option<Vec<Decimal>> {
    let texts = &figures.get_ref().0;
    if texts.len() != tiers {
        let (count, name) = (texts.len(), shown(name));
        let what = format!("rate \"{name}\" has {count} prices for {tiers} tier(s)");
        words.wrong(figures, what);
        return None;
    }
    let what = format!("rate \"{}\"", shown(name));
    let price = |text: &String| {
        let value = words.text(&what, figures, text)?;
        let value = words.not_below(&what, figures, value)?;
        words.of_unit(&what, figures, value)
    };
    texts.iter().map(price).collect()
}

fn month_day(
    words: &TariffContext<'_, '_>,
    which: &str,
    text: &Spanned<String>,
) -> Option<MonthDay> {
    // The 29th of February exists in a leap year.
    let day = format!("2024-{}", text.get_ref()).parse::<Date>();
    match day {
        Ok(day) if text.get_ref().len() == 5 => Some(MonthDay::of(day)),
        Ok(_) | Err(_) => {
            let what = format!(
                "{which} \"{}\" is not a day of a year: write \"06-01\"",
                shown(text.get_ref())
            );
            words.wrong(text, what);
            None
        }
    }
}

/// Notes the first day that no season has, and the first that two have.
fn covered(words: &TariffContext<'_, '_>, said: &SeasonForms<'_>, seasons: &[Season]) -> bool {
    let mut day = date(2024, 1, 1);
    while day.year() == 2024 {
        let of: Vec<&str> =
            seasons.iter().filter(|s| s.has(day)).map(|s| s.name.as_str()).collect();
        let day_text = day.strftime("%m-%d");
        let what = match of.as_slice() {
            [_] => None,
            [] => Some(format!("no season has {day_text}: every day of the year needs a price")),
            [a, b, ..] => Some(format!("{day_text} is in two seasons, \"{a}\" and \"{b}\"")),
        };
        if let Some(what) = what {
            let first = seasons.first().map(|season| forms_at(said, &season.name));
            words.page.wrong(first.unwrap_or(said.at), what);
            return false;
        }
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    true
}
