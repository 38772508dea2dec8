//! What the hub tells: replies, order events, alerts.

use super::actor_view::ActorView;
use super::detail::DetailView;
use crate::voice;
use homepay_domain::alert::{Alert, AlertKind, Severity};
use homepay_domain::household::{DeviceKind, Home, Household, Lang, Role};
use homepay_domain::ids::{Name, OrderId};
use homepay_domain::money::{Currency, Minor, MoneyText};
use homepay_domain::order::{Order, OrderLine, State};
use homepay_domain::reply::{Code, Reason, Reply, Status, status_of};
use homepay_domain::time::{TimeText, UnixMs};
use homepay_language::phrases::Phrases;
use homepay_ports::Publication;
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;
use std::sync::Arc;

/// A reply to an order, on `<base>/device/<device>/reply`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReplyBody {
    /// Version of this form; always 1.
    pub v: u8,
    /// The order, where it could be read.
    #[schemars(with = "Option<String>")]
    pub order_id: Option<OrderId>,
    /// The state that it is in.
    #[schemars(with = "String")]
    pub status: Status,
    /// What it costs, decimal text.
    #[schemars(with = "Option<String>")]
    pub amount: Option<MoneyText>,
    /// The home's currency, where an amount is told.
    pub currency: Option<&'static str>,
    /// What it is for.
    #[schemars(with = "Vec<ItemView<'_>>")]
    pub items: ItemsView,
    /// The reason, where there is one.
    pub reason: Option<ReasonView>,
    /// What to say to confirm.
    pub challenge: Option<ChallengeView>,
    /// Until when somebody is waited for.
    #[schemars(with = "Option<String>")]
    pub deadline: Option<TimeText>,
    /// What came back so far, decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub refunded: Option<MoneyText>,
    /// The words to speak.
    pub say: String,
    /// The language of the words.
    pub lang: &'static str,
    /// The instant, in RFC 3339.
    #[schemars(with = "String")]
    pub at: TimeText,
}

/// One line of an order.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ItemView<'a> {
    /// Sku of the catalogue's item.
    #[schemars(with = "String")]
    pub sku: &'a Name,
    /// Name of the item, as it is spoken.
    pub name: Cow<'a, str>,
    /// How many, as decimal text.
    pub quantity: &'a str,
    /// What the line costs.
    #[schemars(with = "String")]
    pub amount: MoneyText,
}

/// All lines of an order.
#[derive(Clone, Debug)]
pub struct ItemsView {
    /// What the amounts are in.
    pub currency: Currency,
    /// In which language things are named; none = in all that they have.
    pub lang: Option<Lang>,
    pub lines: Arc<[OrderLine]>,
}

impl Serialize for ItemsView {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.lines.iter().map(|line| ItemView {
            sku: &line.sku,
            name: match self.lang {
                Some(lang) => Cow::Borrowed(line.name.of(lang)),
                None => Cow::Owned(line.name.to_string()),
            },
            quantity: &line.quantity,
            amount: self.currency.shown(line.amount),
        }))
    }
}

/// A reason with its figures.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReasonView {
    /// The code, such as `limit_exceeded`.
    #[schemars(with = "String")]
    pub code: Code,
    /// The limit that decided.
    #[schemars(with = "Option<String>")]
    pub rule: Option<Name>,
    /// What was asked of it: an amount, or a number of orders where those are counted.
    #[schemars(with = "Option<String>")]
    pub asked: Option<LimitFigure>,
    /// What it had left, of the same.
    #[schemars(with = "Option<String>")]
    pub left: Option<LimitFigure>,
    /// When it has more.
    #[schemars(with = "Option<String>")]
    pub resets_at: Option<TimeText>,
    /// What a sentence lacked to be understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<&'static str>,
    /// The words that this is about, as they were heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<String>,
}

/// A figure of a limit, told as decimal text.
#[derive(Clone, Debug)]
pub enum LimitFigure {
    /// An amount of money.
    Amount(MoneyText),
    /// A number of orders.
    Orders(u32),
}

impl Serialize for LimitFigure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            LimitFigure::Amount(amount) => amount.serialize(serializer),
            LimitFigure::Orders(number) => serializer.collect_str(number),
        }
    }
}

/// A question to whoever orders.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChallengeView {
    /// The number to say.
    pub say: String,
}

