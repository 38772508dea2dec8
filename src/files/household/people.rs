//! Members, owners' keys, payees, rooms.

use super::tables::ParseContext;
use homepay_domain::household::{Member, OwnerKey, Payee, Role, Room, Secret};
use homepay_text::keys::key_bytes;
use homepay_text::problem::shown;
use homepay_text::toml_table::{Located, TomlTable};

/// The words for roles.
pub(super) const ROLES: [(&str, Role); 4] = [
    ("owner", Role::Owner),
    ("adult", Role::Adult),
    ("child", Role::Child),
    ("guest", Role::Guest),
];

/// What every PIN's hash begins with.
const PIN_HASH_PREFIX: &str = "$argon2id$";

/// How many bytes an owner's key has.
const OWNER_KEY_BYTES: usize = 32;

pub(super) fn member(sheet: &TomlTable<'_>) -> Option<Member> {
    let name = sheet.need_text("name");
    let role = sheet.need_choice("role", &ROLES);
    let pin = sheet.text("pin_hash");
    if let Some(pin) = pin.filter(|pin| !pin.value.starts_with(PIN_HASH_PREFIX)) {
        let what = "pin_hash is not an Argon2id hash: a PIN is set by `homepay member pin`";
        sheet.wrong(pin.at, what);
    }
    if sheet.find("pin").is_some() {
        let what = "a PIN cannot be written in this file: set it with `homepay member pin`";
        sheet.wrong(sheet.at_key("pin"), what);
    }
    Some(Member {
        name: name?.value.to_owned(),
        role: role?.value,
        pin: pin.map(|pin| Secret::new(pin.value)),
    })
}

pub(super) fn payee(sheet: &TomlTable<'_>) -> Option<Payee> {
    Some(Payee { name: sheet.need_label("name")? })
}

pub(super) fn room(sheet: &TomlTable<'_>) -> Option<Room> {
    Some(Room { name: sheet.need_label("name")? })
}

pub(super) fn owner_key(context: &ParseContext<'_>, sheet: &TomlTable<'_>) -> Option<OwnerKey> {
    let member = context.refer(&context.members, sheet.need_name("member"));
    let inline = sheet.text("key");
    let file = sheet.text("key_file");
    if let Some(member) = &member {
        let its = context.members.sheets.iter().find(|(id, _)| id.as_ref() == Some(member));
        let role = its.and_then(|(_, sheet)| sheet.peek("role")).unwrap_or("owner");
        if role != "owner" && ROLES.iter().any(|(word, _)| *word == role) {
            let what = format!(
                "\"{member}\" is not an owner (role = \"{role}\"): only an owner may hold an owner key"
            );
            sheet.wrong(sheet.at_key("member"), what);
        }
    }
    let text = match (inline, file) {
        (Some(key), None) => Some(Located { value: key.value.to_owned(), at: key.at }),
        (None, Some(file)) => match (context.files)(file.value) {
            Ok(text) => Some(Located { value: text.trim().to_owned(), at: file.at }),
            Err(why) => {
                let what = format!("key_file \"{}\" cannot be read: {why}", shown(file.value));
                sheet.wrong(file.at, what);
                None
            }
        },
        (Some(_), Some(file)) => {
            sheet.wrong(file.at, "key_file cannot be used together with key: keep one of them");
            None
        }
        (None, None) => {
            if !sheet.has("key") && !sheet.has("key_file") {
                sheet.missing("key (or key_file)");
            }
            None
        }
    };
    let text = text?;
    let key = Secret::new(&text.value);
    match key_bytes(&key) {
        Ok(bytes) if bytes.len() == OWNER_KEY_BYTES => {}
        Ok(bytes) => {
            let count = bytes.len();
            let what = format!("an owner's key has {OWNER_KEY_BYTES} bytes, this one has {count}");
            sheet.wrong(text.at, what);
        }
        Err(why) => sheet.wrong(text.at, why),
    }
    Some(OwnerKey { member: member?, key })
}
