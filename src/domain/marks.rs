//! Marks of branches that matter and are seldom gone: the simulation fails where none of its worlds
//! reached one. Without the feature `planted-faults` there is nothing of them in the program.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The wallet says yes to an order that was given up: it is taken back.
    LateYesTakenBack,
    /// The wallet has never heard of a payment, by both clocks: the order ends unpaid.
    AbsentProven,
    /// The wallet has never heard of a payment: the same step is tried again, under the same key.
    AbsentRepeated,
    /// The wallet shows another payment under this id.
    WalletDisagrees,
    /// A PIN was wrong too often: its order is locked.
    PinLocked,
    /// Too many wrong guesses at a device.
    Guessing,
    /// A message that was decided came again.
    CameAgain,
    /// An order that waited was judged again and declined.
    JudgedAgainDeclined,
    /// A limit that was edited takes in what orders took before.
    LimitCountsAnew,
    /// What came back was less than was captured: some of it is kept.
    PartlyRefunded,
    /// A turn failed and its work waits.
    TurnFailed,
    /// A turn failed and the books could not be read again at once.
    BooksDirty,
    /// The store commits again after an outage.
    StoreRecovered,
    /// An owner, speaker or entity was refused since the store fails.
    RefusedInOutage,
    /// A PIN waited while another was compared.
    PinWaited,
    /// Two things of one order were decided in one turn.
    TwoOfOneOrder,
    /// A tick was decided in one turn with something else.
    TickAmongOthers,
    /// The wallet's worker held requests back while the house was busy.
    WalletPutOff,
    /// Payments in doubt were hurried as the wallet answered clearly again.
    DoubtHurried,
    /// A signed message was refused while a leap of the clock is not believed.
    ClockHeld,
    /// A reading was not taken as use at once.
    ReadingHeld,
    /// A number of an entity took the place of one that waited.
    NumberSuperseded,
    /// A speaker that does not sign said too much.
    SaidTooMuch,
    /// Words that say nothing met an open question.
    Misheard,
}

pub const MARKS: [Mark; 24] = [
    Mark::LateYesTakenBack,
    Mark::AbsentProven,
    Mark::AbsentRepeated,
    Mark::WalletDisagrees,
    Mark::PinLocked,
    Mark::Guessing,
    Mark::CameAgain,
    Mark::JudgedAgainDeclined,
    Mark::LimitCountsAnew,
    Mark::PartlyRefunded,
    Mark::TurnFailed,
    Mark::BooksDirty,
    Mark::StoreRecovered,
    Mark::RefusedInOutage,
    Mark::PinWaited,
    Mark::TwoOfOneOrder,
    Mark::TickAmongOthers,
    Mark::WalletPutOff,
    Mark::DoubtHurried,
    Mark::ClockHeld,
    Mark::ReadingHeld,
    Mark::NumberSuperseded,
    Mark::SaidTooMuch,
    Mark::Misheard,
];

#[cfg(feature = "planted-faults")]
mod reached {
    use super::{MARKS, Mark};
    use std::sync::atomic::{AtomicU64, Ordering};

    const _: () = assert!(MARKS.len() <= 64, "one bit each");

    static REACHED: AtomicU64 = AtomicU64::new(0);

    /// A world came here.
    pub fn reached(mark: Mark) {
        REACHED.fetch_or(1 << mark as u64, Ordering::Relaxed);
    }

    /// Those that no world came to in this process.
    pub fn never_reached() -> Vec<Mark> {
        let reached = REACHED.load(Ordering::Relaxed);
        MARKS.into_iter().filter(|mark| reached & (1 << *mark as u64) == 0).collect()
    }
}

#[cfg(not(feature = "planted-faults"))]
mod reached {
    /// Nothing: the feature is off.
    #[inline(always)]
    pub const fn reached(_mark: super::Mark) {}
}

pub use reached::*;
