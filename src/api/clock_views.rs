//! How the books' time stands to the machine's clock, and an owner's word on it.

use super::Api;
use super::caller::Caller;
use super::control::{ApiError, ApiResult, JsonBody, told_answer};
use axum::Json;
use axum::extract::State;
use homepay_domain::event::Event;
use homepay_domain::timekeeper::{ClockStanding, ClockWitness};
use homepay_protocols::views::clock::ClockView;
use homepay_protocols::views::commands::CommandDone;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) async fn status(State(api): State<Api>) -> ApiResult<ClockView> {
    let times = (api.clock.now(), api.clock.wall());
    Ok(Json(ClockView::of(&api.home, times, api.clock.standing())))
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct AcceptBody {
    /// True takes a leap back that the books made.
    #[serde(default)]
    back: bool,
}

pub(super) async fn accept(
    State(api): State<Api>,
    Caller(actor): Caller,
    JsonBody(body): JsonBody<AcceptBody>,
) -> ApiResult<CommandDone> {
    let (from, standing) = (api.clock.now(), api.clock.standing());
    let by_ms = match (standing, body.back) {
        (ClockStanding::Ahead { by_ms }, false) => by_ms,
        (ClockStanding::Behind { by_ms }, true) => -by_ms,
        (ClockStanding::Behind { .. }, false) => {
            let why = "the machine's clock is behind the books: where it is right and the books \
                       leapt, take that back with `homepay clock accept --back`";
            return Err(ApiError::refused("wrong_state", why));
        }
        (ClockStanding::Ahead { .. }, true) => {
            let why = "the machine's clock is ahead of the books: there is nothing to take back. \
                       Where it is right, use `homepay clock accept`";
            return Err(ApiError::refused("wrong_state", why));
        }
        (ClockStanding::Agrees, _) => {
            return Err(ApiError::refused("wrong_state", "the clocks agree: nothing to accept"));
        }
    };
    let event = Event::ClockStepped { from, by_ms, actor, witness: ClockWitness::Owner };
    let told = api.decide(event).await?;
    told_answer(&api, told)
}
