//! Calendars of holidays, within a tariff's file or beside it.

use super::context::TariffContext;
use super::tariff_form::HolidaysForm;
use homepay_domain::tariff::Calendar;
use homepay_text::problem::Problem;
use homepay_text::toml_table::Diagnostics;
use jiff::civil::Date;
use std::collections::BTreeSet;
use toml::{Spanned, Value};

pub(super) fn calendar(words: &TariffContext<'_, '_>, form: &HolidaysForm) -> Option<Calendar> {
    let from = words.day("from", &form.from);
    let to = words.day("to", &form.to);
    let (from, to) = (from?, to?);
    if to < from {
        words.wrong(&form.to, format!("to {to} is before from {from}"));
        return None;
    }
    let days = |list: &[Spanned<Value>]| -> Option<BTreeSet<Date>> {
        let mut days = BTreeSet::new();
        let mut whole = true;
        for at in list {
            let Some(day) = words.day("day", at) else {
                whole = false;
                continue;
            };
            let what = if day < from || day > to {
                Some(format!("{day} is outside of {from} to {to}"))
            } else {
                (!days.insert(day)).then(|| format!("{day} stands there twice"))
            };
            if let Some(what) = what {
                words.wrong(at, what);
                whole = false;
            }
        }
        whole.then_some(days)
    };
    let (holidays, working) = (days(&form.days), days(&form.working));
    let (holidays, working) = (holidays?, working?);
    if let Some(both) = holidays.intersection(&working).next() {
        words.wrong(&form.to, format!("{both} is a holiday and a day that is worked"));
        return None;
    }
    Some(Calendar { from, to, holidays, working })
}

/// Reads a file that is a calendar.
///
/// # Errors
/// Every mistake in it.
pub(super) fn calendar_file(file: &str, text: &str) -> Result<Calendar, Vec<Problem>> {
    let (page, _) = Diagnostics::open(file, text);
    if page.is_broken() {
        return Err(page.into_problems());
    }
    let form = match super::parse::shape::<HolidaysForm>(&page, text) {
        Some(form) => form,
        None => return Err(page.into_problems()),
    };
    let calendar = calendar(&TariffContext { page: &page, unit: None }, &form);
    let problems = page.into_problems();
    calendar.filter(|_| problems.is_empty()).ok_or(problems)
}
