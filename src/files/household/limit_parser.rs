//! The values of a limit's form, read in a home; every mistake by the key it stands at.

use super::known::Known;
use super::limit_form::LimitForm;
use super::scope_form::{NamesForm, ScopeForm};
use homepay_domain::household::Home;
use homepay_domain::ids::Name;
use homepay_domain::limits::window::{Alignment, Period, midnight};
use homepay_domain::limits::{Names, Scope};
use homepay_domain::money::Minor;
use homepay_domain::time::UnixMs;
use homepay_text::problem::{hint, shown};
use homepay_text::span;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// What is wrong with one key of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormFault {
    pub key: &'static str,
    /// What is wrong, and what to write instead.
    pub what: String,
}

pub(super) const PERIODS: [(&str, Period); 6] = [
    ("order", Period::Order),
    ("day", Period::Day),
    ("week", Period::Week),
    ("month", Period::Month),
    ("year", Period::Year),
    ("all_time", Period::AllTime),
];

/// Reads the values of one form, and gathers what is wrong with them.
pub(super) struct LimitParser<'a> {
    pub(super) home: &'a Home,
    pub(super) known: &'a Known,
    pub(super) faults: Vec<FormFault>,
}

impl LimitParser<'_> {
    pub(super) fn fault(&mut self, key: &'static str, what: impl Into<String>) {
        self.faults.push(FormFault { key, what: what.into() });
    }

    pub(super) fn good<T>(&mut self, key: &'static str, read: Result<T, String>) -> Option<T> {
        read.map_err(|what| self.fault(key, what)).ok()
    }

    pub(super) fn name(&mut self, key: &'static str, text: &str) -> Option<Name> {
        self.good(key, Name::parse(text).map_err(|e| e.to_string()))
    }

    pub(super) fn money(&mut self, key: &'static str, text: &str) -> Option<Minor> {
        self.good(key, self.home.currency.parse(text).map_err(|e| e.to_string()))
    }

    pub(super) fn maybe_money(&mut self, key: &'static str, text: Option<&str>) -> Option<Minor> {
        text.and_then(|text| self.money(key, text))
    }

    pub(super) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        text: Option<&str>,
        words: &[(&str, T)],
    ) -> Option<T> {
        let text = text?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let near = hint(text, all.iter().copied());
            let what = format!("is one of {}, not \"{}\"{near}", all.join(", "), shown(text));
            self.fault(key, what);
        }
        found
    }

    pub(super) fn scope(&mut self, form: &ScopeForm) -> Scope {
        let known = self.known;
        let scope = Scope {
            home: form.home,
            device: self.scoped("device", form.device.as_deref(), &known.devices),
            room: self.scoped("room", form.room.as_deref(), &known.rooms),
            member: self.scoped("member", form.member.as_deref(), &known.members),
            category: self.scoped("category", form.category.as_deref(), &known.categories),
            payee: self.scoped("payee", form.payee.as_deref(), &known.payees),
        };
        if *form == ScopeForm::default() {
            let what =
                "is empty: write { home = true }, or a device, room, member, category, payee";
            self.fault("scope", what);
        }
        scope
    }

    pub(super) fn scoped(
        &mut self,
        word: &str,
        text: Option<&str>,
        known: &BTreeSet<Name>,
    ) -> Option<Name> {
        let name = self.name("scope", text?)?;
        self.must_be_known(("scope", word), &name, known);
        Some(name)
    }

    /// Rejects unknown names. Unknown categories are allowed (bills introduce them) unless they
    /// resemble a known one: a misspelt category in a limit would silently let its orders pass.
    pub(super) fn must_be_known(
        &mut self,
        (key, word): (&'static str, &str),
        name: &Name,
        known: &BTreeSet<Name>,
    ) {
        if known.contains(name) {
            return;
        }
        let near = hint(name.as_str(), known.iter().map(Name::as_str));
        if word != "category" || !near.is_empty() {
            self.fault(key, format!("there is no {word} \"{name}\"{near}"));
        }
    }

    pub(super) fn period(&mut self, form: &LimitForm) -> Option<Period> {
        match (form.period.as_deref(), form.rolling.as_deref()) {
            (None, None) => {
                self.fault("period", "is missing: write period = \"day\" or rolling = \"6h\"");
                None
            }
            (Some(_), Some(_)) => {
                self.fault("rolling", "cannot be used together with period: keep one of them");
                None
            }
            (None, Some(text)) => {
                let span_s = self.good("rolling", span::seconds(text))?;
                Some(Period::Rolling { span_s })
            }
            (Some(text), None) => {
                let found = PERIODS.iter().find(|(word, _)| *word == text).map(|(_, p)| *p);
                if found.is_none() {
                    let near = hint(text, PERIODS.map(|(word, _)| word));
                    let what = format!(
                        "\"{}\" is not a period: write order, day, week, month, year or all_time, \
                         or another span as rolling = \"14d\"{near}",
                        shown(text)
                    );
                    self.fault("period", what);
                }
                found
            }
        }
    }

    pub(super) fn alignment(&mut self, form: &LimitForm, period: Option<Period>) -> Alignment {
        let words = [("calendar", false), ("anchored", true)];
        let anchored = self.word("alignment", form.alignment.as_deref(), &words);
        if anchored != Some(true) {
            if form.from.is_some() && (anchored.is_some() || form.alignment.is_none()) {
                self.fault("from", "needs alignment = \"anchored\"");
            }
            return Alignment::Calendar;
        }
        match period {
            Some(Period::Rolling { .. } | Period::Order | Period::AllTime) => {
                let what = "is for day, week, month and year: this period has no beginning to set";
                self.fault("alignment", what);
            }
            Some(Period::Day | Period::Week | Period::Month | Period::Year) | None => {}
        }
        let Some(text) = form.from.as_deref() else {
            self.fault("alignment", "\"anchored\" needs from = \"2026-08-31\", the first day");
            return Alignment::Calendar;
        };
        let read = text.parse::<Date>().map_err(|_| not_a_date(text));
        self.good("from", read).map_or(Alignment::Calendar, |from| Alignment::Anchored { from })
    }

    pub(super) fn names(&mut self, key: &'static str, form: Option<&NamesForm>) -> Names {
        let Some(form) = form else { return Names::Any };
        match (&form.allow, &form.block) {
            (Some(allow), None) => Names::Allow(self.listed(key, allow)),
            (None, Some(block)) => Names::Block(self.listed(key, block)),
            (None, None) | (Some(_), Some(_)) => {
                self.fault(key, "write either { allow = […] } or { block = […] }");
                Names::Any
            }
        }
    }

    pub(super) fn listed(&mut self, key: &'static str, texts: &[String]) -> Vec<Name> {
        let known = self.known;
        let (word, all) = match key {
            "payees" => ("payee", &known.payees),
            _ => ("category", &known.categories),
        };
        let mut names = Vec::new();
        for text in texts {
            let Some(name) = self.name(key, text) else { continue };
            self.must_be_known((key, word), &name, all);
            names.push(name);
        }
        names
    }

    pub(super) fn instant(&mut self, key: &'static str, text: &str) -> Option<UnixMs> {
        let zone = &self.home.zone;
        let read = match text.parse::<jiff::Timestamp>() {
            Ok(instant) => Ok(UnixMs(instant.as_millisecond())),
            Err(_) if text.len() == DATE_BYTES => {
                text.parse::<Date>().map(|day| midnight(day, zone)).map_err(|_| not_a_date(text))
            }
            Err(_) => Err(not_a_date(text)),
        };
        self.good(key, read)
    }
}

/// The length of `2026-08-31`: a time without an offset must not be read as its date.
const DATE_BYTES: usize = 10;

fn not_a_date(text: &str) -> String {
    let text = shown(text);
    format!(
        "\"{text}\" is not a date: write \"2026-08-31\", or where a time is meant \
         \"2026-08-31T08:00:00+08:00\""
    )
}
