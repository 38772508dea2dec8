//! How a phone learns to know the home's certificates, and what it cannot do without.

use crate::Pages;
use crate::page::{Page, show};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What is answered to those who come without TLS from another machine: how to come with it.
const OPEN_PATHS: [&str; 3] = ["/trust", "/ca.crt", "/display"];

#[derive(Template)]
#[template(path = "trust.html")]
struct TrustPage {
    p: Page,
    is_open: bool,
    /// True where the home has an authority of its own.
    is_own: bool,
    addresses: Vec<String>,
    fingerprint: String,
}

/// Whether a path leaks nothing and changes nothing of the home's.
pub(crate) fn is_for_anybody(path: &str) -> bool {
    OPEN_PATHS.contains(&path) || path.starts_with("/assets/")
}

pub(crate) async fn page(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    let (stands, authority) = (pages.api.reach.stands(), pages.api.reach.authority());
    show(&TrustPage {
        p: Page::stranger(&pages, &headers),
        is_open: stands.open,
        is_own: authority.is_some(),
        addresses: stands.addresses,
        fingerprint: stands.fingerprint.unwrap_or_default(),
    })
    .into_response()
}

pub(crate) async fn certificate(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    match pages.api.reach.authority() {
        Some(pem) => (
            [
                (header::CONTENT_TYPE, "application/x-x509-ca-cert"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"homepay-ca.crt\""),
            ],
            pem,
        )
            .into_response(),
        None => Page::stranger(&pages, &headers).problem(StatusCode::NOT_FOUND, "absent"),
    }
}
