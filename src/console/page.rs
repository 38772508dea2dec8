//! What every page knows: language, words, where it is, who is signed in; and pages of faults.

use crate::fields::FormFields;
use crate::{Pages, cookies, words};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use fluent_bundle::FluentValue;
use homepay_domain::access::PasskeyRecord;
use homepay_domain::household::Lang;
use homepay_domain::ids::Name;
use homepay_domain::order::State as OrderState;
use serde::Deserialize;

/// The frame of a page. Templates call `p.t("id")` for words.
#[derive(Clone)]
pub(crate) struct Page {
    pub lang: Lang,
    /// `light`, `dark`, or `auto`: as the device is.
    pub scheme: &'static str,
    /// Which tab it belongs to; empty for none.
    pub here: &'static str,
    pub is_signed_in: bool,
    /// How many orders wait for an owner.
    pub waiting: usize,
    /// Tells versions of the assets apart.
    pub version: &'static str,
    /// Whether the member has an authenticator app.
    pub has_totp: bool,
    /// How many passkeys the member has for the name under which the page is open.
    pub passkeys: usize,
    /// Why there can be no passkeys at this address, as the id of words; empty where there can.
    pub passkeys_not: &'static str,
}

impl Page {
    /// A page for whoever it is.
    pub fn stranger(pages: &Pages, headers: &HeaderMap) -> Page {
        let chosen = cookies::read(headers, cookies::LANGUAGE).and_then(Lang::parse);
        let accept = headers.get(header::ACCEPT_LANGUAGE).and_then(|tags| tags.to_str().ok());
        let lang = chosen.or_else(|| accept.and_then(words::negotiated));
        Page {
            lang: lang.unwrap_or(pages.api.home.lang),
            scheme: scheme_of(cookies::read(headers, cookies::SCHEME).unwrap_or_default()),
            here: "",
            is_signed_in: false,
            waiting: 0,
            version: crate::assets::version(),
            has_totp: false,
            passkeys: 0,
            passkeys_not: "",
        }
    }

    /// A page for somebody who is signed in.
    pub fn member(
        pages: &Pages,
        headers: &HeaderMap,
        (member, is_over_tls): (&Name, bool),
    ) -> Page {
        let view = pages.api.view();
        let waits = |order: &&_| is_waiting(order);
        let waiting = view.book.open.values().filter(waits).count();
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let host = host.unwrap_or_default();
        let name = host.split(':').next().unwrap_or_default();
        let account = view.book.access.accounts.get(member);
        let here = |key: &&PasskeyRecord| key.host == name;
        let passkeys_not = passkeys_not(host, is_over_tls || pages.is_plain_allowed);
        let passkeys = account.map_or(0, |of| of.passkeys.iter().filter(here).count());
        Page {
            is_signed_in: true,
            waiting,
            has_totp: account.is_some_and(|account| account.totp.is_some()),
            passkeys: if passkeys_not.is_empty() { passkeys } else { 0 },
            passkeys_not,
            ..Page::stranger(pages, headers)
        }
    }

    /// The same page under a tab.
    pub fn at(self, here: &'static str) -> Page {
        Page { here, ..self }
    }

    /// Words that name no figure, by their id.
    pub fn t(&self, id: &str) -> String {
        words::put(self.lang, id, &[])
    }

    /// Words with the names and figures that they are about.
    pub fn with(&self, id: &str, about: &[(&str, &str)]) -> String {
        let about: Vec<_> =
            about.iter().map(|(name, value)| (*name, FluentValue::from(*value))).collect();
        words::put(self.lang, id, &about)
    }

    /// Words, or others where there are none of that id.
    pub fn t_or(&self, id: &str, other: &str) -> String {
        self.t(if words::has(self.lang, id) { id } else { other })
    }

    /// What a utility is called; its id where nobody has a word for it.
    pub fn utility(&self, utility: &str) -> String {
        let id = format!("utility-{utility}");
        if words::has(self.lang, &id) { self.t(&id) } else { utility.to_owned() }
    }

