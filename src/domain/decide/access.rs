//! Signing in and out, and what a member at the console may.

use super::answer::raise;
use super::credentials;
use crate::access::{
    AccessBook, AccessChange, AccessRequest, Account, BROWSER_SESSIONS_MAX, BrowserSession,
    NewSession, SETUP_SUBJECT, SessionId, SignInProof, TRIES_MAX,
};
use crate::actor::Actor;
use crate::alert::{Alert, AlertKind, Severity};
use crate::book::Book;
use crate::decision::{Change, CommandOutcome, Decision};
use crate::facts::Facts;
use crate::household::{Household, Member, Role, Secret};
use crate::ids::Name;
use crate::reply::Code;
use crate::time::UnixMs;
use std::sync::Arc;

/// The id of an owner that the setup makes.
const FIRST_OWNER: &str = "owner";

/// Decides what is asked of the accounts.
pub fn access_asked(
    facts: &Facts<'_>,
    (actor, asked): (&Actor, &AccessRequest),
    now: UnixMs,
) -> Decision {
    let (book, at) = (facts.book, facts.book.time(now));
    match asked {
        AccessRequest::SetUp { member, name, password, session, is_reset } => {
            set_up(book, (member.as_ref(), name), password, (session, *is_reset), at)
        }
        AccessRequest::SignIn { member, proven, session } => {
            sign_in(book, member, proven, session, at)
        }
        AccessRequest::Proved(used) => credentials::proved(book, (actor, used), at),
        AccessRequest::Change(change) => credentials::changed(book, (actor, change), at),
        AccessRequest::Tried { subject } => tried(&book.access, subject, at),
        AccessRequest::SignOut { session } => sign_out(&book.access, (actor, session), at),
        AccessRequest::Reach { is_open } => done(vec![AccessChange::Reach { is_open: *is_open }]),
        AccessRequest::OfferSetup => done(vec![AccessChange::SetupOffered { at }]),
    }
}

/// Why a member at the console may not, where they may not: the session is over, or the role has no
/// say in it.
#[must_use]
pub fn refusal_of(book: &Book, actor: &Actor, at: UnixMs) -> Option<(Code, String)> {
    let Actor::Member { member, session } = actor else { return None };
    let is_live = book.access.live(session, at).is_some_and(|live| live.member == *member);
    if !is_live {
        return Some((Code::Forbidden, "the session is over: sign in again".to_owned()));
    }
    let role = book.household.members.get(member).map(|member| member.role);
    (role != Some(Role::Owner)).then(|| (Code::Forbidden, format!("{member} is no owner")))
}

pub(super) fn done(changes: Vec<AccessChange>) -> Decision {
    Decision {
        changes: changes.into_iter().map(|access| Change::Access { access }).collect(),
        outcome: CommandOutcome::Done(None),
        ..Decision::nothing()
    }
}

/// True where an owner can sign in already.
#[must_use]
pub fn has_owner(book: &Book) -> bool {
    let owners = book.household.members.iter().filter(|(_, member)| member.role == Role::Owner);
    owners.map(|(id, _)| id).any(|id| book.access.accounts.contains_key(id))
}

fn set_up(
    book: &Book,
    (member, name): (Option<&Name>, &str),
    password: &Secret,
    (session, is_reset): (&NewSession, bool),
    at: UnixMs,
) -> Decision {
    if has_owner(book) && !is_reset {
        let why = "an owner has an account already: sign in, or run `homepay owner reset`";
        return Decision::refused(Code::WrongState, why);
    }
    let members = &book.household.members;
    let owners = || members.iter().filter(|(_, member)| member.role == Role::Owner);
    let (id, made) = match member.or_else(|| owners().next().map(|(id, _)| id)) {
        Some(id) if owners().any(|(owner, _)| owner == id) => (id.clone(), None),
        Some(id) => {
            return Decision::refused(Code::NotFound, format!("there is no owner {id}"));
        }
        None => match new_owner(&book.household, name, at) {
            Some((id, change)) => (id, Some(change)),
            None => return Decision::refused(Code::WrongState, "no id is free for the owner"),
        },
    };
    let account = Account::new(password.clone(), at);
    // Whoever lost a password may have lost a phone, too.
    let old = book.access.sessions.iter().filter(|(_, session)| session.member == id);
    let mut changes: Vec<_> = old.map(|(old, session)| ended(old, session, at)).collect();
    changes.push(AccessChange::account(id.clone(), account));
    for subject in [Arc::from(SETUP_SUBJECT), Arc::<str>::from(id.as_str())] {
        changes.push(AccessChange::Tries { subject, at: Vec::new() });
    }
    changes.push(began(&id, session, at));
    let mut decision = done(changes);
    decision.changes.splice(0..0, made);
    if is_reset {
        told_of(book, &id, session, at, &mut decision);
    }
    decision
}

