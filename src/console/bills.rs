//! Bills to pay: what waits, what is paid, and a new one.

use crate::Pages;
use crate::acts::{Undone, proven_wish, wished};
use crate::fields::FormFields;
use crate::page::{Page, show};
use crate::passwords::PasswordDesk;
use crate::pending::PendingDesk;
use crate::shown::money;
use crate::signed::{ProofFields, SignedIn};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use homepay_domain::event::OwnerCommand;
use homepay_domain::ids::Name;
use homepay_domain::payable::{Payable, Stage};
use homepay_domain::usage_bill::UsageBill;
use homepay_protocols::native::bill::{BillForm, bill_of_form};
use serde::Deserialize;

/// How many bills that are over are shown.
const OVER_SHOWN_MAX: usize = 30;

/// A bill in a list.
struct BillRow {
    id: String,
    payee: String,
    note: String,
    amount: String,
    due: String,
    stage: String,
    how: String,
    /// The order that pays it.
    order: String,
    is_payable: bool,
    is_cancellable: bool,
}

#[derive(Template)]
#[template(path = "bills.html")]
struct BillsPage {
    p: Page,
    fault: Option<String>,
    to_pay: Vec<BillRow>,
    over: Vec<BillRow>,
    /// Made for use: what, and how much.
    made: Vec<(String, String)>,
    payees: Vec<(String, String)>,
    currency: &'static str,
    said: NewBillForm,
}

fn bills_page(pages: &Pages, page: Page, said: NewBillForm, undone: Option<Undone>) -> Response {
    let view = pages.api.view();
    let (house, currency) = (&view.book.household, view.book.home.currency);
    let payee = |id: &Name| {
        house.payees.get(id).map_or(id.to_string(), |payee| payee.name.of(page.lang).to_owned())
    };
    let row = |bill: &&Payable| {
        let stage = bill.stage();
        BillRow {
            id: bill.id.to_string(),
            payee: payee(&bill.payee),
            note: bill.note.clone().unwrap_or_default(),
            amount: money(currency, bill.amount),
            due: bill.due.to_string(),
            stage: page.t(&format!("bill-{}", stage.as_str())),
            how: page.t(&format!("pay-{}", bill.pay.as_str())),
            order: bill.order.as_ref().map_or(String::new(), ToString::to_string),
            is_payable: matches!(stage, Stage::Waiting | Stage::Unpaid),
            is_cancellable: matches!(stage, Stage::Waiting | Stage::Unpaid),
        }
    };
    let mut all: Vec<&Payable> = view.book.payables.values().collect();
    all.sort_by(|a, b| (a.due, &a.id).cmp(&(b.due, &b.id)));
    let is_over = |bill: &&Payable| matches!(bill.stage(), Stage::Paid | Stage::Cancelled);
    let (over, to_pay): (Vec<&Payable>, Vec<&Payable>) = all.into_iter().partition(is_over);
    let mut made: Vec<&UsageBill> = view.book.usage_bills.values().collect();
    made.sort_by_key(|bill| std::cmp::Reverse(bill.from));
    let made = made.into_iter().take(OVER_SHOWN_MAX).map(|bill: &UsageBill| {
        let utility = house.tariffs.get(&bill.tariff).map(|of| page.utility(of.utility.as_ref()));
        let name = utility.unwrap_or_else(|| bill.tariff.to_string());
        let total =
            if bill.unmeasured { page.t("bill-unmeasured") } else { money(currency, bill.total) };
        (format!("{name} · {}", bill.period), total)
    });
    let (status, fault) = undone.unzip();
    let shown = BillsPage {
        fault,
        to_pay: to_pay.iter().map(row).collect(),
        over: over.iter().rev().take(OVER_SHOWN_MAX).map(row).collect(),
        made: made.collect(),
        payees: house.payees.keys().map(|id| (id.to_string(), payee(id))).collect(),
        currency: currency.code(),
        said,
        p: page.at("more"),
    };
    (status.unwrap_or(StatusCode::OK), show(&shown)).into_response()
}

pub(crate) async fn bills(State(pages): State<Pages>, signed: SignedIn) -> Response {
    bills_page(&pages, signed.page, NewBillForm::default(), None)
}

/// A bill as the page's form tells it.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct NewBillForm {
    payee: String,
    category: String,
    amount: String,
    due: String,
    #[serde(default)]
    note: String,
    /// `auto`, `approve` or `manual`.
    pay: String,
    /// The proof of who enters it, as [`ProofFields`] has it.
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    proof: String,
}

impl NewBillForm {
    /// The proof, which is shown to nobody again.
    fn take_proof(&mut self) -> ProofFields {
        let [password, code, proof] =
            [&mut self.password, &mut self.code, &mut self.proof].map(std::mem::take);
        ProofFields { password, code, proof }
    }
}

/// A bill may pay itself later, so that whoever enters it proves who they are.
pub(crate) async fn add(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    State(pending): State<PendingDesk>,
    signed: SignedIn,
    FormFields(mut said): FormFields<NewBillForm>,
) -> Response {
    let proof = said.take_proof();
    let form = BillForm {
        id: None,
        payee: said.payee.clone(),
        category: said.category.trim().to_owned(),
        amount: said.amount.trim().to_owned(),
        due: said.due.clone(),
        note: Some(said.note.clone()),
        pay: Some(said.pay.clone()),
    };
    let book = pages.api.view();
    let done = match bill_of_form(&form, &pages.api.home, &book.book.household) {
        Ok(bill) => {
            let wish = OwnerCommand::AddBill(Box::new(bill));
            proven_wish(&pages, (&desk, &pending), &signed, (proof, wish)).await
        }
        Err(why) => {
            let why = signed.page.with("refused", &[("why", &why)]);
            Err((StatusCode::UNPROCESSABLE_ENTITY, why))
        }
    };
    answer(&pages, signed, said, done)
}

/// Money moves: whoever wants it proves anew who they are.
pub(crate) async fn pay(
    State(pages): State<Pages>,
    State(desk): State<PasswordDesk>,
    State(pending): State<PendingDesk>,
    signed: SignedIn,
    Path(id): Path<String>,
    FormFields(said): FormFields<ProofFields>,
) -> Response {
    let Ok(bill) = Name::parse(&id) else {
        return signed.page.problem(StatusCode::NOT_FOUND, "absent");
    };
    let wish = (said, OwnerCommand::PayBill(bill));
    let done = proven_wish(&pages, (&desk, &pending), &signed, wish).await;
    answer(&pages, signed, NewBillForm::default(), done)
}

pub(crate) async fn cancel(
    State(pages): State<Pages>,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Response {
    let Ok(bill) = Name::parse(&id) else {
        return signed.page.problem(StatusCode::NOT_FOUND, "absent");
    };
    let done = wished(&pages, &signed, OwnerCommand::CancelBill(bill)).await;
    answer(&pages, signed, NewBillForm::default(), done)
}

fn answer(
    pages: &Pages,
    signed: SignedIn,
    said: NewBillForm,
    done: Result<(), Undone>,
) -> Response {
    match done {
        Ok(()) => Redirect::to("/bills").into_response(),
        Err(undone) => bills_page(pages, signed.page, said, Some(undone)),
    }
}
