//! The pages of the reference.

use super::{command_line, phrases::said, schema_tables, text, words};
use crate::schemas::document;
use homepay_domain::alert::ALERT_KINDS;
use homepay_domain::decide::checks::CHECKS;
use homepay_domain::household::{Home, Household, Lang, Rules};
use homepay_domain::money::Currency;
use homepay_domain::reply::{CODES, STATUSES};
use homepay_protocols::native::verbs::VERBS;
use homepay_protocols::snapshot::Snapshot;
use jiff::tz::TimeZone;
use std::fmt::Write;

/// What stands at the top of each page, for who edits it.
const MADE: &str =
    "<!-- Written by tests/it/reference.rs. UPDATE_DOCS=1 cargo test --test it reference -->\n";

/// Each page's file and text.
pub(crate) fn all() -> Vec<(&'static str, String)> {
    let pages = vec![
        ("command-line.md", command_line::page()),
        ("configuration.md", configuration()),
        ("household.md", household()),
        ("reasons.md", reasons()),
        ("alerts.md", alerts()),
        ("mqtt.md", mqtt()),
        ("http.md", http()),
        ("wallet.md", wallet()),
    ];
    pages.into_iter().map(|(name, page)| (name, format!("{MADE}{page}"))).collect()
}

/// How a page begins whose rest is listed.
fn preface(page: &str) -> String {
    let pages = ["http".to_owned(), "mqtt".to_owned()];
    let all = words::of("preface").for_each(&pages);
    all.into_iter().find(|(name, _)| name == page).unwrap().1
}

fn configuration() -> String {
    let schema = document("config");
    let mut out = String::from(
        "# Configuration\n\n`homepay.toml`, found by `--config`, `$HOMEPAY_CONFIG`, `./`, \
         `$XDG_CONFIG_HOME/homepay/`, `/etc/homepay/`. Every key may be left out. Every key can be set \
         by its variable in the environment (`HOMEPAY__SECTION__KEY`), which goes before the file; every secret also by its \
         `…_file`, or by a systemd credential named `section.key`. Durations are written `60s`, `10m`, \
         `2h`, `6d`. Unknown keys are errors; `homepay check` lists every mistake with its line. \
         [`schemas/config.schema.json`](../../schemas/config.schema.json) is the same for programs.\n",
    );
    for (section, table) in schema["properties"].as_object().unwrap() {
        if table["type"] == "array" {
            let about = table["description"].as_str().unwrap();
            let _ = write!(out, "\n## [[{section}]]\n\n{about}\n");
            schema_tables::rows(&mut out, &table["items"]);
            continue;
        }
        let _ = write!(out, "\n## [{section}]\n");
        schema_tables::rows(&mut out, table);
    }
    out
}

fn household() -> String {
    let schema = document("household");
    let mut out = String::from(
        "# Household file\n\nWhat `homepay apply` takes and `homepay export` writes. Amounts are decimal \
         text (`\"29.90\"`), never numbers. A commented example is \
         [`src/files/household/example.toml`](../../src/files/household/example.toml); \
         [`schemas/household.schema.json`](../../schemas/household.schema.json) is the same for \
         programs, and [`schemas/tariff.schema.json`](../../schemas/tariff.schema.json) describes the \
         files of tariffs.\n",
    );
    let tables = schema["properties"].as_object().unwrap();
    let title = |name: &str| {
        let reference = format!("#/$defs/{name}");
        let table = tables.iter().find(|(_, value)| value.to_string().contains(&reference));
        let part = schema_tables::part(name);
        table.map_or_else(|| part.clone(), |(table, _)| format!("{part}: `[[{table}]]`"))
    };
    out.push_str(&schema_tables::tables(&schema, 2, title));
    out
}

