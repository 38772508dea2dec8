//! A payload as JSON, read lazily: what a path names is handed over as the text it was written
//! in, so that numbers never become floats.

use homepay_text::distinct::{Distinct, stands_twice};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use serde_json_path::{JsonPath, PathElement};
use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::collections::HashSet;
use std::fmt;
use std::rc::Rc;

/// A path by RFC 9535.
#[derive(Clone, Debug)]
pub struct Path {
    text: String,
    kind: PathKind,
}

#[derive(Clone, Debug)]
enum PathKind {
    /// Names and places, one after the other: found without building anything.
    Plain(Vec<PathStep>),
    /// A name in any object of the uppermost one, as `$.*.total`; upper and lower case are the same.
    InAny(String),
    /// Everything else that the standard knows.
    Query(JsonPath),
    /// Holds captures, which are known with the topic.
    Template,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum PathStep {
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
            // A path that is a capture as a whole is known with the topic alone.
            let whole = text.starts_with('{') && text.find('}') == Some(text.len() - 1);
            let sample: String = text.chars().filter(|c| *c != '{' && *c != '}').collect();
            if !whole {
                query(&sample)?;
            }
            return Ok(Path { text: text.to_owned(), kind: PathKind::Template });
        }
        // A name that begins with a digit is none of the standard's, and is meters' own.
        if let Some(name) = in_any(text) {
            return Ok(Path { text: text.to_owned(), kind: PathKind::InAny(name) });
        }
        let path = query(text)?;
        let kind = plain(text).map_or(PathKind::Query(path), PathKind::Plain);
        Ok(Path { text: text.to_owned(), kind })
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True when captures must be filled in first.
    pub fn is_template(&self) -> bool {
        match self.kind {
            PathKind::Template => true,
            PathKind::Plain(_) | PathKind::Query(_) | PathKind::InAny(_) => false,
        }
    }
}

fn query(text: &str) -> Result<JsonPath, String> {
    JsonPath::parse(text).map_err(|e| {
        format!("\"{text}\" is not a JSONPath: {} (character {})", e.message(), e.position())
    })
}

/// `$.*.name`: also with a name that begins with a digit.
fn in_any(text: &str) -> Option<String> {
    let name = text.strip_prefix("$.*.")?;
    let simple = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (simple && !name.is_empty()).then(|| name.to_owned())
}

/// Names and places only: `$.a['b'][3]`.
fn plain(text: &str) -> Option<Vec<PathStep>> {
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
            steps.push(PathStep::Name(name.to_owned()));
            rest = after;
            continue;
        }
        let (inner, after) = rest.strip_prefix('[')?.split_once(']')?;
        let quoted = ['\'', '"'].into_iter().find_map(|quote| {
            inner.strip_prefix(quote).and_then(|inner| inner.strip_suffix(quote))
        });
        match quoted {
            Some(name) if !name.contains(['\\', '\'', '"']) => {
                steps.push(PathStep::Name(name.to_owned()));
            }
            Some(_) => return None,
            None => steps.push(PathStep::Index(inner.parse().ok()?)),
        }
        rest = after;
    }
    Some(steps)
}

/// The reason for texts that are no JSON.
pub const NOT_JSON: &str = "not_json";

/// The reason for objects with a name that stands twice: which of the values is meant is not known.
pub const NAME_TWICE: &str = "name_twice";

/// A JSON text that is taken apart as far as it is asked.
pub struct Doc<'a> {
    text: &'a str,
    top: OnceCell<Entries<'a>>,
    /// The objects in the uppermost one.
    groups: OnceCell<Vec<Entries<'a>>>,
    value: OnceCell<Option<Value>>,
    /// True once a name was found twice in what was asked for.
    twice: Rc<Cell<bool>>,
}

