//! Sessions belong to users: nobody takes another's over, and each user has a bounded number.

use mqtt5::broker::router::MessageRouter;
use mqtt5::broker::storage::ClientSession;
use mqtt5::broker::{DynamicStorage, StorageBackend};
use mqtt5::protocol::v5::reason_codes::ReasonCode;
use std::sync::Arc;

/// Sessions of one user, with those of clients that are away. A new one takes the place of the one
/// that is away longest.
const SESSIONS_OF_USER_MAX: usize = 8;

/// Why a session is not given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SessionRefusal {
    /// The client id is in use, or kept, under another user.
    #[error("its client id is the user {0}'s: give each client an id of its own")]
    Foreign(String),
    /// All of the user's sessions are connected.
    #[error("its user has {SESSIONS_OF_USER_MAX} sessions connected at once")]
    TooMany,
    /// They could not be looked at.
    #[error("the broker's state cannot be read: {0}")]
    Unknown(String),
}

impl SessionRefusal {
    /// What the client is told.
    pub(crate) fn code(&self) -> ReasonCode {
        match self {
            SessionRefusal::Foreign(_) => ReasonCode::ClientIdentifierNotValid,
            SessionRefusal::TooMany => ReasonCode::QuotaExceeded,
            SessionRefusal::Unknown(_) => ReasonCode::ServerUnavailable,
        }
    }
}

#[derive(Clone)]
pub(crate) struct Sessions {
    storage: Arc<DynamicStorage>,
    router: Arc<MessageRouter>,
}

impl Sessions {
    pub(crate) fn new(storage: Arc<DynamicStorage>, router: Arc<MessageRouter>) -> Sessions {
        Sessions { storage, router }
    }

    /// Whether a user may have the session of a client id. Makes room for a new one.
    pub(crate) async fn claim(&self, user: &str, client_id: &str) -> Result<(), SessionRefusal> {
        let unknown = |error: mqtt5::MqttError| SessionRefusal::Unknown(error.to_string());
        if let Some(session) = self.storage.get_session(client_id).await.map_err(unknown)? {
            return match session.user_id {
                Some(of) if of != user => Err(SessionRefusal::Foreign(of)),
                Some(_) | None => Ok(()),
            };
        }
        let mut own = self.of_user(user).await.map_err(unknown)?;
        if own.len() < SESSIONS_OF_USER_MAX {
            return Ok(());
        }
        let mut away = Vec::new();
        for session in own.drain(..) {
            if !self.router.is_connected(&session.client_id).await {
                away.push(session);
            }
        }
        let oldest = away.into_iter().min_by_key(|session| session.disconnected_at);
        let Some(oldest) = oldest else { return Err(SessionRefusal::TooMany) };
        self.forget(user, &oldest.client_id).await.map_err(unknown)
    }

    async fn of_user(&self, user: &str) -> mqtt5::Result<Vec<ClientSession>> {
        let mut own = Vec::new();
        for id in self.storage.session_client_ids().await? {
            let session = self.storage.get_session(&id).await?;
            own.extend(session.filter(|session| session.user_id.as_deref() == Some(user)));
        }
        Ok(own)
    }

    async fn forget(&self, user: &str, client_id: &str) -> mqtt5::Result<()> {
        tracing::warn!(user, client_id, "the user's oldest session makes room for a new one");
        self.storage.remove_session(client_id).await?;
        self.storage.remove_queued_messages(client_id).await?;
        self.storage.remove_all_inflight_messages(client_id).await?;
        // Subscriptions without a session go, too.
        self.router.sweep_sessions().await;
        Ok(())
    }
}
