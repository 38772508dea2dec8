//! The machine's clock leaps under the real daemon; a few lines of C before libc play it.

use super::house::{House, Process, START_WAIT, http, now_s};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const LIMITS: &str = "[[limits]]\nid = \"home-day\"\nscope = { home = true }\n\
    period = \"day\"\namount = \"100.00\"\nconfirm_above = \"50.00\"\n";

const FORTY_YEARS_S: i64 = 40 * 365 * 86_400;

/// A daemon whose wall clock is moved by a file.
struct Clockwork<'a> {
    house: &'a House,
    file: PathBuf,
}

impl<'a> Clockwork<'a> {
    fn new(house: &'a House) -> Clockwork<'a> {
        let file = house.dir.path().join("wall-clock");
        let clockwork = Clockwork { house, file };
        clockwork.set(0);
        clockwork
    }

    /// Puts the wall clock so many seconds ahead of the right time.
    fn set(&self, offset_s: i64) {
        let next = self.file.with_extension("next");
        std::fs::write(&next, offset_s.to_string()).unwrap();
        std::fs::rename(next, &self.file).unwrap();
    }

    fn start(&self) -> Process {
        let library = self.library();
        let environment = self.environment(&library);
        let folder = self.house.dir.path();
        let mut process = Process::start_in(&["run"], folder, "homepay.log", &environment);
        let until = Instant::now() + START_WAIT;
        while http(self.house.console, "GET", "/readyz", "").is_none_or(|(s, _)| s != 200) {
            let ended = process.0.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < until, "{}", self.house.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        process
    }

    /// What moves a process's wall clock.
    fn environment<'b>(&'b self, library: &'b Path) -> [(&'static str, &'b Path); 2] {
        [("LD_PRELOAD", library), ("TEST_WALL_CLOCK", &self.file)]
    }

    fn library(&self) -> PathBuf {
        let library = self.house.dir.path().join("wall_clock.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/serve/wall_clock.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([library.as_os_str(), source.as_ref()])
            .status();
        assert!(built.unwrap().success(), "cc is installed by tests/run");
        library
    }

    fn standing(&self) -> String {
        let (_, status) = self.house.command(&["clock", "status"]);
        status["standing"].as_str().unwrap_or_default().to_owned()
    }

    async fn until(&self, standing: &str) {
        self.until_within(standing, Duration::from_secs(10)).await;
    }

    async fn until_within(&self, standing: &str, within: Duration) {
        let until = Instant::now() + within;
        while self.standing() != standing {
            assert!(Instant::now() < until, "the clock never {standing}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn buy(house: &House, speaker: &mut homepay_sandbox::devices::Signer, id: &str) -> Value {
    let body = json!({"order_id": id, "items": [{"sku": "water", "quantity": "1"}]});
    let signed = speaker.sign("order", &body, now_s(), None);
    speaker.send(&signed).await.unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let about = |r: &Value| r["order_id"] == id && r["status"] != "approved";
        if let Some(reply) = speaker.line.drain().into_iter().find(about) {
            return reply;
        }
        assert!(Instant::now() < until, "{id} is not answered: {}", house.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn spent(house: &House) -> String {
    let (_, limits) = house.command(&["limit", "list"]);
    limits["limits"][0]["spent"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_wrong_years_change_nothing_and_are_told() {
    let house = House::new(None, false, LIMITS);
    let clockwork = Clockwork::new(&house);
    let daemon = clockwork.start();
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    assert_eq!(buy(&house, &mut kitchen, "before-01").await["status"], "settled");
    for offset_s in [FORTY_YEARS_S, 8 * 3_600] {
        clockwork.set(offset_s);
        clockwork.until("ahead").await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let reply = buy(&house, &mut kitchen, &format!("within-{offset_s}")).await;
        assert_eq!(reply["status"], "settled", "the books' own time is right: {reply}");
        let year = &reply["at"].as_str().unwrap()[..4];
        assert!(year.parse::<i32>().unwrap() < 2060, "{reply}");
        clockwork.set(0);
        clockwork.until("agrees").await;
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    assert_eq!(spent(&house), "3.00", "all on one day");
    let (_, alerts) = house.command(&["alert", "list"]);
    let alerts = alerts["alerts"].as_array().unwrap();
    let leapt = alerts.iter().filter(|a| a["kind"] == "clock_leapt").count();
    assert_eq!(leapt, 2, "{alerts:?}");
    // A restart within the same boot is no occasion to believe it, either.
    drop(daemon);
    clockwork.set(FORTY_YEARS_S);
    let _daemon = clockwork.start();
    clockwork.until("ahead").await;
    assert_eq!(spent(&house), "3.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_takes_a_leap_and_takes_it_back() {
    let house = House::new(None, false, LIMITS);
    let clockwork = Clockwork::new(&house);
    let _daemon = clockwork.start();
    let mut kitchen = house.speaker("kitchen", now_s()).await;
    assert_eq!(buy(&house, &mut kitchen, "before-01").await["status"], "settled");
    let (code, said) = house.command(&["clock", "accept"]);
    assert_eq!(code, 1, "there is nothing to accept: {said}");
    clockwork.set(3 * 86_400);
    clockwork.until("ahead").await;
    assert_eq!(house.command(&["clock", "accept"]).0, 0);
    clockwork.until("agrees").await;
    assert_eq!(spent(&house), "0.00", "another day");
    // Speakers go by the right time: they are told why nothing is bought, once the machine's clock
    // is right again and the books are not.
    clockwork.set(0);
    clockwork.until("behind").await;
    let held = buy(&house, &mut kitchen, "held-0001").await;
    assert_eq!(held["reason"]["code"], "clock_held", "{held}");
    assert_eq!(house.command(&["clock", "accept"]).0, 1);
    assert_eq!(house.command(&["clock", "accept", "--back"]).0, 0);
    clockwork.until("agrees").await;
    assert_eq!(spent(&house), "1.00", "the windows are those of the right day again");
    assert_eq!(buy(&house, &mut kitchen, "after-001").await["status"], "settled");
    assert_eq!(spent(&house), "2.00");
    let (code, verified) = house.command(&["journal", "verify"]);
    assert_eq!(code, 0, "{verified}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_devices_that_sign_are_believed() {
    let house = House::new(None, false, LIMITS);
    let clockwork = Clockwork::new(&house);
    let _daemon = clockwork.start();
    clockwork.set(8 * 3_600);
    clockwork.until("ahead").await;
    let later_s = now_s() + 8 * 3_600;
    for id in ["kitchen", "kids"] {
        assert_eq!(clockwork.standing(), "ahead", "one device is no witness");
        let mut speaker = house.speaker(id, later_s).await;
        let order = format!("witness-{id}");
        let body = json!({"order_id": order, "items": [{"sku": "water", "quantity": "1"}]});
        let signed = speaker.sign("order", &body, later_s, None);
        speaker.send(&signed).await.unwrap();
        tokio::time::sleep(Duration::from_secs(3)).await;
        let replies = speaker.line.drain();
        assert_eq!(replies[0]["reason"]["code"], "clock_held", "{replies:?}");
    }
    clockwork.until("agrees").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wallet_that_signs_at_the_time_that_is_shown_is_believed() {
    let house = House::new(None, true, LIMITS);
    let clockwork = Clockwork::new(&house);
    let right = house.start_wallet();
    let _daemon = clockwork.start();
    clockwork.set(3 * 86_400);
    clockwork.until("ahead").await;
    // This wallet has the right time: it is asked, and does not agree.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(clockwork.standing(), "ahead", "{}", house.log());
    drop(right);
    let library = clockwork.library();
    let _wallet = house.start_wallet_in(&clockwork.environment(&library));
    // The wallet is asked once in fifteen seconds.
    clockwork.until_within("agrees", Duration::from_secs(30)).await;
    let (_, journal) = house.command(&["journal", "show"]);
    assert!(journal.to_string().contains("\"witness\":{\"by\":\"wallet\"}"), "{journal}");
}
