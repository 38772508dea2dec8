//! What a browser does without script: forms, cookies, and no following of redirects.

use crate::serve::house::{House, Process};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

pub const PASSWORD: &str = "a sentence that is long";

/// An answer: status, where it leads, and the page.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub head: String,
    pub page: String,
}

impl Answer {
    /// Fails with the page where the status is another.
    #[track_caller]
    pub fn is(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Fails where it does not lead there.
    #[track_caller]
    pub fn leads_to(self, location: &str) -> Answer {
        assert_eq!((self.status, self.location.as_str()), (303, location), "{self:?}");
        self
    }

    /// Fails where the page does not say so.
    #[track_caller]
    pub fn says(self, words: &str) -> Answer {
        assert!(self.page.contains(words), "no \"{words}\" in {}", self.page);
        self
    }
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.page).unwrap_or_else(|fault| panic!("{fault}: {self:?}"))
    }
}

pub struct Browser {
    pub port: u16,
    /// The name by which it asks.
    pub host: &'static str,
    pub cookies: Vec<(String, String)>,
    pub language: &'static str,
}

impl Browser {
    pub fn at(house: &House) -> Browser {
        Browser { port: house.console, host: "127.0.0.1", cookies: Vec::new(), language: "en" }
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "", &[])
    }

    /// Sends a form as our own page would.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send("POST", path, &form(fields), &[("sec-fetch-site", "same-origin")])
    }

    /// Sends JSON as a script of our own page would.
    pub fn post_json(&mut self, path: &str, body: &serde_json::Value) -> Answer {
        let origin = format!("http://{}:{}", self.host, self.port);
        let headers = [
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/json"),
            ("origin", &origin),
        ];
        self.send("POST", path, &body.to_string(), &headers)
    }

    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut text = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let defaults = vec![
            ("accept-language", self.language.to_owned()),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ("content-length", body.len().to_string()),
            ("user-agent", "Test browser".to_owned()),
            ("cookie", cookies.join("; ")),
        ];
        let host = ("host", format!("{}:{}", self.host, self.port));
        let defaults = defaults.into_iter().chain([host]);
        let is_given = |name: &str| headers.iter().any(|(given, _)| *given == name);
        let mut all: Vec<_> = defaults.filter(|(name, _)| !is_given(name)).collect();
        all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        for (name, value) in all {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "{text}\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, page) = answer.split_once("\r\n\r\n").unwrap();
        self.keep(head);
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        let location = lines.clone().find(|(name, _)| *name == "location");
        Answer {
            status: head.split_whitespace().nth(1).unwrap().parse().unwrap(),
            location: location.map_or(String::new(), |(_, to)| to.to_owned()),
            head: head.to_owned(),
            page: page.to_owned(),
        }
    }

    fn keep(&mut self, head: &str) {
        for line in head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.retain(|(kept, _)| kept != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    /// Begins to follow a part of a page; what comes is read from the stream.
    pub fn follow(&self, path: &str) -> TcpStream {
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let (port, cookies, language) = (self.port, cookies.join("; "), self.language);
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncookie: {cookies}\r\n\
             accept-language: {language}\r\n\r\n"
        )
        .unwrap();
        stream
    }
}

/// Reads what is followed until it says so.
pub fn read_until(stream: &mut TcpStream, words: &str) -> String {
    let (mut all, mut buffer) = (Vec::new(), [0; 4_096]);
    loop {
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "it ended: {}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&buffer[..length]);
        let text = String::from_utf8_lossy(&all).into_owned();
        if text.contains(words) {
            return text;
        }
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// What a hidden field of a form carries.
pub fn hidden(page: &str, name: &str) -> String {
    let before = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&before).unwrap_or_else(|| panic!("no {name} in {page}"));
    rest.split('"').next().unwrap().to_owned()
}

/// The setup code that the daemon printed last.
pub fn setup_code(house: &House) -> String {
    let log = house.log();
    let code = log.lines().rev().find_map(|line| line.trim().strip_prefix("setup code"));
    code.unwrap_or_else(|| panic!("no setup code in {log}")).trim().to_owned()
}

/// A daemon with an owner who is signed in.
pub fn set_up(limits: &str) -> (House, Process, Browser) {
    let house = House::new(None, false, limits);
    let daemon = house.start();
    wait_for_code(&house);
    let mut browser = Browser::at(&house);
    let (code, member) = (setup_code(&house), "mum");
    let fields = [("code", code.as_str()), ("member", member), ("password", PASSWORD)];
    browser.post("/setup", &fields).leads_to("/");
    (house, daemon, browser)
}

/// The daemon is ready a moment before it says where it is.
pub fn wait_for_code(house: &House) {
    for _ in 0..1_000 {
        if house.log().contains("setup code") {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("no setup code in {}", house.log());
}
