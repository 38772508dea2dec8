//! A file beside the books that says that they exist, and how far they went: books that are
//! missing, empty, or without the log that held their last turns are never begun anew in silence.

use super::open::HOME_ID;
use crate::StoreError;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Row, SqliteConnection};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What the marker holds, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    pub books: String,
    /// The journal's last entry when this was written: the books have it, and may have more.
    pub journal_seq: i64,
}

/// What stands where the books should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BooksPresence {
    /// Nothing, and there never was: books are made.
    New,
    /// Books that have all that the marker knows of, or books of before markers were kept.
    Whole,
    /// There were books; what is there is not them. Why, in words.
    Lost(String),
}

impl Marker {
    #[must_use]
    pub fn path(books: &Path) -> PathBuf {
        beside(books, ".marker")
    }

    /// The marker of these books, where there is one that can be read.
    #[must_use]
    pub fn read(books: &Path) -> Option<Marker> {
        serde_json::from_slice(&std::fs::read(Marker::path(books)).ok()?).ok()
    }

    /// Writes it, whole or not at all; `lasting` = also over a loss of power from now on.
    ///
    /// # Errors
    /// Fails with the disk.
    pub fn write(&self, books: &Path, lasting: bool) -> std::io::Result<()> {
        let path = Marker::path(books);
        let next = beside(books, ".marker.next");
        let mut file =
            OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&next)?;
        file.write_all(serde_json::to_string(self)?.as_bytes())?;
        if lasting {
            file.sync_all()?;
        }
        std::fs::rename(&next, path)?;
        if lasting { sync_folder(books) } else { Ok(()) }
    }
}

/// A name beside a file: its own with an ending.
pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Makes what was renamed in a file's folder last.
pub(super) fn sync_folder(file: &Path) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// What stands at `books`, without writing there.
///
/// # Errors
/// Fails where the file cannot be read at all.
pub async fn presence(books: &Path) -> Result<BooksPresence, StoreError> {
    let marked = Marker::path(books).exists();
    let marker = Marker::read(books);
    let bytes = std::fs::metadata(books).map(|of| of.len()).ok();
    let log = beside(books, "-wal").exists();
    let known = match (bytes, marked || log) {
        (None, false) => return Ok(BooksPresence::New),
        (None, true) => return Ok(BooksPresence::Lost("the file is missing".to_owned())),
        (Some(0 | 1), false) => return Ok(BooksPresence::New),
        (Some(0 | 1), true) => return Ok(BooksPresence::Lost("the file is empty".to_owned())),
        (Some(_), _) => last_entry(books).await,
    };
    let Some(marker) = marker else { return Ok(BooksPresence::Whole) };
    Ok(match known {
        Err(error) => BooksPresence::Lost(format!("the file cannot be read as books ({error})")),
        Ok(None) => BooksPresence::Lost("the file holds no books".to_owned()),
        Ok(Some(seq)) if seq < marker.journal_seq => BooksPresence::Lost(format!(
            "the file ends at entry {seq} of the journal, and the books went to {} or further: \
             its log ({}) is missing, or this is an older copy",
            marker.journal_seq,
            beside(books, "-wal").display()
        )),
        Ok(Some(_)) => BooksPresence::Whole,
    })
}

/// The journal's last entry, as the file and its log have it; none where there is no journal.
async fn last_entry(books: &Path) -> Result<Option<i64>, StoreError> {
    let options = SqliteConnectOptions::new().filename(books).read_only(true);
    let mut conn = SqliteConnection::connect_with(&options).await?;
    let has_journal = sqlx::query("select 1 from sqlite_master where name = 'journal'")
        .fetch_optional(&mut conn)
        .await?;
    let mut last = None;
    if has_journal.is_some() {
        let row = sqlx::query("select coalesce(max(seq), 0) as seq from journal where home = ?")
            .bind(HOME_ID)
            .fetch_one(&mut conn)
            .await?;
        last = Some(row.try_get("seq")?);
    }
    conn.close().await?;
    Ok(last)
}

/// Puts what stands where the books should be out of the way, under a name that was not used, and
/// forgets that there were books. Gives the name; none where nothing was there.
///
/// # Errors
/// Fails with the disk.
pub fn put_aside(books: &Path, why: &str) -> std::io::Result<Option<PathBuf>> {
    let kept = unused(books, why);
    let mut moved = false;
    // The log first: a main file that still stands is found without it, and is told as lost.
    for ending in ["-wal", "-shm", ""] {
        let from = beside(books, ending);
        if from.exists() {
            std::fs::rename(&from, beside(&kept, ending))?;
            moved = true;
        }
    }
    match std::fs::remove_file(Marker::path(books)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    sync_folder(books)?;
    Ok(moved.then_some(kept))
}

/// `homepay.<why>.db`, or with the first number that nothing stands under.
pub(super) fn unused(books: &Path, why: &str) -> PathBuf {
    let name = |number: u32| match number {
        1 => books.with_extension(format!("{why}.db")),
        number => books.with_extension(format!("{why}-{number}.db")),
    };
    let free = |path: &PathBuf| ["", "-wal", "-shm"].iter().all(|end| !beside(path, end).exists());
    (1..).map(name).find(free).unwrap_or_else(|| name(u32::MAX))
}
