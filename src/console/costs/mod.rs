//! Costs: what was spent in a day, week, month or year, and by what; what use cost; export.

mod chart;
mod download;
mod span;

pub(crate) use download::download;

use crate::Pages;
use crate::home::{TariffCard, tariff_cards};
use crate::page::{Page, show};
use crate::shown::money;
use crate::signed::SignedIn;
use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use homepay_domain::bill::Billing;
use homepay_domain::book::Book;
use homepay_domain::household::DeviceKind;
use homepay_domain::ids::Name;
use homepay_domain::limits::window::{midnight, plus_days};
use homepay_domain::money::Minor;
use homepay_domain::order::Order;
use homepay_domain::statement::Statement;
use homepay_domain::statement::days::Days;
use homepay_domain::statement::totals::{By, use_costs};
use homepay_domain::time::UnixMs;
use homepay_ports::LedgerError;
use jiff::civil::Date;
use serde::Deserialize;
use span::{CostSpan, SPANS, part_title, title};

/// By what sums are made, in the order of the page.
const SUMS: [By; 4] = [By::Category, By::Device, By::Member, By::Payee];

/// No books are older.
const EARLIEST: Date = Date::constant(2000, 1, 1);

/// Which days are asked for.
#[derive(Deserialize)]
pub(crate) struct CostsQuery {
    #[serde(default)]
    span: CostSpan,
    /// A day of them; today where none is named.
    day: Option<Date>,
}

impl CostsQuery {
    /// The days that are asked for, none of them wholly to come.
    fn days(&self, today: Date) -> Days {
        self.span.days(self.day.unwrap_or(today).clamp(EARLIEST.min(today), today))
    }
}

/// What is added up under one name.
struct CostRow {
    name: String,
    amount: String,
    before: String,
}

/// The sums by one thing.
struct CostTable {
    title: String,
    rows: Vec<CostRow>,
}

/// A bill that was made for use.
struct UsageBillRow {
    title: String,
    total: String,
    lines: Vec<(String, String, bool)>,
}

