//! An outside client, as simple as can be, for tests of the embedded broker.

use crate::support::{QUIET, WAIT};
use homepay_io::broker::EmbeddedBroker;
use rumqttc::{
    AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, NetworkOptions, Outgoing, Packet,
    Publish, QoS, SubscribeReasonCode,
};
use std::collections::VecDeque;
use tokio::time::timeout;

/// An outside client of MQTT 3.1.1.
pub struct Client {
    pub to: AsyncClient,
    pub from: EventLoop,
    /// Retained messages may come before the SUBACK.
    early: VecDeque<Publish>,
}

pub fn client_options(port: u16, user: &str, client_id: &str) -> MqttOptions {
    let mut options = MqttOptions::new(client_id, "127.0.0.1", port);
    options.set_credentials(user, user).set_clean_session(false);
    options.set_max_packet_size(1 << 20, 1 << 20);
    options
}

impl Client {
    pub async fn try_connect(options: MqttOptions) -> Result<(Client, bool), ConnectionError> {
        let (to, mut from) = AsyncClient::new(options, 64);
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        from.set_network_options(network);
        match timeout(WAIT, from.poll()).await.unwrap()? {
            Event::Incoming(Packet::ConnAck(answer)) => {
                Ok((Client { to, from, early: VecDeque::new() }, answer.session_present))
            }
            other => panic!("{other:?}"),
        }
    }

    pub async fn connect(broker: &EmbeddedBroker, user: &str) -> Client {
        let options = client_options(broker.address.port(), user, &format!("id-{user}"));
        Client::try_connect(options).await.unwrap().0
    }

    /// What comes in next, or `None` when the connection ends.
    pub async fn receive(&mut self) -> Option<Packet> {
        loop {
            match timeout(WAIT, self.from.poll()).await.expect("nothing came") {
                Ok(Event::Incoming(packet)) => return Some(packet),
                Ok(Event::Outgoing(_)) => {}
                Err(_) => return None,
            }
        }
    }

    pub async fn is_silent(&mut self) -> bool {
        timeout(QUIET, self.receive()).await.is_err()
    }

    pub async fn send(&mut self, topic: &str, payload: &str, retain: bool) {
        self.to.publish(topic, QoS::AtLeastOnce, retain, payload).await.unwrap();
        self.flush().await;
    }

    pub async fn flush(&mut self) {
        loop {
            let event = timeout(WAIT, self.from.poll()).await.unwrap().unwrap();
            if matches!(event, Event::Outgoing(Outgoing::Publish(_) | Outgoing::Disconnect)) {
                return;
            }
        }
    }

    pub async fn subscribe(&mut self, filter: &str) -> SubscribeReasonCode {
        self.to.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        loop {
            match self.receive().await {
                Some(Packet::SubAck(answer)) => return answer.return_codes[0],
                Some(Packet::Publish(publish)) => self.early.push_back(publish),
                _ => {}
            }
        }
    }

    pub async fn expect_publish(&mut self, topic: &str, payload: &str) -> bool {
        let publish = loop {
            if let Some(publish) = self.early.pop_front() {
                break publish;
            }
            if let Some(Packet::Publish(publish)) = self.receive().await {
                break publish;
            }
        };
        assert_eq!((&*publish.topic, &*publish.payload), (topic, payload.as_bytes()));
        publish.retain
    }
}

pub fn granted(code: SubscribeReasonCode) -> bool {
    matches!(code, SubscribeReasonCode::Success(_))
}
