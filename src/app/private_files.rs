//! Files of secrets that the hub makes at its first start, readable by their owner only.

use anyhow::{Context, bail};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use homepay_devices::registry::registry;
use homepay_domain::household::{Device, Household, Secret};
use homepay_io::broker::{User, Users, Verifier};
use homepay_protocols::voice::{HOME_ASSISTANT, VoiceProtocol, protocol_of};
use homepay_text::keys::key_bytes;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The file of the embedded broker's users, in the state folder.
const BROKER_USERS: &str = "broker-users.txt";

/// The profile of what Home Assistant measures, as its state stream tells it.
const STATE_STREAM: &str = "ha-statestream";

/// Keys of the sandbox wallet that runs in this process.
pub struct SandboxKeys {
    pub request: Vec<u8>,
    pub response: Vec<u8>,
}

/// Reads the sandbox wallet's keys, or makes them.
///
/// # Errors
/// When the file cannot be read or written.
pub fn sandbox_keys(state_dir: &Path) -> anyhow::Result<SandboxKeys> {
    let file = state_dir.join("sandbox-wallet.keys");
    let mut keys = read_pairs(&file)?;
    let before = keys.len();
    for name in ["request", "response"] {
        keys.entry(name.to_owned()).or_insert_with(|| {
            format!("base64:{}", BASE64_STANDARD.encode(rand::random::<[u8; 32]>()))
        });
    }
    if keys.len() > before {
        write_pairs(&file, "# Keys of the sandbox wallet: name, key.", &keys)?;
    }
    let read = |name: &str| {
        key_bytes(&Secret::new(&keys[name]))
            .map_err(|why| anyhow::anyhow!("{}: {name}: {why}", file.display()))
    };
    Ok(SandboxKeys { request: read("request")?, response: read("response")? })
}

/// The embedded broker's users: one a device, one for each bridge of other devices, the owner.
/// Passwords are made where there are none, and written beside the books.
///
/// # Errors
/// When the file cannot be read or written.
pub fn broker_users(
    state_dir: &Path,
    base: &str,
    household: &Household,
) -> anyhow::Result<(Users, PathBuf)> {
    let file = state_dir.join(BROKER_USERS);
    let mut passwords = read_pairs(&file)?;
    let bridges = bridges(base, household);
    let mut wanted: Vec<String> = vec!["owner".to_owned()];
    wanted.extend(household.devices.keys().map(ToString::to_string));
    wanted.extend(bridges.keys().cloned());
    let mut grew = false;
    for user in wanted {
        passwords.entry(user).or_insert_with(|| {
            grew = true;
            BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
        });
    }
    if grew {
        let head = "# Users of the embedded broker: name, password. Remove a line to have a new \
                    password made.";
        write_pairs(&file, head, &passwords)?;
    }
    let verifier = |user: &str| Verifier::new(passwords[user].as_bytes(), salt(&passwords[user]));
    let mut users = Users::default();
    // The owner hears everything on the broker in this house: that is how devices are found.
    users.insert("owner", User::owner(base, verifier("owner")).may_subscribe("#".to_owned()));
    for (id, device) in &household.devices {
        let mut user = User::device(base, id, verifier(id.as_str()));
        for filter in publishes(base, device) {
            user = user.may_publish(filter);
        }
        let rights = protocol_of(device.profile.as_str()).map(VoiceProtocol::rights);
        user = rights.into_iter().flatten().fold(user, User::may_subscribe);
        users.insert(id.to_string(), user);
    }
    for (bridge, rights) in bridges {
        let user = User::new(verifier(&bridge));
        let user = rights.publish.into_iter().fold(user, User::may_publish);
        users.insert(bridge, rights.subscribe.into_iter().fold(user, User::may_subscribe));
    }
    Ok((users, file))
}

/// The password of a user of the embedded broker.
///
/// # Errors
/// When the file is not there yet, or does not name the user.
pub fn broker_password(state_dir: &Path, user: &str) -> anyhow::Result<String> {
    let file = state_dir.join(BROKER_USERS);
    let known = read_pairs(&file)?.remove(user);
    known.with_context(|| format!("{} has no user {user}: start the hub once", file.display()))
}

/// The file of what tells this home's client id at a broker from another's.
const CLIENT_SUFFIX: &str = "mqtt-client-suffix.txt";

/// What follows the hub's usual client id at a broker: random, made once, kept with the books. A client
/// id that anybody can guess is a hand-brake for anybody.
///
/// # Errors
/// When the file cannot be read or written.
pub fn client_suffix(state_dir: &Path) -> anyhow::Result<String> {
    let file = state_dir.join(CLIENT_SUFFIX);
    match std::fs::read_to_string(&file) {
        Ok(text) if !text.trim().is_empty() => return Ok(text.trim().to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).context(format!("{} cannot be read", file.display())),
    }
    std::fs::create_dir_all(state_dir)
        .with_context(|| format!("the state folder {} cannot be made", state_dir.display()))?;
    let suffix = format!("{:08x}", rand::random::<u32>());
    write_private(&file, format!("{suffix}\n").as_bytes())?;
    Ok(suffix)
}

/// Where a device publishes beside the hub's own topics, by its profile.
fn publishes(base: &str, device: &Device) -> Vec<String> {
    let profile = device.profile.as_str();
    if let Some(protocol) = protocol_of(profile) {
        return protocol.subscriptions(base, device);
    }
    match (registry().get(profile), &device.topic) {
        (_, None) => Vec::new(),
        (Some(profile), Some(topic)) => profile.filters(topic),
        (None, Some(topic)) => vec![topic.clone()],
    }
}

