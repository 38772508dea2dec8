//! A limit as people write it, in TOML, in JSON and at the command line: one form, and its way to the
//! domain's limit and back.
//!
//! To add a kind of limit: a field of [`LimitForm`] and a line of [`FIELDS`], its way there and back in
//! [`checked`] and [`form_of_limit`]; the field of the domain's limit; the check in `decide/checks.rs`.

use super::known::Known;
use super::limit_parser::{FormFault, LimitParser, PERIODS};
use super::scope_form::{AmountForm, NamesForm, ScopeForm, money};
use homepay_domain::household::{Home, Household};
use homepay_domain::ids::Name;
use homepay_domain::limits::hours::Hours;
use homepay_domain::limits::window::{Alignment, Period, WeekStart};
use homepay_domain::limits::{Cap, Limit, Names, OnRefund};
use homepay_domain::money::Minor;
use homepay_domain::time::UnixMs;
use homepay_text::span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A limit as owners write it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitForm {
    /// The id, unique among its kind.
    pub id: String,
    /// To which orders it applies: every key that is given must match.
    #[serde(default)]
    pub scope: ScopeForm,
    /// `order`, `day`, `week`, `month`, `year` or `all_time`; or else `rolling`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// The span before each order, such as `6h`; or else `period`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolling: Option<String>,
    /// Holds and spending in the period: `"29.90"`, `null` (or `"unlimited"`) = no limit,
    /// `"0.00"` = nothing allowed, missing = not said.
    #[serde(default, skip_serializing_if = "AmountForm::is_inherit")]
    pub amount: AmountForm,
    /// Orders in the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_count: Option<u32>,
    /// `calendar`, or `anchored` with `from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alignment: Option<String>,
    /// The first day of the first anchored period, such as `2026-08-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The first day: `monday` or `sunday`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub week_start: Option<String>,
    /// `keep` or `restore`; keep for day and week, restore for longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_refund: Option<String>,
    /// No single piece may cost more than this.
    #[serde(default, deserialize_with = "money", skip_serializing_if = "Option::is_none")]
    pub max_per_item: Option<String>,
    /// Orders above this are confirmed by speaking a random number.
    #[serde(default, deserialize_with = "money", skip_serializing_if = "Option::is_none")]
    pub confirm_above: Option<String>,
    /// Orders above this are sent to the owner.
    #[serde(default, deserialize_with = "money", skip_serializing_if = "Option::is_none")]
    pub approve_above: Option<String>,
    /// How long the owner has, such as `10m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approve_within: Option<String>,
    /// When orders are taken, such as `07:00-22:00`; none = always.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<String>,
    /// Categories that are allowed or blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<NamesForm>,
    /// Payees that are allowed or blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payees: Option<NamesForm>,
    /// From when it applies: RFC 3339, or a local date (from its first instant).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Until when, exclusive: RFC 3339, or a local date (until its first instant).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<String>,
}

/// How the value of a key is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A text in quotes.
    Text,
    /// A date or a time, in quotes or as TOML has it.
    Date,
    Count,
    /// A list of texts.
    Texts,
    /// `{ allow = […] }` or `{ block = […] }`.
    Names,
}

/// The keys of a limit beside `id` and `scope`, in the order in which they are written; each with what
/// the command line says of it.
pub const FIELDS: &[(&str, FieldKind, &str)] = &[
    ("period", FieldKind::Text, "order, day, week, month, year, all_time"),
    ("rolling", FieldKind::Text, "A span before each order, such as 6h"),
    (
        "amount",
        FieldKind::Text,
        "Holds and spending in the period; \"unlimited\" = without limit, \"none\" = not set",
    ),
    ("max_count", FieldKind::Count, "Orders in the period that are open or bought something"),
    ("max_per_item", FieldKind::Text, "No single piece may cost more than this"),
    ("alignment", FieldKind::Text, "calendar or anchored"),
    ("from", FieldKind::Date, "The first day, for anchored"),
    ("week_start", FieldKind::Text, "monday or sunday"),
    ("on_refund", FieldKind::Text, "keep or restore"),
    ("confirm_above", FieldKind::Text, "Orders above this are confirmed by a number"),
    ("approve_above", FieldKind::Text, "Orders above this are sent to the owner"),
    ("approve_within", FieldKind::Text, "How long the owner has, such as 10m"),
    ("hours", FieldKind::Texts, "When orders are taken, such as 07:00-22:00"),
    ("categories", FieldKind::Names, "Which categories"),
    ("payees", FieldKind::Names, "Which payees"),
    ("valid_from", FieldKind::Date, "From when it applies: a date, or a time with its offset"),
    ("valid_to", FieldKind::Date, "Until when: a date, or a time with its offset"),
];

