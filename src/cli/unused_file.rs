//! The household's file once there are books: it is not read any more, and says so where it differs.

use crate::config::Settings;
use homepay_domain::household::Household;
use homepay_files::household::difference;
use homepay_store::sqlite::reader::Reader;
use std::path::Path;

/// How many differences are named; more are only counted.
const NAMED_MAX: usize = 5;

/// The household of the books, where there are books with one.
pub(super) async fn in_books(settings: &Settings) -> Option<Household> {
    let books = &settings.store.path;
    if std::fs::metadata(books).map_or(0, |of| of.len()) <= 1 {
        return None;
    }
    let reader = Reader::open(books).await.ok()?;
    let household = reader.in_force().await.ok();
    reader.close().await;
    household.filter(|household| *household != Household::default())
}

/// A household from a file as `apply` would put it in force: what no file holds stays.
pub(super) fn as_applied(before: &Household, mut after: Household) -> Household {
    // A PIN is set at the terminal and is in no file: who stays keeps theirs.
    for (id, member) in &mut after.members {
        if member.pin.is_none() {
            member.pin = before.members.get(id).and_then(|m| m.pin.clone());
        }
    }
    // A limit that stands as it did keeps its version.
    for (id, limit) in &mut after.limits {
        if let Some(now) = before.limits.get(id) {
            (limit.version, limit.made_at) = (now.version, now.made_at);
            limit.keep_idle_rules(now);
        }
    }
    after
}

/// What is said of a file that differs from the books.
pub(super) fn differs(
    settings: &Settings,
    file: &Path,
    in_books: &Household,
    in_file: &Household,
) -> Option<String> {
    let after = as_applied(in_books, in_file.clone());
    let changes = difference(in_books, &after, &settings.home());
    if changes.is_empty() {
        return None;
    }
    let named: Vec<&str> = changes.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = changes.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let (file, count) = (file.display(), changes.len());
    Some(format!(
        "{file} differs from the books in {count} places: {}{more}. It is not in force: \
         `homepay apply {file}` puts it in force",
        named.join("; ")
    ))
}
