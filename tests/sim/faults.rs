//! A store whose process may end at any point of a turn, whose disk may fail, and which notes what
//! each turn decided.

use homepay_domain::actor::Actor;
use homepay_domain::book::Book;
use homepay_domain::decision::{Change, Decision};
use homepay_domain::event::Digest;
use homepay_domain::facts::{Facts, Needs};
use homepay_domain::limits::Limit;
use homepay_domain::marks::{Mark, reached};
use homepay_domain::time::UnixMs;
use homepay_ports::{EncodedEffects, Outgoing, Publication, Store};
use homepay_store::StoreError;
use homepay_store::sqlite::SqliteStore;
use std::collections::VecDeque;

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
}

/// Why a turn did not end well.
#[derive(Debug, thiserror::Error)]
pub enum TurnFault {
    /// The process is gone.
    #[error("crashed")]
    Crashed,
    /// The disk is full, or cannot be read or written.
    #[error("{0}")]
    Disk(&'static str),
    /// The store failed by itself: never in a right world.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was decided of one thing.
#[derive(Debug)]
pub struct Decided {
    /// The message that it came by, where it was signed.
    pub digest: Option<Digest>,
    pub said: Vec<Publication>,
    /// True where an owner at the console changed something.
    pub by_owner: bool,
    /// The limit that Home Assistant lowered.
    pub lowered: Option<Limit>,
}

/// The store, with where it will end.
pub struct Mortal {
    /// The real one.
    pub store: SqliteStore,
    /// Where the next turn ends.
    pub crash: Crash,
    /// How many times more the disk fails, and how.
    pub failing: Option<(u32, DiskFault)>,
    /// True once the process is gone.
    pub is_gone: bool,
    /// What was decided in turns that stand.
    pub decided: Vec<Decided>,
    deciding: Vec<Decided>,
    digests: VecDeque<Option<Digest>>,
}

/// What a disk does that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFault {
    /// It takes nothing more.
    Full,
    /// It reads nothing: turns do not even begin, and what failed cannot be taken back for a while.
    Unreadable,
}

impl Mortal {
    pub fn new(store: SqliteStore) -> Mortal {
        Mortal {
            store,
            crash: Crash::Never,
            failing: None,
            is_gone: false,
            decided: Vec::new(),
            deciding: Vec::new(),
            digests: VecDeque::new(),
        }
    }

    /// The process begins again: only what was committed is left.
    pub async fn revive(&mut self) {
        (self.is_gone, self.failing, self.crash) = (false, None, Crash::Never);
        self.store.abandon().await.expect("the books open again");
    }

    fn dies(&mut self) -> TurnFault {
        self.is_gone = true;
        TurnFault::Crashed
    }

    /// True where the disk fails at this point; it fails so often and no more.
    fn disk_fails(&mut self, at: DiskFault) -> bool {
        let Some((times, fault)) = self.failing.filter(|(_, fault)| *fault == at) else {
            return false;
        };
        self.failing = (times > 1).then(|| (times - 1, fault));
        true
    }

    fn stands(&mut self) {
        self.decided.append(&mut self.deciding);
    }
}

/// True for changes that neither a speaker nor Home Assistant brought about.
fn is_owners(decision: &Decision) -> bool {
    let by_other = |change: &Change| match change {
        Change::Acted { actor } => matches!(actor, Actor::HomeAssistant | Actor::Speaker { .. }),
        _ => false,
    };
    !decision.changes.is_empty() && !decision.changes.iter().any(by_other)
}

/// The limit that Home Assistant had changed, where that is what was decided.
fn lowered(decision: &Decision) -> Option<Limit> {
    let by = |change: &Change| matches!(change, Change::Acted { actor: Actor::HomeAssistant });
    let limit = |change: &Change| match change {
        Change::Limit { limit, .. } => Some((**limit).clone()),
        _ => None,
    };
    let acted = decision.changes.iter().any(by);
    decision.changes.iter().find_map(limit).filter(|_| acted)
}

impl Store for Mortal {
    type Error = TurnFault;

