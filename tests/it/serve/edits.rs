//! Several people edit at once: nobody's edit is lost, and nobody's comes back.

use super::house::{HOMEPAY, House};
use homepay_io::http::socket_client;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

const LIMITS: &str = "[[limits]]\nid = \"home-day\"\nscope = { home = true }\n\
    period = \"day\"\namount = \"100.00\"\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_that_are_made_at_once_all_stand() {
    let house = House::new(None, false, LIMITS);
    let _daemon = house.start();
    let command = |arguments: Vec<String>| {
        Command::new(HOMEPAY)
            .args(arguments)
            .current_dir(house.dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let running: Vec<_> = (0..12)
        .map(|n| {
            let id = format!("new-{n}");
            let text = |of: &str| of.to_owned();
            command(if n % 2 == 0 {
                vec![text("member"), text("add"), id, text("--role"), text("child")]
            } else {
                ["device", "add", &id, "--kind", "speaker", "--profile", "homepay-native"]
                    .map(text)
                    .to_vec()
            })
        })
        .collect();
    for child in running {
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    let (_, devices) = house.command(&["device", "list"]);
    let (_, members) = house.command(&["member", "list"]);
    let all = devices.to_string() + &members.to_string();
    let missing: Vec<_> = (0..12).filter(|n| !all.contains(&format!("\"new-{n}\""))).collect();
    assert!(missing.is_empty(), "{missing:?} of {all}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_of_what_was_changed_meanwhile_is_refused_and_says_what() {
    let house = House::new(None, false, LIMITS);
    let _daemon = house.start();
    let client = socket_client(&house.state().join("control.sock")).unwrap();
    let seen: Value = {
        let answer = client.get("http://homepay/v1/household").send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    };
    let lowered = ["limit", "set", "home-day", "--scope", "home", "--period", "day"];
    let lowered = [&lowered[..], &["--amount", "10.00"]].concat();
    assert_eq!(house.command(&lowered).0, 0);
    let mut next = seen.clone();
    next["members"]["mum"]["name"] = json!("Mama");
    let body = json!({"base": seen, "household": next}).to_string();
    let answer = client.post("http://homepay/v1/apply").body(body).send().await.unwrap();
    assert_eq!(answer.status(), 409);
    let said: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(said["code"], "stale_edit", "{said}");
    assert!(said["message"].as_str().unwrap().contains("home-day"), "{said}");
    let (_, limits) = house.command(&["limit", "list"]);
    assert_eq!(limits["limits"][0]["amount"], "10.00", "what was lowered stays: {limits}");
}

/// A PIN is typed slowly at a terminal, and somebody lowers a limit meanwhile.
const TYPE_SLOWLY: &str = r#"
import os, pty, subprocess, sys, time
homepay, folder = sys.argv[1:3]
pid, terminal = pty.fork()
if pid == 0:
    os.chdir(folder)
    os.execv(homepay, [homepay, "member", "pin", "mum"])
def until(text):
    said = b""
    while text not in said:
        said += os.read(terminal, 1024)
until(b"PIN:")
lower = [homepay, "limit", "set", "home-day", "--scope", "home", "--period", "day", "--amount", "10.00"]
subprocess.run(lower, cwd=folder, check=True, stdout=subprocess.DEVNULL)
os.write(terminal, b"2580\n")
until(b"again:")
os.write(terminal, b"2580\n")
until(b"is set")
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_changed_while_a_pin_is_typed_stands() {
    let house = House::new(None, false, LIMITS);
    let _daemon = house.start();
    let python = std::env::var("HOMEPAY_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut child = Command::new(python)
        .args(["-", HOMEPAY, &house.dir.path().display().to_string()])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(TYPE_SLOWLY.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let (_, limits) = house.command(&["limit", "list"]);
    assert_eq!(limits["limits"][0]["amount"], "10.00", "{limits}");
    let (_, members) = house.command(&["member", "list"]);
    assert_eq!(members["members"][0]["pin"], true, "{members}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_not_in_force_says_so() {
    let house = House::new(None, false, LIMITS);
    let daemon = house.start();
    drop(daemon);
    let file = house.dir.path().join("household.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let (_, found) = house.command(&["check"]);
    assert_eq!(found["notes"], json!([]), "what is in force is not spoken of");
    std::fs::write(&file, text.replace("100.00", "500.00").replace("妈妈", "Mama")).unwrap();
    let (code, found) = house.command(&["check"]);
    let note = found["notes"][0].as_str().unwrap_or_default().to_owned();
    assert!(code == 0 && note.contains("differs from the books in 2 places"), "{found}");
    assert!(note.contains("home-day") && note.contains("homepay apply"), "{note}");
    let daemon = house.start();
    assert!(house.log().contains("differs from the books in 2 places"), "{}", house.log());
    drop(daemon);
    std::fs::write(&file, text.replace("amount", "amuont")).unwrap();
    let daemon = house.start();
    assert!(house.log().contains("cannot be read"), "a typo stops nobody: {}", house.log());
    let (_, limits) = house.command(&["limit", "list"]);
    assert_eq!(limits["limits"][0]["amount"], "100.00");
    drop(daemon);
    let state = house.state();
    std::fs::remove_dir_all(state).unwrap();
    let (code, said) = house.says(&["run"]);
    assert!(code == 2 && said.contains("amuont"), "the first household must be right: {said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_exported_is_applied_and_a_device_goes_with_its_limits() {
    let limits = "[[limits]]\nid = \"kids-day\"\nscope = { device = \"kids\" }\nperiod = \"day\"\n\
        amount = \"20.00\"\n[[limits]]\nid = \"home-month\"\nscope = { home = true }\n\
        period = \"month\"\namount = \"300.00\"\n";
    let house = House::new(None, false, limits);
    let _daemon = house.start();
    let add =
        ["device", "add", "lamp", "--kind", "appliance", "--name", "Lamp", "--topic", "a/lamp"];
    let (code, said) = house.command(&[&add[..], &["--profile", "zigbee2mqt"]].concat());
    let said = said.to_string();
    assert_ne!(code, 0, "{said}");
    assert!(said.contains("there is no profile") && said.contains("zigbee2mqtt"), "{said}");
    let (code, said) = house.command(&[&add[..], &["--profile", "zigbee2mqtt"]].concat());
    assert_eq!(code, 0, "{said}");

    // What stands, written down, taken away, and put back.
    assert_eq!(house.command(&["export", "--out", "whole.toml"]).0, 0);
    let (code, same) = house.command(&["apply", "whole.toml", "--dry-run"]);
    assert_eq!(code, 0, "{same}");
    let (code, gone) = house.command(&["device", "remove", "kids"]);
    assert_eq!(code, 0, "{gone}");
    assert!(
        gone.to_string().contains("kids-day"),
        "its limits go with it, and that is shown: {gone}"
    );
    let names = |house: &House| {
        let (_, list) = house.command(&["limit", "list"]);
        let of = |row: &serde_json::Value| row["id"].as_str().unwrap_or_default().to_owned();
        list["limits"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(names(&house), ["home-month"]);
    assert_eq!(house.command(&["device", "remove", "kids"]).0, 1, "there is none by now");
    let (code, back) = house.command(&["apply", "whole.toml"]);
    assert_eq!(code, 0, "{back}");
    assert_eq!(names(&house), ["home-month", "kids-day"]);
    assert_eq!(house.command(&["export", "--out", "again.toml"]).0, 0);
    let text = |name: &str| std::fs::read_to_string(house.dir.path().join(name)).unwrap();
    assert_eq!(text("whole.toml"), text("again.toml"), "nothing was lost on the way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_that_nothing_counts_for_is_said() {
    let budget = "[[budgets]]\ncategory = \"moonshine\"\nperiod = \"month\"\namount = \"50.00\"\n";
    let house = House::new(None, false, budget);
    let _daemon = house.start();
    for arguments in [&["check"][..], &["apply", "household.toml", "--dry-run"]] {
        let (code, said) = house.says(arguments);
        assert_eq!(code, 0, "it may be meant for bills that are entered: {said}");
        assert!(said.contains("budget of moonshine"), "{arguments:?}: {said}");
    }
}
