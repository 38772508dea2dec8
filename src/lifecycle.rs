//! Starting and stopping beside a service manager.

use futures_util::FutureExt;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Exit code of a stop that did not wait.
const HARD_STOP_CODE: i32 = 130;

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
