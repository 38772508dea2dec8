use super::*;
use homepay_domain::household::{Home, Household, Lang, Rules};
use homepay_domain::ids::Name;
use homepay_domain::limits::window::Period;
use homepay_domain::limits::{Cap, Names};
use homepay_domain::money::{Currency, Minor};
use jiff::tz::TimeZone;

mod mistakes;
mod utilities;

/// The household of the published interface, with keys where it has an ellipsis.
pub(super) const CONTRACT: &str = include_str!("tests/contract.toml");

pub(super) fn home() -> Home {
    Home {
        zone: TimeZone::get("Asia/Shanghai").expect("a zone"),
        currency: Currency::from_code("CNY").expect("a currency"),
        lang: Lang::ZhCn,
        rules: Rules::default(),
    }
}

pub(super) fn files(name: &str) -> Result<String, String> {
    match name {
        "tariffs/cn/shanghai-tou.toml" => Ok("currency = \"CNY\"\n\n[[versions]]\n\
             from = 2026-01-01\nprice = \"0.617\"\nunit = \"kWh\"\n"
            .to_owned()),
        "tiers.toml" => Ok("[[tiers]]\nup_to = \"260\"\n".to_owned()),
        "water/held.toml" => Ok(include_str!("tests/held.toml").to_owned()),
        "water/days.toml" => Ok(include_str!("tests/days.toml").to_owned()),
        "phone.key" => Ok("base64:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n".to_owned()),
        _ => Err("no such file".to_owned()),
    }
}

fn read(text: &str) -> Household {
    read_household(text, "household.toml", &home(), &files).unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

#[test]
fn the_contracts_household_reads() {
    let household = read(CONTRACT);
    let limit = &household.limits[&name("kitchen-day")];
    assert_eq!(limit.amount, Cap::At(Minor(10_000)));
    assert_eq!((limit.period, limit.approve_within_s), (Period::Day, Some(600)));
    assert_eq!(limit.categories, Names::Allow(vec![name("grocery")]));
    assert_eq!(
        household.tariffs[&name("power")].plan.versions[0].seasons[0].rates[0][0].to_string(),
        "0.617"
    );
    assert_eq!(household.catalog[&name("water-24")].price, Minor(2990));
    assert_eq!(household.alerts[0].bands, [50, 80, 100]);
    assert_eq!(read(EXAMPLE).limits.len(), 2);
    assert_eq!(read(""), Household::default());
}

/// Every form that a thing can have, and texts that must be quoted.
const ALL_FORMS: &str = include_str!("tests/all-forms.toml");

#[test]
fn a_limit_may_be_of_a_category_that_only_entered_bills_will_have() {
    let text = "[[limits]]\nid = \"water\"\nscope = { category = \"water\" }\nperiod = \"month\"\n\
                amount = \"100.00\"\n";
    let limit = &read(text).limits[&name("water")];
    assert_eq!(limit.scope.category, Some(name("water")));
}

#[test]
fn what_is_written_reads_back_to_the_same() {
    for text in [CONTRACT, EXAMPLE, ALL_FORMS] {
        let mut household = read(text);
        let with_pins = write_household(&household, &home());
        household.members.values_mut().for_each(|member| member.pin = None);
        assert_eq!(write_household(&household, &home()), with_pins, "a PIN is not written");
        let written = write_household(&household, &home());
        assert_eq!(read(&written), household, "{written}");
        assert_eq!(write_household(&read(&written), &home()), written);
        assert!(written.contains("妈妈"), "{written}");
        assert_eq!(difference(&household, &read(&written), &home()), Vec::<String>::new());
    }
}

#[test]
fn a_difference_is_told_without_keys() {
    let before = read(CONTRACT);
    let mut after = before.clone();
    after.payees.remove(&name("grid"));
    let washer = after.devices.get_mut(&name("washer")).expect("a washer");
    washer.topic = Some("zigbee2mqtt/wash".to_owned());
    washer.max_power_w = None;
    let speaker = after.devices.get_mut(&name("kitchen-speaker")).expect("a speaker");
    let other = homepay_domain::household::Secret::new("base64:b3RoZXIta2V5LW90aGVyLWtleQ==");
    speaker.keys.insert(name("k1"), other);
    let mut limit = after.limits[&name("kitchen-day")].clone();
    limit.version = 7;
    after.limits.insert(name("kitchen-day"), limit.clone());
    limit.id = name("second");
    after.limits.insert(name("second"), limit);
    let lines = difference(&before, &after, &home());
    let starts = [
        "~ device kitchen-speaker: keys changed (k1)",
        "~ device washer: topic \"zigbee2mqtt/washer\" → \"zigbee2mqtt/wash\", \
         max_power_w removed (was 2500)",
        "+ limit second: scope { device = \"kitchen-speaker\" }, period \"day\", amount \"100.00\"",
        "- payee grid",
    ];
    assert_eq!(lines.len(), starts.len(), "{lines:#?}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
    for line in difference(&Household::default(), &after, &home()) {
        assert!(!line.contains("base64"), "{line}");
    }
}

#[test]
fn a_limit_in_json_has_three_kinds_of_no_amount() {
    let read = |amount: &str| {
        let text =
            format!("{{\"id\":\"x\",\"scope\":{{\"home\":true}},\"period\":\"day\"{amount}}}");
        let form = serde_json::from_str::<LimitForm>(&text).map_err(|e| e.to_string())?;
        let limit = limit_of_form(&form, &home(), &Household::default())?;
        assert_eq!(form_of_limit(&limit, &home()), form, "{text}");
        let again = serde_json::to_string(&form).map_err(|e| e.to_string())?;
        assert_eq!(serde_json::from_str::<LimitForm>(&again).expect("a form"), form);
        Ok::<_, String>(limit.amount)
    };
    assert_eq!(read(""), Ok(Cap::Inherit));
    assert_eq!(read(",\"amount\":null"), Ok(Cap::Unlimited));
    assert_eq!(read(",\"amount\":\"unlimited\""), Ok(Cap::Unlimited));
    assert_eq!(read(",\"amount\":\"0.00\""), Ok(Cap::At(Minor(0))));
    for number in [
        ",\"amount\":29.9",
        ",\"amount\":29",
        ",\"amount\":true",
        ",\"confirm_above\":20.0",
        ",\"approve_above\":20",
    ] {
        let fault = read(number).expect_err(number);
        assert!(fault.contains("write a string such as \"29.90\""), "{number}: {fault}");
    }
    assert!(read(",\"max_counts\":5").expect_err("unknown").contains("max_count"));
}

/// The one list of a limit's keys, by which files, the command line and edits go, is the form's.
#[test]
fn the_list_of_a_limits_keys_is_that_of_its_form() {
    let schema = serde_json::to_value(schemars::schema_for!(LimitForm)).expect("a schema");
    let mut of_form: Vec<&str> = schema["properties"]
        .as_object()
        .expect("keys")
        .keys()
        .map(String::as_str)
        .filter(|key| !["id", "scope"].contains(key))
        .collect();
    let mut listed: Vec<&str> = crate::household::FIELDS.iter().map(|(key, ..)| *key).collect();
    of_form.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, of_form);
}
