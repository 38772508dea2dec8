//! Changing a limit, making one, taking one out of force. What lets more through asks for proof; what
//! lets less through does not.

use super::limit_page;
use crate::Pages;
use crate::acts::wished;
use crate::fields::FormFields;
use crate::page::{Page, show};
use crate::passwords::PasswordDesk;
use crate::pending::PendingDesk;
use crate::signed::{ProofFields, ProofRefused, SignedIn, prove};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use homepay_domain::event::OwnerCommand;
use homepay_domain::household::DeviceKind;
use homepay_domain::ids::Name;
use homepay_domain::limits::Limit;
use homepay_domain::limits::raise::raises;
use homepay_files::household::LimitEdit;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What the form of a limit has; what is empty is taken away.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct LimitInputs {
    amount: String,
    max_count: String,
    max_per_item: String,
    confirm_above: String,
    approve_above: String,
    hours: String,
    password: String,
    /// Of a new limit: what it bounds, and over which time.
    scope: String,
    period: String,
    id: String,
}

impl LimitInputs {
    /// The fields as an edit has them.
    fn edit(&self, id: &str, page: &Page) -> Result<LimitEdit, String> {
        let mut fields = Map::new();
        fields.insert("id".to_owned(), json!(id));
        let text = |text: &str| match text.trim() {
            "" => Value::Null,
            text => json!(text),
        };
        for (name, value) in [
            ("amount", &self.amount),
            ("max_per_item", &self.max_per_item),
            ("confirm_above", &self.confirm_above),
            ("approve_above", &self.approve_above),
        ] {
            fields.insert(name.to_owned(), text(value));
        }
        let count = match self.max_count.trim() {
            "" => Value::Null,
            text => json!(text.parse::<u32>().map_err(|_| page.t("limit-bad-count"))?),
        };
        fields.insert("max_count".to_owned(), count);
        let hours = self.hours.split([',', '，', ';']).map(str::trim).filter(|h| !h.is_empty());
        let hours: Vec<&str> = hours.collect();
        let hours = if hours.is_empty() { Value::Null } else { json!(hours) };
        fields.insert("hours".to_owned(), hours);
        LimitEdit::new(fields)
    }
}

pub(super) async fn change(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    signed: SignedIn,
    Path(id): Path<String>,
    FormFields(said): FormFields<LimitInputs>,
) -> Response {
    let page = signed.page.clone();
    match changed(&pages, &desk, &signed, &id, said).await {
        Ok(()) => Redirect::to(&format!("/limits/{id}")).into_response(),
        Err(refused) => {
            limit_page(&pages, page, &id, String::new(), Some((refused.status, refused.why))).await
        }
    }
}

fn wrong(why: String) -> ProofRefused {
    ProofRefused { status: StatusCode::UNPROCESSABLE_ENTITY, why }
}

async fn changed(
    pages: &Pages,
    desk: &PasswordDesk,
    signed: &SignedIn,
    id: &str,
    said: LimitInputs,
) -> Result<(), ProofRefused> {
    let household = pages.api.view().book.household.clone();
    let before = household.limits.values().find(|limit| limit.id.as_str() == id);
    let edit = said.edit(id, &signed.page).map_err(wrong)?;
    let next = edit.applied(&pages.api.home, &household).map_err(wrong)?;
    if before.is_none_or(|before| raises(before, &next)) {
        proof(pages, desk, signed, said.password).await?;
    }
    set(pages, signed, next).await
}

/// A limit that lets more through is an owner's who proves it anew.
async fn proof(
    pages: &Pages,
    desk: &PasswordDesk,
    signed: &SignedIn,
    password: String,
) -> Result<(), ProofRefused> {
    if password.is_empty() {
        let why = signed.page.t("limit-raises");
        return Err(ProofRefused { status: StatusCode::FORBIDDEN, why });
    }
    // Its forms ask for the password alone: nothing was begun that a token would end.
    let fields = ProofFields { password, ..ProofFields::default() };
    prove(pages, desk, &PendingDesk::default(), signed, fields).await.map(|_| ())
}

async fn set(pages: &Pages, signed: &SignedIn, next: Limit) -> Result<(), ProofRefused> {
    decided(pages, signed, OwnerCommand::SetLimit(Box::new(next))).await
}

async fn decided(
    pages: &Pages,
    signed: &SignedIn,
    command: OwnerCommand,
) -> Result<(), ProofRefused> {
    let done = wished(pages, signed, command).await;
    done.map_err(|(status, why)| ProofRefused { status, why })
}

#[derive(Deserialize)]
pub(super) struct RemoveFields {
    #[serde(default)]
    password: String,
}

