//! Every key that there is.

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Count,
    /// A list of texts; in the environment with commas between.
    Texts,
    /// A text that is never shown; also as `<key>_file`, and as a systemd credential.
    Secret,
}

/// A section's name and its keys.
pub(super) type Section = (&'static str, &'static [(&'static str, Kind)]);

/// All sections.
pub(super) const SECTIONS: &[Section] = &[
    (
        "home",
        &[
            ("timezone", Kind::Text),
            ("currency", Kind::Text),
            ("language", Kind::Text),
            ("state_dir", Kind::Text),
            ("household", Kind::Text),
            ("profiles", Kind::Text),
        ],
    ),
    (
        "rules",
        &[
            ("confirm_within", Kind::Text),
            ("approve_within", Kind::Text),
            ("gives_up_after", Kind::Text),
            ("hold_for", Kind::Text),
            ("bill_lead_days", Kind::Count),
            ("quiet_hours", Kind::Text),
            ("tier_ahead", Kind::Text),
            ("wallet_low", Kind::Text),
        ],
    ),
    (
        "mqtt",
        &[
            ("url", Kind::Text),
            ("listen", Kind::Text),
            ("tls_listen", Kind::Text),
            ("base", Kind::Text),
            ("username", Kind::Text),
            ("password", Kind::Secret),
            ("password_file", Kind::Text),
            ("ca_file", Kind::Text),
            ("cert_file", Kind::Text),
            ("key_file", Kind::Text),
            ("client_id", Kind::Text),
        ],
    ),
    ("store", &[("url", Kind::Text)]),
    (
        "wallet",
        &[
            ("kind", Kind::Text),
            ("url", Kind::Text),
            ("account", Kind::Text),
            ("key_id", Kind::Text),
            ("request_key", Kind::Secret),
            ("request_key_file", Kind::Text),
            ("response_key", Kind::Secret),
            ("response_key_file", Kind::Text),
            ("balance", Kind::Text),
            ("admin", Kind::Text),
        ],
    ),
    ("console", &[("listen", Kind::Text), ("names", Kind::Texts)]),
    ("homeassistant", &[("enabled", Kind::Flag), ("discovery_prefix", Kind::Text)]),
    ("log", &[("level", Kind::Text), ("format", Kind::Text)]),
];

/// What every variable of ours in the environment begins with.
pub(super) const ENV_PREFIX: &str = "HOMEPAY__";

/// The variable of a key.
pub(super) fn variable(section: &str, key: &str) -> String {
    format!("{ENV_PREFIX}{}__{}", section.to_uppercase(), key.to_uppercase())
}

/// All keys with their sections.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str, Kind)> {
    SECTIONS
        .iter()
        .flat_map(|(section, keys)| keys.iter().map(move |(key, kind)| (*section, *key, *kind)))
}
