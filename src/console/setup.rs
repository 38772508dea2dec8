//! The first run: whoever has the code from the terminal becomes an owner who can sign in.

use crate::fields::FormFields;
use crate::page::{Page, show};
use crate::passwords::{PasswordDesk, fault_of, hashed};
use crate::sign_in::{new_session, signed_in};
use crate::signed::{locked_until, note_try};
use crate::{Pages, words};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use homepay_domain::access::{AccessRequest, SETUP_SUBJECT};
use homepay_domain::actor::Actor;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::Event;
use homepay_domain::household::Role;
use homepay_domain::ids::Name;
use serde::Deserialize;

/// How long a name may be, in characters.
const MEMBER_NAME_CHARS_MAX: usize = 40;

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    p: Page,
    fault: Option<String>,
    code: String,
    name: String,
    member: String,
    /// Owners of the household: id and name. Where there are none one is made.
    owners: Vec<(String, String)>,
}

#[derive(Deserialize)]
pub(crate) struct SetupForm {
    code: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    member: String,
    password: String,
}

impl SetupPage {
    fn new(pages: &Pages, headers: &HeaderMap, said: Option<&SetupForm>) -> SetupPage {
        let view = pages.api.view();
        let members = view.book.household.members.iter();
        let owners = members.filter(|(_, member)| member.role == Role::Owner);
        SetupPage {
            p: Page::stranger(pages, headers),
            fault: None,
            code: said.map_or(String::new(), |said| said.code.clone()),
            name: said.map_or(String::new(), |said| said.name.clone()),
            member: said.map_or(String::new(), |said| said.member.clone()),
            owners: owners.map(|(id, owner)| (id.to_string(), owner.name.clone())).collect(),
        }
    }

    fn again(self, status: StatusCode, fault: String) -> Response {
        (status, show(&SetupPage { fault: Some(fault), ..self })).into_response()
    }
}

pub(crate) async fn form(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    if !pages.api.setup.is_open() {
        return Redirect::to("/sign-in").into_response();
    }
    show(&SetupPage::new(&pages, &headers, None))
}

pub(crate) async fn set_up(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    headers: HeaderMap,
    FormFields(said): FormFields<SetupForm>,
) -> Response {
    let page = SetupPage::new(&pages, &headers, Some(&said));
    // One at a time: nobody tries many codes at once.
    let Some(permit) = desk.turn().await else {
        return page.p.problem(StatusCode::SERVICE_UNAVAILABLE, "stopping");
    };
    if let Some(why) = locked_until(&pages, SETUP_SUBJECT, &page.p) {
        return page.again(StatusCode::TOO_MANY_REQUESTS, why);
    }
    let Some(offer) = pages.api.setup.check(&said.code) else {
        note_try(&pages, SETUP_SUBJECT).await;
        let why = page.p.t("setup-wrong-code");
        return page.again(StatusCode::UNPROCESSABLE_ENTITY, why);
    };
    let name: String = said.name.trim().chars().take(MEMBER_NAME_CHARS_MAX).collect();
    if name.is_empty() && page.owners.is_empty() {
        let why = page.p.t("setup-no-name");
        return page.again(StatusCode::UNPROCESSABLE_ENTITY, why);
    }
    if let Some((fault, chars)) = fault_of(&said.password) {
        let why = words::put(page.p.lang, fault, &[("n", chars.into())]);
        return page.again(StatusCode::UNPROCESSABLE_ENTITY, why);
    }
    let Some(password) = hashed(&permit, said.password).await else {
        return page.p.problem(StatusCode::INTERNAL_SERVER_ERROR, "failed");
    };
    let member = Name::parse(&said.member).ok();
    let (token, session) = new_session(&headers);
    let is_reset = offer.is_reset;
    let access = AccessRequest::SetUp { member, name, password, session, is_reset };
    match pages.api.decide(Event::AccessRequested { actor: Actor::System, access }).await {
        Ok(CommandOutcome::Done(_)) => {
            pages.api.setup.close();
            let is_empty = pages.api.view().book.household.devices.is_empty();
            signed_in(&token, if is_empty { "/setup/speaker" } else { "/" })
        }
        Ok(_) => {
            let why = page.p.t("setup-refused");
            page.again(StatusCode::CONFLICT, why)
        }
        Err(_) => page.p.problem(StatusCode::SERVICE_UNAVAILABLE, "stopping"),
    }
}
