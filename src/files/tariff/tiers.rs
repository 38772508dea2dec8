//! Tiers, and how many prices each window has under them.

use super::context::TariffContext;
use super::tier_form::{CounterForm, CrossingForm, ModeForm, TiersForm};
use homepay_domain::tariff::{Bound, Counter, Crossing, Ladder, Season, Steps};
use homepay_text::problem::{hint, shown};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use toml::Spanned;

/// The most months that a billing cycle has.
pub(super) const CYCLE_MONTHS_MAX: u8 = 12;

/// Bounds of a season that is still told by its name.
struct OfSeason<'f> {
    persons_from: Option<u32>,
    name: &'f str,
    at: &'f Spanned<Vec<Spanned<String>>>,
    up_to: Vec<Bound>,
}

/// Tiers before seasons are known: bounds by season are still told by name.
pub(super) struct Tiers<'f> {
    pub(super) ladders: Vec<Ladder>,
    pub(super) crossing: Option<Crossing>,
    by_season: Vec<OfSeason<'f>>,
}

impl Tiers<'_> {
    /// How many prices each window needs.
    pub(super) fn prices(&self, windows: usize) -> Vec<usize> {
        let of = |window: usize| {
            let ladder = self.ladders.iter().find(|ladder| ladder.windows.contains(&window));
            ladder.and_then(|ladder| ladder.steps.first()).map_or(1, |s| s.up_to.len() + 1)
        };
        (0..windows).map(of).collect()
    }

    /// The ladders, with their bounds by season.
    pub(super) fn ladders(
        self,
        words: &TariffContext<'_, '_>,
        seasons: &[Season],
    ) -> Option<Vec<Ladder>> {
        let Tiers { mut ladders, by_season, .. } = self;
        let mut whole = true;
        for OfSeason { persons_from, name, at, up_to } in by_season {
            let Some(season) = seasons.iter().position(|season| season.name == name) else {
                let near = hint(name, seasons.iter().map(|season| season.name.as_str()));
                words.wrong(at, format!("there is no season \"{}\"{near}", shown(name)));
                whole = false;
                continue;
            };
            for ladder in &mut ladders {
                let up_to = up_to.clone();
                ladder.steps.push(Steps { persons_from, season: Some(season), up_to });
            }
        }
        whole &= sizes_are_whole(words, &ladders, seasons);
        let baseline = |steps: &Steps| steps.up_to.iter().any(|b| matches!(b, Bound::Baseline(_)));
        let needs = ladders.iter().flat_map(|ladder| &ladder.steps).any(baseline);
        for season in seasons.iter().filter(|season| needs && season.baselines.is_empty()) {
            let what = format!("season \"{}\" has no baseline_per_day", shown(&season.name));
            words.page.wrong(0, what);
            whole = false;
        }
        whole.then_some(ladders)
    }
}

pub(super) fn tiers<'f>(
    words: &TariffContext<'_, '_>,
    form: Option<&'f Spanned<TiersForm>>,
    names: &[String],
) -> Option<Tiers<'f>> {
    let none = Tiers { ladders: Vec::new(), crossing: None, by_season: Vec::new() };
    let Some(at) = form else { return Some(none) };
    let form = at.get_ref();
    let crossing = form.crossing_split.map(|crossing| match crossing {
        CrossingForm::Proportional => Crossing::Proportional,
        CrossingForm::Chronological => Crossing::Chronological,
    });
    match form.mode {
        ModeForm::None => Some(none),
        ModeForm::Combined => combined(words, at, names.len(), crossing),
        ModeForm::Individual => {
            let ladders = individual(words, at, names)?;
            Some(Tiers { ladders, crossing, by_season: Vec::new() })
        }
    }
}

