//! What alerts are about.

use serde::{Deserialize, Serialize};

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// Cost reached a band.
    CostBand,
    /// If it goes on like this, the cost will be above its bound.
    CostProjected,
    /// A dearer tier begins soon.
    TierAhead,
    /// A dearer tier has begun.
    TierCrossed,
    /// A device used far more than it usually does.
    UnusualUse,
    MeterReset,
    /// A counter rose more than it can.
    ReadingRejected,
    /// A device whose use costs is silent.
    MeterSilent,
    /// Market prices of the next hours are not known.
    PricesMissing,
    /// A PIN was wrong too often.
    PinLocked,
    /// Too many wrong numbers and PINs were said at a device.
    Guessing,
    /// The wallet gives no answer.
    WalletUnreachable,
    /// There is little left in the wallet.
    WalletLow,
    /// A bill was not paid.
    BillUnpaid,
    /// Money did not come back.
    RefundFailed,
    /// A bill that was entered falls due.
    BillDue,
    /// An order did not pay such a bill.
    BillRefused,
    /// The books could not be written for a while.
    StoreFailed,
    /// Something could not be written, and was given up.
    WorkSetAside,
    /// The clock of the machine leapt, and is not believed.
    ClockLeapt,
    /// What the tables say is not what the journal says.
    BooksUnsound,
    /// Books were begun anew where there had been some.
    BooksBegun,
    /// The wallet knows payments that the books do not.
    PaymentsUnknown,
    /// What the wallet says of a payment is not what was asked of it.
    WalletDisagrees,
    /// Somebody signed in at the console.
    SignIn,
    /// What a member proves who they are by was changed, or a recovery code was used.
    CredentialsChanged,
    /// A person could not be told by one of the ways of the configuration.
    NotifyFailed,
}

/// Every kind, for tests and tables.
pub const ALERT_KINDS: [AlertKind; 27] = [
    AlertKind::CostBand,
    AlertKind::CostProjected,
    AlertKind::TierAhead,
    AlertKind::TierCrossed,
    AlertKind::UnusualUse,
    AlertKind::MeterReset,
    AlertKind::ReadingRejected,
    AlertKind::MeterSilent,
    AlertKind::PricesMissing,
    AlertKind::PinLocked,
    AlertKind::Guessing,
    AlertKind::WalletUnreachable,
    AlertKind::WalletLow,
    AlertKind::BillUnpaid,
    AlertKind::RefundFailed,
    AlertKind::BillDue,
    AlertKind::BillRefused,
    AlertKind::StoreFailed,
    AlertKind::WorkSetAside,
    AlertKind::ClockLeapt,
    AlertKind::BooksUnsound,
    AlertKind::BooksBegun,
    AlertKind::PaymentsUnknown,
    AlertKind::WalletDisagrees,
    AlertKind::SignIn,
    AlertKind::CredentialsChanged,
    AlertKind::NotifyFailed,
];

impl AlertKind {
    /// The name in payloads and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            AlertKind::CostBand => "cost_band",
            AlertKind::CostProjected => "cost_projected",
            AlertKind::TierAhead => "tier_ahead",
            AlertKind::TierCrossed => "tier_crossed",
            AlertKind::UnusualUse => "unusual_use",
            AlertKind::MeterReset => "meter_reset",
            AlertKind::ReadingRejected => "reading_rejected",
            AlertKind::MeterSilent => "meter_silent",
            AlertKind::PricesMissing => "prices_missing",
            AlertKind::PinLocked => "pin_locked",
            AlertKind::Guessing => "guessing",
            AlertKind::WalletUnreachable => "wallet_unreachable",
            AlertKind::WalletLow => "wallet_low",
            AlertKind::BillUnpaid => "bill_unpaid",
            AlertKind::RefundFailed => "refund_failed",
            AlertKind::BillDue => "bill_due",
            AlertKind::BillRefused => "bill_refused",
            AlertKind::StoreFailed => "store_failed",
            AlertKind::WorkSetAside => "work_set_aside",
            AlertKind::ClockLeapt => "clock_leapt",
            AlertKind::BooksUnsound => "books_unsound",
            AlertKind::BooksBegun => "books_begun",
            AlertKind::PaymentsUnknown => "payments_unknown",
            AlertKind::WalletDisagrees => "wallet_disagrees",
            AlertKind::SignIn => "sign_in",
            AlertKind::CredentialsChanged => "credentials_changed",
            AlertKind::NotifyFailed => "notify_failed",
        }
    }

    /// True for alerts that end by themselves: what they warned of is over, and that is told.
    pub fn ends_by_itself(self) -> bool {
        match self {
            AlertKind::MeterSilent
            | AlertKind::ReadingRejected
            | AlertKind::PricesMissing
            | AlertKind::WalletLow
            | AlertKind::NotifyFailed
            | AlertKind::ClockLeapt
            | AlertKind::BooksUnsound => true,
            AlertKind::CostBand
            | AlertKind::CostProjected
            | AlertKind::TierAhead
            | AlertKind::TierCrossed
            | AlertKind::UnusualUse
            | AlertKind::MeterReset
            | AlertKind::PinLocked
            | AlertKind::Guessing
            | AlertKind::WalletUnreachable
            | AlertKind::BillUnpaid
            | AlertKind::RefundFailed
            | AlertKind::BillDue
            | AlertKind::BillRefused
            | AlertKind::StoreFailed
            | AlertKind::WorkSetAside
            | AlertKind::BooksBegun
            | AlertKind::PaymentsUnknown
            | AlertKind::WalletDisagrees
            | AlertKind::SignIn
            | AlertKind::CredentialsChanged => false,
        }
    }
}
