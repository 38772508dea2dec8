//! Charges, taxes and credits, and the parts that these are on.

use super::charge_form::{AdderForm, CreditForm, FixedForm, MinimumForm, PerForm, TaxForm};
use super::context::TariffContext;
use super::figure::Figure;
use super::tiers::bound;
use homepay_domain::tariff::{Adder, ChargePart, Credit, CreditBy, Fixed, Minimum, Per, Tax};
use homepay_text::problem::{hint, shown};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use toml::Spanned;

/// What a file says of charges.
pub(super) struct ChargeForms<'f> {
    pub(super) adders: &'f [Spanned<AdderForm>],
    pub(super) fixed: &'f [Spanned<FixedForm>],
    pub(super) minimum: Option<&'f Spanned<MinimumForm>>,
    pub(super) taxes: &'f [Spanned<TaxForm>],
    pub(super) credits: &'f [Spanned<CreditForm>],
}

/// All charges of a version.
pub(super) struct Charges {
    pub(super) adders: Vec<Adder>,
    pub(super) fixed: Vec<Fixed>,
    pub(super) minimum: Option<Minimum>,
    pub(super) taxes: Vec<Tax>,
    pub(super) credits: Vec<Credit>,
}

/// Names of parts that are not charges of their own.
const WORDS: [&str; 5] = ["energy", "spot", "minimum", "use", "fixed"];

pub(super) fn charges(
    words: &TariffContext<'_, '_>,
    said: &ChargeForms<'_>,
    windows: &[String],
) -> Option<Charges> {
    let mut whole = names_differ(words, said);
    let mut adders = Vec::new();
    for form in said.adders {
        let adder = adder(words, form, windows);
        whole &= adder.is_some();
        adders.extend(adder);
    }
    let mut fixed = Vec::new();
    for form in said.fixed {
        let of = fixed_of(words, form.get_ref());
        whole &= of.is_some();
        fixed.extend(of);
    }
    let minimum = match said.minimum.map(Spanned::get_ref) {
        None => None,
        Some(of) => {
            let amount = words.positive("amount", &of.amount);
            let by_days = prorate(words, &of.prorate, of.per);
            whole &= amount.is_some() && by_days.is_some();
            let both = amount.zip(by_days);
            both.map(|(amount, prorate)| Minimum { per: per_of(of.per), amount, prorate })
        }
    };
    let mut taxes = Vec::new();
    for (at, form) in said.taxes.iter().enumerate() {
        let of = form.get_ref();
        let percent = words.positive("percent", &of.percent);
        let on = parts(words, said, &of.on, at);
        whole &= percent.is_some() && on.is_some();
        let name = of.name.clone();
        taxes.extend(percent.zip(on).map(|(percent, on)| Tax { name, percent, on }));
    }
    let mut credits = Vec::new();
    for form in said.credits {
        let credit = credit(words, said, form);
        whole &= credit.is_some();
        credits.extend(credit);
    }
    whole.then_some(Charges { adders, fixed, minimum, taxes, credits })
}

/// A tax or credit names what it is on: no name may mean two things.
fn names_differ(words: &TariffContext<'_, '_>, said: &ChargeForms<'_>) -> bool {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut whole = true;
    let named = said.adders.iter().map(|f| (f.get_ref().name.as_str(), f.span().start));
    let named = named.chain(said.fixed.iter().map(|f| (f.get_ref().name.as_str(), f.span().start)));
    let named = named.chain(said.taxes.iter().map(|f| (f.get_ref().name.as_str(), f.span().start)));
    let named =
        named.chain(said.credits.iter().map(|f| (f.get_ref().name.as_str(), f.span().start)));
    for (name, at) in named {
        let what = if name.trim().is_empty() {
            Some("name is empty".to_owned())
        } else if WORDS.contains(&name) {
            Some(format!("\"{name}\" has a meaning of its own: choose another name"))
        } else {
            let twice = seen.insert(name, at).is_some();
            twice.then(|| format!("there are two charges \"{}\"", shown(name)))
        };
        if let Some(what) = what {
            words.page.wrong(at, what);
            whole = false;
        }
    }
    whole
}