fn combined<'f>(
    words: &TariffContext<'_, '_>,
    at: &'f Spanned<TiersForm>,
    windows: usize,
    crossing: Option<Crossing>,
) -> Option<Tiers<'f>> {
    let form = at.get_ref();
    if !form.windows.is_empty() {
        words.wrong(
            at,
            "tiers of windows cannot be used with mode = \"combined\": write \"individual\"",
        );
        return None;
    }
    let counter = counter(words, at, form.counter);
    let first = bounds(words, at, &form.up_to);
    let mut steps = Vec::new();
    let count = form.up_to.len();
    let mut whole = true;
    for size in &form.sizes {
        let persons_from = Some(*size.household_size.get_ref());
        if let Some(other) = form
            .seasons
            .keys()
            .find(|name| !size.seasons.is_empty() && !size.seasons.contains_key(*name))
        {
            words.wrong(&size.household_size, size_lacks(persons_from, other));
            return None;
        }
        if size.up_to.is_empty() && !size.seasons.is_empty() {
            continue;
        }
        if let Some(other) = form.seasons.keys().next().filter(|_| size.seasons.is_empty()) {
            words.wrong(&size.household_size, size_lacks(persons_from, other));
            return None;
        }
        whole &= same_count(words, at, size.up_to.len(), count);
        let up_to = bounds(words, at, &size.up_to)?;
        steps.push(Steps { persons_from, season: None, up_to });
    }
    let mut by_season = Vec::new();
    let of_sizes =
        form.sizes.iter().map(|size| (Some(*size.household_size.get_ref()), &size.seasons));
    for (persons_from, seasons) in std::iter::once((None, &form.seasons)).chain(of_sizes) {
        for (name, at) in seasons {
            whole &= same_count(words, at, at.get_ref().len(), count);
            let up_to = bounds(words, at, at.get_ref())?;
            by_season.push(OfSeason { persons_from, name, at, up_to });
        }
    }
    steps.insert(0, Steps { persons_from: None, season: None, up_to: first? });
    let (counter, windows) = (counter?, (0..windows).collect());
    let ladder = Ladder { windows, counter, by_season: form.by_season, steps };
    whole.then(|| Tiers { ladders: vec![ladder], crossing, by_season })
}

/// A size whose bounds in a season nobody can tell: those of the season, or those of the size?
fn size_lacks(persons: Option<u32>, season: &str) -> String {
    let (persons, season) = (persons.unwrap_or_default(), shown(season));
    format!(
        "household_size {persons} has no bounds for season \"{season}\": write its seasons, too"
    )
}

/// Notes sizes that have bounds for some seasons only, and none beside.
fn sizes_are_whole(words: &TariffContext<'_, '_>, ladders: &[Ladder], seasons: &[Season]) -> bool {
    let mut whole = true;
    for ladder in ladders {
        let sizes = ladder.steps.iter().filter_map(|steps| steps.persons_from);
        for persons in sizes.collect::<std::collections::BTreeSet<u32>>() {
            let of = || ladder.steps.iter().filter(|steps| steps.persons_from == Some(persons));
            let has = |at| of().any(|steps| steps.season.is_none_or(|season| season == at));
            if let Some((_, season)) = seasons.iter().enumerate().find(|(at, _)| !has(*at)) {
                words.page.wrong(0, size_lacks(Some(persons), &season.name));
                whole = false;
            }
        }
    }
    whole
}

fn same_count<T>(
    words: &TariffContext<'_, '_>,
    at: &Spanned<T>,
    count: usize,
    wanted: usize,
) -> bool {
    if count != wanted {
        words.wrong(at, format!("{count} bounds where up_to has {wanted}"));
    }
    count == wanted
}

fn individual(
    words: &TariffContext<'_, '_>,
    at: &Spanned<TiersForm>,
    names: &[String],
) -> Option<Vec<Ladder>> {
    let form = at.get_ref();
    if !form.up_to.is_empty() || !form.sizes.is_empty() || !form.seasons.is_empty() {
        words.wrong(at, "mode = \"individual\" has its bounds in [tiers.windows.NAME]");
        return None;
    }
    if form.windows.is_empty() {
        words.wrong(at, "mode = \"individual\" needs [tiers.windows.NAME]");
        return None;
    }
    let mut ladders = Vec::new();
    let mut whole = true;
    for (name, of) in &form.windows {
        let Some(window) = names.iter().position(|known| known == name) else {
            let near = hint(name, names.iter().map(String::as_str));
            words.wrong(of, format!("there is no window \"{}\"{near}", shown(name)));
            whole = false;
            continue;
        };
        let counter = counter(words, at, of.get_ref().counter.or(form.counter));
        let up_to = bounds(words, of, &of.get_ref().up_to);
        let (Some(counter), Some(up_to)) = (counter, up_to) else {
            whole = false;
            continue;
        };
        let steps = vec![Steps { persons_from: None, season: None, up_to }];
        ladders.push(Ladder { windows: vec![window], counter, by_season: form.by_season, steps });
    }
    whole.then_some(ladders)
}

