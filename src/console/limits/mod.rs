//! Limits: how each stands, what it says, and what it would say to an order.

mod edit;
mod what_if;

use crate::home::{LimitBar, bar, limit_name};
use crate::page::{Page, show};
use crate::signed::SignedIn;
use crate::{Pages, Shared};
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use homepay_domain::book::Book;
use homepay_domain::limits::{Limit, Names};
use homepay_domain::time::UnixMs;
use homepay_engine::state_views::limit_state;
use homepay_files::household::{LimitForm, form_of_limit};
use homepay_protocols::views::journal::EntryView;
use serde::Deserialize;
use what_if::WhatIf;

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/limits", get(list))
        .route("/limits/new", get(edit::new_form).post(edit::add))
        .route("/limits/{id}", get(one).post(edit::change))
        .route("/limits/{id}/remove", post(edit::remove))
}

/// A limit in a list.
struct LimitRow {
    id: String,
    bar: LimitBar,
    /// From where on somebody is asked, in words.
    asks: Vec<String>,
}

/// Limits of one kind of scope.
struct LimitGroup {
    title: String,
    rows: Vec<LimitRow>,
}

#[derive(Template)]
#[template(path = "limits.html")]
struct LimitsPage {
    p: Page,
    groups: Vec<LimitGroup>,
}

/// The order in which limits are shown: by what they bound, the home first.
const SCOPE_KINDS: [&str; 5] = ["home", "member", "device", "room", "other"];

fn kind_of(limit: &Limit) -> &'static str {
    let scope = &limit.scope;
    match (&scope.member, &scope.device, &scope.room) {
        (Some(_), _, _) => "member",
        (None, Some(_), _) => "device",
        (None, None, Some(_)) => "room",
        (None, None, None) if scope.category.is_none() && scope.payee.is_none() => "home",
        (None, None, None) => "other",
    }
}

