//! Statements: the money that moved, for people and for other books.

use super::out::{Out, raw, table};
use super::{Done, Exit, Failure};
use crate::config::Loaded;
use clap::builder::{PossibleValue, PossibleValuesParser};
use homepay_domain::bill::Billing;
use homepay_domain::budget::Budget;
use homepay_domain::household::{Home, Household};
use homepay_domain::limits::window::{midnight, plus_days};
use homepay_domain::order::Order;
use homepay_domain::statement::days::Days;
use homepay_domain::statement::totals::{By, UseCost, use_costs};
use homepay_domain::statement::{Movement, Statement, movements};
use homepay_domain::time::UnixMs;
use homepay_export::budgets::{BudgetsDoc, budgets_told};
use homepay_export::statement_doc::{StatementDoc, statement_doc};
use homepay_export::{ClosingBalance, Export, FORMATS, Labels, accounts};
use homepay_io::system_clock::SystemClock;
use homepay_ports::Clock;
use homepay_store::sqlite::reader::Reader;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[derive(clap::Args, Debug)]
pub(super) struct StatementArgs {
    /// A month, as 2026-11; this month where no days are named
    #[arg(long, group = "days")]
    month: Option<String>,
    /// One day
    #[arg(long, group = "days")]
    day: Option<Date>,
    /// The week, from Monday, that this day lies in
    #[arg(long, group = "days", value_name = "DAY")]
    week: Option<Date>,
    /// A year, as 2026
    #[arg(long, group = "days")]
    year: Option<i16>,
    /// The first day
    #[arg(long, group = "days", requires = "to")]
    from: Option<Date>,
    /// The day after the last
    #[arg(long, requires = "from")]
    to: Option<Date>,
    /// By what sums are made
    #[arg(long, value_enum, default_value = "category")]
    by: ByWord,
    /// For people, as one document, or for other books
    #[arg(long, value_parser = formats(), default_value = TABLE)]
    format: String,
    /// beancount: for a second file of one ledger, opening only accounts that were never used before
    /// these days
    #[arg(long)]
    no_open: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ByWord {
    /// Which device asked
    Device,
    /// Who spoke
    Member,
    /// What kind of spending
    Category,
    /// Who was paid
    Payee,
}

/// The words of `--format` that are no [`FORMATS`].
const TABLE: &str = "table";
const JSON: &str = "json";

fn formats() -> PossibleValuesParser {
    let own = [(TABLE, "Tables"), (JSON, "One JSON document, schemas/statement.schema.json")];
    let others = FORMATS.iter().map(|format| (format.name(), format.about()));
    let all = own.into_iter().chain(others);
    PossibleValuesParser::new(all.map(|(name, about)| PossibleValue::new(name).help(about)))
}

impl StatementArgs {
    fn days(&self, today: Date) -> Result<Days, Failure> {
        if let Some(month) = &self.month {
            let fault = |_| Failure::usage(format!("--month {month}: write a month as 2026-11"));
            return Ok(Days::month(format!("{month}-01").parse().map_err(fault)?));
        }
        if let Some(year) = self.year {
            let fault = |_| Failure::usage(format!("--year {year}: write a year as 2026"));
            return Ok(Days::year(Date::new(year, 1, 1).map_err(fault)?));
        }
        if let (Some(first), Some(next)) = (self.from, self.to) {
            if next <= first {
                let what = "--to is the day after the last: it is after --from";
                return Err(Failure::usage(what));
            }
            return Ok(Days { first, next });
        }
        let day = self.day.map(Days::day).or(self.week.map(Days::week));
        Ok(day.unwrap_or_else(|| Days::month(today)))
    }

