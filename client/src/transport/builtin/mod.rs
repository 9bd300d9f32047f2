//! The built-in transport: hyper on connections of our own, because what became of a request is known from its
//! connection. Nothing is sent again, redirected, or sent through an ambient proxy.

mod connector;
mod dialer;
mod failure;
mod lifetime;
mod multiplexed;
mod opening;
mod pool;
mod route;
mod socket;
mod tls;

use super::lease::{Lease, Retire};
use super::refusal::sorted;
use super::settings::{HttpSettings, Unusable};
use super::whole::whole;
use super::{ObservedBody, Phase, Progress, Transport, TransportError};
use bytes::Bytes;
use dialer::Dialer;
use http::header::{Entry, HOST, HeaderValue, PROXY_AUTHORIZATION};
use http::uri::Authority;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use multiplexed::{Body, Stream};
use pool::{Exclusive, Pooled};
use route::Route;
use socket::Wire;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(crate) struct HttpTransport(Arc<Dialer>);

impl HttpTransport {
    pub(crate) fn new(settings: &HttpSettings, connect_timeout: Duration) -> Result<Self, Unusable> {
        if settings.keep_alive.is_some_and(|(interval, timeout)| interval.is_zero() || timeout.is_zero()) {
            return Err(Unusable::new("`keep_alive` with a time of zero: give both an interval and a time-out"));
        }
        Ok(Self(Arc::new(Dialer::new(settings, connect_timeout)?)))
    }

    /// Reads the certificate store now rather than at the first request.
    pub(crate) fn load_certificates(&self) -> Result<(), Unusable> {
        self.0.connector.load_certificates()
    }

    /// HTTP/1.1 names its target in the `Host` header, which may be another than that of the URL, and to a proxy by the whole
    /// URL.
    fn as_http1(&self, request: &mut Request<Body>, route: &Route) -> Result<(), TransportError> {
        if let Entry::Vacant(place) = request.headers_mut().entry(HOST) {
            place.insert(HeaderValue::from_str(route.authority().as_str()).map_err(TransportError::new)?);
        }
        if let Some(proxy) = self.0.connector.forwarding_proxy(route) {
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
        formatter.debug_struct("HttpTransport").finish_non_exhaustive()
    }
}

impl Transport for HttpTransport {
    async fn send(&self, request: Request<Bytes>, progress: &Progress) -> Result<Response<Bytes>, TransportError> {
        progress.set(Phase::Connecting);
        let route = Route::of(request.uri())?;
        let connection = self.0.connection(&route, progress).await?;
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
            Pooled::Shared(stream) => {
                as_http2(&mut request)?;
                shared(stream, request, progress).await
            }
        }
    }
}

/// HTTP/2 names its target in the URL alone.
fn as_http2(request: &mut Request<Body>) -> Result<(), TransportError> {
    if let Some(host) = request.headers_mut().remove(HOST) {
        let mut parts = request.uri().clone().into_parts();
        parts.authority = Some(Authority::try_from(host.as_bytes()).map_err(TransportError::new)?);
        *request.uri_mut() = Uri::from_parts(parts).map_err(TransportError::new)?;
    }
    Ok(())
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
        failure(error, progress, &connection.wire)
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
        Err(error) => Err(failure(error, progress, stream.wire())),
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
fn failure(mut error: TrySendError<Request<Body>>, progress: &Progress, wire: &Wire) -> TransportError {
    if error.take_message().is_some() {
        progress.set(Phase::Connecting);
    }
    let error = error.into_error();
    if wire.has_refused_certificate() {
        return TransportError::refused(error);
    }
    let timed_out = error.is_timeout();
    sorted(error, timed_out)
}

async fn read(answer: Response<Incoming>) -> Result<Response<Bytes>, TransportError> {
    let (head, body) = answer.into_parts();
    let broken = |error: hyper::Error| {
        if error.is_timeout() { TransportError::time_out(error) } else { TransportError::new(error) }
    };
    Ok(Response::from_parts(head, whole(body, broken).await?))
}

fn with_lease(mut answer: Response<Bytes>, connection: impl Retire + 'static) -> Response<Bytes> {
    answer.extensions_mut().insert(Lease::new(Arc::new(connection)));
    answer
}
