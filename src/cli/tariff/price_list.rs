//! Market prices as the daemon knows them.

use super::super::client::Client;
use super::super::out::{Out, table};
use super::super::{Done, Exit, Failure};
use crate::config::Loaded;
use homepay_domain::household::Lang;
use homepay_files::published::shipped_sources;
use homepay_files::published::source_form::{RequestForm, SourceForm};
use homepay_files::published::zone::ZoneForm;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Shows the prices of today, and of tomorrow where they are known.
pub(super) async fn prices(client: &Client, list: Option<&str>, out: Out) -> Done {
    let told = client.get("/v1/prices").await?;
    let all = told["lists"].as_array().cloned().unwrap_or_default();
    let lists: Vec<_> =
        all.iter().filter(|of| list.is_none_or(|list| of["id"] == list)).cloned().collect();
    if let Some(list) = list.filter(|_| lists.is_empty()) {
        let known: Vec<&str> = all.iter().filter_map(|of| of["id"].as_str()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let what = format!("there is no list of prices \"{list}\" (there are: {known})");
        return Err(Failure::usage(what));
    }
    let columns: &[(&str, &str)] =
        &[("from", "start"), ("market", "price"), ("unit price", "unit_price"), ("now", "now")];
    out.document(&json!({ "lists": lists }), |told| {
        let lists = told["lists"].as_array().map(Vec::as_slice).unwrap_or_default();
        let shown = lists.iter().map(|list| {
            let (id, code) = (list["id"].as_str(), list["currency"].as_str());
            let until = list["known_until"].as_str().unwrap_or("nothing yet");
            let (id, code) = (id.unwrap_or_default(), code.unwrap_or_default());
            format!("{id}, {code}/kWh, known until {until}\n{}", table(&list["prices"], columns))
        });
        shown.collect::<Vec<_>>().join("\n")
    });
    Ok(Exit::Done)
}

/// The zones of a source, as households call them.
fn zones(request: &RequestForm) -> String {
    let usual: Vec<&str> = request.zones.iter().map(ZoneForm::usual).collect();
    usual.join(" ")
}

/// The sources of prices and use that are shipped.
pub(super) fn sources(loaded: &Loaded, out: Out) -> Done {
    let lang = loaded.settings.home().lang;
    let of = |kind: &str, sources: &BTreeMap<String, SourceForm>| -> Vec<Value> {
        let told = sources.values().map(|form| {
            let name = if lang == Lang::ZhCn { &form.name.zh_cn } else { &form.name.en };
            let request = form.request.as_ref();
            json!({
                "of": kind, "id": form.id, "name": name, "unit": form.unit,
                "zones": request.map(zones),
                "verified": form.verified, "source": form.source, "notes": form.notes.trim(),
            })
        });
        told.collect()
    };
    let mut all = of("prices", shipped_sources::prices());
    all.extend(of("use", shipped_sources::usages()));
    let document = json!({ "sources": all });
    let columns =
        &[("of", "of"), ("id", "id"), ("name", "name"), ("unit", "unit"), ("zones", "zones")];
    out.document(&document, |told| table(&told["sources"], columns));
    Ok(Exit::Done)
}
