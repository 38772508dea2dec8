//! Profiles age: what to say of a model that a profile's table does not have.

use super::made::Profile;
use homepay_text::clip::clip;
use homepay_text::problem::hint;

/// The most models that are named as examples.
const EXAMPLES_MAX: usize = 6;

impl Profile {
    /// What its tables were read from, with dates, in words.
    pub fn seen_in_words(&self) -> String {
        let each = |seen: &super::profile_form::SeenForm| {
            format!("{} {} of {}", seen.of, seen.version, seen.date)
        };
        self.seen.iter().map(each).collect::<Vec<_>>().join(", ")
    }

    /// What to tell an owner where the profile goes by models and does not know this one: nothing of
    /// the device would be counted.
    pub fn unknown_model(&self, model: Option<&str>) -> Option<String> {
        if !self.needs_model || model.is_some_and(|model| self.knows_model(model)) {
            return None;
        }
        let exact = self.models.iter().flat_map(|model| &model.matches);
        let exact: Vec<&str> = exact.map(String::as_str).filter(|m| !m.contains('*')).collect();
        let such = exact.iter().take(EXAMPLES_MAX).copied().collect::<Vec<_>>().join(", ");
        let id = &self.id;
        let Some(model) = model else {
            return Some(format!(
                "without a model nothing of it is counted: \"{id}\" goes by models such as {such}"
            ));
        };
        let near = hint(model, exact.iter().copied());
        let seen = self.seen_in_words();
        let seen = if seen.is_empty() { String::new() } else { format!(" (read from {seen})") };
        Some(format!(
            "the model \"{}\" is not in the table of \"{id}\"{seen}{near}: nothing of it is counted. \
             Send us the model, some of its messages with their topics, and what its own app or \
             display shows at that time; until then write a profile of your own, or one of {such}",
            clip(model)
        ))
    }
}
