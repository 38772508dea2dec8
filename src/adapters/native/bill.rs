//! Bills to pay as outsiders write and see them.

use super::told::{ReasonTold, Teller};
use crate::domain::book::Book;
use crate::domain::household::{Home, Household};
use crate::domain::ids::Name;
use crate::domain::order::AMOUNT_MAX;
use crate::domain::payable::{NOTE_CHARS_MAX, PayHow, Payable};
use crate::domain::time::UnixMs;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A bill as it is entered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BillForm {
    /// Its id; without it payee and due day make one, so that it is not entered twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who is paid: a payee of the household.
    pub payee: String,
    /// What kind of spending it is.
    pub category: String,
    /// How much, decimal text.
    pub amount: String,
    /// The last day to pay it in time, as 2026-11-30.
    pub due: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// `auto` (the default), `approve` or `manual`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay: Option<String>,
}

/// A bill as it stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BillTold {
    /// Its id.
    pub id: String,
    /// Who is paid.
    pub payee: String,
    /// What kind of spending it is.
    pub category: String,
    /// How much, decimal text.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
    /// The last day to pay it in time.
    pub due: String,
    /// The day on which it is paid or asked about; for `manual` that of the reminder is near.
    pub pay_day: String,
    /// What it is for.
    pub note: Option<String>,
    /// `auto`, `approve` or `manual`.
    pub pay: String,
    /// `waiting`, `awaiting_approval`, `paying`, `paid`, `unpaid` or `cancelled`.
    pub stage: String,
    /// Why it is unpaid.
    pub reason: Option<ReasonTold>,
    /// Its newest order.
    pub order_id: Option<String>,
    /// The wallet's id of the payment, once it is paid.
    pub receipt: Option<String>,
    /// When it was paid.
    pub paid_at: Option<String>,
}

/// All bills, for `bill/list`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BillsTold {
    /// Always 1.
    pub v: u8,
    /// By due day.
    pub bills: Vec<BillTold>,
}

/// Reads a bill.
///
/// # Errors
/// Says what is wrong with it, and what to write.
pub fn bill_of_form(
    form: &BillForm,
    home: &Home,
    household: &Household,
) -> Result<Payable, String> {
    let name = |what: &str, text: &str| Name::parse(text).map_err(|e| format!("{what}: {e}"));
    let payee = name("payee", &form.payee)?;
    if !household.payees.contains_key(&payee) {
        return Err(format!("the household has no payee {payee}: add it under [[payees]]"));
    }
    let amount = home.currency.parse(&form.amount).map_err(|e| format!("amount: {e}"))?;
    if !amount.is_positive() || amount.0 > AMOUNT_MAX {
        return Err(format!("amount: {} is not an amount that can be paid", form.amount));
    }
    let due: Date = form
        .due
        .parse()
        .map_err(|_| format!("due: \"{}\" is not a day: write it as 2026-11-30", form.due))?;
    let pay = match form.pay.as_deref() {
        None | Some("auto") => PayHow::Auto,
        Some("approve") => PayHow::Approve,
        Some("manual") => PayHow::Manual,
        Some(other) => return Err(format!("pay: \"{other}\": write auto, approve or manual")),
    };
    let note = form.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
    if note.is_some_and(|note| note.chars().count() > NOTE_CHARS_MAX) {
        return Err(format!("note: is longer than {NOTE_CHARS_MAX} characters"));
    }
    let id = match &form.id {
        Some(id) => name("id", id)?,
        None => Name::parse(&format!("{payee}-{due}"))
            .map_err(|_| "id: is missing, and payee and day are too long for one".to_owned())?,
    };
    Ok(Payable {
        id,
        payee,
        category: name("category", &form.category)?,
        amount,
        due,
        note: note.map(str::to_owned),
        pay,
        entered_at: UnixMs(0),
        order: None,
        orders: 0,
        reminded: false,
        warned: 0,
        cancelled: false,
        standing: None,
    })
}

/// All bills as they stand, by due day.
pub fn bills_told(teller: &Teller<'_>, book: &Book) -> BillsTold {
    let mut bills: Vec<&Payable> = book.payables.values().collect();
    bills.sort_by(|a, b| (a.due, &a.id).cmp(&(b.due, &b.id)));
    BillsTold { v: 1, bills: bills.into_iter().map(|bill| bill_told(teller, bill)).collect() }
}

fn bill_told(teller: &Teller<'_>, bill: &Payable) -> BillTold {
    let order = bill.order.as_ref().map(ToString::to_string);
    let paid_at = bill.standing.as_ref().and_then(|standing| standing.paid_at);
    BillTold {
        id: bill.id.to_string(),
        payee: bill.payee.to_string(),
        category: bill.category.to_string(),
        amount: teller.money(bill.amount),
        currency: teller.home.currency.code().to_owned(),
        due: bill.due.to_string(),
        pay_day: bill.pay_day(teller.home).to_string(),
        note: bill.note.clone(),
        pay: bill.pay.as_str().to_owned(),
        stage: bill.stage().as_str().to_owned(),
        reason: bill.unpaid_because().map(|reason| teller.reason(&reason)),
        // The payment has the order's id at the wallet.
        receipt: order.clone().filter(|_| paid_at.is_some()),
        order_id: order,
        paid_at: paid_at.map(|at| teller.time(at)),
    }
}