fn adder(
    words: &TariffContext<'_, '_>,
    form: &Spanned<AdderForm>,
    windows: &[String],
) -> Option<Adder> {
    let of = form.get_ref();
    let rates = match (&of.rate, of.rates.is_empty()) {
        (Some(rate), true) => vec![words.price("rate", rate)?; windows.len()],
        (None, false) => by_window(words, form, &of.rates, windows, None)?,
        (Some(_), false) | (None, true) => {
            let what = format!("\"{}\" has either a rate or rates by window", shown(&of.name));
            words.wrong(form, what);
            return None;
        }
    };
    Some(Adder { name: of.name.clone(), rates })
}

/// Figures by window; `usual` for windows that are not named.
pub(super) fn by_window<T>(
    words: &TariffContext<'_, '_>,
    at: &Spanned<T>,
    form: &BTreeMap<String, Spanned<Figure>>,
    windows: &[String],
    usual: Option<Decimal>,
) -> Option<Vec<Decimal>> {
    let mut whole = true;
    for (name, of) in form.iter().filter(|(name, _)| !windows.contains(name)) {
        let near = hint(name, windows.iter().map(String::as_str));
        words.wrong(of, format!("\"{}\" is not a window{near}", shown(name)));
        whole = false;
    }
    let mut figures = Vec::with_capacity(windows.len());
    for name in windows {
        let figure = match (form.get(name), usual) {
            (Some(of), _) => words.price("rate", of),
            (None, Some(usual)) => Some(usual),
            (None, None) => {
                words.wrong(at, format!("there is no rate for window \"{}\"", shown(name)));
                None
            }
        };
        whole &= figure.is_some();
        figures.extend(figure);
    }
    whole.then_some(figures)
}

/// The parts that a tax or credit is on; of taxes only those before the `taxes`-th.
fn parts(
    words: &TariffContext<'_, '_>,
    said: &ChargeForms<'_>,
    on: &[Spanned<String>],
    taxes: usize,
) -> Option<Vec<ChargePart>> {
    let of_use = || {
        let adders = (0..said.adders.len()).map(ChargePart::Adder);
        [ChargePart::Energy, ChargePart::Spot].into_iter().chain(adders)
    };
    let fixed = || (0..said.fixed.len()).map(ChargePart::Fixed).chain([ChargePart::Minimum]);
    if on.is_empty() {
        let earlier = (0..taxes).map(ChargePart::Tax);
        return Some(of_use().chain(fixed()).chain(earlier).collect());
    }
    let mut parts = Vec::new();
    let mut whole = true;
    for text in on {
        let name = text.get_ref().as_str();
        match name {
            "energy" => parts.push(ChargePart::Energy),
            "spot" => parts.push(ChargePart::Spot),
            "minimum" => parts.push(ChargePart::Minimum),
            "use" => parts.extend(of_use()),
            "fixed" => parts.extend(fixed()),
            other => match part_named(said, other, taxes) {
                Some(part) => parts.push(part),
                None => {
                    let near = hint(other, names(said));
                    words.wrong(
                        text,
                        format!("\"{}\" is not a part of the bill{near}", shown(other)),
                    );
                    whole = false;
                }
            },
        }
    }
    parts.sort();
    parts.dedup();
    whole.then_some(parts)
}

fn names<'f>(said: &ChargeForms<'f>) -> impl Iterator<Item = &'f str> {
    let adders = said.adders.iter().map(|form| form.get_ref().name.as_str());
    let fixed = said.fixed.iter().map(|form| form.get_ref().name.as_str());
    let taxes = said.taxes.iter().map(|form| form.get_ref().name.as_str());
    adders.chain(fixed).chain(taxes).chain(WORDS)
}

