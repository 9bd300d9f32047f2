//! The built-in transport: hyper on connections of our own, because what became of a request is known from its
//! connection. Nothing is sent again, redirected, or sent through an ambient proxy.

mod connector;
mod pool;
mod route;
mod socket;
mod tls;

use super::lease::{Lease, Retire};
use super::refusal::{is_certificate_refusal, sorted};
use super::settings::{HttpSettings, Unusable};
use super::{MAX_ANSWER, ObservedBody, Phase, Progress, Transport, TransportError};
use bytes::{Bytes, BytesMut};
use connector::{Connected, Connector};
use http::header::{HOST, HeaderValue, PROXY_AUTHORIZATION};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use pool::{Body, Exclusive, Pool, Pooled, Stream, Taken};
use route::Route;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

pub(crate) struct HttpTransport {
    connector: Connector,
    pool: Arc<Pool>,
    keep_alive: Option<(Duration, Duration)>,
}

impl HttpTransport {
    pub(crate) fn new(settings: &HttpSettings, connect_timeout: Duration) -> Result<Self, Unusable> {
        if settings.keep_alive.is_some_and(|(interval, timeout)| interval.is_zero() || timeout.is_zero()) {
            return Err(Unusable::new("`keep_alive` with a time of zero: give both an interval and a time-out"));
        }
        Ok(Self {
            connector: Connector::new(settings, connect_timeout)?,
            pool: Arc::new(Pool::new(settings.idle_timeout, settings.max_idle)),
            keep_alive: settings.keep_alive,
        })
    }

    /// Reads the certificate store now rather than at the first request.
    pub(crate) fn load_certificates(&self) -> Result<(), Unusable> {
        self.connector.load_certificates()
    }

    async fn connection(&self, route: &Route) -> Result<Pooled, TransportError> {
        // A runtime that stood still between calls has to read what came meanwhile before a connection can be judged.
        const LOOKS: usize = 8;
        let mut looks = 0;
        loop {
            match self.pool.take(route, looks < LOOKS) {
                Taken::Connection(Pooled::Exclusive(mut connection)) => {
                    // Closed between the look and now: dropped for the next one.
                    if connection.sender().ready().await.is_ok() {
                        return Ok(Pooled::Exclusive(connection));
                    }
                }
                Taken::Connection(shared) => return Ok(shared),
                Taken::Unsettled => {
                    looks += 1;
                    tokio::task::yield_now().await;
                }
                Taken::Nothing => return self.open(route).await,
            }
        }
    }

    async fn open(&self, route: &Route) -> Result<Pooled, TransportError> {
        let Connected { stream, wire, is_http2 } = self.connector.connect(route).await?;
        let stream = TokioIo::new(stream);
        if !is_http2 {
            let (sender, connection) = http1::handshake(stream).await.map_err(TransportError::new)?;
            // It ends with its connection; why is told to the request that is in flight on it.
            tokio::spawn(connection);
            return Ok(Pooled::Exclusive(self.pool.exclusive(route.clone(), sender, wire)));
        }
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new());
        if let Some((interval, timeout)) = self.keep_alive {
            // hyper adds them to an instant, which must not overflow.
            builder.keep_alive_interval(interval.min(DAY)).keep_alive_timeout(timeout.min(DAY));
        }
        let (sender, connection) = builder.handshake(stream).await.map_err(TransportError::new)?;
        tokio::spawn(connection);
        Ok(Pooled::Shared(self.pool.multiplexed(route.clone(), sender, wire)))
    }

    /// HTTP/1.1 names its target in the `Host` header, and to a proxy by the whole URL.
    fn as_http1(&self, request: &mut Request<Body>, route: &Route) -> Result<(), TransportError> {
        let host = HeaderValue::from_str(route.authority().as_str()).map_err(TransportError::new)?;
        request.headers_mut().insert(HOST, host);
        if let Some(proxy) = self.connector.forwarding_proxy(route) {
            if let Some(authorization) = &proxy.authorization {
                request.headers_mut().insert(PROXY_AUTHORIZATION, authorization.clone());
            }
        } else if let Some(target) = request.uri().path_and_query().cloned() {
            *request.uri_mut() = Uri::from(target);
        }
        Ok(())
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HttpTransport").field("keep_alive", &self.keep_alive).finish_non_exhaustive()
    }
}

