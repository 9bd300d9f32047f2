use std::error::Error as StdError;
use std::fmt;

/// Why no whole answer came. How far the request came stands in [`Progress`](super::Progress).
#[derive(Debug)]
pub struct TransportError {
    source: Box<dyn StdError + Send + Sync>,
    kind: Breakdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Breakdown {
    Broken,
    TimedOut,
    Refused,
}

impl TransportError {
    /// A fault of the connection or of the answer's framing.
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: source.into(), kind: Breakdown::Broken }
    }

    /// A time limit of the transport's own, such as that of connecting.
    pub fn time_out(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: source.into(), kind: Breakdown::TimedOut }
    }

    /// The peer guarantees that it processed nothing of the request, as HTTP/2's `REFUSED_STREAM`, and its `GOAWAY` for
    /// every later stream, do (RFC 9113 §8.7). The request may then be sent again whatever it was.
    pub fn refused(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: source.into(), kind: Breakdown::Refused }
    }

    /// Whether a time limit ended it.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind == Breakdown::TimedOut
    }

    /// Whether the peer guarantees that it processed nothing.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.kind == Breakdown::Refused
    }

    pub(crate) fn into_source(self) -> Box<dyn StdError + Send + Sync> {
        self.source
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.kind {
            Breakdown::Broken => "the transport failed",
            Breakdown::TimedOut => "the transport timed out",
            Breakdown::Refused => "the peer refused the request unprocessed",
        })
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.source.as_ref())
    }
}
