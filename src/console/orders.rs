//! Orders by day, and one order with every rule that was looked at.

use crate::home::limit_name;
use crate::live::{Drawing, SeenQuery, follow, mark};
use crate::page::{Page, is_waiting, show};
use crate::shown::{day, money, time};
use crate::signed::SignedIn;
use crate::{Pages, words};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use homepay_domain::approval::{approval_digest, approval_text};
use homepay_domain::book::Book;
use homepay_domain::decision::RuleCheck;
use homepay_domain::household::Lang;
use homepay_domain::money::Minor;
use homepay_domain::order::{Order, Origin, State as OrderState};
use homepay_domain::time::UnixMs;
use homepay_engine::state_views::limit_state;

/// How many orders the list has.
const ORDERS_SHOWN: i64 = 100;

/// An order in a list.
pub(crate) struct OrderRow {
    pub id: String,
    pub amount: String,
    pub payee: String,
    pub items: String,
    pub from: String,
    pub at: String,
    /// Until when an answer is waited for.
    pub until: String,
    /// The state's word in the books.
    pub state: &'static str,
}

impl OrderRow {
    pub fn of(book: &Book, lang: Lang, order: &Order, now: UnixMs) -> OrderRow {
        let house = &book.household;
        let payee = order.payee.as_ref().map(|id| {
            house.payees.get(id).map_or(id.to_string(), |payee| payee.name.of(lang).to_owned())
        });
        let device = order.device().map(|id| {
            house.devices.get(id).map_or(id.to_string(), |device| device.name.of(lang).to_owned())
        });
        let from = match &order.origin {
            Origin::Device { .. } => device.unwrap_or_default(),
            Origin::Bill { .. } | Origin::Payable { .. } => words::put(lang, "order-by-hub", &[]),
        };
        let shown = |at| time(&book.home.zone, lang, at, now);
        OrderRow {
            id: order.id.to_string(),
            amount: money(book.home.currency, order.amount),
            payee: payee.unwrap_or_default(),
            items: items(order, lang),
            from,
            at: shown(order.asked_at),
            until: order.due.filter(|_| is_waiting(order)).map_or(String::new(), shown),
            state: order.state.as_str(),
        }
    }
}

/// What is bought: name and how many.
fn items(order: &Order, lang: Lang) -> String {
    let line = |line: &homepay_domain::order::OrderLine| {
        let unit = line.unit.as_deref().filter(|_| lang == Lang::ZhCn).unwrap_or_default();
        format!("{} × {}{unit}", line.name.of(lang), line.quantity)
    };
    order.lines.iter().map(line).collect::<Vec<_>>().join(if lang == Lang::ZhCn {
        "、"
    } else {
        ", "
    })
}

#[derive(Template)]
#[template(path = "orders_live.html")]
struct OrdersLive {
    p: Page,
    waiting: Vec<OrderRow>,
    /// By day, the newest first.
    days: Vec<(String, Vec<OrderRow>)>,
}

/// A page of which one part follows the books.
#[derive(Template)]
#[template(path = "live.html")]
struct FollowingPage {
    p: Page,
    title: String,
    /// Where the part is followed.
    path: String,
    seen: String,
    live: String,
}

async fn drawn_orders(pages: &Pages, page: Page) -> Option<String> {
    let orders = pages.api.reader.orders(None, ORDERS_SHOWN).await.ok()?;
    let (view, now) = (pages.api.view(), pages.api.clock.now());
    let book = &view.book;
    let (waiting, over): (Vec<_>, Vec<_>) = orders.iter().partition(|order| is_waiting(order));
    let mut days: Vec<(String, Vec<OrderRow>)> = Vec::new();
    for order in over {
        let (of, row) = (
            day(&book.home.zone, page.lang, order.asked_at),
            OrderRow::of(book, page.lang, order, now),
        );
        match days.last_mut().filter(|(day, _)| *day == of) {
            Some((_, rows)) => rows.push(row),
            None => days.push((of, vec![row])),
        }
    }
    let waiting = waiting.iter().map(|order| OrderRow::of(book, page.lang, order, now)).collect();
    OrdersLive { p: page, waiting, days }.render().ok()
}

pub(crate) async fn orders(State(pages): State<Pages>, signed: SignedIn) -> Response {
    let p = signed.page.at("orders");
    let Some(live) = drawn_orders(&pages, p.clone()).await else {
        return p.problem(StatusCode::INTERNAL_SERVER_ERROR, "store");
    };
    let (title, path) = (p.t("nav-orders"), "/live/orders".to_owned());
    show(&FollowingPage { p, title, path, seen: mark(&live), live })
}

