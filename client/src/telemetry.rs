//! One span for each attempt, in OpenTelemetry's names for HTTP clients; nothing without the feature `tracing`.
//!
//! There is no span around the whole call: the semantic conventions want one client span for each request on the wire.

use crate::attempt::Attempt;
use crate::error::ErrorKind;
use bytes::Bytes;
use std::future::Future;

/// The span of one attempt. It holds neither a header nor the payload nor the query of the URL.
pub(crate) struct AttemptSpan {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
    #[cfg(feature = "tracing")]
    ended: bool,
}

#[cfg(feature = "tracing")]
impl AttemptSpan {
    /// `resends`: the attempts of this call before this one.
    pub(crate) fn start(request: &http::Request<Bytes>, resends: usize) -> Self {
        use tracing::field::Empty;
        let (method, uri) = (request.method(), request.uri());
        let scheme = uri.scheme_str().unwrap_or_default();
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let query = if uri.query().is_some() { "?REDACTED" } else { "" };
        let span = tracing::info_span!(
            target: "stepgate",
            "execute",
            otel.name = method.as_str(),
            otel.kind = "client",
            otel.status_code = Empty,
            http.request.method = method.as_str(),
            http.request.resend_count = Empty,
            http.response.status_code = Empty,
            server.address = uri.host().unwrap_or_default(),
            server.port = port,
            url.full = %format_args!("{scheme}://{authority}{}{query}", uri.path()),
            error.type = Empty,
            aws.request_id = Empty,
        );
        if resends > 0 {
            span.record("http.request.resend_count", resends);
        }
        Self { span, ended: false }
    }

    pub(crate) fn around<F: Future>(&self, sending: F) -> impl Future<Output = F::Output> + use<F> {
        tracing::Instrument::instrument(sending, self.span.clone())
    }

    /// `failure`: what the attempt would be reported as, if it were the last.
    pub(crate) fn end(mut self, attempt: &Attempt, failure: Option<ErrorKind>) {
        self.ended = true;
        if let Some(status) = attempt.status() {
            self.span.record("http.response.status_code", status);
        }
        if let Some(id) = attempt.request_id() {
            self.span.record("aws.request_id", id);
        }
        if let Some(kind) = failure {
            self.fail(kind.as_str());
        }
    }

    fn fail(&self, kind: &str) {
        self.span.record("error.type", kind);
        self.span.record("otel.status_code", "ERROR");
    }
}

#[cfg(feature = "tracing")]
impl Drop for AttemptSpan {
    /// Of a call whose future is dropped nobody learns how the attempt ended, and the workflow may have been started.
    fn drop(&mut self) {
        if !self.ended {
            self.fail("dropped");
        }
    }
}

#[cfg(not(feature = "tracing"))]
#[expect(clippy::unused_self, reason = "its twin with spans uses all of it")]
impl AttemptSpan {
    pub(crate) fn start(_: &http::Request<Bytes>, _: usize) -> Self {
        Self {}
    }

    pub(crate) fn around<F: Future>(&self, sending: F) -> F {
        sending
    }

    pub(crate) fn end(self, _: &Attempt, _: Option<ErrorKind>) {}
}
