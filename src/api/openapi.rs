//! What the console answers without a session, as an OpenAPI 3.1 document.

use homepay_text::openapi::{Document, Operation};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The daemon runs and answers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Health {
    /// The text `ok`, always.
    pub status: String,
}

/// What must be up for the hub to serve.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Ready {
    /// All of it is.
    pub ready: bool,
    /// The store answered lately.
    pub store: bool,
    /// The broker is connected.
    pub broker: bool,
    /// The queue has room.
    pub queue: bool,
}

/// What the console's listener answers without a session.
pub fn console() -> Value {
    let what = "What the console's listener answers without a session.";
    let mut document = Document::new("homepay console", "1", what);
    let (health, ready) = (document.body::<Health>(), document.body::<Ready>());
    let text = document.body::<String>();
    document.add("get", "/healthz", Operation::new("The daemon runs.").answers(&[200], &health));
    let up = Operation::new("Store, broker and queue are up.").answers(&[200, 503], &ready);
    document.add("get", "/readyz", up);
    let figures = Operation::new("Figures for Prometheus.").tells(&[200], "text/plain", &text);
    document.add("get", "/metrics", figures);
    document.finish()
}
