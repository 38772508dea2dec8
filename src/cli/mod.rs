//! The command line.

mod args;
mod bills;
mod books;
mod client;
mod clock_command;
mod console_address;
mod console_command;
mod demo;
mod device_args;
mod devices;
mod heard;
mod house;
mod limit_fields;
mod notify_command;
mod orders;
mod out;
mod owner;
mod run_command;
mod statement;
mod status_command;
mod tariff;
mod unused_file;
mod usage;
mod voice;
mod wallet_command;
mod warnings;

use crate::lifecycle;
pub use args::Args;
use args::{BudgetCommand, Command};
use clap::{CommandFactory, Parser};
use client::Client;
use out::Out;
use std::process::ExitCode;

/// How a command ends. CONTRACT, "Conventions".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    /// A check failed, or the answer is no.
    No = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// The daemon cannot be reached.
    Unreachable = 3,
}

/// Why a command did not do what it was to do.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    /// What is printed to standard error.
    pub message: String,
    /// The daemon's code for it, where it has one.
    pub code: Option<String>,
}

impl Failure {
    /// The answer is no.
    pub fn no(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::No, message: message.into(), code: None }
    }

    /// Wrong usage or configuration.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { exit: Exit::Usage, message: message.into(), code: None }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure::no(format!("{error:#}"))
    }
}

impl From<homepay_store::StoreError> for Failure {
    fn from(error: homepay_store::StoreError) -> Failure {
        Failure::no(error.to_string())
    }
}

/// What a command that did its work gives.
pub type Done = Result<Exit, Failure>;

/// Reads the arguments and does what they say.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // `--help` and `--version` come this way too, and are no fault.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            let _ = error.print();
            return ExitCode::from(exit as u8);
        }
    };
    // What is written for other programs to read is as readable as its user wants it to be.
    let is_for_others =
        matches!(args.command, Command::Voice { .. } | Command::Man | Command::Completions { .. });
    lifecycle::keep_private(!is_for_others);
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = match threads {
        Ok(runtime) => {
            let done = runtime.block_on(command(args));
            // Nothing waits for a thread that still reads a terminal.
            runtime.shutdown_background();
            done
        }
        Err(error) => Err(Failure::no(format!("threads cannot be started: {error}"))),
    };
    match done {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(failure) => {
            complain(&failure.message);
            ExitCode::from(failure.exit as u8)
        }
    }
}

#[expect(clippy::print_stderr, reason = "errors of the command line go to standard error")]
fn complain(message: &str) {
    eprintln!("{message}");
}

async fn command(args: Args) -> Done {
    let out = Out { json: args.json };
    match args.command {
        Command::Demo { once, seed } => demo::demo(once, seed, args.lang.as_deref(), out).await,
        Command::SandboxWallet(options) => wallet_command::sandbox(options).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Args::command(), "homepay", &mut std::io::stdout());
            Ok(Exit::Done)
        }
        Command::Man => {
            let page = clap_mangen::Man::new(Args::command());
            let written = page.render(&mut std::io::stdout());
            written.map_err(|e| Failure::no(e.to_string()))?;
            Ok(Exit::Done)
        }
        Command::Run { new_books } => {
            run_command::run(args.config.as_deref(), args.lang.as_deref(), new_books).await
        }
        Command::Check => run_command::check(args.config.as_deref(), out).await,
        other => with_settings(other, args.config.as_deref(), args.lang.as_deref(), out).await,
    }
}

async fn with_settings(
    command: Command,
    config: Option<&std::path::Path>,
    lang: Option<&str>,
    out: Out,
) -> Done {
    let loaded = run_command::load(config, lang)?;
    let home = &loaded.settings.home;
    let client = Client::new(&home.state_dir, home.language);
    match command {
        Command::Apply { file, dry_run } => {
            house::apply(&loaded, &client, &file, dry_run, out).await
        }
        Command::Export { out: file } => {
            house::export(&loaded, &client, file.as_deref(), out).await
        }
        Command::Order { command } => orders::order(&client, command, out).await,
        Command::Status => status_command::status(&client, out).await,
        Command::Limit { command } => orders::limit(&client, command, out).await,
        Command::Freeze { device } => orders::freeze(&client, device, true, out).await,
        Command::Thaw { device } => orders::freeze(&client, device, false, out).await,
        Command::Device { command } => house::device(&loaded, &client, command, out).await,
        Command::Member { command } => house::member(&loaded, &client, command, out).await,
        Command::Usage { command, device, period } => {
            usage::usage(&loaded, &client, (command, device, &period), out).await
        }
        Command::Tariff { command } => tariff::tariff(&loaded, &client, command, out).await,
        Command::Alert { command } => orders::alert(&loaded, &client, command, out).await,
        Command::Notify { command } => notify_command::notify(&client, command, out).await,
        Command::Wallet { command } => wallet_command::wallet(&client, command, out).await,
        Command::Journal { command } => books::journal(&loaded, &client, command, out).await,
        Command::Clock { command } => clock_command::clock(&client, command, out).await,
        Command::Backup { command } => books::backup(&loaded, &client, command, out).await,
        Command::Voice { command } => voice::voice(&loaded, &client, command, out).await,
        Command::Bill { command } => bills::bill(&client, command, out).await,
        Command::Budget { command: BudgetCommand::List { day } } => {
            statement::budgets(&loaded, day, out).await
        }
        Command::Statement(args) => statement::statement(&loaded, &args, out).await,
        Command::Console { command } => console_command::console(&client, command, out).await,
        Command::Owner { command } => owner::owner(&loaded, &client, command, out).await,
        Command::Report => books::report(&loaded, &client, out).await,
        Command::Demo { .. }
        | Command::Run { .. }
        | Command::Check
        | Command::SandboxWallet(_)
        | Command::Completions { .. }
        | Command::Man => unreachable!("handled before the configuration is read"),
    }
}
