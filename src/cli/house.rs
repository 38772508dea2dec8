//! The household: as a file, its devices, its people, its use and tariffs.

use super::args::{KeyCommand, MemberCommand};
use super::client::Client;
use super::device_args::DeviceCommand;
use super::heard::{unknown_model, with_hearing};
use super::orders::counts_line;
use super::out::{Out, table};
use super::run_command::household_of;
use super::unused_file::as_applied;
use super::warnings::of_household;
use super::{Done, Exit, Failure};
use crate::app::private_files::write_private;
use crate::config::Loaded;
use argon2::{Argon2, PasswordHasher};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use homepay_domain::household::{Device, Household, Member, Secret};
use homepay_domain::ids::Name;
use homepay_files::household::{difference, write_household};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Shortest PIN, in digits.
const PIN_DIGITS_MIN: usize = 4;

pub(super) async fn in_force(client: &Client) -> Result<Household, Failure> {
    let value = client.get("/v1/household").await?;
    // From text, as the books read it: a household's reader is much to compile, and there is one.
    serde_json::from_str(&value.to_string())
        .map_err(|e| Failure::no(format!("the daemon's household: {e}")))
}

/// How often an edit is made anew because somebody else's came first.
const EDIT_TRIES_MAX: usize = 50;

/// Has the daemon put a household in the place of the one that was seen.
async fn put(client: &Client, before: &Household, after: &Household) -> Result<Value, Failure> {
    client.post("/v1/apply", &json!({ "base": before, "household": after })).await
}

/// Makes one small edit of the household as it stands: where somebody else's comes first, the same
/// edit is made of what that left. Gives the household before and after.
async fn edit(
    client: &Client,
    change: impl Fn(&mut Household) -> Result<(), Failure>,
) -> Result<(Household, Household), Failure> {
    for _ in 1..EDIT_TRIES_MAX {
        let before = in_force(client).await?;
        let mut after = before.clone();
        change(&mut after)?;
        match put(client, &before, &after).await {
            Err(failure) if failure.code.as_deref() == Some("stale_edit") => {}
            done => return done.map(|_| (before, after)),
        }
    }
    Err(Failure::no(
        "the household was changed by others at the same time, several times: nothing was changed, try again",
    ))
}

/// Shows what an edit changes; nothing where nothing does.
fn show(
    loaded: &Loaded,
    (before, after): (&Household, &Household),
    dry_run: bool,
    out: Out,
) -> Done {
    show_changes(&difference(before, after, &loaded.settings.home()), dry_run, out)
}

fn show_changes(changes: &[String], dry_run: bool, out: Out) -> Done {
    show_noted(changes, &[], dry_run, out)
}

