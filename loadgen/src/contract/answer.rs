//! An answer of a target, kept.

use std::time::Duration;

use stepgate::wire::HeaderLookup;

use crate::endpoint::Endpoint;
use crate::engine::{Exchanged, Peer, exchange, fields};
use crate::mistake::Mistake;

/// What a target answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers in the order and case received.
    pub headers: Vec<(String, String)>,
    /// The body, chunks joined.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of a name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The beginning of the body, quoted, for people.
    #[must_use]
    pub fn excerpt(&self) -> String {
        const MOST: usize = 200;
        let body = String::from_utf8_lossy(&self.body);
        let more = if body.chars().nth(MOST).is_some() { "…" } else { "" };
        format!("{:?}{more}", body.chars().take(MOST).collect::<String>())
    }

    /// The answer of an exchange.
    ///
    /// # Errors
    /// It is not whole, or no HTTP/1.1: in words.
    fn of(exchanged: &Exchanged) -> Result<Self, Mistake> {
        let mut room = fields();
        let response = exchanged.response(&mut room)?;
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        Ok(Self {
            status: response.status,
            headers: response.headers.iter().map(|(name, value)| (name.to_owned(), text(value))).collect(),
            body: response.body.into_owned(),
        })
    }
}

impl HeaderLookup for Answer {
    fn header(&self, name: &str) -> Option<&[u8]> {
        self.header(name).map(str::as_bytes)
    }
}

/// Carries a request's bytes to a target and brings the answer back.
pub trait Exchange {
    /// Told before the requests of a case; for those who write down what was asked.
    fn begin(&mut self, _case: &str) {}

    /// Sends `request` to the host of `to` and waits for its answer.
    ///
    /// # Errors
    /// Says what failed: the connection, the request, the answer.
    fn exchange(&mut self, to: &Endpoint, request: &[u8]) -> Result<Answer, Mistake>;
}

/// The engine's own exchange with one host, a connection for each request.
#[derive(Debug, Clone)]
pub struct Http {
    peer: Peer,
    timeout: Duration,
}

impl Http {
    /// Exchanges with `peer` that take `timeout` at most, each as a whole.
    #[must_use]
    pub const fn new(peer: Peer, timeout: Duration) -> Self {
        Self { peer, timeout }
    }
}

impl Exchange for Http {
    fn exchange(&mut self, _to: &Endpoint, request: &[u8]) -> Result<Answer, Mistake> {
        Answer::of(&exchange(&self.peer, request, self.timeout)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_whatever_their_case() {
        let answer = Answer { status: 204, headers: vec![("X-A".into(), "b".into())], body: Vec::new() };
        assert_eq!(answer.header("x-a"), Some("b"));
    }
}
