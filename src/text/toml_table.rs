//! TOML as people write it, read key by key: every mistake is noted with its line, and reading
//! goes on.
//!
//! A key that nobody asked for is unknown; so that the list of known keys is what the code reads,
//! and cannot differ from it.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "TOML's kinds of values are not ours: any other kind is the same mistake"
)]

use super::problem::{Problem, hint, shown};
use homepay_domain::ids::Name;
use homepay_domain::label::Label;
use std::cell::RefCell;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A file with the mistakes found in it.
pub struct Diagnostics<'a> {
    file: &'a str,
    /// Where each line begins, in bytes.
    starts: Vec<usize>,
    /// True when it is not TOML: what seems to be missing may be what could not be read.
    broken: bool,
    problems: RefCell<Vec<Problem>>,
}

/// A value with its place in the file, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Located<T> {
    /// The value as it was read.
    pub value: T,
    /// Where it begins, as a byte offset into the file.
    pub at: usize,
}

/// One table of a file.
pub struct TomlTable<'a> {
    page: &'a Diagnostics<'a>,
    table: &'a DeTable<'a>,
    at: usize,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Diagnostics<'a> {
    /// Takes a file apart. What is no TOML is noted; the rest is still read.
    pub fn open(file: &'a str, text: &'a str) -> (Diagnostics<'a>, Spanned<DeTable<'a>>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        let page = Diagnostics {
            file,
            starts: starts.collect(),
            broken: !errors.is_empty(),
            problems: RefCell::default(),
        };
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            page.wrong(at, format!("not TOML: {}", error.message()));
        }
        (page, table)
    }

    /// True when it is not TOML.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// The line of a place, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }

    /// Adds a problem at a byte offset; reading goes on, so that all are found.
    pub fn wrong(&self, at: usize, what: impl Into<String>) {
        let problem =
            Problem { file: self.file.to_owned(), line: self.line(at), what: what.into() };
        self.problems.borrow_mut().push(problem);
    }

    /// Notes that something is not there; not in a file that could not be read in full.
    pub fn absent(&self, at: usize, what: impl Into<String>) {
        if !self.broken {
            self.wrong(at, what);
        }
    }

    /// Notes mistakes of another file.
    pub fn others(&self, problems: Vec<Problem>) {
        self.problems.borrow_mut().extend(problems);
    }

    /// All mistakes, by line.
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        let own = |p: &Problem| p.file != self.file;
        problems.sort_by(|a, b| (own(a), &a.file, a.line).cmp(&(own(b), &b.file, b.line)));
        problems.dedup();
        problems
    }
}

