//! The words, in both languages, from one table each: `phrases/zh-CN.ftl` and `phrases/en.ftl`.

mod alerts;
mod amounts;
mod answers;
mod counts;
mod notices;
mod numbers;
mod times;
mod unclear;

pub use amounts::spoken_amount;
use counts::is_money;
pub use notices::NoticeWords;
pub(crate) use numbers::{confirm_readings, count_reading, digits, english as english_number};
pub use times::{spoken_date, spoken_time};

use crate::speech::without_count;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use homepay_domain::household::{Home, Lang};
use homepay_domain::money::Minor;
use homepay_domain::reply::{Code, Reason, Reply, Status};
use homepay_domain::time::UnixMs;
use homepay_domain::unclear::Doubt;
use unic_langid::LanguageIdentifier;

/// Everything that is said in Chinese.
const ZH_CN_PHRASES: &str =
    concat!(include_str!("phrases/zh-CN.ftl"), include_str!("phrases/readings.zh-CN.ftl"));

/// Everything that is said in English.
const EN_PHRASES: &str =
    concat!(include_str!("phrases/en.ftl"), include_str!("phrases/readings.en.ftl"));

pub struct Phrases {
    zh_cn: FluentBundle<FluentResource>,
    en: FluentBundle<FluentResource>,
}

impl Default for Phrases {
    fn default() -> Phrases {
        Phrases::new()
    }
}

impl Phrases {
    /// Reads the tables that are built in.
    pub fn new() -> Phrases {
        Phrases { zh_cn: bundle("zh-CN", ZH_CN_PHRASES), en: bundle("en", EN_PHRASES) }
    }

    /// True when a table has a phrase.
    pub fn has(&self, lang: Lang, id: &str) -> bool {
        self.table(lang).get_message(id).is_some_and(|m| m.value().is_some())
    }

    /// A phrase without figures.
    pub fn plain(&self, lang: Lang, id: &str) -> String {
        self.put(lang, id, &FluentArgs::new())
    }

    /// A phrase with figures.
    pub fn put(&self, lang: Lang, id: &str, args: &FluentArgs<'_>) -> String {
        let table = self.table(lang);
        let Some(pattern) = table.get_message(id).and_then(|m| m.value()) else {
            return id.to_owned();
        };
        let mut faults = Vec::new();
        table.format_pattern(pattern, Some(args), &mut faults).into_owned()
    }

    /// What a speaker says to a reply. `owners` are named where they are asked.
    pub fn reply(&self, home: &Home, owners: &str, reply: &Reply) -> String {
        let lang = reply.lang;
        let money = |amount| spoken_amount(home.currency, lang, amount);
        let clock = |at| spoken_time(&home.zone, lang, at, reply.at);
        let number = |n: u8| numbers::digits(lang, &n.to_string());
        let why = reply.reason.as_ref().map(|reason| self.why(home, lang, reason, reply.at));
        let why = match (reply.status, why) {
            // The reason says it all.
            (Status::Declined, Some(why)) => return why,
            // A wrong PIN: the order is still open, and the question is asked again after this.
            (Status::Confirm, Some(_)) => None,
            (_, why) => why,
        };
        let again = reply.reason.as_ref().filter(|_| reply.status == Status::Confirm);
        let mut args = FluentArgs::new();
        args.set("items", self.items(home.currency, lang, &reply.lines));
        args.set("amount", reply.amount.map_or(String::new(), money));
        // What is bought by the amount has said it: 五十块的话费.
        let by_amount = matches!(&reply.lines[..], [line] if is_money(line));
        let id = if by_amount { "sum-known" } else { "sum" };
        let sum = self.put(lang, id, &args);
        args.set("sum", sum);
        args.set("owners", owners);
        args.set("number", reply.challenge.map_or(String::new(), number));
        args.set("until", reply.deadline.map_or(String::new(), clock));
        args.set("refunded", money(reply.refunded));
        let id = match reply.doubt.filter(|_| reply.status == Status::Confirm) {
            Some(Doubt::Alike) => "say-confirm-alike".to_owned(),
            Some(Doubt::Again) => "say-confirm-again".to_owned(),
            Some(Doubt::Heard) | None => format!("say-{}", status_id(reply.status)),
        };
        let mut said = self.put(lang, &id, &args);
        if let Some(reason) = again {
            let misheard = reason.code == Code::NotUnderstood;
            let id = if misheard { "confirm-misheard" } else { "confirm-again" };
            let again = self.plain(lang, id);
            said = format!("{again}{}{said}", self.plain(lang, "join"));
        }
        if let Some(why) = why {
            said.push_str(&self.plain(lang, "join"));
            said.push_str(&why);
        }
        if let Some((left, until)) = reply.left.filter(|_| reply.status == Status::Approved) {
            let mut args = FluentArgs::new();
            args.set("left", money(left));
            args.set("resets", until.map_or(String::new(), clock));
            said.push_str(&self.plain(lang, "join"));
            let id = if until.is_some() { "left-until" } else { "left" };
            said.push_str(&self.put(lang, id, &args));
        }
        said
    }

    /// A reason in words, as they are said at a time.
    pub fn why(&self, home: &Home, lang: Lang, reason: &Reason, at: UnixMs) -> String {
        if let Some(unclear) = &reason.unclear {
            return self.unclear(lang, unclear);
        }
        let money = |amount| spoken_amount(home.currency, lang, amount);
        let mut args = FluentArgs::new();
        let left = reason.left.unwrap_or(Minor::ZERO);
        args.set("left", money(left));
        args.set("asked", reason.asked.map_or(String::new(), money));
        let mut said = self.put(lang, &format!("reason-{}", reason.code.as_str()), &args);
        if let Some(resets_at) = reason.resets_at {
            args.set("resets", spoken_time(&home.zone, lang, resets_at, at));
            said.push_str(&self.plain(lang, "join"));
            said.push_str(&self.put(lang, "resets", &args));
        }
        said
    }

    fn table(&self, lang: Lang) -> &FluentBundle<FluentResource> {
        match lang {
            Lang::ZhCn => &self.zh_cn,
            Lang::En => &self.en,
        }
    }
}

fn status_id(status: Status) -> &'static str {
    match status {
        Status::Approved => "approved",
        Status::Settled => "settled",
        Status::Declined => "declined",
        Status::Confirm => "confirm",
        Status::AwaitingApproval => "awaiting_approval",
        Status::Cancelled => "cancelled",
        Status::Expired => "expired",
        Status::Failed => "failed",
        Status::PartiallyRefunded => "partially_refunded",
        Status::Refunded => "refunded",
    }
}

fn bundle(tag: &str, source: &str) -> FluentBundle<FluentResource> {
    let id: LanguageIdentifier = tag.parse().expect("a built-in language tag");
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // No marks around figures: they would be read aloud, and break byte comparisons.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(source.to_owned())
        .map_err(|(_, faults)| format!("{faults:?}"))
        .expect("the built-in phrase table parses");
    bundle
        .add_resource(resource)
        .map_err(|faults| format!("{faults:?}"))
        .expect("the built-in phrase table has no phrase twice");
    bundle
}
