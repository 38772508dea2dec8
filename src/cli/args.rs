//! The arguments.

use super::bills::BillCommand;
use super::clock_command::ClockCommand;
use super::console_command::ConsoleSubcommand;
use super::device_args::DeviceCommand;
use super::limit_fields::LimitFields;
use super::notify_command::NotifyCommand;
use super::owner::OwnerSubcommand;
use super::statement::StatementArgs;
use super::tariff::TariffCommand;
use super::usage::UsageCommand;
use super::voice::VoiceCommand;
use clap::{Parser, Subcommand};
use clap_complete::Shell;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A smart-home voice-payment hub: what a home uses, joined with what it may spend.
#[derive(Parser, Debug)]
#[command(name = "homepay", version, about, arg_required_else_help = true)]
pub struct Args {
    /// The configuration; else $HOMEPAY_CONFIG, ./homepay.toml, the XDG folder, /etc/homepay
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// One JSON document on standard output instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// zh-CN or en; else the home's language
    #[arg(long, global = true, value_name = "LANG")]
    pub lang: Option<String>,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Play a whole household in one process, and tell what happens
    Demo {
        /// Play the fixed script, print a summary and exit 0 only if it ended as it should
        #[arg(long)]
        once: bool,
        /// Seed of what varies
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Run the daemon
    Run {
        /// Begin new books where there were some that are lost: all limits start from zero
        #[arg(long)]
        new_books: bool,
    },
    /// Check configuration and household, and list every problem
    Check,
    /// Put a household file in force, all or nothing
    Apply {
        /// The household, TOML
        file: PathBuf,
        /// Only show what would change
        #[arg(long)]
        dry_run: bool,
    },
    /// Print the household in force as TOML, with the keys of devices and owners, without PINs
    Export {
        /// A file for it, readable by its owner only, instead of standard output
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Show how the home stands: limits, tariffs, orders that wait
    Status,
    /// List, explain, approve, cancel and refund orders
    Order {
        #[command(subcommand)]
        command: OrderCommand,
    },
    /// List, set and remove limits
    Limit {
        #[command(subcommand)]
        command: LimitCommand,
    },
    /// Stop taking orders, from one device or from all
    Freeze {
        /// The device; without it the whole home
        device: Option<String>,
    },
    /// Take orders again, from one device or from all
    Thaw {
        /// The device; without it the whole home
        device: Option<String>,
    },
    /// List, add and try devices; manage their keys
    Device {
        #[command(subcommand)]
        command: DeviceCommand,
    },
    /// List, add and remove members; set PINs
    Member {
        #[command(subcommand)]
        command: MemberCommand,
    },
    /// Show use and its cost by day, or what a run would cost
    #[command(args_conflicts_with_subcommands = true)]
    Usage {
        #[command(subcommand)]
        command: Option<UsageCommand>,
        /// Only this device
        #[arg(long)]
        device: Option<String>,
        /// today, yesterday, month, last-month, or YYYY-MM
        #[arg(long, default_value = "month")]
        period: String,
    },
    /// Show, check and import tariffs; compute bills
    Tariff {
        #[command(subcommand)]
        command: TariffCommand,
    },
    /// List, acknowledge and snooze alerts
    Alert {
        #[command(subcommand)]
        command: AlertCommand,
    },
    /// Show how people are told, and try it
    Notify {
        #[command(subcommand)]
        command: NotifyCommand,
    },
    /// Show what was spent against each budget
    Budget {
        #[command(subcommand)]
        command: BudgetCommand,
    },
    /// List, enter, pay and cancel bills
    Bill {
        #[command(subcommand)]
        command: BillCommand,
    },
    /// Print the money that moved, as a table or for accounting programs
    Statement(StatementArgs),
    /// Show the wallet's status and balance; reconcile it with the books
    Wallet {
        #[command(subcommand)]
        command: WalletCommand,
    },
    /// Let phones in the home's network reach the console, or not
    Console {
        #[command(subcommand)]
        command: ConsoleSubcommand,
    },
    /// Give an owner a new password at the console
    Owner {
        #[command(subcommand)]
        command: OwnerSubcommand,
    },
    /// Show and verify the hash-chained journal
    Journal {
        #[command(subcommand)]
        command: JournalCommand,
    },
    /// Compare the books' time with the machine's clock, and confirm or undo a leap
    Clock {
        #[command(subcommand)]
        command: ClockCommand,
    },
    /// Create, verify and restore backups of the books
    Backup {
        #[command(subcommand)]
        command: BackupCommand,
    },
    /// Run the sandbox wallet, for tests, as a process of its own
    SandboxWallet(SandboxArgs),
    /// Print version, configuration without secrets and health, for a bug report
    Report,
    /// Write files for other voice assistants
    Voice {
        #[command(subcommand)]
        command: VoiceCommand,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Subcommand, Debug)]
pub(super) enum OrderCommand {
    /// List orders, newest first
    List {
        /// Only those that stand so, such as awaiting_approval
        #[arg(long)]
        state: Option<String>,
        /// How many
        #[arg(long, default_value_t = 50)]
        limit: i64,
    },
    /// Show one order
    Show { id: String },
    /// Show every rule that was checked, and which one failed
    Explain { id: String },
    /// Approve an order that waits for the owner
    Approve { id: String },
    /// Reject an order that waits for the owner
    Reject { id: String },
    /// Withdraw an order that is not paid
    Cancel { id: String },
    /// Give money back
    Refund {
        id: String,
        /// How much; all that is left without it
        #[arg(long)]
        amount: Option<String>,
    },
    /// Confirm the delivery: capture what is held
    Fulfil {
        id: String,
        /// How much of the hold; all without it
        #[arg(long)]
        amount: Option<String>,
    },
}

#[derive(Subcommand, Debug)]
pub(super) enum BudgetCommand {
    /// Each budget with what came over, what was spent and what is left
    List {
        /// In the periods of this day; today without it
        #[arg(long)]
        day: Option<jiff::civil::Date>,
    },
}

#[derive(Subcommand, Debug)]
pub(super) enum LimitCommand {
    /// Limits with what is used, held and left
    List,
    /// Make a limit, or change the fields that are named of one; "none" takes a field away
    Set(Box<LimitSet>),
    /// Take a limit out of force
    Remove { id: String },
}

#[derive(clap::Args, Debug)]
pub(super) struct LimitSet {
    /// Its id
    pub id: String,
    /// For a new one: home, or KEY=NAME with device, room, member, category, payee; all must match
    #[arg(long, num_args = 1.., value_name = "SCOPE")]
    pub scope: Vec<String>,
    #[command(flatten)]
    pub fields: LimitFields,
}

#[derive(Subcommand, Debug)]
pub(super) enum KeyCommand {
    /// Make a key, show it once, and let it sign from now on
    Add {
        device: String,
        /// The key's id; the next free k1, k2, … without it
        #[arg(long)]
        key: Option<String>,
    },
    /// Retire a key: it can no longer sign
    Retire { device: String, key: String },
}

#[derive(Subcommand, Debug)]
pub(super) enum MemberCommand {
    /// List all members
    List,
    /// Add somebody
    Add {
        id: String,
        #[arg(long)]
        name: Option<String>,
        /// owner, adult, child, guest
        #[arg(long, default_value = "adult")]
        role: String,
    },
    /// Remove somebody
    Remove { id: String },
    /// Set a PIN, typed at the terminal
    Pin { id: String },
}

#[derive(Subcommand, Debug)]
pub(super) enum AlertCommand {
    /// List alerts that fired
    List,
    /// Acknowledge an alert
    Ack { id: String },
    /// Silence an alert for a while
    Snooze {
        id: String,
        /// How long, such as 2h or 3d
        #[arg(long = "for", value_name = "SPAN")]
        span: String,
    },
}

#[derive(Subcommand, Debug)]
pub(super) enum WalletCommand {
    /// Whether it answers, and what is unsettled
    Status,
    /// Show the balance of the wallet
    Balance,
    /// Compare its statement with the journal, line by line
    Reconcile {
        /// The first day
        #[arg(long)]
        from: Option<jiff::civil::Date>,
        /// The day after the last
        #[arg(long)]
        to: Option<jiff::civil::Date>,
    },
}

#[derive(Subcommand, Debug)]
pub(super) enum JournalCommand {
    /// The newest entries
    Show {
        #[arg(long, default_value_t = 20)]
        limit: i64,
    },
    /// Show how an owner proved the approval of an order, to be verified outside
    Proof {
        /// The order's id
        order: String,
    },
    /// Read the whole chain again and compute every balance from it
    Verify,
}

#[derive(Subcommand, Debug)]
pub(super) enum BackupCommand {
    /// Copy the books while the daemon goes on
    Create { file: PathBuf },
    /// Check a copy
    Verify { file: PathBuf },
    /// Put a copy in the place of the books; the daemon must be off
    Restore { file: PathBuf },
}

#[derive(clap::Args, Debug)]
pub(super) struct SandboxArgs {
    /// Where it listens for signed calls
    #[arg(long)]
    pub listen: SocketAddr,
    /// Where it listens for tests: unsigned, loopback only
    #[arg(long)]
    pub admin: Option<SocketAddr>,
    /// Its own books
    #[arg(long)]
    pub db: PathBuf,
    /// Whose account it keeps
    #[arg(long, default_value = "home-1")]
    pub account: String,
    #[arg(long, default_value = "CNY")]
    pub currency: String,
    /// What is in it at its first start
    #[arg(long, default_value = "500.00")]
    pub balance: String,
    /// The id of the keys
    #[arg(long, default_value = "k1")]
    pub key_id: String,
    /// Holds base64: and 32 bytes; signs requests
    #[arg(long)]
    pub request_key_file: PathBuf,
    /// Holds base64: and 32 bytes; signs responses
    #[arg(long)]
    pub response_key_file: PathBuf,
    /// Where callbacks go
    #[arg(long, requires = "callback_secret_file")]
    pub callback_url: Option<String>,
    /// Holds whsec_ and base64; signs callbacks
    #[arg(long)]
    pub callback_secret_file: Option<PathBuf>,
}
