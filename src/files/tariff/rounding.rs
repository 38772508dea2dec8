//! How a total is rounded, as people write it.

use super::context::TariffContext;
use super::tariff_form::{GroupForm, RoundForm, RoundedForm, RoundingForm};
use homepay_domain::money::Currency;
use homepay_domain::tariff::{ChargePart, Mode, Of, Rounding, RoundingGroup, Version};
use homepay_text::problem::{hint, shown};
use std::collections::BTreeSet;
use toml::Spanned;

/// Names of parts that are no charges of their own, and of kinds of parts.
const WORDS: [&str; 5] = ["energy", "spot", "minimum", "use", "fixed"];

/// Reads how a bill of these versions is rounded.
pub(super) fn rounding(
    words: &TariffContext<'_, '_>,
    (form, versions): (&RoundingForm, &[Version]),
    currency: Option<Currency>,
) -> Option<Rounding> {
    let some = !form.groups.is_empty();
    let of = match &form.of {
        None if some => Of::Groups,
        None => Of::Total,
        Some(of) => match of.get_ref() {
            RoundedForm::Groups if !some => {
                words.wrong(of, "of = \"groups\" needs [[rounding.groups]]");
                return None;
            }
            RoundedForm::Total | RoundedForm::Lines if some => {
                words.wrong(
                    of,
                    "groups cannot be used together with another \"of\": write of = \"groups\"",
                );
                return None;
            }
            RoundedForm::Total => Of::Total,
            RoundedForm::Lines => Of::Lines,
            RoundedForm::Groups => Of::Groups,
        },
    };
    let digits = digits(words, form.digits.as_ref(), currency)?;
    let mut rounding = Rounding { of, mode: mode(form.mode), digits, groups: Vec::new() };
    let known = names(versions);
    let mut taken = BTreeSet::new();
    for form in &form.groups {
        let group = group(words, form.get_ref(), (&rounding, currency))?;
        for name in &form.get_ref().on {
            let text = name.get_ref().as_str();
            if !versions.is_empty() && !known.contains(text) {
                let near = hint(text, known.iter().copied());
                words.wrong(name, format!("\"{}\" is not a part of the bill{near}", shown(text)));
                return None;
            }
            if !taken.insert(text.to_owned()) {
                words.wrong(name, format!("\"{}\" is in two groups", shown(text)));
                return None;
            }
        }
        rounding.groups.push(group);
    }
    Some(rounding)
}

fn group(
    words: &TariffContext<'_, '_>,
    form: &GroupForm,
    (whole, currency): (&Rounding, Option<Currency>),
) -> Option<RoundingGroup> {
    let own = digits(words, form.digits.as_ref(), currency)?;
    Some(RoundingGroup {
        on: form.on.iter().map(|name| name.get_ref().clone()).collect(),
        mode: form.mode.map_or(whole.mode, mode),
        digits: own.or(whole.digits),
    })
}

/// The names of all parts that a bill may have.
fn names(versions: &[Version]) -> BTreeSet<&str> {
    let mut names: BTreeSet<&str> = WORDS.into();
    for version in versions {
        let parts = (0..version.adders.len()).map(ChargePart::Adder);
        let parts = parts.chain((0..version.fixed.len()).map(ChargePart::Fixed));
        let parts = parts.chain((0..version.taxes.len()).map(ChargePart::Tax));
        let parts = parts.chain((0..version.credits.len()).map(ChargePart::Credit));
        names.extend(parts.map(|part| version.part_name(&part)));
    }
    names
}

fn mode(form: RoundForm) -> Mode {
    match form {
        RoundForm::HalfUp => Mode::HalfUp,
        RoundForm::HalfEven => Mode::HalfEven,
        RoundForm::Up => Mode::Up,
        RoundForm::Down => Mode::Down,
    }
}

fn digits(
    words: &TariffContext<'_, '_>,
    digits: Option<&Spanned<u32>>,
    currency: Option<Currency>,
) -> Option<Option<u32>> {
    if let Some((digits, currency)) = digits.zip(currency)
        && *digits.get_ref() > currency.digits()
    {
        let has = currency.digits();
        words.wrong(digits, format!("{currency} has {has} decimals: nobody can pay more"));
        return None;
    }
    Some(digits.map(|digits| *digits.get_ref()))
}
