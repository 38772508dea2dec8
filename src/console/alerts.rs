//! Alerts: what is open, what shall be quiet for a while, what is over; and where one mends it.

use crate::Pages;
use crate::acts::{Undone, wished};
use crate::fields::FormFields;
use crate::page::{Page, show};
use crate::shown::time;
use crate::signed::SignedIn;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use homepay_domain::alert::{Alert, AlertKind};
use homepay_domain::event::OwnerCommand;
use homepay_domain::time::UnixMs;
use serde::Deserialize;

/// How long a snoozed alert is quiet, in seconds.
const SNOOZE_S: i64 = 2 * 3_600;

/// How many alerts that are over are shown.
const OVER_SHOWN_MAX: usize = 30;

/// An alert in a list.
struct AlertCard {
    id: String,
    said: String,
    at: String,
    severity: &'static str,
    severity_words: String,
    /// Until when it is quiet.
    quiet: String,
    /// Where one mends it: address and words.
    mend: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "alerts.html")]
struct AlertsPage {
    p: Page,
    fault: Option<String>,
    open: Vec<AlertCard>,
    over: Vec<AlertCard>,
}

/// Where one mends what an alert is about.
fn place(alert: &Alert) -> Option<(String, &'static str)> {
    match alert.kind {
        AlertKind::BillDue | AlertKind::BillUnpaid | AlertKind::BillRefused => {
            Some(("/bills".to_owned(), "mend-bills"))
        }
        AlertKind::CostBand
        | AlertKind::CostProjected
        | AlertKind::TierAhead
        | AlertKind::TierCrossed => Some(("/costs".to_owned(), "mend-costs")),
        AlertKind::SignIn | AlertKind::CredentialsChanged => {
            Some(("/security".to_owned(), "mend-security"))
        }
        AlertKind::NotifyFailed => Some(("/notify".to_owned(), "mend-notify")),
        AlertKind::RefundFailed => {
            alert.subject.as_ref().map(|order| (format!("/orders/{order}"), "mend-order"))
        }
        AlertKind::UnusualUse
        | AlertKind::MeterReset
        | AlertKind::ReadingRejected
        | AlertKind::MeterSilent
        | AlertKind::PinLocked
        | AlertKind::Guessing => {
            alert.device.as_ref().map(|device| (format!("/devices/{device}"), "mend-device"))
        }
        AlertKind::PricesMissing
        | AlertKind::WalletUnreachable
        | AlertKind::WalletLow
        | AlertKind::StoreFailed
        | AlertKind::WorkSetAside
        | AlertKind::ClockLeapt
        | AlertKind::BooksUnsound
        | AlertKind::BooksBegun
        | AlertKind::PaymentsUnknown
        | AlertKind::WalletDisagrees => None,
    }
}

fn alerts_page(pages: &Pages, page: Page, undone: Option<Undone>) -> Response {
    let (view, now) = (pages.api.view(), pages.api.clock.now());
    let (book, at) = (&view.book, view.book.time(now));
    let shown = |at| time(&book.home.zone, page.lang, at, now);
    let row = |alert: &&Alert| AlertCard {
        id: alert.id.clone(),
        said: pages.api.phrases.alert(&book.home, alert, page.lang),
        at: shown(alert.said_at()),
        severity: alert.severity.word(),
        severity_words: page.t(&format!("severity-{}", alert.severity.word())),
        quiet: alert.snoozed_until.filter(|until| *until > at).map_or(String::new(), shown),
        mend: place(alert).map(|(path, id)| (path, page.t(id))),
    };
    let mut all: Vec<&Alert> = book.alerts.values().collect();
    all.sort_by_key(|alert| std::cmp::Reverse(alert.said_at()));
    let (open, over): (Vec<&Alert>, Vec<&Alert>) = all.into_iter().partition(|a| a.is_open(at));
    let open = open.iter().map(row).collect();
    let over = over.iter().take(OVER_SHOWN_MAX).map(row).collect();
    let (status, fault) = undone.unzip();
    let page = AlertsPage { p: page.at("more"), fault, open, over };
    (status.unwrap_or(StatusCode::OK), show(&page)).into_response()
}

pub(crate) async fn alerts(State(pages): State<Pages>, signed: SignedIn) -> Response {
    alerts_page(&pages, signed.page, None)
}

/// Which alert is meant; ids have dots and more, so that they are no part of an address.
#[derive(Deserialize)]
pub(crate) struct AlertForm {
    id: String,
}

pub(crate) async fn ack(
    State(pages): State<Pages>,
    signed: SignedIn,
    FormFields(said): FormFields<AlertForm>,
) -> Response {
    done(&pages, signed, OwnerCommand::AckAlert(said.id)).await
}

pub(crate) async fn snooze(
    State(pages): State<Pages>,
    signed: SignedIn,
    FormFields(said): FormFields<AlertForm>,
) -> Response {
    let until: UnixMs = pages.api.view().book.time(pages.api.clock.now()).plus_s(SNOOZE_S);
    done(&pages, signed, OwnerCommand::SnoozeAlert(said.id, until)).await
}

async fn done(pages: &Pages, signed: SignedIn, wish: OwnerCommand) -> Response {
    match wished(pages, &signed, wish).await {
        Ok(()) => Redirect::to("/alerts").into_response(),
        Err(undone) => alerts_page(pages, signed.page, Some(undone)),
    }
}
