//! What people are told in messages: title and text. A link goes with them; nothing in a message
//! approves anything.

use super::Phrases;
use super::amounts::spoken_amount;
use super::times::spoken_time;
use fluent_bundle::FluentArgs;
use homepay_domain::alert::{Alert, Severity};
use homepay_domain::household::{Home, Household, Lang};
use homepay_domain::notice::{Notice, NoticeSubject};
use homepay_domain::order::{Order, Origin, State};

/// The title and the text of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeWords {
    pub title: String,
    pub text: String,
}

impl Phrases {
    /// What a notice says.
    pub fn notice(
        &self,
        (home, household): (&Home, &Household),
        lang: Lang,
        notice: &Notice,
    ) -> NoticeWords {
        match &notice.subject {
            Some(NoticeSubject::Order { order }) => {
                self.order_notice((home, household), lang, order, notice)
            }
            Some(NoticeSubject::Alert { alert }) => NoticeWords {
                title: self.plain(lang, alert_title(alert)),
                text: self.alert(home, alert, lang),
            },
            Some(NoticeSubject::Trial) | None => {
                let mut args = FluentArgs::new();
                args.set("way", notice.route.to_string());
                NoticeWords {
                    title: self.plain(lang, "notice-trial-title"),
                    text: self.put(lang, "notice-trial-text", &args),
                }
            }
        }
    }

    /// What a notice says to somebody who wants no details of it outside the house.
    pub fn short_notice(&self, lang: Lang, notice: &Notice) -> NoticeWords {
        let is_approval = notice.subject.as_ref().is_some_and(|subject| {
            matches!(subject, NoticeSubject::Order { order } if order.state == State::AwaitingApproval)
        });
        let text = if is_approval { "notice-short-approval" } else { "notice-short-text" };
        NoticeWords { title: self.plain(lang, "notice-short-title"), text: self.plain(lang, text) }
    }

    fn order_notice(
        &self,
        (home, household): (&Home, &Household),
        lang: Lang,
        order: &Order,
        notice: &Notice,
    ) -> NoticeWords {
        let money = |amount| spoken_amount(home.currency, lang, amount);
        let payee = order.payee.as_ref().map(|id| {
            let known = household.payees.get(id);
            known.map_or_else(|| id.to_string(), |payee| payee.name.of(lang).to_owned())
        });
        let mut args = FluentArgs::new();
        args.set("amount", money(order.amount));
        args.set("refunded", money(order.refunded));
        args.set("payee", payee.unwrap_or_else(|| self.plain(lang, "notice-payee-unknown")));
        let items = self.bought(home, lang, order);
        args.set("items", items.clone());
        if order.state != State::AwaitingApproval {
            let title = format!("notice-{}-title", order.state.as_str());
            let why = order.reason.as_ref().map(|why| self.why(home, lang, why, order.changed_at));
            let text = [Some(items), why].into_iter().flatten().filter(|part| !part.is_empty());
            let text = text.collect::<Vec<_>>().join("\n");
            return NoticeWords { title: self.put(lang, &title, &args), text };
        }
        let until = order.due.unwrap_or(order.changed_at);
        args.set("until", spoken_time(&home.zone, lang, until, order.changed_at));
        let again = notice.escalation > 1;
        let title = if again { "notice-again-title" } else { "notice-approval-title" };
        NoticeWords {
            title: self.put(lang, title, &args),
            text: self.put(lang, "notice-approval-text", &args),
        }
    }

    /// What an order is for.
    fn bought(&self, home: &Home, lang: Lang, order: &Order) -> String {
        if let Origin::Bill { tariff: name, .. } | Origin::Payable { bill: name } = &order.origin {
            let mut args = FluentArgs::new();
            args.set("name", name.to_string());
            return self.put(lang, "notice-for-use", &args);
        }
        self.items(home.currency, lang, &order.lines)
    }
}

fn alert_title(alert: &Alert) -> &'static str {
    match (alert.resolved_at, alert.severity) {
        (Some(_), _) => "notice-over-title",
        (None, Severity::Info) => "notice-info-title",
        (None, Severity::Warning) => "notice-warning-title",
        (None, Severity::Critical) => "notice-critical-title",
    }
}
