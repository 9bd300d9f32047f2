//! One request and its answer over a connection of its own, by the generator's own network.

use std::io;
use std::time::Duration;

use super::epoll::{Epoll, Peer, monotonic};
use super::network::{Established, Network};
use super::response::{self, Fields, Parsed, Response, fields};

/// An answer as it came.
#[derive(Debug, Clone)]
pub struct Exchanged {
    /// Every byte that came.
    pub bytes: Vec<u8>,
    /// How the connection came about.
    pub established: Established,
    /// Nanoseconds from the start to the first byte of the answer.
    pub first_byte: u64,
    /// Nanoseconds from the start to the end.
    pub total: u64,
    closed: bool,
}

impl Exchanged {
    /// The answer, if there is a whole one; its headers stand in `room`.
    #[must_use]
    pub fn response<'f, 'b>(&'b self, room: &'f mut Fields<'b>) -> Option<Response<'f, 'b>> {
        match response::parse(&self.bytes, self.closed, room) {
            Parsed::Complete(response) => Some(response),
            Parsed::Partial | Parsed::Invalid => None,
        }
    }
}

/// Sends `request` and reads until its answer is whole, the peer closes, or `timeout` has passed.
///
/// # Errors
/// There is no connection, or nothing at all came: in words.
pub fn exchange(peer: Peer, request: &[u8], timeout: Duration) -> Result<Exchanged, String> {
    let address = peer.addresses.first().map(ToString::to_string).unwrap_or_default();
    let mut exchanged = begin(peer, request, timeout).map_err(|e| format!("no answer from {address}: {e}"))?;
    if exchanged.bytes.is_empty() {
        return Err(format!("{address} closed the connection without an answer"));
    }
    exchanged.bytes.shrink_to_fit();
    Ok(exchanged)
}

fn begin(peer: Peer, request: &[u8], timeout: Duration) -> io::Result<Exchanged> {
    let deadline = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
    let mut network = Epoll::new(peer, monotonic(), false)?;
    network.connect(0)?;
    let mut ready = Vec::new();
    let mut wait = |network: &mut Epoll| {
        ready.clear();
        if network.now() >= deadline {
            return Err(io::Error::from(io::ErrorKind::TimedOut));
        }
        network.wait(deadline, &mut ready)
    };
    let established = loop {
        if let Some(established) = network.established(0)? {
            break established;
        }
        wait(&mut network)?;
    };
    let mut written = 0;
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    let mut first_byte = None;
    loop {
        if written < request.len() {
            match network.write(0, &request[written..]) {
                Ok(length) => written += length,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
        }
        let closed = match network.read(0, &mut buffer) {
            Ok(received) => {
                bytes.extend_from_slice(&buffer[..received.length]);
                received.length == 0
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                wait(&mut network)?;
                continue;
            }
            // What came before the connection was lost is told.
            Err(_) if !bytes.is_empty() => true,
            Err(e) => return Err(e),
        };
        let first_byte = *first_byte.get_or_insert(network.now());
        if closed || !matches!(response::parse(&bytes, false, &mut fields()), Parsed::Partial) {
            return Ok(Exchanged { bytes, established, first_byte, total: network.now(), closed });
        }
    }
}
