//! Drives the [`WalletSchedule`] with tokio: sends what is due, and what comes back goes through the
//! queue as an event. It decides nothing and writes nothing.

use super::wallet_schedule::{Dispatch, WalletSchedule, WalletTask, WorkerMessage};
use super::{Input, Ticket, counters};
use homepay_domain::settlement::PaymentStatus;
use homepay_ports::{Clock, Entropy, HttpTransport};
use homepay_wallets::Connector;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub struct WalletWorker<W: ?Sized, C> {
    /// Writes requests and reads answers.
    pub connector: Arc<dyn Connector>,
    pub wallet: Arc<W>,
    pub clock: C,
    pub entropy: Box<dyn Entropy>,
    pub queue: mpsc::Sender<Input>,
}

impl<W: HttpTransport + ?Sized, C: Clock> WalletWorker<W, C> {
    /// Works until there is nothing more to come.
    pub async fn run(mut self, mut tasks: mpsc::UnboundedReceiver<WorkerMessage>) {
        let mut schedule = WalletSchedule::new(self.clock.now());
        let mut under_way: JoinSet<(WalletTask, PaymentStatus)> = JoinSet::new();
        loop {
            let now = self.clock.now();
            while let Some(dispatch) = schedule.next(now) {
                self.send(dispatch, &mut under_way);
            }
            let wait = Duration::from_millis(schedule.wait_ms(now));
            // Answers first: they free places, and their orders wait.
            tokio::select! {
                biased;
                Some(done) = under_way.join_next() => match done {
                    Ok((task, answer)) => {
                        report(&task, &answer);
                        let event = schedule.answered(task, answer, self.clock.now());
                        if self.queue.send(Input::event(event, Ticket::Nobody)).await.is_err() {
                            return;
                        }
                    }
                    Err(_) => schedule.lost(),
                },
                task = tasks.recv() => match task {
                    Some(message) => schedule.handle(message, self.clock.now()),
                    None => return,
                },
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    fn send(
        &mut self,
        Dispatch { task, signed_at }: Dispatch,
        under_way: &mut JoinSet<(WalletTask, PaymentStatus)>,
    ) {
        let nonce = self.entropy.bytes16();
        let (connector, wallet) = (self.connector.clone(), self.wallet.clone());
        under_way.spawn(async move {
            let request = connector.request(&task.ask, signed_at, nonce);
            let reply = wallet.send(request.clone()).await;
            let answer = connector.answer(&task.ask, &request, reply, signed_at);
            (task, answer)
        });
    }
}

fn report(task: &WalletTask, answer: &PaymentStatus) {
    counters::wallet_answer(name_of(answer));
    if let PaymentStatus::Unknown { why } = answer {
        tracing::debug!(order = %task.order, why, "the wallet gives no clear answer");
    }
    counters::wallet_up(!matches!(answer, PaymentStatus::Unknown { .. }));
}

fn name_of(answer: &PaymentStatus) -> &'static str {
    match answer {
        PaymentStatus::Authorized { .. } => "authorized",
        PaymentStatus::Paid { .. } => "paid",
        PaymentStatus::Voided => "voided",
        PaymentStatus::Declined { .. } => "declined",
        PaymentStatus::Pending => "pending",
        PaymentStatus::Absent { .. } => "absent",
        PaymentStatus::Unknown { .. } => "unknown",
    }
}