/// An owner where the household has none.
fn new_owner(household: &Household, name: &str, at: UnixMs) -> Option<(Name, Change)> {
    let numbered = (2_u32..100).map(|number| format!("{FIRST_OWNER}-{number}"));
    let mut ids = std::iter::once(FIRST_OWNER.to_owned()).chain(numbered);
    let id =
        ids.find_map(|id| Name::parse(&id).ok().filter(|id| !household.members.contains_key(id)))?;
    let mut next = Household { limits: Default::default(), ..household.clone() };
    let owner = Member { name: name.to_owned(), role: Role::Owner, pin: None };
    next.members.insert(id.clone(), owner);
    let changed = vec![format!("members.{id} added")];
    let change = Change::Household { household: Box::new(next), hash: None, at, changed };
    Some((id, change))
}

fn sign_in(
    book: &Book,
    member: &Name,
    proven: &SignInProof,
    session: &NewSession,
    at: UnixMs,
) -> Decision {
    if book.access.locked_until(member.as_str(), at).is_some() {
        return Decision::refused(Code::Risk, "too many wrong tries");
    }
    let account = book.access.accounts.get(member);
    let account = account.filter(|_| book.household.members.contains_key(member));
    let after = match account.map(|account| credentials::signed_in(account, proven)) {
        Some(Ok(after)) => after,
        Some(Err((code, why))) => return Decision::refused(code, why),
        None => return Decision::refused(Code::Forbidden, "there is no such account"),
    };
    let mut changes = room_for_one(&book.access, member, at);
    let is_recovered = after.as_ref().zip(account).is_some_and(|(a, b)| a.recovery != b.recovery);
    changes.extend(after.map(|account| AccessChange::account(member.clone(), account)));
    if !book.access.recent_tries(member.as_str(), at).is_empty() {
        changes.push(AccessChange::Tries { subject: member.as_str().into(), at: Vec::new() });
    }
    changes.push(began(member, session, at));
    let mut decision = done(changes);
    told_of(book, member, session, at, &mut decision);
    if is_recovered {
        credentials::told_of(book, member, at, &mut decision);
    }
    decision
}

/// Ends sessions that are too old, and the oldest ones where there are too many.
fn room_for_one(access: &AccessBook, member: &Name, at: UnixMs) -> Vec<AccessChange> {
    let mut own: Vec<_> =
        access.sessions.iter().filter(|(_, session)| session.member == *member).collect();
    own.sort_by_key(|(_, session)| std::cmp::Reverse(session.began_at));
    let over = own.into_iter().enumerate().filter(|(place, (_, session))| {
        !session.is_live(at) || place.saturating_add(1) >= BROWSER_SESSIONS_MAX
    });
    over.map(|(_, (id, session))| ended(id, session, at)).collect()
}

fn began(member: &Name, session: &NewSession, at: UnixMs) -> AccessChange {
    let NewSession { id, agent } = session.clone();
    let session = BrowserSession { member: member.clone(), agent, began_at: at, ended_at: None };
    AccessChange::Session { id, session }
}

pub(super) fn ended(id: &SessionId, session: &BrowserSession, at: UnixMs) -> AccessChange {
    let session = BrowserSession { ended_at: Some(at), ..session.clone() };
    AccessChange::Session { id: id.clone(), session }
}

/// The house hears of a new sign-in: who it was not, may end it.
fn told_of(book: &Book, member: &Name, session: &NewSession, at: UnixMs, decision: &mut Decision) {
    let name = book.household.members.get(member).map_or(member.as_str(), |m| m.name.as_str());
    let subject = format!("{name}, {}", session.agent);
    // Two within one second are two.
    let period = at.in_zone(&book.home.zone).strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string();
    let mut alert = Alert::new(AlertKind::SignIn, Severity::Info, &subject, &period, at);
    alert.id = format!("{}.{member}.{period}", AlertKind::SignIn.as_str());
    raise(alert, decision);
}

fn tried(access: &AccessBook, subject: &Arc<str>, at: UnixMs) -> Decision {
    let mut tries = access.recent_tries(subject, at);
    if tries.len() >= TRIES_MAX {
        // It is locked: what is tried now is not looked at, and does not lock it for longer.
        return Decision::refused(Code::Risk, "too many wrong tries");
    }
    tries.push(at);
    done(vec![AccessChange::Tries { subject: subject.clone(), at: tries }])
}

fn sign_out(access: &AccessBook, (actor, id): (&Actor, &SessionId), at: UnixMs) -> Decision {
    let is_own = |session: &&BrowserSession| match actor {
        Actor::Member { member, .. } => *member == session.member,
        Actor::OwnerKey { .. }
        | Actor::LocalUser { .. }
        | Actor::Speaker { .. }
        | Actor::HomeAssistant
        | Actor::System => true,
    };
    match access.sessions.get(&**id).filter(is_own) {
        Some(session) => done(vec![ended(id, session, at)]),
        None => Decision::refused(Code::NotFound, "there is no such session"),
    }
}
