//! The house of the demo, and its devices.

use super::Telling;
use crate::app::{AppPlan, BrokerPlan, Running, WalletPlan, start};
use anyhow::{Context, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use homepay_domain::household::{Home, Household, Rules};
use homepay_domain::money::{Currency, Minor};
use homepay_files::household::read_household;
use homepay_io::http::client;
use homepay_io::system_clock::SystemClock;
use homepay_ports::Clock;
use homepay_sandbox::devices::{DeviceClient, Signer};
use homepay_text::clip::clip;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The base topic of the demo.
const DEMO_BASE: &str = "homepay";

/// What is in the sandbox wallet.
const DEMO_BALANCE: Minor = Minor(100_000);

/// How long the demo waits between two things of its daily life, in milliseconds.
const LIFE_MS: u64 = 2_500;

/// How long the sandbox wallet may take to be told of a fault.
const FAULT_WAIT: Duration = Duration::from_secs(5);

/// The house at work, with everybody in it.
pub struct DemoStage {
    pub running: Running,
    pub kitchen: Signer,
    pub kids: Signer,
    pub meter: Signer,
    /// The bridge that speaks for the plugs.
    pub plugs: DeviceClient,
    /// An owner who listens.
    pub owner: DeviceClient,
    /// What the car charger's counter shows, in 0.01 kWh.
    pub charger_centi_kwh: u64,
    dir: PathBuf,
    orders: u32,
    run: u32,
}

impl DemoStage {
    /// Builds everything in a fresh folder, on free loopback ports.
    pub async fn build(telling: Telling, stop: CancellationToken) -> anyhow::Result<DemoStage> {
        let run: u32 = rand::random();
        let dir = std::env::temp_dir().join(format!("homepay-demo-{run:08x}"));
        let (household, keys) = household(telling)?;
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let plan = AppPlan {
            network: SocketAddr::from(([127, 0, 0, 1], 0)),
            certificate: None,
            plain_http: false,
            home: home(telling)?,
            base: DEMO_BASE.to_owned(),
            state_dir: dir.clone(),
            store: dir.join("homepay.db"),
            broker: BrokerPlan::Embedded { listen: loopback, tls: None },
            wallet: WalletPlan::Sandbox {
                account: "demo".to_owned(),
                balance: DEMO_BALANCE,
                admin: Some(loopback),
            },
            console: loopback,
            names: Vec::new(),
            links: None,
            notify: Vec::new(),
            discovery: None,
            household: Some(household),
            new_books: false,
        };
        let running = start(plan, stop).await?;
        let broker = running.broker.context("the demo has a broker of its own")?;
        let passwords = passwords(&running)?;
        let open = |user: &str, filters: Vec<String>| {
            let password = passwords.get(user).cloned().unwrap_or_default();
            let user = user.to_owned();
            async move { DeviceClient::open(broker, (&user, &password), &filters).await }
        };
        let now_s = SystemClock.now().seconds();
        let signer = |line: DeviceClient, id: &str| {
            let key = keys.get(id).cloned().unwrap_or_default();
            Signer::new(line, DEMO_BASE, id, key, now_s)
        };
        let own = |id: &str| vec![format!("{DEMO_BASE}/device/{id}/reply")];
        Ok(DemoStage {
            kitchen: signer(
                open("kitchen-speaker", own("kitchen-speaker")).await?,
                "kitchen-speaker",
            ),
            kids: signer(open("kids-speaker", own("kids-speaker")).await?, "kids-speaker"),
            meter: signer(open("main-meter", Vec::new()).await?, "main-meter"),
            plugs: open("zigbee2mqtt", Vec::new()).await?,
            owner: open("owner", vec![format!("{DEMO_BASE}/alert"), format!("{DEMO_BASE}/order")])
                .await?,
            running,
            charger_centi_kwh: 12_000,
            dir,
            orders: 0,
            run,
        })
    }

    /// Says what there is.
    pub fn introduce(&self, telling: Telling) {
        let broker = self.running.broker.map_or(String::new(), |b| b.to_string());
        telling.say(
            "⌂",
            &format!("两个音箱、三个插座、一块电表；代理 mqtt://{broker}，沙盒钱包 1000.00 元"),
            &format!(
                "two speakers, three plugs, a meter; broker mqtt://{broker}, sandbox wallet \
                 1000.00 CNY"
            ),
        );
        telling.say(
            "⌂",
            &format!("健康状况 http://{}/readyz", self.running.console),
            &format!("health at http://{}/readyz", self.running.console),
        );
        let (console, code) = (self.running.console, self.running.setup_code.as_deref());
        let code = code.unwrap_or_default();
        telling.say(
            "⌂",
            &format!("在浏览器里看：http://{console}/setup#{code}"),
            &format!("look at it in a browser: http://{console}/setup#{code}"),
        );
    }

    /// An order id that was never used.
    pub fn order_id(&mut self) -> String {
        self.orders += 1;
        format!("demo-{:08x}-{}", self.run, self.orders)
    }

    /// Switches a fault of the sandbox wallet on, or all of them off.
    pub async fn wallet_fault(&self, fault: &Value) -> anyhow::Result<()> {
        let admin =
            self.running.wallet_admin.context("the sandbox wallet has an admin listener")?;
        let request = client(false, FAULT_WAIT)?
            .post(format!("http://{admin}/faults"))
            .header("content-type", "application/json")
            .body(fault.to_string());
        let response = request.send().await?;
        let status = response.status();
        let body = response.bytes().await?;
        if !status.is_success() {
            bail!(
                "the sandbox wallet refuses the fault: {}",
                clip(&String::from_utf8_lossy(&body))
            );
        }
        Ok(())
    }

    /// The car charger's plug reports: its counter rose by some hundredths of a kWh.
    pub async fn charge(&mut self, centi_kwh: u64) -> anyhow::Result<()> {
        self.charger_centi_kwh += centi_kwh;
        let (whole, rest) = (self.charger_centi_kwh / 100, self.charger_centi_kwh % 100);
        let payload = format!("{{\"energy\":{whole}.{rest:02},\"power\":21000,\"state\":\"ON\"}}");
        self.plugs.publish("zigbee2mqtt/car-charger", payload.into_bytes()).await
    }

    /// What happens in a home on any day, until it is told to stop.
    pub async fn live_on(&mut self, seed: u64, telling: Telling, stop: &CancellationToken) {
        let mut chance = StdRng::seed_from_u64(seed);
        let things = ["买一盒牛奶", "buy a milk", "买一箱矿泉水", "buy two boxes of water"];
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_millis(LIFE_MS)) => {}
            }
            let thing = things[chance.random_range(0..things.len())];
            let id = self.order_id();
            let body = json!({"order_id": id, "text": thing});
            let now_s = SystemClock.now().seconds();
            let speaker = if chance.random_bool(0.5) { &mut self.kitchen } else { &mut self.kids };
            let signed = speaker.sign("order", &body, now_s, None);
            if speaker.send(&signed).await.is_err() {
                return;
            }
            telling.say("🗣", thing, thing);
            if let Ok((reply, _)) = speaker.reply(&id).await {
                let said = reply["say"].as_str().unwrap_or_default();
                telling.say("🔊", said, said);
            }
            if self.charge(chance.random_range(1..20)).await.is_err() {
                return;
            }
        }
    }

    /// Ends the house and removes its folder.
    pub async fn close(self) -> anyhow::Result<()> {
        let DemoStage { running, dir, .. } = self;
        running.stop();
        running.ended().await?;
        // The folder is a temporary one: what cannot be removed now goes with the machine.
        let _ = std::fs::remove_dir_all(dir);
        Ok(())
    }
}

