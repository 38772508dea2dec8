//! One kind of document of JSON, XML and CSV: JSON text, in which numbers stay the text that they were
//! written as.

use super::source_form::{DocumentFormat, ListForm};
use super::table::{self, FileHints};
use serde_json::{Map, Value};

/// The deepest nesting of XML that is read.
const TREE_DEPTH_MAX: usize = 64;

/// A document as JSON text.
///
/// # Errors
/// Says what is no document of that kind.
pub fn json_text(text: &str, list: &ListForm, hints: &FileHints<'_>) -> Result<String, String> {
    let text = text.trim_start_matches('\u{feff}');
    if let (DocumentFormat::Csv, Some(columns)) = (list.format, &list.columns) {
        let table = table::find(text, columns).ok_or("no line names a time and a use")?;
        return table.rows(columns, hints).map(|value| value.to_string());
    }
    match list.format {
        DocumentFormat::Json => Ok(text.to_owned()),
        DocumentFormat::Xml => xml(text).map(|value| value.to_string()),
        DocumentFormat::Csv => csv(text, list).map(|value| value.to_string()),
    }
}

fn xml(text: &str) -> Result<Value, String> {
    let document = roxmltree::Document::parse(text).map_err(|error| error.to_string())?;
    let root = document.root_element();
    let mut top = Map::new();
    top.insert(root.tag_name().name().to_owned(), Value::Array(vec![element(root, 0)?]));
    Ok(Value::Object(top))
}

/// An element: its text, or an object of its children, each name a list.
fn element(node: roxmltree::Node<'_, '_>, depth: usize) -> Result<Value, String> {
    if depth > TREE_DEPTH_MAX {
        return Err(format!("elements are nested deeper than {TREE_DEPTH_MAX}"));
    }
    let mut children = Map::new();
    for child in node.children().filter(roxmltree::Node::is_element) {
        let of_name =
            children.entry(child.tag_name().name()).or_insert_with(|| Value::Array(vec![]));
        if let Value::Array(all) = of_name {
            all.push(element(child, depth + 1)?);
        }
    }
    let told = node.text().unwrap_or_default().trim();
    if children.is_empty() && told.is_empty() && node.attributes().len() > 0 {
        // What such an element says, as a link to a further page, stands in its attributes.
        let said = node.attributes().map(|of| (of.name().to_owned(), of.value().into()));
        return Ok(Value::Object(said.collect()));
    }
    if children.is_empty() {
        return Ok(Value::String(told.to_owned()));
    }
    Ok(Value::Object(children))
}

/// Rows as objects of texts, from the head on.
fn csv(text: &str, list: &ListForm) -> Result<Value, String> {
    let begins = |line: &&str| match &list.head {
        Some(head) => line.trim_start_matches('"').starts_with(head.as_str()),
        None => !line.trim().is_empty(),
    };
    let head = text.lines().find(begins).ok_or_else(|| match &list.head {
        Some(head) => format!("no line begins with \"{head}\""),
        None => "is empty".to_owned(),
    })?;
    let from = text.find(head).unwrap_or(0);
    let count = |mark: char| head.matches(mark).count();
    let separator = [';', '\t', ','].into_iter().max_by_key(|mark| count(*mark)).unwrap_or(',');
    let mut reader = ::csv::ReaderBuilder::new()
        .delimiter(u8::try_from(separator).unwrap_or(b','))
        .flexible(true)
        .trim(::csv::Trim::All)
        .from_reader(text.get(from..).unwrap_or_default().as_bytes());
    let names = reader.headers().map_err(|error| error.to_string())?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let cells = names.iter().zip(record.iter());
        let cells = cells.map(|(name, cell)| (name.to_owned(), Value::String(cell.to_owned())));
        rows.push(Value::Object(cells.collect()));
    }
    Ok(Value::Array(rows))
}
