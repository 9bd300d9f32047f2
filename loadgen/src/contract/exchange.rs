//! One request, one answer, over a connection of its own.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use stepgate::wire::HeaderLookup;
use url::Url;

/// Longest answer read, in bytes.
const MOST: u64 = 16 * 1024 * 1024;

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

    /// Reads an answer from all the bytes that a connection gave.
    fn parse(bytes: &[u8]) -> Result<Self, ExchangeError> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut answer = httparse::Response::new(&mut headers);
        let head = match answer.parse(bytes) {
            Ok(httparse::Status::Complete(head)) => head,
            Ok(httparse::Status::Partial) => return Err(ExchangeError::new("the answer ends within its head")),
            Err(error) => return Err(ExchangeError::new(format!("the answer is no HTTP/1.1: {error}"))),
        };
        let headers: Vec<(String, String)> = answer
            .headers
            .iter()
            .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned()))
            .collect();
        let status = answer.code.unwrap_or_default();
        let mut answer = Self { status, headers, body: bytes[head..].to_vec() };
        if answer.header("Transfer-Encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            answer.body = joined(&answer.body)?;
        } else if let Some(length) = answer.header("Content-Length").and_then(|value| value.parse::<usize>().ok()) {
            if answer.body.len() < length {
                return Err(ExchangeError::new(format!("the body ends after {} of {length} bytes", answer.body.len())));
            }
            answer.body.truncate(length);
        }
        Ok(answer)
    }
}

impl HeaderLookup for Answer {
    fn header(&self, name: &str) -> Option<&[u8]> {
        self.header(name).map(str::as_bytes)
    }
}

/// Joins a chunked body.
fn joined(mut chunks: &[u8]) -> Result<Vec<u8>, ExchangeError> {
    let mut body = Vec::new();
    loop {
        let Ok(httparse::Status::Complete((start, size))) = httparse::parse_chunk_size(chunks) else {
            return Err(ExchangeError::new("the chunked body is broken"));
        };
        let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size));
        let chunk = end.and_then(|end| chunks.get(start..end));
        let Some(chunk) = chunk else {
            return Err(ExchangeError::new("the chunked body ends within a chunk"));
        };
        if chunk.is_empty() {
            return Ok(body);
        }
        body.extend_from_slice(chunk);
        chunks = chunks.get(start + chunk.len() + 2..).unwrap_or_default();
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub struct ExchangeError {
    message: String,
    source: Option<io::Error>,
}

impl ExchangeError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    fn io(message: impl Into<String>, source: io::Error) -> Self {
        Self { message: message.into(), source: Some(source) }
    }
}

impl fmt::Display for ExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(f, "{}: {source}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for ExchangeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

/// Carries a request's bytes to a target and brings the answer back.
pub trait Exchange {
    /// Sends `request` to the host of `url` and reads until the target closes.
    ///
    /// # Errors
    /// Says which step failed: name look-up, connection, sending, receiving, reading the answer.
    fn exchange(&mut self, url: &Url, request: &[u8]) -> Result<Answer, ExchangeError>;
}

/// Exchanges over TCP, one connection each.
#[derive(Debug, Clone, Copy)]
pub struct Http {
    /// Longest wait for the connection, and for each read.
    pub timeout: Duration,
}

impl Exchange for Http {
    fn exchange(&mut self, url: &Url, request: &[u8]) -> Result<Answer, ExchangeError> {
        if url.scheme() != "http" {
            return Err(ExchangeError::new(format!("{} targets are not supported here, only http", url.scheme())));
        }
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = url.port_or_known_default().unwrap_or(80);
        let address = (host, port)
            .to_socket_addrs()
            .map_err(|error| ExchangeError::io(format!("cannot look up {host}"), error))?
            .next()
            .ok_or_else(|| ExchangeError::new(format!("{host} has no address")))?;
        let mut stream = TcpStream::connect_timeout(&address, self.timeout)
            .map_err(|error| ExchangeError::io(format!("cannot connect to {address}"), error))?;
        stream
            .set_read_timeout(Some(self.timeout))
            .map_err(|error| ExchangeError::io("cannot set a time-out", error))?;
        // A target may answer and close before it has read a large request; its answer still counts.
        let sent = stream.write_all(request);
        let mut bytes = Vec::new();
        let received = stream.take(MOST).read_to_end(&mut bytes);
        if bytes.is_empty() {
            sent.map_err(|error| ExchangeError::io("cannot send the request", error))?;
            received.map_err(|error| ExchangeError::io("no answer", error))?;
            return Err(ExchangeError::new("the target closed the connection without an answer"));
        }
        Answer::parse(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_body_is_joined() {
        let answer =
            Answer::parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
        assert_eq!(answer.unwrap().body, b"abc");
    }

    #[test]
    fn a_body_cut_short_is_an_error_that_says_by_how_much() {
        let error = Answer::parse(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab").unwrap_err();
        assert_eq!(error.to_string(), "the body ends after 2 of 5 bytes");
    }

    #[test]
    fn headers_are_found_whatever_their_case() {
        let answer = Answer::parse(b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n").unwrap();
        assert_eq!((answer.status, answer.header("x-a"), answer.body.len()), (204, Some("b"), 0));
    }
}