    fn book(&self) -> &Book {
        self.store.book()
    }

    async fn begin(&mut self, needs: &[Needs], now: UnixMs) -> Result<(), TurnFault> {
        if self.crash == Crash::AtBegin {
            return Err(self.dies());
        }
        if self.disk_fails(DiskFault::Unreadable) {
            return Err(TurnFault::Disk("disk I/O error"));
        }
        self.deciding.clear();
        self.digests = needs.iter().map(|need| need.message.clone()).collect();
        let mut orders: Vec<_> = needs.iter().filter_map(|need| need.order.as_ref()).collect();
        orders.sort();
        if orders.windows(2).any(|two| two[0] == two[1]) {
            reached(Mark::TwoOfOneOrder);
        }
        Ok(self.store.begin(needs, now).await?)
    }

    fn facts(&self, needs: &Needs, chance: u8) -> Facts<'_> {
        self.store.facts(needs, chance)
    }

    async fn ping(&mut self) -> bool {
        self.failing.is_none() && self.store.ping().await
    }

    fn mark_progress(&mut self) {
        self.store.mark_progress();
    }

    fn blames_the_work(error: &TurnFault) -> bool {
        match error {
            TurnFault::Crashed | TurnFault::Disk(_) => false,
            TurnFault::Store(error) => SqliteStore::blames_the_work(error),
        }
    }

    async fn commits(&mut self) -> bool {
        self.failing.is_none() && self.store.commits().await
    }

    async fn prune(&mut self, now: UnixMs) -> Result<(), TurnFault> {
        Ok(self.store.prune(now).await?)
    }

    fn cached_reply(&self, digest: &str) -> Option<Publication> {
        self.store.cached_reply(digest)
    }

    fn write(&mut self, kind: &'static str, decision: &Decision, spoken: EncodedEffects) {
        let digest = self.digests.pop_front().flatten();
        let by_owner = kind == "owner_wished" && digest.is_none() && is_owners(decision);
        if kind == "clock_ticked" && !(self.deciding.is_empty() && self.digests.is_empty()) {
            reached(Mark::TickAmongOthers);
        }
        self.deciding.push(Decided {
            digest,
            said: spoken.publications.clone(),
            by_owner,
            lowered: lowered(decision),
        });
        self.store.write(kind, decision, spoken);
    }

    async fn commit(&mut self) -> Result<Vec<Outgoing>, TurnFault> {
        if self.disk_fails(DiskFault::Full) {
            return Err(TurnFault::Disk("database or disk is full"));
        }
        match self.crash {
            Crash::BeforeCommit => Err(self.dies()),
            Crash::InCommit(statements) => {
                cut_after(Some(statements));
                let stood = self.store.commit().await.is_ok();
                cut_after(None);
                if stood {
                    self.stands();
                }
                Err(self.dies())
            }
            Crash::AfterCommit => {
                self.store.commit().await?;
                self.stands();
                Err(self.dies())
            }
            Crash::Never | Crash::AtBegin | Crash::WhileTelling => {
                let outgoing = self.store.commit().await?;
                self.stands();
                self.is_gone = self.crash == Crash::WhileTelling;
                Ok(outgoing)
            }
        }
    }

    async fn abandon(&mut self) -> Result<(), TurnFault> {
        if self.is_gone {
            return Err(TurnFault::Crashed);
        }
        if self.disk_fails(DiskFault::Unreadable) {
            return Err(TurnFault::Disk("disk I/O error"));
        }
        Ok(self.store.abandon().await?)
    }

    async fn outbox(&mut self) -> Result<Vec<Outgoing>, TurnFault> {
        Ok(self.store.outbox().await?)
    }

    fn published(&mut self, id: u64) {
        self.store.published(id);
    }
}
