//! One request, one answer, over a connection of its own.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use rustls::StreamOwned;
use url::Url;

use super::Answer;
use crate::engine::TlsSettings;

/// Longest answer read, in bytes.
const MOST: u64 = 16 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug)]
pub struct ExchangeError {
    message: String,
    source: Option<io::Error>,
}

impl ExchangeError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
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

/// Exchanges over TCP, and TLS where the URL says so, one connection each.
#[derive(Debug, Clone, Copy)]
pub struct Http {
    /// Longest wait for the connection, and for each read.
    pub timeout: Duration,
}

impl Exchange for Http {
    fn exchange(&mut self, url: &Url, request: &[u8]) -> Result<Answer, ExchangeError> {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = url.port_or_known_default().unwrap_or(80);
        let address = (host, port)
            .to_socket_addrs()
            .map_err(|error| ExchangeError::io(format!("cannot look up {host}"), error))?
            .next()
            .ok_or_else(|| ExchangeError::new(format!("{host} has no address")))?;
        let stream = TcpStream::connect_timeout(&address, self.timeout)
            .map_err(|error| ExchangeError::io(format!("cannot connect to {address}"), error))?;
        stream
            .set_read_timeout(Some(self.timeout))
            .map_err(|error| ExchangeError::io("cannot set a time-out", error))?;
        if url.scheme() == "https" {
            let settings = TlsSettings::new(host, None).map_err(ExchangeError::new)?;
            let tls =
                settings.connection().map_err(|error| ExchangeError::new(format!("cannot speak TLS: {error}")))?;
            talk(StreamOwned::new(tls, stream), request)
        } else {
            talk(stream, request)
        }
    }
}

fn talk(mut stream: impl Read + Write, request: &[u8]) -> Result<Answer, ExchangeError> {
    // A target may answer and close before it has read a large request; its answer still counts.
    let sent = stream.write_all(request);
    let mut bytes = Vec::new();
    let received = stream.take(MOST).read_to_end(&mut bytes);
    if bytes.is_empty() {
        sent.map_err(|error| ExchangeError::io("cannot send the request", error))?;
        received.map_err(|error| ExchangeError::io("no answer", error))?;
        return Err(ExchangeError::new("the target closed the connection without an answer"));
    }
    Answer::parse(&bytes, request.starts_with(b"HEAD "))
}
