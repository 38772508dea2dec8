//! What an owner who approves an order says yes to, and how it was proven that they did.

use super::household::Home;
use super::order::Order;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The form of the text; another form gets another name.
pub const APPROVAL_FORM: &str = "homepay-approval-v1";

/// An order as it is approved: which, how much, whom, what. What is signed is made of it.
#[must_use]
pub fn approval_text(home: &Home, order: &Order) -> String {
    let mut text = format!("{APPROVAL_FORM}\napprove\n{}\n", order.id);
    let payee = order.payee.as_ref().map_or("", |payee| payee.as_str());
    // Writing to a string cannot fail.
    let _ = write!(text, "{}\n{}\n{payee}\n", home.currency.code(), order.amount.0);
    for (place, line) in order.lines.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let _ = write!(text, "{comma}{}*{}={}", line.sku, line.quantity, line.amount.0);
    }
    text.push('\n');
    text
}

/// Tells texts apart: what a form carries of the text that its page showed.
#[must_use]
pub fn approval_digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// What a passkey signs: a number used once, and the text.
#[must_use]
pub fn approval_challenge(nonce: &[u8], text: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(nonce);
    hasher.update(text);
    hasher.finalize().into()
}

/// An owner's yes, with what it was said to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalProof {
    /// [`approval_digest`] of what was looked at.
    pub looked_at: String,
    #[serde(flatten)]
    pub by: ProofKind,
}

/// How whoever approves proved who they are. The console compared it, beside the flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ProofKind {
    /// The hub's word that the password was right.
    Password,
    /// The hub's word that the code of an authenticator app was right.
    Totp,
    /// A signature over the text, which anybody can check.
    Passkey(Box<PasskeySignature>),
}

/// What a passkey signed, as base64 without padding, for the URL's alphabet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeySignature {
    pub credential_id: String,
    /// The public key, as COSE names its parts, in JSON.
    pub public_key: String,
    /// Under which name the page was open.
    pub host: String,
    pub nonce: String,
    pub client_data_json: String,
    pub authenticator_data: String,
    pub signature: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::household::{Lang, Rules};
    use crate::ids::{Name, OrderId};
    use crate::label::Label;
    use crate::money::{Currency, Minor};
    use crate::order::{OrderLine, Origin};
    use crate::time::UnixMs;
    use jiff::tz::TimeZone;

    #[test]
    fn the_text_names_order_amount_payee_and_items_and_another_text_has_another_digest() {
        let name = |id: &str| Name::parse(id).expect("an id");
        let rules = Rules::default();
        let currency = Currency::from_code("CNY").expect("a currency");
        let home = Home { zone: TimeZone::UTC, currency, lang: Lang::En, rules };
        let id = OrderId::parse("order-0001").expect("an id");
        let origin = Origin::Device { device: name("kitchen") };
        let mut order = Order::asked(id, origin, Lang::En, rules, UnixMs(0));
        let line = |sku: &str, quantity: &str, amount| OrderLine {
            sku: name(sku),
            name: Label::from(sku),
            quantity: quantity.to_owned(),
            amount: Minor(amount),
            category: None,
            unit: None,
        };
        order.lines = [line("water", "9", 900), line("rice", "2.5", 1_500)].into();
        (order.amount, order.payee) = (Minor(2_400), Some(name("corner-shop")));
        let text = approval_text(&home, &order);
        let wanted = "homepay-approval-v1\napprove\norder-0001\nCNY\n2400\ncorner-shop\n\
            water*9=900,rice*2.5=1500\n";
        assert_eq!(text, wanted);
        order.amount = Minor(2_401);
        assert_ne!(approval_digest(&text), approval_digest(&approval_text(&home, &order)));
        assert_ne!(approval_challenge(&[0; 32], &text), approval_challenge(&[1; 32], &text));
    }
}
