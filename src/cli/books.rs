//! The journal, backups, the report.

use super::args::{BackupCommand, JournalCommand};
use super::client::{Client, escaped};
use super::orders::pretty;
use super::out::{Out, table};
use super::{Done, Exit, Failure};
use crate::config::{Loaded, Settings};
use homepay_domain::household::Home;
use homepay_store::sqlite::SCHEMA_VERSION;
use homepay_store::sqlite::older::CurrentBooks;
use homepay_store::sqlite::restore::{self, Restored};
use homepay_store::sqlite::verify::{VerificationReport, verify};
use serde_json::{Value, json};
use std::path::Path;

pub(super) async fn journal(
    loaded: &Loaded,
    client: &Client,
    command: JournalCommand,
    out: Out,
) -> Done {
    match command {
        JournalCommand::Show { limit } => {
            let entries = client.get(&format!("/v1/journal?limit={limit}")).await?;
            out.document(&entries, |entries| table(&shown(&entries["entries"]), JOURNAL_COLUMNS));
            Ok(Exit::Done)
        }
        JournalCommand::Proof { order } => {
            let proof = client.get(&format!("/v1/orders/{}/proof", escaped(&order))).await?;
            out.document(&proof, proof_words);
            Ok(Exit::Done)
        }
        JournalCommand::Verify => {
            report_on(&loaded.settings.store.path, &loaded.settings.home(), out).await
        }
    }
}

/// An approval in words; `--json` has what is verified outside.
fn proof_words(proof: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let proves = match proof["proof"]["kind"].as_str() {
        Some("passkey") => {
            "by a passkey, which signed the text above: --json has the signature and its public key"
        }
        Some("totp") => "by a code of an authenticator app: there is the hub's word for it alone",
        _ => "by password: there is the hub's word for it alone",
    };
    format!(
        "{}\n  approved by {} at {}, {proves}\n  journal entry {}, hash {}",
        text(&proof["text"]).trim_end(),
        who(&proof["approved_by"]),
        text(&proof["at"]),
        proof["seq"],
        text(&proof["hash"])
    )
}

const JOURNAL_COLUMNS: &[(&str, &str)] = &[
    ("seq", "seq"),
    ("at", "at"),
    ("who", "who"),
    ("kind", "kind"),
    ("what", "what"),
    ("hash", "hash"),
];

/// How much of a hash a table shows, in characters: enough to find it in the whole one.
const HASH_CHARS: usize = 12;

/// Entries as a table shows them: who acted, and what changed, by its id.
fn shown(entries: &Value) -> Value {
    let entries = entries.as_array().into_iter().flatten();
    let shown = entries.map(|entry| {
        let changes = entry["changes"].as_array().into_iter().flatten();
        let mut what: Vec<String> = changes.filter_map(named).collect();
        what.dedup();
        let hash: String =
            entry["hash"].as_str().unwrap_or_default().chars().take(HASH_CHARS).collect();
        json!({
            "seq": entry["seq"], "at": entry["at"], "kind": entry["kind"],
            "who": who(&entry["actor"]), "what": what.join(", "), "hash": hash,
        })
    });
    shown.collect()
}

/// An actor in few words.
fn who(actor: &Value) -> String {
    let text = |key: &str| actor[key].as_str().unwrap_or_default();
    match text("by") {
        "owner_key" => format!("{} (key {})", text("member"), text("key")),
        "local_user" => format!("user {} of this machine", actor["uid"]),
        "speaker" if actor["member"].is_string() => {
            format!("{} ({})", text("device"), text("member"))
        }
        "speaker" => text("device").to_owned(),
        "member" => text("member").to_owned(),
        "home_assistant" => "Home Assistant".to_owned(),
        _ => "system".to_owned(),
    }
}

/// What a change is of, and what it changed, in few words.
fn named(change: &Value) -> Option<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let kind = change["change"].as_str()?;
    Some(match kind {
        "hold" | "judged" | "heard" => return None,
        "order" => {
            let order = &change["order"];
            format!("order {} {}", text(&order["id"]), text(&order["state"]))
        }
        "frozen" => {
            let what = if change["frozen"] == json!(false) { "thawed" } else { "frozen" };
            let device = change["device"].as_str().unwrap_or("the home");
            format!("{what} {device}")
        }
        "limit" => {
            let (now, before) = (&change["limit"], &change["before"]);
            let fields = now.as_object().into_iter().flatten();
            let other = fields.filter(|(key, value)| {
                before.is_object()
                    && !["version", "made_at"].contains(&key.as_str())
                    && before[key.as_str()] != **value
            });
            let keys: Vec<&str> = other.map(|(key, _)| key.as_str()).collect();
            let changed =
                if keys.is_empty() { String::new() } else { format!(": {}", keys.join(", ")) };
            format!("limit {} version {}{changed}", text(&now["id"]), now["version"])
        }
        "limit_removed" => format!("limit {} removed", text(&change["limit"])),
        "household" => {
            let lines = change["changed"].as_array().into_iter().flatten();
            let lines: Vec<&str> = lines.filter_map(Value::as_str).collect();
            format!("household: {}", lines.join(", "))
        }
        "corrected" => format!("use of {} corrected", text(&change["correction"]["device"])),
        _ => {
            let of = &change[kind];
            let id =
                of.as_str().or_else(|| of["id"].as_str()).or_else(|| change["device"].as_str());
            id.map_or_else(|| kind.to_owned(), |id| format!("{kind} {id}"))
        }
    })
}

