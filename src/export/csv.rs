//! CSV (RFC 4180) for spreadsheets: a row a movement, the first row names the columns.

use super::{Export, ExportFormat, Labels, items_text, one_line};
use homepay_domain::ids::Name;
use homepay_domain::statement::{Movement, Statement};

const COLUMNS: [&str; 14] = [
    "id",
    "date",
    "at",
    "kind",
    "amount",
    "currency",
    "category",
    "payee",
    "payee_name",
    "device",
    "member",
    "items",
    "order_id",
    "receipt",
];

/// A statement as CSV. `amount` is what was spent: refunds are below zero.
pub struct Csv;

impl ExportFormat for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn about(&self) -> &'static str {
        "A row a movement"
    }

    fn write(&self, export: &Export<'_>) -> String {
        let Export { statement, labels, .. } = *export;
        let mut out = csv::Writer::from_writer(Vec::new());
        let memory = "rows are written to memory and have the columns of the first";
        out.write_record(COLUMNS).expect(memory);
        for movement in &statement.movements {
            out.write_record(row(statement, labels, movement)).expect(memory);
        }
        let bytes = out.into_inner().expect("memory can be flushed");
        String::from_utf8(bytes).expect("what was written is text")
    }
}

fn row(statement: &Statement, labels: Labels<'_>, of: &Movement) -> [String; COLUMNS.len()] {
    let name = |id: &Option<Name>| id.as_ref().map_or_else(String::new, Name::to_string);
    let categories: Vec<&str> =
        of.parts.iter().filter_map(|part| part.category.as_ref()).map(Name::as_str).collect();
    let mut row = [
        of.id.clone(),
        of.date.to_string(),
        of.at.rfc3339(&statement.zone),
        of.kind.as_str().to_owned(),
        String::new(),
        statement.currency.code().to_owned(),
        categories.join(" + "),
        name(&of.payee),
        labels.payee_of(of),
        name(&of.device),
        name(&of.member),
        items_text(&of.lines),
        of.order.to_string(),
        of.receipt.clone(),
    ]
    .map(|text| inert(&text));
    // A figure of ours, that may begin with a minus.
    row[4] = statement.currency.text(of.amount);
    row
}

/// A text that no spreadsheet takes for a formula.
fn inert(text: &str) -> String {
    let text = one_line(text);
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}
