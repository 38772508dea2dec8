//! Loading who may sign in, and who is signed in.

use super::SqliteStore;
use super::load::name;
use crate::StoreError;
use homepay_domain::access::AccessChange;
use homepay_domain::book::Book;
use sqlx::Row;

/// What ended is kept for whoever looks back, and not at hand.
const SELECT_ACCESS: &str = "select kind, id, doc from access where home = ? \
    and not (kind = 'session' and coalesce(json_extract(doc, '$.ended_at'), 0) > 0)";

impl SqliteStore {
    pub(super) async fn load_access(&mut self, book: &mut Book) -> Result<(), StoreError> {
        for row in self.rows(SELECT_ACCESS).await? {
            let (kind, id) = (row.try_get::<String, _>("kind")?, row.try_get::<String, _>("id")?);
            let doc: &str = row.try_get("doc")?;
            let change = match kind.as_str() {
                "account" => AccessChange::account(name(&id)?, serde_json::from_str(doc)?),
                "session" => {
                    let session = serde_json::from_str(doc)?;
                    AccessChange::Session { id: id.into(), session }
                }
                "tries" => {
                    AccessChange::Tries { subject: id.into(), at: serde_json::from_str(doc)? }
                }
                "reach" => AccessChange::Reach { is_open: serde_json::from_str(doc)? },
                _ => return Err(StoreError::Damaged(format!("access: {kind} is no kind"))),
            };
            book.access.apply(&change);
        }
        Ok(())
    }
}
