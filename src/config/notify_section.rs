//! `[[notify]]`: who is told of what by which channel, and with which keys.

use super::Problem;
use homepay_domain::alert::Severity;
use homepay_domain::household::Lang;
use homepay_domain::limits::hours::Hours;
use homepay_domain::notice::{NOTICE_TOPICS, NoticeTopic, Route};
use homepay_notify::channel::{Channel, ChannelKey};
use homepay_notify::registry::Channels;
use homepay_text::problem::{hint, shown};
use homepay_text::span;
use homepay_text::toml_table::{Diagnostics, TomlTable};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::path::Path;
use url::Url;

/// How much a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeText {
    /// Amount, payee and items.
    Full,
    /// That there is something, and a link: nothing about it leaves the house.
    Short,
}

const TEXTS: [(&str, NoticeText); 2] = [("full", NoticeText::Full), ("short", NoticeText::Short)];

const SEVERITIES: [(&str, Severity); 3] =
    [("info", Severity::Info), ("warning", Severity::Warning), ("critical", Severity::Critical)];

const LANGUAGES: [(&str, Lang); 2] = [("zh-CN", Lang::ZhCn), ("en", Lang::En)];

/// The shortest time after which somebody else is told, in seconds.
const ESCALATE_AFTER_S_MIN: i64 = 30;

/// A key of a channel, as it holds.
#[derive(Clone, Debug)]
pub enum GivenKey {
    Plain(String),
    Secret(SecretString),
}

#[derive(Clone, Debug)]
pub struct NotifySettings {
    pub route: Route,
    /// The language of what is told; none = the home's.
    pub language: Option<Lang>,
    pub text: NoticeText,
    pub channel: Channel,
    pub keys: BTreeMap<String, GivenKey>,
}

/// Reads the entries of a configuration's file.
///
/// # Errors
/// All that is wrong with them, with file and line.
pub(super) fn read(
    (path, text): (&Path, &str),
    channels: &Channels,
    files: &dyn Fn(&Path) -> Result<String, String>,
) -> Result<Vec<NotifySettings>, Vec<Problem>> {
    let name = path.display().to_string();
    let (page, table) = Diagnostics::open(&name, text);
    let entries = {
        let top = TomlTable::new(&page, table.get_ref(), 0);
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut seen: Vec<String> = Vec::new();
        let entries = top.sheets("notify").into_iter().filter_map(|sheet| {
            let reader = EntryReader { sheet: &sheet, channels, files, folder };
            let entry = reader.entry()?;
            let id = entry.route.id.to_string();
            if seen.contains(&id) {
                sheet.wrong(sheet.at_key("id"), format!("notify: {id} is there twice"));
            }
            seen.push(id);
            Some(entry)
        });
        entries.collect()
    };
    let problems = page.into_problems();
    if problems.is_empty() { Ok(entries) } else { Err(problems) }
}

struct EntryReader<'a, 'b> {
    sheet: &'a TomlTable<'b>,
    channels: &'a Channels,
    files: &'a dyn Fn(&Path) -> Result<String, String>,
    folder: &'a Path,
}

impl EntryReader<'_, '_> {
    fn entry(&self) -> Option<NotifySettings> {
        let sheet = self.sheet;
        let id = sheet.need_name("id");
        let channel = self.channel();
        let member = sheet.name("member").map(|name| name.value);
        let what = self.what();
        let severity =
            sheet.choice("severity", &SEVERITIES).map_or(Severity::Warning, |found| found.value);
        let quiet = sheet.text("quiet_hours").and_then(|text| {
            let read = Hours::parse(text.value);
            read.map_err(|why| sheet.wrong(text.at, format!("quiet_hours: {why}"))).ok()
        });
        let escalate_after_s = self.escalate_after();
        let language = sheet.choice("language", &LANGUAGES).map(|found| found.value);
        let text = sheet.choice("text", &TEXTS).map_or(NoticeText::Full, |found| found.value);
        // Which keys there are is only known with the channel.
        let channel = channel?;
        let keys = self.keys(channel);
        self.unknown(channel);
        Some(NotifySettings {
            route: Route {
                id: id?.value,
                channel: channel.id.clone(),
                member,
                what: what?,
                severity,
                quiet,
                escalate_after_s,
            },
            language,
            text,
            channel: channel.clone(),
            keys,
        })
    }

    fn channel(&self) -> Option<&Channel> {
        let text = self.sheet.need_text("channel")?;
        let found = self.channels.get(text.value);
        if found.is_none() {
            let ids = || self.channels.keys().map(String::as_str);
            let (near, all) = (hint(text.value, ids()), ids().collect::<Vec<_>>().join(", "));
            let word = shown(text.value);
            self.sheet.wrong(text.at, format!("channel: there is no \"{word}\"{near}: {all}"));
        }
        found
    }