/// An order's new state, on `<base>/order`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OrderView {
    /// Version of this form; always 1.
    pub v: u8,
    /// Id of the order.
    #[schemars(with = "String")]
    pub order_id: OrderId,
    /// The state that it is in.
    #[schemars(with = "String")]
    pub state: State,
    /// The status that a reply shows for it.
    #[schemars(with = "Option<String>")]
    pub status: Option<Status>,
    /// The device; none for bills.
    #[schemars(with = "Option<String>")]
    pub device: Option<Name>,
    /// Id of the member who spoke.
    #[schemars(with = "Option<String>")]
    pub member: Option<Name>,
    /// Sum of its lines, as decimal text.
    #[schemars(with = "String")]
    pub amount: MoneyText,
    /// Captured so far, as decimal text.
    #[schemars(with = "String")]
    pub captured: MoneyText,
    /// Refunded so far, as decimal text.
    #[schemars(with = "String")]
    pub refunded: MoneyText,
    /// ISO 4217 code of the amounts.
    pub currency: &'static str,
    /// What it is for.
    #[schemars(with = "Vec<ItemView<'_>>")]
    pub items: ItemsView,
    /// The reason, where there is one.
    pub reason: Option<ReasonView>,
    /// Which owner said yes, where one was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<ActorView>,
    /// When it was asked.
    #[schemars(with = "String")]
    pub asked_at: TimeText,
    /// The instant, in RFC 3339.
    #[schemars(with = "String")]
    pub at: TimeText,
}

/// An alert, on `<base>/alert`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AlertView {
    /// Version of this form; always 1.
    pub v: u8,
    /// Its id: the same alert fires once.
    pub id: String,
    /// What it is about.
    #[schemars(with = "String")]
    pub kind: AlertKind,
    /// How much it matters.
    #[schemars(with = "String")]
    pub severity: Severity,
    /// The device, where it is about one.
    pub device: Option<String>,
    /// The order, category or tariff, where it is about one.
    pub subject: Option<String>,
    /// The period that it is about.
    pub period: String,
    /// The band in per cent.
    pub band: Option<u16>,
    /// The figure that was reached.
    pub value: Option<String>,
    /// What it is of.
    pub limit: Option<String>,
    /// The currency of both.
    pub currency: String,
    /// More figures, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<DetailView>,
    /// How often it was said again.
    pub repeated: u32,
    /// True where what it warned of is over.
    pub resolved: bool,
    /// The words to be said.
    pub say: String,
    /// What to do about it on a screen: commands and ids, which nobody wants to hear.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub to_do: Option<String>,
    /// The instant, in RFC 3339.
    pub at: String,
}

/// How long what is told mostly is, in bytes: it need not grow on its way.
const PAYLOAD_BYTES: usize = 1_024;

/// Puts what is told into bytes.
pub struct Encoder<'a> {
    pub base: &'a str,
    pub home: &'a Home,
    pub phrases: &'a Phrases,
}

