//! The domain's limit as its owner would have written it.

use super::form::{AmountForm, LimitForm, NamesForm, ScopeForm};
use super::limit::PERIODS;
use homepay_domain::household::Home;
use homepay_domain::ids::Name;
use homepay_domain::limits::window::{Alignment, Period, WeekStart};
use homepay_domain::limits::{Cap, Limit, Names, OnRefund};
use homepay_domain::money::Minor;
use homepay_domain::time::UnixMs;
use homepay_text::span;

/// A limit as its owner would have written it.
pub fn form_of_limit(limit: &Limit, home: &Home) -> LimitForm {
    let text = |name: &Name| name.as_str().to_owned();
    let scope = &limit.scope;
    let money = |amount: Minor| home.currency.text(amount);
    let (rolling, period) = match limit.period {
        Period::Rolling { span_s } => (Some(span::text(span_s)), None),
        fixed @ (Period::Order
        | Period::Day
        | Period::Week
        | Period::Month
        | Period::Year
        | Period::AllTime) => {
            (None, PERIODS.iter().find(|(_, p)| *p == fixed).map(|(w, _)| (*w).to_owned()))
        }
    };
    let from = match limit.alignment {
        Alignment::Calendar => None,
        Alignment::Anchored { from } => Some(from.to_string()),
    };
    LimitForm {
        id: text(&limit.id),
        scope: ScopeForm {
            home: scope.home,
            device: scope.device.as_ref().map(text),
            room: scope.room.as_ref().map(text),
            member: scope.member.as_ref().map(text),
            category: scope.category.as_ref().map(text),
            payee: scope.payee.as_ref().map(text),
        },
        period,
        rolling,
        amount: match limit.amount {
            Cap::Inherit => AmountForm::Inherit,
            Cap::Unlimited => AmountForm::Unlimited,
            Cap::At(amount) => AmountForm::At(money(amount)),
        },
        max_count: limit.max_count,
        alignment: from.as_ref().map(|_| "anchored".to_owned()),
        from,
        week_start: match limit.week_start {
            WeekStart::Monday => None,
            WeekStart::Sunday => Some("sunday".to_owned()),
        },
        on_refund: limit.on_refund.map(|rule| match rule {
            OnRefund::Keep => "keep".to_owned(),
            OnRefund::Restore => "restore".to_owned(),
        }),
        confirm_above: limit.confirm_above.map(money),
        approve_above: limit.approve_above.map(money),
        approve_within: limit.approve_within_s.map(span::text),
        hours: limit.hours.iter().map(ToString::to_string).collect(),
        categories: form_of_names(&limit.categories),
        payees: form_of_names(&limit.payees),
        valid_from: limit.valid_from.map(|at| instant_text(at, home)),
        valid_to: limit.valid_to.map(|at| instant_text(at, home)),
    }
}

fn form_of_names(names: &Names) -> Option<NamesForm> {
    let texts = |names: &[Name]| Some(names.iter().map(|n| n.as_str().to_owned()).collect());
    match names {
        Names::Any => None,
        Names::Allow(names) => Some(NamesForm { allow: texts(names), block: None }),
        Names::Block(names) => Some(NamesForm { allow: None, block: texts(names) }),
    }
}

fn instant_text(at: UnixMs, home: &Home) -> String {
    if at.0 % 1000 == 0 {
        at.rfc3339(&home.zone)
    } else {
        at.in_zone(&home.zone).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
    }
}
