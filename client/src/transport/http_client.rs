//! The transport on reqwest: nothing is re-sent, redirected or sent through an ambient proxy.

use super::{MAX_ANSWER, Phase, Progress, Transport, TransportError};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct HttpClient(reqwest::Client);

impl HttpClient {
    /// A connection pool for one endpoint. Plain HTTP needs no certificate store, so none is loaded for it.
    pub(crate) fn build(secure: bool, connect_timeout: Duration) -> Result<Self, reqwest::Error> {
        let mut builder = reqwest::Client::builder()
            .retry(reqwest::retry::never())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(connect_timeout)
            // Shorter than any gateway's: a request written to a connection that the other side is just closing is
            // lost in a way that cannot be told from one that arrived.
            .pool_idle_timeout(Duration::from_secs(20));
        if !secure {
            builder = builder.tls_certs_only([]);
        }
        builder.build().map(Self)
    }
}

impl Transport for HttpClient {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        progress: &Progress,
    ) -> Result<http::Response<Bytes>, TransportError> {
        // A request without a body shows nothing of its way.
        progress.set(if request.body().is_empty() { Phase::Sending } else { Phase::Connecting });
        let request = request.map(|body| reqwest::Body::wrap(ObservedBody::new(body, progress.clone())));
        let request = reqwest::Request::try_from(request).map_err(transport_error)?;
        let mut answer = self.0.execute(request).await.map_err(|error| {
            if error.is_connect() {
                progress.set(Phase::Connecting);
            }
            transport_error(error)
        })?;
        progress.set(Phase::Reading);
        let body = read(&mut answer).await?;
        let mut response = http::Response::new(body);
        *response.status_mut() = answer.status();
        *response.version_mut() = answer.version();
        std::mem::swap(response.headers_mut(), answer.headers_mut());
        Ok(response)
    }
}

async fn read(answer: &mut reqwest::Response) -> Result<Bytes, TransportError> {
    let Some(first) = answer.chunk().await.map_err(transport_error)? else { return Ok(Bytes::new()) };
    let Some(second) = answer.chunk().await.map_err(transport_error)? else { return within_limit(first) };
    let mut body = bytes::BytesMut::from(first);
    body.extend_from_slice(&second);
    while let Some(chunk) = answer.chunk().await.map_err(transport_error)? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER {
            break;
        }
    }
    within_limit(body.freeze())
}

fn within_limit(body: Bytes) -> Result<Bytes, TransportError> {
    if body.len() > MAX_ANSWER {
        return Err(TransportError::new(format!("the answer is longer than {MAX_ANSWER} bytes")));
    }
    Ok(body)
}

/// The phase is known from the body's progress. A time limit shows itself here only while connecting; an operating
/// system's own, such as `ETIMEDOUT`, is found by walking the chain.
fn transport_error(error: reqwest::Error) -> TransportError {
    let mut timed_out = error.is_timeout();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        timed_out |= cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::TimedOut);
        source = cause.source();
    }
    // The URL may carry a secret in its query.
    let error = error.without_url();
    if timed_out { TransportError::time_out(error) } else { TransportError::new(error) }
}

/// A body that reports when hyper takes it. Hyper does so only once it has a connection, and flushes the head no
/// earlier, so a body that was never asked for is a request that was never sent.
struct ObservedBody {
    rest: Bytes,
    progress: Progress,
}

impl ObservedBody {
    /// Small enough that sending a large body shows as progress, large enough to cost nothing.
    const FRAME: usize = 64 << 10;

    fn new(body: Bytes, progress: Progress) -> Self {
        Self { rest: body, progress }
    }
}

impl Body for ObservedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.rest.len().min(Self::FRAME);
        let frame = self.rest.split_to(length);
        self.progress.set(if self.rest.is_empty() { Phase::Waiting } else { Phase::Sending });
        Poll::Ready(Some(Ok(Frame::data(frame))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
