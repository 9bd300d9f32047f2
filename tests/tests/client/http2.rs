//! HTTP/2 over real sockets: what it says of requests that were not processed, and connections that went bad.

use crate::server::{EXECUTION, client};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stepgate::transport::{HttpSettings, Phase};
use stepgate::{ClientBuilder, Delivery, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const SHORT: Duration = Duration::from_millis(100);

/// What becomes of one request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// An execution, behind this status.
    Answer(u16),
    /// An execution, and then a `PING` that waits for its answer.
    AnswerAndPing,
    /// `RST_STREAM` with this code.
    Reset(u32),
    /// `GOAWAY` that names the stream as processed, or not, and the end of the connection.
    GoAway { processed: bool },
    /// Nothing any more on this connection.
    Silence,
}

const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;

/// A server that speaks HTTP/2 by hand, one act a request, the last one for all that follow.
pub(crate) struct Http2Server {
    url: String,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<usize>>,
}

impl Http2Server {
    pub(crate) async fn start(script: Vec<Act>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/dev/execute", listener.local_addr().unwrap());
        let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(0)));
        let (accepted, counter) = (Arc::clone(&connections), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, script.clone(), Arc::clone(&counter)));
            }
        });
        Self { url, connections, requests }
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        client(&self.url).http(HttpSettings::new().http2_only())
    }

    pub(crate) fn address(&self) -> String {
        self.url.trim_start_matches("http://").trim_end_matches("/dev/execute").to_owned()
    }

    /// Connections and requests.
    pub(crate) fn seen(&self) -> (usize, usize) {
        (self.connections.load(Ordering::SeqCst), *self.requests.lock().unwrap())
    }
}

async fn frame(stream: &mut TcpStream, kind: u8, flags: u8, id: u32, payload: &[u8]) -> Option<()> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend_from_slice(&id.to_be_bytes());
    bytes.extend_from_slice(payload);
    stream.write_all(&bytes).await.ok()
}

/// `None` once the client has left.
async fn serve(mut stream: TcpStream, script: Vec<Act>, requests: Arc<Mutex<usize>>) -> Option<()> {
    const DATA: u8 = 0;
    const HEADERS: u8 = 1;
    const RST_STREAM: u8 = 3;
    const SETTINGS: u8 = 4;
    const PING: u8 = 6;
    const GOAWAY: u8 = 7;
    stream.read_exact(&mut [0; 24]).await.ok()?;
    frame(&mut stream, SETTINGS, 0, 0, &[]).await?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.ok()?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        stream.read_exact(&mut payload).await.ok()?;
        let (kind, flags, id) = (head[3], head[4], u32::from_be_bytes([head[5], head[6], head[7], head[8]]));
        match kind {
            SETTINGS if flags & 1 == 0 => frame(&mut stream, SETTINGS, 1, 0, &[]).await?,
            PING if flags & 1 == 0 => frame(&mut stream, PING, 1, 0, &payload).await?,
            // The request is whole.
            DATA | HEADERS if flags & 1 == 1 => {
                let number = {
                    let mut requests = requests.lock().unwrap();
                    *requests += 1;
                    *requests - 1
                };
                match script[number.min(script.len() - 1)] {
                    act @ (Act::Answer(_) | Act::AnswerAndPing) => {
                        let status = if let Act::Answer(status) = act { status } else { 200 };
                        // `:status` without indexing, by its name in the static table.
                        let mut headers = vec![0x08, 3];
                        headers.extend_from_slice(status.to_string().as_bytes());
                        frame(&mut stream, HEADERS, 4, id, &headers).await?;
                        let body = if status == 200 { EXECUTION } else { "" };
                        frame(&mut stream, DATA, 1, id, body.as_bytes()).await?;
                        if matches!(act, Act::AnswerAndPing) {
                            frame(&mut stream, PING, 0, 0, &[0; 8]).await?;
                        }
                    }
                    Act::Reset(code) => frame(&mut stream, RST_STREAM, 0, id, &code.to_be_bytes()).await?,
                    Act::GoAway { processed } => {
                        let last = if processed { id } else { 0 };
                        frame(&mut stream, GOAWAY, 0, 0, &[last.to_be_bytes(), [0; 4]].concat()).await?;
                        return None;
                    }
                    Act::Silence => std::future::pending().await,
                }
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn calls_share_one_connection() {
    let server = Http2Server::start(vec![Act::Answer(200)]).await;
    let client = server.builder().build().unwrap();
    for _ in 0..3 {
        client.execute(1).await.unwrap();
    }
    assert_eq!(server.seen(), (1, 3));
}

#[tokio::test]
async fn a_refused_stream_started_nothing_and_is_sent_once_more_on_another_connection() {
    for refusal in [Act::Reset(REFUSED_STREAM), Act::GoAway { processed: false }] {
        let server = Http2Server::start(vec![refusal, Act::Answer(200)]).await;
        let started = server.builder().build().unwrap().execute(1).await.unwrap();
        assert_eq!(started.attempts().len(), 2, "{refusal:?}");
        assert!(!started.attempts()[0].may_have_started(), "{refusal:?}");
        assert_eq!(server.seen(), (2, 2), "{refusal:?}");
    }
}

#[tokio::test]
async fn a_request_that_is_refused_again_is_reported_as_not_started() {
    let server = Http2Server::start(vec![Act::Reset(REFUSED_STREAM)]).await;
    let error = server.builder().max_attempts(9).build().unwrap().execute(1).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Refused, false), "{error:?}");
    assert_eq!(server.seen().1, 2, "once more a call, and no more");
}

#[tokio::test]
async fn other_resets_and_a_goaway_that_includes_the_request_are_ambiguous() {
    for end in [Act::Reset(CANCEL), Act::GoAway { processed: true }] {
        let server = Http2Server::start(vec![end, Act::Answer(200)]).await;
        let client = server.builder().build().unwrap();
        let error = client.execute(1).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Interrupted, true), "{end:?}");
        client.execute(1).await.unwrap();
        assert_eq!(server.seen(), (2, 2), "the next call has another connection, {end:?}");
    }
}

