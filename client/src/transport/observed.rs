use super::{Phase, Progress};
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Any body, reporting to a [`Progress`] when the HTTP stack takes it.
///
/// hyper, and what is built on it, asks for the body only once it has a connection, and writes the head no earlier. So
/// set [`Phase::Connecting`] before you send: if the stack never asks for the body, nothing was sent. That holds only for
/// a body that is not empty.
///
/// ```
/// use bytes::Bytes;
/// use stepgate::transport::{ObservedBody, Phase, Progress};
///
/// # fn doc<B: http_body::Body<Data = Bytes> + Unpin>(request: http::Request<B>) {
/// let progress = Progress::new();
/// progress.set(Phase::Connecting);
/// let request = request.map(|body| ObservedBody::new(body, progress.clone()));
/// // … hand `request` to the HTTP stack; `progress` tells how far it came.
/// # }
/// ```
#[derive(Debug)]
pub struct ObservedBody<B> {
    inner: B,
    progress: Progress,
}

impl<B> ObservedBody<B> {
    /// Reports to `progress` what becomes of `inner`.
    pub const fn new(inner: B, progress: Progress) -> Self {
        Self { inner, progress }
    }
}

impl<B: Body + Unpin> Body for ObservedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        // Whoever asks for the first frame has a connection to write it to.
        if self.progress.phase() == Phase::Connecting {
            self.progress.set(Phase::Sending);
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        if frame.is_none() || self.inner.is_end_stream() {
            self.progress.set(Phase::Waiting);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
