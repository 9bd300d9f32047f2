//! How one request reaches the endpoint: a small seam, with reqwest behind it by default.

mod progress;

#[cfg(feature = "reqwest")]
pub(crate) mod http_client;

pub use progress::{Phase, Progress};

use bytes::Bytes;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// The largest answer that is read, in bytes: the 256 KiB output of a synchronous execution with every character
/// escaped, and some room.
pub const MAX_ANSWER: usize = 4 << 20;

/// Sends one signed request and reads the whole answer.
///
/// An implementation sends at most once, follows no redirect, and reads at most [`MAX_ANSWER`] bytes. It tells
/// [`Progress`] how far it came: that alone decides whether a failure may be sent again.
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
    /// Sends `request`, whose URI is absolute. The future is dropped when the attempt's time is up.
    fn send(
        &self,
        request: http::Request<Bytes>,
        progress: &Progress,
    ) -> impl Future<Output = Result<http::Response<Bytes>, TransportError>> + Send;
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, TransportError>> + Send + 'a>>;

/// [`Transport`] as an object.
pub(crate) trait DynTransport: fmt::Debug + Send + Sync {
    fn send_boxed<'a>(&'a self, request: http::Request<Bytes>, progress: &'a Progress) -> Sending<'a>;
}

impl<T: Transport> DynTransport for T {
    fn send_boxed<'a>(&'a self, request: http::Request<Bytes>, progress: &'a Progress) -> Sending<'a> {
        Box::pin(self.send(request, progress))
    }
}

/// Why no whole answer came. How far the request came stands in [`Progress`].
#[derive(Debug)]
pub struct TransportError {
    source: Box<dyn StdError + Send + Sync>,
    timed_out: bool,
}

impl TransportError {
    /// A fault of the connection or of the answer's framing.
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: source.into(), timed_out: false }
    }

    /// A time limit of the transport's own, such as that of connecting.
    pub fn time_out(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: source.into(), timed_out: true }
    }

    /// Whether a time limit ended it.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        self.timed_out
    }

    pub(crate) fn into_source(self) -> Box<dyn StdError + Send + Sync> {
        self.source
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.timed_out { "the transport timed out" } else { "the transport failed" })
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.source.as_ref())
    }
}
