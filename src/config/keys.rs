//! Every key that there is.

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    Text,
    Flag,
    Count,
    /// A list of texts; in the environment with commas between.
    Texts,
    /// A text that is never shown; also as `<key>_file`, and as a systemd credential.
    Secret,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: KeyKind,
    /// The default as the file would have it, without quotes; empty where there is none.
    pub(super) default: &'static str,
    /// What the reference and the schema say of it: shape, unit, what it is for.
    pub(super) about: &'static str,
}

const fn key(name: &'static str, kind: KeyKind, default: &'static str, about: &'static str) -> Key {
    Key { name, kind, default, about }
}

/// A section's name and its keys.
pub(super) type Section = (&'static str, &'static [Key]);

pub(super) const SECTIONS: &[Section] = &[
    (
        "home",
        &[
            key(
                "timezone",
                KeyKind::Text,
                "Asia/Shanghai",
                "The home's IANA time zone; days, weeks and months begin by it.",
            ),
            key(
                "currency",
                KeyKind::Text,
                "CNY",
                "The ISO 4217 code of the currency that the books are kept in.",
            ),
            key("language", KeyKind::Text, "zh-CN", "The home's language: `zh-CN` or `en`."),
            key(
                "state_dir",
                KeyKind::Text,
                "",
                "The folder of the books and of what the hub keeps. Else \
             `$XDG_STATE_HOME/homepay`, or `~/.local/state/homepay`.",
            ),
            key(
                "household",
                KeyKind::Text,
                "",
                "A household file, put in force once, when the books are new.",
            ),
            key(
                "profiles",
                KeyKind::Text,
                "/etc/homepay/devices",
                "The folder of the owner's own device profiles.",
            ),
            key(
                "channels",
                KeyKind::Text,
                "/etc/homepay/channels",
                "The folder of the owner's own channels for `[[notify]]`.",
            ),
        ],
    ),
    (
        "rules",
        &[
            key("confirm_within", KeyKind::Text, "60s", "How long a speaker waits for the number."),
            key(
                "approve_within",
                KeyKind::Text,
                "10m",
                "How long an owner has to approve, where the limit does not say.",
            ),
            key(
                "gives_up_after",
                KeyKind::Text,
                "15m",
                "After how long a payment in doubt is undone.",
            ),
            key("hold_for", KeyKind::Text, "6d", "How long a wallet's hold waits for fulfilment."),
            key(
                "bill_lead_days",
                KeyKind::Count,
                "3",
                "How many days before it is due a bill is paid, 0 to 28.",
            ),
            key(
                "quiet_hours",
                KeyKind::Text,
                "",
                "When speakers say only what somebody waits for, such as `22:00-07:00`.",
            ),
            key(
                "tier_ahead",
                KeyKind::Text,
                "7d",
                "How long before a dearer tier begins to warn of it.",
            ),
            key(
                "wallet_low",
                KeyKind::Text,
                "",
                "Warn when the wallet holds less than this amount, decimal text. Without it \
             the balance is not asked for.",
            ),
        ],
    ),
    (
        "mqtt",
        &[
            key(
                "url",
                KeyKind::Text,
                "embedded",
                "`embedded`, or a broker: `mqtt://host:1883`, `mqtts://host:8883`.",
            ),
            key(
                "listen",
                KeyKind::Text,
                "127.0.0.1:1883",
                "Address and port of the embedded broker.",
            ),
            key(
                "tls_listen",
                KeyKind::Text,
                "",
                "Address and port of the embedded broker for TLS; needs `cert_file` and \
             `key_file`.",
            ),
            key("base", KeyKind::Text, "homepay", "What all topics of the hub begin with."),
            key("username", KeyKind::Text, "", "The hub's user at the broker."),
            key("password", KeyKind::Secret, "", "The hub's password at the broker."),
            key("password_file", KeyKind::Text, "", "A file with the password."),
            key(
                "ca_file",
                KeyKind::Text,
                "",
                "Certificates that the broker's is checked against, PEM.",
            ),
            key(
                "cert_file",
                KeyKind::Text,
                "",
                "The hub's certificate, PEM; together with `key_file`.",
            ),
            key("key_file", KeyKind::Text, "", "The private key of that certificate, PEM."),
            key(
                "client_id",
                KeyKind::Text,
                "",
                "The hub's client id at the broker. Else `homepay-hub` with a suffix that is \
             kept in `state_dir`.",
            ),
        ],
    ),
    (
        "store",
        &[key(
            "url",
            KeyKind::Text,
            "sqlite:homepay.db",
            "The books: a SQLite file, relative to `state_dir`.",
        )],
    ),
    (
        "wallet",
        &[
            key(
                "kind",
                KeyKind::Text,
                "sandbox",
                "`sandbox`, which moves no money, or `homepay` for a wallet that speaks \
             homepay-wallet-v1.",
            ),
            key(
                "url",
                KeyKind::Text,
                "",
                "Where the wallet is: `https://wallet.example`. Only for `homepay`.",
            ),
            key(
                "account",
                KeyKind::Text,
                "home-1",
                "The account at the wallet. `homepay` needs it.",
            ),
            key(
                "key_id",
                KeyKind::Text,
                "",
                "The id of the two keys at the wallet. Only for `homepay`.",
            ),
            key(
                "request_key",
                KeyKind::Secret,
                "",
                "The key that signs requests: `base64:` text of 32 bytes.",
            ),
            key("request_key_file", KeyKind::Text, "", "A file with the request key."),
            key(
                "response_key",
                KeyKind::Secret,
                "",
                "The key that the wallet's responses are signed with: `base64:` text of 32 \
             bytes.",
            ),
            key("response_key_file", KeyKind::Text, "", "A file with the response key."),
            key(
                "balance",
                KeyKind::Text,
                "500.00",
                "What the sandbox wallet holds when it is new, decimal text.",
            ),
            key(
                "admin",
                KeyKind::Text,
                "",
                "Address and port of the sandbox's admin listener (faults, credit; unsigned). \
             Loopback only; off unless written.",
            ),
        ],
    ),
    (
        "console",
        &[
            key(
                "listen",
                KeyKind::Text,
                "127.0.0.1:8420",
                "Address and port of the owner's pages, `/healthz`, `/readyz` and `/metrics`.",
            ),
            key(
                "network_listen",
                KeyKind::Text,
                "0.0.0.0:8421",
                "Address and port for the home's network, after `homepay console open`: TLS, and without it \
             only `/trust`, which leads a phone there.",
            ),
            key(
                "cert_file",
                KeyKind::Text,
                "",
                "A certificate of the owner's for that, as PEM with its chain; read anew when it changes. \
             Without one the home has an authority of its own.",
            ),
            key("key_file", KeyKind::Text, "", "The certificate's key, as PEM."),
            key(
                "plain_http",
                KeyKind::Flag,
                "false",
                "Show the pages without TLS to other machines, too: only behind a proxy that has it.",
            ),
            key(
                "names",
                KeyKind::Texts,
                "",
                "Other names that the listener may be asked by; to any other it answers 421.",
            ),
            key(
                "url",
                KeyKind::Text,
                "",
                "What links in messages begin with, such as `https://homepay.local:8420`. Else the \
             first of `names`, or where it listens.",
            ),
        ],
    ),
    (
        "homeassistant",
        &[
            key(
                "enabled",
                KeyKind::Flag,
                "true",
                "Announce devices and limits to Home Assistant by MQTT discovery.",
            ),
            key(
                "discovery_prefix",
                KeyKind::Text,
                "homeassistant",
                "What the topics of the discovery begin with.",
            ),
        ],
    ),
    (
        "log",
        &[
            key("level", KeyKind::Text, "info", "`error`, `warn`, `info`, `debug` or `trace`."),
            key("format", KeyKind::Text, "text", "`text` or `json`."),
        ],
    ),
];

/// What every variable of ours in the environment begins with.
pub(super) const ENV_PREFIX: &str = "HOMEPAY__";

/// The variable of a key.
pub(super) fn variable(section: &str, key: &str) -> String {
    format!("{ENV_PREFIX}{}__{}", section.to_uppercase(), key.to_uppercase())
}

/// All keys with their sections.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str, KeyKind)> {
    SECTIONS
        .iter()
        .flat_map(|(section, keys)| keys.iter().map(move |key| (*section, key.name, key.kind)))
}
