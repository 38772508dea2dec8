//! Putting a backup in the place of the books: a new file is made beside them by SQLite, log and
//! all, and verified; only when it stands whole do names change. On any failure the books stand as before.

use super::marker::{Marker, beside, sync_folder, unused};
use super::older::bring_forward;
use super::open::{HOME_ID, connect, only_writer};
use super::reader::Reader;
use super::verify::verify;
use crate::StoreError;
use homepay_domain::household::Home;
use sqlx::{Connection, Row};
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The files of one set of books: the log belongs to the main file, both go together.
const ENDINGS: [&str; 3] = ["-wal", "-shm", ""];

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Where what was there before is kept; none where nothing was.
    pub kept: Option<PathBuf>,
}

/// Restores `backup` as `books`, brought forward where it is older.
///
/// # Errors
/// Refused while a daemon has the books open, for a newer schema, for a backup that does not hold,
/// and for one that is the books themselves. Fails with the disk.
pub async fn restore(books: &Path, backup: &Path, home: &Home) -> Result<Restored, StoreError> {
    refuse_itself(books, backup)?;
    if let Some(folder) = books.parent() {
        std::fs::create_dir_all(folder).map_err(disk)?;
    }
    let _lock = only_writer(books)?;
    let next = unused(books, "restoring");
    let marker = match make(backup, &next, home).await {
        Ok(marker) => marker,
        Err(error) => {
            remove(&next);
            return Err(error);
        }
    };
    match swap(books, &next) {
        Ok(kept) => {
            // The marker follows: should it not be written, the next start says so and stops.
            marker.write(books, true).map_err(disk)?;
            Ok(Restored { kept })
        }
        Err(error) => {
            remove(&next);
            Err(disk(error))
        }
    }
}

fn disk(error: std::io::Error) -> StoreError {
    StoreError::Failed(error.into())
}

fn remove(file: &Path) {
    for ending in ENDINGS {
        // What is not there needs no removing.
        let _ = std::fs::remove_file(beside(file, ending));
    }
}

fn refuse_itself(books: &Path, backup: &Path) -> Result<(), StoreError> {
    let of = |path: &Path| std::fs::metadata(path).map(|of| (of.dev(), of.ino())).ok();
    let source = of(backup).ok_or_else(|| {
        StoreError::Refused(format!("{} is not there: name a backup", backup.display()))
    })?;
    let own = ENDINGS.iter().filter_map(|ending| of(&beside(books, ending))).any(|o| o == source);
    if own {
        return Err(StoreError::Refused(format!(
            "{} is the books themselves: name a backup of them",
            backup.display()
        )));
    }
    Ok(())
}

/// The snapshot as one whole file of its own, on the disk, with a new id: what the old books pay
/// from now on is not taken for this one's.
async fn make(backup: &Path, next: &Path, home: &Home) -> Result<Marker, StoreError> {
    let reader = Reader::open(backup).await?;
    let copied = reader.copy_to(next).await;
    reader.close().await;
    copied?;
    bring_forward(next, home).await?;
    let copy = Reader::snapshot(next).await?;
    let found = verify(&copy).await;
    copy.close().await;
    if let Some(fault) = found?.faults.first() {
        let what = format!("{} does not hold: {fault}", backup.display());
        return Err(StoreError::Refused(what));
    }
    let mut conn = connect(Some(next)).await?;
    sqlx::query(
        "update meta set value = lower(hex(randomblob(4))) where home = ? and name = 'books_id'",
    )
    .bind(HOME_ID)
    .execute(&mut conn)
    .await?;
    let row = sqlx::query(
        "select coalesce((select value from meta where home = ?1 and name = 'books_id'), '') as id, \
         (select coalesce(max(seq), 0) from journal where home = ?1) as seq",
    )
    .bind(HOME_ID)
    .fetch_one(&mut conn)
    .await?;
    let marker = Marker { books: row.try_get("id")?, journal_seq: row.try_get("seq")? };
    sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut conn).await?;
    conn.close().await?;
    File::open(next).and_then(|file| file.sync_all()).map_err(disk)?;
    Ok(marker)
}

/// The new file takes the books' name; what had it is kept under one that was not used. Undone
/// where a step fails.
fn swap(books: &Path, next: &Path) -> std::io::Result<Option<PathBuf>> {
    let kept = unused(books, "before-restore");
    let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
    let old = ENDINGS.iter().map(|ending| (beside(books, ending), beside(&kept, ending)));
    let steps = old.filter(|(from, _)| from.exists());
    let steps: Vec<_> = steps.chain([(next.to_owned(), books.to_owned())]).collect();
    let mut done = Ok(());
    for (from, to) in steps {
        done = std::fs::rename(&from, &to);
        if done.is_err() {
            break;
        }
        moved.push((from, to));
    }
    match done.and_then(|()| sync_folder(books)) {
        Ok(()) => Ok(kept.exists().then_some(kept)),
        Err(error) => {
            for (from, to) in moved.into_iter().rev() {
                // Names only: what could be renamed one way can be the other.
                let _ = std::fs::rename(to, from);
            }
            Err(error)
        }
    }
}
