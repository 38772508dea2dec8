//! What was heard of a sentence, and what was missing: every refusal in its own words.

use super::Phrases;
use crate::speech::{SpokenUnit, spoken_unit};
use fluent_bundle::FluentArgs;
use homepay_domain::household::Lang;
use homepay_domain::unclear::Unclear;

impl Phrases {
    /// What was not understood of a sentence, and how to say it.
    pub(super) fn unclear(&self, lang: Lang, unclear: &Unclear) -> String {
        let mut args = FluentArgs::new();
        args.set("heard", &*unclear.heard);
        let item = unclear.item.as_ref().map_or("", |item| item.of(lang));
        args.set("item", super::without_count(item));
        let which: Vec<&str> = unclear.which.iter().map(|item| item.of(lang)).collect();
        args.set("which", which.join(&self.plain(lang, "or")));
        let unit = unclear.unit.as_deref().map(|unit| spoken_unit(unit, lang));
        let (unit, units) = match unit {
            Some(SpokenUnit::Word(one, many)) => (one, many),
            Some(SpokenUnit::Piece | SpokenUnit::Money) | None => (String::new(), String::new()),
        };
        args.set("unit", unit.as_str());
        args.set("units", units);
        let id = format!("missing-{}", unclear.missing.as_str());
        // A phrase may have forms without the words heard, and without a measure word.
        let plain = [(unclear.heard.is_empty(), "unheard"), (unit.is_empty(), "uncounted")];
        let form = plain.iter().filter(|(lacks, _)| *lacks).map(|(_, form)| format!("{id}-{form}"));
        let form = form.filter(|form| self.has(lang, form)).last();
        self.put(lang, form.as_deref().unwrap_or(&id), &args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use homepay_domain::unclear::MISSING_PARTS;

    #[test]
    fn every_part_that_may_be_missing_has_words_of_its_own() {
        let phrases = Phrases::new();
        for lang in [Lang::ZhCn, Lang::En] {
            let mut said: Vec<String> = Vec::new();
            for part in MISSING_PARTS {
                let unclear =
                    Unclear { item: Some(Box::new("蛋".into())), ..Unclear::heard(*part, "呀") };
                let words = phrases.unclear(lang, &unclear);
                assert!(!words.starts_with("missing-") && !words.contains('{'), "{words}");
                assert!(!said.contains(&words), "{words} is said of two");
                said.push(words);
            }
        }
    }
}