fn counter(
    words: &TariffContext<'_, '_>,
    at: &Spanned<TiersForm>,
    counter: Option<CounterForm>,
) -> Option<Counter> {
    let form = at.get_ref();
    let Some(counter) = counter else {
        words.wrong(at, "tiers have no counter: write day, month, cycle, year or bill");
        return None;
    };
    if counter != CounterForm::Cycle && (form.cycle_months.is_some() || form.scaled) {
        words.wrong(at, "cycle_months and scaled belong to counter = \"cycle\"");
        return None;
    }
    match counter {
        CounterForm::Day => Some(Counter::Day),
        CounterForm::Month => Some(Counter::Month),
        CounterForm::Year => Some(Counter::Year),
        CounterForm::Bill => Some(Counter::Bill),
        CounterForm::Cycle => {
            let Some(months) = &form.cycle_months else {
                words.wrong(at, "counter = \"cycle\" needs cycle_months");
                return None;
            };
            let count = *months.get_ref();
            if !(1..=CYCLE_MONTHS_MAX).contains(&count) {
                let what = format!("cycle_months is {count}: write 1 to {CYCLE_MONTHS_MAX}");
                words.wrong(months, what);
                return None;
            }
            Some(Counter::Cycle { months: count, scaled: form.scaled })
        }
    }
}

/// Reads bounds that rise.
fn bounds<T>(
    words: &TariffContext<'_, '_>,
    at: &Spanned<T>,
    texts: &[Spanned<String>],
) -> Option<Vec<Bound>> {
    if texts.is_empty() {
        words.wrong(at, "tiers have no up_to: write where each ends but the last");
        return None;
    }
    let mut bounds: Vec<Bound> = Vec::new();
    let mut last: BTreeMap<bool, Decimal> = BTreeMap::new();
    let mut whole = true;
    for text in texts {
        let Some(bound) = bound(words, text) else {
            whole = false;
            continue;
        };
        let (is_baseline, value) = match bound {
            Bound::Units(units) => (false, units),
            Bound::Baseline(times) => (true, times),
        };
        let floor = last.get(&is_baseline).copied().unwrap_or(Decimal::ZERO);
        if value <= floor {
            let text_shown = shown(text.get_ref());
            let what = format!("up_to \"{text_shown}\" is not above the one before: tiers rise");
            words.wrong(text, what);
            whole = false;
        }
        last.insert(is_baseline, value);
        bounds.push(bound);
    }
    if last.len() > 1 {
        words.wrong(at, "bounds in units and in baselines cannot be used together");
        return None;
    }
    whole.then_some(bounds)
}

/// `3120`, `baseline` or `130% baseline`.
pub(super) fn bound(words: &TariffContext<'_, '_>, at: &Spanned<String>) -> Option<Bound> {
    let text = at.get_ref().trim();
    let Some(share) = text.strip_suffix("baseline").map(str::trim) else {
        return words.text("up_to", at, text).map(Bound::Units);
    };
    if share.is_empty() {
        return Some(Bound::Baseline(Decimal::ONE));
    }
    let Some(percent) = share.strip_suffix('%') else {
        words.wrong(at, format!("\"{}\": write \"baseline\" or \"130% baseline\"", shown(text)));
        return None;
    };
    let percent = words.text("up_to", at, percent.trim())?;
    Some(Bound::Baseline(percent / Decimal::ONE_HUNDRED))
}
