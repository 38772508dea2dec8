//! One tariff as a person reads it.

use super::find::tariff;
use crate::cli::client::Client;
use crate::cli::out::{Out, table};
use crate::cli::{Done, Exit, Failure};
use crate::config::Loaded;
use homepay_domain::tariff::{
    Bound, ChargePart, ClockSpan, CreditBy, DAY_KINDS, Per, Season, SpotPrices, Supply, Tariff,
    Version,
};
use homepay_domain::time::UnixMs;
use homepay_io::system_clock::SystemClock;
use homepay_ports::Clock;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

pub(super) async fn show(
    loaded: &Loaded,
    client: &Client,
    (wanted, at): (&str, Option<Timestamp>),
    out: Out,
) -> Done {
    let tariff = tariff(loaded, client, wanted).await?;
    let home = loaded.settings.home();
    let supply = tariff.supply(&home);
    let at = at.map_or_else(|| SystemClock.now(), |at| UnixMs(at.as_millisecond()));
    let plan = &tariff.plan;
    let day = at.in_zone(supply.zone).date();
    let version = plan.version(day).or_else(|| plan.versions.len().checked_sub(1));
    let Some(of) = version.and_then(|at| plan.versions.get(at)) else {
        return Err(Failure::no(format!("{wanted} has no prices")));
    };
    let now = supply.price_at(at, &[], &SpotPrices::default());
    let versions: Vec<Value> = plan
        .versions
        .iter()
        .map(|v| json!({"from": v.from, "to": v.to, "source": v.source, "verified": v.verified}))
        .collect();
    // One that is written in the household has no name but its own there.
    let id = if plan.id.is_empty() { wanted } else { plan.id.as_str() };
    let value = json!({
        "id": id, "name": plan.name.of(loaded.settings.home.language),
        "utility": tariff.utility, "currency": supply.currency.code(), "unit": plan.unit,
        "zone": supply.zone.iana_name(),
        "at": at.rfc3339(supply.zone),
        "now": match &now {
            Ok(now) => json!({
                "price": now.price.to_string(), "window": now.window, "season": now.season,
                "tier": now.tier,
                "next_change": now.next.as_ref().map(|next| json!({
                    "at": next.at.rfc3339(supply.zone), "price": next.price.to_string(),
                    "window": next.window,
                })),
            }),
            Err(why) => json!({"price": null, "why": why.to_string()}),
        },
        "windows": windows(of), "prices": prices(of), "tiers": tiers(of),
        "charges": charges(of, supply), "versions": versions,
        "holidays": plan.calendar.as_ref().map(|c| json!({"from": c.from, "to": c.to})),
        "notes": notes(&tariff), "plan": plan,
    });
    out.document(&value, text);
    Ok(Exit::Done)
}

/// What the tariff's file tells its readers.
fn notes(tariff: &Tariff) -> Option<String> {
    let file = tariff.file.as_ref()?;
    let table: toml::Table = file.text.parse().ok()?;
    table.get("notes")?.as_str().map(|notes| notes.trim().to_owned())
}

fn text(v: &Value) -> String {
    let word = |key: &str| v[key].as_str().unwrap_or_default().to_owned();
    let mut parts = vec![format!("{}  {}", word("id"), word("name")).trim_end().to_owned()];
    let now = &v["now"];
    parts.push(match now["price"].as_str() {
        Some(price) => {
            let window = now["window"].as_str().unwrap_or_default();
            let (currency, unit) = (word("currency"), word("unit"));
            let next = &now["next_change"];
            let next = match (next["at"].as_str(), next["price"].as_str()) {
                (Some(at), Some(price)) => format!("; {price} from {at}"),
                _ => String::new(),
            };
            format!("{}: {price} {currency}/{unit} ({window}){next}", word("at"))
        }
        None => format!("{}: {}", word("at"), now["why"].as_str().unwrap_or_default()),
    });
    let season = ("season", "season");
    let windows: &[(&str, &str)] = &[season, ("days", "days"), ("windows", "windows")];
    parts.push(table(&v["windows"], windows));
    if v["prices"].as_array().is_some_and(|prices| !prices.is_empty()) {
        let columns: &[(&str, &str)] = &[season, ("window", "window"), ("price by tier", "rates")];
        parts.push(table(&v["prices"], columns));
    }
    if v["tiers"].as_array().is_some_and(|tiers| !tiers.is_empty()) {
        let columns: &[(&str, &str)] = &[
            ("tiers of", "windows"),
            ("counted by", "counter"),
            ("up to", "up_to"),
            ("for", "for"),
        ];
        parts.push(table(&v["tiers"], columns));
    }
    if v["charges"].as_array().is_some_and(|charges| !charges.is_empty()) {
        let columns: &[(&str, &str)] = &[("charge", "what"), ("how much", "how")];
        parts.push(table(&v["charges"], columns));
    }
    let versions: &[(&str, &str)] =
        &[("from", "from"), ("to", "to"), ("source", "source"), ("verified", "verified")];
    parts.push(table(&v["versions"], versions));
    parts.extend(v["notes"].as_str().map(str::to_owned));
    parts.join("\n")
}