impl<'a> Doc<'a> {
    /// Takes a text that is one JSON value.
    ///
    /// # Errors
    /// [`NOT_JSON`] or, of its uppermost object, [`NAME_TWICE`], and where.
    pub fn parse(text: &'a str) -> Result<Doc<'a>, (&'static str, String)> {
        let fault =
            |e: serde_json::Error| (if e.is_data() { NAME_TWICE } else { NOT_JSON }, e.to_string());
        let trimmed = text.trim();
        if trimmed.starts_with('{') {
            let entries: Entries<'a> = serde_json::from_str(trimmed).map_err(fault)?;
            return Ok(Doc { top: OnceCell::from(entries), ..Doc::of(trimmed, Rc::default()) });
        }
        let raw: &RawValue = serde_json::from_str(trimmed).map_err(fault)?;
        Ok(Doc::of(raw.get(), Rc::default()))
    }

    fn of(text: &'a str, twice: Rc<Cell<bool>>) -> Doc<'a> {
        let (top, groups, value) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Doc { text, top, groups, value, twice }
    }

    /// A part of it, by its text.
    pub fn part(&self, text: &'a str) -> Doc<'a> {
        Doc::of(text, self.twice.clone())
    }

    /// True when a name stood twice in an object, at any depth, of what was asked for so far, in it
    /// or in one of its parts; nothing is found in such an object. What nobody asks for is not looked
    /// into.
    pub fn has_a_name_twice(&self) -> bool {
        self.twice.get()
    }

    fn note(&self, fault: &serde_json::Error) {
        if fault.is_data() {
            self.twice.set(true);
        }
    }

    pub fn text(&self) -> &'a str {
        self.text
    }

    /// What a path names: the text of each value. Paths with captures name nothing.
    pub fn find(&self, path: &Path) -> Matches<'a> {
        match &path.kind {
            PathKind::Plain(steps) => match self.walk(steps) {
                Some(text) => Matches::One(text),
                None => Matches::None,
            },
            PathKind::Query(query) => self.query(query),
            PathKind::InAny(name) => self.in_any(name),
            PathKind::Template => Matches::None,
        }
    }

    fn query(&self, query: &JsonPath) -> Matches<'a> {
        // The tree is only to find places: its numbers are never read.
        let value = self.value.get_or_init(|| {
            let read = serde_json::from_str::<Distinct>(self.text);
            read.map(|tree| tree.0).map_err(|fault| self.note(&fault)).ok()
        });
        let Some(value) = value else { return Matches::None };
        let located = query.query_located(value);
        let mut found = Vec::new();
        for location in located.locations() {
            let steps: Vec<PathStep> = location
                .iter()
                .map(|element| match element {
                    PathElement::Name(name) => PathStep::Name((*name).to_owned()),
                    PathElement::Index(index) => PathStep::Index(*index),
                })
                .collect();
            found.extend(self.walk(&steps));
        }
        match found.as_slice() {
            [] => Matches::None,
            [one] => Matches::One(one),
            _ => Matches::Many(found),
        }
    }

