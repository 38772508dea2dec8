//! The broker of the house: opened as planned, told who its users are and how the hub stands.

use super::BrokerPlan;
use super::private_files::broker_users;
use futures_util::FutureExt;
use homepay_domain::household::Household;
use homepay_engine::QUEUE_LEN_MAX;
use homepay_engine::event_loop::OnHousehold;
use homepay_engine::intake::TRANSIENT_ID;
use homepay_io::broker::{BrokerOptions, EmbeddedBroker};
use homepay_io::bus::Bus;
use homepay_io::mqtt::{Link, LinkOptions};
use homepay_ports::{Broker as _, LinkEvent, Publication};
use homepay_protocols::snapshot::Snapshot;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// The number of the hub's own state on the embedded broker: above all that the door gives out.
const OWN_STATE_ID: u64 = TRANSIENT_ID | (TRANSIENT_ID - 1);

/// The bus, what it brings, where the embedded broker listens, and its users' file.
pub(super) type OpenBus = (Bus, mpsc::Receiver<LinkEvent>, Option<SocketAddr>, Option<PathBuf>);

/// Opens the broker that was planned.
pub(super) async fn open_bus(
    plan: BrokerPlan,
    base: &str,
    state_dir: &Path,
    snapshot: &Snapshot,
) -> anyhow::Result<OpenBus> {
    let subscriptions = snapshot.subscriptions();
    let state = |state: &str| own_state(base, state);
    match plan {
        BrokerPlan::External(options) => {
            let options = LinkOptions {
                subscriptions,
                last_will: Some(state("offline")),
                birth: vec![state("online")],
                ..*options
            };
            let (link, events) = Link::start(options)?;
            Ok((link.into(), events, None, None))
        }
        BrokerPlan::Embedded { listen, tls } => {
            let (users, file) = broker_users(state_dir, base, &snapshot.household)?;
            let options = BrokerOptions {
                listen,
                tls,
                state_dir: Some(state_dir.join("broker")),
                subscriptions,
                momentary: ["device/+/order", "device/+/confirm", "request/#"]
                    .map(|topic| format!("{base}/{topic}"))
                    .to_vec(),
                queue_len_max: QUEUE_LEN_MAX,
            };
            let (broker, events) = EmbeddedBroker::start(options, users).await?;
            let address = broker.address;
            Ok((broker.into(), events, Some(address), Some(file)))
        }
    }
}

/// New devices get a user of the embedded broker. The users' file is read and written on a thread of
/// its own, one household after another.
pub(super) fn users_follow(bus: &Arc<Bus>, file: Option<PathBuf>, base: String) -> OnHousehold {
    let (sender, mut households) =
        mpsc::unbounded_channel::<(Arc<Household>, oneshot::Sender<()>)>();
    let bus = bus.clone();
    let write = move || {
        while let Some((household, done)) = households.blocking_recv() {
            users_of(&bus, file.as_deref(), &base, &household);
            // Whoever waited may have left.
            let _ = done.send(());
        }
    };
    std::thread::spawn(write);
    Box::new(move |household| {
        let (done, written) = oneshot::channel();
        // The thread lives as long as this sender.
        let _ = sender.send((household, done));
        async move { written.await.unwrap_or_default() }.boxed()
    })
}

fn users_of(bus: &Bus, file: Option<&Path>, base: &str, household: &Household) {
    let Bus::Embedded(broker) = bus else { return };
    let Some(dir) = file.and_then(Path::parent) else { return };
    match broker_users(dir, base, household) {
        Ok((users, _)) => broker.set_users(users),
        Err(error) => tracing::error!(%error, "the broker's users could not be written"),
    }
}

/// How the hub stands, for `<base>/bridge/state`.
pub(super) fn own_state(base: &str, state: &str) -> Publication {
    Publication {
        topic: format!("{base}/bridge/state"),
        payload: format!("{{\"state\":\"{state}\"}}").into_bytes(),
        retain: true,
    }
}

pub(super) fn say_online(bus: &Bus, base: &str) {
    if !bus.publish(OWN_STATE_ID, own_state(base, "online")) {
        tracing::warn!("the broker has no room for the hub's own state");
    }
}
