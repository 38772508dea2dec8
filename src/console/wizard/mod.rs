//! What comes after the first sign-in: a speaker, goods, a limit, a tariff, and a sentence. Each step adds
//! tables to the household, as a file of it would have them, and may be left out and done later.

mod first_limit;
mod first_tariff;
mod goods;
mod say;
mod speaker;

use crate::page::Page;
use crate::passwords::PasswordDesk;
use crate::pending::PendingDesk;
use crate::signed::{ProofFields, SignedIn, prove};
use crate::{Pages, Shared};
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::OwnerCommand;
use homepay_domain::household::Household;
use homepay_domain::ids::Name;
use homepay_domain::reply::Code;
use homepay_files::household::{read_household, write_household};
use std::collections::BTreeMap;

/// The steps in their order, as they stand behind `/setup/`.
const WIZARD_STEPS: [&str; 5] = ["speaker", "goods", "limit", "tariff", "say"];

/// How long after the sign-in no further proof is asked for, in seconds.
const FRESH_S: i64 = 900;

/// How often an edit is made anew because somebody else's came first.
const STEP_TRIES_MAX: usize = 5;

/// The speaker that is this page.
const PAGE_SPEAKER: &str = "page";

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/setup/speaker", get(speaker::form).post(speaker::add_speaker))
        .route("/setup/goods", get(goods::form).post(goods::add_goods))
        .route("/setup/limit", get(first_limit::form).post(first_limit::add_limit))
        .route("/setup/tariff", get(first_tariff::form).post(first_tariff::add_tariff))
        .route("/setup/say", get(say::form).post(say::say))
        .route("/setup/confirm", axum::routing::post(say::confirm))
}

/// Where a step stands among the others.
#[derive(Clone)]
struct Progress {
    number: usize,
    of: usize,
    next: String,
    /// True where the sign-in is long ago: the password is asked for.
    asks_password: bool,
}

impl Progress {
    fn at(pages: &Pages, signed: &SignedIn, step: &str) -> Progress {
        let place = WIZARD_STEPS.iter().position(|known| *known == step).unwrap_or_default();
        let next = WIZARD_STEPS.get(place.saturating_add(1));
        let (number, of) = (place.saturating_add(1), WIZARD_STEPS.len());
        let next = next.map_or("/".to_owned(), |next| format!("/setup/{next}"));
        Progress { number, of, next, asks_password: !is_fresh(pages, signed) }
    }
}

fn is_fresh(pages: &Pages, signed: &SignedIn) -> bool {
    let view = pages.api.view();
    let at = view.book.time(pages.api.clock.now());
    let session = view.book.access.live(&signed.session, at);
    session.is_some_and(|session| at < session.began_at.plus_s(FRESH_S))
}

/// Why a step was not done, with what to answer.
struct StepRefused {
    status: StatusCode,
    why: String,
}

impl StepRefused {
    fn wrong(why: String) -> StepRefused {
        StepRefused { status: StatusCode::UNPROCESSABLE_ENTITY, why }
    }
}

/// What may be done soon after the sign-in, or with the password again.
async fn proven(
    pages: &Pages,
    desk: &PasswordDesk,
    signed: &SignedIn,
    password: String,
) -> Result<(), StepRefused> {
    if is_fresh(pages, signed) {
        return Ok(());
    }
    // Its forms ask for the password alone: nothing was begun that a token would end.
    let fields = ProofFields { password, ..ProofFields::default() };
    let proof = prove(pages, desk, &PendingDesk::default(), signed, fields).await;
    proof.map(|_| ()).map_err(|refused| StepRefused { status: refused.status, why: refused.why })
}

/// Adds tables, as a household's file has them, to the household as it stands. What is there stays as it
/// is: ids are to be new ones.
async fn add(pages: &Pages, signed: &SignedIn, tables: &str) -> Result<(), StepRefused> {
    for _ in 0..STEP_TRIES_MAX {
        let base = pages.api.view().book.household.clone();
        let next = with_tables(pages, &base, tables).map_err(StepRefused::wrong)?;
        let (base, next) = (Box::new((*base).clone()), Box::new(next));
        match pages.api.wish(signed.actor(), OwnerCommand::Edit { base, next }).await {
            Ok(CommandOutcome::Refused { code: Code::StaleEdit, .. }) => {}
            Ok(CommandOutcome::Refused { code, why }) => {
                let why = crate::order_acts::refusal_words(&signed.page, code, &why);
                return Err(StepRefused { status: StatusCode::CONFLICT, why });
            }
            Ok(_) => return Ok(()),
            Err(_) => {
                let why = signed.page.t("error-stopping");
                return Err(StepRefused { status: StatusCode::SERVICE_UNAVAILABLE, why });
            }
        }
    }
    Err(StepRefused { status: StatusCode::CONFLICT, why: signed.page.t("refused-stale_edit") })
}

/// The household with what the tables add to it.
fn with_tables(pages: &Pages, base: &Household, tables: &str) -> Result<Household, String> {
    let home = &pages.api.home;
    let text = format!("{}\n{tables}", write_household(base, home));
    let none = |name: &str| Err(format!("there is no file {name}"));
    let read = read_household(&text, "household", home, &none).map_err(|problems| {
        problems.into_iter().map(|problem| problem.what).collect::<Vec<_>>().join("; ")
    })?;
    let mut next = base.clone();
    extend(&mut next.payees, read.payees);
    extend(&mut next.catalog, read.catalog);
    extend(&mut next.rooms, read.rooms);
    extend(&mut next.devices, read.devices);
    extend(&mut next.tariffs, read.tariffs);
    extend(&mut next.limits, read.limits);
    Ok(next)
}

fn extend<K: Ord, V>(all: &mut BTreeMap<K, V>, more: BTreeMap<K, V>) {
    for (key, value) in more {
        all.entry(key).or_insert(value);
    }
}

/// An id that nobody has: of a name in plain letters, else of what it is, with a number where it must be.
pub(crate) fn free_id(wanted: &str, other: &str, is_taken: impl Fn(&Name) -> bool) -> String {
    let plain: String = wanted
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let plain = plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    let plain: String = plain.chars().take(40).collect();
    let stem = if plain.is_empty() { other.to_owned() } else { plain };
    let numbered = (2_u32..1_000).map(|number| format!("{stem}-{number}"));
    let is_free = |id: &String| Name::parse(id).is_ok_and(|id| !is_taken(&id));
    std::iter::once(stem.clone()).chain(numbered).find(is_free).unwrap_or(stem)
}

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    homepay_files::household::quoted(text)
}

/// On to the next step, or back to the form with what was wrong.
fn answer(
    page: Page,
    progress: &Progress,
    done: Result<(), StepRefused>,
    again: impl FnOnce(Page, String) -> Response,
) -> Response {
    match done {
        Ok(()) => Redirect::to(&progress.next).into_response(),
        Err(refused) => (refused.status, again(page, refused.why)).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_plain_letters_and_new() {
        let taken = |id: &Name| ["kitchen-speaker", "speaker"].contains(&id.as_str());
        assert_eq!(free_id("Living room", "speaker", taken), "living-room");
        assert_eq!(free_id("Kitchen  Speaker!", "speaker", taken), "kitchen-speaker-2");
        assert_eq!(free_id("厨房音箱", "speaker", taken), "speaker-2");
    }
}
