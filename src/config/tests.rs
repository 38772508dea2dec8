use super::find::places;
use super::*;
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::path::Path;

/// The configuration of the published interface, with a name where it has an ellipsis.
const CONTRACT_CONFIG: &str = r#"[home]
timezone = "Asia/Shanghai"       # IANA
currency = "CNY"
language = "zh-CN"               # or "en"
state_dir = "/var/lib/homepay"
household = "household.toml"     # applied once, when the store is empty

[mqtt]
url = "embedded"                 # or mqtt://host:1883, mqtts://host:8883
listen = "127.0.0.1:1883"        # embedded only
base = "homepay"
username = "hub"                 # password_file, ca_file, cert_file, key_file
client_id = "homepay-hub"

[store]
url = "sqlite:homepay.db"        # relative to state_dir

[wallet]
kind = "sandbox"                 # "homepay" | "stripe" | "wechat" | "sandbox"
url = "https://wallet.example"
account = "home-1"
key_id = "k1"                    # request_key_file, response_key_file

[console]
listen = "127.0.0.1:8420"

[homeassistant]
enabled = true
discovery_prefix = "homeassistant"
"#;

const KEY: &str = "base64:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn files(path: &Path) -> Result<String, String> {
    match path.to_str() {
        Some("/etc/homepay/request.key" | "/run/response.key") => Ok(format!("{KEY}\n")),
        Some("/etc/homepay/short.key") => Ok("base64:AAECAwQFBgcICQoLDA0ODw==".to_owned()),
        Some("/run/credentials/mqtt.password") => Ok("from-systemd\n".to_owned()),
        Some("/etc/homepay/password") => Ok("from-a-file\n".to_owned()),
        _ => Err("no such file".to_owned()),
    }
}

fn read_with(text: &str, env: &[(&str, &str)]) -> Result<Settings, Vec<Problem>> {
    let home = ("HOME".to_owned(), "/home/mum".to_owned());
    let env: BTreeMap<String, String> = env
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .chain([home])
        .collect();
    let file = Some((Path::new("/etc/homepay/homepay.toml"), text));
    read(&ConfigSources { file: file.filter(|_| !text.is_empty()), env: &env, files: &files })
}

