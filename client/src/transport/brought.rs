//! Requests by a reqwest client of the caller's.

use super::whole::whole;
use super::{ObservedBody, Phase, Progress, Transport, TransportError, refusal};
use bytes::Bytes;
use http_body_util::Full;

/// Sends by a client that somebody else set up.
#[derive(Debug)]
pub(crate) struct ReqwestTransport(pub(crate) reqwest::Client);

impl Transport for ReqwestTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        progress: &Progress,
    ) -> Result<http::Response<Bytes>, TransportError> {
        // Of a request without a body nothing shows when it is sent.
        progress.set(if request.body().is_empty() { Phase::Sending } else { Phase::Connecting });
        let is_empty = request.body().is_empty();
        let request = request.map(|body| reqwest::Body::wrap(ObservedBody::new(Full::new(body), progress.clone())));
        let request = reqwest::Request::try_from(request).map_err(transport_error)?;
        let asked = request.url().clone();
        let answer = self.0.execute(request).await.map_err(|error| {
            // Of a request with a body the body knows better: the connection may be that of a redirect.
            if is_empty && error.is_connect() {
                progress.set(Phase::Connecting);
            }
            transport_error(error)
        })?;
        progress.set(Phase::Reading);
        // Whoever answered there, what was asked may have been carried out here.
        if *answer.url() != asked {
            return Err(TransportError::new(Followed(answer.url().origin().ascii_serialization())));
        }
        let (head, body) = http::Response::<reqwest::Body>::from(answer).into_parts();
        let body = whole(body, |error| TransportError::new(error.without_url())).await?;
        Ok(http::Response::from_parts(head, body))
    }
}

/// The client was set up to follow redirects.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client followed a redirect to {0}: build it with `redirect(Policy::none())`")]
struct Followed(String);

/// The URL may carry a secret in its query.
fn transport_error(error: reqwest::Error) -> TransportError {
    let timed_out = error.is_timeout();
    refusal::sorted(error.without_url(), timed_out)
}