pub(crate) async fn live_orders(
    State(pages): State<Pages>,
    signed: SignedIn,
    Query(seen): Query<SeenQuery>,
) -> Response {
    let of = pages.clone();
    follow(&pages, seen, move || {
        let (pages, signed) = (of.clone(), signed.clone());
        let drawing: Drawing = Box::pin(async move {
            if !signed.is_still(&pages) {
                return None;
            }
            drawn_orders(&pages, signed.page.at("orders")).await
        });
        drawing
    })
}

/// What is left on a limit once the order is paid.
struct LeftAfter {
    limit: String,
    left: String,
    amount: String,
}

/// A rule that was looked at.
pub(crate) struct RuleRow {
    pub check: String,
    pub rule: String,
    pub figures: String,
    pub verdict: String,
    pub is_passed: bool,
}

#[derive(Template)]
#[template(path = "order_live.html")]
struct OrderLive {
    p: Page,
    o: OrderRow,
    /// Tells what is shown from an order that changed meanwhile.
    looked_at: String,
    fault: Option<String>,
    member: String,
    reason: String,
    approved_by: String,
    after: Vec<LeftAfter>,
    rules: Vec<RuleRow>,
    /// What the wallet has of it, a step a line.
    wallet: Vec<String>,
    refundable: Option<String>,
    is_cancellable: bool,
}

async fn drawn_order(
    pages: &Pages,
    page: Page,
    id: &str,
    fault: Option<String>,
) -> Result<String, &'static str> {
    let order = pages.api.reader.order(id).await.map_err(|_| "store")?.ok_or("absent")?;
    let checks = pages.api.reader.looked(id).await.map_err(|_| "store")?;
    let (view, now) = (pages.api.view(), pages.api.clock.now());
    let (book, currency) = (&view.book, view.book.home.currency);
    let member = |id: &homepay_domain::ids::Name| {
        book.household.members.get(id).map_or(id.to_string(), |member| member.name.clone())
    };
    let reason = order.reason.as_ref().map_or(String::new(), |reason| {
        pages.api.phrases.why(&book.home, page.lang, reason, order.changed_at)
    });
    let is_paid = matches!(order.state, OrderState::Settled | OrderState::PartiallyRefunded);
    let refundable = is_paid && order.net().is_positive();
    let live = OrderLive {
        o: OrderRow::of(book, page.lang, &order, now),
        looked_at: approval_digest(&approval_text(&book.home, &order)),
        fault,
        member: order.member.as_ref().map_or(String::new(), member),
        reason,
        approved_by: order
            .approved_by
            .as_ref()
            .map_or(String::new(), |actor| who(&page, actor, &member)),
        after: if is_waiting(&order) {
            left_after(book, &page, &order, &checks, now)
        } else {
            Vec::new()
        },
        rules: checks.iter().map(|check| rule(book, &page, check)).collect(),
        wallet: wallet_steps(book, &page, &order, now),
        refundable: refundable.then(|| money(currency, order.net())),
        is_cancellable: matches!(
            order.state,
            OrderState::AwaitingConfirmation | OrderState::Approved
        ),
        p: page,
    };
    live.render().map_err(|_| "failed")
}

/// Who acted, in words.
fn who(
    page: &Page,
    actor: &homepay_domain::actor::Actor,
    member: &dyn Fn(&homepay_domain::ids::Name) -> String,
) -> String {
    use homepay_domain::actor::Actor;
    match actor {
        Actor::Member { member: id, .. } | Actor::OwnerKey { member: id, .. } => member(id),
        Actor::LocalUser { .. } => page.t("actor-local"),
        Actor::Speaker { device, .. } => device.to_string(),
        Actor::HomeAssistant => page.t("actor-home-assistant"),
        Actor::System => page.t("order-by-hub"),
    }
}

