//! The command line, from its own definition.

use clap::{Arg, Command, CommandFactory};
use std::fmt::Write;

/// The page.
pub(crate) fn page() -> String {
    let mut root = homepay::cli::Args::command();
    root.build();
    let mut out = String::from(
        "# Command line\n\nGlobal options stand before or after the subcommand. Exit codes: 0 done, 1 a \
         check failed or the answer is no, 2 wrong usage or configuration, 3 the daemon cannot be \
         reached. `homepay help COMMAND` shows the same.\n",
    );
    arguments(&mut out, &root, true);
    for command in listed(&root) {
        section(&mut out, command, "homepay", 2);
    }
    out
}

fn listed(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|one| one.get_name() != "help" && !one.is_hide_set())
}

fn section(out: &mut String, command: &Command, above: &str, depth: usize) {
    let name = format!("{above} {}", command.get_name());
    let marks = "#".repeat(depth);
    let _ = write!(out, "\n{marks} {name}\n");
    if let Some(about) = command.get_long_about().or(command.get_about()) {
        let _ = write!(out, "\n{about}.\n");
    }
    let is_group = command.is_subcommand_required_set() || listed(command).next().is_some();
    if !is_group || command.get_arguments().any(|arg| !common(arg)) {
        let _ = write!(out, "\n```text\n{}\n```\n", usage(command, &name));
    }
    arguments(out, command, false);
    for below in listed(command) {
        section(out, below, &name, depth + 1);
    }
}

/// What every command has, and the top of the page says.
fn common(arg: &Arg) -> bool {
    arg.is_global_set() || matches!(arg.get_id().as_str(), "help" | "version")
}

fn usage(command: &Command, name: &str) -> String {
    let mut parts = vec![name.to_owned()];
    let own: Vec<&Arg> = command.get_arguments().filter(|arg| !common(arg)).collect();
    for arg in own.iter().filter(|arg| !arg.is_positional() && arg.is_required_set()) {
        parts.push(spelled(arg));
    }
    if own.iter().any(|arg| !arg.is_positional() && !arg.is_required_set()) {
        parts.push("[OPTIONS]".to_owned());
    }
    for arg in own.iter().filter(|arg| arg.is_positional()) {
        let word = spelled(arg);
        parts.push(if arg.is_required_set() { word } else { format!("[{word}]") });
    }
    parts.join(" ")
}

fn spelled(arg: &Arg) -> String {
    let takes = arg.get_action().takes_values();
    let names = arg.get_value_names().unwrap_or_default();
    let value = names.first().map_or_else(|| arg.get_id().to_string(), ToString::to_string);
    match arg.get_long() {
        Some(long) if takes => format!("--{long} {value}"),
        Some(long) => format!("--{long}"),
        None => value,
    }
}

fn arguments(out: &mut String, command: &Command, is_top: bool) {
    let wanted = |arg: &&Arg| {
        let builtin = matches!(arg.get_id().as_str(), "help" | "version");
        !arg.is_hide_set() && !builtin && (is_top || !common(arg))
    };
    let own: Vec<&Arg> = command.get_arguments().filter(wanted).collect();
    if own.is_empty() {
        return;
    }
    out.push_str("\n| argument | |\n|---|---|\n");
    for arg in own {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let defaults: Vec<_> =
            arg.get_default_values().iter().map(|v| v.to_string_lossy()).collect();
        let default = match arg.get_action().takes_values() && !defaults.is_empty() {
            true => format!(" (default `{}`)", defaults.join(", ")),
            false => String::new(),
        };
        let words = arg.get_possible_values();
        let choice = match arg.get_action().takes_values() && !words.is_empty() {
            true => {
                let words: Vec<String> =
                    words.iter().map(|w| format!("`{}`", w.get_name())).collect();
                format!(" One of {}.", words.join(", "))
            }
            false => String::new(),
        };
        let help = help.replace('|', "\\|").replace('\n', " ");
        let _ = writeln!(out, "| `{}` | {help}{default}{choice} |", spelled(arg));
    }
}
