//! The arguments of `homepay tariff`.

use crate::cli::usage::FileOptions;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub(in crate::cli) enum TariffCommand {
    /// The household's tariffs with their price now, and the shipped ones
    List,
    /// One tariff: its windows, tiers, prices and versions
    Show {
        /// The household's id for it, a shipped id, or a file
        tariff: String,
        /// As it is at this time; else now
        #[arg(long, value_name = "TIME")]
        at: Option<Timestamp>,
    },
    /// Market prices of today, and of tomorrow where they are known
    Prices {
        /// One list; else all
        list: Option<String>,
    },
    /// Who publishes market prices that can be read, and who use
    Sources,
    /// What use costs between two days; the daemon may be off
    Bill(Box<BillArgs>),
    /// Compute every bill that was made anew; what differs is put right by the next bill
    Rerate {
        /// Only tell what would differ
        #[arg(long)]
        dry_run: bool,
    },
    /// Make a tariff file of another format
    Import {
        #[command(subcommand)]
        command: ImportCommand,
    },
}

#[derive(Subcommand, Debug)]
pub(in crate::cli) enum ImportCommand {
    /// A rate of OpenEI's Utility Rate Database, as JSON
    Urdb {
        /// The JSON file
        file: PathBuf,
        /// Where the tariff is written; else standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// What its ladders mean, where several windows have tiers: individual or combined
        #[arg(long)]
        tiers: Option<String>,
        /// The utility's zone, by IANA; else the home's
        #[arg(long)]
        zone: Option<String>,
        /// The first day on which it holds, where the file does not say
        #[arg(long)]
        from: Option<Date>,
        /// The home sends nothing out: what is paid for that is left out
        #[arg(long)]
        no_export: bool,
    },
}

#[derive(Args, Debug)]
pub(in crate::cli) struct BillArgs {
    /// The household's id for it, a shipped id, or a file; without it all of the household's
    pub(super) of: Option<String>,
    /// The same
    #[arg(long, conflicts_with = "of")]
    pub(super) tariff: Option<String>,
    /// The first day
    #[arg(long)]
    pub(super) from: Date,
    /// The day after the last
    #[arg(long)]
    pub(super) to: Date,
    /// Use from a file: CSV with the columns start, kWh and perhaps end, or as for usage import
    #[arg(long = "use", value_name = "FILE", conflicts_with_all = ["kwh", "register"])]
    pub(super) used: Option<PathBuf>,
    #[command(flatten)]
    pub(super) said: FileOptions,
    /// Use in total, for a tariff of one window
    #[arg(long, value_name = "N", conflicts_with = "register")]
    pub(super) kwh: Option<String>,
    /// Use of one window in total, such as peak=300; in order of time where tiers are crossed so
    #[arg(long, value_name = "WINDOW=N")]
    pub(super) register: Vec<String>,
    /// What the tiers' counter had reached before
    #[arg(long, value_name = "N")]
    pub(super) prior: Option<String>,
    /// How use that crosses a tier is divided: proportional or chronological
    #[arg(long)]
    pub(super) split: Option<String>,
    /// Market prices: CSV or JSON with start, value and perhaps end
    #[arg(long, value_name = "FILE")]
    pub(super) spot: Option<PathBuf>,
    /// What the market prices are in, where the file does not say
    #[arg(long, value_name = "UNIT")]
    pub(super) spot_unit: Option<String>,
    /// How many people live there
    #[arg(long, value_name = "N")]
    pub(super) household_size: Option<u32>,
    /// The region whose baseline counts
    #[arg(long, value_name = "REGION")]
    pub(super) baseline: Option<String>,
    /// The day of the month on which months begin, 1 to 31
    #[arg(long, value_name = "DAY")]
    pub(super) billing_day: Option<u8>,
    /// The first day of some billing cycle
    #[arg(long, value_name = "DAY")]
    pub(super) cycle_start: Option<Date>,
    /// How many months a billing cycle has
    #[arg(long, value_name = "N")]
    pub(super) cycle_months: Option<u8>,
}

impl BillArgs {
    /// Which tariff is asked for.
    pub(super) fn wanted(&self) -> Option<&str> {
        self.of.as_deref().or(self.tariff.as_deref())
    }

    /// What is said here that only counts for use that is given: the store's is billed by the household.
    pub(super) fn only_for_given(&self) -> Option<&'static str> {
        let said = [
            (self.prior.is_some(), "--prior"),
            (self.split.is_some(), "--split"),
            (self.spot.is_some() || self.spot_unit.is_some(), "--spot"),
            (self.household_size.is_some(), "--household-size"),
            (self.baseline.is_some(), "--baseline"),
            (self.billing_day.is_some(), "--billing-day"),
            (self.cycle_start.is_some(), "--cycle-start"),
            (self.cycle_months.is_some(), "--cycle-months"),
        ];
        said.into_iter().find(|(is_said, _)| *is_said).map(|(_, name)| name)
    }

    /// True when use is given here, and not the store's.
    pub(super) fn gives_use(&self) -> bool {
        self.used.is_some() || self.kwh.is_some() || !self.register.is_empty()
    }
}
