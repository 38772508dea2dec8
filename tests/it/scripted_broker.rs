//! A broker that does what a test tells it, packet by packet, and nothing by itself.

use crate::support::{QUIET, WAIT};
use rumqttc::mqttbytes::v4::{
    ConnAck, Connect, ConnectReturnCode, Packet, PubAck, Publish, SubAck, SubscribeReasonCode,
};
use rumqttc::mqttbytes::{Error, QoS};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::bytes::BytesMut;

const PACKET_BYTES_MAX: usize = 16 * 1024 * 1024;

pub struct ScriptedBroker {
    listener: TcpListener,
}

impl ScriptedBroker {
    pub async fn start() -> ScriptedBroker {
        ScriptedBroker { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    pub fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    /// The next connection, its CONNECT read but not answered.
    pub async fn accept(&self) -> (Peer, Connect) {
        let (stream, _) = timeout(WAIT, self.listener.accept()).await.unwrap().unwrap();
        stream.set_nodelay(true).unwrap();
        let mut peer = Peer { stream, buffer: BytesMut::new() };
        match peer.receive().await {
            Packet::Connect(connect) => (peer, connect),
            other => panic!("not a CONNECT: {other:?}"),
        }
    }

    /// The next connection, welcomed and with its subscription granted.
    pub async fn welcome(&self, session_present: bool) -> Peer {
        let (mut peer, _) = self.accept().await;
        peer.connack(session_present).await;
        peer.grant().await;
        peer
    }

    /// True when nobody connects for a while.
    pub async fn is_left_alone(&self) -> bool {
        timeout(QUIET * 3, self.listener.accept()).await.is_err()
    }
}

pub struct Peer {
    stream: TcpStream,
    buffer: BytesMut,
}

impl Peer {
    pub async fn send(&mut self, packet: &Packet) {
        let mut bytes = BytesMut::new();
        packet.write(&mut bytes, PACKET_BYTES_MAX).unwrap();
        self.stream.write_all(&bytes).await.unwrap();
    }

    pub async fn send_all(&mut self, packets: &[Packet]) {
        let mut bytes = BytesMut::new();
        for packet in packets {
            packet.write(&mut bytes, PACKET_BYTES_MAX).unwrap();
        }
        self.stream.write_all(&bytes).await.unwrap();
    }

    pub async fn connack(&mut self, session_present: bool) {
        let answer = ConnAck::new(ConnectReturnCode::Success, session_present);
        self.send(&Packet::ConnAck(answer)).await;
    }

    /// Reads a SUBSCRIBE and grants all of it.
    pub async fn grant(&mut self) -> Vec<String> {
        let Packet::Subscribe(asked) = self.receive().await else { panic!("not a SUBSCRIBE") };
        let codes = vec![SubscribeReasonCode::Success(QoS::AtLeastOnce); asked.filters.len()];
        self.send(&Packet::SubAck(SubAck::new(asked.pkid, codes))).await;
        asked.filters.into_iter().map(|filter| filter.path).collect()
    }

    /// The next packet, or `None` at the end of the connection.
    pub async fn try_receive(&mut self) -> Option<Packet> {
        loop {
            match Packet::read(&mut self.buffer, PACKET_BYTES_MAX) {
                Ok(packet) => return Some(packet),
                Err(Error::InsufficientBytes(_)) => {}
                Err(error) => panic!("{error}"),
            }
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub async fn receive(&mut self) -> Packet {
        timeout(WAIT, self.try_receive()).await.expect("no packet in time").expect("closed")
    }

    /// The next PUBLISH; pings on the way are answered.
    pub async fn publish(&mut self) -> Publish {
        loop {
            match self.receive().await {
                Packet::Publish(publish) => return publish,
                Packet::PingReq => self.send(&Packet::PingResp).await,
                other => panic!("not a PUBLISH: {other:?}"),
            }
        }
    }

    pub async fn puback(&mut self, id: u16) {
        self.send(&Packet::PubAck(PubAck::new(id))).await;
    }

    /// True when the link sends nothing for a while.
    pub async fn is_silent(&mut self) -> bool {
        timeout(QUIET, self.try_receive()).await.is_err()
    }
}

/// A message to the link.
pub fn message(id: u16, payload: &str) -> Packet {
    let mut publish = Publish::new("home/x", QoS::AtLeastOnce, payload.as_bytes().to_vec());
    publish.pkid = id;
    Packet::Publish(publish)
}
