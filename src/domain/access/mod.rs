//! Who may sign in at the console: accounts, sessions, and how often a password was wrong.
//!
//! Another way to prove who one is is a field of [`Account`], a variant of [`ProofUsed`] and one of
//! [`CredentialChange`] (`credentials.rs`, `decide/credentials.rs`); the tables and their check need
//! nothing new.

mod change;
mod credentials;

pub use change::AccessChange;
pub use credentials::{
    CredentialChange, PASSKEYS_MAX, PasskeyRecord, ProofUsed, RECOVERY_CODES, SignInProof,
    TotpSecret,
};

use super::household::Secret;
use super::ids::Name;
use super::shared_map::SharedMap;
use super::time::UnixMs;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Wrong tries within [`TRY_SPAN_S`] that are too many.
pub const TRIES_MAX: usize = 5;

/// How long a wrong try counts, in seconds.
pub const TRY_SPAN_S: i64 = 900;

/// How long a session lasts from its sign-in, in seconds: 90 days.
pub const BROWSER_SESSION_S: i64 = 90 * 86_400;

/// How many sessions a member has at most; the oldest makes room.
pub const BROWSER_SESSIONS_MAX: usize = 20;

/// What wrong setup codes are counted under; members' ids are in lower case.
pub const SETUP_SUBJECT: &str = "SETUP";

/// SHA-256 of a session's token, as hex: the token itself is kept by the browser alone.
pub type SessionId = Arc<str>;

/// How a member proves who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The password's Argon2id hash, as a PHC string.
    pub password: Secret,
    pub password_set_at: UnixMs,
    /// The authenticator app, where one is set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp: Option<TotpSecret>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passkeys: Vec<PasskeyRecord>,
    /// Hashes of the recovery codes that are left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recovery: Vec<String>,
}

impl Account {
    /// An account with nothing but a password.
    #[must_use]
    pub fn new(password: Secret, password_set_at: UnixMs) -> Account {
        Account {
            password,
            password_set_at,
            totp: None,
            passkeys: Vec::new(),
            recovery: Vec::new(),
        }
    }
}

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowserSession {
    pub member: Name,
    /// What the browser calls itself.
    pub agent: String,
    pub began_at: UnixMs,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<UnixMs>,
}

impl BrowserSession {
    /// True while it may be used.
    #[must_use]
    pub fn is_live(&self, at: UnixMs) -> bool {
        self.ended_at.is_none() && at < self.began_at.plus_s(BROWSER_SESSION_S)
    }
}

/// A session to be: its token was made at the edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    pub id: SessionId,
    /// What the browser calls itself, clipped.
    pub agent: String,
}

/// What is asked of the accounts. Passwords and codes were compared at the edge, beside the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessRequest {
    /// The setup code was right: an owner gets an account, and is signed in.
    SetUp {
        /// Which owner; none = the only one, or one to be made.
        member: Option<Name>,
        /// What an owner to be made is called.
        name: String,
        password: Secret,
        session: NewSession,
        /// True where the code was asked for by `homepay owner reset`.
        is_reset: bool,
    },
    /// A member proved who they are.
    SignIn { member: Name, proven: SignInProof, session: NewSession },
    /// A password or a setup code was wrong.
    Tried { subject: Arc<str> },
    /// Whoever is signed in proved anew who they are: what can be used once is used.
    Proved(ProofUsed),
    /// Whoever is signed in, and proved anew who they are, changes how they do.
    Change(CredentialChange),
    /// A session is over, by its own browser or by another one of the member's.
    SignOut { session: SessionId },
    /// Somebody at the hub's machine asked for a new setup code.
    OfferSetup,
    /// Whether the console shall answer the home's network, too.
    Reach { is_open: bool },
}

/// Accounts, sessions and wrong tries of a home.
#[derive(Clone, Debug, Default)]
pub struct AccessBook {
    pub accounts: SharedMap<Name, Account>,
    /// Those that are not over.
    pub sessions: SharedMap<SessionId, BrowserSession>,
    /// When a password or code was wrong lately, by the member or [`SETUP_SUBJECT`].
    pub tries: SharedMap<Arc<str>, Vec<UnixMs>>,
    /// True where the console answers the home's network, and not this machine alone.
    pub is_open: bool,
}

