//! What a link needs to know, and how the library is set up by it.

use super::{inflight, tls};
use crate::bus::{OUTGOING_BYTES_MAX, unpublishable};
use homepay_ports::Publication;
use rumqttc::{LastWill, MqttOptions, QoS, TlsConfiguration, Transport};
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;
use std::time::Duration;

/// The largest incoming packet, in bytes: the largest there can be. The library ends the
/// connection at anything above its limit, and the broker then sends the same message again, for
/// ever (46,000 reconnects in 2 s were seen). With no packet above the limit there is no such
/// message: one that is too long for us is received, counted, acked and forgotten. Its price is
/// memory for as long as it arrives, which the broker's own `message_size_limit` should bound.
const INCOMING_BYTES_MAX: usize = 268_435_455;

/// Keep-alive below this is refused by the library.
const KEEP_ALIVE_MIN: Duration = Duration::from_secs(1);
/// Keep-alive is 16 bits of seconds.
const KEEP_ALIVE_MAX: Duration = Duration::from_secs(65_535);

/// Where the broker is, who we are there, and what we listen to.
#[derive(Clone, Debug)]
pub struct LinkOptions {
    /// Host name or address; TLS checks the certificate against it.
    pub host: String,
    pub port: u16,
    /// Fixed for the life of the home: the broker keeps our unacked messages under it.
    pub client_id: String,
    /// User name, when the broker asks for one.
    pub username: Option<String>,
    pub password: Option<SecretString>,
    pub tls: Option<TlsOptions>,
    /// Pings go out this often.
    pub keep_alive: Duration,
    /// Filters to subscribe to, all at QoS 1.
    pub subscriptions: Vec<String>,
    /// What the broker says when we are gone; at a clean stop we say it ourselves.
    pub last_will: Option<Publication>,
    /// Published after each connect, e.g. that the bridge is online.
    pub birth: Vec<Publication>,
    /// Events that may wait for the engine.
    pub queue_len_max: usize,
}

/// Whom to trust and what to show.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// Certificates to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Our certificate chain, where the broker asks for one.
    pub cert_file: Option<PathBuf>,
    pub key_file: Option<PathBuf>,
}

/// Why a link cannot start.
#[derive(Debug, thiserror::Error)]
pub enum LinkFault {
    #[error("TLS: {0}")]
    Tls(String),
    /// No session can be kept without a client id.
    #[error("the client id is empty")]
    ClientId,
    /// The last will is no possible publication.
    #[error("the last will cannot be published: {0}")]
    LastWill(&'static str),
}

impl LinkOptions {
    /// The library's options by the pattern of its known traps.
    pub(crate) fn to_rumqttc(&self) -> Result<MqttOptions, LinkFault> {
        if self.client_id.is_empty() {
            return Err(LinkFault::ClientId);
        }
        let host = match &self.tls {
            // The library joins host and port by a colon; TLS wants the bare name.
            None if self.host.contains(':') && !self.host.starts_with('[') => {
                format!("[{}]", self.host)
            }
            _ => self.host.clone(),
        };
        let mut options = MqttOptions::new(&self.client_id, host, self.port);
        options
            .set_clean_session(false)
            .set_manual_acks(true)
            .set_inflight(inflight::PACKET_IDS)
            .set_keep_alive(self.keep_alive.clamp(KEEP_ALIVE_MIN, KEEP_ALIVE_MAX))
            .set_max_packet_size(INCOMING_BYTES_MAX, OUTGOING_BYTES_MAX);
        if let Some(username) = &self.username {
            let password = self.password.as_ref().map_or("", |p| p.expose_secret());
            options.set_credentials(username, password);
        }
        if let Some(will) = &self.last_will {
            unpublishable(will).map_or(Ok(()), |why| Err(LinkFault::LastWill(why)))?;
            options.set_last_will(LastWill::new(
                &will.topic,
                will.payload.clone(),
                QoS::AtLeastOnce,
                will.retain,
            ));
        }
        if let Some(files) = &self.tls {
            let config = tls::client_config(files)?;
            options.set_transport(Transport::tls_with_config(TlsConfiguration::from(config)));
        }
        Ok(options)
    }
}
