//! Connections as they are opened: HTTP/2's for all who wait, through proxies and for a time.

use crate::connections::{Identity, secure};
use crate::http2::{Act, Http2Server};
use crate::server::{client, kept, read_request};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use stepgate::transport::{HttpSettings, Phase};
use stepgate::{Client, ClientBuilder, Error, ErrorKind, Started};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

const SHORT: Duration = Duration::from_millis(100);

/// What a proxy does with a `CONNECT`.
#[derive(Debug, Clone, Copy)]
enum Tunnel {
    Open,
    /// Opens once it is told to.
    OpenWhenTold,
    /// Refuses once it is told to.
    RefuseWhenTold,
    /// Says nothing.
    Silent,
}

/// A proxy by which the opening of a connection can be held up; one act a connection, the last one for all that follow.
struct Proxy {
    address: String,
    connections: Arc<AtomicUsize>,
    heads: mpsc::UnboundedReceiver<String>,
    tell: Arc<Notify>,
}

impl Proxy {
    async fn to(upstream: &Http2Server, script: Vec<Tunnel>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (connections, tell) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let (note, heads) = mpsc::unbounded_channel();
        let (counter, told, upstream) = (Arc::clone(&connections), Arc::clone(&tell), upstream.address());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let number = counter.fetch_add(1, Ordering::SeqCst);
                let act = script[number.min(script.len() - 1)];
                let (note, told, upstream) = (note.clone(), Arc::clone(&told), upstream.clone());
                tokio::spawn(async move {
                    let mut head = [0; 4_096];
                    let length = stream.read(&mut head).await.unwrap();
                    note.send(String::from_utf8_lossy(&head[..length]).into_owned()).unwrap();
                    match act {
                        Tunnel::Open => {}
                        Tunnel::OpenWhenTold | Tunnel::RefuseWhenTold => told.notified().await,
                        Tunnel::Silent => std::future::pending().await,
                    }
                    if matches!(act, Tunnel::RefuseWhenTold) {
                        stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await.unwrap();
                        return;
                    }
                    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                    let mut server = TcpStream::connect(upstream).await.unwrap();
                    let _ = copy_bidirectional(&mut stream, &mut server).await;
                });
            }
        });
        Self { address, connections, heads, tell }
    }

    fn builder(&self) -> ClientBuilder {
        let proxy = format!("http://:hush@{}", self.address);
        client("http://api.example.com/prod/execute").http(HttpSettings::new().http2_only().proxy(proxy))
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn burst(client: &Client, calls: usize) -> JoinSet<Result<Started, Error>> {
    (0..calls).map(|call| client.execute(call).into_future()).collect()
}

#[tokio::test]
async fn a_burst_on_a_fresh_client_opens_one_connection_of_http_2() {
    let server = Http2Server::start(vec![Act::Answer(200)]).await;
    let client = server.builder().build().unwrap();
    for outcome in burst(&client, 50).join_all().await {
        outcome.unwrap();
    }
    assert_eq!(server.seen(), (1, 50));
}

#[tokio::test]
async fn whoever_gives_up_leaves_the_connection_to_those_who_wait() {
    let server = Http2Server::start(vec![Act::Answer(200)]).await;
    let mut proxy = Proxy::to(&server, vec![Tunnel::OpenWhenTold]).await;
    let client = proxy.builder().build().unwrap();
    let mut first = burst(&client, 1);
    proxy.heads.recv().await.unwrap();
    let others = burst(&client, 10);
    // They wait when the first one is gone.
    tokio::task::yield_now().await;
    first.abort_all();
    assert!(first.join_next().await.unwrap().is_err());
    proxy.tell.notify_one();
    for outcome in others.join_all().await {
        outcome.unwrap();
    }
    assert_eq!((proxy.connections(), server.seen()), (1, (1, 10)));
}

#[tokio::test]
async fn a_call_that_is_not_driven_holds_up_nobody_who_waits() {
    let server = Http2Server::start(vec![Act::Answer(200)]).await;
    let client = server.builder().build().unwrap();
    let mut asleep = std::pin::pin!(client.execute(1).into_future());
    let polled = std::future::poll_fn(|context| std::task::Poll::Ready(asleep.as_mut().poll(context))).await;
    assert!(polled.is_pending());
    client.execute(2).await.unwrap();
    asleep.await.unwrap();
    assert_eq!(server.seen(), (1, 2));
}

#[tokio::test]
async fn whoever_loses_patience_has_the_next_attempt_open_another_connection() {
    let server = Http2Server::start(vec![Act::Answer(200)]).await;
    let proxy = Proxy::to(&server, vec![Tunnel::Silent, Tunnel::Open]).await;
    let client = proxy.builder().attempt_timeout(SHORT).max_attempts(9).build().unwrap();
    let started = client.execute(1).await.unwrap();
    assert_eq!(started.attempts()[0].phase(), Phase::Connecting);
    assert!(proxy.connections() > 1);
}

#[tokio::test]
async fn a_connection_that_fails_is_told_to_all_who_waited_and_tried_again_by_the_next() {
    let server = Http2Server::start(vec![Act::Answer(200)]).await;
    let mut proxy = Proxy::to(&server, vec![Tunnel::RefuseWhenTold, Tunnel::Open]).await;
    let client = proxy.builder().max_attempts(1).build().unwrap();
    let waiting = burst(&client, 10);
    proxy.heads.recv().await.unwrap();
    proxy.tell.notify_one();
    for outcome in waiting.join_all().await {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Connect, false));
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("tunnel"), "{error:?}");
    }
    assert_eq!(proxy.connections(), 1);
    client.execute(1).await.unwrap();
}