fn good(text: &str, env: &[(&str, &str)]) -> Settings {
    read_with(text, env).unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

#[test]
fn the_contracts_configuration_reads() {
    let settings = good(CONTRACT_CONFIG, &[]);
    assert_eq!(settings.home().currency.code(), "CNY");
    assert_eq!(settings.home().zone.iana_name(), Some("Asia/Shanghai"));
    assert_eq!(settings.home.household.as_deref(), Some(Path::new("/etc/homepay/household.toml")));
    assert_eq!(settings.store.path, Path::new("/var/lib/homepay/homepay.db"));
    assert_eq!(settings.mqtt.broker, BrokerAt::Embedded);
    assert_eq!(settings.console.listen.to_string(), "127.0.0.1:8420");
    assert!(settings.homeassistant.enabled);
}

#[test]
fn nothing_at_all_is_a_configuration() {
    let settings = good("", &[]);
    assert_eq!(settings.home.state_dir, Path::new("/home/mum/.local/state/homepay"));
    assert_eq!(settings.rules, homepay_domain::household::Rules::default());
    assert!(matches!(
        settings.wallet,
        WalletSettings::Sandbox { balance: homepay_domain::money::Minor(50_000), .. }
    ));
    let settings = good("", &[("XDG_STATE_HOME", "/state"), ("HOMEPAY__HOME__CURRENCY", "JPY")]);
    assert_eq!(settings.store.path, Path::new("/state/homepay/homepay.db"));
    assert!(settings.redacted().contains("balance = \"500\""));
}

#[test]
fn the_environment_goes_before_the_file() {
    let env = [
        ("HOMEPAY__HOME__TIMEZONE", "Europe/Berlin"),
        ("HOMEPAY__MQTT__URL", "mqtts://[::1]"),
        ("HOMEPAY__HOMEASSISTANT__ENABLED", "false"),
        ("HOMEPAY__RULES__HOLD_FOR", "2d"),
        ("HOMEPAY__LOG__FORMAT", "json"),
        ("HOMEPAY__LOG__LEVEL", ""),
    ];
    let settings = good(CONTRACT_CONFIG, &env);
    assert_eq!(settings.home.timezone, "Europe/Berlin");
    let broker = BrokerAt::Remote { host: "::1".to_owned(), port: 8883, tls: true };
    assert_eq!(settings.mqtt.broker, broker);
    assert!(!settings.homeassistant.enabled);
    assert_eq!(settings.rules.hold_for_s, 172_800);
    assert_eq!(settings.log.format, LogFormat::Json);
    assert_eq!(settings.log.level, LogLevel::Info);
}

#[test]
fn a_secret_comes_from_four_places() {
    let password = |file: &str, env: &[(&str, &str)]| {
        let text = format!("[mqtt]\nusername = \"hub\"\n{file}\n");
        let settings = good(&text, env);
        assert!(!format!("{settings:?}{}", settings.redacted()).contains("from-"));
        settings.mqtt.password.map(|secret| secret.expose_secret().to_owned())
    };
    let systemd = ("CREDENTIALS_DIRECTORY", "/run/credentials");
    let env = ("HOMEPAY__MQTT__PASSWORD", "from-env");
    let env_file = ("HOMEPAY__MQTT__PASSWORD_FILE", "/etc/homepay/password");
    assert_eq!(password("", &[]), None);
    assert_eq!(password("", &[systemd]).as_deref(), Some("from-systemd"));
    assert_eq!(password("password_file = \"password\"", &[]).as_deref(), Some("from-a-file"));
    assert_eq!(password("password = \"from-here\"", &[systemd]).as_deref(), Some("from-here"));
    assert_eq!(password("password_file = \"password\"", &[env]).as_deref(), Some("from-env"));
    assert_eq!(password("password = \"x\"", &[env_file]).as_deref(), Some("from-a-file"));
}

#[test]
fn a_wallet_of_our_own_protocol_reads() {
    let text = "[wallet]\nkind = \"homepay\"\nurl = \"http://127.0.0.1:8431\"\naccount = \"a\"\n\
                key_id = \"k1\"\nrequest_key_file = \"request.key\"\n\
                response_key_file = \"/run/response.key\"\n";
    let settings = good(text, &[]);
    let redacted = settings.redacted();
    assert!(redacted.contains("request_key = \"(set)\""), "{redacted}");
    assert!(!redacted.contains("AAEC") && !format!("{settings:?}").contains("AAEC"));
    assert!(matches!(settings.wallet, WalletSettings::Homepay { .. }));
}

#[test]
fn what_is_redacted_reads_again() {
    let text = format!("{CONTRACT_CONFIG}\n[rules]\nconfirm_within = \"90s\"\n");
    let redacted = good(&text, &[]).redacted();
    assert_eq!(good(&redacted, &[]).redacted(), redacted);
}

/// What is replaced in the contract's configuration, by what, the line, the words.
type Mistake = (String, String, usize, String);

fn mistakes() -> Vec<Mistake> {
    let lines = include_str!("tests/mistakes.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).expect("a mistake")).collect()
}

#[test]
fn every_mistake_is_told_with_its_line() {
    let mut wrong = Vec::new();
    for (place, by, line, words) in mistakes() {
        assert!(CONTRACT_CONFIG.contains(&place), "the contract's configuration has no {place}");
        let told =
            read_with(&CONTRACT_CONFIG.replacen(&place, &by, 1), &[]).err().unwrap_or_default();
        if !told.iter().any(|problem| problem.line == line && problem.what.contains(&words)) {
            wrong.push(format!("{by}\n  wanted {line}: {words}\n  told {told:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn mistakes_of_the_environment_are_told() {
    for (name, value, words) in [
        ("HOMEPAY__HOME__TIME_ZONE", "UTC", "did you mean HOMEPAY__HOME__TIMEZONE?"),
        ("HOMEPAY__X", "1", "HOMEPAY__X is not a key"),
        ("HOMEPAY__HOME__CURRENCY", "12", "HOMEPAY__HOME__CURRENCY: \"12\" is not an ISO 4217"),
        ("HOMEPAY__HOMEASSISTANT__ENABLED", "yes", "is one of true, false"),
    ] {
        let told = read_with(CONTRACT_CONFIG, &[(name, value)]).err().unwrap_or_default();
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        assert!(told.len() == 1 && told[0].starts_with("environment: "), "{told:?}");
        assert!(told[0].contains(words), "{told:?}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = CONTRACT_CONFIG
        .replacen("\"CNY\"", "\"RMB\"", 1)
        .replacen("base =", "bas =", 1)
        .replacen("kind = \"sandbox\"", "kind = \"stripe\"", 1)
        .replacen("enabled = true", "enabled = 1", 1);
    let told = read_with(&text, &[("HOMEPAY__LOG__LEVEL", "loud")]).err().unwrap_or_default();
    let lines: Vec<usize> = told.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [3, 11, 19, 28, 0], "{told:#?}");
}

#[test]
fn the_places_are_tried_in_order() {
    let env: BTreeMap<String, String> =
        [("HOMEPAY_CONFIG", "/a.toml"), ("XDG_CONFIG_HOME", "/xdg"), ("HOME", "/home/mum")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
    let found = places(Some(Path::new("b.toml")), &env);
    let paths: Vec<&str> = found.iter().filter_map(|place| place.path.to_str()).collect();
    let wanted = [
        "b.toml",
        "/a.toml",
        "homepay.toml",
        "/xdg/homepay/homepay.toml",
        "/etc/homepay/homepay.toml",
    ];
    assert_eq!(paths, wanted);
    assert_eq!(found.iter().filter(|place| place.named).count(), 2);
    let gone = load(Some(Path::new("/nowhere/homepay.toml"))).expect_err("no such file");
    assert!(gone[0].to_string().starts_with("/nowhere/homepay.toml: cannot be read"));
}

#[test]
fn half_a_configuration_does_not_panic() {
    for end in (0..CONTRACT_CONFIG.len()).filter(|end| CONTRACT_CONFIG.is_char_boundary(*end)) {
        let _ = read_with(&CONTRACT_CONFIG[..end], &[]);
    }
}

/// What the schema and the reference call a default is what holds where nothing is written.
#[test]
fn each_default_that_is_documented_is_the_one_that_holds() {
    let usual = format!("{:?}", read_with("", &[]).expect("settings"));
    let mut count = 0;
    for (section, keys) in keys::SECTIONS {
        for key in keys.iter().filter(|key| !key.default.is_empty()) {
            let variable = keys::variable(section, key.name);
            let settings = read_with("", &[(&variable, key.default)]).expect("settings");
            assert_eq!(format!("{settings:?}"), usual, "{section}.{}", key.name);
            count += 1;
        }
    }
    assert!(count > 15, "{count} defaults");
}
