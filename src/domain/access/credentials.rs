//! By what a member proves who they are, besides a password.

use crate::household::Secret;
use crate::time::UnixMs;
use serde::{Deserialize, Serialize};

/// How many passkeys a member may have.
pub const PASSKEYS_MAX: usize = 20;

/// How many recovery codes are made at a time.
pub const RECOVERY_CODES: usize = 10;

/// An authenticator app that shows a code every half minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotpSecret {
    /// What the app and the hub share, in base 32.
    pub secret: Secret,
    /// The step whose code was used last: no code is taken twice.
    pub last_step: u64,
    pub set_at: UnixMs,
}

/// A passkey: it belongs to the name under which the page was open when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyRecord {
    /// The credential's id, as base64 for the URL's alphabet.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    pub host: String,
    /// Its public key and counter, as the console's library writes them.
    pub record: Secret,
    pub added_at: UnixMs,
}

/// What was shown as a proof, and compared at the edge. What can be used once is compared again in the
/// turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProofUsed {
    /// The code of an app, of this step.
    Totp { step: u64 },
    /// A recovery code, by its hash.
    Recovery { hash: String },
    /// A passkey by its id, and how it stands after it signed.
    Passkey { id: String, record: Secret },
}

/// How somebody who signs in proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInProof {
    /// By the password: the hash that it was compared with, and what was shown besides.
    Password { hash: Secret, second: Option<ProofUsed> },
    /// By a passkey alone, which has the person verified.
    Passkey(ProofUsed),
}

/// A change of how a member proves who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialChange {
    Password(Secret),
    /// An app is set up: its first code, of this step, was right.
    TotpOn {
        secret: Secret,
        step: u64,
    },
    TotpOff,
    PasskeyAdded(Box<PasskeyRecord>),
    /// By the credential's id.
    PasskeyRemoved(String),
    /// New codes in the place of all before, by their hashes.
    RecoveryCodes(Vec<String>),
}
