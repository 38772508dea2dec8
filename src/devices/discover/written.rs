//! What was found, as household TOML.

use super::Discovery;
use std::fmt::Write;

/// The proposals as household TOML, ready to paste; questions as remarks behind them.
pub fn toml(found: &Discovery) -> String {
    let mut text = String::new();
    let text_of = |value: &str| toml::Value::String(value.to_owned()).to_string();
    let remark = |text: &str| text.replace(['\n', '\r'], " ");
    for proposal in &found.devices {
        let measures = match proposal.measures.as_slice() {
            [] => "it does not say what it measures".to_owned(),
            some => some.join(", "),
        };
        let _ = writeln!(text, "# {}: {}", proposal.found_by, remark(&measures));
        if let Some(note) = &proposal.note {
            let _ = writeln!(text, "# {}", remark(note));
        }
        let _ = writeln!(text, "[[devices]]\nid = {}", text_of(&proposal.id));
        let _ = writeln!(text, "kind = {}", text_of(proposal.kind));
        let _ = writeln!(text, "name = {}", text_of(&proposal.name));
        let _ = writeln!(text, "profile = {}", text_of(proposal.profile));
        let _ = writeln!(text, "topic = {}", text_of(&proposal.topic));
        if let Some(model) = &proposal.model {
            let _ = writeln!(text, "model = {}", text_of(model));
        }
        if let Some(channel) = &proposal.channel {
            let _ = writeln!(text, "channel = {}", text_of(channel));
        }
        if let Some(watts) = proposal.max_power_w {
            let _ = writeln!(text, "max_power_w = {watts}  # write more where it can draw more");
        }
        text.push('\n');
    }
    for question in &found.questions {
        let (topic, name) = (remark(&question.topic), remark(&question.name));
        let _ = writeln!(text, "# ? {topic} ({name}): {}", remark(&question.why));
    }
    text
}
