//! Every shipped channel, what it sends, and what its answers mean.

use super::channel::Channel;
use super::registry::{SHIPPED_CHANNELS, channels};
use super::request::ChannelMessage;
use super::signature;
use super::template::FieldValues;
use super::webpush::{BrowserKeys, PushFault, SenderKey, encrypt};
use homepay_domain::alert::Severity;
use homepay_domain::notice::DeliveryOutcome;
use homepay_domain::time::UnixMs;
use homepay_ports::{HttpRequest, HttpResponse, SendFault};
use serde_json::{Value, json};
use std::time::Duration;

const SENT_AT: UnixMs = UnixMs(1_795_852_800_000);

fn message() -> ChannelMessage {
    ChannelMessage {
        id: "mum-phone.o-1.settled-0".to_owned(),
        title: "¥89.70 街角便利店".to_owned(),
        text: "矿泉水 24 瓶 ×3".to_owned(),
        url: "https://homepay.local/orders/o-1".to_owned(),
        severity: Severity::Warning,
        at: "2026-11-28T20:00:00+08:00".to_owned(),
    }
}

fn shipped(id: &str) -> Channel {
    channels(&[]).expect("all can be read").remove(id).expect("shipped")
}

fn sent(id: &str, keys: &[(&str, &str)]) -> HttpRequest {
    let keys: FieldValues =
        keys.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    shipped(id).request(&keys, &message(), SENT_AT)
}

fn body(request: &HttpRequest) -> Value {
    serde_json::from_slice(&request.body).expect("JSON")
}

#[test]
fn every_shipped_channel_can_be_read_and_is_called_as_its_file() {
    assert_eq!(SHIPPED_CHANNELS.len(), 11);
    for (id, text) in SHIPPED_CHANNELS {
        let channel = Channel::read(id, text).unwrap_or_else(|found| panic!("{id}: {found:?}"));
        assert_eq!(channel.id, *id);
        assert!(channel.source.is_some(), "{id} says where its interface is described");
        let secrets = channel.keys.iter().filter(|key| key.is_secret).count();
        assert!(secrets > 0, "{id} has a key that is not shown");
    }
}

#[test]
fn a_message_is_written_as_the_service_wants_it() {
    let request = sent("ntfy", &[("topic", "home-x")]);
    assert_eq!(request.target, "https://ntfy.sh");
    assert_eq!(
        body(&request),
        json!({"topic": "home-x", "title": "¥89.70 街角便利店", "message": "矿泉水 24 瓶 ×3",
            "priority": 4, "click": "https://homepay.local/orders/o-1"})
    );
    assert!(request.headers.iter().all(|(name, _)| name != "authorization"), "no token was given");
    let request = sent("ntfy", &[("server", "http://ntfy.lan/"), ("topic", "t"), ("token", "tk")]);
    assert_eq!(request.target, "http://ntfy.lan");
    assert!(request.headers.contains(&("authorization".to_owned(), "Bearer tk".to_owned())));

    let request = sent("telegram", &[("token", "123:ab/c"), ("chat", "-42")]);
    assert_eq!(request.target, "https://api.telegram.org/bot123:ab%2Fc/sendMessage");
    assert_eq!(body(&request)["chat_id"], "-42");

    let request = sent("serverchan", &[("sendkey", "SCT1")]);
    assert_eq!(request.target, "https://sctapi.ftqq.com/SCT1.send");
    let form: FieldValues = url::form_urlencoded::parse(&request.body).into_owned().collect();
    assert_eq!(form["title"], "¥89.70 街角便利店");
    assert_eq!(form["desp"], "矿泉水 24 瓶 ×3\n\nhttps://homepay.local/orders/o-1");
}

#[test]
fn robots_and_webhooks_are_signed_as_they_are_described() {
    // Each computed outside, with openssl: `printf … | openssl dgst -sha256 -hmac … -binary | base64`.
    assert_eq!(
        signature::dingtalk("SECabc", 1_795_852_800_000),
        "lYHS4JUdJJ7MVIOppmbZLwavr4KRA9vHtmsNEhfHQ9Q="
    );
    assert_eq!(
        signature::feishu("demo", 1_599_360_473),
        "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="
    );
    assert_eq!(
        signature::standard_webhooks(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        ),
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "the example of the specification"
    );
    let request = sent("dingtalk", &[("token", "tok"), ("secret", "SECabc")]);
    let (plain, signed) = request.target.split_once('&').expect("signed");
    assert_eq!(plain, "https://oapi.dingtalk.com/robot/send?access_token=tok");
    assert!(signed.starts_with("timestamp=1795852800000&sign="), "{signed}");
    assert!(!sent("dingtalk", &[("token", "tok")]).target.contains("sign="));
    let signed = body(&sent("feishu", &[("hook", "h"), ("secret", "demo")]));
    assert_eq!(signed["timestamp"], "1795852800");
    let request = sent("webhook", &[("server", "https://e.org/h"), ("secret", "s")]);
    let header = |name: &str| request.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v);
    assert_eq!(header("webhook-id").expect("an id"), "mum-phone.o-1.settled-0");
    let code = signature::standard_webhooks("s", &message().id, SENT_AT.seconds(), &request.body);
    assert_eq!(header("webhook-signature"), Some(&code));
}

