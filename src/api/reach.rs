//! Whether the console answers the home's network, too, and how one gets there.

use super::Api;
use super::caller::Caller;
use super::control::{ApiError, ApiResult, told_answer};
use axum::Json;
use axum::extract::State;
use homepay_domain::access::AccessRequest;
use homepay_domain::actor::Actor;
use homepay_domain::event::Event;
use homepay_ports::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;

/// The console's way into the home's network.
pub trait ConsoleReach: Send + Sync {
    /// Listens there, or no longer; says why it cannot.
    fn follow(&self, is_open: bool) -> BoxFuture<'_, Result<(), String>>;
    fn stands(&self) -> ReachView;
    /// The home's own certificate authority as PEM, where the console shows its certificates.
    fn authority(&self) -> Option<String>;
}

/// How the console is reached from the home's network.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct ReachView {
    pub open: bool,
    /// Where its pages are, over TLS.
    pub addresses: Vec<String>,
    /// Where a phone that does not know the home's certificates is led through it, without TLS.
    pub trust: Vec<String>,
    /// SHA-256 of the home's own certificate authority, pairs of hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

pub(super) async fn status(State(api): State<Api>) -> Json<ReachView> {
    Json(api.reach.stands())
}

pub(super) async fn open(State(api): State<Api>, Caller(actor): Caller) -> ApiResult<ReachView> {
    set(&api, actor, true).await
}

pub(super) async fn close(State(api): State<Api>, Caller(actor): Caller) -> ApiResult<ReachView> {
    set(&api, actor, false).await
}

/// The network first, then the books: what cannot be opened is not kept as open. What is to be closed
/// is closed whatever the books say.
async fn set(api: &Api, actor: Actor, is_open: bool) -> ApiResult<ReachView> {
    let followed = api.reach.follow(is_open).await;
    followed.map_err(|why| ApiError::refused("wrong_state", why))?;
    let access = AccessRequest::Reach { is_open };
    let decided = api.decide(Event::AccessRequested { actor, access }).await;
    let kept = decided.map_err(ApiError::from).and_then(|told| told_answer(api, told));
    if let (Err(fault), true) = (kept, is_open) {
        let _ = api.reach.follow(false).await;
        return Err(fault);
    }
    Ok(Json(api.reach.stands()))
}
