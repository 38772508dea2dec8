//! What the engine needs of the world, as traits, and the plain values that cross them.

#![deny(missing_docs)]

mod broker;
mod clock;
mod http;
mod ledger;
mod messenger;
mod store;

pub use broker::{
    AckTicket, Broker, Claim, Delivery, LinkEvent, MESSAGE_BYTES_MAX, Message, OutId, Publication,
};
pub use clock::{BooksClock, Clock, Entropy};
pub use http::{
    DocumentRequest, DocumentSource, HttpRequest, HttpResponse, HttpTransport, SendFault,
};
pub use ledger::{JournalEntry, Ledger, LedgerError, LedgerFuture, OutboxFigures};
pub use messenger::Messenger;
pub use store::{EncodedEffects, Outgoing, Store};

use std::net::IpAddr;
use std::pin::Pin;

/// A future behind a pointer, so that a port can be handed on as `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The user of this machine who is at the other end of a Unix socket.
#[derive(Clone, Copy, Debug)]
pub struct LocalUser(pub u32);

/// The address that a request came from.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddress(pub IpAddr);

/// A request came in over TLS: nobody on its way read it.
#[derive(Clone, Copy, Debug)]
pub struct OverTls;

/// The address of this machine at which a request came in.
#[derive(Clone, Copy, Debug)]
pub struct LocalAddress(pub IpAddr);
