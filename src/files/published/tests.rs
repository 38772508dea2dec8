//! Every source that is shipped reads the answers that are recorded beside it.

use super::document::{DocumentRow, ReadContext, rows};
use super::request::{SourceContext, missing, questions};
use super::source_form::SourceForm;
use super::table::FileHints;
use super::{prices, shipped_sources, used, used_of_any};
use homepay_domain::meter::{Quantity, units_text};
use homepay_domain::money::Currency;
use homepay_domain::tariff::{Slot, SlotUse};
use homepay_domain::time::UnixMs;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::path::PathBuf;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Samples {
    samples: Vec<Sample>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    file: String,
    #[serde(default)]
    zone: String,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    tax: Option<String>,
    /// Begin, end, and the price of a kWh or how much was used.
    rows: Vec<(String, String, String)>,
}

fn folder(kind: &str, id: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(kind).join(id)
}

fn samples(kind: &str, id: &str) -> Vec<(Sample, String)> {
    let folder = folder(kind, id);
    let text = std::fs::read_to_string(folder.join("samples.toml"));
    let text = text.unwrap_or_else(|why| panic!("{kind}/{id} has no samples.toml: {why}"));
    let Samples { samples } = toml::from_str(&text).unwrap_or_else(|why| panic!("{id}: {why}"));
    assert!(!samples.is_empty(), "{kind}/{id} has no sample");
    let read = |sample: Sample| {
        let text = std::fs::read_to_string(folder.join(&sample.file)).expect("a recorded answer");
        (sample, text)
    };
    samples.into_iter().map(read).collect()
}

fn at(text: &str) -> UnixMs {
    UnixMs(text.parse::<jiff::Timestamp>().expect("a time").as_millisecond())
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").expect("a zone")
}

#[test]
fn every_source_of_prices_reads_its_answers() {
    let zone = berlin();
    for (id, form) in shipped_sources::prices() {
        assert_eq!(*id, form.id, "a folder is named as its source");
        for (sample, text) in samples("prices", id) {
            let with_tax = sample.tax.as_deref() == Some("in");
            let context = ReadContext {
                zone: &sample.zone,
                timezone: &zone,
                with_tax,
                now: None,
                hints: FileHints::default(),
            };
            let currency = sample.currency.as_deref().unwrap_or("EUR");
            let currency = Currency::from_code(currency).expect("a currency");
            let told = prices(form, &text, &context, currency);
            let told = told.unwrap_or_else(|why| panic!("{id} {}: {why}", sample.file));
            let mut wanted = homepay_domain::tariff::SpotPrices::default();
            for (from, to, price) in &sample.rows {
                let price: Decimal = price.parse().expect("a price");
                let first = Slot::of(at(from));
                wanted.put(first, Slot::of(at(to)).0 - first.0, price);
            }
            assert_eq!(told.prices, wanted, "{id} {}", sample.file);
        }
    }
    assert!(shipped_sources::prices().len() >= 9, "{:?}", shipped_sources::prices().keys());
}

#[test]
fn every_source_of_use_reads_its_files_and_is_known_by_them() {
    let zone = berlin();
    for (id, form) in shipped_sources::usages() {
        assert_eq!(*id, form.id, "a folder is named as its source");
        for (sample, text) in samples("usages", id) {
            let context = ReadContext {
                zone: "",
                timezone: &zone,
                with_tax: false,
                now: None,
                hints: FileHints::default(),
            };
            let told = used(form, &text, &context, Quantity::Energy);
            let told = told.unwrap_or_else(|why| panic!("{id} {}: {why}", sample.file));
            let mut sum = 0;
            for (from, to, units) in &sample.rows {
                let part = told.between(at(from), at(to));
                let micro = part.iter().map(|of| of.micro).sum::<i64>();
                assert_eq!(units_text(micro), *units, "{id} {} from {from}", sample.file);
                sum += micro;
            }
            assert_eq!(told.total(), sum, "{id}: nothing beside its rows");
            assert!(told.slots().iter().all(|of: &SlotUse| of.imported), "{id}");
            let (known, _) = used_of_any(&text, &context, Quantity::Energy).expect("a source");
            assert_eq!(known, id, "{} is known for what it is", sample.file);
        }
    }
}

