//! How an owner proved an approval, as it is handed to whoever verifies it outside.

use super::journal::EntryView;
use crate::native::actor_view::ActorView;
use homepay_domain::household::Home;
use homepay_ports::JournalEntry;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// An approval with its proof.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ApprovalView {
    pub order: String,
    pub approved_by: ActorView,
    pub at: String,
    /// The journal's entry that keeps it, and its hash.
    pub seq: i64,
    pub hash: String,
    /// What was said yes to, exactly as signed.
    pub text: String,
    /// `kind` is `passkey`, `totp` or `password`. Of a passkey: what it signed, base64 for URLs without
    /// padding, and its public key; of the others there is the hub's word alone.
    pub proof: Map<String, Value>,
}

impl ApprovalView {
    /// What an entry has of an order; `None` where it has no approval of it.
    pub fn of(home: &Home, entry: &JournalEntry, order: &str) -> Option<ApprovalView> {
        let view = EntryView::of(home, entry);
        let is_it = |change: &&Value| change["change"] == "approved" && change["order"] == order;
        let change = view.changes.iter().find(is_it)?;
        let proof = change["proof"].as_object()?.clone();
        Some(ApprovalView {
            order: order.to_owned(),
            approved_by: view.actor,
            at: view.at,
            seq: view.seq,
            hash: view.hash,
            text: change["text"].as_str()?.to_owned(),
            proof,
        })
    }
}
