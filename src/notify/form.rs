//! Reads a channel's file; every mistake is told with its place.

use super::channel::{BodyForm, BodyNode, BodyTest, Channel, ChannelKey, Priorities};
use super::signature::SIGNATURES;
use super::template::TextTemplate;
use homepay_text::problem::Problem;
use homepay_text::toml_table::{Diagnostics, TomlTable, whole_of};
use serde_json::{Value, json};
use toml::Spanned;
use toml::de::DeValue;

/// Fields of every message, beside the channel's keys.
pub const MESSAGE_FIELDS: [&str; 7] = ["title", "text", "url", "severity", "priority", "id", "at"];

/// Keys of a `[[notify]]` entry, which no channel may ask for.
pub const ENTRY_KEYS: [&str; 9] = [
    "id",
    "channel",
    "member",
    "what",
    "severity",
    "quiet_hours",
    "escalate_after",
    "language",
    "text",
];

const METHODS: [(&str, &str); 2] = [("POST", "POST"), ("PUT", "PUT")];

impl Channel {
    /// Reads a file.
    ///
    /// # Errors
    /// Every mistake in it, with its line.
    pub fn read(file: &str, text: &str) -> Result<Channel, Vec<Problem>> {
        let (page, table) = Diagnostics::open(file, text);
        let channel = {
            let top = TomlTable::new(&page, table.get_ref(), 0);
            let channel = channel(&top);
            top.finish("a channel");
            channel
        };
        let problems = page.into_problems();
        match channel {
            Some(channel) if problems.is_empty() => Ok(channel),
            Some(_) | None => Err(problems),
        }
    }
}

fn channel(top: &TomlTable<'_>) -> Option<Channel> {
    let id = top.need_name("id");
    let name = top.need_label("name");
    let source = top.text("source").map(|text| text.value.to_owned());
    let keys: Vec<ChannelKey> = top.sheets("ask").iter().filter_map(asked_key).collect();
    let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    let known: Vec<&str> = MESSAGE_FIELDS.iter().copied().chain(names).collect();
    let priorities = top.sheet("priority").map_or_else(plain_priorities, |of| priorities(&of));
    let taken_if = top.sheet("taken_if").and_then(|sheet| body_test(&sheet));
    if !top.has("request") {
        top.missing("request");
    }
    let request = top.sheet("request")?;
    let reader = RequestReader { request: &request, known: &known };
    let method = request.choice("method", &METHODS).map_or("POST", |method| method.value);
    let url = reader.url();
    let headers = reader.templates("headers");
    let body = reader.body();
    let signature = request.choice("sign", &SIGNATURES).map(|signature| signature.value);
    if let Some(of) = signature
        && !known.contains(&"secret")
    {
        request.wrong(request.at_key("sign"), format!("{of:?} needs a key \"secret\" in [[ask]]"));
    }
    request.finish("[request]");
    Some(Channel {
        id: id?.value.to_string(),
        name: name?,
        source,
        method,
        url: url?,
        headers,
        body: body?,
        signature,
        priorities,
        taken_if,
        keys,
    })
}

fn asked_key(sheet: &TomlTable<'_>) -> Option<ChannelKey> {
    let name = sheet.need_text("key");
    let flag = |key| sheet.flag(key).is_some_and(|flag| flag.value);
    let text = |key| sheet.text(key).map(|text| text.value.to_owned());
    let (is_secret, is_optional) = (flag("secret"), flag("optional"));
    let (usual, example) = (text("usual"), text("example"));
    sheet.finish("[[ask]]");
    let name = name?;
    let is_taken = ENTRY_KEYS.contains(&name.value) || MESSAGE_FIELDS.contains(&name.value);
    if is_taken || name.value.ends_with("_file") {
        sheet
            .wrong(name.at, format!("\"{}\" has a meaning of its own: choose another", name.value));
    }
    Some(ChannelKey { name: name.value.to_owned(), is_secret, is_optional, usual, example })
}

fn plain_priorities() -> Priorities {
    Priorities { info: json!("info"), warning: json!("warning"), critical: json!("critical") }
}

fn priorities(sheet: &TomlTable<'_>) -> Priorities {
    let of = |key: &'static str| {
        let value = sheet.find(key);
        if value.is_none() {
            sheet.missing(key);
        }
        value.and_then(|value| scalar(sheet, value)).unwrap_or_default()
    };
    let (info, warning, critical) = (of("info"), of("warning"), of("critical"));
    sheet.finish("[priority]");
    Priorities { info, warning, critical }
}

