//! Exported sentences, read by those who are to read them: PyPI `rhasspy-nlu` and `hassil`, run by
//! `$HOMEPAY_TEST_PYTHON` (default `python3`). A missing package fails the test.

#[path = "../../src/files/tests/sentences/utterance_text.rs"]
mod utterance_text;

use utterance_text::{household, reading};

use homepay_domain::household::{Household, Lang};
use homepay_language::speech::Lexicon;
use homepay_language::voice_export::{OutputFile, hassil, rhasspy};
use serde_json::{Map, Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// A sentence, its intent, and what each slot must hold.
type ExportCase = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const EN: &[ExportCase] = &[
    (
        "buy two boxes of water",
        "OrderGoods",
        &[("item", "water-24"), ("quantity", "2"), ("unit", "boxes")],
    ),
    ("please order mineral water", "OrderGoods", &[("item", "water-24")]),
    (
        "get me a loaf of bread",
        "OrderGoods",
        &[("item", "bread"), ("quantity", "1"), ("unit", "loaf")],
    ),
    ("buy twenty four eggs", "OrderGoods", &[("item", "eggs"), ("quantity", "24")]),
    ("forty seven", "ConfirmOrder", &[("number", "47")]),
    ("the number is four seven", "ConfirmOrder", &[("number", "47")]),
    ("cancel the order", "CancelOrder", &[]),
    ("how much is left today", "AskLeft", &[("span", "today")]),
    ("how much can i still spend this month", "AskLeft", &[("span", "month")]),
    ("what did the washer cost this month", "AskCost", &[("device", "washer"), ("span", "month")]),
    ("what does it cost to run the washer now", "AskRunCost", &[("device", "washer")]),
    ("refund my last order", "RefundLast", &[]),
    ("freeze the kitchen speaker", "FreezeDevice", &[("device", "kitchen-speaker")]),
    ("freeze everything", "FreezeDevice", &[]),
];

const ZH: &[ExportCase] = &[
    ("买 两 箱 矿泉水", "OrderGoods", &[("item", "water-24"), ("quantity", "2"), ("unit", "箱")]),
    ("请 帮我 买 矿泉水", "OrderGoods", &[("item", "water-24")]),
    ("来 十二 个 鸡蛋", "OrderGoods", &[("item", "eggs"), ("quantity", "12"), ("unit", "个")]),
    ("四十七", "ConfirmOrder", &[("number", "47")]),
    ("四七", "ConfirmOrder", &[("number", "47")]),
    ("取消 订单", "CancelOrder", &[]),
    ("今天 还 能 花 多少", "AskLeft", &[("span", "today")]),
    ("洗衣机 这个月 花了 多少 钱", "AskCost", &[("device", "washer"), ("span", "month")]),
    ("现在 开 洗衣机 要 多少 钱", "AskRunCost", &[("device", "washer")]),
    ("把 上一单 退了", "RefundLast", &[]),
    ("冻结 厨房音箱", "FreezeDevice", &[("device", "kitchen-speaker")]),
];

fn ask(format: &str, files: &[OutputFile], cases: &[ExportCase]) -> Vec<Value> {
    let sentences: Vec<&str> = cases.iter().map(|(said, _, _)| *said).collect();
    hear(format, files, &sentences)
}

/// What Python's parsers make of sentences.
pub(crate) fn hear(format: &str, files: &[OutputFile], sentences: &[&str]) -> Vec<Value> {
    let python = std::env::var("HOMEPAY_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let texts: Map<String, Value> =
        files.iter().map(|f| (f.path.clone(), Value::from(f.text.as_str()))).collect();
    let mut child = Command::new(&python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/peer_voice.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{python} does not run: {e}"));
    let input = json!({ format: texts, "sentences": sentences }).to_string();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn heard_as_meant(format: &str, files: &[OutputFile], cases: &[ExportCase]) {
    let answers = ask(format, files, cases);
    assert_eq!(answers.len(), cases.len());
    for ((said, intent, slots), heard) in cases.iter().zip(answers) {
        let slots: Map<String, Value> =
            slots.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        assert_eq!(heard, json!({"intent": intent, "slots": slots}), "{format}: {said}");
    }
}

fn home() -> Household {
    household(include_str!("../cases/sentences.toml"))
}

/// Only Rhasspy is told PINs.
const PINS_EN: &[ExportCase] =
    &[("my pin is four seven one one", "GivePin", &[("pin", "4 7 1 1")])];
const PINS_ZH: &[ExportCase] = &[("密码 是 四 七 一 一 零", "GivePin", &[("pin", "4 7 1 1 0")])];

#[test]
fn rhasspy_hears_what_was_exported() {
    heard_as_meant("rhasspy", &rhasspy(&home(), Lang::En), &[EN, PINS_EN].concat());
    heard_as_meant("rhasspy", &rhasspy(&home(), Lang::ZhCn), &[ZH, PINS_ZH].concat());
}

#[test]
fn assist_hears_what_was_exported() {
    heard_as_meant("hassil", &hassil(&home(), Lang::En), EN);
    heard_as_meant("hassil", &hassil(&home(), Lang::ZhCn), ZH);
}

/// A template of the package, where every slot that its intent may have was filled.
fn filled(template: &str, lang: Lang) -> String {
    let mut said = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{ ") {
        let (slot, behind) = after.split_once(" }}").unwrap();
        let value = match slot.split([' ', '[']).next().unwrap() {
            "quantity" => "2",
            "unit" => {
                if lang == Lang::En {
                    "boxes"
                } else {
                    "箱"
                }
            }
            "goods" => "矿泉水 24 瓶",
            "number" => "47",
            "device" => "washer",
            _ => slot.split('\'').nth(1).unwrap(),
        };
        said += &[before, value].concat();
        rest = behind;
    }
    said + rest
}

#[test]
fn each_exported_intent_hands_the_hub_a_sentence_that_means_it() {
    let lexicon = Lexicon::of(&home());
    for lang in [Lang::En, Lang::ZhCn] {
        let [sentences, package] = &hassil(&home(), lang)[..] else { panic!("two files") };
        assert_eq!(package.path, "packages/homepay.yaml");
        let intents = sentences.text.lines().skip_while(|line| *line != "intents:").skip(1);
        let intents: Vec<&str> = intents
            .take_while(|line| *line != "lists:")
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
            .collect();
        assert_eq!(intents.len(), 11, "{intents:?}");
        let (_, scripts) = package.text.split_once("\nintent_script:\n").unwrap();
        for intent in intents {
            let (_, own) = scripts.split_once(&format!("{intent}\n")).expect(intent);
            let text = own.lines().find_map(|line| line.trim().strip_prefix("text: ")).unwrap();
            let template: String = serde_json::from_str(text).unwrap();
            let said = filled(&template, lang);
            let heard = lexicon.understand(&said);
            let want = match intent.trim().trim_end_matches(':') {
                "OrderGoods" => "water-24=2",
                "ConfirmOrder" => "number 47",
                "CancelOrder" => "cancel",
                "AskLeft" => "left month",
                "AskCost" => "cost washer month",
                "AskRunCost" => "run washer",
                "RefundLast" => "refund",
                "FreezeDevice" => "freeze washer",
                "AskSpent" => "Ok(Spent(Month))",
                "AskPrice" => "Ok(Price(Name(\"water-24\")))",
                "AskLastOrder" => "Ok(LastOrder)",
                other => panic!("{other} has no meaning here"),
            };
            let got = match reading(&heard) {
                dash if dash == "-" => format!("{heard:?}"),
                read => read,
            };
            assert_eq!(got, want, "{intent} {said}");
        }
    }
}

#[test]
fn the_package_knows_the_satellites() {
    let text = "[[devices]]\nid = \"hall\"\nkind = \"speaker\"\nname = \"Hall\"\n\
        profile = \"ha-assist\"\ntopic = \"assist_satellite.hall\"\n";
    let known = &hassil(&household(text), Lang::En)[1].text;
    assert!(known.contains(r#"satellites: {"hall":"assist_satellite.hall"}"#), "{known}");
    let unknown = &hassil(&home(), Lang::En)[1].text;
    assert!(unknown.contains("satellites: {}") && unknown.contains("which speaker"), "{unknown}");
    for text in [known, unknown] {
        for left in ["SATELLITES", "UNKNOWN", "GOODS", "LANG", "INTENT", "TEXT"] {
            assert!(!text.contains(left), "{left}: {text}");
        }
    }
}

#[test]
fn words_of_the_whole_house_are_not_claimed() {
    for (lang, bare, own) in [
        (Lang::En, ["never mind", "forget it"], "cancel (the order"),
        (Lang::ZhCn, ["算了", "不要了"], "取消(这单"),
    ] {
        let text: String = hassil(&home(), lang).into_iter().map(|file| file.text).collect();
        assert!(text.contains(own), "{text}");
        assert!(bare.iter().all(|word| !text.contains(word)), "{text}");
        assert!(!text.contains("forget it | stop") && !text.contains("cancel [it"), "{text}");
        for intent in ["AskSpent", "AskPrice", "AskLastOrder"] {
            assert!(text.contains(intent) && !text.contains("measure>"), "{intent}: {text}");
        }
    }
}

#[test]
fn check_names_goods_that_nobody_can_say() {
    let dir = tempfile::tempdir().unwrap();
    let household = "[[catalog]]\nsku = \"two\"\nname = \"2\"\nprice = \"1.00\"\n\
        [[catalog]]\nsku = \"mms\"\nname = \"M&M's\"\nprice = \"2.00\"\n";
    std::fs::write(dir.path().join("household.toml"), household).unwrap();
    std::fs::write(dir.path().join("homepay.toml"), "[home]\nhousehold = \"household.toml\"\n")
        .unwrap();
    let checked = Command::new(env!("CARGO_BIN_EXE_homepay"))
        .args(["check", "--config", "homepay.toml"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{said}");
    assert!(said.contains("nobody can order \"two\"") && !said.contains("\"mms\""), "{said}");
}

#[test]
fn the_command_writes_files_with_the_daemon_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    std::fs::write(path("household.toml"), include_str!("../cases/sentences.toml")).unwrap();
    let config = format!(
        "[home]\ntimezone = \"Asia/Shanghai\"\ncurrency = \"CNY\"\nstate_dir = \"{}\"\n",
        path("state").display()
    );
    std::fs::write(path("homepay.toml"), config).unwrap();
    let run = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_homepay"))
            .args(["--config", path("homepay.toml").to_str().unwrap(), "voice", "export"])
            .args(args)
            .current_dir(dir.path())
            .output()
            .unwrap()
    };
    let from = ["--household", "household.toml"];
    let done = run(&[&["rhasspy", "--dir", "out"], &from[..]].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(std::fs::read_to_string(path("out/sentences.ini")).unwrap().contains("[OrderGoods]"));
    let goods = std::fs::read_to_string(path("out/slots/goods")).unwrap();
    assert!(goods.contains("(mineral water):water-24\n"), "{goods}");
    let done = run(&[&["hassil", "--lang", "en"], &from[..]].concat());
    assert!(String::from_utf8_lossy(&done.stdout).contains("language: \"en\""));
    let done = run(&["hassil", "--household", "none.toml"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&done.stderr).contains("none.toml"));
    assert_eq!(run(&["rhasspy"]).status.code(), Some(3));
}

#[test]
fn the_slots_that_come_back_are_orders() {
    let lexicon = Lexicon::of(&home());
    let table = [
        ("water-24", Some("2"), Some("boxes"), Some("water-24=2")),
        ("water_24", Some("2.0"), None, Some("water-24=2")),
        ("矿泉水", Some("两"), Some("箱"), Some("water-24=2")),
        ("Mineral Water", Some("two"), Some("cases of"), Some("water-24=2")),
        ("milk", None, None, Some("milk=1")),
        // What only sounds like a name is none.
        ("流奶", Some("2"), None, None),
        ("bananas", Some("two and a half"), Some("kilos"), Some("bananas=2.5")),
        ("eggs", Some("a dozen"), None, Some("eggs=12")),
        ("water", Some("2"), Some("bottles"), None),
        ("water", Some("two or three"), None, None),
        ("water", Some("-1"), None, None),
        ("water", Some("0"), None, None),
        ("apples", None, None, None),
        ("apples", Some("3"), None, None),
        ("rocket", Some("1"), None, None),
        ("water and milk", Some("1"), None, None),
        ("", Some("1"), None, None),
    ];
    for (item, quantity, unit, want) in table {
        let got = lexicon.slot_order(item, quantity, unit);
        let got = got.map(|(sku, count)| format!("{sku}={count}")).ok();
        assert_eq!(got.as_deref(), want, "{item} {quantity:?} {unit:?}");
    }
}
