//! Recovery codes: made, shown once, and kept as hashes.

use super::security_page;
use crate::Pages;
use crate::codes::{new_recovery_codes, recovery_hash};
use crate::fields::FormFields;
use crate::page::{Page, show};
use crate::passwords::PasswordDesk;
use crate::pending::PendingDesk;
use crate::signed::{ProofFields, SignedIn, changed, prove};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use homepay_domain::access::CredentialChange;

#[derive(Template)]
#[template(path = "recovery.html")]
struct RecoveryPage {
    p: Page,
    codes: Vec<String>,
}

pub(super) async fn make(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    State(pending): State<PendingDesk>,
    signed: SignedIn,
    FormFields(proof): FormFields<ProofFields>,
) -> Response {
    if let Err(refused) = prove(&pages, &desk, &pending, &signed, proof).await {
        return security_page(&pages, signed, Some((refused.status, refused.why)));
    }
    let codes = new_recovery_codes();
    let hashes = codes.iter().map(|code| recovery_hash(code)).collect();
    match changed(&pages, &signed, CredentialChange::RecoveryCodes(hashes)).await {
        Ok(()) => show(&RecoveryPage { p: signed.page.at("security"), codes }),
        Err(fault) => security_page(&pages, signed, Some(fault)),
    }
}
