//! What cannot be served.

use std::fmt;

/// Bytes that are no request that an HTTP/1.1 server may act on. The connection cannot be used any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadRequest {
    /// The status to answer with before closing.
    pub(crate) status: u16,
    /// What is wrong.
    pub(crate) message: &'static str,
}

impl BadRequest {
    pub(super) const MALFORMED_CHUNK: Self = Self::new(400, "malformed chunked body");
    pub(super) const MALFORMED_TRAILER: Self = Self::new(400, "malformed trailers");
    pub(super) const TOO_LONG: Self = Self::new(413, "HTTP content length exceeded 10485760 bytes.");

    pub(super) const fn new(status: u16, message: &'static str) -> Self {
        Self { status, message }
    }
}

impl fmt::Display for BadRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl std::error::Error for BadRequest {}
