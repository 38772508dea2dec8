//! The two cookies: who is signed in, and how pages are shown.

use axum::http::{HeaderMap, HeaderValue, header};
use homepay_domain::access::BROWSER_SESSION_S;
use std::sync::Arc;

pub(crate) const SESSION: &str = "hp_session";
pub(crate) const LANGUAGE: &str = "hp_language";
pub(crate) const SCHEME: &str = "hp_scheme";

/// How long a browser remembers how pages are shown, in seconds: a year.
const DISPLAY_S: i64 = 365 * 86_400;

/// A cookie of the request.
pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs =
        lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(named, _)| *named == name).map(|(_, value)| value).next()
}

/// The id of a session: the hash of its token.
pub(crate) fn session_id(token: &str) -> Arc<str> {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(token)).into()
}

/// `Lax`: a link in a message finds its owner signed in. What changes something is guarded by where it
/// comes from. [`secure`] where the listener speaks TLS.
pub(crate) fn session(token: &str) -> HeaderValue {
    let seconds = if token.is_empty() { 0 } else { BROWSER_SESSION_S };
    cookie(&format!("{SESSION}={token}; Max-Age={seconds}; HttpOnly"))
}

pub(crate) fn display(name: &str, value: &str) -> HeaderValue {
    cookie(&format!("{name}={value}; Max-Age={DISPLAY_S}; HttpOnly"))
}

fn cookie(text: &str) -> HeaderValue {
    let value = HeaderValue::try_from(format!("{text}; Path=/; SameSite=Lax"));
    value.unwrap_or(HeaderValue::from_static(""))
}

/// Has every cookie of an answer sent over TLS alone.
pub(crate) fn secure(headers: &mut HeaderMap) {
    let cookies: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for cookie in cookies {
        let secured = [cookie.as_bytes(), b"; Secure"].concat();
        headers.append(header::SET_COOKIE, HeaderValue::try_from(secured).unwrap_or(cookie));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_and_is_secure_where_the_listener_is() {
        let mut headers = HeaderMap::new();
        let line = HeaderValue::from_static("a=1; hp_session=abc;hp_session_x=2");
        headers.insert(header::COOKIE, line);
        assert_eq!(read(&headers, SESSION), Some("abc"));
        assert_eq!(read(&headers, LANGUAGE), None);
        let mut answer = HeaderMap::new();
        answer.append(header::SET_COOKIE, session("t"));
        answer.append(header::SET_COOKIE, display(SCHEME, "dark"));
        let sent = |answer: &HeaderMap| -> Vec<String> {
            let all = answer.get_all(header::SET_COOKIE).iter();
            all.map(|value| value.to_str().expect("text").to_owned()).collect()
        };
        assert!(sent(&answer).iter().all(|cookie| !cookie.contains("Secure")));
        secure(&mut answer);
        let secured = sent(&answer);
        assert_eq!(secured.len(), 2);
        assert!(secured.iter().all(|cookie| cookie.ends_with("; Secure")), "{secured:?}");
        let mut ended = HeaderMap::new();
        ended.append(header::SET_COOKIE, session(""));
        assert!(sent(&ended)[0].contains("Max-Age=0"));
    }
}
