//! Home: what waits, what is to do, what was spent, what power costs, and the switch that stops all.

use crate::Pages;
use crate::fields::FormFields;
use crate::live::{Drawing, SeenQuery, follow, mark};
use crate::order_acts::refusal_words;
use crate::orders::OrderRow;
use crate::page::{Page, is_waiting, show};
use crate::passwords::PasswordDesk;
use crate::pending::PendingDesk;
use crate::shown::{money, per_cent, time};
use crate::signed::{ProofFields, SignedIn, prove};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use homepay_domain::book::Book;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::OwnerCommand;
use homepay_domain::household::DeviceKind;
use homepay_domain::limits::window::plus_days;
use homepay_domain::money::Minor;
use homepay_domain::time::UnixMs;
use homepay_engine::state_views;
use homepay_protocols::native::states::{LimitState, TariffState};

/// How many limits Home shows; the rest is on their own page.
const LIMITS_SHOWN_MAX: usize = 6;

/// A limit as a bar.
pub(crate) struct LimitBar {
    pub name: String,
    pub used: String,
    pub amount: String,
    pub left: String,
    pub resets: String,
    pub used_pct: i64,
    pub held_pct: i64,
}

/// What a tariff costs now.
pub(crate) struct TariffCard {
    pub name: String,
    pub price: String,
    pub tier: String,
    pub next: String,
    pub month: String,
    pub projected: String,
}

