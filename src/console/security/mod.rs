//! The security centre: by what one signs in, and where one is signed in. Each part is a file of its own,
//! and a section of the page.

mod recovery;
mod sessions;
mod totp;

use crate::fields::FormFields;
use crate::page::{Page, show};
use crate::passwords::{PasswordDesk, fault_of, hashed};
use crate::pending::PendingDesk;
use crate::shown::time;
use crate::signed::{ProofFields, SignedIn, changed, prove};
use crate::{Pages, Shared, words};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use homepay_domain::access::CredentialChange;
use serde::Deserialize;
use sessions::SessionRow;

/// A passkey in the list.
struct PasskeyRow {
    id: String,
    name: String,
    host: String,
    added: String,
}

#[derive(Template)]
#[template(path = "security.html")]
struct SecurityPage {
    p: Page,
    fault: Option<String>,
    password_set: String,
    totp_set: String,
    recovery_left: usize,
    passkeys: Vec<PasskeyRow>,
    sessions: Vec<SessionRow>,
}

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/security", get(page))
        .route("/security/password", post(password))
        .route("/security/totp", post(totp::begin))
        .route("/security/totp/confirm", post(totp::confirm))
        .route("/security/totp/remove", post(totp::remove))
        .route("/security/recovery", post(recovery::make))
        .route("/security/passkeys/{id}/remove", post(remove_passkey))
        .route("/security/sessions/{id}/end", post(sessions::end))
}

async fn page(State(pages): State<Pages>, signed: SignedIn) -> Response {
    security_page(&pages, signed, None)
}

fn security_page(pages: &Pages, signed: SignedIn, fault: Option<(StatusCode, String)>) -> Response {
    let (view, now) = (pages.api.view(), pages.api.clock.now());
    let book = &view.book;
    let Some(account) = book.access.accounts.get(&signed.member) else {
        return Redirect::to("/sign-in").into_response();
    };
    let shown = |at| time(&book.home.zone, signed.page.lang, at, now);
    let row = |key: &homepay_domain::access::PasskeyRecord| PasskeyRow {
        id: key.id.clone(),
        name: key.name.clone(),
        host: key.host.clone(),
        added: shown(key.added_at),
    };
    let (status, fault) = fault.unzip();
    let page = SecurityPage {
        fault,
        password_set: shown(account.password_set_at),
        totp_set: account.totp.as_ref().map_or(String::new(), |totp| shown(totp.set_at)),
        recovery_left: account.recovery.len(),
        passkeys: account.passkeys.iter().map(row).collect(),
        sessions: sessions::rows(book, &signed, now),
        p: signed.page.at("security"),
    };
    (status.unwrap_or(StatusCode::OK), show(&page)).into_response()
}

/// Back to the page, with what was wrong where something was.
fn after(pages: &Pages, signed: SignedIn, told: Result<(), (StatusCode, String)>) -> Response {
    match told {
        Ok(()) => Redirect::to("/security").into_response(),
        Err(fault) => security_page(pages, signed, Some(fault)),
    }
}

/// Changes what one signs in by once somebody proved anew who they are.
async fn change(
    pages: &Pages,
    (desk, pending): (&PasswordDesk, &PendingDesk),
    signed: SignedIn,
    proof: ProofFields,
    change: CredentialChange,
) -> Response {
    if let Err(refused) = prove(pages, desk, pending, &signed, proof).await {
        return security_page(pages, signed, Some((refused.status, refused.why)));
    }
    let told = changed(pages, &signed, change).await;
    after(pages, signed, told)
}

#[derive(Deserialize)]
struct PasswordForm {
    next: String,
    #[serde(flatten)]
    proof: ProofFields,
}

async fn password(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    State(pending): State<PendingDesk>,
    signed: SignedIn,
    FormFields(said): FormFields<PasswordForm>,
) -> Response {
    if let Some((fault, chars)) = fault_of(&said.next) {
        let why = words::put(signed.page.lang, fault, &[("n", chars.into())]);
        return security_page(&pages, signed, Some((StatusCode::UNPROCESSABLE_ENTITY, why)));
    }
    if let Err(refused) = prove(&pages, &desk, &pending, &signed, said.proof).await {
        return security_page(&pages, signed, Some((refused.status, refused.why)));
    }
    let made = match desk.turn().await {
        Some(permit) => hashed(&permit, said.next).await,
        None => None,
    };
    let Some(made) = made else {
        return signed.page.problem(StatusCode::INTERNAL_SERVER_ERROR, "failed");
    };
    let told = changed(&pages, &signed, CredentialChange::Password(made)).await;
    after(&pages, signed, told)
}

async fn remove_passkey(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    State(pending): State<PendingDesk>,
    signed: SignedIn,
    Path(id): Path<String>,
    FormFields(proof): FormFields<ProofFields>,
) -> Response {
    change(&pages, (&desk, &pending), signed, proof, CredentialChange::PasskeyRemoved(id)).await
}