#[tokio::test]
async fn time_to_connect_ends_for_all_who_wait() {
    let server = Http2Server::start(vec![Act::Answer(200)]).await;
    let proxy = Proxy::to(&server, vec![Tunnel::Silent]).await;
    let client = proxy.builder().connect_timeout(SHORT).max_attempts(1).build().unwrap();
    for outcome in burst(&client, 3).join_all().await {
        let error = outcome.unwrap_err();
        assert!(error.is_timeout() && error.is_connect() && !error.may_have_started(), "{error:?}");
    }
}

#[tokio::test]
async fn http_2_goes_past_a_proxy_in_a_tunnel_and_a_token_needs_no_user() {
    let server = Http2Server::start(vec![Act::Answer(200)]).await;
    let mut proxy = Proxy::to(&server, vec![Tunnel::Open]).await;
    proxy.builder().build().unwrap().execute(1).await.unwrap();
    let head = proxy.heads.recv().await.unwrap();
    assert!(head.starts_with("CONNECT api.example.com:80 HTTP/1.1\r\n"), "{head}");
    // :hush
    assert!(head.contains("\r\nProxy-Authorization: Basic Omh1c2g=\r\n"), "{head}");
}

#[tokio::test]
async fn calls_of_a_server_that_negotiates_http_1_1_have_a_connection_each() {
    let (server, caller) = (Identity::new("localhost"), Identity::new("caller"));
    let url = secure(&server, &caller).await;
    let settings = HttpSettings::new().root_certificates(server.pem_certificate()).client_certificate(caller.pem());
    let client = client(&url).http(settings).build().unwrap();
    for _ in 0..2 {
        for outcome in burst(&client, 5).join_all().await {
            outcome.unwrap();
        }
    }
}

/// Answers every request on kept connections of HTTP/1.1, once `at_once` of them have come.
async fn keeping(at_once: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/prod/execute", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let (counter, barrier) = (Arc::clone(&connections), Arc::new(tokio::sync::Barrier::new(at_once)));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            let barrier = Arc::clone(&barrier);
            tokio::spawn(async move {
                while read_request(&mut stream).await.is_some() {
                    barrier.wait().await;
                    stream.write_all(kept().as_bytes()).await.unwrap();
                }
            });
        }
    });
    (url, connections)
}

#[tokio::test]
async fn calls_of_http_1_1_wait_for_nobody() {
    let (url, connections) = keeping(10).await;
    let client = client(&url).build().unwrap();
    for outcome in burst(&client, 10).join_all().await {
        outcome.unwrap();
    }
    assert_eq!(connections.load(Ordering::SeqCst), 10);
}

#[tokio::test]
async fn a_connection_that_has_come_of_age_is_not_used_again() {
    let young = HttpSettings::new().max_age(Duration::ZERO);
    let server = Http2Server::start(vec![Act::Answer(200)]).await;
    let client = server.builder().http(young.clone().http2_only()).build().unwrap();
    let (url, connections) = keeping(1).await;
    let other = crate::server::client(&url).http(young).build().unwrap();
    let (kept_url, kept) = keeping(1).await;
    let keeper = crate::server::client(&kept_url).build().unwrap();
    for _ in 0..3 {
        client.execute(1).await.unwrap();
        other.execute(1).await.unwrap();
        keeper.execute(1).await.unwrap();
    }
    assert_eq!(server.seen(), (3, 3));
    assert_eq!((connections.load(Ordering::SeqCst), kept.load(Ordering::SeqCst)), (3, 1));
}
