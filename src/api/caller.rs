//! Who asks at the control socket.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use homepay_domain::actor::Actor;
use homepay_ports::LocalUser;
use std::convert::Infallible;

/// The user of this machine who sent a request, as the kernel tells it.
pub(super) struct Caller(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, Infallible> {
        let user = parts.extensions.get::<LocalUser>();
        Ok(Caller(user.map_or(Actor::System, |user| Actor::LocalUser { uid: user.0 })))
    }
}