    fn by(&self) -> By {
        match self.by {
            ByWord::Device => By::Device,
            ByWord::Member => By::Member,
            ByWord::Category => By::Category,
            ByWord::Payee => By::Payee,
        }
    }
}

/// Reads the books as they stand, whether a daemon has them open or not.
pub(super) async fn statement(loaded: &Loaded, args: &StatementArgs, out: Out) -> Done {
    let home = loaded.settings.home();
    let today = SystemClock.now().in_zone(&home.zone).date();
    let days = args.days(today)?;
    let path = &loaded.settings.store.path;
    if !path.exists() {
        return Err(Failure::no(format!("there are no books at {}", path.display())));
    }
    let reader = Reader::snapshot(path).await?;
    let household = reader.household().await?;
    let from = since(&household.budgets, days).map_or(UnixMs(0), |day| midnight(day, &home.zone));
    let (orders, before) = reader.moved(from, midnight(days.next, &home.zone)).await?;
    let open = reader.open_orders().await?;
    let statement = Statement::of((days, &home.zone, home.currency), before, &orders, &open);
    let labels = Labels(&household);
    let word = if out.json { JSON } else { args.format.as_str() };
    if let Some(format) = FORMATS.iter().find(|format| format.name() == word) {
        let opened = match args.no_open {
            true => accounts_before(&reader, &home, days).await?,
            false => BTreeSet::new(),
        };
        let (balance, lang) = (spent_until(&reader, &home, today).await?, home.lang);
        let opened = &opened;
        raw(&format.write(&Export { statement: &statement, labels, lang, opened, balance }));
        return Ok(Exit::Done);
    }
    let used = used(loaded, &reader, &household, (days, today)).await?;
    let all = moved(&home, &orders);
    let budgets = budgets_told(&household.budgets, &all, home.currency, days, today);
    let document = statement_doc(&statement, labels, args.by(), (budgets, &used));
    let text = if word == JSON { json!(document).to_string() } else { shown(&document) };
    raw(&format!("{text}\n"));
    Ok(Exit::Done)
}

/// The accounts that were used before some days.
async fn accounts_before(
    reader: &Reader,
    home: &Home,
    days: Days,
) -> Result<BTreeSet<String>, Failure> {
    let (orders, _) = reader.moved(UnixMs(0), midnight(days.first, &home.zone)).await?;
    let mut before = moved(home, &orders);
    before.retain(|movement| movement.date < days.first);
    Ok(accounts(&before).into_iter().collect())
}

/// What was spent since the books began, until the end of a day.
async fn spent_until(reader: &Reader, home: &Home, on: Date) -> Result<ClosingBalance, Failure> {
    let day = Days::day(on);
    let (from, to) = (midnight(day.first, &home.zone), midnight(day.next, &home.zone));
    let (orders, before) = reader.moved(from, to).await?;
    let statement = Statement::of((day, &home.zone, home.currency), before, &orders, &[]);
    Ok(ClosingBalance { on, spent: statement.closing() })
}

/// How budgets stand now, or on a day.
pub(super) async fn budgets(loaded: &Loaded, day: Option<Date>, out: Out) -> Done {
    let home = loaded.settings.home();
    let day = day.unwrap_or_else(|| SystemClock.now().in_zone(&home.zone).date());
    let path = &loaded.settings.store.path;
    if !path.exists() {
        return Err(Failure::no(format!("there are no books at {}", path.display())));
    }
    let reader = Reader::snapshot(path).await?;
    let household = reader.household().await?;
    let days = Days::day(day);
    let from = since(&household.budgets, days).map_or(UnixMs(0), |day| midnight(day, &home.zone));
    let (orders, _) = reader.moved(from, midnight(days.next, &home.zone)).await?;
    let moved = moved(&home, &orders);
    let told = BudgetsDoc {
        v: 1,
        currency: home.currency.code().to_owned(),
        budgets: budgets_told(&household.budgets, &moved, home.currency, days, day),
    };
    out.document(&json!(told), |told| table(&told["budgets"], BUDGET_COLUMNS));
    Ok(Exit::Done)
}

const BUDGET_COLUMNS: &[(&str, &str)] = &[
    ("budget", "category"),
    ("period", "period"),
    ("from", "from"),
    ("amount", "amount"),
    ("carried", "carried"),
    ("spent", "spent"),
    ("left", "left"),
    ("rollover", "rollover"),
];

/// Since when spending decides how budgets stand in some days; none = since the first there is.
fn since(budgets: &[Budget], days: Days) -> Option<Date> {
    let all = budgets.iter().map(|budget| budget.counts_since(days.first));
    all.chain([Some(days.first)]).min().flatten()
}

/// All that orders moved.
fn moved(home: &Home, orders: &[Order]) -> Vec<Movement> {
    orders.iter().flat_map(|order| movements(order, &home.zone, home.currency)).collect()
}

/// What use cost in these days, as far as they have come.
async fn used(
    loaded: &Loaded,
    reader: &Reader,
    household: &Household,
    (days, today): (Days, Date),
) -> Result<Vec<UseCost>, Failure> {
    let home = loaded.settings.home();
    let days = Days { next: days.next.min(plus_days(today, 1)), ..days };
    if days.next <= days.first {
        return Ok(Vec::new());
    }
    let since = Billing::counts_since((&home, household), days.first);
    let usage = reader.usage(midnight(since, &home.zone), midnight(days.next, &home.zone)).await?;
    let billing = Billing { home: &home, household, usage: &usage };
    Ok(use_costs(&billing, days))
}

/// A statement as a person reads it.
fn shown(told: &StatementDoc) -> String {
    let value = json!(told);
    let mut parts = vec![format!(
        "{} until before {}, in {}\nopening {}, paid {}, returned {}, net {}, closing {}",
        told.from,
        told.to,
        told.currency,
        told.opening,
        told.paid,
        told.returned,
        told.net,
        told.closing
    )];
    let movements = &[
        ("date", "date"),
        ("what", "kind"),
        ("amount", "amount"),
        ("payee", "payee"),
        ("for", "items"),
        ("category", "parts"),
        ("device", "device"),
        ("member", "member"),
        ("id", "id"),
        ("receipt", "receipt"),
    ];
    parts.push(table(&plain(&value["movements"]), movements));
    let totals =
        &[(told.by.as_str(), "name"), ("paid", "paid"), ("returned", "returned"), ("net", "net")];
    parts.push(table(&value["totals"], totals));
    if !told.held.orders.is_empty() {
        let columns = &[
            ("held, not moved", "order_id"),
            ("state", "state"),
            ("amount", "amount"),
            ("payee", "payee"),
            ("for", "items"),
        ];
        let orders = table(&value["held"]["orders"], columns);
        parts.push(format!("{orders}\nheld {}", told.held.amount));
    }
    if !told.budgets.is_empty() {
        parts.push(table(&value["budgets"], BUDGET_COLUMNS));
    }
    if !told.used.is_empty() {
        let columns =
            &[("use of", "device"), ("kind", "kind"), ("tariff", "tariff"), ("cost", "cost")];
        let used = table(&value["use"], columns);
        parts.push(format!("{used}\nwhat use cost is to know: no money moved for it here"));
    }
    parts.join("\n\n")
}

/// Movements with their categories in one word.
fn plain(movements: &Value) -> Value {
    let mut movements = movements.clone();
    for movement in movements.as_array_mut().into_iter().flatten() {
        let categories: Vec<&str> = movement["parts"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|part| part["category"].as_str())
            .collect();
        movement["parts"] = json!(categories.join(" + "));
    }
    movements
}