/// Reads a limit.
///
/// # Errors
/// Says all that is wrong, and what to write instead.
pub fn limit_of_form(
    form: &LimitForm,
    home: &Home,
    household: &Household,
) -> Result<Limit, String> {
    checked(form, home, &Known::of(household)).map_err(|faults| {
        let lines: Vec<String> =
            faults.into_iter().map(|fault| format!("{}: {}", fault.key, fault.what)).collect();
        lines.join("; ")
    })
}

/// Reads a limit of a home in which these names are known.
pub(super) fn checked(
    form: &LimitForm,
    home: &Home,
    known: &Known,
) -> Result<Limit, Vec<FormFault>> {
    let mut parser = LimitParser { home, known, faults: Vec::new() };
    let id = parser.name("id", &form.id);
    let scope = parser.scope(&form.scope);
    let period = parser.period(form);
    let alignment = parser.alignment(form, period);
    let week_start = parser.word(
        "week_start",
        form.week_start.as_deref(),
        &[("monday", WeekStart::Monday), ("sunday", WeekStart::Sunday)],
    );
    let on_refund = parser.word("on_refund", form.on_refund.as_deref(), &ON_REFUND);
    let amount = match &form.amount {
        AmountForm::Inherit => Cap::Inherit,
        AmountForm::Unlimited => Cap::Unlimited,
        AmountForm::At(text) => parser.money("amount", text).map_or(Cap::Inherit, Cap::At),
    };
    let max_per_item = parser.maybe_money("max_per_item", form.max_per_item.as_deref());
    let confirm_above = parser.maybe_money("confirm_above", form.confirm_above.as_deref());
    let approve_above = parser.maybe_money("approve_above", form.approve_above.as_deref());
    let within = form.approve_within.as_deref().map(span::seconds);
    let approve_within_s = within.and_then(|read| parser.good("approve_within", read));
    let hours = form.hours.iter().map(|text| Hours::parse(text)).collect::<Vec<_>>();
    let hours = hours.into_iter().filter_map(|read| parser.good("hours", read)).collect();
    let categories = parser.names("categories", form.categories.as_ref());
    let payees = parser.names("payees", form.payees.as_ref());
    let valid_from = form.valid_from.as_deref().and_then(|t| parser.instant("valid_from", t));
    let valid_to = form.valid_to.as_deref().and_then(|t| parser.instant("valid_to", t));
    if let (Some(from), Some(to)) = (valid_from, valid_to)
        && to <= from
    {
        parser.fault("valid_to", "is not after valid_from: the limit would never apply");
    }
    match (id, period) {
        (Some(id), Some(period)) if parser.faults.is_empty() => fires(Limit {
            id,
            version: 0,
            made_at: UnixMs(0),
            scope,
            period,
            amount,
            max_count: form.max_count,
            max_per_item,
            alignment,
            week_start: week_start.unwrap_or_default(),
            on_refund,
            confirm_above,
            approve_above,
            approve_within_s,
            hours,
            categories,
            payees,
            valid_from,
            valid_to,
        }),
        _ => Err(parser.faults),
    }
}

/// Refuses rules that no order could ever meet.
fn fires(limit: Limit) -> Result<Limit, Vec<FormFault>> {
    let met = limit.without_idle_rules();
    let over = "is not below the amount: what costs more is never bought, so nobody would be asked; \
                write less, or leave it out";
    let single = "counts orders in a period, and this is for each order alone: write period = \"day\" \
                  or another, or leave it out";
    let checks = [
        ("confirm_above", met.confirm_above == limit.confirm_above, over),
        ("approve_above", met.approve_above == limit.approve_above, over),
        ("max_count", met.max_count == limit.max_count, single),
    ];
    let faults = checks.into_iter().filter(|(_, met, _)| !met);
    let faults: Vec<FormFault> =
        faults.map(|(key, _, what)| FormFault { key, what: what.to_owned() }).collect();
    if faults.is_empty() { Ok(limit) } else { Err(faults) }
}

const ON_REFUND: [(&str, OnRefund); 2] = [("keep", OnRefund::Keep), ("restore", OnRefund::Restore)];

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
        max_per_item: limit.max_per_item.map(money),
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