#[derive(Template)]
#[template(path = "home_live.html")]
struct HomeLive {
    p: Page,
    waiting: Vec<OrderRow>,
    is_frozen: bool,
    /// What is missing, and where it is done.
    to_do: Vec<(String, &'static str)>,
    spent: String,
    limits: Vec<LimitBar>,
    tariffs: Vec<TariffCard>,
    alert: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    p: Page,
    fault: Option<String>,
    is_frozen: bool,
    seen: String,
    live: String,
}

fn drawn(pages: &Pages, page: Page) -> String {
    let (view, now) = (pages.api.view(), pages.api.clock.now());
    let (book, at) = (&view.book, view.book.time(now));
    let today = at.in_zone(&book.home.zone).date();
    let costs = pages.api.views.costs(&view, at);
    let home = state_views::home_state(book, &costs, now);
    let waiting = book.open.values().filter(|order| is_waiting(order));
    let newest = book.alerts.values().filter(|alert| alert.is_open(at)).max_by_key(|a| a.said_at());
    let live = HomeLive {
        waiting: waiting.map(|order| OrderRow::of(book, page.lang, order, now)).collect(),
        is_frozen: book.home_frozen,
        to_do: to_do(book, &page),
        spent: money(book.home.currency, book.spent.between(today, plus_days(today, 1))),
        limits: home
            .limits
            .iter()
            .take(LIMITS_SHOWN_MAX)
            .map(|l| bar(book, &page, l, now))
            .collect(),
        tariffs: home.tariffs.iter().map(|tariff| card(book, &page, tariff)).collect(),
        alert: newest.map(|alert| {
            let said = pages.api.phrases.alert(&book.home, alert, page.lang);
            (time(&book.home.zone, page.lang, alert.said_at(), now), said)
        }),
        p: page,
    };
    live.render().unwrap_or_default()
}

/// What is still missing for the home to buy and to know what it costs.
fn to_do(book: &Book, page: &Page) -> Vec<(String, &'static str)> {
    let house = &book.household;
    let is_speaker = |kind: DeviceKind| kind == DeviceKind::Speaker;
    let missing = [
        (
            !house.devices.values().any(|device| is_speaker(device.kind)),
            "to-do-speaker",
            "/setup/speaker",
        ),
        (house.catalog.is_empty(), "to-do-goods", "/setup/goods"),
        (house.limits.is_empty(), "to-do-limit", "/setup/limit"),
        (house.tariffs.is_empty(), "to-do-tariff", "/setup/tariff"),
    ];
    let missing = missing.into_iter().filter(|(is_so, ..)| *is_so);
    missing.map(|(_, id, path)| (page.t(id), path)).collect()
}

/// A limit by what it bounds.
pub(crate) fn limit_name(book: &Book, page: &Page, id: &str) -> String {
    let Some(limit) = book.household.limits.values().find(|limit| limit.id.as_str() == id) else {
        return id.to_owned();
    };
    let scope = &limit.scope;
    let device = scope.device.as_ref().and_then(|id| book.household.devices.get(id));
    let member = scope.member.as_ref().and_then(|id| book.household.members.get(id));
    let who = match (device, member, &scope.room) {
        (Some(device), _, _) => device.name.of(page.lang).to_owned(),
        (None, Some(member), _) => member.name.clone(),
        (None, None, Some(room)) => book.household.room_name(room, page.lang).to_owned(),
        (None, None, None) => match (&scope.category, &scope.payee) {
            (Some(category), _) => category.to_string(),
            (None, Some(payee)) => payee.to_string(),
            (None, None) => page.t("limit-home"),
        },
    };
    let period = state_views::period_name(limit.period);
    let period = period.split(' ').next().unwrap_or_default();
    page.with("limit-name", &[("who", &who), ("period", &page.t(&format!("period-{period}")))])
}

/// What each tariff costs now.
pub(crate) fn tariff_cards(pages: &Pages, page: &Page) -> Vec<TariffCard> {
    let (view, now) = (pages.api.view(), pages.api.clock.now());
    let book = &view.book;
    let costs = pages.api.views.costs(&view, book.time(now));
    let home = state_views::home_state(book, &costs, now);
    home.tariffs.iter().map(|tariff| card(book, page, tariff)).collect()
}

pub(crate) fn bar(book: &Book, page: &Page, limit: &LimitState, now: UnixMs) -> LimitBar {
    let currency = book.home.currency;
    let amount = |text: &str| currency.parse(text).unwrap_or(Minor::ZERO);
    let shown = |text: &str| money(currency, amount(text));
    let cap = limit.amount.as_deref();
    let whole = cap.map_or(Minor::ZERO, amount);
    let (spent, held) = (amount(&limit.spent), amount(&limit.held));
    let resets = limit.resets_at.as_deref().and_then(|at| at.parse::<jiff::Timestamp>().ok());
    let resets = resets.map(|at| UnixMs(at.as_millisecond()));
    let used_pct = cap.map_or(0, |_| per_cent(spent, whole));
    LimitBar {
        name: limit_name(book, page, &limit.id),
        used: money(currency, spent.plus(held).unwrap_or(spent)),
        amount: cap.map_or(page.t("limit-none"), shown),
        left: limit.left.as_deref().map_or(String::new(), shown),
        resets: resets.map_or(String::new(), |at| time(&book.home.zone, page.lang, at, now)),
        used_pct,
        held_pct: cap.map_or(0, |_| per_cent(held, whole).min(100 - used_pct)),
    }
}

fn card(book: &Book, page: &Page, tariff: &TariffState) -> TariffCard {
    let currency = book.home.currency;
    let shown = |text: &str| currency.parse(text).map_or(text.to_owned(), |m| money(currency, m));
    let unit = tariff.unit.as_deref().unwrap_or("");
    let price = tariff.price_now.as_deref();
    let code = currency.code();
    let priced =
        |price: &str| page.with("price", &[("price", price), ("code", code), ("unit", unit)]);
    let tier = tariff.tier.map(|tier| {
        let left = tariff.left_in_tier.as_deref().unwrap_or("");
        let id = if left.is_empty() { "tier-last" } else { "tier" };
        page.with(id, &[("tier", &tier.to_string()), ("left", left), ("unit", unit)])
    });
    let next = tariff.next_change.as_ref().map(|next| {
        let at = next.at.get(11..16).unwrap_or(&next.at);
        page.with("price-next", &[("at", at), ("price", &priced(&next.price))])
    });
    let projected = tariff.projected.as_ref().map(|bill| {
        let figures = [
            ("amount", shown(&bill.amount)),
            ("low", shown(&bill.low)),
            ("high", shown(&bill.high)),
        ];
        let figures = figures.each_ref().map(|(name, text)| (*name, text.as_str()));
        page.with("bill-projected", &figures)
    });
    let month = tariff.cost.month.as_deref().map_or(page.t("cost-unknown"), shown);
    TariffCard {
        name: page.utility(&tariff.utility),
        price: price.map_or(page.t("price-unknown"), priced),
        tier: tier.unwrap_or_default(),
        next: next.unwrap_or_default(),
        month: page.with("bill-so-far", &[("amount", &month)]),
        projected: projected.unwrap_or_default(),
    }
}

pub(crate) async fn home(State(pages): State<Pages>, signed: SignedIn) -> Response {
    home_page(&pages, signed.page, None)
}

fn home_page(pages: &Pages, page: Page, fault: Option<(StatusCode, String)>) -> Response {
    let p = page.at("home");
    let live = drawn(pages, p.clone());
    let is_frozen = pages.api.view().book.home_frozen;
    let (status, fault) = fault.unzip();
    let page = HomePage { p, fault, is_frozen, seen: mark(&live), live };
    (status.unwrap_or(StatusCode::OK), show(&page)).into_response()
}

pub(crate) async fn live(
    State(pages): State<Pages>,
    signed: SignedIn,
    Query(seen): Query<SeenQuery>,
) -> Response {
    let of = pages.clone();
    follow(&pages, seen, move || {
        let (pages, signed) = (of.clone(), signed.clone());
        let drawing: Drawing = Box::pin(async move {
            signed.is_still(&pages).then(|| drawn(&pages, signed.page.at("home")))
        });
        drawing
    })
}

/// Nobody has to prove anything to stop all orders.
pub(crate) async fn freeze(State(pages): State<Pages>, signed: SignedIn) -> Response {
    done(&pages, signed, OwnerCommand::Freeze(None)).await
}

pub(crate) async fn thaw(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    State(pending): State<PendingDesk>,
    signed: SignedIn,
    FormFields(said): FormFields<ProofFields>,
) -> Response {
    match prove(&pages, &desk, &pending, &signed, said).await {
        Ok(_) => done(&pages, signed, OwnerCommand::Thaw(None)).await,
        Err(refused) => home_page(&pages, signed.page, Some((refused.status, refused.why))),
    }
}

async fn done(pages: &Pages, signed: SignedIn, wish: OwnerCommand) -> Response {
    match pages.api.wish(signed.actor(), wish).await {
        Ok(CommandOutcome::Refused { code, why }) => {
            let why = refusal_words(&signed.page, code, &why);
            home_page(pages, signed.page, Some((StatusCode::CONFLICT, why)))
        }
        Ok(_) => Redirect::to("/").into_response(),
        Err(_) => signed.page.problem(StatusCode::SERVICE_UNAVAILABLE, "stopping"),
    }
}
