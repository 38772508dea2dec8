//! Signing in by password, and out.

use crate::codes::proof_of;
use crate::fields::FormFields;
use crate::page::{Page, local_path, show};
use crate::passwords::{PasswordDesk, is_right};
use crate::pending::{Pending, PendingDesk};
use crate::signed::{SignedIn, locked_until, note_try};
use crate::{Pages, cookies};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use homepay_domain::access::{AccessRequest, NewSession, SignInProof};
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
    /// What ends the sign-in by a code, where the password was right.
    pending: String,
    can_passkeys: bool,
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
    let accounts = &pages.api.view().book.access.accounts;
    let can_passkeys = accounts.iter().any(|(_, account)| !account.passkeys.is_empty());
    let (p, pending) = (Page::stranger(pages, headers), String::new());
    let page = SignInPage { p, fault, next, pending, can_passkeys, asks_who, who };
    (status, show(&page)).into_response()
}

/// The member who has an account and whom somebody names; the only one where nobody is named.
pub(crate) fn named(book: &Book, who: &str) -> Option<Name> {
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
    State(waiting): State<PendingDesk>,
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
    let account = account.filter(|account| account.totp.is_some());
    if account.is_some() {
        let second = Pending::SecondFactor { member, hash: proven };
        let pending = waiting.begin(pages.api.clock.now(), second);
        return ask_code(&pages, &headers, pending, next, None);
    }
    let proven = SignInProof::Password { hash: proven, second: None };
    begin_session(&pages, &headers, member, proven, &next).await
}

/// Asks for the code of the app, or a recovery code.
fn ask_code(
    pages: &Pages,
    headers: &HeaderMap,
    pending: String,
    next: String,
    fault: Option<String>,
) -> Response {
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let p = Page::stranger(pages, headers);
    let next = local_path(&next);
    let page = SignInPage {
        p,
        fault,
        next,
        pending,
        can_passkeys: false,
        asks_who: false,
        who: String::new(),
    };
    (status, show(&page)).into_response()
}

#[derive(Deserialize)]
pub(crate) struct CodeForm {
    pending: String,
    code: String,
    #[serde(default)]
    next: String,
}

/// The second step of a sign-in: the code of the app, or a recovery code.
pub(crate) async fn second(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    State(waiting): State<PendingDesk>,
    headers: HeaderMap,
    FormFields(said): FormFields<CodeForm>,
) -> Response {
    let (page, now) = (Page::stranger(&pages, &headers), pages.api.clock.now());
    // One at a time: nobody tries many codes at once.
    let _permit = desk.turn().await;
    let Some(Pending::SecondFactor { member, hash }) = waiting.end(now, &said.pending) else {
        let late = (StatusCode::UNPROCESSABLE_ENTITY, Some(page.t("sign-in-late")));
        return again(&pages, &headers, late, String::new(), said.next);
    };
    if let Some(why) = locked_until(&pages, member.as_str(), &page) {
        let refused = (StatusCode::TOO_MANY_REQUESTS, Some(why));
        return again(&pages, &headers, refused, String::new(), said.next);
    }
    let account = pages.api.view().book.access.accounts.get(&member).cloned();
    let used = account.and_then(|account| proof_of(&account, &said.code, true, now));
    let Some(used) = used else {
        note_try(&pages, member.as_str()).await;
        let pending = waiting.begin(now, Pending::SecondFactor { member, hash });
        return ask_code(&pages, &headers, pending, said.next, Some(page.t("code-wrong")));
    };
    let proven = SignInProof::Password { hash, second: Some(used) };
    begin_session(&pages, &headers, member, proven, &said.next).await
}

async fn begin_session(
    pages: &Pages,
    headers: &HeaderMap,
    member: Name,
    proven: SignInProof,
    next: &str,
) -> Response {
    let page = Page::stranger(pages, headers);
    let (token, session) = new_session(headers);
    let access = AccessRequest::SignIn { member: member.clone(), proven, session: session.clone() };
    let actor = Actor::Member { member, session: session.id };
    match pages.api.decide(Event::AccessRequested { actor, access }).await {
        Ok(CommandOutcome::Done(_)) => signed_in(&token, &local_path(next)),
        Ok(_) => {
            let refused = (StatusCode::CONFLICT, Some(page.t("sign-in-again")));
            again(pages, headers, refused, String::new(), next.to_owned())
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
    (session_cookie(token), Redirect::to(next)).into_response()
}

/// The header that gives a browser its session.
pub(crate) fn session_cookie(token: &str) -> [(HeaderName, HeaderValue); 1] {
    [(header::SET_COOKIE, cookies::session(token))]
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
