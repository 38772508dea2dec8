//! The writer's connection. Rows may be written on ahead while the turn goes on deciding: both are
//! of one transaction, so nothing stands before the commit, and what fails fails the turn.

use super::batch::Batch;
use crate::StoreError;
use futures_util::FutureExt;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::oneshot;

/// A connection that comes back from writing, and how that went.
type WriteResult = (SqliteConnection, Result<(), StoreError>);

pub(super) struct WriterConn {
    /// None while it is away.
    conn: Option<SqliteConnection>,
    away: Option<oneshot::Receiver<WriteResult>>,
    /// What went wrong while it was away, until somebody asks for the connection.
    failed: Option<StoreError>,
}

impl WriterConn {
    pub fn new(conn: SqliteConnection) -> WriterConn {
        WriterConn { conn: Some(conn), away: None, failed: None }
    }

    /// The connection, once what was written ahead is written.
    ///
    /// # Errors
    /// What went wrong with that, once; after it the turn must be abandoned.
    pub async fn conn(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        // The receiver stays in place until the connection is back: this future may be dropped while it
        // waits, and the connection would be lost with it.
        if let Some(away) = &mut self.away {
            let back = away.await.ok();
            self.away = None;
            self.back(back);
        }
        match (self.failed.take(), &mut self.conn) {
            (Some(error), _) => Err(error),
            (None, Some(conn)) => Ok(conn),
            (None, None) => Err(gone()),
        }
    }

    /// Clears a pending write-ahead error when the turn is rolled back.
    pub async fn settle(&mut self) {
        // The error belongs to the turn that is rolled back. A lost connection is reported by the next
        // call, too.
        let _ = self.conn().await;
    }

    /// Writes rows on while the turn goes on, unless the connection is still away with earlier ones.
    pub fn write_ahead(&mut self, rows: &mut Batch) {
        if let Some(mut away) = self.away.take() {
            match away.try_recv() {
                Ok(back) => self.back(Some(back)),
                Err(oneshot::error::TryRecvError::Empty) => {
                    self.away = Some(away);
                    return;
                }
                Err(oneshot::error::TryRecvError::Closed) => self.back(None),
            }
        }
        if self.failed.is_some() {
            return;
        }
        let Some(mut conn) = self.conn.take() else { return };
        let ahead = rows.take_ahead();
        let (send, receive) = oneshot::channel();
        self.away = Some(receive);
        let task = async move {
            let written = ahead.write_ahead(&mut conn).await;
            // Nobody waits when the books were closed meanwhile: the transaction ends with the
            // connection, and nothing of it stands.
            let _ = send.send((conn, written));
        };
        tokio::spawn(task.boxed());
    }

    fn back(&mut self, back: Option<WriteResult>) {
        match back {
            Some((conn, written)) => {
                self.conn = Some(conn);
                self.failed = written.err();
            }
            None => self.failed = Some(gone()),
        }
    }

    /// Closes the connection; what was committed stands.
    pub async fn close(mut self) -> Result<(), StoreError> {
        self.conn().await?;
        if let Some(conn) = self.conn {
            conn.close().await?;
        }
        Ok(())
    }
}

fn gone() -> StoreError {
    StoreError::Failed(sqlx::Error::WorkerCrashed)
}
