//! Beancount. Every transaction carries `homepay-id`, by which a second import knows it.

use super::{
    Export, ExportFormat, Labels, WALLET_ACCOUNT, accounts, expense_account, items_text, one_line,
};
use homepay_domain::money::Minor;
use homepay_domain::statement::{Movement, Statement};
use std::fmt::Write;

/// When accounts open: before anything that can have moved, so that the directives of all exports
/// are the same.
const OPENED: &str = "1970-01-01";

/// A statement as beancount reads it, with the directives that open its accounts but those that are
/// `opened` already, by an earlier file of the same ledger.
pub struct Beancount;

impl ExportFormat for Beancount {
    fn name(&self) -> &'static str {
        "beancount"
    }

    fn about(&self) -> &'static str {
        "beancount"
    }

    fn write(&self, export: &Export<'_>) -> String {
        let Export { statement, labels, opened, .. } = *export;
        let currency = statement.currency;
        let (first, last) = (statement.days.first, statement.days.last());
        let mut text = format!(";; -*- beancount -*- homepay {first} to {last}\n\n");
        let all = accounts(&statement.movements);
        let mut new = all.iter().filter(|account| !opened.contains(*account)).peekable();
        let opens = new.peek().is_some();
        for account in new {
            let _ = writeln!(text, "{OPENED} open {account} {currency}");
        }
        if opens {
            text.push('\n');
        }
        for movement in &statement.movements {
            transaction(&mut text, statement, labels, movement);
        }
        text
    }
}

fn transaction(text: &mut String, statement: &Statement, labels: Labels<'_>, of: &Movement) {
    let payee = quoted(&labels.payee_of(of));
    let items = quoted(&items_text(&of.lines));
    // Writing to a text never fails.
    let _ = writeln!(text, "{} * {payee} {items} ^{}", of.date, of.order);
    let at = of.at.rfc3339(&statement.zone);
    let known = [
        ("homepay-id", Some(of.id.clone())),
        ("homepay-kind", Some(of.kind.as_str().to_owned())),
        ("homepay-receipt", Some(of.receipt.clone())),
        ("at", Some(at)),
        ("device", of.device.as_ref().map(ToString::to_string)),
        ("member", of.member.as_ref().map(ToString::to_string)),
    ];
    for (key, value) in known {
        if let Some(value) = value {
            let _ = writeln!(text, "  {key}: {}", quoted(&value));
        }
    }
    let currency = statement.currency;
    for part in of.parts.iter().filter(|part| part.amount != Minor::ZERO) {
        let account = expense_account(part.category.as_ref());
        let _ = writeln!(text, "  {account}  {} {currency}", currency.text(part.amount));
    }
    let from_wallet = currency.text(Minor(of.amount.0.saturating_neg()));
    let _ = writeln!(text, "  {WALLET_ACCOUNT}  {from_wallet} {currency}\n");
}

/// A string: what would end it is escaped.
fn quoted(text: &str) -> String {
    format!("\"{}\"", one_line(text).replace('\\', "\\\\").replace('"', "\\\""))
}
