//! Telling people: words in their language, the channel's request, and what its answer means.

use super::reach::{HouseReach, ReachHandle};
use crate::config::notify_section::{GivenKey, NoticeText, NotifySettings};
use futures_util::FutureExt as _;
use homepay_api::reach::ConsoleReach as _;
use homepay_domain::alert::Severity;
use homepay_domain::household::Home;
use homepay_domain::ids::Name;
use homepay_domain::notice::{DeliveryOutcome, Notice, NoticeSubject};
use homepay_engine::view::Views;
use homepay_language::phrases::Phrases;
use homepay_notify::request::ChannelMessage;
use homepay_notify::template::FieldValues;
use homepay_ports::{BoxFuture, Clock, HttpTransport, Messenger};
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// Tells by the entries of the configuration.
pub(super) struct HouseMessenger {
    pub(super) entries: BTreeMap<Name, NotifySettings>,
    pub(super) http: Arc<dyn HttpTransport>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) home: Home,
    pub(super) phrases: Arc<Phrases>,
    pub(super) views: Arc<Views>,
    /// What links begin with, without a slash at the end.
    pub(super) console: Box<dyn Fn() -> String + Send + Sync>,
}

impl HouseMessenger {
    fn message(&self, entry: &NotifySettings, notice: &Notice) -> ChannelMessage {
        let lang = entry.language.unwrap_or(self.home.lang);
        let view = self.views.newest();
        let house = (&self.home, &*view.book.household);
        let words = match entry.text {
            NoticeText::Full => self.phrases.notice(house, lang, notice),
            NoticeText::Short => self.phrases.short_notice(lang, notice),
        };
        let subject = notice.subject.as_ref();
        let page = match subject {
            Some(NoticeSubject::Order { order }) => format!("/orders/{}", order.id),
            Some(NoticeSubject::Alert { .. }) => "/alerts".to_owned(),
            Some(NoticeSubject::Trial) | None => "/".to_owned(),
        };
        ChannelMessage {
            id: notice.id.clone(),
            title: words.title,
            text: words.text,
            url: format!("{}{page}", (self.console)()),
            severity: subject.map_or(Severity::Info, NoticeSubject::severity),
            at: notice.at.rfc3339(&self.home.zone),
        }
    }
}

/// What links in messages begin with: as the owner says, where the home's network finds the console, or
/// by the first name, or by where it listens.
pub(super) fn links(
    said: Option<String>,
    names: &[String],
    console: SocketAddr,
    reach: Arc<HouseReach>,
) -> Box<dyn Fn() -> String + Send + Sync> {
    let name = names.first().map(|name| format!("http://{name}:{}", console.port()));
    let own = name.unwrap_or_else(|| format!("http://{console}"));
    let reach = ReachHandle(reach);
    Box::new(move || {
        let open = || reach.stands().addresses.into_iter().next();
        let begin = said.clone().or_else(open).unwrap_or_else(|| own.clone());
        begin.trim_end_matches('/').to_owned()
    })
}

impl Messenger for HouseMessenger {
    fn deliver(&self, notice: Notice) -> BoxFuture<'static, DeliveryOutcome> {
        let Some(entry) = self.entries.get(&notice.route) else {
            let why = "its entry is no longer in the configuration".to_owned();
            return std::future::ready(DeliveryOutcome::Refused { why }).boxed();
        };
        let keys: FieldValues = entry
            .keys
            .iter()
            .map(|(name, key)| {
                let text = match key {
                    GivenKey::Plain(text) => text.clone(),
                    GivenKey::Secret(secret) => secret.expose_secret().to_owned(),
                };
                (name.clone(), text)
            })
            .collect();
        let request = entry.channel.request(&keys, &self.message(entry, &notice), self.clock.now());
        let (http, channel) = (self.http.clone(), entry.channel.clone());
        async move { channel.verdict(&http.send(request).await) }.boxed()
    }
}
