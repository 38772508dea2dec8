//! What stands before every page: names, requests from elsewhere, headers.

use crate::page::Page;
use crate::trust::is_for_anybody;
use crate::{Pages, cookies};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use homepay_api::hosts::foreign;
use homepay_ports::{LocalAddress, OverTls, PeerAddress};

/// What every answer carries. `same-origin`: with `no-referrer` a browser says `Origin: null` of our
/// own forms, and sends no `Sec-Fetch-Site` over plain HTTP.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
];

/// Lets through what is asked of a name that is ours, by a page that is ours.
pub(crate) async fn guard(State(pages): State<Pages>, request: Request, next: Next) -> Response {
    let at = request.extensions().get::<LocalAddress>().map(|at| at.0);
    let in_uri = request.uri().authority().map(|authority| authority.as_str().to_owned());
    let is_foreign = foreign(&pages.names, request.headers(), in_uri.as_deref(), at).is_some();
    let is_over_tls = request.extensions().get::<OverTls>().is_some();
    let is_readable_by_others = !is_over_tls && !pages.is_plain_allowed && is_from_afar(&request);
    let mut answer = if is_foreign {
        Page::stranger(&pages, request.headers()).problem(StatusCode::MISDIRECTED_REQUEST, "host")
    } else if is_from_elsewhere(&request) {
        Page::stranger(&pages, request.headers()).problem(StatusCode::FORBIDDEN, "csrf")
    } else if is_readable_by_others && !is_for_anybody(request.uri().path()) {
        match *request.method() {
            Method::GET | Method::HEAD => Redirect::to("/trust").into_response(),
            _ => Page::stranger(&pages, request.headers()).problem(StatusCode::FORBIDDEN, "plain"),
        }
    } else {
        next.run(request).await
    };
    let headers = answer.headers_mut();
    if is_over_tls {
        cookies::secure(headers);
    }
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

/// Whether a request came from another machine.
fn is_from_afar(request: &Request) -> bool {
    request.extensions().get::<PeerAddress>().is_some_and(|peer| !peer.0.is_loopback())
}

/// Whether a request that may change something was sent by another site's page: `Sec-Fetch-Site`
/// decides, else `Origin` must be the host. What has neither is no browser.
fn is_from_elsewhere(request: &Request) -> bool {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return false;
    }
    let text = |name: HeaderName| request.headers().get(name).map(HeaderValue::as_bytes);
    match text(HeaderName::from_static("sec-fetch-site")) {
        Some(b"same-origin" | b"none") => false,
        Some(_) => true,
        None => text(header::ORIGIN).is_some_and(|origin| {
            let origin = str::from_utf8(origin).unwrap_or_default();
            let host = origin.split_once("://").map(|(_, host)| host.as_bytes());
            host.is_none() || host != text(header::HOST)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn asked(method: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method).uri("/freeze");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        is_from_elsewhere(&request.body(Body::empty()).expect("a request"))
    }

    #[test]
    fn who_comes_from_another_machine_is_told_apart() {
        let from = |peer: Option<&str>| {
            let mut request = Request::new(Body::empty());
            if let Some(peer) = peer {
                let peer = peer.parse().expect("an address");
                request.extensions_mut().insert(PeerAddress(peer));
            }
            is_from_afar(&request)
        };
        assert!(from(Some("192.168.1.20")) && from(Some("fd00::1")));
        assert!(!from(Some("127.0.0.1")) && !from(Some("::1")) && !from(None));
        for open in ["/trust", "/ca.crt", "/assets/app.css"] {
            assert!(is_for_anybody(open), "{open}");
        }
        for own in ["/", "/orders", "/sign-in", "/setup", "/ca.crt/..", "/api/v1/status"] {
            assert!(!is_for_anybody(own), "{own}");
        }
    }

    #[test]
    fn only_our_own_pages_may_change_something() {
        let host = ("host", "homepay.local:8420");
        assert!(!asked("POST", &[host, ("sec-fetch-site", "same-origin")]));
        assert!(!asked("POST", &[host, ("sec-fetch-site", "none")]));
        assert!(asked("POST", &[host, ("sec-fetch-site", "cross-site")]));
        // Another port of the same machine is another site's page.
        assert!(asked("POST", &[host, ("sec-fetch-site", "same-site")]));
        assert!(!asked("POST", &[host, ("origin", "http://homepay.local:8420")]));
        assert!(asked("POST", &[host, ("origin", "http://homepay.local:8421")]));
        assert!(asked("POST", &[host, ("origin", "null")]));
        assert!(!asked("POST", &[host]));
        assert!(!asked("GET", &[host, ("sec-fetch-site", "cross-site")]));
    }
}
