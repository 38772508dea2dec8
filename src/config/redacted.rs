//! Settings for others to read: every key as it holds, no secret.

use super::notify_section::{GivenKey, NoticeText, NotifySettings};
use super::{BrokerAt, LogFormat, Settings, WalletSettings};
use homepay_domain::notice::NOTICE_TOPICS;
use homepay_files::household::write::quoted;
use homepay_text::span;
use std::fmt::{Display, Write};
use std::path::PathBuf;

/// What stands for a secret.
const SET: &str = "(set)";

/// A section with its lines, as they are gathered.
struct RedactedText(String);

impl RedactedText {
    fn section(&mut self, name: &str) -> &mut RedactedText {
        let gap = if self.0.is_empty() { "" } else { "\n" };
        let _ = writeln!(self.0, "{gap}[{name}]");
        self
    }

    fn text(&mut self, key: &str, value: impl Display) -> &mut RedactedText {
        let _ = writeln!(self.0, "{key} = {}", quoted(&value.to_string()));
        self
    }

    fn figure(&mut self, key: &str, value: i64) -> &mut RedactedText {
        let _ = writeln!(self.0, "{key} = {value}");
        self
    }

    fn maybe(&mut self, key: &str, value: Option<impl Display>) -> &mut RedactedText {
        if let Some(value) = value {
            self.text(key, value);
        }
        self
    }
}

impl Settings {
    /// The settings as TOML, with `(set)` in the place of secrets.
    pub fn redacted(&self) -> String {
        let mut lines = RedactedText(String::new());
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let home = &self.home;
        lines
            .section("home")
            .text("timezone", &home.timezone)
            .text("currency", home.currency)
            .text("language", home.language.tag())
            .text("state_dir", home.state_dir.display())
            .maybe("household", path(&home.household))
            .text("profiles", home.profiles.display())
            .text("channels", home.channels.display());
        let rules = self.rules;
        lines
            .section("rules")
            .text("confirm_within", span::text(rules.confirm_within_s))
            .text("approve_within", span::text(rules.approve_within_s))
            .text("gives_up_after", span::text(rules.gives_up_after_s))
            .text("hold_for", span::text(rules.hold_for_s))
            .figure("bill_lead_days", rules.bill_lead_days)
            .maybe("quiet_hours", rules.quiet)
            .text("tier_ahead", span::text(rules.tier_ahead_s))
            .maybe("wallet_low", rules.wallet_low.map(|low| self.home.currency.text(low)));
        let mqtt = &self.mqtt;
        lines
            .section("mqtt")
            .text("url", &mqtt.broker)
            .text("listen", mqtt.listen)
            .maybe("tls_listen", mqtt.tls_listen)
            .text("base", &mqtt.base)
            .maybe("username", mqtt.username.as_ref())
            .maybe("password", mqtt.password.as_ref().map(|_| SET))
            .maybe("ca_file", path(&mqtt.ca_file))
            .maybe("cert_file", path(&mqtt.cert_file))
            .maybe("key_file", path(&mqtt.key_file))
            .maybe("client_id", mqtt.client_id.as_ref());
        lines.section("store").text("url", format_args!("sqlite:{}", self.store.path.display()));
        self.redacted_wallet(lines.section("wallet"));
        let console = &self.console;
        lines
            .section("console")
            .text("listen", console.listen)
            .text("network_listen", console.network_listen)
            .maybe("cert_file", path(&console.cert_file))
            .maybe("key_file", path(&console.key_file));
        let _ = writeln!(lines.0, "plain_http = {}", console.plain_http);
        let names: Vec<String> = self.console.names.iter().map(|name| quoted(name)).collect();
        if !names.is_empty() {
            let _ = writeln!(lines.0, "names = [{}]", names.join(", "));
        }
        lines.maybe("url", self.console.url.as_ref());
        lines.section("homeassistant");
        let _ = writeln!(lines.0, "enabled = {}", self.homeassistant.enabled);
        lines.text("discovery_prefix", &self.homeassistant.discovery_prefix);
        for entry in &self.notify {
            redacted_entry(&mut lines, entry);
        }
        let format = match self.log.format {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        lines.section("log").text("level", self.log.level.as_str()).text("format", format);
        lines.0
    }

    fn redacted_wallet(&self, lines: &mut RedactedText) {
        match &self.wallet {
            WalletSettings::Sandbox { account, balance, admin } => {
                let balance = self.home.currency.text(*balance);
                lines.text("kind", "sandbox").text("account", account).text("balance", balance);
                lines.maybe("admin", admin.as_ref());
            }
            WalletSettings::Homepay { url, account, key_id, request_key: _, response_key: _ } => {
                lines
                    .text("kind", "homepay")
                    .text("url", url)
                    .text("account", account)
                    .text("key_id", key_id)
                    .text("request_key", SET)
                    .text("response_key", SET);
            }
        }
    }
}

fn redacted_entry(lines: &mut RedactedText, entry: &NotifySettings) {
    let route = &entry.route;
    let _ = writeln!(lines.0, "\n[[notify]]");
    lines.text("id", &route.id).text("channel", &route.channel);
    lines.maybe("member", route.member.as_ref());
    let words = NOTICE_TOPICS.iter().filter(|(_, topic)| route.what.contains(topic));
    let words: Vec<String> = words.map(|(word, _)| quoted(word)).collect();
    let _ = writeln!(lines.0, "what = [{}]", words.join(", "));
    lines.text("severity", route.severity.word());
    lines.maybe("quiet_hours", route.quiet);
    lines.maybe("escalate_after", route.escalate_after_s.map(span::text));
    lines.maybe("language", entry.language.map(|lang| lang.tag()));
    if entry.text == NoticeText::Short {
        lines.text("text", "short");
    }
    for (name, key) in &entry.keys {
        match key {
            GivenKey::Plain(text) => lines.text(name, text),
            GivenKey::Secret(_) => lines.text(name, SET),
        };
    }
}

impl Display for BrokerAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BrokerAt::Embedded => f.write_str("embedded"),
            BrokerAt::Remote { host, port, tls } => {
                let scheme = if *tls { "mqtts" } else { "mqtt" };
                if host.contains(':') {
                    write!(f, "{scheme}://[{host}]:{port}")
                } else {
                    write!(f, "{scheme}://{host}:{port}")
                }
            }
        }
    }
}