#[test]
fn what_a_source_must_be_told_is_said() {
    let told = SourceContext { zone: "", token: "", url: "", currency: "EUR" };
    let request = |id: &str| shipped_sources::prices()[id].request.as_ref().expect("a request");
    let why = |id: &str, told: &SourceContext<'_>| missing(request(id), told).expect_err(id);
    assert!(
        why("energy-charts", &told).contains("zone = ")
            && why("energy-charts", &told).contains("DE-LU")
    );
    let ch = SourceContext { zone: "ch", ..told };
    assert!(why("awattar", &ch).contains("there is no zone \"ch\""));
    assert!(why("tibber", &told).contains("token_file"));
    assert!(why("evcc", &told).contains("url = "));
    let told = SourceContext { zone: "SE3", currency: "SEK", ..told };
    let now = at("2025-11-27T22:30:00Z");
    let asked = questions(request("nord-pool"), &told, &berlin(), now).expect("questions");
    assert_eq!(asked.len(), 2, "today and tomorrow, as the market's clock has them");
    assert!(asked[0].url.contains("date=2025-11-27&deliveryArea=SE3&currency=SEK"), "{asked:?}");
    assert!(asked[1].url.contains("date=2025-11-28"), "{asked:?}");
    let token = SourceContext { zone: "10Y1001A1001A82H", token: "secret", ..told };
    let asked = questions(request("entsoe"), &token, &berlin(), now).expect("questions");
    assert!(asked[0].url.contains("periodStart=202511262300&periodEnd=202511272300"), "{asked:?}");
    let asked = questions(request("tibber"), &token, &berlin(), now).expect("questions");
    assert_eq!(asked[0].headers[0], ("Authorization".to_owned(), "Bearer secret".to_owned()));
    assert!(asked[0].body.as_deref().is_some_and(|body| body.contains("{viewer{")), "{asked:?}");
}

#[test]
fn a_new_source_is_a_file_and_what_is_wrong_is_said() {
    let zone = berlin();
    let context = ReadContext {
        zone: "",
        timezone: &zone,
        with_tax: false,
        now: None,
        hints: FileHints::default(),
    };
    let form = |list: &str| -> SourceForm {
        let text = format!(
            "id = \"mine\"\nname = {{ zh-CN = \"a\", en = \"a\" }}\nsource = \"here\"\n\
             unit = \"€/kWh\"\n[list]\n{list}"
        );
        toml::from_str(&text).expect("a source")
    };
    let mine = form(
        "rows = \"$.days[*]\"\nminutes = 1440\nvalue = \"$.p\"\n\
         start = { path = \"$.day\", format = \"local\" }\n",
    );
    let text = r#"{"days":[{"day":"2026-03-29","p":0.2},{"day":"2026-03-30","p":"0.3"}]}"#;
    let told = rows(&mine, text, &context).expect("rows").rows;
    let starts: Vec<UnixMs> = told.iter().map(|row: &DocumentRow| row.start).collect();
    assert_eq!(starts, [at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z")]);
    for (text, want) in [
        ("{}", "no row of mine was found"),
        ("<a/>", "not_json"),
        (r#"{"days":[{"day":"soon","p":1}]}"#, "row 1: \"soon\" is not a time"),
        (r#"{"days":[{"day":"2026-03-29","p":"much"}]}"#, "row 1: \"much\" is no number"),
        (r#"{"days":[{"p":1}]}"#, "row 1: has no begin"),
    ] {
        let why = rows(&mine, text, &context).expect_err(text);
        assert!(why.contains(want), "{text}: {why}");
    }
    let taxed = ReadContext { with_tax: true, ..context };
    let why =
        rows(&mine, r#"{"days":[{"day":"2026-03-29","p":1}]}"#, &taxed).expect_err("no taxes");
    assert!(why.contains("publishes no prices with taxes"), "{why}");
}
