//! Texts with named fields, such as `{title}: {text}`.

use homepay_text::problem::hint;
use std::collections::BTreeMap;

/// Values by the names of their fields.
pub type FieldValues = BTreeMap<String, String>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Plain(String),
    Field(String),
}

/// A text with fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextTemplate(Vec<Part>);

impl TextTemplate {
    /// Reads a text; `known` are the fields that there are.
    ///
    /// # Errors
    /// Says which field is unknown, and which one was likely meant.
    pub fn parse(text: &str, known: &[&str]) -> Result<TextTemplate, String> {
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            let (name, left) = after.split_once('}').ok_or_else(|| {
                format!("\"{text}\" opens a field and does not close it: write {{title}}")
            })?;
            if !known.contains(&name) {
                let near = hint(name, known.iter().copied());
                return Err(format!("there is no field {{{name}}}{near}"));
            }
            if !before.is_empty() {
                parts.push(Part::Plain(before.to_owned()));
            }
            parts.push(Part::Field(name.to_owned()));
            rest = left;
        }
        if rest.contains('}') {
            return Err(format!("\"{text}\" closes a field that it does not open"));
        }
        if !rest.is_empty() {
            parts.push(Part::Plain(rest.to_owned()));
        }
        Ok(TextTemplate(parts))
    }

    /// The text with the fields filled in; `write` says how each value is written.
    pub fn fill(&self, fields: &FieldValues, write: impl Fn(&str) -> String) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Plain(text) => text.clone(),
            Part::Field(name) => write(fields.get(name).map_or("", String::as_str)),
        });
        parts.collect()
    }

    /// The only field, where the text is nothing else.
    pub fn only_field(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Field(name)] => Some(name),
            _ => None,
        }
    }

    /// The field that it begins with.
    pub fn first_field(&self) -> Option<&str> {
        match self.0.first() {
            Some(Part::Field(name)) => Some(name),
            Some(Part::Plain(_)) | None => None,
        }
    }

    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Field(name) => Some(name.as_str()),
            Part::Plain(_) => None,
        })
    }
}