fn row(book: &Book, page: &Page, limit: &Limit, now: UnixMs) -> LimitRow {
    let state = limit_state(book, limit, now);
    let money = |amount| crate::shown::money(book.home.currency, amount);
    let above = |id: &str, amount: Option<_>| {
        amount.map(|amount| page.with(id, &[("amount", &money(amount))]))
    };
    let mut asks: Vec<String> = [
        above("limit-confirms", limit.confirm_above),
        above("limit-approves", limit.approve_above),
        above("limit-per-item", limit.max_per_item),
        state.max_count.map(|most| {
            let (count, most) = (state.count.to_string(), most.to_string());
            page.with("limit-counts", &[("count", &count), ("most", &most)])
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !limit.hours.is_empty() {
        let hours: Vec<String> = form_of_limit(limit, &book.home).hours;
        asks.push(page.with("limit-hours", &[("hours", &hours.join(", "))]));
    }
    let names = |names: &[homepay_domain::ids::Name]| {
        names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    match &limit.categories {
        Names::Any => {}
        Names::Allow(all) => asks.push(page.with("limit-allows", &[("names", &names(all))])),
        Names::Block(all) => asks.push(page.with("limit-blocks", &[("names", &names(all))])),
    }
    LimitRow { id: limit.id.to_string(), bar: bar(book, page, &state, now), asks }
}

async fn list(State(pages): State<Pages>, signed: SignedIn) -> Response {
    let p = signed.page.at("limits");
    let (view, now) = (pages.api.view(), pages.api.clock.now());
    let book = &view.book;
    let groups = SCOPE_KINDS.iter().filter_map(|kind| {
        let limits = book.household.limits.values().filter(|limit| kind_of(limit) == *kind);
        let rows: Vec<LimitRow> = limits.map(|limit| row(book, &p, limit, now)).collect();
        let title = p.t(&format!("limits-{kind}"));
        (!rows.is_empty()).then_some(LimitGroup { title, rows })
    });
    let groups = groups.collect();
    show(&LimitsPage { p, groups })
}

/// A version of a limit, as the journal tells it.
struct LimitVersion {
    at: String,
    who: String,
    what: String,
}

#[derive(Template)]
#[template(path = "limit.html")]
struct LimitPage {
    p: Page,
    name: String,
    row: LimitRow,
    fault: Option<String>,
    form: LimitForm,
    /// The amount as the form shows it; empty for none.
    amount: String,
    /// Where the slider ends, in whole units of the currency.
    slider_max: i64,
    slider_at: i64,
    hours: String,
    what_if: Option<WhatIf>,
    asked_amount: String,
    versions: Vec<LimitVersion>,
}

#[derive(Deserialize)]
struct AskedAmount {
    #[serde(default)]
    amount: String,
}

async fn one(
    State(pages): State<Pages>,
    signed: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<AskedAmount>,
) -> Response {
    limit_page(&pages, signed.page, &id, asked.amount, None).await
}

/// How many entries of the journal are looked through for a limit's versions.
const ENTRIES_LOOKED: i64 = 500;

async fn limit_page(
    pages: &Pages,
    page: Page,
    id: &str,
    asked_amount: String,
    fault: Option<(StatusCode, String)>,
) -> Response {
    let p = page.at("limits");
    let (view, now) = (pages.api.view(), pages.api.clock.now());
    let (book, home) = (&view.book, &view.book.home);
    let limit = book.household.limits.values().find(|limit| limit.id.as_str() == id);
    let Some(limit) = limit else { return p.problem(StatusCode::NOT_FOUND, "absent") };
    let form = form_of_limit(limit, home);
    let amount = match limit.amount {
        homepay_domain::limits::Cap::At(amount) => home.currency.text(amount),
        homepay_domain::limits::Cap::Inherit | homepay_domain::limits::Cap::Unlimited => {
            String::new()
        }
    };
    let whole = amount.split('.').next().and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    let what_if = (!asked_amount.trim().is_empty())
        .then(|| what_if::asked(book, &p, limit, asked_amount.trim(), now));
    let (status, fault) = fault.unzip();
    let versions = versions(pages, &p, id, now).await;
    let shown = LimitPage {
        name: limit_name(book, &p, id),
        row: row(book, &p, limit, now),
        fault,
        slider_max: (whole.saturating_mul(3)).max(100),
        slider_at: whole,
        hours: form.hours.join(", "),
        amount,
        form,
        what_if,
        asked_amount,
        versions,
        p,
    };
    (status.unwrap_or(StatusCode::OK), show(&shown)).into_response()
}

/// The words of who acted, where it was no member.
fn actor_words(by: &str) -> &'static str {
    match by {
        "local_user" => "actor-local",
        "home_assistant" => "actor-home-assistant",
        _ => "order-by-hub",
    }
}

async fn versions(pages: &Pages, page: &Page, id: &str, now: UnixMs) -> Vec<LimitVersion> {
    let entries = pages.api.reader.journal_tail(ENTRIES_LOOKED).await.unwrap_or_default();
    let mut found: Vec<LimitVersion> = Vec::new();
    for entry in entries.iter().rev() {
        let view = EntryView::of(&pages.api.home, entry);
        let who = view.actor.member.clone().unwrap_or_else(|| page.t(actor_words(view.actor.by)));
        for change in &view.changes {
            let of = change.get("limit").and_then(|limit| limit.get("id")).or(change.get("id"));
            let is_limit = change["change"].as_str().is_some_and(|kind| kind.contains("limit"));
            if !is_limit || of.and_then(|of| of.as_str()) != Some(id) {
                continue;
            }
            let at = UnixMs(entry.at_ms);
            found.push(LimitVersion {
                at: crate::shown::time(&pages.api.home.zone, page.lang, at, now),
                who: who.clone(),
                what: change["changed"]
                    .as_array()
                    .map(|lines| {
                        lines.iter().filter_map(|line| line.as_str()).collect::<Vec<_>>().join("; ")
                    })
                    .unwrap_or_default(),
            });
        }
    }
    found
}
