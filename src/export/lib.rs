//! A statement in the formats that other books read. The same statement gives the same bytes.
//!
//! To add a format: one file with a body of [`ExportFormat`], and one line in [`FORMATS`].

#![deny(clippy::wildcard_enum_match_arm)]
#![deny(missing_docs)]

pub mod beancount;
pub mod budgets;
pub mod csv;
pub mod hledger;
pub mod ofx;
pub mod statement_doc;

use homepay_domain::household::{Household, Lang};
use homepay_domain::ids::Name;
use homepay_domain::money::Minor;
use homepay_domain::order::OrderLine;
use homepay_domain::statement::{Movement, Statement};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// A format that other books read.
pub trait ExportFormat: Sync {
    /// Its word at the command line.
    fn name(&self) -> &'static str;

    /// What `--help` says of it.
    fn about(&self) -> &'static str;

    /// A statement in this format.
    fn write(&self, export: &Export<'_>) -> String;
}

/// Every format, in the order in which `--help` shows them.
pub const FORMATS: &[&dyn ExportFormat] =
    &[&csv::Csv, &beancount::Beancount, &hledger::Hledger, &ofx::Ofx];

/// A statement with what formats say beside its movements.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// The movements, in days.
    pub statement: &'a Statement,
    /// What ids are called.
    pub labels: Labels<'a>,
    /// The language of names and headings.
    pub lang: Lang,
    /// Accounts that an earlier file of the same ledger opened.
    pub opened: &'a BTreeSet<String>,
    /// What was spent since the books began.
    pub balance: ClosingBalance,
}

/// What was spent since the books began, until the end of a day.
#[derive(Clone, Copy, Debug)]
pub struct ClosingBalance {
    /// The last day that is included, in the home's time zone.
    pub on: Date,
    /// The sum in minor units, refunds taken off.
    pub spent: Minor,
}

/// The account that everything is paid from, in beancount and hledger.
pub const WALLET_ACCOUNT: &str = "Assets:Homepay:Wallet";

/// Where spending without a category goes, in beancount and hledger.
const NO_CATEGORY: &str = "uncategorised";

/// How the household calls what movements name by id.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a>(pub &'a Household);

impl Labels<'_> {
    /// A payee's name; its id where the household knows it no more.
    pub fn payee(&self, id: &Name) -> String {
        self.0.payees.get(id).map_or_else(|| id.to_string(), |payee| payee.name.to_string())
    }

    /// The device's name in the statement's language; its id where the household no longer has it.
    pub fn device(&self, id: &Name) -> String {
        self.0.devices.get(id).map_or_else(|| id.to_string(), |device| device.name.to_string())
    }

    /// The member's name; the id where the household no longer has that member.
    pub fn member(&self, id: &Name) -> String {
        self.0.members.get(id).map_or_else(|| id.to_string(), |member| member.name.clone())
    }

    /// Who was paid, or what stands in that place.
    fn payee_of(&self, movement: &Movement) -> String {
        movement.payee.as_ref().map_or_else(String::new, |payee| self.payee(payee))
    }
}

/// What lines are, in one line: `矿泉水 ×2, 大米 ×1`.
pub fn items_text(lines: &[OrderLine]) -> String {
    let item = |line: &OrderLine| {
        let unit = line.unit.as_deref().unwrap_or_default();
        match line.quantity.as_str() {
            "1" => line.name.to_string(),
            quantity => format!("{} ×{quantity}{unit}", line.name),
        }
    };
    lines.iter().map(item).collect::<Vec<_>>().join(", ")
}

/// The account of a category. Categories are ids of small ASCII letters, digits and `-`, so that a
/// capital first letter makes a valid account, and two categories never share one.
fn expense_account(category: Option<&Name>) -> String {
    let id = category.map_or(NO_CATEGORY, Name::as_str);
    let (first, rest) = id.split_at(1);
    format!("Expenses:{}{rest}", first.to_ascii_uppercase())
}

/// All accounts that movements touch, sorted.
pub fn accounts(movements: &[Movement]) -> Vec<String> {
    let parts = movements.iter().flat_map(|movement| &movement.parts);
    let mut accounts: Vec<String> =
        parts.map(|part| expense_account(part.category.as_ref())).collect();
    if !accounts.is_empty() {
        accounts.push(WALLET_ACCOUNT.to_owned());
    }
    accounts.sort();
    accounts.dedup();
    accounts
}

/// A text without line ends and other controls, which end an entry in most formats.
fn one_line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests;