impl<'a> TomlTable<'a> {
    /// The table that begins at `at`.
    pub fn new(page: &'a Diagnostics<'a>, table: &'a DeTable<'a>, at: usize) -> TomlTable<'a> {
        TomlTable { page, table, at, asked: RefCell::default() }
    }

    /// Where the table begins.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Where a key's value stands; where there is none, where the table begins.
    pub fn at_key(&self, key: &str) -> usize {
        self.table.get(key).map_or(self.at, |value| value.span().start)
    }

    /// Adds a problem at a byte offset; reading goes on, so that all are found.
    pub fn wrong(&self, at: usize, what: impl Into<String>) {
        self.page.wrong(at, what);
    }

    /// Notes that a key is missing.
    pub fn missing(&self, key: &str) {
        self.page.absent(self.at, format!("{key} is missing"));
    }

    /// The text of a key, with nothing noted.
    pub fn peek(&self, key: &str) -> Option<&'a str> {
        self.table.get(key).and_then(|value| value.get_ref().as_str())
    }

    /// True when a key is there.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The value of a key, whatever its type; `None` where the key is absent.
    pub fn find(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().push(key);
        self.table.get(key)
    }

    /// All keys of a table that has no fixed ones.
    pub fn entries(&self) -> impl Iterator<Item = (Located<&'a str>, &'a Spanned<DeValue<'a>>)> {
        self.table.iter().map(|(key, value)| {
            (Located { value: key.get_ref().as_ref(), at: key.span().start }, value)
        })
    }

    /// The string of a key; another type is noted as a problem.
    pub fn text(&self, key: &'static str) -> Option<Located<&'a str>> {
        let value = self.find(key)?;
        text_of(self.page, key, value)
    }

    /// A text that must be there and hold something.
    pub fn need_text(&self, key: &'static str) -> Option<Located<&'a str>> {
        if !self.has(key) {
            self.missing(key);
        }
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            self.wrong(text.at, format!("{key} is empty"));
            return None;
        }
        Some(text)
    }

    /// What people call a thing: a text, or `{ zh-CN = "…", en = "…" }`.
    pub fn need_label(&self, key: &'static str) -> Option<Label> {
        let is_table = self.find(key).is_some_and(|value| value.get_ref().is_table());
        if !is_table {
            return Some(Label::Same(self.need_text(key)?.value.to_owned()));
        }
        let languages = self.sheet(key)?;
        let (zh_cn, en) = (languages.need_text("zh-CN"), languages.need_text("en"));
        languages.finish("a name in two languages");
        Some(Label::PerLanguage { zh_cn: zh_cn?.value.to_owned(), en: en?.value.to_owned() })
    }

    /// A text, or a date as TOML has it.
    pub fn date(&self, key: &'static str) -> Option<Located<String>> {
        let value = self.find(key)?;
        if let DeValue::Datetime(date) = value.get_ref() {
            return Some(Located { value: date.to_string(), at: value.span().start });
        }
        text_of(self.page, key, value).map(|t| Located { value: t.value.to_owned(), at: t.at })
    }

    /// The id of a key; what is no id is noted as a problem.
    pub fn name(&self, key: &'static str) -> Option<Located<Name>> {
        self.text(key).and_then(|text| self.name_of(key, text))
    }

    /// An id that must be there.
    pub fn need_name(&self, key: &'static str) -> Option<Located<Name>> {
        self.need_text(key).and_then(|text| self.name_of(key, text))
    }

    /// Parses a text as an id; what is none is noted as a problem.
    pub fn name_of(&self, key: &str, text: Located<&str>) -> Option<Located<Name>> {
        match Name::parse(text.value) {
            Ok(value) => Some(Located { value, at: text.at }),
            Err(error) => {
                self.wrong(text.at, format!("{key}: {error}"));
                None
            }
        }
    }

    /// The boolean of a key; another type is noted as a problem.
    pub fn flag(&self, key: &'static str) -> Option<Located<bool>> {
        let value = self.find(key)?;
        let at = value.span().start;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(Located { value: *flag, at }),
            other => {
                self.wrong(at, format!("{key} is {}: write true or false", kind_of(other)));
                None
            }
        }
    }

    /// A whole number, zero or more.
    pub fn whole(&self, key: &'static str) -> Option<Located<u32>> {
        let value = self.find(key)?;
        let number = whole_of(value.get_ref());
        if number.is_none() {
            let kind = kind_of(value.get_ref());
            self.wrong(value.span().start, format!("{key} is {kind}: write a whole number"));
        }
        number.map(|number| Located { value: number, at: value.span().start })
    }

    /// The values of a list.
    pub fn list(&self, key: &'static str) -> Option<Vec<&'a Spanned<DeValue<'a>>>> {
        let value = self.find(key)?;
        match value.get_ref() {
            DeValue::Array(values) => Some(values.iter().collect()),
            other => {
                let kind = kind_of(other);
                self.wrong(value.span().start, format!("{key} is {kind}: write a list […]"));
                None
            }
        }
    }

    /// A list of texts.
    pub fn texts(&self, key: &'static str) -> Option<Vec<Located<&'a str>>> {
        let values = self.list(key)?;
        Some(values.into_iter().filter_map(|value| text_of(self.page, key, value)).collect())
    }

    /// A text, or a list of texts.
    pub fn one_or_more(&self, key: &'static str) -> Vec<Located<&'a str>> {
        let list = self.find(key).is_some_and(|value| value.get_ref().is_array());
        if list {
            self.texts(key).unwrap_or_default()
        } else {
            self.text(key).into_iter().collect()
        }
    }

    /// A table within this one.
    pub fn sheet(&self, key: &'static str) -> Option<TomlTable<'a>> {
        let value = self.find(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(TomlTable::new(self.page, table, value.span().start)),
            other => {
                let kind = kind_of(other);
                self.wrong(value.span().start, format!("{key} is {kind}: write {{ … }}"));
                None
            }
        }
    }

    /// The tables `[[key]]`, or those of an inline list.
    pub fn sheets(&self, key: &'static str) -> Vec<TomlTable<'a>> {
        let Some(value) = self.find(key) else { return Vec::new() };
        let fault = |at, kind| {
            self.wrong(at, format!("{key} is {kind}: write a table [[{key}]] for each"));
        };
        match value.get_ref() {
            DeValue::Array(values) => values
                .iter()
                .filter_map(|value| match value.get_ref() {
                    DeValue::Table(table) => {
                        Some(TomlTable::new(self.page, table, value.span().start))
                    }
                    other => {
                        fault(value.span().start, kind_of(other));
                        None
                    }
                })
                .collect(),
            other => {
                fault(value.span().start, kind_of(other));
                Vec::new()
            }
        }
    }

    /// One of some words.
    pub fn choice<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<Located<T>> {
        let text = self.text(key)?;
        let found = words.iter().find(|(word, _)| *word == text.value);
        if found.is_none() {
            let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let near = hint(text.value, all.iter().copied());
            let what = format!("{key} is one of {}, not \"{}\"", all.join(", "), shown(text.value));
            self.wrong(text.at, what + &near);
        }
        found.map(|(_, value)| Located { value: *value, at: text.at })
    }

    /// One of some words, which must be there.
    pub fn need_choice<T: Copy>(
        &self,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Option<Located<T>> {
        if !self.has(key) {
            self.missing(key);
        }
        self.choice(key, words)
    }

    /// Notes each key that nobody asked for. To be called when all of the table was read.
    pub fn finish(&self, within: &str) {
        let asked = self.asked.borrow();
        for (key, _) in self.table.iter() {
            let word: &str = key.get_ref().as_ref();
            if !asked.contains(&word) {
                let near = hint(word, asked.iter().copied());
                let what = format!("{within} has no \"{}\"{near}", shown(word));
                self.wrong(key.span().start, what);
            }
        }
    }
}

/// A whole number from 0 to 2³² − 1.
pub fn whole_of(value: &DeValue<'_>) -> Option<u32> {
    let number = value.as_integer()?;
    u32::from_str_radix(number.as_str(), number.radix()).ok()
}

/// Takes a text; for a number it says how that number is written as one.
pub fn text_of<'a>(
    page: &Diagnostics<'_>,
    key: &str,
    value: &'a Spanned<DeValue<'a>>,
) -> Option<Located<&'a str>> {
    let at = value.span().start;
    let kind = kind_of(value.get_ref());
    match value.get_ref() {
        DeValue::String(text) => return Some(Located { value: text.as_ref(), at }),
        DeValue::Float(number) => {
            page.wrong(at, format!("{key} is {kind}: write \"{}\"", shown(number.as_str())));
        }
        DeValue::Integer(number) => {
            page.wrong(at, format!("{key} is {kind}: write \"{number}\""));
        }
        DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
            page.wrong(at, format!("{key} is {kind}: write a string \"…\""));
        }
    }
    None
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a floating-point number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
