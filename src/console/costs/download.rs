//! A statement as a file for other books.

use super::{CostsQuery, orders_of, statement};
use crate::Pages;
use crate::signed::SignedIn;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use homepay_domain::limits::window::midnight;
use homepay_domain::statement::days::Days;
use homepay_domain::time::UnixMs;
use homepay_export::{ClosingBalance, Export, FORMATS, Labels};
use std::collections::BTreeSet;

pub(crate) async fn download(
    State(pages): State<Pages>,
    signed: SignedIn,
    Path(word): Path<String>,
    asked: Result<Query<CostsQuery>, QueryRejection>,
) -> Response {
    let p = signed.page;
    let Ok(Query(asked)) = asked else { return p.problem(StatusCode::NOT_FOUND, "absent") };
    let Some(format) = FORMATS.iter().find(|format| format.name() == word) else {
        return p.problem(StatusCode::NOT_FOUND, "absent");
    };
    let view = pages.api.view();
    let book = &view.book;
    let today = book.time(pages.api.clock.now()).in_zone(&book.home.zone).date();
    let days = asked.days(today);
    let until = midnight(Days::day(today.max(days.last())).next, &book.home.zone);
    // From the first order on: what was spent before is part of the balance.
    let Ok(orders) = orders_of(&pages, book, UnixMs(0), until).await else {
        return p.problem(StatusCode::INTERNAL_SERVER_ERROR, "store");
    };
    let balance =
        ClosingBalance { on: today, spent: statement(book, Days::day(today), &orders).closing() };
    let export = Export {
        statement: &statement(book, days, &orders),
        labels: Labels(&book.household),
        lang: p.lang,
        opened: &BTreeSet::new(),
        balance,
    };
    let name = format!("attachment; filename=\"homepay-{}.{word}\"", days.first);
    let kind = if word == "csv" { "text/csv" } else { "text/plain" };
    let headers = [
        (header::CONTENT_TYPE, format!("{kind}; charset=utf-8")),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, format.write(&export)).into_response()
}
