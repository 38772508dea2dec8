//! Starting and stopping beside a service manager; what a process of ours may show and hold.

use futures_util::FutureExt;
use rustix::fs::Mode;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit, umask,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Exit code of a stop that did not wait.
const HARD_STOP_CODE: i32 = 130;

/// File descriptors that are asked for, where the system lets us have so many: connections of the
/// broker take two each.
const FILES_MAX: u64 = 65_536;

/// Keeps secrets in the process: it is not dumped, by the kernel or by another process of its user.
/// Files that it makes are for their owner only, unless they are made for others.
pub fn keep_private(files_too: bool) {
    // Both fail only where the system forbids it, and then nothing is lost but the precaution.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    if files_too {
        umask(Mode::from_raw_mode(0o077));
    }
}

/// Takes as many file descriptors as the system lets us have, and says how many.
pub fn take_files() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(FILES_MAX, |maximum| maximum.min(FILES_MAX));
    // No limit at all is more than enough.
    let Some(now) = current.filter(|now| *now < wanted) else {
        return current.unwrap_or(FILES_MAX);
    };
    let raised = Rlimit { current: Some(wanted), maximum };
    if setrlimit(Resource::Nofile, raised).is_ok() { wanted } else { now }
}

pub fn machine_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Stops softly at the first SIGTERM or SIGINT and hard at the second.
///
/// # Errors
/// When signals cannot be listened to.
pub fn stop_on_signals(stop: CancellationToken) -> std::io::Result<()> {
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    let task = async move {
        for soft in [true, false] {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
            if soft {
                tracing::info!("stopping: finishing the turn; again to stop at once");
                stop.cancel();
            } else {
                std::process::exit(HARD_STOP_CODE);
            }
        }
    };
    tokio::spawn(task.boxed());
    Ok(())
}

/// Tells systemd that the hub serves.
pub fn ready() {
    notify(&[sd_notify::NotifyState::Ready]);
}

/// Tells systemd that the hub is stopping.
pub fn stopping() {
    notify(&[sd_notify::NotifyState::Stopping]);
}

/// Tells systemd that the hub is alive. Called only while the store answers.
pub fn alive() {
    notify(&[sd_notify::NotifyState::Watchdog]);
}

fn notify(states: &[sd_notify::NotifyState<'_>]) {
    // Without a service manager there is nobody to tell, and that is no fault.
    let _ = sd_notify::notify(states);
}
