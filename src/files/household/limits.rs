//! Limits in the household's file.

use super::limit_form::{FIELDS, FieldKind, LimitForm, checked};
use super::scope_form::{NamesForm, ScopeForm};
use super::tables::ParseContext;
use homepay_domain::ids::Name;
use homepay_domain::limits::Limit;
use homepay_text::toml_table::{Located, TomlTable};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(super) fn limits(context: &ParseContext<'_>) -> BTreeMap<Name, Limit> {
    let known = context.known();
    let mut limits = BTreeMap::new();
    for (id, sheet) in &context.limits.sheets {
        let form = form(sheet, id.as_ref());
        sheet.finish("limit");
        match checked(&form, context.home, &known) {
            Ok(limit) => {
                limits.insert(limit.id.clone(), limit);
            }
            Err(faults) => {
                // A key that is there and could not be read was noted when it was read; the form
                // without it would only be judged for what it lacks.
                for fault in faults {
                    let gone = fault.what.starts_with("is missing") && sheet.has(fault.key);
                    if fault.key != "id" && !gone {
                        let what = format!("{}: {}", fault.key, fault.what);
                        sheet.wrong(sheet.at_key(fault.key), what);
                    }
                }
            }
        }
    }
    limits
}

fn form(sheet: &TomlTable<'_>, id: Option<&Name>) -> LimitForm {
    let mut written = Map::new();
    for (key, kind, _) in FIELDS {
        let value = match kind {
            FieldKind::Text => sheet.text(key).map(|text| json!(text.value)),
            FieldKind::Date => sheet.date(key).map(|date| json!(date.value)),
            FieldKind::Count => sheet.whole(key).map(|count| json!(count.value)),
            FieldKind::Texts => texts(sheet, key).map(|texts| json!(texts)),
            FieldKind::Names => names(sheet, key).map(|names| json!(names)),
        };
        value.into_iter().for_each(|value| drop(written.insert((*key).to_owned(), value)));
    }
    // One that could not be read was noted; the rest of the limit is judged all the same.
    written.insert("id".to_owned(), json!(id.map_or("unread", Name::as_str)));
    let form: LimitForm =
        serde_json::from_value(Value::Object(written)).expect("each value is of its key's kind");
    LimitForm { scope: scope(sheet), ..form }
}

fn owned(text: Located<&str>) -> String {
    text.value.to_owned()
}

fn texts(sheet: &TomlTable<'_>, key: &'static str) -> Option<Vec<String>> {
    sheet.texts(key).map(|texts| texts.into_iter().map(owned).collect())
}

fn scope(sheet: &TomlTable<'_>) -> ScopeForm {
    if !sheet.has("scope") {
        return ScopeForm::default();
    }
    // What could not be read must not look like a scope that is empty.
    let Some(table) = sheet.sheet("scope") else {
        return ScopeForm { home: true, ..ScopeForm::default() };
    };
    let text = |key| table.text(key).map(owned);
    let home = table.flag("home");
    let mut form = ScopeForm {
        home: home.is_some_and(|home| home.value),
        device: text("device"),
        room: text("room"),
        member: text("member"),
        category: text("category"),
        payee: text("payee"),
    };
    table.finish("a scope");
    let said_false = home.is_some_and(|home| !home.value);
    if form == ScopeForm::default() && !said_false && table.entries().next().is_some() {
        form.home = true;
    }
    form
}

fn names(sheet: &TomlTable<'_>, key: &'static str) -> Option<NamesForm> {
    let table = sheet.sheet(key)?;
    let form = NamesForm { allow: texts(&table, "allow"), block: texts(&table, "block") };
    table.finish(key);
    Some(form)
}
