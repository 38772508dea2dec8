//! A payload as JSON, read lazily: what a path names is handed over as the text it was written
//! in, so that numbers never become floats.

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use serde_json_path::{JsonPath, PathElement};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;

/// A path by RFC 9535.
#[derive(Clone, Debug)]
pub struct Path {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Names and places, one after the other: found without building anything.
    Plain(Vec<Step>),
    /// Everything else that the standard knows.
    Query(JsonPath),
    /// Holds captures, which are known with the topic.
    Template,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

impl Path {
    /// Reads a path; `{name}` in it stands for a capture of the topic.
    ///
    /// # Errors
    /// Says where it is not a path.
    pub fn parse(text: &str) -> Result<Path, String> {
        if text.contains('{') {
            let sample: String = text.chars().filter(|c| *c != '{' && *c != '}').collect();
            query(&sample)?;
            return Ok(Path { text: text.to_owned(), kind: Kind::Template });
        }
        let path = query(text)?;
        let kind = plain(text).map_or(Kind::Query(path), Kind::Plain);
        Ok(Path { text: text.to_owned(), kind })
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True when captures must be filled in first.
    pub fn is_template(&self) -> bool {
        match self.kind {
            Kind::Template => true,
            Kind::Plain(_) | Kind::Query(_) => false,
        }
    }
}

fn query(text: &str) -> Result<JsonPath, String> {
    JsonPath::parse(text).map_err(|e| {
        format!("\"{text}\" is no JSONPath: {} (character {})", e.message(), e.position())
    })
}

/// Names and places only: `$.a['b'][3]`.
fn plain(text: &str) -> Option<Vec<Step>> {
    let mut rest = text.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(name) = rest.strip_prefix('.') {
            let end = name.find(['.', '[']).unwrap_or(name.len());
            let (name, after) = name.split_at(end);
            let simple = name.chars().all(|c| c.is_alphanumeric() || c == '_');
            if name.is_empty() || !simple {
                return None;
            }
            steps.push(Step::Name(name.to_owned()));
            rest = after;
            continue;
        }
        let (inner, after) = rest.strip_prefix('[')?.split_once(']')?;
        let quoted = ['\'', '"'].into_iter().find_map(|quote| {
            inner.strip_prefix(quote).and_then(|inner| inner.strip_suffix(quote))
        });
        match quoted {
            Some(name) if !name.contains(['\\', '\'', '"']) => {
                steps.push(Step::Name(name.to_owned()));
            }
            Some(_) => return None,
            None => steps.push(Step::Index(inner.parse().ok()?)),
        }
        rest = after;
    }
    Some(steps)
}

/// A JSON text that is taken apart as far as it is asked.
pub struct Doc<'a> {
    text: &'a str,
    top: OnceCell<Entries<'a>>,
    value: OnceCell<Option<Value>>,
}

impl<'a> Doc<'a> {
    /// Takes a text that is one JSON value.
    ///
    /// # Errors
    /// Says where it is not JSON.
    pub fn parse(text: &'a str) -> Result<Doc<'a>, String> {
        let trimmed = text.trim();
        if trimmed.starts_with('{') {
            let entries: Entries<'a> = serde_json::from_str(trimmed).map_err(|e| e.to_string())?;
            return Ok(Doc { text: trimmed, top: OnceCell::from(entries), value: OnceCell::new() });
        }
        let raw: &RawValue = serde_json::from_str(trimmed).map_err(|e| e.to_string())?;
        Ok(Doc::of(raw.get()))
    }

    /// A part of a text that is known to be JSON.
    pub fn of(text: &'a str) -> Doc<'a> {
        Doc { text, top: OnceCell::new(), value: OnceCell::new() }
    }

    /// The whole text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// What a path names: the text of each value. Paths with captures name nothing.
    pub fn find(&self, path: &Path) -> Found<'a> {
        match &path.kind {
            Kind::Plain(steps) => match self.walk(steps) {
                Some(text) => Found::One(text),
                None => Found::None,
            },
            Kind::Query(query) => self.query(query),
            Kind::Template => Found::None,
        }
    }

    fn query(&self, query: &JsonPath) -> Found<'a> {
        // The tree is only to find places: its numbers are never read.
        let value = self.value.get_or_init(|| serde_json::from_str(self.text).ok());
        let Some(value) = value else { return Found::None };
        let located = query.query_located(value);
        let mut found = Vec::new();
        for location in located.locations() {
            let steps: Vec<Step> = location
                .iter()
                .map(|element| match element {
                    PathElement::Name(name) => Step::Name((*name).to_owned()),
                    PathElement::Index(index) => Step::Index(*index),
                })
                .collect();
            found.extend(self.walk(&steps));
        }
        match found.as_slice() {
            [] => Found::None,
            [one] => Found::One(one),
            _ => Found::Many(found),
        }
    }