fn left_after(
    book: &Book,
    page: &Page,
    order: &Order,
    checks: &[RuleCheck],
    now: UnixMs,
) -> Vec<LeftAfter> {
    let currency = book.home.currency;
    let mut rules: Vec<_> = checks.iter().filter_map(|check| check.rule.as_ref()).collect();
    rules.sort();
    rules.dedup();
    let after = rules.into_iter().filter_map(|id| {
        let state = limit_state(book, book.household.limits.get(id)?, now);
        let amount = |text: &str| currency.parse(text).ok();
        let (left, cap) = (amount(state.left.as_deref()?)?, amount(state.amount.as_deref()?)?);
        let is_held = order.holds.iter().any(|hold| hold.limit == *id && hold.held.is_positive());
        let taken = if is_held { Minor::ZERO } else { order.amount };
        let left = left.minus(taken)?;
        Some(LeftAfter {
            limit: limit_name(book, page, id.as_str()),
            left: money(currency, left),
            amount: money(currency, cap),
        })
    });
    after.collect()
}

pub(crate) fn rule(book: &Book, page: &Page, check: &RuleCheck) -> RuleRow {
    let shown = |amount: Option<Minor>| amount.map(|amount| money(book.home.currency, amount));
    let figures = match (shown(check.asked), shown(check.left), shown(check.cap)) {
        (Some(asked), Some(left), Some(cap)) => {
            page.with("rule-figures", &[("asked", &asked), ("left", &left), ("cap", &cap)])
        }
        (Some(asked), None, Some(cap)) => {
            page.with("rule-bound", &[("asked", &asked), ("cap", &cap)])
        }
        _ => check.orders.map_or(String::new(), |(used, most)| {
            page.with("rule-count", &[("used", &used.to_string()), ("most", &most.to_string())])
        }),
    };
    RuleRow {
        check: page.t(&format!("check-{}", check.check)),
        rule: check.rule.as_ref().map_or(String::new(), |id| limit_name(book, page, id.as_str())),
        figures,
        verdict: page.t_or(&format!("verdict-{}", check.verdict), "verdict-refused"),
        is_passed: check.verdict == "pass",
    }
}

fn wallet_steps(book: &Book, page: &Page, order: &Order, now: UnixMs) -> Vec<String> {
    let (currency, zone) = (book.home.currency, &book.home.zone);
    let at = |at: UnixMs| time(zone, page.lang, at, now);
    let mut steps = Vec::new();
    if order.attempt.is_some() {
        steps.push(page.t("wallet-asked"));
    }
    if order.authorized && !order.captured.is_positive() {
        steps.push(page.t("wallet-held"));
    }
    if order.captured.is_positive() {
        let when = order.captured_at.map_or(String::new(), at);
        let amount = money(currency, order.captured);
        steps.push(page.with("wallet-paid", &[("amount", &amount), ("at", &when)]));
    }
    for (place, (_, amount)) in order.returned.iter().enumerate() {
        let when = order.returned_at.get(place).copied().map_or(String::new(), at);
        let amount = money(currency, *amount);
        steps.push(page.with("wallet-returned", &[("amount", &amount), ("at", &when)]));
    }
    steps
}

/// The page of an order, with what was wrong with an act where something was.
pub(crate) async fn order_page(
    pages: &Pages,
    page: Page,
    id: &str,
    fault: Option<(StatusCode, String)>,
) -> Response {
    let p = page.at("orders");
    let (status, fault) = fault.unzip();
    let live = match drawn_order(pages, p.clone(), id, fault.clone()).await {
        Ok(live) => live,
        Err("absent") => return p.problem(StatusCode::NOT_FOUND, "absent"),
        Err(kind) => return p.problem(StatusCode::INTERNAL_SERVER_ERROR, kind),
    };
    // What is followed has no fault in it: it is not to be wiped away before anybody read it.
    let plain = match fault {
        Some(_) => drawn_order(pages, p.clone(), id, None).await.unwrap_or_default(),
        None => live.clone(),
    };
    let (title, path) = (p.t("order-title"), format!("/live/orders/{id}"));
    let page = FollowingPage { p, title, path, seen: mark(&plain), live };
    (status.unwrap_or(StatusCode::OK), show(&page)).into_response()
}

pub(crate) async fn order(
    State(pages): State<Pages>,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Response {
    order_page(&pages, signed.page, &id, None).await
}

pub(crate) async fn live_order(
    State(pages): State<Pages>,
    signed: SignedIn,
    Path(id): Path<String>,
    Query(seen): Query<SeenQuery>,
) -> Response {
    let of = pages.clone();
    follow(&pages, seen, move || {
        let (pages, signed, id) = (of.clone(), signed.clone(), id.clone());
        let drawing: Drawing = Box::pin(async move {
            if !signed.is_still(&pages) {
                return None;
            }
            drawn_order(&pages, signed.page.at("orders"), &id, None).await.ok()
        });
        drawing
    })
}
