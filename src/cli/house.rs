//! The household: as a file, its devices, its people, its use and tariffs.

use super::args::{DeviceCommand, KeyCommand, MemberCommand};
use super::client::Client;
use super::out::{Out, table};
use super::run::household_of;
use super::{Done, Exit, Failure};
use crate::adapters::household::{difference, write_household};
use crate::app::private_files::write_private;
use crate::config::Loaded;
use crate::domain::household::{Device, Household, Member, Secret};
use crate::domain::ids::Name;
use argon2::{Argon2, PasswordHasher};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Shortest PIN, in digits.
const PIN_DIGITS_MIN: usize = 4;

pub(super) async fn in_force(client: &Client) -> Result<Household, Failure> {
    let value = client.get("/v1/household").await?;
    // From text, as the books read it: a household's reader is much to compile, and there is one.
    serde_json::from_str(&value.to_string())
        .map_err(|e| Failure::no(format!("the daemon's household: {e}")))
}

/// Puts a household in force and shows what changed; nothing where nothing does.
async fn put(
    loaded: &Loaded,
    client: &Client,
    (before, after): (&Household, &Household),
    dry_run: bool,
    out: Out,
) -> Done {
    let changes = difference(before, after, &loaded.settings.home());
    if !dry_run && !changes.is_empty() {
        client.post("/v1/apply", &json!(after)).await?;
    }
    let value = json!({"changes": changes, "applied": !dry_run});
    out.document(&value, |_| {
        if changes.is_empty() { "nothing changes".to_owned() } else { changes.join("\n") }
    });
    Ok(Exit::Done)
}

