//! The HTTP port against servers that do not behave.

use homepay_io::http::{HttpClient, RESPONSE_BYTES_MAX};
use homepay_ports::{HttpRequest, HttpResponse, HttpTransport as _, SendFault};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Sends one request to a server that writes `answer` and closes; gives the reply and how many
/// connections the server saw.
async fn exchange(answer: Vec<u8>) -> (Result<HttpResponse, SendFault>, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let (seen, mut count) = tokio::sync::mpsc::unbounded_channel();
    let server = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            seen.send(()).expect("the test counts");
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(&answer).await;
        }
    });
    let http = HttpClient::new(&format!("http://{address}"), Duration::from_millis(500));
    let request = HttpRequest {
        method: "POST",
        target: "/v1/payments".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: b"{}".to_vec(),
    };
    let reply = http.expect("a client").send(request).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.abort();
    let mut connections = 0;
    while count.try_recv().is_ok() {
        connections += 1;
    }
    (reply, connections)
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let answer = b"HTTP/1.1 307 x\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
    let (reply, connections) = exchange(answer.to_vec()).await;
    let response = reply.expect("an answer");
    assert_eq!((response.status, connections), (307, 1));
    assert_eq!(response.header("location"), Some("/elsewhere"));
}

#[tokio::test]
async fn what_is_not_http_is_broken_and_never_sent_again() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{}";
    for answer in [b"".as_slice(), b"SSH-2.0-hello\r\n", cut] {
        let (reply, connections) = exchange(answer.to_vec()).await;
        assert!(matches!(reply, Err(SendFault::Broken(_))), "{reply:?}");
        assert_eq!(connections, 1, "one try is one connection");
    }
}

#[tokio::test]
async fn a_body_is_bounded() {
    let mut answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    answer.resize(answer.len() + RESPONSE_BYTES_MAX, b' ');
    let (reply, _) = exchange(answer.clone()).await;
    assert_eq!(reply.expect("just fits").body.len(), RESPONSE_BYTES_MAX);
    answer.push(b' ');
    let (reply, _) = exchange(answer).await;
    assert!(matches!(reply, Err(SendFault::Broken(_))), "{reply:?}");
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let wait = Duration::from_millis(200);
    let http = HttpClient::new(&url, wait).expect("a client");
    let request = HttpRequest {
        method: "GET",
        target: "/".to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    assert_eq!(http.send(request).await, Err(SendFault::TimedOut(wait)));
}

#[test]
fn a_wallets_url_is_http_or_https() {
    let own_script = "http://钱包.example";
    for good in
        ["http://127.0.0.1:8431", "http://[::1]:80/pay", "HTTP://wallet.example", own_script]
    {
        assert!(HttpClient::new(good, Duration::from_secs(1)).is_ok(), "{good}");
    }
    for bad in ["", "wallet.example", "ftp://wallet.example", "unix:/run/wallet"] {
        assert!(HttpClient::new(bad, Duration::from_secs(1)).is_err(), "{bad}");
    }
}
