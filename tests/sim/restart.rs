//! The process ends, with or without its machine, and begins again.

use crate::faults::Mortal;
use crate::plan::Trouble;
use crate::random::Rng;
use crate::world::{Carried, World, file_of, is_repeatable};
use homepay_domain::facts::Needs;
use homepay_domain::ids::OrderId;
use homepay_domain::order::Order;
use homepay_ports::Store;
use homepay_store::sqlite::{Opened, SqliteStore};
use std::collections::BTreeMap;
use tempfile::TempDir;

/// The books as a machine that lost its power leaves them: what was committed is there, and the log
/// ends in bytes that were never a whole page.
fn torn_copy(books: &TempDir, rng: &mut Rng) -> TempDir {
    let copy = TempDir::new().expect("a folder");
    for entry in std::fs::read_dir(books.path()).expect("the folder") {
        let from = entry.expect("a file").path();
        let name = from.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        // Shared memory is gone with the machine, and so is the lock.
        if name.ends_with("-shm") || name.contains("lock") {
            continue;
        }
        let mut bytes = std::fs::read(&from).expect("its bytes");
        if name.ends_with("-wal") {
            let len = rng.below(TORN_BYTES_MAX);
            bytes.extend((0..len).map(|_| rng.next().to_le_bytes()[0]));
        }
        std::fs::write(copy.path().join(name), bytes).expect("a copy");
    }
    copy
}

/// How many bytes of a write that never ended are on the disk at most: three pages and their headers.
const TORN_BYTES_MAX: usize = 3 * (8_192 + 24);

impl World {
    /// The process ended and begins again: only what was committed is left.
    pub async fn restart(&mut self) {
        self.show(|| "--- crash ---".to_owned());
        self.crashes += 1;
        self.network.boot += 1;
        self.comparisons.clear();
        let mut store = self.hub.stop();
        self.broker.hub_gone(self.clock.true_ms);
        let torn =
            self.books.is_some() && self.odds.has(Trouble::Disk) && self.fault_rng.chance(50);
        if let Some(books) = self.books.take() {
            let after = if torn { torn_copy(&books, &mut self.fault_rng) } else { books };
            if torn {
                self.show(|| "the machine lost its power: the log ends torn".to_owned());
                let home = store.book().home.clone();
                let opened = Opened { path: Some(file_of(&after)), home };
                store =
                    Mortal::new(SqliteStore::open(&opened).await.expect("books with a torn log"));
            }
            self.books = Some(after);
        }
        store.revive().await;
        let book = store.book();
        self.clock.resume(book.seen, book.anchor.as_ref());
        let (anchor, at) = (self.clock.anchor(), self.at());
        self.hub.restart(store, anchor, at).await;
        if torn {
            // Numbers of rows that are gone may be given out again.
            let kept = self.hub.machine().publications().iter().map(|(id, _)| *id).collect();
            self.auditor.outbox_is(&kept);
        }
        self.carry(Carried::All);
        let stored = self.stored().await;
        for id in self.auditor.known(&self.network) {
            let found = self.auditor.after_crash(&id, stored.get(&id));
            self.must(found);
        }
        // After the start, the owner says again what nobody answered.
        if let Some(wish) = self.wish.take().filter(is_repeatable) {
            self.is_repeated = true;
            self.ask_owner(wish);
        }
    }

    /// Every order that the outside knows of, as the store has it.
    pub async fn stored(&mut self) -> BTreeMap<String, Order> {
        let known = self.auditor.known(&self.network);
        let need = |id: &String| Needs { order: Some(OrderId::from_store(id)), ..Needs::default() };
        let needs: Vec<Needs> = known.iter().map(need).collect();
        let now = self.clock.hub();
        let store = &mut self.hub.store().store;
        store.begin(&needs, now).await.expect("a turn begins");
        let orders = known.iter().zip(&needs);
        let found = orders
            .filter_map(|(id, need)| Some((id.clone(), store.facts(need, 10).order?)))
            .collect();
        store.abandon().await.expect("a turn is given up");
        found
    }
}
