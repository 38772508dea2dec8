//! What has no tab of its own: the list of the other pages, who lives here, ways to be told, help.

use crate::Pages;
use crate::acts::{Undone, wished};
use crate::fields::FormFields;
use crate::page::{Page, show};
use crate::shown::time;
use crate::signed::SignedIn;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use homepay_domain::event::OwnerCommand;
use homepay_domain::household::Role;
use homepay_domain::ids::Name;
use homepay_domain::time::UnixMs;
use homepay_protocols::native::encode::Encoder;
use homepay_protocols::views::notify::{NotifyEntryView, NotifyView};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "more.html")]
struct MorePage {
    p: Page,
    open_alerts: usize,
    bills_to_pay: usize,
}

pub(crate) async fn more(State(pages): State<Pages>, signed: SignedIn) -> Response {
    let view = pages.api.view();
    let (book, at) = (&view.book, view.book.time(pages.api.clock.now()));
    let open_alerts = book.alerts.values().filter(|alert| alert.is_open(at)).count();
    let is_unpaid = |bill: &&homepay_domain::payable::Payable| {
        bill.stage() == homepay_domain::payable::Stage::Unpaid
    };
    let bills_to_pay = book.payables.values().filter(is_unpaid).count();
    show(&MorePage { p: signed.page.at("more"), open_alerts, bills_to_pay })
}

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage {
    p: Page,
}

pub(crate) async fn help(signed: SignedIn) -> Response {
    show(&HelpPage { p: signed.page.at("more") })
}

/// Somebody of the home.
struct FamilyRow {
    name: String,
    role: String,
    has_pin: bool,
    has_account: bool,
}

#[derive(Template)]
#[template(path = "members.html")]
struct MembersPage {
    p: Page,
    members: Vec<FamilyRow>,
}

pub(crate) async fn members(State(pages): State<Pages>, signed: SignedIn) -> Response {
    let (view, p) = (pages.api.view(), signed.page.at("more"));
    let role = |role: Role| match role {
        Role::Owner => "role-owner",
        Role::Adult => "role-adult",
        Role::Child => "role-child",
        Role::Guest => "role-guest",
    };
    let all = view.book.household.members.iter();
    let members = all.map(|(id, member)| FamilyRow {
        name: member.name.clone(),
        role: p.t(role(member.role)),
        has_pin: member.pin.is_some(),
        has_account: view.book.access.accounts.contains_key(id),
    });
    let members = members.collect();
    show(&MembersPage { p, members })
}

#[derive(Template)]
#[template(path = "notify.html")]
struct NotifyPage {
    p: Page,
    fault: Option<String>,
    entries: Vec<NotifyEntryView>,
}

fn notify_page(pages: &Pages, page: Page, undone: Option<Undone>) -> Response {
    let (api, view) = (&pages.api, pages.api.view());
    let encoder = Encoder { base: &api.base, home: &api.home, phrases: &api.phrases };
    let mut entries = NotifyView::of(&encoder, &view.book.notices).entries;
    for last in entries.iter_mut().filter_map(|entry| entry.last.as_mut()) {
        last.state = page.t_or(&format!("notice-{}", last.state), "notice-waiting");
        let at = last.at.parse::<jiff::Timestamp>().map(|at| UnixMs(at.as_millisecond()));
        if let Ok(at) = at {
            last.at = time(&view.book.home.zone, page.lang, at, api.clock.now());
        }
    }
    let (status, fault) = undone.unzip();
    let page = NotifyPage { p: page.at("more"), fault, entries };
    (status.unwrap_or(StatusCode::OK), show(&page)).into_response()
}

pub(crate) async fn notify(State(pages): State<Pages>, signed: SignedIn) -> Response {
    notify_page(&pages, signed.page, None)
}

#[derive(Deserialize)]
pub(crate) struct TryForm {
    /// The entry of the configuration.
    id: String,
}

pub(crate) async fn try_notify(
    State(pages): State<Pages>,
    signed: SignedIn,
    FormFields(said): FormFields<TryForm>,
) -> Response {
    let Ok(entry) = Name::parse(&said.id) else {
        return signed.page.problem(StatusCode::NOT_FOUND, "absent");
    };
    match wished(&pages, &signed, OwnerCommand::TryNotify(Some(entry))).await {
        Ok(()) => Redirect::to("/notify").into_response(),
        Err(undone) => notify_page(&pages, signed.page, Some(undone)),
    }
}
