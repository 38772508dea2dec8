//! What an owner does with an order.

use crate::Pages;
use crate::fields::FormFields;
use crate::orders::order_page;
use crate::page::Page;
use crate::passwords::PasswordDesk;
use crate::pending::PendingDesk;
use crate::signed::{ProofFields, SignedIn, prove};
use crate::words;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use homepay_domain::approval::ApprovalProof;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::OwnerCommand;
use homepay_domain::ids::OrderId;
use homepay_domain::reply::Code;
use serde::Deserialize;

/// What the books refuse, in the page's language.
pub(crate) fn refusal_words(page: &Page, code: Code, why: &str) -> String {
    let id = format!("refused-{}", code.as_str());
    if words::has(page.lang, &id) { page.t(&id) } else { page.with("refused", &[("why", why)]) }
}

async fn act(
    pages: &Pages,
    signed: SignedIn,
    id: &str,
    wish: impl FnOnce(OrderId) -> OwnerCommand,
) -> Response {
    let Ok(order) = OrderId::parse(id) else {
        return signed.page.problem(StatusCode::NOT_FOUND, "absent");
    };
    match pages.api.wish(signed.actor(), wish(order)).await {
        Ok(CommandOutcome::Refused { code, why }) => {
            let why = refusal_words(&signed.page, code, &why);
            order_page(pages, signed.page, id, Some((StatusCode::CONFLICT, why))).await
        }
        Ok(_) => Redirect::to(&format!("/orders/{id}")).into_response(),
        Err(_) => signed.page.problem(StatusCode::SERVICE_UNAVAILABLE, "stopping"),
    }
}

#[derive(Deserialize)]
pub(crate) struct ApproveForm {
    /// What the page showed.
    #[serde(default)]
    looked_at: String,
    #[serde(flatten)]
    proof: ProofFields,
}

/// A yes moves money: whoever says it proves anew who they are.
pub(crate) async fn approve(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    State(pending): State<PendingDesk>,
    signed: SignedIn,
    Path(id): Path<String>,
    FormFields(mut said): FormFields<ApproveForm>,
) -> Response {
    // A passkey signs the order itself, not a form: see `passkeys.rs`.
    said.proof.proof.clear();
    match prove(&pages, &desk, &pending, &signed, said.proof).await {
        Ok(by) => {
            let proof = Box::new(ApprovalProof { looked_at: said.looked_at, by });
            act(&pages, signed, &id, |order| OwnerCommand::ApproveProven(order, proof)).await
        }
        Err(refused) => {
            order_page(&pages, signed.page, &id, Some((refused.status, refused.why))).await
        }
    }
}

pub(crate) async fn reject(
    State(pages): State<Pages>,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Response {
    act(&pages, signed, &id, OwnerCommand::Reject).await
}

pub(crate) async fn cancel(
    State(pages): State<Pages>,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Response {
    act(&pages, signed, &id, OwnerCommand::Cancel).await
}

#[derive(Deserialize)]
pub(crate) struct RefundForm {
    #[serde(default)]
    amount: String,
}

pub(crate) async fn refund(
    State(pages): State<Pages>,
    signed: SignedIn,
    Path(id): Path<String>,
    FormFields(said): FormFields<RefundForm>,
) -> Response {
    let text = said.amount.trim();
    let amount = if text.is_empty() {
        None
    } else {
        match pages.api.home.currency.parse(text) {
            Ok(amount) => Some(amount),
            Err(_) => {
                let why = signed.page.t("amount-bad");
                let fault = Some((StatusCode::UNPROCESSABLE_ENTITY, why));
                return order_page(&pages, signed.page, &id, fault).await;
            }
        }
    };
    act(&pages, signed, &id, |order| OwnerCommand::Refund(order, amount)).await
}
