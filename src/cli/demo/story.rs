//! The script: what happens, and what must come of it.

use super::Telling;
use super::stage::DemoStage;
use anyhow::{Context, ensure};
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::OwnerCommand;
use homepay_domain::household::Lang;
use homepay_domain::ids::OrderId;
use homepay_io::system_clock::SystemClock;
use homepay_ports::Clock;
use homepay_sandbox::devices::Signer;
use homepay_store::sqlite::reader::Reader;
use homepay_store::sqlite::verify::verify;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct DemoStep {
    pub number: u32,
    zh: &'static str,
    en: &'static str,
    scene: Scene,
}

#[derive(Clone, Copy, Debug)]
enum Scene {
    Settled,
    DayLimit,
    Confirmed,
    Approved,
    Outage,
    Replay,
    Alert,
    Refund,
    Verified,
}

/// The scenes, in order.
pub fn steps() -> Vec<DemoStep> {
    let scenes = [
        (Scene::Settled, "一句话下单，付清", "An order in one sentence, paid"),
        (
            Scene::DayLimit,
            "超过当天额度，拒绝并说明还剩多少",
            "Over the day's limit: refused, and what is left",
        ),
        (Scene::Confirmed, "念出数字才付款", "Paid only after the number was said"),
        (Scene::Approved, "金额大，发给主人同意", "A large one: sent to the owner, who approves"),
        (
            Scene::Outage,
            "钱包断线，恢复后付清，只付一次",
            "The wallet is down, comes back, is paid once",
        ),
        (Scene::Replay, "重放的请求被拒绝", "A replay is refused"),
        (Scene::Alert, "充电桩用到预算的 80%", "The car charger reaches 80 % of its budget"),
        (Scene::Refund, "主人退款", "The owner refunds"),
        (Scene::Verified, "账本核对无误", "The journal is verified"),
    ];
    let step = |(index, (scene, zh, en))| DemoStep { number: index, zh, en, scene };
    (1_u32..).zip(scenes).map(step).collect()
}

impl DemoStep {
    pub fn title(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::ZhCn => self.zh,
            Lang::En => self.en,
        }
    }

    /// Plays it; an error says how it left the script.
    pub async fn play(&self, stage: &mut DemoStage, telling: Telling) -> anyhow::Result<()> {
        match self.scene {
            Scene::Settled => settled(stage, telling).await,
            Scene::DayLimit => day_limit(stage, telling).await,
            Scene::Confirmed => confirmed(stage, telling).await,
            Scene::Approved => approved(stage, telling).await,
            Scene::Outage => outage(stage, telling).await,
            Scene::Replay => replay(stage, telling).await,
            Scene::Alert => alert(stage, telling).await,
            Scene::Refund => refund(stage, telling).await,
            Scene::Verified => verified(stage, telling).await,
        }
    }
}

/// A sentence in the language that is told in.
fn words(telling: Telling, zh: &'static str, en: &'static str) -> &'static str {
    match telling.lang {
        Lang::ZhCn => zh,
        Lang::En => en,
    }
}

fn now_s() -> i64 {
    SystemClock.now().seconds()
}

async fn ask(
    speaker: &mut Signer,
    id: &str,
    text: &str,
    telling: Telling,
) -> anyhow::Result<Value> {
    telling.say("🗣", text, text);
    let body = json!({"order_id": id, "text": text, "lang": telling.lang.tag()});
    let signed = speaker.sign("order", &body, now_s(), None);
    speaker.send(&signed).await?;
    hear(speaker, id, telling).await
}

async fn hear(speaker: &mut Signer, id: &str, telling: Telling) -> anyhow::Result<Value> {
    let (reply, _) = speaker.reply(id).await?;
    let said = reply["say"].as_str().unwrap_or_default();
    let status = reply["status"].as_str().unwrap_or_default();
    telling.say("🔊", &format!("{said}  [{status}]"), &format!("{said}  [{status}]"));
    Ok(reply)
}

async fn hear_status(
    speaker: &mut Signer,
    id: &str,
    want: &str,
    telling: Telling,
) -> anyhow::Result<Value> {
    let reply = hear(speaker, id, telling).await?;
    is_status(&reply, want)?;
    Ok(reply)
}

