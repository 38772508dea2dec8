//! Signing in by password, and out.

use crate::fields::FormFields;
use crate::page::{Page, local_path, show};
use crate::passwords::{PasswordDesk, is_right};
use crate::signed::{SignedIn, locked_until, note_try};
use crate::{Pages, cookies};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use homepay_domain::access::{AccessRequest, NewSession};
use homepay_domain::actor::Actor;
use homepay_domain::book::Book;
use homepay_domain::decide::access::has_owner;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::Event;
use homepay_domain::ids::Name;
use serde::Deserialize;

/// What wrong names are counted under, all together; members' ids are in lower case.
const UNKNOWN_SUBJECT: &str = "UNKNOWN";

/// How much of a browser's own name is kept, in characters.
const AGENT_CHARS_MAX: usize = 80;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    p: Page,
    fault: Option<String>,
    next: String,
    /// True where one must say who one is.
    asks_who: bool,
    who: String,
}

#[derive(Deserialize)]
pub(crate) struct NextQuery {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(crate) struct SignInForm {
    #[serde(default)]
    who: String,
    password: String,
    #[serde(default)]
    next: String,
}

pub(crate) async fn form(
    State(pages): State<Pages>,
    headers: HeaderMap,
    Query(asked): Query<NextQuery>,
) -> Response {
    if !has_owner(&pages.api.view().book) {
        return Redirect::to("/setup").into_response();
    }
    again(&pages, &headers, (StatusCode::OK, None), String::new(), asked.next)
}

fn again(
    pages: &Pages,
    headers: &HeaderMap,
    (status, fault): (StatusCode, Option<String>),
    who: String,
    next: String,
) -> Response {
    let asks_who = pages.api.view().book.access.accounts.len() > 1;
    let next = local_path(&next);
    let page = SignInPage { p: Page::stranger(pages, headers), fault, next, asks_who, who };
    (status, show(&page)).into_response()
}

/// The member who has an account and whom somebody names; the only one where nobody is named.
fn named(book: &Book, who: &str) -> Option<Name> {
    let who = who.trim().to_lowercase();
    let mut accounts = book.access.accounts.keys();
    if who.is_empty() && book.access.accounts.len() == 1 {
        return accounts.next().cloned();
    }
    let is_called = |id: &&Name| {
        let name = book.household.members.get(*id).map(|member| member.name.to_lowercase());
        id.as_str() == who || name.is_some_and(|name| name == who)
    };
    accounts.find(is_called).cloned()
}

pub(crate) async fn sign_in(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    headers: HeaderMap,
    FormFields(said): FormFields<SignInForm>,
) -> Response {
    let SignInForm { who, password, next } = said;
    let page = Page::stranger(&pages, &headers);
    let permit = desk.turn().await;
    let member = named(&pages.api.view().book, &who);
    let subject = member.as_ref().map_or(UNKNOWN_SUBJECT, Name::as_str);
    if let Some(why) = locked_until(&pages, subject, &page) {
        let refused = (StatusCode::TOO_MANY_REQUESTS, Some(why));
        return again(&pages, &headers, refused, who, next);
    }
    let view = pages.api.view();
    let account = member.as_ref().and_then(|id| view.book.access.accounts.get(id));
    let hash = account.map(|account| account.password.clone());
    let is_it = match &permit {
        Some(permit) => is_right(permit, hash.clone(), password).await,
        None => false,
    };
    let (Some(member), Some(proven), true) = (member.clone(), hash, is_it) else {
        note_try(&pages, subject).await;
        let refused = (StatusCode::UNPROCESSABLE_ENTITY, Some(page.t("sign-in-wrong")));
        return again(&pages, &headers, refused, who, next);
    };
    let (token, session) = new_session(&headers);
    let access = AccessRequest::SignIn { member: member.clone(), proven, session: session.clone() };
    let actor = Actor::Member { member, session: session.id };
    match pages.api.decide(Event::AccessRequested { actor, access }).await {
        Ok(CommandOutcome::Done(_)) => signed_in(&token, &local_path(&next)),
        Ok(_) => {
            let refused = (StatusCode::CONFLICT, Some(page.t("sign-in-wrong")));
            again(&pages, &headers, refused, who, next)
        }
        Err(_) => page.problem(StatusCode::SERVICE_UNAVAILABLE, "stopping"),
    }
}

/// A token for the browser, and what the books keep of it.
pub(crate) fn new_session(headers: &HeaderMap) -> (String, NewSession) {
    let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let agent = agent.unwrap_or("?").chars().filter(|c| !c.is_control());
    let agent = agent.take(AGENT_CHARS_MAX).collect();
    let session = NewSession { id: cookies::session_id(&token), agent };
    (token, session)
}

/// Leads on with the session's cookie.
pub(crate) fn signed_in(token: &str, next: &str) -> Response {
    let cookie = cookies::session(token);
    ([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response()
}

pub(crate) async fn sign_out(State(pages): State<Pages>, signed: SignedIn) -> Response {
    let access = AccessRequest::SignOut { session: signed.session.clone() };
    let event = Event::AccessRequested { actor: signed.actor(), access };
    if pages.api.decide(event).await.is_err() {
        return signed.page.problem(StatusCode::SERVICE_UNAVAILABLE, "stopping");
    }
    let cookie = cookies::session("");
    ([(header::SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response()
}
