//! Every shipped profile against its samples: what each message reads as, or why it does not.

use super::decode::{decode_picked, interpret};
use super::made::Profile;
use super::outcome::{Interpretation, meaning, suspicion};
use super::pick::Pick;
use super::registry::{Registry, SHIPPED_PROFILES};
use super::samples::{folder, payload, samples};
use homepay_domain::household::Lang;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeSet;

fn read<'p>(profile: &'p Profile, sample: &Value) -> Interpretation<'p> {
    let topic = sample["topic"].as_str().expect("a topic");
    let retained = sample["retained"] == true;
    let mut pick = Pick::of_channels(sample["channel"].as_str());
    pick.registers.extend(sample["register"].as_str().map(str::to_owned));
    decode_picked(profile, sample["model"].as_str(), &pick, topic, (&payload(sample), retained))
}

/// What a sample expects and does not find, in words.
pub fn misread(profile: &Profile, sample: &Value) -> Vec<String> {
    let outcome = read(profile, sample);
    let want = &sample["expected"];
    let mut faults = Vec::new();
    let mut fault = |what: String| faults.push(what);
    let kind = match (outcome.readings.is_empty(), outcome.states.is_empty()) {
        (false, _) => "reading",
        (true, false) => "state",
        (true, true) => "none",
    };
    if want["kind"] != kind {
        fault(format!("kind {kind}, wanted {}", want["kind"]));
    }
    let mut figures = vec![want.clone()];
    figures.extend(want["also"].as_array().cloned().unwrap_or_default());
    for figure in figures.iter().filter(|figure| figure["quantity"].is_string()) {
        let quantity = figure["quantity"].as_str().unwrap_or_default();
        if kind == "state" || figure["unit"].is_null() {
            let found = outcome.states.iter().find(|s| s.quantity == quantity);
            if found.map(|s| s.value.as_str()) != figure["value"].as_str() {
                fault(format!("state {quantity}: {found:?}"));
            }
            continue;
        }
        let of = |name: &str, is: Option<&str>| {
            figure[name].as_str().is_none_or(|wanted| is == Some(wanted))
        };
        let Some(found) = outcome.readings.iter().find(|r| {
            let (channel, register) = (r.channel.as_deref(), r.register.as_deref());
            r.quantity == quantity && of("channel", channel) && of("register", register)
        }) else {
            fault(format!("no {quantity}"));
            continue;
        };
        let told = (found.unit, found.value.to_string());
        if Some(told.0) != figure["unit"].as_str()
            || Some(told.1.as_str()) != figure["value"].as_str()
        {
            fault(format!("{quantity}: {told:?}"));
        }
        let time = found.time.as_ref().map(|time| time.text.as_str());
        let previous = want["previous"].as_str().and_then(|p| p.parse::<Decimal>().ok());
        let flag = previous.and_then(|previous| suspicion(previous, found.value));
        let modulus = found.modulus.map(|m| m.to_string());
        for (name, is) in [
            ("time", time),
            ("reset_marker", found.reset_marker.as_deref()),
            ("flag", flag),
            ("modulus", modulus.as_deref()),
        ] {
            if figure[name].is_string() && figure[name].as_str() != is {
                fault(format!("{name}: {is:?}"));
            }
        }
    }
    if want["reason"].is_string() && want["reason"].as_str() != outcome.reason {
        fault(format!("reason {:?}", outcome.reason));
    }
    if let Some(device) = want["device"].as_str()
        && outcome.captures.get("device").map(String::as_str) != Some(device)
    {
        fault(format!("captures {:?}", outcome.captures));
    }
    for ignored in want["ignored"].as_array().into_iter().flatten() {
        let is = |i: &super::outcome::Ignored<'_>| {
            Some(i.path) == ignored["path"].as_str() && Some(i.reason) == ignored["reason"].as_str()
        };
        if !outcome.ignored.iter().any(is) {
            fault(format!("not ignored: {ignored}"));
        }
    }
    for absent in want["not"].as_array().into_iter().flatten() {
        if outcome.readings.iter().any(|r| Some(r.quantity) == absent.as_str()) {
            fault(format!("{absent} was read"));
        }
    }
    faults
}

#[test]
fn the_list_is_what_is_in_the_folder() {
    let listed: BTreeSet<String> =
        SHIPPED_PROFILES.iter().map(|(id, _)| (*id).to_owned()).collect();
    let there: BTreeSet<String> = std::fs::read_dir(folder())
        .expect("the devices")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("profile.toml").is_file())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!(listed, there);
    for (id, text) in SHIPPED_PROFILES {
        let profile = Profile::read(id, text).unwrap_or_else(|p| {
            panic!("{}", p.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        });
        assert_eq!(profile.id, *id);
    }
}

