//! Faults that can be planted to prove that the simulation's auditor catches them.
//!
//! Without the feature `planted-faults` every question here is a constant `false`.

/// A fault of the kind that peers have had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InjectedFault {
    /// A retry pays under a new id instead of asking about the old one.
    NewKeyPerTry,
    /// The broker is told before the store.
    AckBeforeCommit,
    /// The wallet is asked before the store knows of it.
    SendBeforeCommit,
    /// Open orders take no room.
    HoldNotCounted,
    /// Silence is taken for a no.
    UnknownReadAsDeclined,
    /// The same bytes are a new order.
    RedeliveryNotRecognised,
    /// Spending is booked into the period in which it was captured.
    WindowKeyAtCapture,
    /// A refund gives an order's count back.
    RefundRestoringACount,
    /// What only sounds or looks like a name is bought without its number.
    AlikeBought,
    /// What a failed turn was about is forgotten.
    BatchDropped,
    /// The clock is believed whatever it shows.
    LeapBelieved,
    /// A wallet's answer is taken whatever amount it names.
    AmountNotCompared,
    /// An order is taken from a message that the broker kept.
    RetainedTaken,
    /// An edit stands whatever its owner had seen.
    EditUnseen,
    /// What an owner was told is not done is done later.
    RefusedDoneLater,
    /// What a counter rose by is counted twice.
    UseCountedTwice,
    /// An alert fires as often as its cause is seen.
    AlertToldTwice,
    /// Home Assistant raises a limit.
    EntityRaises,
    /// A bill that is paid is paid again when its owner says so.
    BillPaidAgain,
}

/// Every fault, for the test that plants each.
pub const INJECTED_FAULTS: [InjectedFault; 19] = [
    InjectedFault::NewKeyPerTry,
    InjectedFault::AckBeforeCommit,
    InjectedFault::SendBeforeCommit,
    InjectedFault::HoldNotCounted,
    InjectedFault::UnknownReadAsDeclined,
    InjectedFault::RedeliveryNotRecognised,
    InjectedFault::WindowKeyAtCapture,
    InjectedFault::RefundRestoringACount,
    InjectedFault::AlikeBought,
    InjectedFault::BatchDropped,
    InjectedFault::LeapBelieved,
    InjectedFault::AmountNotCompared,
    InjectedFault::RetainedTaken,
    InjectedFault::EditUnseen,
    InjectedFault::RefusedDoneLater,
    InjectedFault::UseCountedTwice,
    InjectedFault::AlertToldTwice,
    InjectedFault::EntityRaises,
    InjectedFault::BillPaidAgain,
];

#[cfg(feature = "planted-faults")]
mod switch {
    use super::InjectedFault;
    use std::cell::Cell;

    thread_local! {
        static ON: Cell<Option<InjectedFault>> = const { Cell::new(None) };
        static CUT: Cell<Option<u32>> = const { Cell::new(None) };
    }

    /// Lets a commit on this thread end after so many of its statements, or none.
    pub fn cut_after(statements: Option<u32>) {
        CUT.with(|cut| cut.set(statements));
    }

    /// True when the process ends before the next statement of a commit.
    pub fn is_cut() -> bool {
        CUT.with(|cut| {
            let left = cut.get();
            cut.set(left.map(|n| n.saturating_sub(1)));
            left == Some(0)
        })
    }

    /// Plants one fault on this thread, or none.
    pub fn inject(fault: Option<InjectedFault>) {
        ON.with(|on| on.set(fault));
    }

    /// True while the fault is planted on this thread.
    pub fn is_injected(fault: InjectedFault) -> bool {
        ON.with(|on| on.get() == Some(fault))
    }
}

#[cfg(not(feature = "planted-faults"))]
mod switch {
    /// Always false: the feature is off.
    #[inline(always)]
    pub const fn is_injected(_fault: super::InjectedFault) -> bool {
        false
    }

    /// Always false: the feature is off.
    #[inline(always)]
    pub const fn is_cut() -> bool {
        false
    }
}

pub use switch::*;