fn part_named(said: &ChargeForms<'_>, name: &str, taxes: usize) -> Option<ChargePart> {
    let adder = said.adders.iter().position(|form| form.get_ref().name == name);
    let fixed = || said.fixed.iter().position(|form| form.get_ref().name == name);
    let tax = || said.taxes.iter().take(taxes).position(|form| form.get_ref().name == name);
    let credit = || said.credits.iter().position(|form| form.get_ref().name == name);
    adder
        .map(ChargePart::Adder)
        .or_else(|| fixed().map(ChargePart::Fixed))
        .or_else(|| tax().map(ChargePart::Tax))
        .or_else(|| credit().map(ChargePart::Credit))
}

fn credit(
    words: &TariffContext<'_, '_>,
    said: &ChargeForms<'_>,
    form: &Spanned<CreditForm>,
) -> Option<Credit> {
    let of = form.get_ref();
    let max = match &of.max {
        None => None,
        Some(max) => Some(words.positive("max", max)?),
    };
    let by = match (&of.percent, &of.per_unit, &of.amount) {
        (Some(percent), None, None) => {
            let value = words.positive("percent", percent)?;
            if value > Decimal::ONE_HUNDRED {
                words.wrong(percent, format!("percent \"{value}\" is more than the whole amount"));
                return None;
            }
            // What is taken off before taxes is not of them, unless it names one.
            let taxes = if of.on.is_empty() { 0 } else { said.taxes.len() };
            CreditBy::Percent { percent: value, on: parts(words, said, &of.on, taxes)? }
        }
        (None, Some(unit), None) => {
            let up_to = match &of.up_to {
                None => None,
                Some(up_to) => {
                    words.counted("up_to", up_to)?;
                    Some(bound(words, up_to)?)
                }
            };
            let amount = words.positive("per_unit", unit)?;
            CreditBy::Unit { amount: words.of_unit("per_unit", unit, amount)?, up_to }
        }
        (None, None, Some(amount)) => {
            let Some(per) = of.per else {
                words.wrong(amount, "amount needs per: day, month, year or cycle");
                return None;
            };
            let prorate = prorate(words, &of.prorate, per)?;
            let amount = words.positive("amount", amount)?;
            CreditBy::Fixed { per: per_of(per), amount, prorate }
        }
        (None, None, None)
        | (Some(_), _, Some(_))
        | (_, Some(_), Some(_))
        | (Some(_), Some(_), _) => {
            let what = "a credit has one of percent, per_unit, or amount with per";
            words.wrong(form, what);
            return None;
        }
    };
    if let Some(prorate) = of.prorate.as_ref().filter(|_| of.amount.is_none()) {
        words.wrong(prorate, "prorate goes with amount and per");
        return None;
    }
    Some(Credit { name: of.name.clone(), by, max })
}

fn fixed_of(words: &TariffContext<'_, '_>, of: &FixedForm) -> Option<Fixed> {
    let (amount, by_days) =
        (words.positive("amount", &of.amount), prorate(words, &of.prorate, of.per));
    let unused_percent = match &of.unused_percent {
        None => None,
        Some(percent) => {
            let value = words.positive("unused_percent", percent)?;
            if value > Decimal::ONE_HUNDRED {
                words.wrong(percent, format!("unused_percent \"{value}\" is more than the charge"));
                return None;
            }
            Some(value)
        }
    };
    let (name, per) = (of.name.clone(), per_of(of.per));
    Some(Fixed { name, per, amount: amount?, prorate: by_days?, unused_percent })
}

/// Whether a charge counts by days; a day's has no parts.
fn prorate(
    words: &TariffContext<'_, '_>,
    of: &Option<Spanned<bool>>,
    per: PerForm,
) -> Option<bool> {
    let Some(prorate) = of else { return Some(false) };
    if per == PerForm::Day && *prorate.get_ref() {
        words.wrong(prorate, "prorate is for a month, a year or a cycle: a day has no parts");
        return None;
    }
    Some(*prorate.get_ref())
}

fn per_of(per: PerForm) -> Per {
    match per {
        PerForm::Day => Per::Day,
        PerForm::Month => Per::Month,
        PerForm::Year => Per::Year,
        PerForm::Cycle => Per::Cycle,
    }
}
