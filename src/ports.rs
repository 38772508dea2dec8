//! What the engine needs of the world, as traits, and the plain values that cross them.

use crate::domain::time::UnixMs;
use std::time::Duration;

/// A message as it came from a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The topic it was published on.
    pub topic: String,
    /// The bytes, at most [`MESSAGE_BYTES_MAX`].
    pub payload: Vec<u8>,
    /// True when the broker kept it from earlier: never an order.
    pub retained: bool,
}

/// The largest payload that is read, in bytes. Larger ones are counted, set aside and acked.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// Something to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Where to.
    pub topic: String,
    /// The bytes.
    pub payload: Vec<u8>,
    /// True when the broker shall keep it for later subscribers.
    pub retain: bool,
}

/// An HTTP request as a connector wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path and, where there is one, `?query`.
    pub target: String,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body's bytes; empty for GET.
    pub body: Vec<u8>,
}

/// An HTTP response as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Response {
    /// The first value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// Why a request has no response. Nothing is known of what the wallet did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendFault {
    /// No connection could be made.
    #[error("cannot reach the wallet: {0}")]
    Unreachable(String),
    /// No full response within the time.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The connection broke, or what came was not HTTP.
    #[error("the connection broke: {0}")]
    Broken(String),
}

/// Carries a connector's request to a wallet and brings back what it said.
pub trait Wallet: Send + Sync + 'static {
    /// Sends one request. Never retries: that is the engine's decision.
    fn send(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<Response, SendFault>> + Send;
}

/// The wall clock.
pub trait Clock: Send + Sync + 'static {
    /// Now. May go back; whoever needs otherwise keeps the greatest it has seen.
    fn now(&self) -> UnixMs;
}

/// Randomness.
pub trait Entropy: Send {
    /// Sixteen random bytes, for nonces.
    fn bytes16(&mut self) -> [u8; 16];
    /// A number from 10 to 99, spoken to confirm an order.
    fn two_digits(&mut self) -> u8;
}
