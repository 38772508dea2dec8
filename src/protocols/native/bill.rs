//! Bills to pay as outsiders write and see them.

use super::encode::{Encoder, ReasonView};
use homepay_domain::book::Book;
use homepay_domain::household::{Home, Household};
use homepay_domain::ids::Name;
use homepay_domain::order::AMOUNT_MAX;
use homepay_domain::payable::{NOTE_CHARS_MAX, PayHow, Payable};
use homepay_domain::time::UnixMs;
use homepay_domain::usage_bill::UsageBill;
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

impl BillForm {
    /// Its id: the one given, or that of payee and due day. A day has several spellings, and they all
    /// make the same id: else a bill could be entered, and paid, twice.
    pub fn id(&self) -> String {
        let day = self.due.parse::<Date>().map_or_else(|_| self.due.clone(), |day| day.to_string());
        self.id.clone().unwrap_or_else(|| format!("{}-{day}", self.payee))
    }
}

/// A bill as it stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BillView {
    /// The id, unique among its kind.
    pub id: String,
    /// Id of the payee.
    pub payee: String,
    /// What kind of spending it is.
    pub category: String,
    /// How much, decimal text.
    pub amount: String,
    /// ISO 4217 code, such as `CNY`.
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
    pub reason: Option<ReasonView>,
    /// The newest order that pays it.
    pub order_id: Option<String>,
    /// The wallet's id of the payment, once it is paid.
    pub receipt: Option<String>,
    /// When it was paid.
    pub paid_at: Option<String>,
}

/// All bills, for `bill/list`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BillsView {
    /// Version of this form; always 1.
    pub v: u8,
    /// In the order of their due days.
    pub bills: Vec<BillView>,
    /// The bills made for use, by tariff and period. The order that pays one is
    /// `bill.<tariff>.<period>`.
    pub usage: Vec<UsageBillView>,
}

/// A bill that was made for use.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UsageBillView {
    /// Id of the tariff.
    pub tariff: String,
    /// Its name: the month, as 2026-11, or its first day.
    pub period: String,
    /// Its first local day.
    pub from: String,
    /// The local day after its last.
    pub to: String,
    /// What its use comes to, as it was computed last, decimal text; unset where nothing was
    /// measured.
    pub total: Option<String>,
    /// ISO 4217 code, such as `CNY`.
    pub currency: String,
    /// What the next bill adds because of it, or takes off where it is below zero; decimal text.
    pub carried: String,
    /// What it came to before, the oldest first.
    pub earlier: Vec<EarlierView>,
}

/// What a bill came to before it was computed anew.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EarlierView {
    /// An exact decimal, as text.
    pub total: String,
    /// Until when that stood.
    pub until: String,
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
        None => Name::parse(&form.id())
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
pub fn bills_told(encoder: &Encoder<'_>, book: &Book) -> BillsView {
    let mut bills: Vec<&Payable> = book.payables.values().collect();
    bills.sort_by(|a, b| (a.due, &a.id).cmp(&(b.due, &b.id)));
    let bills = bills.into_iter().map(|bill| bill_told(encoder, bill)).collect();
    let usage = book.usage_bills.values().map(|bill| usage_bill_told(encoder, bill)).collect();
    BillsView { v: 1, bills, usage }
}

fn usage_bill_told(encoder: &Encoder<'_>, bill: &UsageBill) -> UsageBillView {
    let earlier = bill.earlier.iter();
    let earlier = earlier.map(|(until, total)| EarlierView {
        total: encoder.money(*total),
        until: encoder.time(*until),
    });
    UsageBillView {
        tariff: bill.tariff.to_string(),
        period: bill.period.clone(),
        from: bill.from.to_string(),
        to: bill.to.to_string(),
        total: (!bill.unmeasured).then(|| encoder.money(bill.total)),
        currency: encoder.home.currency.code().to_owned(),
        carried: encoder.money(bill.owed),
        earlier: earlier.collect(),
    }
}

fn bill_told(encoder: &Encoder<'_>, bill: &Payable) -> BillView {
    let order = bill.order.as_ref().map(ToString::to_string);
    let paid = bill.standing.as_ref().filter(|standing| standing.paid_at.is_some());
    let paid_at = paid.and_then(|standing| standing.paid_at);
    BillView {
        id: bill.id.to_string(),
        payee: bill.payee.to_string(),
        category: bill.category.to_string(),
        amount: encoder.money(bill.amount),
        currency: encoder.home.currency.code().to_owned(),
        due: bill.due.to_string(),
        pay_day: bill.pay_day(encoder.home).to_string(),
        note: bill.note.clone(),
        pay: bill.pay.as_str().to_owned(),
        stage: bill.stage().as_str().to_owned(),
        reason: bill.unpaid_because().map(|reason| encoder.reason(&reason)),
        receipt: paid.map(|standing| standing.payment.to_string()),
        order_id: order,
        paid_at: paid_at.map(|at| encoder.time(at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_spelt_otherwise_is_the_same_bill() {
        for due in ["2026-11-30", "20261130", "2026-11-30T08:00:00"] {
            let payee = "water-co".to_owned();
            let form = BillForm { payee, due: due.to_owned(), ..BillForm::default() };
            assert_eq!(form.id(), "water-co-2026-11-30", "{due}");
        }
    }
}