fn body_test(sheet: &TomlTable<'_>) -> Option<BodyTest> {
    let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<String>>();
    let at = sheet.need_text("path").map(|text| path(text.value));
    let is = sheet.find("is");
    if is.is_none() {
        sheet.missing("is");
    }
    let is = is.and_then(|value| scalar(sheet, value));
    let later = sheet.list("later").unwrap_or_default();
    let later = later.into_iter().filter_map(|value| scalar(sheet, value)).collect();
    let why = sheet.text("why").map(|text| path(text.value)).unwrap_or_default();
    sheet.finish("[taken_if]");
    Some(BodyTest { path: at?, is: is?, later, why })
}

/// A text, a whole number, or true or false.
fn scalar(sheet: &TomlTable<'_>, value: &Spanned<DeValue<'_>>) -> Option<Value> {
    let found = match value.get_ref() {
        DeValue::String(text) => Some(json!(text.as_ref())),
        DeValue::Boolean(flag) => Some(json!(flag)),
        DeValue::Integer(number) => number.as_str().parse::<i64>().ok().map(|n| json!(n)),
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
            whole_of(value.get_ref()).map(|n| json!(n))
        }
    };
    if found.is_none() {
        sheet.wrong(value.span().start, "is a text, a whole number, or true or false");
    }
    found
}

struct RequestReader<'a, 'b> {
    request: &'a TomlTable<'b>,
    known: &'a [&'a str],
}

impl RequestReader<'_, '_> {
    fn template(&self, text: &str, at: usize) -> Option<TextTemplate> {
        let read = TextTemplate::parse(text, self.known);
        read.map_err(|why| self.request.wrong(at, why)).ok()
    }

    fn url(&self) -> Option<TextTemplate> {
        let text = self.request.need_text("url")?;
        let template = self.template(text.value, text.at)?;
        if template.first_field().is_none() && !text.value.starts_with("https://") {
            let what = "url begins with https:// or with a key that the owner gives: {server}";
            self.request.wrong(text.at, what);
        }
        Some(template)
    }

    fn templates(&self, key: &'static str) -> Vec<(String, TextTemplate)> {
        let Some(sheet) = self.request.sheet(key) else { return Vec::new() };
        let entries = sheet.entries().filter_map(|(name, value)| {
            let at = value.span().start;
            let Some(text) = value.get_ref().as_str() else {
                self.request.wrong(at, format!("{} is a text", name.value));
                return None;
            };
            Some((name.value.to_owned(), self.template(text, at)?))
        });
        entries.collect()
    }

    fn body(&self) -> Option<BodyForm> {
        match (self.request.has("json"), self.request.has("form")) {
            (true, false) => {
                let sheet = self.request.sheet("json")?;
                Some(BodyForm::Json(self.nodes(&sheet)))
            }
            (false, true) => Some(BodyForm::Form(self.templates("form"))),
            (true, true) | (false, false) => {
                // Asked for, so that neither is told to be unknown.
                let _ = (self.request.find("json"), self.request.find("form"));
                let at = self.request.at_key("form");
                self.request.wrong(at, "the body is either json or form: write one of them");
                None
            }
        }
    }

    fn nodes(&self, sheet: &TomlTable<'_>) -> Vec<(String, BodyNode)> {
        let entries = sheet.entries();
        entries
            .filter_map(|(name, value)| Some((name.value.to_owned(), self.node(value)?)))
            .collect()
    }

    fn node(&self, value: &Spanned<DeValue<'_>>) -> Option<BodyNode> {
        match value.get_ref() {
            DeValue::String(text) => {
                self.template(text.as_ref(), value.span().start).map(BodyNode::Text)
            }
            DeValue::Table(table) => {
                let entries = table.iter();
                let nodes = entries.filter_map(|(key, value)| {
                    Some((key.get_ref().as_ref().to_owned(), self.node(value)?))
                });
                Some(BodyNode::Table(nodes.collect()))
            }
            DeValue::Array(values) => {
                Some(BodyNode::List(values.iter().filter_map(|value| self.node(value)).collect()))
            }
            DeValue::Integer(_)
            | DeValue::Boolean(_)
            | DeValue::Float(_)
            | DeValue::Datetime(_) => scalar(self.request, value).map(BodyNode::Plain),
        }
    }
}
