//! The journal's entries as owners look at them.

use crate::native::actor_view::ActorView;
use homepay_domain::actor::Actor;
use homepay_domain::household::Home;
use homepay_domain::time::UnixMs;
use homepay_ports::JournalEntry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct JournalView {
    /// In the order in which they were written, the oldest first.
    pub entries: Vec<EntryView>,
}

/// One entry of the hash chain.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EntryView {
    /// Counts the entries, from 1.
    pub seq: i64,
    pub at: String,
    /// The event that led to it.
    pub kind: String,
    /// Who acted; the system where nobody did.
    pub actor: ActorView,
    /// What changed, as the books keep it.
    pub changes: Vec<Value>,
    /// The hash of the entry, which the next one holds.
    pub hash: String,
}

impl EntryView {
    pub fn of(home: &Home, entry: &JournalEntry) -> EntryView {
        let body: Vec<Value> = serde_json::from_str(&entry.body).unwrap_or_default();
        let (acted, changes): (Vec<Value>, Vec<Value>) =
            body.into_iter().partition(|change| change["change"] == "acted");
        let actor = acted.first().and_then(|acted| Actor::deserialize(&acted["actor"]).ok());
        EntryView {
            seq: entry.seq,
            at: UnixMs(entry.at_ms).rfc3339(&home.zone),
            kind: entry.kind.clone(),
            actor: ActorView::from(&actor.unwrap_or(Actor::System)),
            changes,
            hash: entry.hash.clone(),
        }
    }
}
