//! The worker that asks the wallet now and then what is in it, where the owner wants to know when
//! that is little. What it hears goes through the door as an event.

use super::{Input, Ticket};
use homepay_domain::event::Event;
use homepay_ports::{Clock, Entropy, HttpTransport};
use homepay_wallets::Connector;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How often the balance is asked for.
pub const BALANCE_EVERY: Duration = Duration::from_secs(3_600);

/// How soon after a start, and again after no answer.
pub const SOON: Duration = Duration::from_secs(60);

/// How soon after a start it is asked first.
const BALANCE_FIRST: Duration = Duration::from_secs(3);

/// Asks until the engine has ended.
pub async fn run<W: HttpTransport + ?Sized, C: Clock>(
    (connector, wallet): (Arc<dyn Connector>, Arc<W>),
    clock: C,
    mut entropy: Box<dyn Entropy>,
    queue: mpsc::Sender<Input>,
) {
    let mut wait = BALANCE_FIRST;
    loop {
        tokio::time::sleep(wait).await;
        let now = clock.now();
        let request = connector.balance_request(now, entropy.bytes16());
        let reply = wallet.send(request.clone()).await;
        wait = match connector.balance(&request, reply, now) {
            Ok(balance) => {
                let event = Event::BalanceReceived { available: balance.available };
                if queue.send(Input::event(event, Ticket::Nobody)).await.is_err() {
                    return;
                }
                BALANCE_EVERY
            }
            Err(why) => {
                tracing::debug!(why, "the wallet did not give its balance; asking again");
                SOON
            }
        };
    }
}
