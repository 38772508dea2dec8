//! Watches how the wall clock stands to the books' time, and looks for somebody who agrees with a
//! leap: the kernel's time source, two devices that sign, the wallet. Decides nothing: what it
//! finds is an event.

use super::vitals::Vitals;
use super::{Input, Ticket};
use homepay_domain::actor::Actor;
use homepay_domain::decision::CommandOutcome;
use homepay_domain::event::Event;
use homepay_domain::ids::Name;
use homepay_domain::time::UnixMs;
use homepay_domain::timekeeper::{ClockStanding, ClockWitness};
use homepay_ports::{BooksClock, Entropy, HttpTransport};
use homepay_wallets::Connector;
use std::collections::BTreeSet;
use std::mem::{Discriminant, discriminant};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// How often the clocks are compared.
const CLOCK_WATCH_EVERY: Duration = Duration::from_secs(1);

/// How often the books' time is tied to the boot anew.
const ANCHOR_EVERY: Duration = Duration::from_secs(3_600);

/// How often the wallet is asked while the wall clock is ahead.
const WALLET_EVERY: Duration = Duration::from_secs(15);

/// How far a device's signed time may be from the wall clock for it to agree, in seconds.
pub const DEVICE_AGREES_S: i64 = 120;

/// Devices whose signed time agreed with a wall clock that is ahead of the books.
#[derive(Debug, Default)]
pub struct DeviceWitnesses(Mutex<BTreeSet<Name>>);

impl DeviceWitnesses {
    /// A device that signs agrees.
    pub fn note(&self, device: Name) {
        self.names().insert(device);
    }

    fn two(&self) -> Option<(Name, Name)> {
        let names = self.names();
        let mut names = names.iter().cloned();
        names.next().zip(names.next())
    }

