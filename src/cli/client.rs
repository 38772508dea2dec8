//! Speaking with the daemon over its control socket.

use super::{Exit, Failure};
use crate::domain::household::Lang;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::path::{Path, PathBuf};
use tokio::net::UnixStream;

/// The daemon, by its control socket.
pub struct Client {
    socket: PathBuf,
    lang: Lang,
}

impl Client {
    /// The daemon of a state folder, asked in a language.
    pub fn new(state_dir: &Path, lang: Lang) -> Client {
        Client { socket: crate::app::control_socket(state_dir), lang }
    }

    /// Asks for something.
    ///
    /// # Errors
    /// When the daemon cannot be reached, or says no.
    pub async fn get(&self, target: &str) -> Result<Value, Failure> {
        self.send(Method::GET, target, &Value::Null).await
    }

    /// Wants something done.
    ///
    /// # Errors
    /// When the daemon cannot be reached, or says no.
    pub async fn post(&self, target: &str, body: &Value) -> Result<Value, Failure> {
        self.send(Method::POST, target, body).await
    }

    async fn send(&self, method: Method, target: &str, body: &Value) -> Result<Value, Failure> {
        let unreachable = |why: String| Failure {
            exit: Exit::Unreachable,
            message: format!(
                "the daemon cannot be reached at {}: {why}. Is `homepay run` running with the \
                 same configuration?",
                self.socket.display()
            ),
        };
        let stream = UnixStream::connect(&self.socket).await;
        let stream = stream.map_err(|e| unreachable(e.to_string()))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|e| unreachable(e.to_string()))?;
        let connection = tokio::spawn(connection);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header("host", "homepay")
            .header("accept-language", self.lang.tag())
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|e| Failure::usage(e.to_string()))?;
        let response =
            sender.send_request(request).await.map_err(|e| unreachable(e.to_string()))?;
        let status = response.status();
        let bytes = response.into_body().collect().await.map_err(|e| unreachable(e.to_string()))?;
        connection.abort();
        let bytes = bytes.to_bytes();
        let value: Value = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into());
        if status.is_success() {
            return Ok(value);
        }
        let said = value["message"].as_str().or(value.as_str()).unwrap_or("no reason given");
        let exit = match status {
            StatusCode::SERVICE_UNAVAILABLE => Exit::Unreachable,
            StatusCode::BAD_REQUEST => Exit::Usage,
            _ => Exit::No,
        };
        Err(Failure { exit, message: said.to_owned() })
    }
}

/// A value in a query or path.
pub fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
