//! `homepay tariff` with the daemon off, in a folder where nothing else is.

use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().expect("a folder"));
        folder.put("homepay.toml", "[home]\ntimezone = \"Asia/Shanghai\"\nstate_dir = \"state\"\n");
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("written");
    }

    fn run(&self, args: &str) -> Output {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_homepay"));
        command.current_dir(self.path()).args(["--config", "homepay.toml"]);
        command.args(args.split_whitespace());
        command.output().expect("it runs")
    }

    fn json(&self, args: &str) -> Value {
        let output = self.run(&format!("--json tariff {args}"));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args}: {told}");
        serde_json::from_slice(&output.stdout).expect("one document")
    }

    fn fails(&self, args: &str, exit: i32) -> String {
        let output = self.run(&format!("tariff {args}"));
        assert_eq!(output.status.code(), Some(exit), "{args}");
        assert!(output.stdout.is_empty(), "{args}");
        String::from_utf8(output.stderr).expect("text")
    }
}

const SEPTEMBER: &str = "--from 2026-09-01 --to 2026-10-01";

#[test]
fn a_bill_of_registers_shows_its_lines() {
    let folder = Folder::new();
    let of = "--register peak=300 --register valley=200 --prior 3000";
    for (split, valley_first, total) in [
        ("", false, "264.74"),
        ("--split proportional", false, "264.74"),
        ("--split chronological", false, "263.30"),
        ("--split chronological", true, "266.90"),
    ] {
        let of = if valley_first {
            "--register valley=200 --register peak=300 --prior 3000"
        } else {
            of
        };
        let bill = folder.json(&format!("bill cn-shanghai-res-tou {SEPTEMBER} {of} {split}"));
        assert_eq!(bill["total"], total, "{split}");
    }
    let bill = folder.json(&format!("bill cn-shanghai-res-tou {SEPTEMBER} {of}"));
    let line = &bill["lines"][0];
    let told = ["window", "tier", "quantity", "rate", "amount_exact"].map(|key| line[key].clone());
    assert_eq!(json!(told), json!(["peak", 1, "72", "0.617", "44.424"]));
    let text = folder.run(&format!("tariff bill cn-shanghai-res-tou {SEPTEMBER} {of}"));
    let text = String::from_utf8(text.stdout).expect("text");
    assert!(text.contains("total 264.74 CNY (exactly 264.74)"), "{text}");
}

#[test]
fn use_and_prices_come_from_files() {
    let folder = Folder::new();
    folder
        .put("use.csv", "start,kWh,end\n2025-11-25T17:00:00+01:00,10,2025-11-25T18:00:00+01:00\n");
    folder.put(
        "prices.csv",
        "start,EUR/MWh,end\n2025-11-25T17:00:00+01:00,373.31,2025-11-25T18:00:00+01:00\n",
    );
    let day = "--from 2025-11-25 --to 2025-11-26 --use use.csv";
    let bill = folder.json(&format!("bill de-spot-2025 {day} --spot prices.csv"));
    assert_eq!(bill["total_exact"], "6.465118");
    let told = folder.fails(&format!("bill de-spot-2025 {day}"), 1);
    assert!(told.contains("missing for 2025-11-25T17:00:00+01:00"), "{told}");
    folder.put("prices.csv", "start,GBP/MWh\n2025-11-25T17:00Z,1\n2025-11-25T18:00Z,1\n");
    let told = folder.fails(&format!("bill de-spot-2025 {day} --spot prices.csv"), 2);
    assert!(told.contains("prices are in GBP, the tariff's in EUR"), "{told}");
}