impl AccessBook {
    /// Moves the book by one change.
    pub fn apply(&mut self, change: &AccessChange) {
        match change {
            AccessChange::Account { member, account, .. } => {
                if let Some(account) = account {
                    self.accounts.insert(member.clone(), (**account).clone());
                }
            }
            AccessChange::Session { id, session } => {
                if session.ended_at.is_some() {
                    self.sessions.remove(&**id);
                } else {
                    self.sessions.insert(id.clone(), session.clone());
                }
            }
            AccessChange::Tries { subject, at } => {
                if at.is_empty() {
                    self.tries.remove(&**subject);
                } else {
                    self.tries.insert(subject.clone(), at.clone());
                }
            }
            AccessChange::Reach { is_open } => self.is_open = *is_open,
            AccessChange::SetupOffered { .. } => {}
        }
    }

    /// A session that may be used, by its token's hash.
    #[must_use]
    pub fn live(&self, id: &str, at: UnixMs) -> Option<&BrowserSession> {
        self.sessions.get(id).filter(|session| session.is_live(at))
    }

    /// Wrong tries that still count.
    #[must_use]
    pub fn recent_tries(&self, subject: &str, at: UnixMs) -> Vec<UnixMs> {
        let since = at.plus_s(-TRY_SPAN_S);
        let tries = self.tries.get(subject).into_iter().flatten();
        tries.filter(|tried| **tried > since).copied().collect()
    }

    /// Until when nobody may try again, where there were too many wrong tries.
    #[must_use]
    pub fn locked_until(&self, subject: &str, at: UnixMs) -> Option<UnixMs> {
        let tries = self.recent_tries(subject, at);
        let first = tries.len().checked_sub(TRIES_MAX)?;
        tries.get(first).map(|tried| tried.plus_s(TRY_SPAN_S))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_tries_lock_until_the_first_of_them_is_a_quarter_of_an_hour_old() {
        let mut book = AccessBook::default();
        let subject: Arc<str> = "mum".into();
        let at: Vec<UnixMs> = (0..5).map(|minute| UnixMs(0).plus_s(minute * 60)).collect();
        let four = AccessChange::Tries { subject: subject.clone(), at: at[..4].to_vec() };
        book.apply(&four);
        assert_eq!(book.locked_until("mum", at[4]), None);
        book.apply(&AccessChange::Tries { subject: subject.clone(), at: at.clone() });
        let until = UnixMs(0).plus_s(TRY_SPAN_S);
        assert_eq!(book.locked_until("mum", at[4]), Some(until));
        assert_eq!(book.locked_until("mum", until), None);
        assert_eq!(book.locked_until("dad", at[4]), None);
        book.apply(&AccessChange::Tries { subject, at: Vec::new() });
        assert_eq!(book.locked_until("mum", at[4]), None);
    }

    #[test]
    fn a_session_is_live_for_ninety_days_and_not_once_it_ended() {
        let mut book = AccessBook::default();
        let session = BrowserSession {
            member: Name::parse("mum").expect("an id"),
            agent: "A browser".to_owned(),
            began_at: UnixMs(0),
            ended_at: None,
        };
        let id: SessionId = "abcd".into();
        book.apply(&AccessChange::Session { id: id.clone(), session: session.clone() });
        assert!(book.live("abcd", UnixMs(1)).is_some() && book.live("abce", UnixMs(1)).is_none());
        assert!(book.live("abcd", UnixMs(0).plus_s(BROWSER_SESSION_S)).is_none());
        let ended_at = Some(UnixMs(5));
        book.apply(&AccessChange::Session { id, session: BrowserSession { ended_at, ..session } });
        assert!(book.live("abcd", UnixMs(6)).is_none());
    }

    #[test]
    fn the_journal_has_no_password_and_its_hash_is_that_of_the_document() {
        let account = Account::new(Secret::new("$argon2id$secret"), UnixMs(7));
        let change = AccessChange::account(Name::parse("mum").expect("an id"), account);
        let told = serde_json::to_string(&change).expect("plain values");
        assert!(!told.contains("argon2") && !told.contains("secret"), "{told}");
        let read: AccessChange = serde_json::from_str(&told).expect("as it was written");
        assert_eq!((read.row(), read.told()), (None, change.told()));
        assert!(change.row().is_some_and(|(_, _, doc)| doc.contains("$argon2id$secret")));
    }
}
