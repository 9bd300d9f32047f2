//! The end of an attempt against the beginning of its request: whichever comes first, the other has to know.

use crate::chaos::{CARRIERS, Carrier};
use crate::server::{Behaviour, EXECUTION, answer, read_request, reqwest_client};
use bytes::Bytes;
use http_body::Body as _;
use http_body_util::Full;
use std::collections::HashMap;
use std::future::IntoFuture;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::Duration;
use stepgate::testing::TestClock;
use stepgate::transport::{Abandoned, HttpSettings, ObservedBody, Phase, Progress, Transport, TransportError};
use stepgate::{Backoff, Client, ErrorKind, RetryBudget};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;

type Body = Pin<Box<ObservedBody<Full<Bytes>>>>;

/// What a transport does once it has handed a request's body over.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Then {
    Hang,
    /// Takes the first frame, as an HTTP stack does that has a connection.
    TakeAndHang,
    Fail,
}

/// A transport whose bodies are left behind, as by a connection's task, for the test to take or not.
#[derive(Debug, Clone)]
struct LeftBehind {
    then: Then,
    bodies: Arc<Mutex<Vec<Body>>>,
}

impl LeftBehind {
    fn new(then: Then) -> Self {
        Self { then, bodies: Arc::default() }
    }

    fn client(&self) -> Client {
        let builder = Client::builder("http://127.0.0.1:9/prod/execute").transport(self.clone());
        builder.clock(TestClock::new()).max_attempts(2).build().unwrap()
    }

    fn bodies(&self) -> Vec<Body> {
        std::mem::take(&mut self.bodies.lock().unwrap())
    }
}

impl Transport for LeftBehind {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        progress: &Progress,
    ) -> Result<http::Response<Bytes>, TransportError> {
        progress.set(Phase::Connecting);
        let mut body = Box::pin(ObservedBody::new(Full::new(request.into_body()), progress.clone()));
        if self.then == Then::TakeAndHang {
            assert!(!is_refused(&mut body));
        }
        self.bodies.lock().unwrap().push(body);
        if self.then == Then::Fail {
            return Err(TransportError::time_out("a time limit of the transport's own"));
        }
        std::future::pending().await
    }
}

/// Asks for the next frame.
fn is_refused(body: &mut Body) -> bool {
    match body.as_mut().poll_frame(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Some(Err(error))) => error.is::<Abandoned>(),
        _ => false,
    }
}

#[tokio::test]
async fn a_request_that_was_reported_as_not_begun_cannot_begin_any_more() {
    for then in [Then::Hang, Then::Fail] {
        let transport = LeftBehind::new(then);
        let error = transport.client().execute("x").await.unwrap_err();
        assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(Phase::Connecting)), "{then:?}");
        assert!(!error.may_have_started());
        let bodies = transport.bodies();
        assert_eq!(bodies.len(), 2, "it was safe to try again");
        for mut body in bodies {
            assert!(!body.is_end_stream(), "{then:?}");
            assert!(is_refused(&mut body), "{then:?}");
        }
    }
}

#[tokio::test]
async fn a_request_that_was_begun_before_time_was_up_may_have_started_an_execution() {
    let transport = LeftBehind::new(Then::TakeAndHang);
    let error = transport.client().execute("x").await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(Phase::Waiting)));
    assert!(error.may_have_started());
    assert_eq!(transport.bodies().len(), 1, "it is not tried again");
}

#[tokio::test]
async fn a_call_that_is_dropped_begins_nothing_afterwards() {
    let transport = LeftBehind::new(Then::Hang);
    let builder = Client::builder("http://127.0.0.1:9/prod/execute").transport(transport.clone());
    let client = builder.build().unwrap();
    let mut call = client.execute("x").into_future();
    assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(call);
    let [mut body] = <[Body; 1]>::try_from(transport.bodies()).unwrap();
    assert!(is_refused(&mut body));
}

type Counts = HashMap<Vec<u8>, usize>;

/// A server on a thread of its own that counts the requests that arrive whole, by their bodies.
struct Counter {
    address: SocketAddr,
    /// Whose connection says that no more come.
    last: Arc<OnceLock<SocketAddr>>,
    thread: JoinHandle<Counts>,
}

impl Counter {
    fn start(is_http2: bool) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let last = Arc::<OnceLock<SocketAddr>>::default();
        let end = Arc::clone(&last);
        let thread = std::thread::spawn(move || {
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                let counts = Arc::<Mutex<Counts>>::default();
                let mut connections = JoinSet::new();
                loop {
                    let (stream, peer) = listener.accept().await.unwrap();
                    // Whoever connected before has been accepted before.
                    if end.get() == Some(&peer) {
                        break;
                    }
                    stream.set_nodelay(true).unwrap();
                    let counts = Arc::clone(&counts);
                    connections.spawn(async move {
                        if is_http2 {
                            let _ = http2(stream, &counts).await;
                        } else {
                            http1(stream, &counts).await;
                        }
                    });
                    while connections.try_join_next().is_some() {}
                }
                // Every client has gone, so that each connection comes to its end.
                connections.join_all().await;
                std::mem::take(&mut *counts.lock().unwrap())
            })
        });
        Self { address, last, thread }
    }

    /// What arrived. To be asked when the client is dropped.
    async fn stop(self) -> Counts {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        self.last.set(socket.local_addr().unwrap()).unwrap();
        let _last = socket.connect(self.address).await.unwrap();
        tokio::task::spawn_blocking(|| self.thread.join().unwrap()).await.unwrap()
    }
}

