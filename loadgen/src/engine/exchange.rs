//! One request and its answer over a connection of its own, by the generator's own network.

use std::io;
use std::time::Duration;

use super::network::{Established, Network};
use super::peer::Peer;
use super::response::{self, Context, Fields, Parsed, Response, fields};
use super::sockets::Sockets;
use crate::mistake::Mistake;
use crate::platform::monotonic;

/// An answer as it came.
#[derive(Debug, Clone)]
pub(crate) struct Exchanged {
    /// Every byte that came.
    pub(crate) bytes: Vec<u8>,
    /// How the connection came about.
    pub(crate) established: Established,
    /// Nanoseconds from the start to the first byte of the answer.
    pub(crate) first_byte: u64,
    /// Nanoseconds from the start to the end.
    pub(crate) total: u64,
    context: Context,
}

impl Exchanged {
    /// The answer; its headers stand in `room`.
    ///
    /// # Errors
    /// It is not whole, or not HTTP/1.1: in words.
    pub(crate) fn response<'f, 'b>(&'b self, room: &'f mut Fields<'b>) -> Result<Response<'f, 'b>, Mistake> {
        match response::parse(&self.bytes, self.context, room) {
            Parsed::Complete(response) => Ok(response),
            Parsed::Partial => Err(Mistake::other(format!("the answer breaks off after {} bytes", self.bytes.len()))),
            Parsed::Invalid(flaw) => Err(Mistake::other(flaw.to_string())),
        }
    }
}

/// Sends `request` and reads until its answer is whole, the peer closes, or `timeout` has passed.
///
/// # Errors
/// There is no connection, or nothing at all came: in words.
pub(crate) fn exchange(peer: &Peer, request: &[u8], timeout: Duration) -> Result<Exchanged, Mistake> {
    let address = peer.resolver.addresses().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut exchanged =
        begin(peer, request, timeout).map_err(|e| Mistake::other(format!("no answer from {address}: {e}")))?;
    if exchanged.bytes.is_empty() {
        return Err(Mistake::other(format!("{address} closed the connection without an answer")));
    }
    exchanged.bytes.shrink_to_fit();
    Ok(exchanged)
}

fn begin(peer: &Peer, request: &[u8], timeout: Duration) -> io::Result<Exchanged> {
    let deadline = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
    let mut network = Sockets::new(peer.clone(), monotonic(), false)?;
    network.connect(0)?;
    let mut ready = Vec::new();
    let mut wait = |network: &mut Sockets, doing: &str| {
        ready.clear();
        if network.now() >= deadline {
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("timed out while {doing}")));
        }
        network.wait(deadline, &mut ready)
    };
    let established = loop {
        if let Some(established) = network.established(0)? {
            break established;
        }
        wait(&mut network, "connecting")?;
    };
    let mut unwritten = request;
    let mut refused = None;
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    let mut first_byte = None;
    let mut context = Context { closed: false, to_head: request.starts_with(b"HEAD ") };
    loop {
        if !unwritten.is_empty() && refused.is_none() {
            match network.write(0, unwritten) {
                Ok(length) => unwritten = &unwritten[length..],
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                // A target may answer and close before it has read a large request: its answer counts.
                Err(e) => refused = Some(e),
            }
        }
        context.closed = match network.read(0, &mut buffer) {
            Ok(received) => {
                bytes.extend_from_slice(&buffer[..received.length]);
                received.length == 0
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock && refused.is_none() => {
                let doing = if unwritten.is_empty() { "waiting for the answer" } else { "sending the request" };
                wait(&mut network, doing)?;
                continue;
            }
            // What came before the connection was lost is told.
            Err(_) if !bytes.is_empty() => true,
            Err(e) => return Err(refused.unwrap_or(e)),
        };
        let first_byte = *first_byte.get_or_insert(network.now());
        if context.closed || !matches!(response::parse(&bytes, context, &mut fields()), Parsed::Partial) {
            return Ok(Exchanged { bytes, established, first_byte, total: network.now(), context });
        }
    }
}