#[tokio::test]
async fn a_silent_connection_takes_one_attempt_and_no_other() {
    let server = Http2Server::start(vec![Act::Silence, Act::Answer(200)]).await;
    let client = server.builder().attempt_timeout(SHORT).delivery(Delivery::AtLeastOnce).build().unwrap();
    let started = client.execute(1).await.unwrap();
    assert_eq!((started.attempts().len(), server.seen()), (2, (2, 2)));

    let server = Http2Server::start(vec![Act::Silence, Act::Answer(200)]).await;
    let client = server.builder().attempt_timeout(SHORT).build().unwrap();
    let error = client.execute(1).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(Phase::Waiting)));
    client.execute(1).timeout(Duration::from_mins(1)).attempt_timeout(Duration::from_mins(1)).await.unwrap();
    assert_eq!(server.seen(), (2, 2));
}

#[tokio::test]
async fn a_connection_that_answered_503_is_not_used_again() {
    let server = Http2Server::start(vec![Act::Answer(503), Act::Answer(200)]).await;
    let client = server.builder().build().unwrap();
    assert_eq!(client.execute(1).await.unwrap_err().kind(), ErrorKind::Server);
    client.execute(1).await.unwrap();
    assert_eq!(server.seen(), (2, 2));
}

#[tokio::test]
async fn a_peer_that_answers_no_ping_is_given_up_before_the_attempts_time_is_up() {
    let server = Http2Server::start(vec![Act::Silence]).await;
    let settings = HttpSettings::new().http2_only().keep_alive(SHORT, SHORT);
    let client = client(&server.url).http(settings).attempt_timeout(Duration::from_hours(1)).build().unwrap();
    let error = client.execute(1).timeout(Duration::from_hours(1)).await.unwrap_err();
    assert!(error.may_have_started() && error.attempts().len() == 1, "{error:?}");
}

#[test]
fn a_runtime_that_stands_still_between_calls_keeps_a_connection_on_which_housekeeping_came() {
    let serving = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = serving.block_on(Http2Server::start(vec![Act::AnswerAndPing]));
    let client = server.builder().build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for _ in 0..20 {
        runtime.block_on(client.execute(1).into_future()).unwrap();
    }
    assert_eq!(server.seen(), (1, 20));
}
