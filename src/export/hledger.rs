//! hledger's journal. Every transaction carries the tag `homepay-id`.

use super::{
    Export, ExportFormat, Labels, WALLET_ACCOUNT, accounts, expense_account, items_text, one_line,
};
use homepay_domain::money::{Currency, Minor};
use homepay_domain::statement::{Movement, Statement};
use std::fmt::Write;

/// A statement as hledger reads it, also strictly.
pub struct Hledger;

impl ExportFormat for Hledger {
    fn name(&self) -> &'static str {
        "hledger"
    }

    fn about(&self) -> &'static str {
        "hledger's journal"
    }

    fn write(&self, export: &Export<'_>) -> String {
        let Export { statement, labels, .. } = *export;
        let currency = statement.currency;
        let (first, last) = (statement.days.first, statement.days.last());
        let mut text = format!("; homepay {first} to {last}\n\n");
        let _ = writeln!(text, "commodity {}", sample(currency));
        for account in accounts(&statement.movements) {
            let _ = writeln!(text, "account {account}");
        }
        text.push('\n');
        for movement in &statement.movements {
            transaction(&mut text, statement, labels, movement);
        }
        text
    }
}

/// An amount that shows hledger how the currency is written: a decimal mark must be seen, also
/// where there are no decimals.
fn sample(currency: Currency) -> String {
    let figure = currency.text(Minor(10_i64.pow(currency.digits() + 3)));
    let mark = if currency.digits() == 0 { "." } else { "" };
    format!("{figure}{mark} {currency}")
}

fn transaction(text: &mut String, statement: &Statement, labels: Labels<'_>, of: &Movement) {
    let currency = statement.currency;
    let payee = described(&labels.payee_of(of));
    let items = described(&items_text(&of.lines));
    let _ = writeln!(text, "{} * ({}) {payee} | {items}", of.date, of.order);
    let at = of.at.rfc3339(&statement.zone);
    let (id, kind, receipt) = (&of.id, of.kind.as_str(), &of.receipt);
    let _ = writeln!(text, "    ; homepay-id: {id}");
    let _ = writeln!(text, "    ; homepay-kind: {kind}, homepay-receipt: {receipt}, at: {at}");
    for (tag, name) in [("device", &of.device), ("member", &of.member)] {
        if let Some(name) = name {
            let _ = writeln!(text, "    ; {tag}: {name}");
        }
    }
    for part in of.parts.iter().filter(|part| part.amount != Minor::ZERO) {
        let account = expense_account(part.category.as_ref());
        let _ = writeln!(text, "    {account}  {} {currency}", currency.text(part.amount));
    }
    let from_wallet = currency.text(Minor(of.amount.0.saturating_neg()));
    let _ = writeln!(text, "    {WALLET_ACCOUNT}  {from_wallet} {currency}\n");
}

/// A text in a description, where `;` begins a comment and `|` ends the payee.
fn described(text: &str) -> String {
    one_line(text).replace(';', ",").replace('|', "/")
}