fn reasons() -> String {
    let statuses: Vec<String> = STATUSES
        .iter()
        .map(|status| serde_json::to_value(status).unwrap().as_str().unwrap().to_owned())
        .collect();
    let mut out = String::from(
        "# Replies: statuses and reasons\n\nA reply has a `status`, and where something is refused a \
         `reason` with a `code`, the `rule` that decided, and figures (`asked`, `left`, `resets_at`). \
         `say` puts it into words. The codes are the same at every door.\n\n| status | |\n|---|---|\n",
    );
    for (status, about) in words::of("status").for_each(&statuses) {
        let _ = writeln!(out, "| `{status}` | {about} |");
    }
    let codes: Vec<String> = CODES.iter().map(|code| code.as_str().to_owned()).collect();
    out.push_str(
        "\n## Reasons\n\n| code | what is said | 说的话 | what to do |\n|---|---|---|---|\n",
    );
    for (code, todo) in words::of("reason").for_each(&codes) {
        let id = format!("reason-{code}");
        let (en, zh) = (said(Lang::En, &id), said(Lang::ZhCn, &id));
        let _ = writeln!(out, "| `{code}` | {en} | {zh} | {todo} |");
    }
    out.push_str(
        "\n## Checks\n\nWhat an order is held against once it is authentic, priced and not frozen, in this order; \
         the first that refuses decides. `homepay order explain ID` shows each with its figures.\n\n\
         | check | refuses as | what it looks at |\n|---|---|---|\n",
    );
    let checks: Vec<String> = CHECKS.iter().map(|check| check.name().to_owned()).collect();
    for ((name, about), check) in words::of("check").for_each(&checks).into_iter().zip(CHECKS) {
        let _ = writeln!(out, "| `{name}` | `{}` | {about} |", check.code().as_str());
    }
    out
}

fn alerts() -> String {
    let kinds: Vec<String> = ALERT_KINDS.iter().map(|kind| kind.as_str().to_owned()).collect();
    let mut out = String::from(
        "# Alerts\n\nEach alert fires once per band and period, or once for as long as it is so, also \
         over restarts. It is published on `<base>/alert` with its figures, its words in the home's \
         language and what to do. How to set, note and snooze them: \
         [Budgets and alerts](../how-to/budgets-and-alerts.md).\n",
    );
    for (kind, when) in words::of("alert").for_each(&kinds) {
        let id = format!("alert-{kind}");
        let _ = write!(out, "\n## {kind}\n\n{when}\n\n");
        let _ = writeln!(out, "> {}\n>\n> {}", said(Lang::En, &id), said(Lang::ZhCn, &id));
        let ends = ALERT_KINDS.iter().any(|one| one.as_str() == kind && one.ends_by_itself());
        if ends {
            let over = format!("{id}-resolved");
            let (en, zh) = (said(Lang::En, &over), said(Lang::ZhCn, &over));
            let _ = write!(out, "\nWhen it is over:\n\n> {en}\n>\n> {zh}\n");
        }
    }
    out
}

/// The topics that the hub itself listens on, of a home without devices.
fn own_subscriptions() -> Vec<String> {
    let home = Home {
        zone: TimeZone::UTC,
        currency: Currency::from_code("EUR").unwrap(),
        lang: Lang::En,
        rules: Rules::default(),
    };
    let all = Snapshot::new("<base>", home, Household::default()).subscriptions();
    all.into_iter().map(|topic| topic.replace("device/+", "device/<device>")).collect()
}

/// A document's own table and those of its parts, under a heading.
fn payload(out: &mut String, name: &str) {
    let schema = document(name);
    let about = schema["description"].as_str().unwrap_or_default();
    let about = about.split_whitespace().collect::<Vec<_>>().join(" ");
    let _ = write!(out, "\n### {name}\n\n{about} ");
    let _ = writeln!(out, "[Schema](../../schemas/{name}.schema.json).");
    out.push_str(&schema_tables::tables(&schema, 4, |part| {
        format!("{name}: {}", schema_tables::part(part))
    }));
}

