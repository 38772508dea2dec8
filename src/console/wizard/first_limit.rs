//! The first limit: how much a day, and from where on somebody is asked.

use super::{Progress, StepRefused, add, answer, free_id, proven, quoted};
use crate::Pages;
use crate::fields::FormFields;
use crate::page::{Page, show};
use crate::passwords::PasswordDesk;
use crate::signed::SignedIn;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use homepay_domain::money::Minor;
use serde::Deserialize;

/// What is offered, in units of the currency that buy about as much as a yuan: a day's amount, from where
/// on a number is asked for, from where on an owner is.
const OFFERED: [i64; 3] = [200, 50, 100];

/// About how many yuan a unit of a currency is.
const YUAN_OF: [(&str, i64); 6] =
    [("EUR", 8), ("USD", 7), ("GBP", 9), ("CHF", 8), ("AUD", 5), ("CAD", 5)];

#[derive(Template)]
#[template(path = "wizard_limit.html")]
struct LimitStep {
    p: Page,
    progress: Progress,
    fault: Option<String>,
    currency: &'static str,
    count: usize,
    said: FirstLimitFields,
}

#[derive(Clone, Deserialize)]
pub(super) struct FirstLimitFields {
    amount: String,
    #[serde(default)]
    confirm_above: String,
    #[serde(default)]
    approve_above: String,
    #[serde(default)]
    password: String,
}

fn offered(pages: &Pages) -> FirstLimitFields {
    let currency = pages.api.home.currency;
    let code = currency.code();
    let yuan = YUAN_OF.iter().find(|(known, _)| *known == code).map_or(1, |(_, yuan)| *yuan);
    let many = if code == "JPY" { 20 } else { 1 };
    let [amount, confirm_above, approve_above] = OFFERED.map(|yuan_amount| {
        let whole = (yuan_amount * many / yuan / 5).max(1) * 5;
        let minor = 10_i64.pow(currency.digits());
        currency.text(Minor(whole * minor))
    });
    FirstLimitFields { amount, confirm_above, approve_above, password: String::new() }
}

fn step(pages: &Pages, page: Page, progress: Progress, said: FirstLimitFields) -> LimitStep {
    LimitStep {
        p: page,
        progress,
        fault: None,
        currency: pages.api.home.currency.code(),
        count: pages.api.view().book.household.limits.len(),
        said,
    }
}

pub(super) async fn form(State(pages): State<Pages>, signed: SignedIn) -> Response {
    let progress = Progress::at(&pages, &signed, "limit");
    show(&step(&pages, signed.page, progress, offered(&pages)))
}

pub(super) async fn add_limit(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    signed: SignedIn,
    FormFields(said): FormFields<FirstLimitFields>,
) -> Response {
    let progress = Progress::at(&pages, &signed, "limit");
    let done = match proven(&pages, &desk, &signed, said.password.clone()).await {
        Ok(()) => added(&pages, &signed, &said).await,
        Err(refused) => Err(refused),
    };
    let said = FirstLimitFields { password: String::new(), ..said };
    let again = {
        let (pages, progress) = (pages.clone(), progress.clone());
        move |page, why| show(&LimitStep { fault: Some(why), ..step(&pages, page, progress, said) })
    };
    answer(signed.page, &progress, done, again)
}

async fn added(
    pages: &Pages,
    signed: &SignedIn,
    said: &FirstLimitFields,
) -> Result<(), StepRefused> {
    let currency = pages.api.home.currency;
    let bad = || StepRefused::wrong(signed.page.t("amount-bad"));
    let mut table = String::new();
    let household = pages.api.view().book.household.clone();
    let id = free_id("home-day", "limit", |id| household.limits.keys().any(|known| known == id));
    table.push_str(&format!(
        "[[limits]]\nid = {}\nscope = {{ home = true }}\nperiod = \"day\"\n",
        quoted(&id)
    ));
    let fields = [
        ("amount", &said.amount),
        ("confirm_above", &said.confirm_above),
        ("approve_above", &said.approve_above),
    ];
    for (name, text) in fields {
        let text = text.trim();
        if text.is_empty() && name != "amount" {
            continue;
        }
        let amount = currency.parse(text).map_err(|_| bad())?;
        table.push_str(&format!("{name} = {}\n", quoted(&currency.text(amount))));
    }
    add(pages, signed, &table).await
}