#[derive(Template)]
#[template(path = "costs.html")]
struct CostsPage {
    p: Page,
    /// Word, name, and whether it is this one.
    spans: Vec<(&'static str, String, bool)>,
    span: &'static str,
    day: Date,
    title: String,
    earlier: Date,
    later: Option<Date>,
    net: String,
    compared: String,
    is_empty: bool,
    chart: String,
    first_part: String,
    last_part: String,
    parts: Vec<(String, String)>,
    sums: Vec<CostTable>,
    used: Vec<CostRow>,
    bills: Vec<UsageBillRow>,
    tariffs: Vec<TariffCard>,
}

/// The statement of some days, of orders that were read for them.
pub(super) fn statement(book: &Book, days: Days, orders: &[Order]) -> Statement {
    let of = (days, &book.home.zone, book.home.currency);
    Statement::of(of, Minor::ZERO, orders, book.open.values())
}

/// Orders that may have moved money in some days. One that is being undone is open, and may have moved
/// money after its state changed.
pub(super) async fn orders_of(
    pages: &Pages,
    book: &Book,
    from: UnixMs,
    to: UnixMs,
) -> Result<Vec<Order>, LedgerError> {
    let mut orders = pages.api.reader.paid(from.0, to.0).await?;
    for open in book.open.values() {
        if !orders.iter().any(|order| order.id == open.id) {
            orders.push(open.clone());
        }
    }
    Ok(orders)
}

pub(crate) async fn costs(
    State(pages): State<Pages>,
    signed: SignedIn,
    asked: Result<Query<CostsQuery>, QueryRejection>,
) -> Response {
    let p = signed.page.at("costs");
    let Ok(Query(asked)) = asked else { return p.problem(StatusCode::NOT_FOUND, "absent") };
    match drawn(&pages, p.clone(), &asked).await {
        Ok(page) => show(&page),
        Err(_) => p.problem(StatusCode::INTERNAL_SERVER_ERROR, "store"),
    }
}

async fn drawn(pages: &Pages, p: Page, asked: &CostsQuery) -> Result<CostsPage, LedgerError> {
    let (view, now) = (pages.api.view(), pages.api.clock.now());
    let book = &view.book;
    let (zone, currency) = (&book.home.zone, book.home.currency);
    let today = book.time(now).in_zone(zone).date();
    let span = asked.span;
    let days = asked.days(today);
    let before = span.before(days);
    let edges = (midnight(before.first, zone), midnight(days.next, zone));
    let orders = orders_of(pages, book, edges.0, edges.1).await?;
    let [these, those] = [days, before].map(|days| statement(book, days, &orders));
    let shown = |amount| money(currency, amount);
    let parts: Vec<(String, i64)> = span
        .parts(days)
        .into_iter()
        .map(|part| {
            let of = these.movements.iter().filter(|moved| part.holds(moved.date));
            let sum = of.fold(0_i64, |sum, moved| sum.saturating_add(moved.amount.0));
            (part_title(span, part, p.lang), sum)
        })
        .collect();
    let said: Vec<(String, String)> =
        parts.iter().map(|(name, sum)| (name.clone(), shown(Minor(*sum)))).collect();
    let bars: Vec<(String, i64)> = parts
        .iter()
        .zip(&said)
        .map(|((name, sum), (_, text))| (format!("{name}: {text}"), *sum))
        .collect();
    let heading = title(span, days, p.lang);
    let label = p.with("costs-chart", &[("span", &heading)]);
    let (used, bills) = use_of(pages, book, &p, (days, today)).await?;
    Ok(CostsPage {
        spans: SPANS.map(|s| (s.word(), p.t(&format!("span-{}", s.word())), s == span)).into(),
        span: span.word(),
        day: days.first,
        title: heading,
        earlier: before.first,
        later: (days.next <= today).then_some(days.next),
        net: shown(these.net()),
        compared: compared(&p, these.net(), those.net(), &shown(those.net())),
        is_empty: these.movements.is_empty(),
        chart: chart::bars(&bars, &label, &shown(Minor(chart::highest(&bars)))),
        first_part: said.first().map_or(String::new(), |(name, _)| name.clone()),
        last_part: said.last().map_or(String::new(), |(name, _)| name.clone()),
        parts: said,
        sums: SUMS.map(|by| sums(book, &p, by, (&these, &those))).into(),
        used,
        bills,
        tariffs: tariff_cards(pages, &p),
        p,
    })
}

/// How it stands against the span before.
fn compared(page: &Page, these: Minor, those: Minor, shown: &str) -> String {
    let percent = i128::from(these.0 - those.0) * 100;
    let Some(percent) = percent.checked_div(i128::from(those.0)).filter(|_| those.0 > 0) else {
        return page.with("costs-before", &[("amount", shown)]);
    };
    let sign = if percent > 0 { "+" } else { "" };
    page.with("costs-compared", &[("amount", shown), ("percent", &format!("{sign}{percent}"))])
}

fn sums(book: &Book, page: &Page, by: By, (these, those): (&Statement, &Statement)) -> CostTable {
    let currency = book.home.currency;
    let (now, before) = (these.totals(by), those.totals(by));
    let mut rows: Vec<(Minor, CostRow)> = now
        .iter()
        .map(|(id, total)| {
            let was = before.get(id).map_or(Minor::ZERO, |total| total.net());
            let name = id
                .as_ref()
                .map_or_else(|| page.t("costs-none-named"), |id| name_of(book, page, by, id));
            let (amount, before) = (money(currency, total.net()), money(currency, was));
            (total.net(), CostRow { name, amount, before })
        })
        .collect();
    rows.sort_by_key(|(net, _)| std::cmp::Reverse(net.0));
    let title = page.t(&format!("costs-by-{}", by.as_str()));
    CostTable { title, rows: rows.into_iter().map(|(_, row)| row).collect() }
}

fn name_of(book: &Book, page: &Page, by: By, id: &Name) -> String {
    let house = &book.household;
    let name = match by {
        By::Device => house.devices.get(id).map(|device| device.name.of(page.lang).to_owned()),
        By::Member => house.members.get(id).map(|member| member.name.clone()),
        By::Payee => house.payees.get(id).map(|payee| payee.name.of(page.lang).to_owned()),
        By::Category => None,
    };
    name.unwrap_or_else(|| id.to_string())
}

/// What the use of devices cost in these days as far as they have come, and the bill of each tariff.
async fn use_of(
    pages: &Pages,
    book: &Book,
    page: &Page,
    (days, today): (Days, Date),
) -> Result<(Vec<CostRow>, Vec<UsageBillRow>), LedgerError> {
    let days = Days { next: days.next.min(plus_days(today, 1)), ..days };
    let house = &book.household;
    if days.next <= days.first || house.tariffs.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let (home, currency) = (&book.home, book.home.currency);
    let since = Billing::counts_since((home, house), days.first);
    let (from, to) = (midnight(since, &home.zone), midnight(days.next, &home.zone));
    let usage = pages.api.reader.usage(from, to).await?;
    let billing = Billing { home, household: house, usage: &usage };
    let costs = use_costs(&billing, days).into_iter();
    let used = costs.filter(|cost| cost.kind != DeviceKind::Production).map(|cost| CostRow {
        name: name_of(book, page, By::Device, &cost.device),
        amount: cost.cost.map_or(page.t("cost-unknown"), |cost| money(currency, cost)),
        before: String::new(),
    });
    let measured =
        house.tariffs.iter().filter(|of| billing.was_measured(*of, (days.first, days.next)));
    let bills = measured.map(|of| {
        let title = page.utility(of.1.utility.as_ref());
        let Ok(bill) = billing.bill(of, (days.first, days.next)) else {
            return UsageBillRow { title, total: page.t("cost-unknown"), lines: Vec::new() };
        };
        let lines = bill.lines.iter().map(|line| {
            let tier =
                line.tier.map(|tier| page.with("costs-tier", &[("tier", &tier.to_string())]));
            let window = line.window.iter().cloned().chain(tier);
            let what: Vec<String> = [line.what.clone()].into_iter().chain(window).collect();
            let what =
                format!("{} ({} {})", what.join(" · "), line.quantity.normalize(), line.unit);
            (what, money(currency, line.shown), line.estimated)
        });
        UsageBillRow { title, total: money(currency, bill.total), lines: lines.collect() }
    });
    Ok((used.collect(), bills.collect()))
}
