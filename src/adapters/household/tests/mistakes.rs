//! What people get wrong, with the line and the words that they are told.

use super::{CONTRACT, files, home};
use crate::adapters::household::read_household;

/// A mistake made in the contract's household: the text that is replaced (its first place), by
/// what, on which line the problem then stands, and what it says.
type Mistake = (&'static str, &'static str, usize, &'static str);

#[rustfmt::skip]
const MISTAKES: &[Mistake] = &[
    // Not TOML.
    ("role = \"owner\"", "role = owner", 4, "not TOML: string values must be quoted"),
    ("[[payees]]\nid = \"grid\"", "[[payees\nid = \"grid\"", 15, "not TOML: unclosed array table"),
    ("name = \"妈妈\"", "id = \"dad\"", 3, "not TOML: duplicate key"),
    // Unknown words.
    ("[[payees]]\nid = \"grid\"", "[[payee]]\nid = \"grid\"", 15, "a household has no \"payee\"; did you mean \"payees\"?"),
    ("name = \"妈妈\"", "nmae = \"妈妈\"", 3, "member has no \"nmae\"; did you mean \"name\"?"),
    ("unit = \"箱\"", "colour = \"red\"", 23, "item has no \"colour\""),
    ("max_count = 5", "max-count = 5", 63, "limit has no \"max-count\"; did you mean \"max_count\"?"),
    ("{ device = \"kitchen-speaker\" }", "{ devise = \"kitchen-speaker\" }", 60, "a scope has no \"devise\"; did you mean \"device\"?"),
    ("[[members]]", "[members]", 1, "write a table [[members]] for each"),
    ("role = \"owner\"", "role = \"onwer\"", 4, "did you mean \"owner\"?"),
    ("kind = \"speaker\"", "kind = \"radio\"", 31, "kind is one of speaker, appliance, meter"),
    ("capture = \"immediate\"", "capture = \"later\"", 27, "capture is one of immediate, on_fulfilment"),
    // Wrong types.
    ("price = \"29.90\"", "price = 29.90", 24, "price is a floating-point number: write \"29.90\""),
    ("price = \"29.90\"", "price = 30", 24, "price is a number: write \"30\""),
    ("amount = \"100.00\"", "amount = 100.50", 62, "write \"100.50\""),
    ("cost = \"50.00\"", "cost = 50", 55, "cost is a number: write \"50\""),
    ("max_power_w = 2500", "max_power_w = \"2500\"", 43, "write a whole number"),
    ("max_count = 5", "max_count = -1", 63, "write a whole number"),
    ("aliases = [\"矿泉水\", \"water\"]", "aliases = \"water\"", 22, "aliases is a string: write a list"),
    ("name = \"街角便利店\"", "name = true", 13, "write a string"),
    ("keys = { k1 = \"base64:AAECAwQFBgcICQoLDA0ODw==\" }", "keys = \"k1\"", 35, "keys is a string: write { … }"),
    // Missing keys.
    ("role = \"owner\"", "", 1, "role is missing"),
    ("price = \"29.90\"", "", 19, "price is missing"),
    ("id = \"washer\"", "", 37, "id is missing"),
    ("profile = \"zigbee2mqtt\"", "", 37, "profile is missing"),
    ("key = \"base64:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"", "", 6, "key (or key_file) is missing"),
    ("file = \"tariffs/cn/shanghai-tou.toml\"", "", 46, "versions (or file) is missing"),
    ("period = \"day\"", "", 58, "period: is missing"),
    ("scope = { device = \"kitchen-speaker\" }", "", 58, "scope: is empty"),
    ("name = \"洗衣机\"", "name = \"\"", 40, "name is empty"),
    // Ids and references.
    ("id = \"washer\"", "id = \"Washer\"", 38, "\"Washer\" is not an id"),
    ("id = \"washer\"", "id = \"kitchen-speaker\"", 38, "already a device \"kitchen-speaker\", on line 30"),
    ("payee = \"corner-shop\"", "payee = \"corner-shp\"", 26, "there is no payee \"corner-shp\"; did you mean \"corner-shop\"?"),
    ("tariff = \"power\"", "tariff = \"water\"", 44, "there is no tariff \"water\""),
    ("member = \"mum\"", "member = \"mom\"", 8, "there is no member \"mom\"; did you mean \"mum\"?"),
    ("profile = \"zigbee2mqtt\"", "profile = \"zigbee2mqt\"", 41, "did you mean \"zigbee2mqtt\"?"),
    ("device = \"washer\"", "device = \"washr\"", 53, "there is no device \"washr\"; did you mean \"washer\"?"),
    ("device = \"washer\"", "category = \"electrcity\"", 53, "did you mean \"electricity\"?"),
    ("{ device = \"kitchen-speaker\" }", "{ room = \"kitchn\" }", 60, "there is no room \"kitchn\"; did you mean \"kitchen\"?"),
    ("{ device = \"kitchen-speaker\" }", "{ home = false }", 60, "scope: is empty"),
    ("allow = [\"grocery\"]", "block = [\"grocry\"]", 71, "there is no category \"grocry\"; did you mean \"grocery\"?"),
    ("role = \"owner\"", "role = \"child\"", 8, "\"mum\" is not an owner"),
    // Keys.
    ("k1 = \"base64:AAECAwQFBgcICQoLDA0ODw==\"", "k1 = \"AAECAwQFBgcICQoLDA0ODw==\"", 35, "a key is written as \"base64:…\""),
    ("k1 = \"base64:AAECAwQFBgcICQoLDA0ODw==\"", "k1 = \"base64:AAEC\"", 35, "this one has 3"),
    ("k1 =", "k2 = \"base64:AAECAwQFBgcICQoLDA0ODw==\", k3 = \"base64:AAECAwQFBgcICQoLDA0ODw==\", k1 =", 35, "keys has 3 keys: at most 2"),
    ("base64:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "base64:AAECAwQFBgcICQoLDA0ODw==", 9, "an owner's key has 32 bytes, this one has 16"),
    ("key = \"base64:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"", "key_file = \"gone.key\"", 9, "key_file \"gone.key\" cannot be read: no such file"),
    ("role = \"owner\"", "role = \"owner\"\npin = \"1234\"", 5, "a PIN is not written here"),
    // Catalogue.
    ("price = \"29.90\"", "price = \"0.00\"", 24, "price is zero"),
    ("price = \"29.90\"", "price = \"-1\"", 24, "\"-1\" is negative"),
    ("price = \"29.90\"", "price = \"29.905\"", 24, "more than the 2 decimals of CNY"),
    ("price = \"29.90\"", "price = \"29.90\"\ncurrency = \"RMB\"", 25, "\"RMB\" is not an ISO 4217"),
    ("[[devices]]", "[[catalog]]\nsku = \"tap\"\nname = \"Water\"\nprice = \"1.00\"\n\n[[devices]]", 31, "\"Water\" is also a name of \"water-24\", on line 22"),
    // Devices.
    ("topic = \"zigbee2mqtt/washer\"", "", 37, "topic, by which \"zigbee2mqtt\" finds the device, is missing"),
    ("topic = \"zigbee2mqtt/washer\"", "topic = \"zigbee2mqtt/#\"", 42, "is not one topic"),
    ("profile = \"homepay-native\"", "profile = \"zigbee2mqtt\"\ntopic = \"a\"", 34, "a speaker has profile = \"homepay-native\""),
    ("room = \"kitchen\"", "topic = \"a/b\"", 33, "topic is of no use"),
    ("[[tariffs]]", "[[devices]]\nid = \"dryer\"\nkind = \"appliance\"\nname = \"d\"\nprofile = \"zigbee2mqtt\"\ntopic = \"zigbee2mqtt/washer\"\n[[tariffs]]", 51, "also that of device \"washer\", on line 42"),
    ("max_power_w = 2500", "modulus = \"0\"", 43, "not a number above zero"),
    // Tariffs.
    ("file = \"tariffs/cn/shanghai-tou.toml\"", "file = \"gone.toml\"", 50, "cannot be read: no such file"),
    ("file = \"tariffs/cn/shanghai-tou.toml\"", "versions = []", 50, "versions is empty"),
    ("file = \"tariffs/cn/shanghai-tou.toml\"", "versions = [{ from = \"2026-01-01\", price = \"1\", unit = \"kWh\" },\n{ from = \"2026-01-01\", price = \"2\", unit = \"kWh\" }]", 51, "versions rise by date"),
    ("file = \"tariffs/cn/shanghai-tou.toml\"", "versions = [{ from = \"2026-01-01\", price = \"0\", unit = \"kWh\" }]", 50, "is not above zero"),
    ("file = \"tariffs/cn/shanghai-tou.toml\"", "versions = [{ from = \"2026-01-01\", price = 0.6170, unit = \"kWh\" }]", 50, "write \"0.6170\""),
    ("file = \"tariffs/cn/shanghai-tou.toml\"", "versions = [{ from = \"2026-01-01\", price = \"617\", unit = \"MWh\" }]", 50, "give the price of one kWh"),
    ("file = \"tariffs/cn/shanghai-tou.toml\"", "versions = [{ from = \"January\", price = \"1\", unit = \"kWh\" }]", 50, "\"January\" is not a date"),
    ("file = \"tariffs/cn/shanghai-tou.toml\"", "file = \"tiers.toml\"", 1, "\"tiers\" is not supported"),
    // Alerts.
    ("bands = [50, 80, 100]", "bands = [80, 50]", 56, "band 50 is not above"),
    ("bands = [50, 80, 100]", "bands = [0]", 56, "1 to 1000"),
    ("bands = [50, 80, 100]", "bands = [50.5]", 56, "1 to 1000"),
    ("device = \"washer\"", "device = \"washer\"\nhome = true", 52, "watches one of device, category, home"),
    ("device = \"washer\"", "", 52, "device, category or home = true is missing"),
    ("period = \"month\"", "period = \"week\"", 54, "period is one of day, month"),
    // Limits.
    ("period = \"day\"", "period = \"fortnight\"", 61, "or another span as rolling = \"14d\""),
    ("period = \"day\"", "period = \"day\"\nrolling = \"6h\"", 62, "rolling: stands beside period"),
    ("period = \"day\"", "rolling = \"6 hours\"", 61, "write \"90s\", \"30m\", \"6h\" or \"7d\""),
    ("amount = \"100.00\"", "amount = \"lots\"", 62, "amount: \"lots\" is not an amount"),
    ("alignment = \"calendar\"", "alignment = \"anchored\"", 64, "needs from"),
    ("alignment = \"calendar\"", "from = \"2026-08-31\"", 64, "needs alignment = \"anchored\""),
    ("period = \"day\"", "rolling = \"6h\"\nfrom = \"2026-08-31\"\nalignment = \"anchored\"\n#", 63, "this period has no beginning"),
    ("hours = [\"07:00-22:00\"]", "hours = [\"7-22\"]", 70, "is not hours: write \"07:00-22:00\""),
    ("valid_from = \"2026-01-01\"", "valid_from = \"2028-01-01\"", 73, "is not after valid_from"),
    ("valid_from = \"2026-01-01\"", "valid_from = \"2026-01-01T08:00:00\"", 72, "is not a date"),
    ("categories = { allow = [\"grocery\"] }", "categories = { allow = [], block = [] }", 71, "write either { allow"),
    ("week_start = \"monday\"", "week_start = \"tuesday\"", 65, "is one of monday, sunday"),
];

fn faults(text: &str) -> Vec<(usize, String)> {
    let read = read_household(text, "household.toml", &home(), &files);
    let problems = read.err().unwrap_or_default();
    problems.into_iter().map(|problem| (problem.line, problem.what)).collect()
}

#[test]
fn every_mistake_is_told_with_its_line() {
    let mut wrong = Vec::new();
    for (place, by, line, words) in MISTAKES {
        assert!(CONTRACT.contains(place), "the contract's household has no {place}");
        let told = faults(&CONTRACT.replacen(place, by, 1));
        if !told.iter().any(|(at, what)| at == line && what.contains(words)) {
            wrong.push(format!("{by}\n  wanted {line}: {words}\n  told {told:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_mistake_is_told_once() {
    // The mistakes that lead to no other one.
    let single =
        ["max_count = 5", "price = \"29.90\"", "bands = [50, 80, 100]", "cost = \"50.00\""];
    for (place, by, _, _) in MISTAKES.iter().filter(|(place, ..)| single.contains(place)) {
        let told = faults(&CONTRACT.replacen(place, by, 1));
        assert_eq!(told.len(), 1, "{by}: {told:#?}");
    }
}

#[test]
fn all_mistakes_are_told_at_once_in_order() {
    let text = CONTRACT
        .replacen("role = \"owner\"", "role = \"queen\"", 1)
        .replacen("price = \"29.90\"", "price = 29.90", 1)
        .replacen("payee = \"grid\"", "payee = \"gird\"", 1)
        .replacen("hours = [\"07:00-22:00\"]", "hours = [\"7-22\"]\nfoo = 1", 1);
    let lines: Vec<usize> = faults(&text).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [4, 24, 49, 70, 71]);
}

#[test]
fn what_is_no_household_does_not_panic() {
    for text in
        ["\u{feff}", "[", "[[", "=", "a.b.c = {", "\"\"\"", "members = 5", "\0", "limits = [1]"]
    {
        let _ = faults(text);
    }
    for end in 0..CONTRACT.len() {
        if CONTRACT.is_char_boundary(end) {
            let _ = faults(&CONTRACT[..end]);
        }
    }
}