/// The same, with what deserves a second look of what is new.
fn show_noted(changes: &[String], notes: &[String], dry_run: bool, out: Out) -> Done {
    let value = json!({"changes": changes, "applied": !dry_run, "notes": notes});
    out.document(&value, |_| {
        let told =
            if changes.is_empty() { "nothing changes".to_owned() } else { changes.join("\n") };
        std::iter::once(told).chain(notes.iter().cloned()).collect::<Vec<_>>().join("\n")
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
    let after = household_of(file, &loaded.settings).map_err(|problems| {
        Failure::usage(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })?;
    let before = in_force(client).await?;
    let after = as_applied(&before, after);
    let mut changes = difference(&before, &after, &loaded.settings.home());
    if !dry_run && !changes.is_empty() {
        let told = put(client, &before, &after).await?;
        changes.extend(told["limits"].as_array().into_iter().flatten().filter_map(counts_line));
    }
    show_noted(&changes, &of_household(&after), dry_run, out)
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
            let row = |device| device_row(&household, device);
            let mut rows: Vec<Value> = Vec::with_capacity(household.devices.len());
            for row in household.devices.iter().map(row) {
                rows.push(with_hearing(client, row).await?);
            }
            let columns: &[(&str, &str)] = &[
                ("device", "id"),
                ("kind", "kind"),
                ("name", "name"),
                ("room", "room_name"),
                ("profile", "profile"),
                ("topic", "topic"),
                ("channel", "channel"),
                ("tariff", "tariff"),
                ("heard", "heard"),
                ("last", "last"),
                ("ignored", "passed_over"),
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
            let device = name(&id)?;
            let (before, after) = edit(client, |household| {
                let gone = household.devices.remove(&device);
                gone.ok_or_else(|| Failure::no(format!("there is no device {id}")))?;
                // Its limits go with it: what is shown says so.
                household.limits.retain(|_, limit| limit.scope.device.as_ref() != Some(&device));
                checked(loaded, household)
            })
            .await?;
            show(loaded, (&before, &after), false, out)
        }
        DeviceCommand::Add {
            id,
            kind,
            name: called,
            room,
            profile,
            topic,
            model,
            channel,
            max_power_w,
            tariff,
        } => {
            let device = Device {
                kind: word(&kind, "--kind", "speaker, appliance, meter or production")?,
                name: called.unwrap_or_else(|| id.clone()).into(),
                room: room.as_deref().map(name).transpose()?,
                profile: name(&profile)?,
                topic,
                model,
                channel,
                registers: BTreeMap::new(),
                phases_net: false,
                max_power_w,
                modulus: None,
                tariff: tariff.as_deref().map(name).transpose()?,
                run_kwh: None,
                keys: BTreeMap::new(),
            };
            let called = name(&id)?;
            let (before, after) = edit(client, |household| {
                if household.devices.insert(called.clone(), device.clone()).is_some() {
                    return Err(Failure::no(format!("there is a device {id} already")));
                }
                checked(loaded, household)
            })
            .await?;
            let notes: Vec<String> = unknown_model(&called, &device).into_iter().collect();
            let changes = difference(&before, &after, &loaded.settings.home());
            show_noted(&changes, &notes, false, out)
        }
    }
}

/// A household made at the command line is judged like one from a file.
fn checked(loaded: &Loaded, household: &Household) -> Result<(), Failure> {
    let home = loaded.settings.home();
    let text = write_household(household, &home);
    let none = |_: &str| Err("file references are not read here".to_owned());
    match homepay_files::household::read_household(&text, "household", &home, &none) {
        Ok(_) => Ok(()),
        Err(problems) => {
            let whats: Vec<String> = problems.into_iter().map(|p| p.what).collect();
            Err(Failure::usage(whats.join("\n")))
        }
    }
}

fn device_row(household: &Household, (id, device): (&Name, &Device)) -> Value {
    let called = |room: &Name| {
        household.rooms.get(room).map_or_else(|| room.to_string(), |named| named.name.to_string())
    };
    json!({
        "id": id, "kind": device.kind, "name": device.name, "room": device.room,
        "room_name": device.room.as_ref().map(called),
        "profile": device.profile, "topic": device.topic, "tariff": device.tariff,
        "model": device.model, "channel": device.channel, "registers": device.registers,
        "keys": device.keys.keys().collect::<Vec<_>>(),
    })
}

async fn key(loaded: &Loaded, client: &Client, command: KeyCommand, out: Out) -> Done {
    match command {
        KeyCommand::Add { device, key } => add_key(client, &device, key.as_deref(), out).await,
        KeyCommand::Retire { device, key } => {
            let (of, retired) = (name(&device)?, name(&key)?);
            let (before, after) = edit(client, |household| {
                let keys = &mut device_of(household, &of)?.keys;
                let gone = keys.remove(&retired);
                gone.map(|_| ()).ok_or_else(|| Failure::no(format!("{device} has no key {key}")))
            })
            .await?;
            show(loaded, (&before, &after), false, out)
        }
    }
}

fn device_of<'a>(household: &'a mut Household, id: &Name) -> Result<&'a mut Device, Failure> {
    let device = household.devices.get_mut(id);
    device.ok_or_else(|| Failure::no(format!("there is no device {id}")))
}