    fn in_any(&self, name: &str) -> Matches<'a> {
        let groups = self.groups.get_or_init(|| {
            let inner = self.names().map(|(_, text)| text).filter(|text| text.starts_with('{'));
            inner.filter_map(|text| self.entries(text)).collect()
        });
        let of = |group: &Entries<'a>| {
            let found = group.all.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, raw)| *raw)
        };
        groups.iter().find_map(of).map_or(Matches::None, Matches::One)
    }

    fn walk(&self, steps: &[PathStep]) -> Option<&'a str> {
        let Some((first, rest)) = steps.split_first() else { return Some(self.text) };
        let text = match first {
            PathStep::Name(name) => self.top()?.get(name)?,
            PathStep::Index(_) => self.inside(self.text, first)?,
        };
        rest.iter().try_fold(text, |text, step| self.inside(text, step))
    }

    /// The names of its uppermost object, each with the text of its value.
    pub fn names(&self) -> impl Iterator<Item = (&str, &'a str)> {
        let entries = self.top().map_or([].as_slice(), |top| top.all.as_slice());
        entries.iter().map(|(name, raw)| (name.as_ref(), *raw))
    }

    fn top(&self) -> Option<&Entries<'a>> {
        if !self.text.starts_with('{') {
            return None;
        }
        Some(self.top.get_or_init(|| self.entries(self.text).unwrap_or_default()))
    }

    fn inside(&self, text: &'a str, step: &PathStep) -> Option<&'a str> {
        match step {
            PathStep::Name(name) => self.entries(text)?.get(name),
            PathStep::Index(index) => elements(text)?.get(*index).copied(),
        }
    }

    fn entries(&self, text: &'a str) -> Option<Entries<'a>> {
        if !text.starts_with('{') {
            return None;
        }
        serde_json::from_str(text).map_err(|fault| self.note(&fault)).ok()
    }
}

/// What a path named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matches<'a> {
    None,
    One(&'a str),
    Many(Vec<&'a str>),
}

/// The elements of an array.
pub fn elements(text: &str) -> Option<Vec<&str>> {
    if !text.starts_with('[') {
        return None;
    }
    let raw: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(raw.into_iter().map(RawValue::get).collect())
}

/// An object's names and values, in order; no name stands twice.
#[derive(Debug, Default)]
struct Entries<'a> {
    all: Vec<(Cow<'a, str>, &'a str)>,
    /// A bit for each name, by [`mark`]: most names that are asked for are not there.
    marks: u64,
}

/// One of 64 bits, alike for names of one length, begin and end.
fn mark(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let ends = [bytes.first(), bytes.last()].map(|byte| usize::from(byte.copied().unwrap_or(0)));
    1 << ((bytes.len().wrapping_mul(7) ^ ends[0].wrapping_mul(3) ^ ends[1]) & 63)
}

/// Up to how many names each is compared with all before it: quicker than a table for few.
const FEW_NAMES: usize = 32;

impl<'a> Entries<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        if self.marks & mark(name) == 0 {
            return None;
        }
        self.all.iter().find(|(key, _)| key == name).map(|(_, raw)| *raw)
    }

    /// A name that stands twice.
    fn twice(&self) -> Option<&str> {
        let entries = &self.all;
        let mut names = entries.iter().map(|(name, _)| name.as_ref());
        if entries.len() <= FEW_NAMES {
            let known = |(at, name): &(usize, &str)| entries[..*at].iter().any(|(n, _)| n == name);
            return names.enumerate().find(known).map(|(_, name)| name);
        }
        let mut seen = HashSet::with_capacity(entries.len());
        names.find(|name| !seen.insert(*name))
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
                let mut entries = Entries { all: Vec::with_capacity(16), marks: 0 };
                while let Some(ObjectKey(key)) = map.next_key()? {
                    let raw: &'de RawValue = map.next_value()?;
                    entries.marks |= mark(&key);
                    entries.all.push((key, raw.get()));
                }
                match entries.twice() {
                    None => Ok(entries),
                    Some(name) => Err(stands_twice(name)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
                Err(A::Error::custom("an array where an object was expected"))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A name, borrowed where it holds no escapes.
struct ObjectKey<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for ObjectKey<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = ObjectKey<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(ObjectKey(Cow::Borrowed(name)))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(ObjectKey(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
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
            ("$.a.b[1]", Matches::One("2.50")),
            ("$.a['b'][2].c", Matches::One("1e3")),
            ("$[\"x:0\"].t", Matches::One("7")),
            ("$.n", Matches::One("12345678901234567.89")),
            ("$.a.b[*]", Matches::Many(vec!["1", "2.50", r#"{"c":1e3}"#])),
            ("$..c", Matches::One("1e3")),
            ("$.a.b[-1].c", Matches::One("1e3")),
            ("$.nothing", Matches::None),
            ("$.a.b[9]", Matches::None),
            ("$.*.B", Matches::One(r#"[1,2.50,{"c":1e3}]"#)),
            ("$.*.1_8_0", Matches::None),
        ] {
            let path = Path::parse(path).expect("a path");
            assert_eq!(doc.find(&path), want, "{}", path.as_str());
        }
        assert!(Path::parse("$.a[").is_err() && Path::parse("a.b").is_err());
        for broken in ["{\"a\":", "nan", "{\"a\":1,\"a\":2"] {
            assert_eq!(Doc::parse(broken).err().map(|(reason, _)| reason), Some(NOT_JSON));
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_found_where_something_is_asked_for() {
        let reason = |text: &str| Doc::parse(text).err().map(|(reason, _)| reason);
        for top in ["{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}"] {
            assert_eq!(reason(top), Some(NAME_TWICE), "{top}");
        }
        for count in [2, 20, FEW_NAMES - 1, FEW_NAMES, 300] {
            let many: String = (0..count).map(|n| format!("\"n{n}\":{n},")).collect();
            for (last, want) in [("n1", Some(NAME_TWICE)), ("m", None)] {
                assert_eq!(reason(&format!("{{{many}\"{last}\":1}}")), want, "{count} {last}");
            }
        }
        let nested = r#"{"a":{"b":1,"b":2},"c":[{"d":1},{"d":2,"d":3}],"e":{"f":4}}"#;
        for (path, want, twice) in [
            ("$.e.f", Matches::One("4"), false),
            ("$.c[0].d", Matches::One("1"), false),
            ("$.a.b", Matches::None, true),
            ("$.a.nothing", Matches::None, true),
            ("$.c[1].d", Matches::None, true),
            ("$.c[*].d", Matches::None, true),
            ("$.c[?@.d == 3].d", Matches::None, true),
        ] {
            let doc = Doc::parse(nested).expect("no name of the top twice");
            let path = Path::parse(path).expect("a path");
            assert_eq!(doc.find(&path), want, "{}", path.as_str());
            assert_eq!(doc.has_a_name_twice(), twice, "{}", path.as_str());
        }
        let doc = Doc::parse("[{\"d\":2,\"d\":3}]").expect("JSON");
        let part = doc.part("{\"d\":2,\"d\":3}");
        let path = Path::parse("$.d").expect("a path");
        assert_eq!((part.find(&path), doc.has_a_name_twice()), (Matches::None, true));
    }
}