pub(super) async fn apply(
    loaded: &Loaded,
    client: &Client,
    file: &Path,
    dry_run: bool,
    out: Out,
) -> Done {
    let mut after = household_of(file, &loaded.settings).map_err(|problems| {
        Failure::usage(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })?;
    let before = in_force(client).await?;
    // A PIN is set at the terminal and is in no file: who stays keeps theirs.
    for (id, member) in &mut after.members {
        if member.pin.is_none() {
            member.pin = before.members.get(id).and_then(|m| m.pin.clone());
        }
    }
    // A limit that stands as it did keeps its version.
    for (id, limit) in &mut after.limits {
        if let Some(now) = before.limits.get(id) {
            (limit.version, limit.made_at) = (now.version, now.made_at);
        }
    }
    put(loaded, client, (&before, &after), dry_run, out).await
}

pub(super) async fn export(
    loaded: &Loaded,
    client: &Client,
    file: Option<&Path>,
    out: Out,
) -> Done {
    let household = in_force(client).await?;
    let text = write_household(&household, &loaded.settings.home());
    if let Some(file) = file {
        write_private(file, text.as_bytes())?;
        let file = file.display().to_string();
        out.document(&json!({ "file": file }), |_| format!("the household is in {file}"));
        return Ok(Exit::Done);
    }
    out.document(&json!({ "household": text }), |_| text.trim_end().to_owned());
    Ok(Exit::Done)
}

fn name(text: &str) -> Result<Name, Failure> {
    Name::parse(text).map_err(|e| Failure::usage(e.to_string()))
}

/// Reads one word of a closed list, such as a role.
fn word<T: serde::de::DeserializeOwned>(text: &str, what: &str, words: &str) -> Result<T, Failure> {
    serde_json::from_value(Value::String(text.to_owned()))
        .map_err(|_| Failure::usage(format!("{what} \"{text}\": write {words}")))
}

pub(super) async fn device(
    loaded: &Loaded,
    client: &Client,
    command: DeviceCommand,
    out: Out,
) -> Done {
    match command {
        DeviceCommand::List => {
            let household = in_force(client).await?;
            let rows: Vec<Value> = household.devices.iter().map(device_row).collect();
            let columns: &[(&str, &str)] = &[
                ("device", "id"),
                ("kind", "kind"),
                ("name", "name"),
                ("room", "room"),
                ("profile", "profile"),
                ("topic", "topic"),
                ("tariff", "tariff"),
                ("keys", "keys"),
            ];
            out.document(&json!({ "devices": rows }), |v| table(&v["devices"], columns));
            Ok(Exit::Done)
        }
        DeviceCommand::Read { id } => super::devices::read(client, &id, out).await,
        DeviceCommand::Discover { listen_for } => {
            super::devices::discover(loaded, &listen_for, out).await
        }
        DeviceCommand::Try(wanted) => super::devices::try_profile(loaded, &wanted, out),
        DeviceCommand::Key { command } => key(loaded, client, command, out).await,
        DeviceCommand::Remove { id } => {
            let before = in_force(client).await?;
            let mut after = before.clone();
            if after.devices.remove(&name(&id)?).is_none() {
                return Err(Failure::no(format!("there is no device {id}")));
            }
            put(loaded, client, (&before, &after), false, out).await
        }
        DeviceCommand::Add {
            id,
            kind,
            name: called,
            room,
            profile,
            topic,
            model,
            max_power_w,
            tariff,
        } => {
            let before = in_force(client).await?;
            let mut after = before.clone();
            let device = Device {
                kind: word(&kind, "--kind", "speaker, appliance or meter")?,
                name: called.unwrap_or_else(|| id.clone()).into(),
                room: room.as_deref().map(name).transpose()?,
                profile: name(&profile)?,
                topic,
                model,
                max_power_w,
                modulus: None,
                tariff: tariff.as_deref().map(name).transpose()?,
                run_kwh: None,
                keys: BTreeMap::new(),
            };
            if after.devices.insert(name(&id)?, device).is_some() {
                return Err(Failure::no(format!("there is a device {id} already")));
            }
            checked(loaded, &after)?;
            put(loaded, client, (&before, &after), false, out).await
        }
    }
}

/// A household made at the command line is judged like one from a file.
fn checked(loaded: &Loaded, household: &Household) -> Result<(), Failure> {
    let home = loaded.settings.home();
    let text = write_household(household, &home);
    let none = |_: &str| Err("no files are read here".to_owned());
    match crate::adapters::household::read_household(&text, "household", &home, &none) {
        Ok(_) => Ok(()),
        Err(problems) => {
            let whats: Vec<String> = problems.into_iter().map(|p| p.what).collect();
            Err(Failure::usage(whats.join("\n")))
        }
    }
}

fn device_row((id, device): (&Name, &Device)) -> Value {
    json!({
        "id": id, "kind": device.kind, "name": device.name, "room": device.room,
        "profile": device.profile, "topic": device.topic, "tariff": device.tariff,
        "keys": device.keys.keys().collect::<Vec<_>>(),
    })
}

async fn key(loaded: &Loaded, client: &Client, command: KeyCommand, out: Out) -> Done {
    let before = in_force(client).await?;
    let mut after = before.clone();
    let (device, wanted, add) = match command {
        KeyCommand::Add { device, key } => (device, key, true),
        KeyCommand::Retire { device, key } => (device, Some(key), false),
    };
    let entry = after
        .devices
        .get_mut(&name(&device)?)
        .ok_or_else(|| Failure::no(format!("there is no device {device}")))?;
    if !add {
        let key = wanted.unwrap_or_default();
        if entry.keys.remove(&name(&key)?).is_none() {
            return Err(Failure::no(format!("{device} has no key {key}")));
        }
        return put(loaded, client, (&before, &after), false, out).await;
    }
    if entry.keys.len() >= 2 {
        return Err(Failure::no(format!("{device} has two keys: retire one first")));
    }
    let id = match wanted {
        Some(id) => name(&id)?,
        None => (1..)
            .filter_map(|n| Name::parse(&format!("k{n}")).ok())
            .find(|id| !entry.keys.contains_key(id))
            .ok_or_else(|| Failure::no("no key id is free"))?,
    };
    let secret = format!("base64:{}", BASE64_STANDARD.encode(rand::random::<[u8; 32]>()));
    if entry.keys.insert(id.clone(), Secret::new(&secret)).is_some() {
        return Err(Failure::no(format!("{device} has a key {id} already")));
    }
    client.post("/v1/apply", &json!(after)).await?;
    let value = json!({"device": device, "key": id, "secret": secret});
    out.document(&value, |_| format!("key {id} of {device}, shown this once:\n{secret}"));
    Ok(Exit::Done)
}

pub(super) async fn member(
    loaded: &Loaded,
    client: &Client,
    command: MemberCommand,
    out: Out,
) -> Done {
    let before = in_force(client).await?;
    let mut after = before.clone();
    match command {
        MemberCommand::List => {
            let rows: Vec<Value> = before
                .members
                .iter()
                .map(|(id, m)| {
                    json!({"id": id, "name": m.name, "role": m.role, "pin": m.pin.is_some()})
                })
                .collect();
            let columns =
                &[("member", "id"), ("name", "name"), ("role", "role"), ("has a PIN", "pin")];
            out.document(&json!({ "members": rows }), |v| table(&v["members"], columns));
            return Ok(Exit::Done);
        }
        MemberCommand::Add { id, name: called, role } => {
            let member = Member {
                name: called.unwrap_or_else(|| id.clone()),
                role: word(&role, "--role", "owner, adult, child or guest")?,
                pin: None,
            };
            if after.members.insert(name(&id)?, member).is_some() {
                return Err(Failure::no(format!("there is a member {id} already")));
            }
        }
        MemberCommand::Remove { id } => {
            if after.members.remove(&name(&id)?).is_none() {
                return Err(Failure::no(format!("there is no member {id}")));
            }
            checked(loaded, &after)?;
        }
        MemberCommand::Pin { id } => {
            let member = after
                .members
                .get_mut(&name(&id)?)
                .ok_or_else(|| Failure::no(format!("there is no member {id}")))?;
            let pin = ask_pin()?;
            let hash = Argon2::default()
                .hash_password(pin.as_bytes())
                .map_err(|e| Failure::no(e.to_string()))?;
            member.pin = Some(Secret::new(&hash.to_string()));
            client.post("/v1/apply", &json!(after)).await?;
            out.document(&json!({"ok": true}), |_| format!("the PIN of {id} is set"));
            return Ok(Exit::Done);
        }
    }
    put(loaded, client, (&before, &after), false, out).await
}

/// Asks for a PIN twice, without showing it.
fn ask_pin() -> Result<String, Failure> {
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt).map_err(|e| {
            Failure::usage(format!("a PIN is typed at a terminal, and there is none: {e}"))
        })
    };
    let pin = ask("PIN: ")?;
    if pin.len() < PIN_DIGITS_MIN || !pin.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Failure::usage(format!("a PIN has at least {PIN_DIGITS_MIN} digits")));
    }
    if ask("again: ")? != pin {
        return Err(Failure::usage("that was another PIN; nothing was changed"));
    }
    Ok(pin)
}
