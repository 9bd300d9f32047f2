//! One connection to a target: the race for an address, the tunnel of a proxy, the TLS handshake, and then bytes.

use std::io::{self, Read, Write};
use std::net::SocketAddr;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::addresses::Addresses;
use super::failure::exhaustion;
use super::network::{Established, Received};
use super::peer::Peer;
use super::response::{self, Context, Parsed, fields};
use super::tls::TlsSession;
use crate::platform;

/// A connection that is being made.
pub(super) struct Reaching {
    /// When it was asked for, in nanoseconds.
    pub(super) begun: u64,
    /// Tells it from earlier ones of the same slot.
    pub(super) serial: u64,
    attempts: Vec<(SocketAddr, TcpStream)>,
    tried: Vec<SocketAddr>,
    error: Option<io::Error>,
    refused: bool,
}

/// What has become of the attempts to connect.
pub(super) enum Reached {
    /// None has come about.
    NotYet,
    /// One has; the others are closed.
    Through(SocketAddr, TcpStream),
}

impl Reaching {
    /// A connection to the first address that can be tried at all.
    pub(super) fn begin(
        serial: u64,
        now: u64,
        token: Token,
        addresses: &mut Addresses,
        registry: &Registry,
    ) -> io::Result<Self> {
        let mut reaching =
            Self { begun: now, serial, attempts: Vec::new(), tried: Vec::new(), error: None, refused: false };
        if reaching.try_next(now, token, addresses, registry) {
            return Ok(reaching);
        }
        Err(reaching.error.unwrap_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host has no address")))
    }

    /// Whether there is an address that has not been tried.
    pub(super) fn has_more(&self, addresses: &Addresses) -> bool {
        addresses.has_more(&self.tried)
    }

    /// Begins an attempt at the next address that can be tried; false when there is none.
    pub(super) fn try_next(&mut self, now: u64, token: Token, addresses: &mut Addresses, registry: &Registry) -> bool {
        while let Some(address) = addresses.choose(&self.tried, now) {
            self.tried.push(address);
            let attempt = TcpStream::connect(address).and_then(|mut stream| {
                registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
                Ok(stream)
            });
            match attempt {
                Ok(stream) => {
                    self.attempts.push((address, stream));
                    return true;
                }
                Err(e) => {
                    // What this machine has run out of says nothing about the address.
                    if exhaustion(&e).is_none() {
                        addresses.failed(address, now);
                    }
                    self.error = Some(e);
                }
            }
        }
        false
    }

    /// Looks at the attempts: one that failed makes room for the next address.
    pub(super) fn look(
        &mut self,
        now: u64,
        token: Token,
        addresses: &mut Addresses,
        registry: &Registry,
    ) -> io::Result<Reached> {
        let mut index = 0;
        while index < self.attempts.len() {
            let (address, stream) = &self.attempts[index];
            match is_connected(stream) {
                Ok(true) => {
                    addresses.worked(*address);
                    let (address, stream) = self.attempts.swap_remove(index);
                    stream.set_nodelay(true)?;
                    return Ok(Reached::Through(address, stream));
                }
                Ok(false) => index += 1,
                Err(e) => {
                    addresses.failed(*address, now);
                    self.error = Some(e);
                    self.refused = true;
                    drop(self.attempts.swap_remove(index));
                    self.try_next(now, token, addresses, registry);
                }
            }
        }
        match self.error.take() {
            Some(e) if self.attempts.is_empty() => Err(e),
            _ => Ok(Reached::NotYet),
        }
    }

    /// Whether an attempt has failed since this was asked last.
    pub(super) fn was_refused(&mut self) -> bool {
        std::mem::take(&mut self.refused)
    }

    /// Remembers that the addresses which are still being tried took too long.
    pub(super) fn abandon(&self, now: u64, addresses: &mut Addresses) {
        self.attempts.iter().for_each(|(address, _)| addresses.failed(*address, now));
    }
}

fn is_connected(stream: &TcpStream) -> io::Result<bool> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        Ok(_) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotConnected => Ok(false),
        Err(e) => Err(e),
    }
}

