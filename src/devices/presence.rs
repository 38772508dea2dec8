//! Whether a device is there, and what is no longer known of it.

use super::decode::{FieldReader, Whole};
use super::doc::{Doc, Matches};
use super::made::{Availability, Field};
use super::outcome::{AVAILABILITY, OFFLINE, ONLINE, ReportedState};
use super::part::filled;
use super::pattern::like;
use super::scalar::Scalar;
use homepay_text::clip::clip;
use std::borrow::Cow;

impl<'p> FieldReader<'p, '_> {
    /// Reads the word for whether it is there.
    pub(super) fn availability(&mut self, how: &Availability, text: &str) -> Whole<'p> {
        let doc = text.trim_start().starts_with('{').then(|| Doc::parse(text).ok()).flatten();
        let word: Cow<'_, str> = match (&how.path, &doc) {
            (Some(path), Some(doc)) => match doc.find(&filled(path, &self.outcome.captures)) {
                Matches::One(raw) => Scalar::of_json(raw).text(),
                Matches::None | Matches::Many(_) => Cow::Borrowed(""),
            },
            (Some(_), None) | (None, _) => Scalar::of_text(text).text(),
        };
        let one_of = |words: &[String]| words.iter().any(|known| like(known, &word));
        let value = match (one_of(&how.online), one_of(&how.offline)) {
            (true, _) => ONLINE,
            (false, true) => OFFLINE,
            (false, false) => {
                self.ignore("$", "unknown_word", Some(clip(&word)));
                return Err("unknown_word");
            }
        };
        let (quantity, value) = (AVAILABILITY.to_owned(), value.to_owned());
        let between = how.between;
        self.outcome.states.push(ReportedState { quantity, value, device: None, between });
        Ok(())
    }

    /// A message without anything in it: no power that it would tell is known.
    pub(super) fn power_unknown(&mut self, fields: &'p [Field]) {
        for field in fields.iter().filter(|field| field.integrate_gap_s.is_some()) {
            let names = self.names(field);
            if self.pick.takes(field, names.0.as_deref(), names.1.as_deref()) {
                self.outcome.power_unknown.push(names);
            }
        }
    }
}
