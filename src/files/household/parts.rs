//! Channels and registers of devices that count in several places, and topics that they share.

use super::tables::ParseContext;
use homepay_devices::registry::registry;
use homepay_domain::household::Household;
use homepay_domain::ids::Name;
use homepay_text::problem::{hint, shown};
use homepay_text::toml_table::{Located, TomlTable, text_of};
use std::collections::{BTreeMap, BTreeSet};

/// Which of its channels count; empty for all of them.
pub(super) fn channels(sheet: &TomlTable<'_>, profile: Option<&Located<Name>>) -> Vec<String> {
    let mut channels: Vec<String> = Vec::new();
    for channel in sheet.one_or_more("channel") {
        let known = profile.and_then(|profile| registry().get(profile.value.as_str()));
        let what = known.and_then(|p| p.channels().problem("channel", channel.value, &p.id));
        if let Some(what) = what {
            sheet.wrong(channel.at, what);
        } else if channels.iter().any(|other| other == channel.value) {
            sheet.wrong(channel.at, format!("channel \"{}\" stands twice", shown(channel.value)));
        } else {
            channels.push(channel.value.to_owned());
        }
    }
    channels
}

/// Which of its registers count, and in which window of its tariff.
pub(super) fn registers(
    context: &ParseContext<'_>,
    sheet: &TomlTable<'_>,
    profile: Option<&Located<Name>>,
) -> BTreeMap<String, String> {
    let mut registers = BTreeMap::new();
    let Some(table) = sheet.sheet("registers") else { return registers };
    for (register, value) in table.entries() {
        let Some(window) = text_of(context.page, register.value, value) else { continue };
        let known = profile.and_then(|profile| registry().get(profile.value.as_str()));
        let what = known.and_then(|p| p.registers().problem("register", register.value, &p.id));
        if let Some(what) = what {
            sheet.wrong(register.at, what);
        }
        registers.insert(register.value.to_owned(), window.value.to_owned());
    }
    registers
}

/// How a meter counts over phases.
pub(super) const PHASES: [(&str, bool); 2] = [("net", true), ("each", false)];

/// Whether what its phases draw and give back at the same time is set off against each other: both must
/// stand in one message, or they are not of the same time.
pub(super) fn phases_net(
    sheet: &TomlTable<'_>,
    profile: Option<&Located<Name>>,
    model: Option<&str>,
) -> bool {
    let Some(phases) = sheet.choice("phases", &PHASES) else { return false };
    let known = profile.and_then(|profile| registry().get(profile.value.as_str()));
    if let Some(known) = known.filter(|known| phases.value && !known.tells_both_ways(model)) {
        let what = format!(
            "phases = \"net\" needs what is drawn and what is given back in one message, which \
             devices with the profile \"{}\" do not tell: leave phases out",
            known.id
        );
        sheet.wrong(phases.at, what);
    }
    phases.value
}

/// A device on a topic: its id, its line, its channels.
type Sharer<'a> = (&'a str, usize, BTreeSet<&'a str>);

/// Notes topics that two devices would be found by, unless each has channels of its own.
pub(super) fn one_topic_one_device(context: &ParseContext<'_>) {
    let mut seen: BTreeMap<&str, Vec<Sharer<'_>>> = BTreeMap::new();
    for (_, sheet) in &context.devices.sheets {
        let Some(topic) = sheet.peek("topic") else { continue };
        let at = sheet.at_key("topic");
        let own: BTreeSet<&str> = sheet.one_or_more("channel").iter().map(|c| c.value).collect();
        let others = seen.entry(topic).or_default();
        let shares =
            |other: &BTreeSet<&str>| own.is_empty() || other.is_empty() || !own.is_disjoint(other);
        if let Some((other, line, _)) = others.iter().find(|(_, _, theirs)| shares(theirs)) {
            let what = format!(
                "topic \"{}\" is also that of device \"{}\", on line {line}: give each channels of \
                 its own",
                shown(topic),
                shown(other)
            );
            context.page.wrong(at, what);
        }
        others.push((sheet.peek("id").unwrap_or("?"), context.page.line(at), own));
    }
}

/// Notes registers whose window the device's tariff does not have.
pub(super) fn windows_known(context: &ParseContext<'_>, household: &Household) {
    for (id, device) in &household.devices {
        let tariff = device.tariff.as_ref().and_then(|id| household.tariffs.get(id));
        let versions = tariff.map(|tariff| tariff.plan.versions.as_slice()).unwrap_or_default();
        let windows = versions.iter().flat_map(|version| &version.windows);
        let windows: BTreeSet<&str> = windows.map(String::as_str).collect();
        for (register, window) in &device.registers {
            if window.is_empty() || windows.contains(window.as_str()) {
                continue;
            }
            let near = hint(window, windows.iter().copied());
            let all: Vec<&str> = windows.iter().copied().collect();
            let sheet =
                context.devices.sheets.iter().find(|(_, s)| s.peek("id") == Some(id.as_str()));
            let at = sheet.map_or(0, |(_, sheet)| sheet.at_key("registers"));
            let what = format!(
                "registers: {register} is for the window \"{}\"{near}, and the device's tariff has {}",
                shown(window),
                if all.is_empty() { "none".to_owned() } else { all.join(", ") }
            );
            context.page.wrong(at, what);
        }
    }
}
