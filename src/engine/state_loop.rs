//! Drives the [`StatePublisher`] with tokio.

use super::TICK_MS;
use super::state_publisher::{PublisherSetting, PublisherTask, StatePublisher};
use super::time_point::TimePoint;
use homepay_ports::{BooksClock, Broker};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

/// Publishes what is due until the engine has ended.
pub async fn run<C: BooksClock>(
    setting: PublisherSetting,
    clock: C,
    bus: Arc<dyn Broker>,
    mut tasks: mpsc::UnboundedReceiver<PublisherTask>,
) {
    let began = Instant::now();
    let mut publisher = StatePublisher::new(setting, TimePoint::of(&clock, began));
    let mut ticks = tokio::time::interval(Duration::from_millis(TICK_MS));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            // Speakers wait for words: they go before states.
            biased;
            task = tasks.recv() => match task {
                Some(task) => publisher.handle(task, clock.now()),
                None => return,
            },
            _ = ticks.tick() => publisher.advance(TimePoint::of(&clock, began), bus.is_up()),
        }
        if !publisher.publications().is_empty() {
            bus.hand_over(Vec::new(), publisher.publications());
        }
    }
}