pub(super) async fn remove(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    signed: SignedIn,
    Path(id): Path<String>,
    FormFields(said): FormFields<RemoveFields>,
) -> Response {
    let page = signed.page.clone();
    let removed = async {
        let name = Name::parse(&id).map_err(|_| wrong(signed.page.t("error-absent")))?;
        proof(&pages, &desk, &signed, said.password).await?;
        decided(&pages, &signed, OwnerCommand::RemoveLimit(name)).await
    };
    match removed.await {
        Ok(()) => Redirect::to("/limits").into_response(),
        Err(refused) => {
            limit_page(&pages, page, &id, String::new(), Some((refused.status, refused.why))).await
        }
    }
}

/// Something that a new limit may bound.
struct ScopeChoice {
    value: String,
    name: String,
}

/// Over which time a new limit may count.
const PERIOD_CHOICES: [&str; 5] = ["day", "week", "month", "year", "order"];

#[derive(Template)]
#[template(path = "limit_new.html")]
struct NewLimitPage {
    p: Page,
    fault: Option<String>,
    scopes: Vec<ScopeChoice>,
    periods: Vec<(&'static str, String)>,
    said: LimitInputs,
}

fn new_page(pages: &Pages, page: Page, said: LimitInputs, fault: Option<String>) -> NewLimitPage {
    let p = page.at("limits");
    let view = pages.api.view();
    let house = &view.book.household;
    let mut scopes = vec![ScopeChoice { value: "home".to_owned(), name: p.t("limit-home") }];
    let members = house.members.iter().map(|(id, member)| ("member", id, member.name.clone()));
    let speakers = house.devices.iter().filter(|(_, device)| device.kind == DeviceKind::Speaker);
    let speakers = speakers.map(|(id, device)| ("device", id, device.name.of(p.lang).to_owned()));
    let categories: std::collections::BTreeSet<&Name> =
        house.catalog.values().filter_map(|item| item.category.as_ref()).collect();
    let categories = categories.into_iter().map(|id| ("category", id, id.to_string()));
    let choices = members.chain(speakers).chain(categories);
    scopes.extend(choices.map(|(kind, id, name)| {
        let what = p.t(&format!("scope-{kind}"));
        ScopeChoice { value: format!("{kind}:{id}"), name: format!("{what}: {name}") }
    }));
    let periods = PERIOD_CHOICES.map(|period| (period, p.t(&format!("period-{period}"))));
    NewLimitPage { fault, scopes, periods: periods.to_vec(), said, p }
}

pub(super) async fn new_form(State(pages): State<Pages>, signed: SignedIn) -> Response {
    show(&new_page(&pages, signed.page, LimitInputs::default(), None))
}

pub(super) async fn add(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    signed: SignedIn,
    FormFields(said): FormFields<LimitInputs>,
) -> Response {
    let page = signed.page.clone();
    match added(&pages, &desk, &signed, said.clone()).await {
        Ok(id) => Redirect::to(&format!("/limits/{id}")).into_response(),
        Err(refused) => {
            let said = LimitInputs { password: String::new(), ..said };
            let shown = new_page(&pages, page, said, Some(refused.why));
            (refused.status, show(&shown)).into_response()
        }
    }
}

async fn added(
    pages: &Pages,
    desk: &PasswordDesk,
    signed: &SignedIn,
    said: LimitInputs,
) -> Result<String, ProofRefused> {
    let household = pages.api.view().book.household.clone();
    let scope = match said.scope.split_once(':') {
        Some((kind @ ("member" | "device" | "category"), id)) => json!({ kind: id }),
        _ => json!({"home": true}),
    };
    let stem = said.scope.replace(':', "-");
    let wanted = format!("{stem}-{}", said.period);
    let is_taken = |id: &Name| household.limits.values().any(|limit| limit.id == *id);
    let id = crate::wizard::free_id(&wanted, "limit", is_taken);
    let mut fields = Map::new();
    fields.insert("id".to_owned(), json!(id));
    fields.insert("scope".to_owned(), scope);
    fields.insert("period".to_owned(), json!(said.period));
    for (name, value) in [
        ("amount", &said.amount),
        ("confirm_above", &said.confirm_above),
        ("approve_above", &said.approve_above),
    ] {
        if !value.trim().is_empty() {
            fields.insert(name.to_owned(), json!(value.trim()));
        }
    }
    let edit = LimitEdit::new(fields).map_err(wrong)?;
    let next = edit.applied(&pages.api.home, &household).map_err(wrong)?;
    proof(pages, desk, signed, said.password).await?;
    set(pages, signed, next).await?;
    Ok(id)
}
