//! Drives the [`NoticeSchedule`] with tokio: tells what is due, and what comes back goes through the
//! queue as an event. It decides nothing and writes nothing.

use super::notice_schedule::NoticeSchedule;
use super::{Input, Ticket};
use homepay_domain::notice::{DeliveryOutcome, Notice};
use homepay_ports::{Clock, Messenger};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub struct NoticeWorker<C> {
    pub messenger: Arc<dyn Messenger>,
    pub clock: C,
    pub queue: mpsc::Sender<Input>,
}

impl<C: Clock> NoticeWorker<C> {
    /// Works until there is nothing more to come.
    pub async fn run(self, mut notices: mpsc::UnboundedReceiver<Notice>) {
        let mut schedule = NoticeSchedule::new();
        let mut under_way: JoinSet<(Notice, DeliveryOutcome)> = JoinSet::new();
        loop {
            let now = self.clock.now();
            while let Some(notice) = schedule.next(now) {
                let messenger = self.messenger.clone();
                under_way.spawn(async move {
                    // A task of its own: a delivery that dies is one that did not arrive.
                    let told = tokio::spawn(messenger.deliver(notice.clone())).await;
                    let died = |_| DeliveryOutcome::Later {
                        why: "it broke off".to_owned(),
                        after_s: None,
                    };
                    (notice, told.unwrap_or_else(died))
                });
            }
            let wait = Duration::from_millis(schedule.wait_ms(now));
            // Answers first: they free their ways.
            tokio::select! {
                biased;
                Some(done) = under_way.join_next() => {
                    let Ok((notice, delivery)) = done else { continue };
                    report(&notice, &delivery);
                    let event = schedule.answered(&notice, delivery);
                    if self.queue.send(Input::event(event, Ticket::Nobody)).await.is_err() {
                        return;
                    }
                }
                notice = notices.recv() => match notice {
                    Some(notice) => schedule.handle(notice),
                    None => return,
                },
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}

fn report(notice: &Notice, delivery: &DeliveryOutcome) {
    match delivery {
        DeliveryOutcome::Accepted => tracing::debug!(notice = %notice.id, "delivered"),
        DeliveryOutcome::Refused { why } => {
            tracing::warn!(route = %notice.route, why, "a notice was refused");
        }
        DeliveryOutcome::Later { why, .. } => {
            tracing::debug!(route = %notice.route, why, "a notice was not delivered; trying again");
        }
    }
}