fn is_status(reply: &Value, want: &str) -> anyhow::Result<()> {
    ensure!(reply["status"] == want, "{} instead of {want}: {reply}", reply["status"]);
    Ok(())
}

async fn settled(stage: &mut DemoStage, telling: Telling) -> anyhow::Result<()> {
    let id = stage.order_id();
    let text = words(telling, "买一箱矿泉水", "buy a case of water");
    is_status(&ask(&mut stage.kitchen, &id, text, telling).await?, "approved")?;
    hear_status(&mut stage.kitchen, &id, "settled", telling).await?;
    Ok(())
}

async fn day_limit(stage: &mut DemoStage, telling: Telling) -> anyhow::Result<()> {
    let id = stage.order_id();
    let text = words(telling, "买一张点卡", "buy a game card");
    let reply = ask(&mut stage.kids, &id, text, telling).await?;
    is_status(&reply, "declined")?;
    ensure!(reply["reason"]["code"] == "limit_exceeded", "{}", reply["reason"]);
    ensure!(reply["reason"]["left"] == "40.00", "{}", reply["reason"]);
    Ok(())
}

/// Asks for something that needs a number, and says the number.
async fn ask_and_confirm(
    speaker: &mut Signer,
    id: &str,
    text: &str,
    telling: Telling,
) -> anyhow::Result<()> {
    let reply = ask(speaker, id, text, telling).await?;
    is_status(&reply, "confirm")?;
    let number = reply["challenge"]["say"].as_str().context("a number to say")?.to_owned();
    telling.say("🗣", &number, &number);
    let body = json!({"order_id": id, "answer": number});
    let signed = speaker.sign("confirm", &body, now_s(), None);
    speaker.send(&signed).await?;
    Ok(())
}

async fn confirmed(stage: &mut DemoStage, telling: Telling) -> anyhow::Result<()> {
    let id = stage.order_id();
    let text = words(telling, "买三盒牛奶", "buy three milk");
    ask_and_confirm(&mut stage.kitchen, &id, text, telling).await?;
    hear_status(&mut stage.kitchen, &id, "approved", telling).await?;
    hear_status(&mut stage.kitchen, &id, "settled", telling).await?;
    Ok(())
}

async fn approved(stage: &mut DemoStage, telling: Telling) -> anyhow::Result<()> {
    let id = stage.order_id();
    let text = words(telling, "买两袋大米", "buy two bags of rice");
    ask_and_confirm(&mut stage.kitchen, &id, text, telling).await?;
    hear_status(&mut stage.kitchen, &id, "awaiting_approval", telling).await?;
    telling.say("📱", "主人：同意", "owner: approve");
    let told = stage
        .running
        .api
        .wish(homepay_domain::actor::Actor::System, OwnerCommand::Approve(OrderId::from_store(&id)))
        .await?;
    ensure!(matches!(told, CommandOutcome::Done(Some(_))), "{told:?}");
    hear_status(&mut stage.kitchen, &id, "approved", telling).await?;
    hear_status(&mut stage.kitchen, &id, "settled", telling).await?;
    Ok(())
}

async fn outage(stage: &mut DemoStage, telling: Telling) -> anyhow::Result<()> {
    stage.wallet_fault(&json!({"kind": "answer_lost", "times": 1})).await?;
    stage.wallet_fault(&json!({"kind": "down", "times": 3})).await?;
    telling.say(
        "⚡",
        "钱包断线三次，然后付了钱却丢了回答",
        "the wallet is down three times, then pays and loses the answer",
    );
    let id = stage.order_id();
    let text = words(telling, "买一盒牛奶", "buy a milk");
    is_status(&ask(&mut stage.kids, &id, text, telling).await?, "approved")?;
    hear_status(&mut stage.kids, &id, "settled", telling).await?;
    stage.wallet_fault(&json!({})).await?;
    Ok(())
}