/// Verifies books, whether a daemon has them open or not; those of an older schema in a copy.
async fn report_on(path: &Path, home: &Home, out: Out) -> Done {
    if !path.exists() {
        return Err(Failure::no(format!("there are no books at {}", path.display())));
    }
    let books = CurrentBooks::open(path, home).await?;
    let reader = &books.reader;
    let found: VerificationReport = verify(reader).await?;
    let integrity = reader.integrity().await?;
    let mut faults = found.faults.clone();
    if integrity != "ok" {
        faults.insert(0, format!("SQLite: {integrity}"));
    }
    let good = faults.is_empty();
    let value = json!({
        "ok": good, "entries": found.entries, "orders": found.orders, "head": found.head,
        "faults": faults, "was_schema": books.was_schema,
    });
    out.document(&value, |_| {
        if good {
            let older = books.was_schema.map(|schema| {
                format!(" (schema {schema}, brought forward to {SCHEMA_VERSION} in a copy)")
            });
            return format!(
                "{} entries, {} orders: the chain holds and every balance comes out the same{}",
                found.entries,
                found.orders,
                older.unwrap_or_default()
            );
        }
        format!("the journal does not hold:\n  {}", faults.join("\n  "))
    });
    Ok(if good { Exit::Done } else { Exit::No })
}

pub(super) async fn backup(
    loaded: &Loaded,
    client: &Client,
    command: BackupCommand,
    out: Out,
) -> Done {
    match command {
        BackupCommand::Create { file } => {
            let file = std::path::absolute(&file).map_err(|e| Failure::usage(e.to_string()))?;
            let made = client.post("/v1/backup", &json!({ "file": file })).await?;
            out.document(&made, |_| {
                format!(
                    "{} holds the books. Not in it: the configuration, keys in files, the \
                     sandbox wallet and the broker's users.",
                    file.display()
                )
            });
            Ok(Exit::Done)
        }
        BackupCommand::Verify { file } => report_on(&file, &loaded.settings.home(), out).await,
        BackupCommand::Restore { file } => restore(&loaded.settings, &file, out).await,
    }
}

/// Puts a copy in the place of the books. Refused while a daemon has them open, for a newer
/// schema, and for a copy that does not hold; what was there before is kept beside it.
async fn restore(settings: &Settings, file: &Path, out: Out) -> Done {
    let path = &settings.store.path;
    let Restored { kept } = restore::restore(path, file, &settings.home()).await?;
    let value = json!({"ok": true, "restored": path, "kept": kept});
    out.document(&value, |_| match &kept {
        Some(kept) => format!("restored; what was there is kept as {}", kept.display()),
        None => "restored".to_owned(),
    });
    Ok(Exit::Done)
}

pub(super) async fn report(loaded: &Loaded, client: &Client, out: Out) -> Done {
    let status = client.get("/v1/status").await;
    let wallet = client.get("/v1/wallet/status").await;
    let health = client.get("/v1/health").await;
    let log = client.get("/v1/log").await.unwrap_or_default();
    let value = json!({
        "version": env!("CARGO_PKG_VERSION"), "log": log["lines"],
        "config_file": loaded.file, "config": loaded.settings.redacted(),
        "daemon": status.unwrap_or_else(|f| json!({"unreachable": f.message})),
        "health": health.unwrap_or_else(|f| json!({"unreachable": f.message})),
        "wallet": wallet.unwrap_or_else(|f| json!({"unreachable": f.message})),
    });
    out.document(&value, |value| {
        let config = value["config"].as_str().unwrap_or_default();
        let lines = value["log"].as_array().into_iter().flatten();
        let lines: Vec<&str> = lines.filter_map(Value::as_str).collect();
        format!(
            "homepay {}\n\n--- configuration, without secrets\n{config}\n--- health\n{}\n\n\
             --- daemon\n{}\n\n--- wallet\n{}\n\n--- last lines of the log\n{}",
            env!("CARGO_PKG_VERSION"),
            pretty(&value["health"]),
            pretty(&value["daemon"]),
            pretty(&value["wallet"]),
            lines.join("\n")
        )
    });
    Ok(Exit::Done)
}
