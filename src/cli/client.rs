//! Speaking with the daemon over its control socket.

use super::{Exit, Failure};
use homepay_domain::household::Lang;
use homepay_io::http::{innermost, socket_client};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::path::{Path, PathBuf};

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

    /// Has a verb of the table done.
    ///
    /// # Errors
    /// When the daemon cannot be reached, or says no.
    pub async fn command(&self, verb: &str, arguments: &Value) -> Result<Value, Failure> {
        self.post(&format!("/v1/commands/{verb}"), arguments).await
    }

    async fn send(&self, method: Method, target: &str, body: &Value) -> Result<Value, Failure> {
        let unreachable = |why: String| Failure {
            exit: Exit::Unreachable,
            code: None,
            message: format!(
                "the daemon cannot be reached at {}: {why}. Is `homepay run` running with the \
                 same configuration?",
                self.socket.display()
            ),
        };
        let client = socket_client(&self.socket).map_err(|e| Failure::no(e.to_string()))?;
        let mut request = client
            .request(method, format!("http://homepay{target}"))
            .header("accept-language", self.lang.tag());
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.map_err(|e| unreachable(innermost(&e)))?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(|e| unreachable(innermost(&e)))?;
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
        let code = value["code"].as_str().map(str::to_owned);
        Err(Failure { exit, message: said.to_owned(), code })
    }
}

/// A value in a query or path.
pub fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