#[test]
fn what_is_asked_wrongly_is_told() {
    let folder = Folder::new();
    for (args, exit, what) in [
        ("bill cn-shanghai-tou --kwh 1", 1, "did you mean \"cn-shanghai-res-tou\"?"),
        ("bill cn-shanghai-res-tou --kwh 1", 2, "the windows peak, valley"),
        ("bill cn-shanghai-res-tou --register peek=1", 1, "it has peak, valley"),
        ("bill cn-shanghai-res-tou --register peak", 2, "write WINDOW=N"),
        ("bill cn-beijing-res --kwh many", 2, "write a number of kWh"),
        ("bill cn-beijing-res --kwh 1 --split half", 2, "proportional or chronological"),
        ("bill au-free-window-cap --register free=1 --register other=1", 1, "(--use FILE)"),
        ("bill ca-on-oeb-ulo-overnight --use nothing.csv", 2, "nothing.csv"),
        ("bill ./mine.toml --kwh 1", 2, "mine.toml:4: rates"),
    ] {
        folder
            .put("mine.toml", "[windows]\na = [\"00:00-24:00\"]\n[[versions]]\nrates.b = \"1\"\n");
        let told = folder.fails(&format!("{args} {SEPTEMBER}"), exit);
        assert!(told.contains(what), "{args}: {told}");
    }
    let told = folder.fails("bill cn-beijing-res --kwh 1 --from 2026-02-01 --to 2026-02-01", 2);
    assert!(told.contains("after --from"), "{told}");
}

#[test]
fn tariffs_are_listed_and_shown() {
    let folder = Folder::new();
    let list = folder.json("list");
    assert!(list["tariffs"].is_null() && list["shipped"].as_array().expect("a list").len() >= 16);
    let shown = folder.json("show tariffs/ca/on-tou.toml --at 2026-01-05T12:30:00Z");
    assert_eq!(
        (&shown["now"]["price"], &shown["now"]["window"]),
        (&json!("0.155295"), &json!("on"))
    );
    let change = &shown["now"]["next_change"];
    assert_eq!(change["at"], "2026-01-05T11:00:00-05:00");
    assert_eq!(shown["versions"][0]["verified"], "2025-10-18");
    assert_eq!(shown["holidays"]["to"], "2027-12-31");
    assert!(shown["notes"].as_str().expect("notes").contains("delivery"), "{shown}");
}

#[test]
fn the_homes_country_comes_first_and_no_test_tariff_is_listed() {
    let folder = Folder::new();
    let countries = |timezone: &str, currency: &str| {
        let home = format!(
            "[home]\ntimezone = \"{timezone}\"\ncurrency = \"{currency}\"\nstate_dir = \"state\"\n"
        );
        folder.put("homepay.toml", &home);
        let list = folder.json("list")["shipped"].take();
        let list = list.as_array().expect("a list").clone();
        assert!(list.iter().all(|of| of["country"] != "test"), "{list:?}");
        let own = |of: &&Value| of["own"] == true;
        let mut own: Vec<&str> =
            list.iter().take_while(own).filter_map(|of| of["country"].as_str()).collect();
        assert_eq!(list.iter().filter(|of| of["own"] == true).count(), own.len(), "they are first");
        own.dedup();
        own.join(" ")
    };
    assert_eq!(countries("Asia/Shanghai", "CNY"), "cn");
    assert_eq!(countries("Europe/Madrid", "EUR"), "es");
    assert_eq!(countries("Asia/Tokyo", "JPY"), "jp");
    assert_eq!(countries("Europe/London", "GBP"), "gb");
    // No tariff has that zone: those in its currency.
    assert_eq!(countries("America/New_York", "USD"), "us");
    assert_eq!(countries("Atlantic/Canary", "EUR"), "at de es fr it nl");
    assert_eq!(countries("Africa/Nairobi", "KES"), "");
    let text = String::from_utf8(folder.run("tariff list").stdout).expect("text");
    assert!(!text.contains("test-quarter-hour"), "{text}");
}

