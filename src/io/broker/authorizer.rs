//! Asks our own users' list whatever `mqtt5` wants to know about a client.

use super::connections;
use super::sessions::Sessions;
use super::users::Users;
use arc_swap::ArcSwap;
use mqtt5::Result;
use mqtt5::broker::{AuthProvider, AuthResult};
use mqtt5::packet::connect::ConnectPacket;
use mqtt5::protocol::v5::reason_codes::ReasonCode;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A wrong password costs this much, per connection: guessing over a network is slow anyway.
const REFUSAL_DELAY: Duration = Duration::from_millis(100);

type AuthFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub(crate) struct Authorizer {
    users: Arc<ArcSwap<Users>>,
    sessions: Sessions,
}

impl Authorizer {
    pub(crate) fn new(users: Arc<ArcSwap<Users>>, sessions: Sessions) -> Authorizer {
        Authorizer { users, sessions }
    }

    /// Lets a user in whose password is right, if the session is theirs, or there is room for it.
    async fn admit(&self, name: &str, client_id: &str, client_addr: SocketAddr) -> AuthResult {
        if !connections::has_room_for(name) {
            metrics::counter!("homepay_broker_refused_total", "what" => "connection").increment(1);
            tracing::warn!(%client_addr, user = name, "a user has too many connections at once");
            return AuthResult::fail(ReasonCode::QuotaExceeded);
        }
        match self.sessions.claim(name, client_id).await {
            Ok(()) => AuthResult::success_with_user(name),
            Err(why) => {
                metrics::counter!("homepay_broker_refused_total", "what" => "session").increment(1);
                tracing::warn!(%client_addr, user = name, client_id, "a client was refused: {why}");
                AuthResult::fail(why.code())
            }
        }
    }
}

impl AuthProvider for Authorizer {
    fn authenticate<'a>(
        &'a self,
        connect: &'a ConnectPacket,
        client_addr: SocketAddr,
    ) -> AuthFuture<'a, Result<AuthResult>> {
        Box::pin(async move {
            let name = connect.username.as_deref().unwrap_or("");
            let password = connect.password.as_deref().unwrap_or(&[]);
            // Named before it is looked up: whoever is let in by a list that is being replaced
            // is found, and cut, by the replacement.
            connections::name_current(name);
            if self.users.load().accepts(name, password) {
                connections::admitted();
                return Ok(self.admit(name, &connect.client_id, client_addr).await);
            }
            metrics::counter!("homepay_broker_refused_total", "what" => "login").increment(1);
            tracing::warn!(%client_addr, "a client was refused: unknown user or wrong password");
            tokio::time::sleep(REFUSAL_DELAY).await;
            Ok(AuthResult::fail(ReasonCode::BadUsernameOrPassword))
        })
    }

    fn authorize_publish<'a>(
        &'a self,
        _client_id: &str,
        user_id: Option<&'a str>,
        topic: &'a str,
    ) -> AuthFuture<'a, bool> {
        let yes = user_id.is_some_and(|user| self.users.load().may_publish(user, topic));
        if !yes {
            // MQTT 3.1.1 has no way to say no: the client gets a PUBACK and its message goes
            // nowhere, so it must be seen here.
            metrics::counter!("homepay_broker_refused_total", "what" => "publish").increment(1);
            tracing::warn!(?user_id, topic, "a client may not publish there");
        }
        Box::pin(std::future::ready(yes))
    }

    fn authorize_subscribe<'a>(
        &'a self,
        _client_id: &str,
        user_id: Option<&'a str>,
        topic_filter: &'a str,
    ) -> AuthFuture<'a, bool> {
        let yes = user_id.is_some_and(|user| self.users.load().may_subscribe(user, topic_filter));
        if !yes {
            metrics::counter!("homepay_broker_refused_total", "what" => "subscribe").increment(1);
            tracing::warn!(?user_id, topic_filter, "a client may not listen there");
        }
        Box::pin(std::future::ready(yes))
    }
}
