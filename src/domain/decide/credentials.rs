//! What members prove who they are by: used, added and taken away.

use super::access::{done, ended};
use super::answer::raise;
use crate::access::{
    AccessChange, Account, CredentialChange, PASSKEYS_MAX, ProofUsed, SignInProof, TotpSecret,
};
use crate::actor::Actor;
use crate::alert::{Alert, AlertKind, Severity};
use crate::book::Book;
use crate::decision::Decision;
use crate::ids::Name;
use crate::reply::Code;
use crate::time::UnixMs;

/// An account once somebody signed in, where that changes it; why they may not, else.
pub(super) fn signed_in(
    account: &Account,
    proven: &SignInProof,
) -> Result<Option<Account>, (Code, &'static str)> {
    match proven {
        SignInProof::Password { hash, .. } if *hash != account.password => {
            Err((Code::Forbidden, "the password was changed meanwhile"))
        }
        SignInProof::Password { second: None, .. } if account.totp.is_some() => {
            Err((Code::Forbidden, "a code of the authenticator app is needed, too"))
        }
        SignInProof::Password { second: None, .. } => Ok(None),
        SignInProof::Password { second: Some(used), .. } | SignInProof::Passkey(used) => {
            after_use(account, used).map(Some)
        }
    }
}

/// An account once a proof was used.
fn after_use(account: &Account, used: &ProofUsed) -> Result<Account, (Code, &'static str)> {
    let mut after = account.clone();
    match used {
        ProofUsed::Totp { step } => {
            let totp = after.totp.as_mut();
            let totp = totp.ok_or((Code::Forbidden, "there is no authenticator app"))?;
            if *step <= totp.last_step {
                return Err((Code::Replayed, "this code was used before"));
            }
            totp.last_step = *step;
        }
        ProofUsed::Recovery { hash } => {
            let place = after.recovery.iter().position(|left| left == hash);
            let place = place.ok_or((Code::Replayed, "this recovery code was used before"))?;
            after.recovery.remove(place);
        }
        ProofUsed::Passkey { id, record } => {
            let passkey = after.passkeys.iter_mut().find(|passkey| passkey.id == *id);
            let passkey = passkey.ok_or((Code::Forbidden, "the passkey was removed meanwhile"))?;
            passkey.record = record.clone();
        }
    }
    Ok(after)
}

/// Whose account it is that the actor may change: their own, while they are signed in.
fn own<'a>(book: &'a Book, actor: &'a Actor, at: UnixMs) -> Option<(&'a Name, &'a Account)> {
    let Actor::Member { member, session } = actor else { return None };
    let live = book.access.live(session, at).filter(|live| live.member == *member);
    live.and_then(|_| Some((member, book.access.accounts.get(member)?)))
}

const SESSION_OVER: &str = "the session is over: sign in again";

pub(super) fn proved(book: &Book, (actor, used): (&Actor, &ProofUsed), at: UnixMs) -> Decision {
    let Some((member, account)) = own(book, actor, at) else {
        return Decision::refused(Code::Forbidden, SESSION_OVER);
    };
    match after_use(account, used) {
        Ok(after) if after == *account => done(Vec::new()),
        Ok(after) => done(vec![AccessChange::account(member.clone(), after)]),
        Err((code, why)) => Decision::refused(code, why),
    }
}

pub(super) fn changed(
    book: &Book,
    (actor, change): (&Actor, &CredentialChange),
    at: UnixMs,
) -> Decision {
    let Some((member, account)) = own(book, actor, at) else {
        return Decision::refused(Code::Forbidden, SESSION_OVER);
    };
    let mut after = account.clone();
    let mut changes = Vec::new();
    match change {
        CredentialChange::Password(password) => {
            (after.password, after.password_set_at) = (password.clone(), at);
            // Whoever knew the old one is out.
            let other =
                |id: &str| !matches!(actor, Actor::Member { session, .. } if **session == *id);
            let sessions = book.access.sessions.iter();
            let old = sessions.filter(|(id, session)| session.member == *member && other(id));
            changes.extend(old.map(|(id, session)| ended(id, session, at)));
        }
        CredentialChange::TotpOn { secret, step } => {
            let secret = secret.clone();
            after.totp = Some(TotpSecret { secret, last_step: *step, set_at: at });
        }
        CredentialChange::TotpOff => after.totp = None,
        CredentialChange::PasskeyAdded(passkey) => {
            let all = book.access.accounts.iter().flat_map(|(_, account)| &account.passkeys);
            if all.into_iter().any(|known| known.id == passkey.id) {
                return Decision::refused(Code::WrongState, "this passkey is known already");
            }
            if after.passkeys.len() >= PASSKEYS_MAX {
                return Decision::refused(Code::CountExceeded, "remove a passkey first");
            }
            after.passkeys.push((**passkey).clone());
        }
        CredentialChange::PasskeyRemoved(id) => {
            let before = after.passkeys.len();
            after.passkeys.retain(|passkey| passkey.id != *id);
            if after.passkeys.len() == before {
                return Decision::refused(Code::NotFound, "there is no such passkey");
            }
        }
        CredentialChange::RecoveryCodes(hashes) => after.recovery.clone_from(hashes),
    }
    changes.push(AccessChange::account(member.clone(), after));
    let mut decision = done(changes);
    told_of(book, member, at, &mut decision);
    decision
}

/// The house hears that a member proves otherwise who they are.
pub(super) fn told_of(book: &Book, member: &Name, at: UnixMs, decision: &mut Decision) {
    let name = book.household.members.get(member).map_or(member.as_str(), |m| m.name.as_str());
    // Two within one second are two.
    let period = at.in_zone(&book.home.zone).strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string();
    let kind = AlertKind::CredentialsChanged;
    let mut alert = Alert::new(kind, Severity::Warning, name, &period, at);
    alert.id = format!("{}.{member}.{period}", kind.as_str());
    raise(alert, decision);
}
