//! HTTP, as the engine needs it: requests to wallets, and documents that are published.

use super::BoxFuture;
use std::time::Duration;

/// An HTTP request as a connector wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// The HTTP method: `GET` or `POST`.
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
pub struct HttpResponse {
    /// The HTTP status code, such as 200.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body, undecoded; its length is bounded by the implementor.
    pub body: Vec<u8>,
}

impl HttpResponse {
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

/// HTTP transport for payment connectors. Sends once; retries are the engine's, because only it
/// knows whether a payment may be tried again.
pub trait HttpTransport: Send + Sync + 'static {
    /// Sends one request. Never retries: that is the engine's decision.
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, SendFault>>;
}

/// A document at a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentRequest {
    /// The absolute URL, `http://` or `https://`.
    pub url: String,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// A text to post; none = GET.
    pub body: Option<String>,
    /// How long it may take to come.
    pub within: Duration,
    /// The most bytes that are taken.
    pub bytes_max: usize,
}

/// Fetches published documents, such as price lists.
pub trait DocumentSource: Send + Sync + 'static {
    /// Asks once, follows no redirect; the error says what came in the document's place.
    fn fetch(&self, request: DocumentRequest) -> BoxFuture<'_, Result<String, String>>;
}
