//! Devices: when they were heard, what they used and what that cost; and the switch that stops one.

use crate::Pages;
use crate::acts::{Undone, proven_wish, wished};
use crate::fields::FormFields;
use crate::home::{LimitBar, bar};
use crate::page::{Page, show};
use crate::passwords::PasswordDesk;
use crate::pending::PendingDesk;
use crate::shown::{money, time};
use crate::signed::{ProofFields, SignedIn};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use homepay_devices::outcome::meaning;
use homepay_domain::book::Book;
use homepay_domain::event::OwnerCommand;
use homepay_domain::household::{Device, DeviceKind};
use homepay_domain::ids::Name;
use homepay_domain::live::Costs;
use homepay_domain::time::UnixMs;
use homepay_engine::state_views::device_state;
use homepay_protocols::native::states::Presence;

/// A reading: what, how much, when, and whether it says nothing of now.
struct ReadingRow {
    quantity: String,
    value: String,
    at: String,
    is_stale: bool,
}

/// A device as the pages show it.
struct DeviceCard {
    id: String,
    name: String,
    kind: String,
    room: String,
    presence: String,
    is_online: bool,
    is_frozen: bool,
    heard: String,
    today: String,
    month: String,
    cost: String,
    limits: Vec<LimitBar>,
    readings: Vec<ReadingRow>,
    notes: Vec<(String, String)>,
    is_speaker: bool,
}

fn kind_id(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Speaker => "device-speaker",
        DeviceKind::Appliance => "device-appliance",
        DeviceKind::Meter => "device-meter",
        DeviceKind::Production => "device-production",
    }
}

fn presence_id(presence: &Presence) -> &'static str {
    match presence {
        Presence::Online => "presence-online",
        Presence::Offline => "presence-offline",
        Presence::Unknown => "presence-unknown",
    }
}

/// A time as states tell it.
fn told_time(book: &Book, page: &Page, text: &str, now: UnixMs) -> String {
    let at = text.parse::<jiff::Timestamp>().map(|at| UnixMs(at.as_millisecond()));
    at.map_or_else(|_| text.to_owned(), |at| time(&book.home.zone, page.lang, at, now))
}

fn card(
    book: &Book,
    page: &Page,
    (id, device): (&Name, &Device),
    (costs, now): (&Costs, UnixMs),
) -> Option<DeviceCard> {
    let state = device_state(book, id, costs, now)?;
    let currency = book.home.currency;
    let shown = |text: &str| currency.parse(text).map_or(text.to_owned(), |m| money(currency, m));
    let told = |text: &str| told_time(book, page, text, now);
    let unit = &state.usage.unit;
    let cost = state.cost.as_ref().map(|cost| {
        let unknown = || page.t("cost-unknown");
        let [today, month] =
            [&cost.today, &cost.month].map(|of| of.as_deref().map_or_else(unknown, shown));
        page.with("device-cost", &[("today", &today), ("month", &month)])
    });
    let readings = state.last_reading.iter().map(|(quantity, reading)| ReadingRow {
        quantity: page.t_or(&format!("quantity-{quantity}"), "quantity-other"),
        value: format!("{} {}", reading.value, reading.unit),
        at: told(&reading.at),
        is_stale: reading.stale,
    });
    // What a state says is in the home's language; a page is in its reader's.
    let why = |reason: &str| meaning(page.lang, reason);
    let notes = state.notes.iter().map(|note| (told(&note.at), why(&note.reason)));
    Some(DeviceCard {
        id: id.to_string(),
        name: device.name.of(page.lang).to_owned(),
        kind: page.t(kind_id(device.kind)),
        room: device
            .room
            .as_ref()
            .map_or(String::new(), |room| book.household.room_name(room, page.lang).to_owned()),
        presence: page.t(presence_id(&state.availability)),
        is_online: matches!(state.availability, Presence::Online),
        is_frozen: state.frozen,
        heard: state.heard_at.as_deref().map_or(String::new(), told),
        today: format!("{} {unit}", state.usage.today),
        month: format!("{} {unit}", state.usage.month),
        cost: cost.unwrap_or_default(),
        limits: state.limits.iter().map(|limit| bar(book, page, limit, now)).collect(),
        readings: readings.collect(),
        notes: notes.collect(),
        is_speaker: device.kind == DeviceKind::Speaker,
    })
}

#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage {
    p: Page,
    devices: Vec<DeviceCard>,
}

pub(crate) async fn devices(State(pages): State<Pages>, signed: SignedIn) -> Response {
    let p = signed.page.at("more");
    let (view, now) = (pages.api.view(), pages.api.clock.now());
    let costs = pages.api.views.costs(&view, view.book.time(now));
    let all = view.book.household.devices.iter();
    let devices = all.filter_map(|of| card(&view.book, &p, of, (&costs, now))).collect();
    show(&DevicesPage { p, devices })
}

#[derive(Template)]
#[template(path = "device.html")]
struct DevicePage {
    p: Page,
    fault: Option<String>,
    d: DeviceCard,
    /// True where the whole home is, so that this one alone cannot be let through.
    is_home_frozen: bool,
}

fn device_page(pages: &Pages, page: Page, id: &str, undone: Option<Undone>) -> Response {
    let (view, now) = (pages.api.view(), pages.api.clock.now());
    let costs = pages.api.views.costs(&view, view.book.time(now));
    let known = Name::parse(id).ok().and_then(|id| {
        let (id, device) = view.book.household.devices.get_key_value(&id)?;
        card(&view.book, &page, (id, device), (&costs, now))
    });
    let Some(d) = known else { return page.problem(StatusCode::NOT_FOUND, "absent") };
    let (status, fault) = undone.unzip();
    let is_home_frozen = view.book.home_frozen;
    let page = DevicePage { p: page.at("more"), fault, d, is_home_frozen };
    (status.unwrap_or(StatusCode::OK), show(&page)).into_response()
}

pub(crate) async fn device(
    State(pages): State<Pages>,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Response {
    device_page(&pages, signed.page, &id, None)
}

/// Nobody has to prove anything to stop a device's orders.
pub(crate) async fn freeze(
    State(pages): State<Pages>,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Response {
    let Ok(device) = Name::parse(&id) else {
        return signed.page.problem(StatusCode::NOT_FOUND, "absent");
    };
    let done = wished(&pages, &signed, OwnerCommand::Freeze(Some(device))).await;
    answer(&pages, signed, &id, done)
}

pub(crate) async fn thaw(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    State(pending): State<PendingDesk>,
    signed: SignedIn,
    Path(id): Path<String>,
    FormFields(said): FormFields<ProofFields>,
) -> Response {
    let Ok(device) = Name::parse(&id) else {
        return signed.page.problem(StatusCode::NOT_FOUND, "absent");
    };
    let wish = (said, OwnerCommand::Thaw(Some(device)));
    let done = proven_wish(&pages, (&desk, &pending), &signed, wish).await;
    answer(&pages, signed, &id, done)
}

fn answer(pages: &Pages, signed: SignedIn, id: &str, done: Result<(), Undone>) -> Response {
    match done {
        Ok(()) => Redirect::to(&format!("/devices/{id}")).into_response(),
        Err(undone) => device_page(pages, signed.page, id, Some(undone)),
    }
}