fn answer(status: u16, body: &str) -> Result<HttpResponse, SendFault> {
    let headers = vec![("retry-after".to_owned(), "17".to_owned())];
    Ok(HttpResponse { status, headers, body: body.as_bytes().to_vec() })
}

#[test]
fn only_what_the_file_calls_taken_counts_as_delivered() {
    let refused = |why: &str| DeliveryOutcome::Refused { why: why.to_owned() };
    let later = |why: &str, after_s| DeliveryOutcome::Later { why: why.to_owned(), after_s };
    for (id, answered, want) in [
        ("ntfy", answer(200, "{}"), DeliveryOutcome::Accepted),
        ("ntfy", answer(429, ""), later("status 429", Some(17))),
        ("ntfy", answer(503, "<html>"), later("status 503", Some(17))),
        ("ntfy", answer(403, r#"{"error":"forbidden"}"#), refused("status 403: forbidden")),
        ("ntfy", answer(302, ""), refused("status 302")),
        ("wecom", answer(200, r#"{"errcode":0,"errmsg":"ok"}"#), DeliveryOutcome::Accepted),
        (
            "wecom",
            answer(200, r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#),
            refused("errcode 93000: invalid webhook url"),
        ),
        (
            "wecom",
            answer(200, r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#),
            later("errcode 45009: api freq out of limit", None),
        ),
        ("wecom", answer(200, "garbled"), later("answered with something that is not JSON", None)),
        ("wecom", answer(200, "{}"), later("answered without errcode", None)),
        ("telegram", answer(200, r#"{"ok":true}"#), DeliveryOutcome::Accepted),
        (
            "telegram",
            answer(400, r#"{"ok":false,"description":"chat not found"}"#),
            refused("status 400: chat not found"),
        ),
        ("bark", answer(200, r#"{"code":400,"message":"no key"}"#), refused("code 400: no key")),
        (
            "gotify",
            Err(SendFault::TimedOut(Duration::from_secs(10))),
            later("no answer within 10s", None),
        ),
    ] {
        assert_eq!(shipped(id).verdict(&answered), want, "{id} {answered:?}");
    }
}

#[test]
fn mistakes_in_a_file_are_told_with_their_lines() {
    let text = "id = \"x\"\nname = \"X\"\nask = [{ key = \"what\" }]\n[request]\nurl = \"ftp://x\"\n\
                json = { a = \"{titel}\", b = 1.5 }\nsing = \"dingtalk\"\n[taken_if]\npath = \"ok\"\n";
    let found = Channel::read("own.toml", text).expect_err("mistakes");
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    for (line, words) in [
        (3, "\"what\" has a meaning of its own"),
        (5, "url begins with https://"),
        (6, "there is no field {titel}; did you mean \"title\"?"),
        (6, "is a text, a whole number"),
        (7, "[request] has no \"sing\"; did you mean \"sign\"?"),
        (8, "is is missing"),
    ] {
        let place = format!("own.toml:{line}: ");
        let is_told = |said: &&String| said.starts_with(&place) && said.contains(words);
        assert!(told.iter().any(|said| is_told(&said)), "{line} {words}: {told:#?}");
    }
    let own = [("own/ntfy.toml".to_owned(), text.to_owned())];
    assert!(channels(&own).is_err());
}

#[test]
fn web_push_takes_keys_of_browsers_only_and_never_writes_the_same_twice() {
    assert_eq!(BrowserKeys::parse("AAAA", "AAAA"), Err(PushFault::Keys));
    let pair = SenderKey::read(&SenderKey::generate().expect("a key")).expect("the same key");
    // Any point of the curve does for a browser's key.
    let browser = BrowserKeys::parse(&pair.public(), "AAAAAAAAAAAAAAAAAAAAAA").expect("keys");
    let (one, other) = (encrypt(&browser, b"hello"), encrypt(&browser, b"hello"));
    assert_ne!(one, other);
    assert_eq!(one.expect("encrypted").len(), 16 + 4 + 1 + 65 + 5 + 1 + 16);
    assert_eq!(encrypt(&browser, &[0; 4_000]), Err(PushFault::TooLong));
    let header = pair.authorization("https://push.example", "mailto:a@b.example", SENT_AT);
    let header = header.expect("signed");
    assert!(header.starts_with("vapid t=") && !header.contains(", "), "{header}");
}