    /// Words about a number, `n`.
    pub fn count(&self, id: &str, n: usize) -> String {
        words::put(self.lang, id, &[("n", FluentValue::from(n))])
    }

    /// The word of an order's state.
    pub fn state(&self, state: &str) -> String {
        self.t(&format!("state-{state}"))
    }

    /// What the button for light and dark leads to: as the device is, light, dark, and around.
    pub fn next_scheme(&self) -> &'static str {
        match self.scheme {
            "auto" => "light",
            "light" => "dark",
            _ => "auto",
        }
    }

    /// What that button says.
    pub fn scheme_words(&self) -> String {
        self.t(&format!("scheme-{}", self.next_scheme()))
    }

    /// A page that says what is wrong and what to do: `error-<kind>` and `error-<kind>-help`.
    pub fn problem(self, status: StatusCode, kind: &str) -> Response {
        let (title, help) = (format!("error-{kind}"), format!("error-{kind}-help"));
        let (title, help) = (self.t(&title), self.t(&help));
        (status, show(&ProblemPage { p: self, title, help })).into_response()
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    p: Page,
    title: String,
    help: String,
}

/// True for an order that an owner is asked about.
pub(crate) fn is_waiting(order: &homepay_domain::order::Order) -> bool {
    order.state == OrderState::AwaitingApproval
}

/// Why browsers allow no passkeys at an address, as the id of words; empty where they do: they want a name,
/// and TLS unless it is this machine's own.
fn passkeys_not(host: &str, is_over_tls: bool) -> &'static str {
    let name = host.split(':').next().unwrap_or_default();
    if cfg!(not(feature = "passkeys")) {
        "passkeys-not-built"
    } else if host.starts_with('[') || name.parse::<std::net::IpAddr>().is_ok() {
        "passkeys-not-number"
    } else if name != "localhost" && !is_over_tls {
        "passkeys-not-plain"
    } else {
        ""
    }
}

fn scheme_of(text: &str) -> &'static str {
    match text {
        "light" => "light",
        "dark" => "dark",
        _ => "auto",
    }
}

/// A template as an answer.
pub(crate) fn show(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(fault) => {
            tracing::error!(%fault, "a page cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

pub(crate) async fn nothing(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    Page::stranger(&pages, &headers).problem(StatusCode::NOT_FOUND, "absent")
}

pub(crate) async fn not_so(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    Page::stranger(&pages, &headers).problem(StatusCode::METHOD_NOT_ALLOWED, "absent")
}

/// How pages are shown to this browser.
#[derive(Deserialize)]
pub(crate) struct DisplayForm {
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    scheme: Option<String>,
}

pub(crate) async fn display(
    headers: HeaderMap,
    FormFields(wanted): FormFields<DisplayForm>,
) -> Response {
    let from = headers.get(header::REFERER).and_then(|from| from.to_str().ok());
    let back = from.and_then(|from| from.parse::<Uri>().ok());
    let path = back.as_ref().map_or("/", |uri| uri.path());
    let mut answer = Redirect::to(&local_path(path)).into_response();
    let language = wanted.language.as_deref().and_then(Lang::parse).map(Lang::tag);
    let chosen =
        [(cookies::LANGUAGE, language), (cookies::SCHEME, wanted.scheme.as_deref().map(scheme_of))];
    for (name, value) in chosen {
        if let Some(value) = value {
            let cookie = cookies::display(name, value);
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    answer
}

/// A path of our own pages; `/` in the place of anything else.
pub(crate) fn local_path(path: &str) -> String {
    let is_ours = path.starts_with('/')
        && !path.starts_with("//")
        && path.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    if is_ours { path.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn a_link_leads_to_our_own_pages_only() {
        assert_eq!(local_path("/orders/a-1?x=1"), "/orders/a-1?x=1");
        for elsewhere in ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\nb"]
        {
            assert_eq!(local_path(elsewhere), "/", "{elsewhere}");
        }
    }
}
