//! A server that breaks in a chosen way, on a port of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const EXECUTION: &str = r#"{"executionArn":"arn:aws:states:eu-west-1:1:execution:machine:9c3d8aab-83bf-4542-8256-36c9f42b6b01","startDate":1.573573209347E9}"#;

/// What a connection does once it has read a whole request.
#[derive(Debug, Clone)]
pub(crate) enum Behaviour {
    /// Answers with these bytes and closes.
    Answer(String),
    /// Closes with a reset.
    Reset,
    /// Answers with these bytes and keeps the connection open, saying no more.
    Stall(String),
}

/// How a server behaves on each request, the last entry for all that follow.
pub(crate) struct FaultServer {
    pub(crate) url: String,
    requests: Arc<AtomicUsize>,
}

impl FaultServer {
    pub(crate) async fn start(script: Vec<Behaviour>) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let url = format!("http://{}/dev/execute", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, script.clone(), Arc::clone(&counter)));
            }
        });
        Self { url, requests }
    }

    /// Its host and port.
    pub(crate) fn address(&self) -> String {
        self.url.trim_start_matches("http://").trim_end_matches("/dev/execute").to_owned()
    }

    /// Requests that arrived whole.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, script: Vec<Behaviour>, counter: Arc<AtomicUsize>) {
    if read_request(&mut stream).await.is_none() {
        return;
    }
    let number = counter.fetch_add(1, Ordering::SeqCst);
    match script[number.min(script.len() - 1)].clone() {
        Behaviour::Answer(answer) => {
            let _ = stream.write_all(answer.as_bytes()).await;
        }
        Behaviour::Reset => stream.set_zero_linger().unwrap(),
        Behaviour::Stall(beginning) => {
            let _ = stream.write_all(beginning.as_bytes()).await;
            // Until the client gives up.
            let _ = stream.read(&mut [0]).await;
        }
    }
}

/// Reads head and body, and gives the body; `None` if the client left before the end.
pub(crate) async fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        let mut chunk = [0; 4_096];
        let length = stream.read(&mut chunk).await.ok().filter(|length| *length > 0)?;
        request.extend_from_slice(&chunk[..length]);
        let Some(head) = request.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
        if request.len() >= head + 4 + length {
            return Some(request.split_off(head + 4));
        }
    }
}

/// An answer with a length that is right, after which the connection closes. `head`: the status and more headers.
pub(crate) fn raw(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

/// The same of JSON.
pub(crate) fn answer(status: &str, body: &str) -> Behaviour {
    Behaviour::Answer(raw(&format!("{status}\r\ncontent-type: application/json"), body))
}

/// A start, and a connection that is kept.
pub(crate) fn kept() -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{EXECUTION}", EXECUTION.len())
}

/// A client of the caller's own, which takes nothing from this machine.
pub(crate) fn reqwest_client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy().tls_certs_only([])
}

/// A builder whose pauses are too short to notice, with seed 7.
pub(crate) fn client(url: &str) -> stepgate::ClientBuilder {
    let pause = Duration::from_millis(1);
    stepgate::Client::builder(url).backoff(stepgate::Backoff::new(pause, pause, pause)).seed(7)
}
