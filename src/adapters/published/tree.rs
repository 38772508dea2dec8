//! One kind of document of JSON, XML and CSV: JSON text, in which numbers stay the text that they were
//! written as.

use super::form::{Format, ListForm};
use serde_json::{Map, Value};

/// The deepest nesting of XML that is read.
const DEPTH_MAX: usize = 64;

/// A document as JSON text.
///
/// # Errors
/// Says what is no document of that kind.
pub fn json_text(text: &str, list: &ListForm) -> Result<String, String> {
    let text = text.trim_start_matches('\u{feff}');
    match list.format {
        Format::Json => Ok(text.to_owned()),
        Format::Xml => xml(text).map(|value| value.to_string()),
        Format::Csv => csv(text, list).map(|value| value.to_string()),
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
    if depth > DEPTH_MAX {
        return Err(format!("elements are nested deeper than {DEPTH_MAX}"));
    }
    let mut children = Map::new();
    for child in node.children().filter(roxmltree::Node::is_element) {
        let of_name =
            children.entry(child.tag_name().name()).or_insert_with(|| Value::Array(vec![]));
        if let Value::Array(all) = of_name {
            all.push(element(child, depth + 1)?);
        }
    }
    if children.is_empty() {
        return Ok(Value::String(node.text().unwrap_or_default().trim().to_owned()));
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
        let cells = cells.map(|(name, cell)| {
            let cell = if list.decimal_comma { with_point(cell) } else { cell.to_owned() };
            (name.to_owned(), Value::String(cell))
        });
        rows.push(Value::Object(cells.collect()));
    }
    Ok(Value::Array(rows))
}

/// A number with a decimal comma as one with a point; every other text as it is.
fn with_point(cell: &str) -> String {
    let number = !cell.is_empty()
        && cell.chars().all(|c| c.is_ascii_digit() || [',', '.', '-'].contains(&c))
        && cell.matches(',').count() == 1;
    if number { cell.replace('.', "").replace(',', ".") } else { cell.to_owned() }
}