/// The windows by season and kind of day; kinds that do not differ are told together.
fn windows(version: &Version) -> Vec<Value> {
    let mut rows = Vec::new();
    for season in &version.seasons {
        let mut kinds: Vec<(&[ClockSpan], Vec<&str>)> = Vec::new();
        for kind in DAY_KINDS {
            let spans = season.days.of(kind);
            match kinds.iter_mut().find(|(known, _)| *known == spans) {
                Some((_, names)) => names.push(kind.as_str()),
                None => kinds.push((spans, vec![kind.as_str()])),
            }
        }
        for (spans, names) in kinds {
            let names = if names.len() == DAY_KINDS.len() { vec!["every day"] } else { names };
            rows.push(json!({
                "season": season.name, "days": names.join(", "),
                "windows": spans.iter().map(|span| clock(version, span)).collect::<Vec<_>>(),
            }));
        }
    }
    rows
}

fn clock(version: &Version, span: &ClockSpan) -> String {
    let name = version.windows.get(span.window).map_or("", String::as_str);
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!("{} {name}", [time(span.from), time(span.to)].join("-"))
}

fn prices(version: &Version) -> Vec<Value> {
    let of = |season: &Season| {
        let rows = version.windows.iter().zip(season.rates.clone());
        let rows = rows.filter(|(_, rates)| !rates.is_empty()).map(|(window, rates)| {
            let rates: Vec<String> = rates.iter().map(ToString::to_string).collect();
            json!({"season": season.name, "window": window, "rates": rates})
        });
        rows.collect::<Vec<_>>()
    };
    version.seasons.iter().flat_map(of).collect()
}

fn tiers(version: &Version) -> Vec<Value> {
    let mut rows = Vec::new();
    for ladder in &version.ladders {
        let names = ladder.windows.iter().filter_map(|at| version.windows.get(*at));
        let names: Vec<&String> = names.collect();
        for steps in &ladder.steps {
            let season = steps.season.and_then(|at| version.seasons.get(at));
            let persons = steps.persons_from.map(|n| format!("{n} people or more"));
            let season = season.map(|season| season.name.clone());
            let who: Vec<String> = persons.into_iter().chain(season).collect();
            let up_to: Vec<String> = steps
                .up_to
                .iter()
                .map(|bound| match bound {
                    Bound::Units(units) => units.to_string(),
                    Bound::Baseline(times) => format!("{times} × baseline"),
                })
                .collect();
            rows.push(json!({
                "windows": names, "counter": ladder.counter, "up_to": up_to,
                "for": Some(who.join(", ")).filter(|who| !who.is_empty()),
            }));
        }
    }
    rows
}

/// Everything beside the price of a unit, in words.
fn charges(version: &Version, supply: Supply<'_>) -> Vec<Value> {
    let unit = &supply.plan.unit;
    let mut rows = Vec::new();
    let mut add = |what: &str, how: String| rows.push(json!({"what": what, "how": how}));
    if let Some(spot) = &version.spot {
        let mut how = format!("{} × {}, every {} min", spot.source, spot.factor, spot.minutes);
        for (window, more) in version.windows.iter().zip(&spot.add).filter(|(_, m)| !m.is_zero()) {
            how.push_str(&format!(", + {more} {window}"));
        }
        if let Some(cap) = spot.cap {
            how.push_str(&format!(", at most {cap}"));
        }
        if let Some(floor) = spot.floor {
            how.push_str(&format!(", at least {floor}"));
        }
        add("spot", how);
    }
    for adder in &version.adders {
        let rates: Vec<String> = adder.rates.iter().map(ToString::to_string).collect();
        add(&adder.name, format!("{} a {unit}", rates.join(" / ")));
    }
    for fixed in &version.fixed {
        let mut how = each(fixed.amount, fixed.per, fixed.prorate);
        if let Some(percent) = fixed.unused_percent {
            how.push_str(&format!(", {percent} % where nothing is used"));
        }
        add(&fixed.name, how);
    }
    if let Some(minimum) = &version.minimum {
        add("minimum", each(minimum.amount, minimum.per, minimum.prorate));
    }
    for tax in &version.taxes {
        add(&tax.name, format!("{} % on {}", tax.percent, names(version, &tax.on)));
    }
    for credit in &version.credits {
        let how = match &credit.by {
            CreditBy::Percent { percent, on } => {
                format!("−{percent} % on {}", names(version, on))
            }
            CreditBy::Unit { amount, .. } => format!("−{amount} a {unit}"),
            CreditBy::Fixed { amount, per, prorate } => {
                format!("−{}", each(*amount, *per, *prorate))
            }
        };
        add(&credit.name, how);
    }
    rows
}

/// The parts that a tax or percentage is on, as far as the version has them.
fn names(version: &Version, on: &[ChargePart]) -> String {
    let there = |part: &&ChargePart| match part {
        ChargePart::Spot => version.spot.is_some(),
        ChargePart::Minimum => version.minimum.is_some(),
        ChargePart::Energy => version.seasons.iter().any(|season| !season.rates.is_empty()),
        ChargePart::Adder(_)
        | ChargePart::Fixed(_)
        | ChargePart::Tax(_)
        | ChargePart::Credit(_) => true,
    };
    let names = on.iter().filter(there).map(|part| version.part_name(part));
    names.collect::<Vec<_>>().join(", ")
}

/// A charge that falls due, in words.
fn each(amount: Decimal, per: Per, prorate: bool) -> String {
    let by_days = if prorate { ", by days" } else { "" };
    format!("{amount} a {}{by_days}", json!(per).as_str().unwrap_or_default())
}