fn count(counts: &Mutex<Counts>, body: Vec<u8>) {
    *counts.lock().unwrap().entry(body).or_default() += 1;
}

async fn http1(mut stream: TcpStream, counts: &Mutex<Counts>) {
    let Some(body) = read_request(&mut stream).await else { return };
    count(counts, body);
    let Behaviour::Answer(answer) = answer("200 OK", EXECUTION) else { unreachable!("it is an answer") };
    let _ = stream.write_all(answer.as_bytes()).await;
}

async fn http2(stream: TcpStream, counts: &Mutex<Counts>) -> Result<(), h2::Error> {
    let mut connection = h2::server::handshake(stream).await?;
    let (sender, mut arrived) = tokio::sync::mpsc::unbounded_channel();
    loop {
        tokio::select! {
            accepted = connection.accept() => {
                let Some(accepted) = accepted else { return Ok(()) };
                let (request, answer) = accepted?;
                let sender = sender.clone();
                tokio::spawn(async move {
                    let (mut body, mut whole) = (request.into_body(), Vec::new());
                    while let Some(data) = body.data().await {
                        // Whoever resets the stream has not sent it whole.
                        let Ok(data) = data else { return };
                        let _ = body.flow_control().release_capacity(data.len());
                        whole.extend_from_slice(&data);
                    }
                    let _ = sender.send((whole, answer));
                });
            }
            Some((body, mut answer)) = arrived.recv() => {
                count(counts, body);
                if let Ok(mut stream) = answer.send_response(http::Response::new(()), false) {
                    let _ = stream.send_data(Bytes::from_static(EXECUTION.as_bytes()), true);
                }
            }
        }
    }
}

/// How many calls go over each carrier.
fn calls() -> usize {
    std::env::var("STEPGATE_RACE_CALLS").map_or(1_500, |calls| calls.parse().unwrap())
}

/// Calls whose time is up when they are about to be sent, 16 at a time. How many were said not to have started and arrived
/// whole, and how many arrived twice.
async fn race(carrier: Carrier) -> (usize, usize) {
    let server = Counter::start(carrier == Carrier::Http2);
    let pause = Duration::from_millis(1);
    let builder = Client::builder(format!("http://{}/prod/execute", server.address))
        .backoff(Backoff::new(pause, pause, pause))
        .retry_budget(RetryBudget::new(u32::MAX));
    let builder = match carrier {
        Carrier::Http1 => builder,
        Carrier::Http2 => builder.http(HttpSettings::new().http2_only()),
        Carrier::Reqwest => builder.http_client(reqwest_client().build().unwrap()),
    };
    let client = builder.build().unwrap();
    let (mut tasks, mut outcomes) = (JoinSet::new(), Vec::new());
    for call in 0..calls() {
        if tasks.len() == 16 {
            outcomes.push(tasks.join_next().await.unwrap().unwrap());
        }
        let payload = format!("call {call}");
        // A timer of tokio's strikes at whole milliseconds.
        let time = Duration::from_millis(if call % 4 == 0 { 3 } else { 1 });
        let execute = client.execute(&payload).attempt_timeout(time);
        tasks.spawn(async move {
            let outcome = execute.await.map(|_| ()).map_err(|error| error.may_have_started());
            (format!("\"{payload}\"").into_bytes(), outcome)
        });
    }
    outcomes.extend(tasks.join_all().await);
    drop(client);
    let arrived = server.stop().await;
    let of = |wanted: Result<(), bool>| outcomes.iter().filter(move |(_, outcome)| *outcome == wanted);
    let denied = of(Err(false)).filter(|(body, _)| arrived.contains_key(body)).count();
    let twice = arrived.values().filter(|times| **times > 1).count();
    println!(
        "| {carrier:?} | {} | {} | {} | {} | {denied} | {twice} |",
        of(Ok(())).count(),
        of(Err(true)).count(),
        of(Err(false)).count(),
        arrived.len()
    );
    (denied, twice)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn time_that_is_up_while_a_request_is_begun_denies_no_start_and_makes_no_second() {
    let mut lies = Vec::new();
    for carrier in CARRIERS {
        lies.push(race(carrier).await);
    }
    assert_eq!(lies, [(0, 0); 3], "arrived whole and denied, arrived twice: over {CARRIERS:?}");
}
