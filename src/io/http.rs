//! The wallet port over HTTP. Sends once, never retries, follows no redirect, believes nothing:
//! what came is handed to the connector as it came.

use anyhow::Context as _;
use homepay_ports::{
    BoxFuture, DocumentRequest, DocumentSource, HttpRequest, HttpResponse, HttpTransport, SendFault,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a wallet has for its full answer, unless configured otherwise.
pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(5);
/// How long a service has to take a message.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest response body that is read, in bytes.
pub const RESPONSE_BYTES_MAX: usize = 1024 * 1024;

/// A wallet behind `http://` or `https://`.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: reqwest::Client,
    /// Scheme and authority, without a slash at the end.
    origin: String,
    timeout: Duration,
}

impl HttpClient {
    /// Makes the client for a wallet's URL. Its path is not used here: it is part of every
    /// request's target (`NativeWallet::base_path`).
    ///
    /// # Errors
    /// When the URL is not one of a wallet, or TLS cannot be set up.
    pub fn new(url: &str, timeout: Duration) -> anyhow::Result<HttpClient> {
        let parsed = reqwest::Url::parse(url).with_context(|| format!("the wallet's URL {url}"))?;
        let scheme = parsed.scheme();
        anyhow::ensure!(matches!(scheme, "http" | "https"), "{url}: neither http nor https");
        let client = client(scheme == "https", timeout)?;
        Ok(HttpClient { client, origin: parsed.origin().ascii_serialization(), timeout })
    }

    fn fault(&self, fault: &reqwest::Error) -> SendFault {
        if fault.is_connect() {
            SendFault::Unreachable(innermost(fault))
        } else if fault.is_timeout() {
            SendFault::TimedOut(self.timeout)
        } else {
            SendFault::Broken(innermost(fault))
        }
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, SendFault> {
        let url = format!("{}{}", self.origin, request.target);
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|fault| SendFault::Broken(fault.to_string()))?;
        let mut builder = self.client.request(method, url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let sent = builder.body(request.body).send().await;
        let mut received = sent.map_err(|fault| self.fault(&fault))?;
        let status = received.status().as_u16();
        let mut headers = Vec::with_capacity(received.headers().len());
        for (name, value) in received.headers() {
            // A value that is not text cannot be covered by a signature: it is as good as absent.
            if let Ok(text) = value.to_str() {
                headers.push((name.as_str().to_owned(), text.to_owned()));
            }
        }
        let mut body = Vec::new();
        while let Some(chunk) = received.chunk().await.map_err(|fault| self.fault(&fault))? {
            if body.len() + chunk.len() > RESPONSE_BYTES_MAX {
                return Err(SendFault::Broken(format!(
                    "more than {RESPONSE_BYTES_MAX} bytes came"
                )));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpResponse { status, headers, body })
    }
}

impl HttpTransport for HttpClient {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, SendFault>> {
        Box::pin(self.exchange(request))
    }
}

/// Messages to services: the target of each request is a whole address.
#[derive(Clone, Debug)]
pub struct HttpMessages(HttpClient);

impl HttpMessages {
    /// Makes the client.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new() -> anyhow::Result<HttpMessages> {
        let client = client(true, MESSAGE_TIMEOUT)?;
        Ok(HttpMessages(HttpClient { client, origin: String::new(), timeout: MESSAGE_TIMEOUT }))
    }
}

impl HttpTransport for HttpMessages {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, SendFault>> {
        self.0.send(request)
    }
}

/// An HTTP client as all of the house uses: one TLS provider, no redirects, no retries, no proxy
/// taken from the environment.
///
/// # Errors
/// When TLS cannot be set up.
pub fn client(secure: bool, timeout: Duration) -> anyhow::Result<reqwest::Client> {
    made(builder(secure)?.timeout(timeout))
}

/// The same through a Unix socket, whatever the URL's host. It waits as long as an answer takes.
///
/// # Errors
/// When TLS, which is not used here, cannot be set up.
pub fn socket_client(socket: &Path) -> anyhow::Result<reqwest::Client> {
    made(builder(false)?.unix_socket(socket))
}

fn builder(secure: bool) -> anyhow::Result<reqwest::ClientBuilder> {
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls(secure)?)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .tcp_nodelay(true)
        .pool_max_idle_per_host(8)
        .pool_idle_timeout(Duration::from_secs(15)))
}

fn made(builder: reqwest::ClientBuilder) -> anyhow::Result<reqwest::Client> {
    builder.build().context("cannot make an HTTP client")
}

/// Documents over http and https.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpDocuments;

impl DocumentSource for HttpDocuments {
    fn fetch(&self, request: DocumentRequest) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(fetch(request))
    }
}

/// The text at a URL: asked for once, no redirect followed, no more bytes taken than said.
///
/// # Errors
/// Says what came in its place.
pub async fn fetch(request: DocumentRequest) -> Result<String, String> {
    let DocumentRequest { url, headers, body, within, bytes_max } = request;
    let parsed = reqwest::Url::parse(&url).map_err(|error| format!("the URL: {error}"))?;
    let client = client(parsed.scheme() == "https", within).map_err(|error| error.to_string())?;
    let fault = |error: reqwest::Error| innermost(&error);
    let mut request = match body {
        Some(body) => client.post(parsed).body(body),
        None => client.get(parsed),
    };
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let mut received = request.send().await.map_err(fault)?;
    let status = received.status();
    if !status.is_success() {
        return Err(format!("the server answered {status}"));
    }
    let mut body = Vec::new();
    while let Some(chunk) = received.chunk().await.map_err(fault)? {
        if body.len() + chunk.len() > bytes_max {
            return Err(format!("more than {bytes_max} bytes came"));
        }
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body).map_err(|_| "the answer is not text".to_owned())
}

fn tls(secure: bool) -> anyhow::Result<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    if secure {
        // One bad certificate of the system must not stop the house: the others are taken.
        let found = rustls_native_certs::load_native_certs();
        let (added, _) = roots.add_parsable_certificates(found.certs);
        anyhow::ensure!(added > 0, "no root certificates found: install ca-certificates");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("the TLS provider lacks TLS 1.2 and 1.3")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// What a fault comes down to: its last source says it without the wrapping.
pub fn innermost(fault: &dyn std::error::Error) -> String {
    let mut inner = fault;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