    fn what(&self) -> Option<Vec<NoticeTopic>> {
        if !self.sheet.has("what") {
            self.sheet.missing("what");
        }
        let words = self.sheet.texts("what")?;
        if words.is_empty() {
            self.sheet.wrong(self.sheet.at_key("what"), "what is empty: nothing would be told");
        }
        let topics = words.into_iter().filter_map(|word| {
            let found = NOTICE_TOPICS.iter().find(|(name, _)| *name == word.value);
            if found.is_none() {
                let names = || NOTICE_TOPICS.iter().map(|(name, _)| *name);
                let near = hint(word.value, names());
                let all = names().collect::<Vec<_>>().join(", ");
                let what = format!("what is any of {all}, not \"{}\"{near}", shown(word.value));
                self.sheet.wrong(word.at, what);
            }
            found.map(|(_, topic)| *topic)
        });
        Some(topics.collect())
    }

    fn escalate_after(&self) -> Option<i64> {
        let text = self.sheet.text("escalate_after")?;
        match span::seconds(text.value) {
            Ok(span_s) if span_s >= ESCALATE_AFTER_S_MIN => Some(span_s),
            Ok(_) => {
                let what = format!("escalate_after is at least {ESCALATE_AFTER_S_MIN}s");
                self.sheet.wrong(text.at, what);
                None
            }
            Err(why) => {
                self.sheet.wrong(text.at, format!("escalate_after: {why}"));
                None
            }
        }
    }

    fn keys(&self, channel: &Channel) -> BTreeMap<String, GivenKey> {
        let mut keys = BTreeMap::new();
        for key in &channel.keys {
            if let Some(given) = self.key(channel, key) {
                keys.insert(key.name.clone(), given);
            }
        }
        keys
    }

    fn key(&self, channel: &Channel, key: &ChannelKey) -> Option<GivenKey> {
        let (name, by_file) = (key.name.as_str(), format!("{}_file", key.name));
        let plain = self.value(name);
        let file = self.value(&by_file).filter(|_| key.is_secret);
        let text = match (plain, file) {
            (Some(_), Some((_, at))) => {
                let what = format!("{by_file} cannot be used together with {name}: keep one");
                self.sheet.wrong(at, what);
                return None;
            }
            (Some((text, at)), None) => {
                self.is_server(channel, name, &text, at);
                text
            }
            (None, Some((path, at))) => {
                let path = self.folder.join(path);
                let unreadable = |why| {
                    let what = format!("{by_file}: {} cannot be read: {why}", path.display());
                    self.sheet.wrong(at, what);
                };
                let text = (self.files)(&path).map_err(unreadable).ok()?;
                text.trim_end_matches(['\r', '\n']).to_owned()
            }
            (None, None) => {
                if !key.is_optional && key.usual.is_none() {
                    let or_file =
                        if key.is_secret { format!(", or {by_file}") } else { String::new() };
                    let example = key.example.as_ref();
                    let such =
                        example.map_or(String::new(), |text| format!(", such as \"{text}\""));
                    let what = format!("{name} is missing{or_file}: {} needs it{such}", channel.id);
                    self.sheet.wrong(self.sheet.at(), what);
                }
                return None;
            }
        };
        Some(if key.is_secret { GivenKey::Secret(text.into()) } else { GivenKey::Plain(text) })
    }

    /// The text of a key that only the channel's file names.
    fn value(&self, name: &str) -> Option<(String, usize)> {
        let (_, value) = self.sheet.entries().find(|(key, _)| key.value == name)?;
        let at = value.span().start;
        let Some(text) = value.get_ref().as_str() else {
            // What it holds is not shown: it may be a secret.
            self.sheet.wrong(at, format!("{name} is not a string"));
            return None;
        };
        Some((text.to_owned(), at))
    }

    /// The key that the address begins with is an address itself.
    fn is_server(&self, channel: &Channel, name: &str, text: &str, at: usize) {
        if channel.url.first_field() != Some(name) {
            return;
        }
        let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        if Url::parse(text).ok().filter(is_web).is_none() {
            let what = format!("{name} is not an address: write \"https://notify.example\"");
            self.sheet.wrong(at, what);
        }
    }

    fn unknown(&self, channel: &Channel) {
        let own = ["id", "channel", "member", "what", "severity", "quiet_hours"];
        let mut known: Vec<String> = own.iter().map(|key| (*key).to_owned()).collect();
        known.extend(["escalate_after", "language", "text"].map(str::to_owned));
        for key in &channel.keys {
            known.push(key.name.clone());
            if key.is_secret {
                known.push(format!("{}_file", key.name));
            }
        }
        for (key, _) in
            self.sheet.entries().filter(|(key, _)| !known.iter().any(|k| k == key.value))
        {
            let near = hint(key.value, known.iter().map(String::as_str));
            let (word, id) = (shown(key.value), &channel.id);
            self.sheet.wrong(key.at, format!("[[notify]] by {id} has no \"{word}\"{near}"));
        }
    }
}
