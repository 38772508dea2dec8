//! What `check` and the daemon warn of: it can be read and works, and may not be what is meant.

use crate::config::{BrokerAt, Settings};
use homepay_devices::voices::voice_profile;
use homepay_domain::household::Household;
use homepay_domain::ids::Name;
use homepay_files::household::firing;
use homepay_language::speech::Lexicon;
use std::collections::BTreeSet;

/// What in these settings deserves a second look.
pub(super) fn warnings(settings: &Settings, household: &Household) -> Vec<String> {
    let mut notes: Vec<String> = unsigned_speakers(settings, household).into_iter().collect();
    notes.extend(never_said(household));
    notes.extend(of_household(household));
    notes
}

/// What in a household deserves a second look, whatever the settings are.
pub(super) fn of_household(household: &Household) -> Vec<String> {
    let mut notes = super::heard::unknown_models(household);
    notes.extend(budgets_of_nothing(household));
    notes.extend(firing::idle(household));
    notes
}

/// Budgets whose category nothing that is ordered or used belongs to: until somebody enters a bill of
/// that category nothing counts.
fn budgets_of_nothing(household: &Household) -> Vec<String> {
    let ordered = household.catalog.values().filter_map(|item| item.category.as_ref());
    let used = household.tariffs.values().map(|tariff| &tariff.utility);
    let known: BTreeSet<&Name> = ordered.chain(used).collect();
    let unknown = household.budgets.iter().filter(|budget| !known.contains(&budget.category));
    let told = unknown.map(|budget| {
        format!(
            "note: budget of {}: nothing in the catalog and no tariff has this category, so only bills that you \
             enter count",
            budget.category
        )
    });
    told.collect()
}

/// Speakers that do not sign, on a broker that may not know its users: whoever reaches it may order.
fn unsigned_speakers(settings: &Settings, household: &Household) -> Option<String> {
    let BrokerAt::Remote { host, .. } = &settings.mqtt.broker else { return None };
    let has_user = settings.mqtt.username.is_some() || settings.mqtt.cert_file.is_some();
    let unsigned = |profile: &str| voice_profile(profile).is_some();
    let speakers = household.devices.iter().filter(|(_, d)| unsigned(d.profile.as_str()));
    let speakers: Vec<&str> = speakers.map(|(id, _)| id.as_str()).collect();
    if has_user || speakers.is_empty() {
        return None;
    }
    let all = speakers.join(", ");
    Some(format!(
        "note: {all}: no signature proves what is said there, and the hub has no user at the broker {host} \
         (mqtt.username): if the broker asks nobody for one, whoever reaches it can order. Give it \
         users and an ACL, or use the embedded broker"
    ))
}

/// Goods that nobody can order by speaking, a line each.
fn never_said(household: &Household) -> Vec<String> {
    let lexicon = Lexicon::of(household);
    let silent = household.catalog.iter().filter(|(sku, _)| lexicon.cannot_be_said(sku));
    silent
        .map(|(sku, item)| {
            format!(
                "note: nobody can order \"{sku}\" by speaking: \"{}\" is made of numbers, marks and \
                 words that mean something else; give it an alias",
                item.name
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_that_no_table_has_are_told_with_what_to_send_us() {
        let house = |profile: &str, model: Option<&str>| {
            let device = serde_json::json!({
                "kind": "appliance", "name": "plug", "profile": profile, "topic": "x", "model": model,
            });
            let device = serde_json::from_value(device).expect("a device");
            let mut household = Household::default();
            household.devices.insert(Name::parse("plug").expect("a name"), device);
            of_household(&household).join("\n")
        };
        for profile in ["xiaomi-mips-local", "xiaomi-mips-cloud", "xiaomi-gateway3"] {
            let told = house(profile, Some("cuco.plug.none"));
            for part in
                ["note: plug:", "\"cuco.plug.none\"", "Send us the model", "nothing of it is"]
            {
                assert!(told.contains(part), "{part}: {told}");
            }
            assert!(told.contains(" of 20"), "the table's date: {told}");
            assert_eq!(house(profile, Some("cuco.plug.v2eur")), "", "{profile}");
        }
        let without = house("ha-statestream", None);
        assert!(without.contains("without a model nothing of it is counted"), "{without}");
        assert_eq!(house("zigbee2mqtt", Some("no such plug")), "");
    }
}
