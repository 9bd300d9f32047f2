//! Calls to endpoints: one thread with an event loop, however many are under way.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The longest answer that is read: well above what a state may put out.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EndpointRequest {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// How long the answer may take.
    pub(super) timeout: Duration,
}

/// What an endpoint has answered.
#[derive(Debug, Clone)]
pub(crate) struct EndpointResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What comes of a call; an error says why there is no answer.
pub(crate) type Answered = Result<EndpointResponse, String>;

type Job = (EndpointRequest, Box<dyn FnOnce(Answered) + Send>);
type Connections = hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>;

/// Makes calls. Its thread begins with the first one and ends when the client is dropped.
#[derive(Debug, Default)]
pub(crate) struct Client(OnceLock<UnboundedSender<Job>>);

impl Client {
    /// Makes a call; `done` is told what came of it, on the client's thread.
    pub(crate) fn send(&self, exchange: EndpointRequest, done: impl FnOnce(Answered) + Send + 'static) {
        let jobs = self.0.get_or_init(|| {
            let (sender, jobs) = unbounded_channel();
            // Without the thread the receiver is dropped, and every call says so.
            let _ = std::thread::Builder::new().name("doubles".to_owned()).spawn(move || work(jobs));
            sender
        });
        if let Err(unsent) = jobs.send((exchange, Box::new(done))) {
            (unsent.0.1)(Err("the thread that calls endpoints cannot be started".to_owned()));
        }
    }
}

fn work(mut jobs: UnboundedReceiver<Job>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    // A new connection for each call: an idle one may be closed by the other side just when it is used again.
    let client: Connections = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .retry_canceled_requests(false)
        .build_http();
    runtime.block_on(async {
        while let Some((exchange, done)) = jobs.recv().await {
            let client = client.clone();
            tokio::spawn(async move {
                let (url, timeout) = (exchange.url.clone(), exchange.timeout);
                let answered = tokio::time::timeout(timeout, call(client, exchange)).await;
                let late = || format!("{url} has not answered within {} seconds", timeout.as_secs());
                done(answered.unwrap_or_else(|_| Err(late())));
            });
        }
    });
}

async fn call(client: Connections, exchange: EndpointRequest) -> Answered {
    let url = exchange.url;
    let mut request = Request::builder().method(exchange.method.as_str()).uri(&url);
    for (name, value) in &exchange.headers {
        request = request.header(name, value);
    }
    let request = request
        .body(Full::new(Bytes::from(exchange.body)))
        .map_err(|error| format!("{url} cannot be called: {error}"))?;
    let answer = client.request(request).await.map_err(|error| format!("{url} cannot be called: {}", root(&error)))?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, MAX_ANSWER).collect().await;
    let body = body.map_err(|error| format!("the answer of {url} cannot be read: {error}"))?.to_bytes();
    Ok(EndpointResponse { status: head.status.as_u16(), headers: head.headers, body })
}

/// The innermost error, which names the cause.
fn root(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
