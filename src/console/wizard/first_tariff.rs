//! What power costs: a published tariff of the country, or one price.

use super::{Progress, StepRefused, add, answer, free_id, proven, quoted};
use crate::Pages;
use crate::fields::FormFields;
use crate::page::{Page, show};
use crate::passwords::PasswordDesk;
use crate::signed::SignedIn;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use homepay_domain::ids::Name;
use homepay_files::tariff::shipped_tariffs::{country, listed, read_shipped};
use serde::Deserialize;

/// Countries by the currency that they have alone.
const COUNTRY_OF: [(&str, &str); 6] =
    [("CNY", "cn"), ("TWD", "tw"), ("JPY", "jp"), ("GBP", "gb"), ("USD", "us"), ("AUD", "au")];

/// A published tariff that may be chosen.
struct Choice {
    path: &'static str,
    name: String,
}

#[derive(Template)]
#[template(path = "wizard_tariff.html")]
struct TariffStep {
    p: Page,
    progress: Progress,
    fault: Option<String>,
    currency: &'static str,
    /// By country; the home's own first.
    countries: Vec<(String, Vec<Choice>)>,
    count: usize,
    said: FirstTariffFields,
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct FirstTariffFields {
    #[serde(default)]
    file: String,
    #[serde(default)]
    price: String,
    #[serde(default)]
    payee: String,
    #[serde(default)]
    password: String,
}

fn countries(pages: &Pages, page: &Page) -> Vec<(String, Vec<Choice>)> {
    let home = &pages.api.home;
    let mut all: Vec<(&str, Vec<Choice>)> = Vec::new();
    for path in listed() {
        let Some(Ok(published)) = read_shipped(path) else { continue };
        // What is told in another currency cannot be a tariff of this home.
        let is_ours = published.plan.currency.is_none_or(|own| own == home.currency);
        if !is_ours || published.utility.as_str() != "electricity" {
            continue;
        }
        let choice = Choice { path, name: published.plan.name.of(page.lang).to_owned() };
        match all.iter_mut().find(|(of, _)| *of == country(path)) {
            Some((_, choices)) => choices.push(choice),
            None => all.push((country(path), vec![choice])),
        }
    }
    let own = COUNTRY_OF.iter().find(|(code, _)| *code == home.currency.code());
    all.sort_by_key(|(of, _)| (own.is_none_or(|(_, own)| own != of), *of));
    all.into_iter().map(|(of, choices)| (of.to_uppercase(), choices)).collect()
}

fn step(pages: &Pages, page: Page, progress: Progress, said: FirstTariffFields) -> TariffStep {
    let payee = if said.payee.is_empty() { page.t("wizard-grid-name") } else { said.payee.clone() };
    TariffStep {
        progress,
        fault: None,
        currency: pages.api.home.currency.code(),
        countries: countries(pages, &page),
        count: pages.api.view().book.household.tariffs.len(),
        said: FirstTariffFields { payee, ..said },
        p: page,
    }
}

pub(super) async fn form(State(pages): State<Pages>, signed: SignedIn) -> Response {
    let progress = Progress::at(&pages, &signed, "tariff");
    show(&step(&pages, signed.page, progress, FirstTariffFields::default()))
}

pub(super) async fn add_tariff(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    signed: SignedIn,
    FormFields(said): FormFields<FirstTariffFields>,
) -> Response {
    let progress = Progress::at(&pages, &signed, "tariff");
    let done = match proven(&pages, &desk, &signed, said.password.clone()).await {
        Ok(()) => added(&pages, &signed, &said).await,
        Err(refused) => Err(refused),
    };
    let said = FirstTariffFields { password: String::new(), ..said };
    let again = {
        let (pages, progress) = (pages.clone(), progress.clone());
        move |page, why| {
            show(&TariffStep { fault: Some(why), ..step(&pages, page, progress, said) })
        }
    };
    answer(signed.page, &progress, done, again)
}

async fn added(
    pages: &Pages,
    signed: &SignedIn,
    said: &FirstTariffFields,
) -> Result<(), StepRefused> {
    let (page, home) = (&signed.page, &pages.api.home);
    let household = pages.api.view().book.household.clone();
    let called = said.payee.trim();
    let called = if called.is_empty() { page.t("wizard-grid-name") } else { called.to_owned() };
    let payee = free_id("grid", "payee", |id: &Name| household.payees.contains_key(id));
    let id = free_id("power", "tariff", |id: &Name| household.tariffs.contains_key(id));
    let mut tables = format!("[[payees]]\nid = \"{payee}\"\nname = {}\n", quoted(&called));
    let head =
        format!("[[tariffs]]\nid = \"{id}\"\nutility = \"electricity\"\npayee = \"{payee}\"\n");
    let price = said.price.trim();
    match (said.file.as_str(), price) {
        ("", "") => return Err(StepRefused::wrong(page.t("wizard-no-tariff"))),
        ("", price) => {
            let is_figure = price.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            let is_price = is_figure && price.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
            if !is_price {
                return Err(StepRefused::wrong(page.t("wizard-bad-price")));
            }
            let now = pages.api.clock.now();
            let from = now.in_zone(&home.zone).date();
            tables.push_str(&format!(
                "{head}versions = [{{ from = \"{from}\", price = {}, unit = \"kWh\" }}]\n",
                quoted(price)
            ));
        }
        (file, _) if listed().any(|known| known == file) => {
            tables.push_str(&format!("{head}file = {}\n", quoted(file)));
        }
        _ => return Err(StepRefused::wrong(page.t("wizard-no-tariff"))),
    }
    add(pages, signed, &tables).await
}
