use std::error::Error as StdError;
use std::fmt;

/// The largest answer that is read, in bytes: the 256 KiB output of a synchronous execution with every character
/// escaped, and some room.
pub const MAX_ANSWER: usize = 4 << 20;

/// Why no whole answer came. How far the request came stands in [`Progress`](super::Progress).
#[derive(Debug)]
pub struct TransportError {
    source: Box<dyn StdError + Send + Sync>,
    kind: Breakdown,
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breakdown {
    Broken,
    TimedOut,
    /// The peer guarantees that it processed nothing.
    Refused,
    /// The answer is longer than what is read.
    TooLarge,
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
    /// every later stream, do (RFC 9113 §8.7), and a TLS alert about the caller's certificate. The request may then be sent again
    /// whatever it was.
    pub fn refused(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: source.into(), kind: Breakdown::Refused }
    }

    /// The answer is longer than [`MAX_ANSWER`](super::MAX_ANSWER) bytes, and was not read to its end.
    #[must_use]
    pub fn too_large() -> Self {
        let source = format!("it is longer than {MAX_ANSWER} bytes");
        Self { source: source.into(), kind: Breakdown::TooLarge }
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

    /// Whether the answer was longer than what is read.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.kind == Breakdown::TooLarge
    }

    pub(crate) const fn breakdown(&self) -> Breakdown {
        self.kind
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
            Breakdown::TooLarge => "the answer is too large",
        })
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.source.as_ref())
    }
}