#[test]
fn a_bill_says_what_a_tax_is_on_and_which_lines_were_rounded_together() {
    let folder = Folder::new();
    let june = "--from 2026-06-01 --to 2026-07-01 --register P1=85.2 --register P2=92.4 --register P3=140.8";
    let bill = folder.json(&format!("bill es-2-0td {june}"));
    let line = |name: &str| {
        let of = bill["lines"].as_array().into_iter().flatten().find(|line| line["what"] == name);
        of.unwrap_or_else(|| panic!("no line {name}: {bill}"))["on"].clone()
    };
    let taxed = ["energy", "tolls and charges", "power P1", "power P2", "social bonus"];
    assert_eq!(line("electricity tax"), json!(taxed));
    let all: Vec<&str> = taxed.into_iter().chain(["meter rent", "electricity tax"]).collect();
    assert_eq!(line("IVA"), json!(all));
    let text = String::from_utf8(folder.run(&format!("tariff bill es-2-0td {june}")).stdout);
    let text = text.expect("text");
    assert!(text.contains("meter rent") && text.contains("total 70.46 EUR"), "{text}");
    let charges = folder.json("show es-2-0td --at 2026-10-12T11:00:00+02:00")["charges"].take();
    let charges = charges.as_array().expect("charges").clone();
    let iva = charges.iter().find(|of| of["what"] == "IVA").expect("IVA")["how"].clone();
    assert_eq!(iva, json!(format!("21 % on {}", all.join(", "))));
    let feb = "--from 2025-02-01 --to 2025-03-01 --kwh 351";
    let bill = folder.json(&format!("bill jp-tepco-b-30a {feb}"));
    let parts = &bill["rounded"];
    assert_eq!((&parts[0]["total"], &parts[1]["total"]), (&json!("9969"), &json!("1224")));
    assert_eq!((&parts[1]["exact"], &bill["total"]), (&json!("1224.99"), &json!("11193")));
    let text = String::from_utf8(folder.run(&format!("tariff bill jp-tepco-b-30a {feb}")).stdout);
    let text = text.expect("text");
    assert!(text.contains("renewable levy: 1224 (exactly 1224.99)"), "{text}");
    let told = folder.fails("bill jp-tepco-b-30a --from 2026-01-01 --to 2026-02-01 --kwh 1", 1);
    assert!(told.contains("there is no price for 2026-01-01"), "{told}");
}

#[test]
fn a_rate_of_urdb_becomes_a_tariff_that_bills() {
    let folder = Folder::new();
    let tier = |max: Option<&str>, rate: &str| match max {
        Some(max) => format!("{{\"rate\":{rate},\"max\":{max},\"unit\":\"kWh daily\"}}"),
        None => format!("{{\"rate\":{rate},\"unit\":\"kWh daily\"}}"),
    };
    let ladder =
        |low: &str, high: &str| format!("[{},{}]", tier(Some("13.5"), low), tier(None, high));
    let day = format!("[{}1,1,1,0,0,0,0,0,1,1,1]", "1,".repeat(13));
    let schedule = format!("[{}]", [day.as_str(); 12].join(","));
    folder.put(
        "rate.json",
        &format!(
            "{{\"label\":\"ABC\",\"utility\":\"U\",\"name\":\"N\",\"energyratestructure\":[{},{}],\
             \"energyweekdayschedule\":{schedule},\"energyweekendschedule\":{schedule},\
             \"fixedchargefirstmeter\":0.79343,\"fixedchargeunits\":\"$/day\"}}",
            ladder("0.441", "0.5224"),
            ladder("0.318", "0.3994"),
        ),
    );
    let zone = "--zone America/Los_Angeles --out mine.toml";
    let told = folder.fails(&format!("import urdb rate.json {zone}"), 1);
    assert!(
        told.contains("--tiers combined") && !folder.path().join("mine.toml").exists(),
        "{told}"
    );
    let july = "--from 2026-07-01 --to 2026-08-01 --register p0=150 --register p1=450";
    for (tiers, total) in [("combined", "248.62043"), ("individual", "236.41043")] {
        folder.json(&format!("import urdb rate.json {zone} --tiers {tiers}"));
        assert_eq!(folder.json(&format!("bill mine.toml {july}"))["total_exact"], total);
    }
}

#[test]
fn whoever_reads_may_have_read_enough() {
    let folder = Folder::new();
    for args in ["tariff list", "--json tariff list", "--help"] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_homepay"));
        command.current_dir(folder.path()).args(["--config", "homepay.toml"]);
        command.args(args.split_whitespace());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.is_empty(), "{args}: {told}");
    }
}

#[test]
fn what_only_goes_with_given_use_is_refused_without_it() {
    let folder = Folder::new();
    for flag in ["--prior 3000", "--split proportional", "--billing-day 15"] {
        let told = folder.fails(&format!("bill power {SEPTEMBER} {flag}"), 2);
        let name = flag.split(' ').next().expect("a name");
        assert!(told.contains(name) && told.contains("--use"), "{flag}: {told}");
    }
}