impl Encoder<'_> {
    /// The owners of the home by their names, where a reply says that they are asked.
    fn owners(&self, household: &Household, reply: &Reply) -> String {
        if reply.status != Status::AwaitingApproval {
            return String::new();
        }
        let owners = household.members.values().filter(|member| member.role == Role::Owner);
        let names: Vec<&str> = owners.map(|member| member.name.as_str()).collect();
        names.join(&self.phrases.plain(reply.lang, "and"))
    }

    pub fn reply(&self, household: &Household, reply: &Reply) -> Publication {
        let body = ReplyBody {
            v: 1,
            order_id: reply.order.clone(),
            status: reply.status,
            amount: reply.amount.map(|a| self.shown(a)),
            currency: reply.amount.map(|_| self.home.currency.code()),
            items: self.items(&reply.lines, reply.lang),
            reason: reply.reason.as_ref().map(|r| self.reason(r)),
            challenge: reply.challenge.map(|n| ChallengeView { say: n.to_string() }),
            deadline: reply.deadline.map(|d| self.shown_time(d)),
            refunded: reply.refunded.is_positive().then(|| self.shown(reply.refunded)),
            say: self.phrases.reply(self.home, &self.owners(household, reply), reply),
            lang: reply.lang.tag(),
            at: self.shown_time(reply.at),
        };
        self.publication(format!("{}/device/{}/reply", self.base, reply.device), &body)
    }

    /// The same for a speaker that does not listen there, in its own words and on its own topic.
    pub fn spoken(&self, household: &Household, reply: &Reply) -> Option<Publication> {
        let device = household.devices.get(&reply.device)?;
        voice::protocol_of(device.profile.as_str())?;
        let say = self.phrases.reply(self.home, &self.owners(household, reply), reply);
        voice::prompt::reply(self.home, self.base, device, reply, &say)
    }

    /// An order's new state.
    pub fn order(&self, order: &Order) -> Publication {
        self.publication(format!("{}/order", self.base), &self.order_body(order))
    }

    /// An order as outsiders see it.
    pub fn order_body(&self, order: &Order) -> OrderView {
        OrderView {
            v: 1,
            order_id: order.id.clone(),
            state: order.state,
            status: status_of(order),
            device: order.device().cloned(),
            member: order.member.clone(),
            amount: self.shown(order.amount),
            captured: self.shown(order.captured),
            refunded: self.shown(order.refunded),
            currency: self.home.currency.code(),
            items: self.items(&order.lines, self.home.lang),
            reason: order.reason.as_ref().map(|r| self.reason(r)),
            approved_by: order.approved_by.as_ref().map(ActorView::from),
            asked_at: self.shown_time(order.asked_at),
            at: self.shown_time(order.changed_at),
        }
    }

    pub fn alert(&self, alert: &Alert) -> Publication {
        let body = self.alert_body(alert, self.home.lang);
        self.publication(format!("{}/alert", self.base), &body)
    }

    /// An alert as outsiders see it.
    pub fn alert_body(&self, alert: &Alert, lang: Lang) -> AlertView {
        AlertView {
            v: 1,
            id: alert.id.clone(),
            kind: alert.kind,
            severity: alert.severity,
            device: alert.device.as_ref().map(ToString::to_string),
            subject: alert.subject.clone(),
            period: alert.period.clone(),
            band: alert.band,
            value: alert.value.map(|v| self.money(v)),
            limit: alert.limit.map(|l| self.money(l)),
            currency: self.home.currency.code().to_owned(),
            detail: alert.detail.as_ref().map(|detail| DetailView::of(self.home, detail)),
            repeated: alert.repeated,
            resolved: alert.resolved_at.is_some(),
            say: self.phrases.alert(self.home, alert, lang),
            to_do: self.phrases.alert_to_do(alert, lang),
            at: self.time(alert.said_at()),
        }
    }

    /// An alert for every speaker that may say it at this hour.
    pub fn alert_aloud(&self, household: &Household, alert: &Alert) -> Vec<Publication> {
        let say = self.phrases.alert(self.home, alert, self.home.lang);
        let at = alert.spoken_at.unwrap_or(alert.at);
        let speakers = household.devices.iter().filter(|(_, d)| d.kind == DeviceKind::Speaker);
        speakers
            .filter_map(|speaker| voice::prompt::news(self.home, self.base, speaker, &say, at))
            .collect()
    }

    /// A reason as outsiders see it.
    pub fn reason(&self, reason: &Reason) -> ReasonView {
        let money = |amount: Option<Minor>| amount.map(|a| LimitFigure::Amount(self.shown(a)));
        let (asked, left) = match reason.orders {
            // An order asks for one place.
            Some((counted, most)) => (
                Some(LimitFigure::Orders(1)),
                Some(LimitFigure::Orders(most.saturating_sub(counted))),
            ),
            None => (money(reason.asked), money(reason.left)),
        };
        ReasonView {
            code: reason.code,
            rule: reason.rule.clone(),
            asked,
            left,
            resets_at: reason.resets_at.map(|r| self.shown_time(r)),
            missing: reason.unclear.as_ref().map(|unclear| unclear.missing.as_str()),
            heard: reason
                .unclear
                .as_ref()
                .map(|unclear| unclear.heard.to_string())
                .filter(|heard| !heard.is_empty()),
        }
    }

    /// An amount as text.
    pub fn money(&self, amount: Minor) -> String {
        self.home.currency.text(amount)
    }

    /// A time as text.
    pub fn time(&self, at: UnixMs) -> String {
        at.rfc3339(&self.home.zone)
    }

    fn shown(&self, amount: Minor) -> MoneyText {
        self.home.currency.shown(amount)
    }

    fn shown_time(&self, at: UnixMs) -> TimeText {
        at.shown(&self.home.zone)
    }

    fn items(&self, lines: &Arc<[OrderLine]>, lang: Lang) -> ItemsView {
        ItemsView { currency: self.home.currency, lang: Some(lang), lines: lines.clone() }
    }

    fn publication(&self, topic: String, body: &impl Serialize) -> Publication {
        let mut payload = Vec::with_capacity(PAYLOAD_BYTES);
        serde_json::to_writer(&mut payload, body).expect("effects are plain values");
        Publication { topic, payload, retain: false }
    }
}
