//! An authenticator app: shown its secret, confirmed by its first code, taken away.

use super::{after, change, security_page};
use crate::Pages;
use crate::codes::{new_secret, otpauth, qr_path, step_of};
use crate::fields::FormFields;
use crate::page::{Page, show};
use crate::passwords::PasswordDesk;
use crate::pending::{Pending, PendingDesk};
use crate::signed::{ProofFields, SignedIn, changed, locked_until, note_try, prove};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use homepay_domain::access::CredentialChange;
use homepay_domain::household::Secret;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "totp.html")]
struct TotpPage {
    p: Page,
    fault: Option<String>,
    pending: String,
    /// In groups of four, as people type it.
    secret: String,
    link: String,
    width: i32,
    path: String,
}

fn totp_page(
    pages: &Pages,
    pending: &PendingDesk,
    signed: SignedIn,
    secret: Secret,
    fault: Option<String>,
) -> Response {
    let link = otpauth(&secret, signed.member.as_str()).unwrap_or_default();
    let (width, path) = qr_path(&link).unwrap_or_default();
    let text: Vec<char> = secret.expose().chars().collect();
    let groups: Vec<String> = text.chunks(4).map(|four| four.iter().collect()).collect();
    let what = Pending::TotpSecret { member: signed.member, secret };
    let pending = pending.begin(pages.api.clock.now(), what);
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let p = signed.page.at("security");
    let page = TotpPage { p, fault, pending, secret: groups.join(" "), link, width, path };
    (status, show(&page)).into_response()
}

pub(super) async fn begin(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    State(pending): State<PendingDesk>,
    signed: SignedIn,
    FormFields(proof): FormFields<ProofFields>,
) -> Response {
    match prove(&pages, &desk, &pending, &signed, proof).await {
        Ok(_) => totp_page(&pages, &pending, signed, new_secret(), None),
        Err(refused) => security_page(&pages, signed, Some((refused.status, refused.why))),
    }
}

#[derive(Deserialize)]
pub(super) struct ConfirmForm {
    pending: String,
    code: String,
}

pub(super) async fn confirm(
    State(pages): State<Pages>,
    State(pending): State<PendingDesk>,
    signed: SignedIn,
    FormFields(said): FormFields<ConfirmForm>,
) -> Response {
    if let Some(why) = locked_until(&pages, signed.member.as_str(), &signed.page) {
        return security_page(&pages, signed, Some((StatusCode::TOO_MANY_REQUESTS, why)));
    }
    let now = pages.api.clock.now();
    let secret = match pending.end(now, &said.pending) {
        Some(Pending::TotpSecret { member, secret }) if member == signed.member => secret,
        _ => {
            let why = signed.page.t("totp-late");
            return security_page(&pages, signed, Some((StatusCode::CONFLICT, why)));
        }
    };
    let Some(step) = step_of(&secret, &said.code, now) else {
        note_try(&pages, signed.member.as_str()).await;
        let why = signed.page.t("code-wrong");
        return totp_page(&pages, &pending, signed, secret, Some(why));
    };
    let told = changed(&pages, &signed, CredentialChange::TotpOn { secret, step }).await;
    after(&pages, signed, told)
}

pub(super) async fn remove(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    State(pending): State<PendingDesk>,
    signed: SignedIn,
    FormFields(proof): FormFields<ProofFields>,
) -> Response {
    change(&pages, (&desk, &pending), signed, proof, CredentialChange::TotpOff).await
}
