//! What devices announce, and what is proposed of it.

use super::*;
use crate::registry::registry;
use serde_json::Value;

#[test]
fn announcements_become_devices() {
    let text = include_str!("announced.jsonl");
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        let mut seen = Seen::new();
        for (topic, payload) in case["messages"].as_object().expect("messages") {
            let payload = payload.as_str().map_or_else(|| payload.to_string(), str::to_owned);
            seen.insert(topic.clone(), payload.into_bytes());
        }
        let told: Vec<Value> = propose(&seen)
            .into_iter()
            .map(|p| {
                let mut told = serde_json::json!({"id": p.id, "kind": p.kind, "profile": p.profile,
                    "topic": p.topic, "model": p.model, "measures": p.measures});
                if let Some(channel) = p.channel {
                    told["channel"] = channel.into();
                }
                told
            })
            .collect();
        assert_eq!(Value::Array(told), case["proposals"], "{}", case["about"]);
        let asked = look(&seen).questions.into_iter().map(|q| Value::String(q.topic)).collect();
        let wanted = case.get("questions").cloned().unwrap_or_else(|| Value::Array(Vec::new()));
        assert_eq!(Value::Array(asked), wanted, "{}", case["about"]);
        for proposal in propose(&seen) {
            let profile = registry().get(proposal.profile).expect("a shipped profile");
            assert!(profile.identity(&proposal.topic).is_ok(), "{}", proposal.topic);
        }
    }
}

#[test]
fn proposals_are_toml() {
    let proposal = Proposal {
        id: "a".to_owned(),
        kind: "appliance",
        name: "a \"b\"\n家".to_owned(),
        profile: "tasmota",
        topic: "tele/a/SENSOR".to_owned(),
        channel: Some("2".to_owned()),
        ..Proposal::default()
    };
    let question = OpenQuestion {
        topic: "a/b".to_owned(),
        name: "c\nd".to_owned(),
        why: "nobody said".to_owned(),
    };
    let found = Discovery { devices: vec![proposal], questions: vec![question] };
    let read: toml::Table = toml(&found).parse().expect("TOML");
    assert_eq!(read["devices"][0]["channel"].as_str(), Some("2"));
    assert_eq!(read["devices"][0]["name"].as_str(), Some("a \"b\"\n家"));
}
