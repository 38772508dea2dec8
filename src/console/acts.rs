//! What a form wishes of the books, and how a refusal is said.

use crate::Pages;
use crate::order_acts::refusal_words;
use crate::passwords::PasswordDesk;
use crate::pending::PendingDesk;
use crate::signed::{ProofFields, SignedIn, prove};
use axum::http::StatusCode;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::OwnerCommand;

/// Why a form did nothing, with the words for its reader.
pub(crate) type Undone = (StatusCode, String);

/// Lets the books decide a wish.
pub(crate) async fn wished(
    pages: &Pages,
    signed: &SignedIn,
    wish: OwnerCommand,
) -> Result<(), Undone> {
    match pages.api.wish(signed.actor(), wish).await {
        Ok(CommandOutcome::Refused { code, why }) => {
            Err((StatusCode::CONFLICT, refusal_words(&signed.page, code, &why)))
        }
        Ok(_) => Ok(()),
        Err(_) => Err((StatusCode::SERVICE_UNAVAILABLE, signed.page.t("error-stopping"))),
    }
}

/// The same after a proof of who says it.
pub(crate) async fn proven_wish(
    pages: &Pages,
    (desk, pending): (&PasswordDesk, &PendingDesk),
    signed: &SignedIn,
    (proof, wish): (ProofFields, OwnerCommand),
) -> Result<(), Undone> {
    match prove(pages, desk, pending, signed, proof).await {
        Ok(_) => wished(pages, signed, wish).await,
        Err(refused) => Err((refused.status, refused.why)),
    }
}
