//! `[wallet]`: who pays.

use super::WalletSettings;
use super::config_sources::{address, word};
use super::layers::{KeyId, Layers};
use homepay_domain::household::Secret;
use homepay_domain::money::{Currency, Minor};
use homepay_text::keys::key_bytes;
use rust_decimal::Decimal;
use secrecy::SecretString;
use std::net::SocketAddr;
use url::{Host, Url};

#[derive(Clone, Copy, PartialEq, Eq)]
enum WalletSection {
    Sandbox,
    Homepay,
}

pub(super) fn wallet(layers: &Layers<'_>, currency: Option<Currency>) -> Option<WalletSettings> {
    let id = ("wallet", "kind");
    let text = layers.text(id);
    if let Some(kind @ ("stripe" | "wechat")) = text {
        let what = format!(
            "this version has no connector to {kind}: write \"homepay\" for a wallet that speaks \
             homepay-wallet-v1, or \"sandbox\""
        );
        layers.wrong(id, what);
        return None;
    }
    let words = [("homepay", WalletSection::Homepay), ("sandbox", WalletSection::Sandbox)];
    match (text, word(layers, id, &words)) {
        (None, _) | (_, Some(WalletSection::Sandbox)) => {
            let account = layers.text(("wallet", "account")).unwrap_or("home-1").to_owned();
            let admin = admin(layers)?;
            Some(WalletSettings::Sandbox { account, balance: balance(layers, currency?)?, admin })
        }
        (Some(_), Some(WalletSection::Homepay)) => homepay_wallet(layers),
        (Some(_), None) => None,
    }
}

/// The sandbox's admin listener, where one is asked for. `None` where it may not be there.
fn admin(layers: &Layers<'_>) -> Option<Option<SocketAddr>> {
    let id = ("wallet", "admin");
    if layers.text(id).is_none() {
        return Some(None);
    }
    let admin = address(layers, id)?;
    if !admin.ip().is_loopback() {
        layers.wrong(id, "is not signed, and so for loopback only: write \"127.0.0.1:8432\"");
        return None;
    }
    Some(Some(admin))
}

fn balance(layers: &Layers<'_>, currency: Currency) -> Option<Minor> {
    let Some(text) = layers.text(("wallet", "balance")) else {
        return currency.round(Decimal::from(500));
    };
    let read = currency.parse(text);
    read.map_err(|error| layers.wrong(("wallet", "balance"), error.to_string())).ok()
}

fn homepay_wallet(layers: &Layers<'_>) -> Option<WalletSettings> {
    let need = |key: &'static str| {
        let text = layers.text(("wallet", key)).filter(|text| !text.is_empty());
        if text.is_none() {
            let what = format!("{key} is missing: kind = \"homepay\" needs it");
            layers.wrong(("wallet", "kind"), what);
        }
        text.map(str::to_owned)
    };
    let url = need("url").and_then(|text| {
        let url = Url::parse(&text).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.host().is_some_and(|host| host != Host::Domain(""))
                && url.username().is_empty()
                && url.password().is_none()
        });
        if url.is_none() {
            layers.wrong(("wallet", "url"), "is not an address: write \"https://wallet.example\"");
        }
        url
    });
    let account = need("account");
    let key_id = need("key_id");
    let request_key = wallet_key(layers, ("wallet", "request_key"), ("wallet", "request_key_file"));
    let response_key =
        wallet_key(layers, ("wallet", "response_key"), ("wallet", "response_key_file"));
    Some(WalletSettings::Homepay {
        url: url?,
        account: account?,
        key_id: key_id?,
        request_key: request_key?,
        response_key: response_key?,
    })
}

/// How many bytes a wallet's key has.
const WALLET_KEY_BYTES: usize = 32;

fn wallet_key(layers: &Layers<'_>, id: KeyId, file_id: KeyId) -> Option<SecretString> {
    let said = layers.text(id).is_some() || layers.text(file_id).is_some();
    let Some(text) = layers.secret(id, file_id) else {
        if !said {
            let what = format!("{} is missing: kind = \"homepay\" needs it", file_id.1);
            layers.wrong(("wallet", "kind"), what);
        }
        return None;
    };
    let text = text.trim();
    let at = if layers.text(id).is_some() { id } else { file_id };
    match key_bytes(&Secret::new(text)) {
        Ok(bytes) if bytes.len() == WALLET_KEY_BYTES => Some(SecretString::from(text)),
        Ok(bytes) => {
            let count = bytes.len();
            layers.wrong(at, format!("a key has {WALLET_KEY_BYTES} bytes, this one has {count}"));
            None
        }
        Err(why) => {
            layers.wrong(at, why);
            None
        }
    }
}