async fn add_key(client: &Client, device: &str, wanted: Option<&str>, out: Out) -> Done {
    let of = name(device)?;
    let wanted = wanted.map(name).transpose()?;
    let secret = format!("base64:{}", BASE64_STANDARD.encode(rand::random::<[u8; 32]>()));
    let (before, after) = edit(client, |household| {
        let keys = &mut device_of(household, &of)?.keys;
        if keys.len() >= 2 {
            return Err(Failure::no(format!("{device} has two keys: retire one first")));
        }
        let free = || {
            let mut ids = (1..).filter_map(|n| Name::parse(&format!("k{n}")).ok());
            ids.find(|id| !keys.contains_key(id))
        };
        let id = wanted.clone().or_else(free);
        let id = id.ok_or_else(|| Failure::no("no key id is free"))?;
        if keys.insert(id.clone(), Secret::new(&secret)).is_some() {
            return Err(Failure::no(format!("{device} has a key {id} already")));
        }
        Ok(())
    })
    .await?;
    let keys = |household: &Household| {
        household.devices.get(&of).map(|d| d.keys.keys().cloned().collect::<BTreeSet<_>>())
    };
    let (old, new) = (keys(&before).unwrap_or_default(), keys(&after).unwrap_or_default());
    let id = new.difference(&old).next().map_or("", Name::as_str);
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
    let (before, after) = match command {
        MemberCommand::List => return members(client, out).await,
        MemberCommand::Add { id, name: called, role } => {
            let member = Member {
                name: called.unwrap_or_else(|| id.clone()),
                role: word(&role, "--role", "owner, adult, child or guest")?,
                pin: None,
            };
            let new = name(&id)?;
            edit(client, |household| {
                if household.members.insert(new.clone(), member.clone()).is_some() {
                    return Err(Failure::no(format!("there is a member {id} already")));
                }
                Ok(())
            })
            .await?
        }
        MemberCommand::Remove { id } => {
            let gone = name(&id)?;
            edit(client, |household| {
                if household.members.remove(&gone).is_none() {
                    return Err(Failure::no(format!("there is no member {id}")));
                }
                checked(loaded, household)
            })
            .await?
        }
        MemberCommand::Pin { id } => {
            let of = name(&id)?;
            let absent = || Failure::no(format!("there is no member {id}"));
            if !in_force(client).await?.members.contains_key(&of) {
                return Err(absent());
            }
            // Whatever others change while somebody types stands: the household is read afterwards.
            let pin = ask_pin()?;
            let hash = Argon2::default()
                .hash_password(pin.as_bytes())
                .map_err(|e| Failure::no(e.to_string()))?;
            let hash = Secret::new(&hash.to_string());
            edit(client, |household| {
                household.members.get_mut(&of).ok_or_else(absent)?.pin = Some(hash.clone());
                Ok(())
            })
            .await?;
            out.document(&json!({"ok": true}), |_| format!("the PIN of {id} is set"));
            return Ok(Exit::Done);
        }
    };
    show(loaded, (&before, &after), false, out)
}

async fn members(client: &Client, out: Out) -> Done {
    let household = in_force(client).await?;
    let row = |(id, m): (&Name, &Member)| json!({"id": id, "name": m.name, "role": m.role, "pin": m.pin.is_some()});
    let rows: Vec<Value> = household.members.iter().map(row).collect();
    let columns = &[("member", "id"), ("name", "name"), ("role", "role"), ("has a PIN", "pin")];
    out.document(&json!({ "members": rows }), |v| table(&v["members"], columns));
    Ok(Exit::Done)
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
        return Err(Failure::usage("the PINs do not match; nothing was changed"));
    }
    Ok(pin)
}