#[test]
fn every_sample_reads_as_it_says() {
    let shelf = Registry::shipped();
    let mut faults = Vec::new();
    for profile in shelf.all() {
        let samples = samples(&profile.id);
        assert!(samples.len() >= 3, "{} has {} samples", profile.id, samples.len());
        for sample in samples {
            for fault in misread(profile, &sample) {
                faults.push(format!("{} {}: {fault}", profile.id, sample["topic"]));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Lines about what is said, not measured: they are read by the rooms for voice and the owner.
const VOICE: [&str; 4] = ["hermes", "ha-assist", "ha-number", "xiaoai-conversation"];

#[test]
fn the_gathered_messages_read_as_they_should() {
    let shelf = Registry::shipped();
    let text = include_str!("../../tests/cases/mqtt-samples.jsonl");
    let (mut faults, mut count) = (Vec::new(), 0);
    for line in text.lines() {
        let sample: Value = serde_json::from_str(line).expect("a sample");
        let system = sample["system"].as_str().expect("a system");
        let model = sample["model"].as_str().unwrap_or_default();
        if VOICE.contains(&system) || VOICE.contains(&model) {
            continue;
        }
        count += 1;
        let profile = shelf.get(system).unwrap_or_else(|| panic!("no profile {system}"));
        for fault in misread(profile, &sample) {
            faults.push(format!("{system} {}: {fault}", sample["topic"]));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(count, 19);
}

#[test]
fn every_reason_is_explained() {
    let shelf = Registry::shipped();
    for profile in shelf.all() {
        for sample in samples(&profile.id) {
            let outcome = read(profile, &sample);
            let told = outcome.ignored.iter().map(|i| i.reason).chain(outcome.reason);
            for reason in told {
                for lang in [Lang::ZhCn, Lang::En] {
                    assert_ne!(meaning(lang, reason), meaning(lang, ""), "{} {reason}", profile.id);
                }
            }
        }
    }
}

#[test]
fn mistakes_are_told_with_their_lines() {
    let table = [
        ("id = \"x\"\nname = 1\n", 2, "invalid type"),
        ("id = \"x\"\ntrust = \"broker\"\nsource = \"s\"\nnmae = 1\n", 4, "unknown field"),
        (
            "id = \"X Y\"\ntrust = \"broker\"\nsource = \"s\"\n[name]\nzh-CN = \"a\"\nen = \"b\"\n",
            1,
            "messages is missing",
        ),
    ];
    for (text, line, what) in table {
        let problems = Profile::read("p", text).expect_err("mistakes");
        let found = problems.iter().any(|p| p.line == line && p.what.contains(what));
        assert!(found, "{problems:?}");
    }
    let head =
        "id = \"x\"\ntrust = \"broker\"\nsource = \"s\"\nname = { zh-CN = \"a\", en = \"b\" }\n";
    let message = "[[messages]]\ntopics = [\"a\"]\nfields = [{ ";
    for (field, what) in [
        ("path = \"$.a[\", quantity = \"energy\", unit = \"kWh\"", "JSONPath"),
        ("quantity = \"energie\", unit = \"kWh\"", "no quantity"),
        ("quantity = \"energy\", unit = \"L\"", "not measured in"),
        ("quantity = \"energy\", unit = \"Wh\", scale = \"1e3\"", "decimal"),
        ("unit = \"Wh\"", "quantity is missing"),
    ] {
        let text = format!("{head}{message}{field} }}]\n");
        let problems = Profile::read("p", &text).expect_err("mistakes");
        let found = problems.iter().any(|p| p.line == 7 && p.what.contains(what));
        assert!(found, "{field}: {problems:?}");
    }
    let problems = Profile::read("p", &format!("{head}bases = [\"/a\"]\n")).expect_err("mistakes");
    let found = problems.iter().any(|p| p.line == 5 && p.what.contains("slash"));
    assert!(found, "{problems:?}");
}

/// A small generator of numbers, the same in every run.
struct TestRng(u64);

impl TestRng {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end.max(1)).expect("small")).expect("small")
    }
}

#[test]
fn no_message_makes_it_panic() {
    let shelf = Registry::shipped();
    let mut chance = TestRng(0x9E37_79B9_7F4A_7C15);
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let nested = format!("{}1{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    for profile in shelf.all() {
        for sample in samples(&profile.id) {
            let topic = sample["topic"].as_str().expect("a topic");
            let good = payload(&sample);
            for _ in 0..40 {
                let mut bad = good.clone();
                for _ in 0..=chance.below(4) {
                    if bad.is_empty() {
                        break;
                    }
                    let at = chance.below(bad.len());
                    match chance.below(4) {
                        0 => bad[at] ^= 1 << chance.below(8),
                        1 => bad.truncate(at),
                        2 => bad.insert(at, b"0\"{}[],:-eE\0\xff"[chance.below(13)]),
                        _ => drop(bad.remove(at)),
                    }
                }
                interpret(profile, topic, &bad);
            }
            for bad in [deep.as_bytes(), nested.as_bytes(), &[0xff; 64], b"", b"\0"] {
                interpret(profile, topic, bad);
            }
            let long = format!("{topic}{}", "/a".repeat(30_000));
            interpret(profile, &long, &good);
        }
    }
}