async fn replay(stage: &mut DemoStage, telling: Telling) -> anyhow::Result<()> {
    let id = stage.order_id();
    let text = words(telling, "买一盒牛奶", "buy a milk");
    let body = json!({"order_id": id, "text": text, "lang": telling.lang.tag()});
    let signed = stage.kids.sign("order", &body, now_s(), None);
    stage.kids.send(&signed).await?;
    let (first, first_bytes) = stage.kids.reply(&id).await?;
    is_status(&first, "approved")?;
    hear_status(&mut stage.kids, &id, "settled", telling).await?;
    telling.say("📼", "同一段录音再放一遍", "the very same message is played again");
    stage.kids.send(&signed).await?;
    let (_, again) = stage.kids.reply(&id).await?;
    ensure!(again == first_bytes, "the same bytes got another answer");
    telling.say("🔊", "同样的回答，没有再付钱", "the same answer, nothing is paid again");
    telling.say("📼", "用旧编号签一个新订单", "a new order is signed under an old number");
    let other = stage.order_id();
    let body = json!({"order_id": other, "text": text, "lang": telling.lang.tag()});
    let forged = stage.kids.sign("order", &body, now_s(), Some(signed.seq));
    stage.kids.send(&forged).await?;
    let reply = hear_status(&mut stage.kids, &other, "declined", telling).await?;
    ensure!(reply["reason"]["code"] == "replayed", "{}", reply["reason"]);
    Ok(())
}

/// How much the charger's counter rises between two reports, in 0.01 kWh: what 22 kW may in a
/// minute.
const CHARGE_CENTI_KWH: u64 = 40;

/// How many reports it takes to reach 80 % of 2.00 at 0.617 a kWh.
const CHARGES: u32 = 7;

async fn alert(stage: &mut DemoStage, telling: Telling) -> anyhow::Result<()> {
    let body = json!({
        "at": SystemClock.now().rfc3339(&stage.running.api.home.zone),
        "values": [{"quantity": "energy", "unit": "kWh", "value": "8123.4"}],
    });
    let reading = stage.meter.sign("reading", &body, now_s(), None);
    stage.meter.send(&reading).await?;
    for plug in ["washer", "fridge"] {
        let payload = br#"{"energy":12.5,"power":60,"state":"ON"}"#.to_vec();
        stage.plugs.publish(&format!("zigbee2mqtt/{plug}"), payload).await?;
    }
    stage.charge(0).await?;
    for _ in 0..CHARGES {
        tokio::time::sleep(Duration::from_millis(120)).await;
        stage.charge(CHARGE_CENTI_KWH).await?;
    }
    telling.say("🔌", "充电桩充了 2.80 度电", "the car charger took 2.80 kWh");
    let topic = "homepay/alert";
    let wanted = |t: &str, v: &Value| t == topic && v["kind"] == "cost_band" && v["band"] == 80;
    let (alert, _) = stage.owner.next(wanted).await?;
    let said = alert["say"].as_str().unwrap_or_default();
    telling.say("🔔", said, said);
    ensure!(alert["device"] == "car-charger", "{alert}");
    Ok(())
}

async fn refund(stage: &mut DemoStage, telling: Telling) -> anyhow::Result<()> {
    let id = stage.order_id();
    let text = words(telling, "买一箱矿泉水", "buy a case of water");
    is_status(&ask(&mut stage.kitchen, &id, text, telling).await?, "approved")?;
    hear_status(&mut stage.kitchen, &id, "settled", telling).await?;
    telling.say("📱", "主人：退款", "owner: refund");
    let told = stage
        .running
        .api
        .wish(
            homepay_domain::actor::Actor::System,
            OwnerCommand::Refund(OrderId::from_store(&id), None),
        )
        .await?;
    ensure!(matches!(told, CommandOutcome::Done(Some(_))), "{told:?}");
    hear_status(&mut stage.kitchen, &id, "refunded", telling).await?;
    Ok(())
}

async fn verified(stage: &mut DemoStage, telling: Telling) -> anyhow::Result<()> {
    let reader = Reader::snapshot(&stage.running.store).await?;
    let found = verify(&reader).await?;
    reader.close().await;
    ensure!(found.faults.is_empty(), "{:?}", found.faults);
    let head = found.head.get(..16).unwrap_or_default();
    telling.say(
        "📒",
        &format!("{} 条记录，{} 笔订单，链头 {head}…", found.entries, found.orders),
        &format!("{} entries, {} orders, head {head}…", found.entries, found.orders),
    );
    Ok(())
}
