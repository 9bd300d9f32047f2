use super::{Progress, TransportError};
use bytes::Bytes;
use http::{Request, Response};
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// Sends one signed request and reads the whole answer.
///
/// An implementation sends at most once, follows no redirect, and reads at most [`MAX_ANSWER`](super::MAX_ANSWER) bytes
/// ([`TransportError::too_large`]). It tells [`Progress`] how far it came: that alone decides whether a failure may be sent
/// again. [`ObservedBody`](super::ObservedBody) does so for most HTTP stacks.
///
/// ```
/// use bytes::Bytes;
/// use stepgate::transport::{Phase, Progress, Transport, TransportError};
///
/// #[derive(Debug)]
/// struct Unplugged;
///
/// impl Transport for Unplugged {
///     async fn send(
///         &self,
///         _request: http::Request<Bytes>,
///         progress: &Progress,
///     ) -> Result<http::Response<Bytes>, TransportError> {
///         progress.set(Phase::Connecting);
///         Err(TransportError::new("the cable is out"))
///     }
/// }
/// ```
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends `request`, whose URI is absolute. The future is dropped when the attempt's time is up. What works on beside
    /// it, in tasks or threads, asks [`Progress::begin_sending`] before the first byte.
    fn send(
        &self,
        request: Request<Bytes>,
        progress: &Progress,
    ) -> impl Future<Output = Result<Response<Bytes>, TransportError>> + Send;
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, TransportError>> + Send + 'a>>;

/// [`Transport`] as an object.
pub(crate) trait DynTransport: fmt::Debug + Send + Sync {
    fn send_boxed<'a>(&'a self, request: Request<Bytes>, progress: &'a Progress) -> Sending<'a>;
}

impl<T: Transport> DynTransport for T {
    fn send_boxed<'a>(&'a self, request: Request<Bytes>, progress: &'a Progress) -> Sending<'a> {
        Box::pin(self.send(request, progress))
    }
}