    fn walk(&self, steps: &[Step]) -> Option<&'a str> {
        let Some((first, rest)) = steps.split_first() else { return Some(self.text) };
        let text = match first {
            Step::Name(name) => self.top()?.get(name)?,
            Step::Index(_) => inside(self.text, first)?,
        };
        rest.iter().try_fold(text, inside)
    }

    fn top(&self) -> Option<&Entries<'a>> {
        if !self.text.starts_with('{') {
            return None;
        }
        Some(self.top.get_or_init(|| serde_json::from_str(self.text).unwrap_or_default()))
    }
}

/// What a path named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// Nothing.
    None,
    /// One value.
    One(&'a str),
    /// Several.
    Many(Vec<&'a str>),
}

fn inside<'a>(text: &'a str, step: &Step) -> Option<&'a str> {
    match step {
        Step::Name(name) => {
            if !text.starts_with('{') {
                return None;
            }
            serde_json::from_str::<Entries<'a>>(text).ok()?.get(name)
        }
        Step::Index(index) => elements(text)?.get(*index).copied(),
    }
}

/// The elements of an array.
pub fn elements(text: &str) -> Option<Vec<&str>> {
    if !text.starts_with('[') {
        return None;
    }
    let raw: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(raw.into_iter().map(RawValue::get).collect())
}

/// An object's names and values, in order.
#[derive(Debug, Default)]
struct Entries<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Entries<'a> {
    /// Of a name that stands twice, the last, as parsers do.
    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, raw)| *raw)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::with_capacity(16);
                while let Some(Key(key)) = map.next_key()? {
                    let raw: &'de RawValue = map.next_value()?;
                    entries.push((key, raw.get()));
                }
                Ok(Entries(entries))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
                Err(A::Error::custom("an array where an object was expected"))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A name, borrowed where it holds no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl<'de> Visitor<'de> for Name {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(name)))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_path_names_is_its_own_text() {
        let text = r#" {"a":{"b":[1,2.50,{"c":1e3}]},"x:0":{"t":7},"n":12345678901234567.89} "#;
        let doc = Doc::parse(text).expect("JSON");
        for (path, want) in [
            ("$.a.b[1]", Found::One("2.50")),
            ("$.a['b'][2].c", Found::One("1e3")),
            ("$[\"x:0\"].t", Found::One("7")),
            ("$.n", Found::One("12345678901234567.89")),
            ("$.a.b[*]", Found::Many(vec!["1", "2.50", r#"{"c":1e3}"#])),
            ("$..c", Found::One("1e3")),
            ("$.a.b[-1].c", Found::One("1e3")),
            ("$.nothing", Found::None),
            ("$.a.b[9]", Found::None),
        ] {
            let path = Path::parse(path).expect("a path");
            assert_eq!(doc.find(&path), want, "{}", path.as_str());
        }
        assert!(Path::parse("$.a[").is_err() && Path::parse("a.b").is_err());
        assert!(Doc::parse("{\"a\":").is_err() && Doc::parse("nan").is_err());
    }
}