/// The same password has the same salt, so that a user who has not changed is not cut off when
/// others come and go. The passwords are random and 128 bits long, and no verifier is stored.
fn salt(password: &str) -> [u8; 16] {
    let hash = Sha256::digest(password.as_bytes());
    std::array::from_fn(|index| hash[index])
}

/// What a bridge may do, as filters.
#[derive(Default)]
struct Rights {
    publish: Vec<String>,
    subscribe: Vec<String>,
}

/// Where bridges announce their devices to Home Assistant: no device's own messages come there.
const DISCOVERY: [&str; 2] = ["homeassistant/+/+/config", "homeassistant/+/+/+/config"];

/// Where Home Assistant says that it is back, upon which bridges announce their devices anew.
const HOME_ASSISTANT_STATUS: &str = "homeassistant/status";

/// Programs that speak for many devices: one user for each first level of the measuring devices' own
/// topics, such as Zigbee2MQTT's, and one for Home Assistant where it stands for speakers.
fn bridges(base: &str, household: &Household) -> BTreeMap<String, Rights> {
    let mut bridges: BTreeMap<String, Rights> = BTreeMap::new();
    let is_taken =
        |user: &str| user == "owner" || household.devices.keys().any(|d| d.as_str() == user);
    for device in household.devices.values() {
        let protocol = protocol_of(device.profile.as_str());
        let is_streamed = device.profile.as_str() == STATE_STREAM;
        let is_home_assistants =
            is_streamed || protocol.is_some_and(VoiceProtocol::is_home_assistants);
        if is_home_assistants && !is_taken(HOME_ASSISTANT) {
            let rights = bridges.entry(HOME_ASSISTANT.to_owned()).or_default();
            rights.publish.extend(publishes(base, device));
        }
        // The topic of a speaker may be a site or a satellite, which are no topics.
        let Some(topic) = device.topic.as_ref().filter(|_| protocol.is_none()) else { continue };
        let root = topic.split('/').next().unwrap_or_default();
        if root.is_empty() || root == base || is_taken(root) {
            continue;
        }
        let rights = bridges.entry(root.to_owned()).or_default();
        let own = format!("{root}/#");
        if !rights.publish.contains(&own) {
            rights.publish.push(own.clone());
            rights.publish.extend(DISCOVERY.map(str::to_owned));
            rights.subscribe.extend([own, HOME_ASSISTANT_STATUS.to_owned()]);
        }
    }
    if let Some(rights) = bridges.get_mut(HOME_ASSISTANT) {
        rights.publish.push(HOME_ASSISTANT_STATUS.to_owned());
        rights.publish.push(format!("{base}/dev/+/+/set"));
        rights.subscribe.extend([
            "homeassistant/#".to_owned(),
            format!("{base}/device/+/speak"),
            format!("{base}/dev/#"),
            format!("{base}/bridge/state"),
        ]);
    }
    bridges
}

fn read_pairs(file: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error).context(format!("{} cannot be read", file.display())),
    };
    let mut pairs = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once(char::is_whitespace) else {
            bail!("{}:{}: a line is a name, a space and a secret", file.display(), index + 1);
        };
        pairs.insert(name.to_owned(), value.trim().to_owned());
    }
    Ok(pairs)
}

fn write_pairs(file: &Path, head: &str, pairs: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let lines = pairs.iter().map(|(name, value)| format!("{name} {value}\n"));
    write_private(file, format!("{head}\n{}", lines.collect::<String>()).as_bytes())
}

/// Writes a new file that only its owner may read, and puts it in the old one's place, so that a crash
/// leaves one of them whole.
///
/// # Errors
/// When it cannot be written; the old one stands.
pub fn write_private(file: &Path, text: &[u8]) -> anyhow::Result<()> {
    let mut new = file.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let context = || format!("{} cannot be written", file.display());
    // A file that a crash left behind may have other permissions.
    let _ = std::fs::remove_file(&new);
    let mut out = std::fs::File::options()
        .write(true)
        .create_new(true)
        .mode(PRIVATE_FILE)
        .open(&new)
        .with_context(context)?;
    let written = out.write_all(text).and_then(|()| out.sync_all());
    let placed = written.and_then(|()| std::fs::rename(&new, file));
    if placed.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    placed.with_context(context)
}

/// Rights of a file for its owner only.
const PRIVATE_FILE: u32 = 0o600;

/// Rights of a folder for its owner only.
const PRIVATE_FOLDER: u32 = 0o700;

/// Takes from others what earlier versions let them read: sessions of the broker, what the sandbox
/// wallet has in its book.
///
/// # Errors
/// When the rights of one that is there cannot be changed.
pub fn keep_from_others(state_dir: &Path) -> anyhow::Result<()> {
    let wallet = ["", "-wal", "-shm"].map(|end| format!("sandbox-wallet.db{end}"));
    let files = wallet.iter().map(|name| (name.as_str(), PRIVATE_FILE));
    for (name, rights) in files.chain([("broker", PRIVATE_FOLDER)]) {
        let path = state_dir.join(name);
        match std::fs::set_permissions(&path, Permissions::from_mode(rights)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let context = format!("{} cannot be kept from others", path.display());
                return Err(error).context(context);
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}
