//! Word to people, as the engine hands it out.

use super::BoxFuture;
use homepay_domain::notice::{DeliveryOutcome, Notice};

/// Tells people. Sends once; when it is tried again is decided where the notice stands.
pub trait Messenger: Send + Sync + 'static {
    /// Delivers one notice under its id, and says whether the other side took it.
    fn deliver(&self, notice: Notice) -> BoxFuture<'static, DeliveryOutcome>;
}
