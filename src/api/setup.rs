//! The setup code: whoever reads it at the hub's machine may give an owner a password.

use super::Api;
use super::caller::Caller;
use super::control::{ApiError, ApiResult, told_answer};
use axum::Json;
use axum::extract::State;
use homepay_domain::access::AccessRequest;
use homepay_domain::event::Event;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use subtle::ConstantTimeEq;

/// How many different setup codes there are: six digits.
const SETUP_CODES: u128 = 1_000_000;

/// The code that is offered, in memory alone: it ends with the daemon.
#[derive(Default)]
pub struct SetupDesk(Mutex<Option<SetupOffer>>);

/// A code, and what it is for.
#[derive(Clone)]
pub struct SetupOffer {
    pub code: String,
    /// True where `homepay owner reset` asked for it: it counts though there is an account.
    pub is_reset: bool,
}

impl SetupDesk {
    fn offer(&self) -> MutexGuard<'_, Option<SetupOffer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a code of random bytes, in the place of the one before.
    pub fn make(&self, random: [u8; 16], is_reset: bool) -> String {
        let code = format!("{:06}", u128::from_le_bytes(random) % SETUP_CODES);
        *self.offer() = Some(SetupOffer { code: code.clone(), is_reset });
        code
    }

    /// What a code allows, where it is the right one.
    pub fn check(&self, said: &str) -> Option<SetupOffer> {
        let said: String = said.chars().filter(|c| !c.is_whitespace()).collect();
        self.offer().clone().filter(|offer| offer.code.as_bytes().ct_eq(said.as_bytes()).into())
    }

    /// Ends the offer: it was used.
    pub fn close(&self) {
        *self.offer() = None;
    }

    /// True while a code would be taken.
    pub fn is_open(&self) -> bool {
        self.offer().is_some()
    }
}

/// A setup code was made; the one before is void.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SetupCodeView {
    /// Six digits, to be typed at the console's `/setup`.
    code: String,
}

pub(super) async fn owner_reset(
    State(api): State<Api>,
    Caller(actor): Caller,
) -> ApiResult<SetupCodeView> {
    let access = AccessRequest::OfferSetup;
    let told = api.decide(Event::AccessRequested { actor, access }).await?;
    let _ = told_answer(&api, told)?;
    Ok::<_, ApiError>(Json(SetupCodeView { code: api.setup.make((api.nonce)(), true) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_code_counts_and_only_until_it_was_used() {
        let desk = SetupDesk::default();
        assert!(desk.check("").is_none() && !desk.is_open());
        let first = desk.make([7; 16], false);
        let second = desk.make([9; 16], true);
        assert_eq!(second.len(), 6);
        assert!(desk.check(&first).is_none());
        let spaced = format!(" {} {}", &second[..3], &second[3..]);
        assert!(desk.check(&spaced).is_some_and(|offer| offer.is_reset));
        desk.close();
        assert!(desk.check(&second).is_none());
    }
}
