//! Under which names the console is asked for: a page from elsewhere whose name was made to lead here
//! is not answered.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use homepay_ports::LocalAddress;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long an answer may take, with the reading of what was sent.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// Names that lead nowhere but into the home: by multicast, or by what the home's router answers.
pub const HOME_NAMES: [&str; 2] = ["homepay.local", "homepay.home.arpa"];

/// The console's own names.
#[derive(Clone, Debug, Default)]
pub struct OwnNames(Arc<BTreeSet<String>>);

impl OwnNames {
    /// `localhost`, [`HOME_NAMES`], the machine's name with and without `.local`, and what the owner wrote.
    pub fn new(machine: &str, written: &[String]) -> OwnNames {
        let mut names = BTreeSet::from(["localhost".to_owned()]);
        names.extend(HOME_NAMES.map(str::to_owned));
        let machine = machine.to_ascii_lowercase();
        if !machine.is_empty() {
            names.insert(format!("{machine}.local"));
            names.insert(machine);
        }
        names.extend(written.iter().map(|name| name.trim_end_matches('.').to_ascii_lowercase()));
        OwnNames(Arc::new(names))
    }

    /// Whether a `Host` is ours: one of the names, the address at which the request came in, or one
    /// of this machine's loopback. Ports are not looked at.
    fn has(&self, host: &str, at: Option<IpAddr>) -> bool {
        let name = name_of(host);
        match name.parse::<IpAddr>() {
            Ok(address) => {
                let address = address.to_canonical();
                address.is_loopback() || at == Some(address)
            }
            Err(_) => self.0.contains(&name.trim_end_matches('.').to_ascii_lowercase()),
        }
    }
}

/// A `Host` without its port, and an IPv6 address without its brackets.
fn name_of(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    host.split(':').next().unwrap_or_default()
}

/// Lets through what is asked of a name that is ours, and answers 421 to the rest. What sends no
/// `Host` at all is no browser.
pub async fn only_ours(State(names): State<OwnNames>, request: Request, next: Next) -> Response {
    let at = request.extensions().get::<LocalAddress>().map(|at| at.0);
    let in_uri = request.uri().authority().map(|authority| authority.as_str().to_owned());
    let foreign = foreign(&names, request.headers(), in_uri.as_deref(), at);
    if let Some(host) = foreign {
        let host: String = host.chars().filter(|c| !c.is_control()).take(HOST_CHARS_MAX).collect();
        let what = format!(
            "this is not {host}: ask by this machine's name or address, or add the name to \
             console.names\n"
        );
        return (StatusCode::MISDIRECTED_REQUEST, what).into_response();
    }
    match tokio::time::timeout(ANSWER_WAIT, next.run(request)).await {
        Ok(answer) => answer,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

/// How much of a foreign name is repeated, in characters.
const HOST_CHARS_MAX: usize = 80;

/// The first name that the request asks for and that is not ours.
pub fn foreign(
    names: &OwnNames,
    headers: &HeaderMap,
    in_uri: Option<&str>,
    at: Option<IpAddr>,
) -> Option<String> {
    let headers = headers.get_all(header::HOST).iter().map(|value| {
        // What is no text is nobody's name.
        value.to_str().unwrap_or("?").trim().to_owned()
    });
    headers.chain(in_uri.map(str::to_owned)).find(|host| !names.has(host, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_names_and_addresses_are_known_whatever_the_port() {
        let names = OwnNames::new("Pi4", &["home.example".to_owned()]);
        let at = Some(IpAddr::from([192, 168, 1, 9]));
        for ours in [
            "localhost",
            "localhost:8420",
            "LOCALHOST.",
            "127.0.0.1:8420",
            "[::1]:8420",
            "192.168.1.9:8420",
            "[::ffff:192.168.1.9]",
            "pi4",
            "Pi4.local:80",
            "Home.Example",
        ] {
            assert!(names.has(ours, at), "{ours}");
        }
        for foreign in [
            "evil.example",
            "localhost.evil.example",
            "evil.example:8420",
            "192.168.1.10",
            "10.0.0.1:8420",
            "",
            "?",
            "pi4.local.evil",
            "[2001:db8::1]:8420",
        ] {
            assert!(!names.has(foreign, at), "{foreign}");
        }
    }
}
