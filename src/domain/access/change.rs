//! What changes of accounts and sessions, as the journal tells it: without what is secret.

use super::{Account, BrowserSession, SessionId};
use crate::ids::Name;
use crate::time::UnixMs;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// One change of [`super::AccessBook`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum AccessChange {
    /// How a member proves who they are is new.
    Account {
        member: Name,
        /// Not journalled: it holds the password's hash.
        #[serde(skip)]
        account: Option<Box<Account>>,
        /// SHA-256 of its document, as hex.
        hash: String,
    },
    /// Somebody signed in, or a session is over.
    Session { id: SessionId, session: BrowserSession },
    /// Wrong tries that count by now; none after a right one.
    Tries { subject: Arc<str>, at: Vec<UnixMs> },
    /// Whether the console answers the home's network, too.
    Reach { is_open: bool },
    /// A new setup code was asked for. The code itself is kept nowhere.
    SetupOffered { at: UnixMs },
}

impl AccessChange {
    /// A member's account as it is from now on.
    #[must_use]
    pub fn account(member: Name, account: Account) -> AccessChange {
        let hash = hex::encode(Sha256::digest(document(&account)));
        AccessChange::Account { member, account: Some(Box::new(account)), hash }
    }

    /// What a table keeps of it: the kind of row, its id and its document.
    #[must_use]
    pub fn row(&self) -> Option<(&'static str, String, String)> {
        match self {
            AccessChange::Account { member, account, .. } => {
                let account = account.as_ref()?;
                Some(("account", member.to_string(), document(account)))
            }
            AccessChange::Session { id, session } => {
                Some(("session", id.to_string(), document(session)))
            }
            AccessChange::Tries { subject, at } => {
                Some(("tries", subject.to_string(), document(at)))
            }
            AccessChange::Reach { is_open } => {
                Some(("reach", "network".to_owned(), document(is_open)))
            }
            AccessChange::SetupOffered { .. } => None,
        }
    }

    /// The kind, the id and the hash of the document that a table must have after it.
    #[must_use]
    pub fn told(&self) -> Option<(&'static str, String, String)> {
        if let AccessChange::Account { member, hash, .. } = self {
            return Some(("account", member.to_string(), hash.clone()));
        }
        let (kind, id, document) = self.row()?;
        Some((kind, id, hex::encode(Sha256::digest(document))))
    }
}

fn document<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
