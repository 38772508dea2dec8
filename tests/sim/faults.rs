//! A store whose process may end at any point of a turn.

use homepay_domain::book::Book;
use homepay_domain::decision::Decision;
use homepay_domain::facts::{Facts, Needs};
use homepay_domain::time::UnixMs;
use homepay_ports::{EncodedEffects, Outgoing, Publication, Store};
use homepay_store::StoreError;
use homepay_store::sqlite::SqliteStore;

#[cfg(feature = "planted-faults")]
use homepay_domain::fault_injection::cut_after;

/// Without the feature a commit cannot be cut, and the crash comes after it.
#[cfg(not(feature = "planted-faults"))]
fn cut_after(_statements: Option<u32>) {}

/// Where a turn ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// It does not.
    Never,
    /// Before anything was fetched.
    AtBegin,
    /// All is decided, nothing is written.
    BeforeCommit,
    /// After so many statements of the commit; where it has fewer, after it.
    InCommit(u32),
    /// It stands, and nobody has heard of it.
    AfterCommit,
    /// It stands, and some of those who waited have heard of it.
    WhileTelling,
    /// The process lives, but the store cannot commit.
    Fails,
}

/// Why a turn did not end well.
#[derive(Debug, thiserror::Error)]
pub enum TurnFault {
    /// The process is gone.
    #[error("crashed")]
    Crashed,
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The store failed by itself: never in a right world.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The store, with where it will end.
pub struct Mortal<'a> {
    /// The real one.
    pub store: &'a mut SqliteStore,
    /// When.
    pub crash: Crash,
}

impl Store for Mortal<'_> {
    type Error = TurnFault;

    fn book(&self) -> &Book {
        self.store.book()
    }

    async fn begin(&mut self, needs: &[Needs], now: UnixMs) -> Result<(), TurnFault> {
        if self.crash == Crash::AtBegin {
            return Err(TurnFault::Crashed);
        }
        Ok(self.store.begin(needs, now).await?)
    }

    fn facts(&self, needs: &Needs, chance: u8) -> Facts<'_> {
        self.store.facts(needs, chance)
    }

    async fn ping(&mut self) -> bool {
        self.store.ping().await
    }

    fn mark_progress(&mut self) {
        self.store.mark_progress();
    }

    fn blames_the_work(_error: &TurnFault) -> bool {
        false
    }

    async fn commits(&mut self) -> bool {
        self.store.commits().await
    }

    async fn prune(&mut self, now: UnixMs) -> Result<(), TurnFault> {
        Ok(self.store.prune(now).await?)
    }

    fn cached_reply(&self, digest: &str) -> Option<Publication> {
        self.store.cached_reply(digest)
    }

    fn write(&mut self, kind: &'static str, decision: &Decision, spoken: EncodedEffects) {
        self.store.write(kind, decision, spoken);
    }

    async fn commit(&mut self) -> Result<Vec<Outgoing>, TurnFault> {
        match self.crash {
            Crash::BeforeCommit => Err(TurnFault::Crashed),
            Crash::Fails => Err(TurnFault::Full),
            Crash::InCommit(statements) => {
                cut_after(Some(statements));
                let _ = self.store.commit().await;
                cut_after(None);
                Err(TurnFault::Crashed)
            }
            Crash::AfterCommit => {
                self.store.commit().await?;
                Err(TurnFault::Crashed)
            }
            Crash::Never | Crash::AtBegin | Crash::WhileTelling => Ok(self.store.commit().await?),
        }
    }

    async fn abandon(&mut self) -> Result<(), TurnFault> {
        Ok(self.store.abandon().await?)
    }

    async fn outbox(&mut self) -> Result<Vec<Outgoing>, TurnFault> {
        Ok(self.store.outbox().await?)
    }

    fn published(&mut self, id: u64) {
        self.store.published(id);
    }
}
