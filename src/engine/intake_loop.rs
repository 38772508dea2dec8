//! Drives the [`Intake`] with tokio: it awaits what the broker brings and room in the queue, and
//! nothing else.

use super::Input;
use super::intake::{Intake, IntakeOutputs};
use super::time_point::TimePoint;
use homepay_ports::{BooksClock, Broker, LinkEvent};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;

/// Takes what the broker brings until it brings no more, or the engine has ended.
pub async fn run<C: BooksClock>(
    mut intake: Intake,
    clock: C,
    bus: Arc<dyn Broker>,
    mut events: mpsc::Receiver<LinkEvent>,
    queue: mpsc::Sender<Input>,
) {
    let began = Instant::now();
    let mut out = IntakeOutputs::default();
    while let Some(event) = events.recv().await {
        intake.handle(event, &TimePoint::of(&clock, began), &mut out);
        for input in out.inputs.drain(..) {
            if queue.send(input).await.is_err() {
                return;
            }
        }
        out.acks.drain(..).for_each(|ack| bus.ack(ack));
        for (id, publication) in out.publications.drain(..) {
            // Where there is no room whoever asked asks again.
            let _ = bus.publish(id, publication);
        }
    }
}