    fn clear(&self) {
        self.names().clear();
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<Name>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub struct ClockWatch<W: ?Sized, C> {
    pub clock: C,
    /// True when the kernel keeps such a time right.
    pub kernel: fn(UnixMs) -> bool,
    /// A wallet with a clock of its own.
    pub wallet: Option<(Arc<dyn Connector>, Arc<W>)>,
    /// Devices that agree, as the intake hears them.
    pub devices: Arc<DeviceWitnesses>,
    pub vitals: Arc<Vitals>,
    pub entropy: Box<dyn Entropy>,
    pub queue: mpsc::Sender<Input>,
}

impl<W: HttpTransport + ?Sized, C: BooksClock> ClockWatch<W, C> {
    /// Watches until the engine has ended.
    pub async fn run(mut self) {
        let mut told: Option<(Discriminant<ClockStanding>, Instant)> = None;
        let mut asked_wallet: Option<Instant> = None;
        loop {
            let standing = self.clock.standing();
            self.vitals.set_clock(standing);
            let kind = discriminant(&standing);
            if told.is_none_or(|(was, at)| was != kind || at.elapsed() >= ANCHOR_EVERY) {
                if told.is_some_and(|(was, _)| was != kind) || standing != ClockStanding::Agrees {
                    tracing::warn!(?standing, "how the wall clock stands to the books' time");
                }
                told = Some((kind, Instant::now()));
                let event = Event::ClockWatched { standing, anchor: self.clock.anchor() };
                if self.tell(event).await.is_none() {
                    return;
                }
            }
            if let ClockStanding::Ahead { by_ms } = standing {
                let due = asked_wallet.is_none_or(|at| at.elapsed() >= WALLET_EVERY);
                asked_wallet = if due { Some(Instant::now()) } else { asked_wallet };
                if let Some(witness) = self.witness(due).await {
                    tracing::warn!(by_ms, ?witness, "a leap of the wall clock is agreed with");
                    let from = self.clock.now();
                    let actor = Actor::System;
                    let event = Event::ClockStepped { from, by_ms, actor, witness };
                    if self.tell(event).await.is_none() {
                        return;
                    }
                    continue;
                }
            } else {
                self.devices.clear();
                asked_wallet = None;
            }
            tokio::time::sleep(CLOCK_WATCH_EVERY).await;
        }
    }

    /// Who agrees with what the wall clock shows now.
    async fn witness(&mut self, ask_wallet: bool) -> Option<ClockWitness> {
        let wall = self.clock.wall();
        if (self.kernel)(wall) {
            return Some(ClockWitness::Kernel);
        }
        if let Some(devices) = self.devices.two() {
            return Some(ClockWitness::Devices { devices });
        }
        let (connector, wallet) = self.wallet.as_ref().filter(|_| ask_wallet)?;
        // Only a response that was signed at about this time is believed.
        let request = connector.balance_request(wall, self.entropy.bytes16());
        let reply = wallet.send(request.clone()).await;
        connector.balance(&request, reply, wall).is_ok().then_some(ClockWitness::Wallet)
    }

    /// Lets the engine decide, and waits for it; none when it has ended.
    async fn tell(&self, event: Event) -> Option<()> {
        loop {
            let (tell, told) = oneshot::channel();
            let input = Input::event(event.clone(), Ticket::Owner(tell));
            self.queue.send(input).await.ok()?;
            match told.await.ok()? {
                // Nothing was written: it is said again once the store commits.
                CommandOutcome::Refused { .. } if !self.vitals.commits() => {
                    tokio::time::sleep(CLOCK_WATCH_EVERY).await
                }
                CommandOutcome::Nothing
                | CommandOutcome::Done(_)
                | CommandOutcome::Limits(_)
                | CommandOutcome::Refused { .. } => {
                    return Some(());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Work;
    use crate::turn::Incoming;
    use homepay_domain::timekeeper::TimeAnchor;
    use homepay_ports::{BoxFuture, Clock, HttpRequest, HttpResponse, SendFault};

    /// A books' clock beside a wall clock that leapt by an hour.
    struct Leapt;

    const HOUR_MS: i64 = 3_600_000;
    const CLOCK_NOW: UnixMs = UnixMs(1_795_777_200_000);

    impl Clock for Leapt {
        fn now(&self) -> UnixMs {
            CLOCK_NOW
        }
    }

    impl BooksClock for Leapt {
        fn wall(&self) -> UnixMs {
            CLOCK_NOW.plus_ms(HOUR_MS)
        }

        fn standing(&self) -> ClockStanding {
            ClockStanding::Ahead { by_ms: HOUR_MS }
        }

        fn anchor(&self) -> TimeAnchor {
            TimeAnchor { boot: String::new(), steady_ms: 0, at: CLOCK_NOW, ahead_ms: 0 }
        }

        fn step(&self, _by_ms: i64) {}
    }

    struct NoWallet;

    impl HttpTransport for NoWallet {
        fn send(&self, _request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, SendFault>> {
            panic!("there is no wallet to ask")
        }
    }

    struct NoEntropy;

    impl Entropy for NoEntropy {
        fn bytes16(&mut self) -> [u8; 16] {
            [0; 16]
        }

        fn two_digits(&mut self) -> u8 {
            10
        }
    }

    /// The first step that a watcher asks for within a few rounds, if any.
    async fn stepped(kernel: fn(UnixMs) -> bool, devices: &[&str]) -> Option<ClockWitness> {
        let (queue, mut inputs) = mpsc::channel(1);
        let witnesses = Arc::new(DeviceWitnesses::default());
        for device in devices {
            witnesses.note(Name::parse(device).expect("a name"));
        }
        let watch = ClockWatch::<NoWallet, _> {
            clock: Leapt,
            kernel,
            wallet: None,
            devices: witnesses,
            vitals: Arc::default(),
            entropy: Box::new(NoEntropy),
            queue,
        };
        let task = tokio::spawn(watch.run());
        let mut found = None;
        let rounds = 3 * CLOCK_WATCH_EVERY;
        while let Ok(Some(Input::Work(incoming))) =
            tokio::time::timeout(rounds, inputs.recv()).await
        {
            let Incoming { work: Work::Event(event), ticket: Ticket::Owner(told) } = incoming
            else {
                panic!("an event that it waits for");
            };
            let _ = told.send(CommandOutcome::Nothing);
            if let Event::ClockStepped { by_ms, witness, .. } = event {
                assert_eq!(by_ms, HOUR_MS);
                found = Some(witness);
                break;
            }
        }
        task.abort();
        found
    }

    #[tokio::test]
    async fn the_kernel_or_two_devices_witness_a_leap_and_one_device_does_not() {
        // The kernel is asked about what the wall clock shows, not about the books' time.
        let kernel = |wall| wall == CLOCK_NOW.plus_ms(HOUR_MS);
        assert_eq!(stepped(kernel, &[]).await, Some(ClockWitness::Kernel));
        let nobody = |_| false;
        let two = stepped(nobody, &["kids", "kitchen"]).await;
        assert!(matches!(two, Some(ClockWitness::Devices { .. })), "{two:?}");
        assert_eq!(stepped(nobody, &["kitchen"]).await, None);
    }
}