/// A connection through which bytes go.
pub(super) struct Through {
    pub(super) address: SocketAddr,
    /// Of the addresses among which it was last seen.
    pub(super) version: u64,
    /// How long it took, and when that was over, in nanoseconds.
    connect: u64,
    connected: u64,
    stream: TcpStream,
    tunnel: Option<Tunnel>,
    session: Option<Box<TlsSession>>,
}

impl Through {
    /// A connection that took from `begun` to `now`, to one of the addresses of `version`.
    pub(super) fn new(
        address: SocketAddr,
        stream: TcpStream,
        (begun, now): (u64, u64),
        version: u64,
        peer: &Peer,
    ) -> io::Result<Self> {
        let session = peer.tls.as_deref().map(TlsSession::new).transpose()?.map(Box::new);
        let tunnel = peer.tunnel().map(|request| Tunnel { request, answer: Vec::new() });
        Ok(Self { address, version, connect: now - begun, connected: now, stream, tunnel, session })
    }

    /// Goes on with the tunnel and the handshake; how it came about once it can carry a request. `now` reads the clock.
    pub(super) fn establish(&mut self, now: impl Fn() -> u64) -> io::Result<Option<Established>> {
        if let Some(tunnel) = &mut self.tunnel {
            if !tunnel.dig(&self.stream)? {
                return Ok(None);
            }
            self.tunnel = None;
            let ready = now();
            self.connect += ready - self.connected;
            self.connected = ready;
        }
        let Some(session) = &mut self.session else {
            return Ok(Some(Established { connect: self.connect, handshake: None }));
        };
        if !session.shake_hands(&mut self.stream)? {
            return Ok(None);
        }
        // Read anew: the whole handshake may have happened in this one call.
        let handshake = Some(now() - self.connected);
        Ok(Some(Established { connect: self.connect, handshake }))
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Received> {
        match &mut self.session {
            None => {
                let length = platform::receive(&self.stream, buffer)?;
                // A stream under epoll that gives less than asked for has no more (epoll(7)).
                Ok(Received { length, more: length == buffer.len() })
            }
            Some(session) => session.read(&mut self.stream, buffer),
        }
    }

    /// Writes until all is written or the socket takes no more: a poll that tells of changes only tells nothing of a
    /// socket that could have taken more.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(session) = &mut self.session {
            return session.write(&mut self.stream, bytes);
        }
        let mut written = 0;
        while written < bytes.len() {
            match platform::send(&self.stream, &bytes[written..]) {
                Ok(length) => written += length,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock && written > 0 => break,
                Err(e) => return Err(e),
            }
        }
        Ok(written)
    }
}

/// A tunnel through a proxy that is being dug (`CONNECT`, RFC 9110, section 9.3.6).
struct Tunnel {
    /// What has not been written of the request.
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Tunnel {
    /// Goes on; true when the proxy lets bytes through.
    fn dig(&mut self, mut stream: &TcpStream) -> io::Result<bool> {
        while !self.request.is_empty() {
            match stream.write(&self.request) {
                Ok(length) => drop(self.request.drain(..length)),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(e) => return Err(e),
            }
        }
        let mut buffer = [0; 4 << 10];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => return Err(io::Error::other("the proxy closed the connection")),
                Ok(length) => self.answer.extend_from_slice(&buffer[..length]),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(e) => return Err(e),
            }
            // Nothing follows the head of a tunnel that is open, whatever its headers say.
            let context = Context { to_head: true, ..Context::default() };
            match response::parse(&self.answer, context, &mut fields()) {
                Parsed::Partial => {}
                Parsed::Complete(answer) if (200..300).contains(&answer.status) => return Ok(true),
                Parsed::Complete(answer) => {
                    return Err(io::Error::other(format!("the proxy answers {}", answer.status)));
                }
                Parsed::Invalid(_) => return Err(io::Error::other("the proxy does not speak HTTP/1.1")),
            }
        }
    }
}
