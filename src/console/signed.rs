//! Who is signed in: pages that need somebody take [`SignedIn`]; without it one is led to sign in.

use crate::codes::proof_of;
use crate::order_acts::refusal_words;
use crate::page::Page;
use crate::passwords::{PasswordDesk, is_right};
use crate::pending::{Pending, PendingDesk};
use crate::{Pages, Shared, cookies, shown};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use homepay_domain::access::{AccessRequest, CredentialChange, SessionId};
use homepay_domain::actor::Actor;
use homepay_domain::approval::ProofKind;
use homepay_domain::decide::access::has_owner;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::Event;
use homepay_domain::ids::Name;
use homepay_ports::OverTls;
use serde::Deserialize;
use std::sync::Arc;

/// A member with a session that is good.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub member: Name,
    pub session: SessionId,
    /// The frame for the page that is asked for.
    pub page: Page,
}

impl SignedIn {
    /// True while the session is not over: what is followed ends with it.
    pub fn is_still(&self, pages: &Pages) -> bool {
        let view = pages.api.view();
        view.book.access.live(&self.session, view.book.time(pages.api.clock.now())).is_some()
    }

    pub fn actor(&self) -> Actor {
        Actor::Member { member: self.member.clone(), session: self.session.clone() }
    }
}

impl FromRequestParts<Shared> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let (pages, headers) = (&shared.pages, &parts.headers);
        let view = pages.api.view();
        let at = view.book.time(pages.api.clock.now());
        let token = cookies::read(headers, cookies::SESSION).filter(|token| !token.is_empty());
        let session = token.map(cookies::session_id);
        let is_of_the_home = |member: &Name| view.book.household.members.contains_key(member);
        let live = session.and_then(|id| {
            let member = view.book.access.live(&id, at)?.member.clone();
            is_of_the_home(&member).then_some((member, id))
        });
        if let Some((member, session)) = live {
            let is_over_tls = parts.extensions.get::<OverTls>().is_some();
            let page = Page::member(pages, headers, (&member, is_over_tls));
            return Ok(SignedIn { member, session, page });
        }
        if !has_owner(&view.book) {
            return Err(Redirect::to("/setup").into_response());
        }
        let is_page = parts.method == Method::GET && !parts.uri.path().starts_with("/live/");
        let next = if is_page { parts.uri.path() } else { "/" };
        Err(Redirect::to(&format!("/sign-in?next={next}")).into_response())
    }
}

/// Why a proof was not taken.
pub(crate) struct ProofRefused {
    pub status: StatusCode,
    /// What to say, in the page's language.
    pub why: String,
}

/// What a form carries as a proof: one of them.
#[derive(Default, Deserialize)]
pub(crate) struct ProofFields {
    #[serde(default)]
    pub password: String,
    /// Of the authenticator app.
    #[serde(default)]
    pub code: String,
    /// What a passkey's signature was taken for: good for one form.
    #[serde(default)]
    pub proof: String,
}

/// Whether a member proves anew who they are: by a passkey, by their app, or by their password. A wrong
/// one counts as a try.
pub(crate) async fn prove(
    pages: &Pages,
    desk: &PasswordDesk,
    pending: &PendingDesk,
    signed: &SignedIn,
    fields: ProofFields,
) -> Result<ProofKind, ProofRefused> {
    let (member, page) = (&signed.member, &signed.page);
    let permit = desk.turn().await;
    if let Some(why) = locked_until(pages, member.as_str(), page) {
        return Err(ProofRefused { status: StatusCode::TOO_MANY_REQUESTS, why });
    }
    let ProofFields { password, code, proof } = fields;
    let account = pages.api.view().book.access.accounts.get(member).cloned();
    let refused = |id: &str| ProofRefused { status: StatusCode::FORBIDDEN, why: page.t(id) };
    if proof.is_empty() && code.is_empty() && password.is_empty() {
        // Nothing was tried.
        let (status, why) = (StatusCode::UNPROCESSABLE_ENTITY, page.t("error-form"));
        return Err(ProofRefused { status, why });
    }
    if !proof.is_empty() {
        return match pending.end(pages.api.clock.now(), &proof) {
            Some(Pending::Proven { member: by }) if by == *member => Ok(ProofKind::Password),
            _ => Err(refused("passkey-late")),
        };
    }
    if !code.is_empty() {
        let now = pages.api.clock.now();
        let used = account.and_then(|of| proof_of(&of, &code, false, now));
        let Some(used) = used else {
            note_try(pages, member.as_str()).await;
            return Err(refused("code-wrong"));
        };
        let access = AccessRequest::Proved(used);
        let event = Event::AccessRequested { actor: signed.actor(), access };
        return match pages.api.decide(event).await {
            Ok(CommandOutcome::Done(_)) => Ok(ProofKind::Totp),
            Ok(_) => Err(refused("code-used")),
            Err(_) => Err(refused("error-stopping")),
        };
    }
    let hash = account.map(|account| account.password);
    let proven = match &permit {
        Some(permit) => is_right(permit, hash, password).await,
        None => false,
    };
    if proven {
        return Ok(ProofKind::Password);
    }
    note_try(pages, member.as_str()).await;
    Err(refused("password-wrong"))
}

/// Changes by what the member proves who they are; what to say where that is refused.
pub(crate) async fn changed(
    pages: &Pages,
    signed: &SignedIn,
    change: CredentialChange,
) -> Result<(), (StatusCode, String)> {
    let access = AccessRequest::Change(change);
    match pages.api.decide(Event::AccessRequested { actor: signed.actor(), access }).await {
        Ok(CommandOutcome::Refused { code, why }) => {
            Err((StatusCode::CONFLICT, refusal_words(&signed.page, code, &why)))
        }
        Ok(_) => Ok(()),
        Err(_) => Err((StatusCode::SERVICE_UNAVAILABLE, signed.page.t("error-stopping"))),
    }
}

/// What is said where nobody may try again yet.
pub(crate) fn locked_until(pages: &Pages, subject: &str, page: &Page) -> Option<String> {
    let (view, now) = (pages.api.view(), pages.api.clock.now());
    let until = view.book.access.locked_until(subject, view.book.time(now))?;
    let until = shown::time(&view.book.home.zone, page.lang, until, now);
    Some(page.with("password-locked", &[("until", &until)]))
}

/// A wrong try stands in the books.
pub(crate) async fn note_try(pages: &Pages, subject: &str) {
    let access = AccessRequest::Tried { subject: Arc::from(subject) };
    // Where the daemon is stopping nothing is let in either.
    let _ = pages.api.decide(Event::AccessRequested { actor: Actor::System, access }).await;
}