fn mqtt() -> String {
    let mut out = preface("mqtt");
    out.push_str("\n## To the hub\n\n| topic | |\n|---|---|\n");
    for (topic, about) in words::of("topic_in").for_each(&own_subscriptions()) {
        let _ = writeln!(out, "| `{topic}` | {about} |");
    }
    out.push_str(
        "\n## Requests of owners\n\nEach is also a command of HTTP (`POST /api/v1/commands/<verb>`, or a look) and of \
         the command line.\n`?` = need not be said. Older words mean the same.\n\n\
         | verb | takes | | `homepay` | HTTP | older words |\n|---|---|---|---|---|---|\n",
    );
    for verb in &VERBS {
        let code = |words: &[&str]| {
            words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
        };
        let http = match verb.look {
            Some(path) => format!("`GET /api{path}`"),
            None => format!("`POST /api/v1/commands/{}`", verb.name),
        };
        let (arguments, aliases) = (code(verb.arguments), code(verb.aliases));
        let subcommand = verb.subcommand.replace('/', " ");
        let (name, about) = (verb.name, verb.summary);
        let _ = writeln!(
            out,
            "| `{name}` | {arguments} | {about} | `{subcommand}` | {http} | {aliases} |"
        );
    }
    out.push_str("\n## From the hub\n");
    for name in ["reply", "order-event", "alert", "speak"] {
        payload(&mut out, name);
    }
    out.push_str("\n## Retained states\n");
    for name in ["device-state", "home-state", "bridge-state", "bridge-health"] {
        payload(&mut out, name);
    }
    out.push_str("\n## Bodies that are read\n");
    for name in ["envelope", "order", "confirm", "reading", "request", "response", "assist"] {
        payload(&mut out, name);
    }
    out
}

/// What the hub asks of a wallet, from the protocol's OpenAPI document.
fn wallet() -> String {
    let openapi = document("wallet.openapi");
    let about = openapi["info"]["description"].as_str().unwrap();
    let mut out = format!(
        "# Wallet protocol\n\nWhat a wallet must answer to be used with `wallet.kind = \"homepay\"`. {about}\n\n\
         [`schemas/wallet.openapi.json`](../../schemas/wallet.openapi.json) has every body and answer. \
         `homepay sandbox-wallet` is a wallet that speaks it, with faults that can be switched on; the \
         wallet's callbacks are [Standard Webhooks](http.md#the-consoles-listener).\n\n\
         | call | | answers |\n|---|---|---|\n"
    );
    for (path, calls) in openapi["paths"].as_object().unwrap() {
        for (method, call) in calls.as_object().unwrap() {
            let codes: Vec<&String> = call["responses"].as_object().unwrap().keys().collect();
            let codes = codes.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            let (method, about) = (method.to_uppercase(), call["summary"].as_str().unwrap());
            let _ = writeln!(out, "| `{method} {path}` | {about} | {codes} |");
        }
    }
    out
}

/// The routes that a file of `src/api` lists: method and path.
fn routes(file: &str) -> Vec<String> {
    let source = text(file);
    let mut found = Vec::new();
    for part in source.split(".route(\"").skip(1) {
        let (path, rest) = part.split_once('"').unwrap();
        // The methods stand before the next call in the chain.
        let end = rest.find("\n").unwrap_or(rest.len());
        for method in ["get", "post", "put", "patch", "delete"] {
            if rest[..end].contains(&format!("{method}(")) {
                found.push(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    assert!(!found.is_empty(), "{file} lists no routes");
    found
}

fn http() -> String {
    let mut out = preface("http");
    out.push_str("\n## The console's listener\n\n| route | |\n|---|---|\n");
    for (route, about) in words::of("console").for_each(&routes("src/api/console.rs")) {
        let _ = writeln!(out, "| `{route}` | {about} |");
    }
    out.push_str("\n## The control socket\n\n| route | |\n|---|---|\n");
    for (path, calls) in homepay_api::control::openapi()["paths"].as_object().unwrap() {
        for (method, call) in calls.as_object().unwrap() {
            let (method, about) = (method.to_uppercase(), call["summary"].as_str().unwrap());
            let _ = writeln!(out, "| `{method} {path}` | {about} |");
        }
    }
    out
}
