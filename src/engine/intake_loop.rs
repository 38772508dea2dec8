//! Drives the [`Intake`] with tokio: it awaits what the broker brings and room in the queue, and
//! nothing else.

use super::Input;
use super::intake::{Intake, IntakeOutputs};
use super::time_point::TimePoint;
use homepay_ports::{AckTicket, BooksClock, Broker, Delivery, LinkEvent, Message};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;

/// Takes what the broker brings, and what pages say in the place of a speaker, until it brings no more, or the engine has ended.
pub async fn run<C: BooksClock>(
    mut intake: Intake,
    clock: C,
    bus: Arc<dyn Broker>,
    (mut events, mut pages): (mpsc::Receiver<LinkEvent>, mpsc::Receiver<Message>),
    queue: mpsc::Sender<Input>,
) {
    let began = Instant::now();
    let mut out = IntakeOutputs::default();
    loop {
        let event = tokio::select! {
            event = events.recv() => match event {
                Some(event) => event,
                None => return,
            },
            Some(message) = pages.recv() => {
                LinkEvent::Delivered(Delivery { message, ticket: AckTicket::nothing(), user: None })
            }
        };
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
