//! How people are told, as owners look at it.

use crate::native::encode::Encoder;
use homepay_domain::notice::{NOTICE_TOPICS, Notice, NoticeBook, Route};
use homepay_text::span;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NotifyView {
    /// In the order of the configuration.
    pub entries: Vec<NotifyEntryView>,
}

/// An entry `[[notify]]`, and how its last message went.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NotifyEntryView {
    pub id: String,
    pub channel: String,
    pub member: Option<String>,
    /// `approval`, `order`, `alert`, `bill`, `security`.
    pub what: Vec<String>,
    /// The least severity of alerts that are told.
    pub severity: String,
    pub quiet_hours: Option<String>,
    /// After how long it is told of what nobody reacted to.
    pub escalate_after: Option<String>,
    /// How many messages wait.
    pub waiting: usize,
    /// The one that waits for another try, or else the last that is over.
    pub last: Option<LastNoticeView>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LastNoticeView {
    /// The id that it goes under at each try.
    pub id: String,
    pub state: String,
    /// When it was over, or is tried again.
    pub at: String,
    /// How often it was tried.
    pub tries: u32,
    /// Why it did not arrive at the last try.
    pub why: Option<String>,
}

impl NotifyView {
    pub fn of(encoder: &Encoder<'_>, notices: &NoticeBook) -> NotifyView {
        let entries = notices.routes.iter().map(|route| entry(encoder, notices, route));
        NotifyView { entries: entries.collect() }
    }
}

fn entry(encoder: &Encoder<'_>, notices: &NoticeBook, route: &Route) -> NotifyEntryView {
    let open = || notices.open.values().filter(|notice| notice.route == route.id);
    let done = notices.done.get(&route.id).into_iter().flatten();
    // What was dropped was never tried, or is of no concern any more.
    let last = done.filter(|notice| notice.tries > 0).max_by_key(|notice| notice.done_at);
    let tried = open().filter(|notice| notice.tries > 0).max_by_key(|notice| notice.due);
    let last = tried.or(last).map(|notice: &Notice| LastNoticeView {
        id: notice.id.clone(),
        state: notice.state.as_str().to_owned(),
        at: encoder.time(notice.done_at.unwrap_or(notice.due)),
        tries: notice.tries,
        why: notice.why.clone(),
    });
    let what = NOTICE_TOPICS.iter().filter(|(_, topic)| route.what.contains(topic));
    NotifyEntryView {
        id: route.id.to_string(),
        channel: route.channel.clone(),
        member: route.member.as_ref().map(ToString::to_string),
        what: what.map(|(word, _)| (*word).to_owned()).collect(),
        severity: route.severity.word().to_owned(),
        quiet_hours: route.quiet.map(|hours| hours.to_string()),
        escalate_after: route.escalate_after_s.map(span::text),
        waiting: open().count(),
        last,
    }
}