impl Transport for HttpTransport {
    async fn send(&self, request: Request<Bytes>, progress: &Progress) -> Result<Response<Bytes>, TransportError> {
        progress.set(Phase::Connecting);
        let route = Route::of(request.uri())?;
        let connection = self.connection(&route).await?;
        // Of a request without a body nothing shows when it is sent.
        if request.body().is_empty() {
            progress.set(Phase::Sending);
        }
        let mut request = request.map(|body| ObservedBody::new(Full::new(body), progress.clone()));
        match connection {
            Pooled::Exclusive(connection) => {
                self.as_http1(&mut request, &route)?;
                exclusive(connection, request, progress).await
            }
            Pooled::Shared(stream) => shared(stream, request, progress).await,
        }
    }
}

/// One request on a connection of its own. Dropped before its end, the connection ends with it.
async fn exclusive(
    mut connection: Exclusive,
    request: Request<Body>,
    progress: &Progress,
) -> Result<Response<Bytes>, TransportError> {
    let before = connection.wire.sent();
    let answer = connection.sender().try_send_request(request).await.map_err(|error| {
        // Whatever hyper had begun: a request of which the kernel took no byte was never sent.
        if connection.wire.sent() == before {
            progress.set(Phase::Connecting);
        } else if progress.phase() == Phase::Connecting {
            progress.set(Phase::Sending);
        }
        failure(error, progress)
    })?;
    progress.set(Phase::Reading);
    let answer = read(answer).await?;
    connection.complete();
    Ok(with_lease(answer, connection))
}

/// One request on a connection of many, which is retired if the request breaks, or is dropped because its time was up.
async fn shared(
    mut stream: Stream,
    request: Request<Body>,
    progress: &Progress,
) -> Result<Response<Bytes>, TransportError> {
    let mut sender = stream.watched(progress.clone());
    let answer = match sender.try_send_request(request).await {
        Ok(answer) => {
            progress.set(Phase::Reading);
            read(answer).await
        }
        Err(error) => Err(failure(error, progress)),
    };
    match answer {
        Ok(answer) => {
            stream.complete();
            Ok(with_lease(answer, stream))
        }
        Err(error) => {
            stream.retire();
            Err(error)
        }
    }
}

/// A request whose message comes back was never begun.
fn failure(mut error: TrySendError<Request<Body>>, progress: &Progress) -> TransportError {
    if error.take_message().is_some() {
        progress.set(Phase::Connecting);
    }
    let error = error.into_error();
    if is_certificate_refusal(&error) {
        return TransportError::refused(error);
    }
    let timed_out = error.is_timeout();
    sorted(error, timed_out)
}

async fn read(answer: Response<Incoming>) -> Result<Response<Bytes>, TransportError> {
    let (head, mut body) = answer.into_parts();
    let mut whole = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // A refusal that comes after the head of an answer is none.
        let frame = frame.map_err(|error| {
            if error.is_timeout() { TransportError::time_out(error) } else { TransportError::new(error) }
        })?;
        let Ok(data) = frame.into_data() else { continue };
        if whole.len() + joined.len() + data.len() > MAX_ANSWER {
            return Err(TransportError::too_large());
        }
        // Most answers are one frame, which is kept as it came.
        if whole.is_empty() && joined.is_empty() {
            whole = data;
        } else {
            joined.extend_from_slice(&std::mem::take(&mut whole));
            joined.extend_from_slice(&data);
        }
    }
    let body = if joined.is_empty() { whole } else { joined.freeze() };
    Ok(Response::from_parts(head, body))
}

fn with_lease(mut answer: Response<Bytes>, connection: impl Retire + 'static) -> Response<Bytes> {
    answer.extensions_mut().insert(Lease::new(Arc::new(connection)));
    answer
}