fn home(telling: Telling) -> anyhow::Result<Home> {
    Ok(Home {
        zone: jiff::tz::TimeZone::get("Asia/Shanghai")?,
        currency: Currency::from_code("CNY")?,
        lang: telling.lang,
        rules: Rules::default(),
    })
}

type Keys = BTreeMap<String, Vec<u8>>;

/// The household with fresh keys.
fn household(telling: Telling) -> anyhow::Result<(Household, Keys)> {
    let mut text = String::new();
    let mut keys = Keys::new();
    let mut device = String::new();
    for line in include_str!("household.toml").lines() {
        if let Some(id) = line.strip_prefix("id = ") {
            device = id.trim_matches('"').to_owned();
        }
        if line.contains("\"KEY\"") {
            let key: [u8; 32] = rand::random();
            let secret = format!("\"base64:{}\"", BASE64_STANDARD.encode(key));
            text.push_str(&line.replace("\"KEY\"", &secret));
            keys.insert(device.clone(), key.to_vec());
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    let none = |_: &str| Err("the demo's household names no files".to_owned());
    let household = read_household(&text, "demo/household.toml", &home(telling)?, &none)
        .map_err(|problems| anyhow::anyhow!("{}", problems[0]))?;
    Ok((household, keys))
}

fn passwords(running: &Running) -> anyhow::Result<BTreeMap<String, String>> {
    let file = running.users.as_ref().context("the embedded broker has users")?;
    let text = std::fs::read_to_string(file)?;
    Ok(text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .map(|(user, password)| (user.to_owned(), password.to_owned()))
        .collect())
}
