//! The real network: non-blocking TCP under epoll, TLS where the target speaks it, and a timer to the nanosecond.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;

use mio::net::TcpStream;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use rustix::fd::OwnedFd;
// Straight to the kernel: those of the C library are cancellation points, which costs on every call.
use rustix::net::{RecvFlags, SendFlags, recv, send};
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime, timerfd_create,
    timerfd_settime,
};

use super::network::{Established, Network, Ready, Received};
use super::tls::{Session, TlsSettings};

const TIMER: Token = Token(usize::MAX);
const BILLION: u64 = 1_000_000_000;

/// How long before an instant a spinning generator stops sleeping, in nanoseconds.
const SPIN: u64 = 60_000;

/// How long a sleep lasts at least, in nanoseconds, and how much a timer that is set already may be late: arrivals that
/// are nearer share the setting of a timer, which on a virtual machine costs as much as a request.
const SLACK: u64 = 50_000;

/// Nanoseconds of the monotonic clock, the same in every thread of the machine.
#[must_use]
pub fn monotonic() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap_or(0) * BILLION + u64::try_from(now.tv_nsec).unwrap_or(0)
}

/// Where and how to connect.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The addresses of the host, taken in turn.
    pub addresses: Vec<SocketAddr>,
    /// Nanoseconds in which its name was looked up; `None` where it is an address itself.
    pub lookup: Option<u64>,
    /// How to speak TLS, if it is spoken.
    pub tls: Option<Arc<TlsSettings>>,
}

/// Connections under epoll.
pub struct Epoll {
    poll: Poll,
    events: Events,
    timer: OwnedFd,
    /// The instant that the timer is set to.
    armed: u64,
    start: u64,
    spin: bool,
    peer: Peer,
    connections: Vec<Option<Connection>>,
    attempts: usize,
}

struct Connection {
    stream: TcpStream,
    begun: u64,
    connected: Option<u64>,
    session: Option<Session>,
}

impl Epoll {
    /// Connections to `peer`, with time counted from `start` of the monotonic clock.
    ///
    /// # Errors
    /// The operating system has no descriptors for epoll or the timer.
    pub fn new(peer: Peer, start: u64, spin: bool) -> io::Result<Self> {
        let poll = Poll::new()?;
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        poll.registry().register(&mut SourceFd(&timer.as_raw_fd()), TIMER, Interest::READABLE)?;
        Ok(Self {
            poll,
            events: Events::with_capacity(256),
            timer,
            armed: u64::MAX,
            start,
            spin,
            peer,
            connections: Vec::new(),
            attempts: 0,
        })
    }

    /// Sets the timer. Setting it anew also takes back an expiry that nobody read.
    fn arm(&mut self, instant: u64) -> io::Result<()> {
        let at = self.start + instant;
        let value = Timespec {
            tv_sec: i64::try_from(at / BILLION).unwrap_or(i64::MAX),
            tv_nsec: i64::try_from(at % BILLION).unwrap_or(0),
        };
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let spec = Itimerspec { it_interval: zero, it_value: value };
        timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &spec)?;
        self.armed = instant;
        Ok(())
    }

    fn poll(&mut self, timeout: Option<Duration>, ready: &mut Vec<Ready>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, timeout) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Ok(()),
            other => other?,
        }
        for event in &self.events {
            if event.token() != TIMER {
                ready.push(Ready { slot: event.token().0, closed: event.is_read_closed() || event.is_error() });
            }
        }
        Ok(())
    }

    fn connection(&mut self, slot: usize) -> io::Result<&mut Connection> {
        self.connections.get_mut(slot).and_then(Option::as_mut).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Network for Epoll {
    fn now(&self) -> u64 {
        monotonic().saturating_sub(self.start)
    }

    fn connect(&mut self, slot: usize) -> io::Result<()> {
        let begun = self.now();
        let address = self.peer.addresses[self.attempts % self.peer.addresses.len()];
        self.attempts += 1;
        let mut stream = TcpStream::connect(address)?;
        self.poll.registry().register(&mut stream, Token(slot), Interest::READABLE | Interest::WRITABLE)?;
        let session = self.peer.tls.as_deref().map(Session::new).transpose()?;
        if self.connections.len() <= slot {
            self.connections.resize_with(slot + 1, || None);
        }
        self.connections[slot] = Some(Connection { stream, begun, connected: None, session });
        Ok(())
    }

    fn established(&mut self, slot: usize) -> io::Result<Option<Established>> {
        let now = self.now();
        let connection = self.connection(slot)?;
        let connected = if let Some(connected) = connection.connected {
            connected
        } else {
            if let Some(error) = connection.stream.take_error()? {
                return Err(error);
            }
            match connection.stream.peer_addr() {
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::NotConnected => return Ok(None),
                Err(e) => return Err(e),
            }
            connection.stream.set_nodelay(true)?;
            connection.connected = Some(now);
            now
        };
        let connect = connected.saturating_sub(connection.begun);
        let Some(session) = &mut connection.session else {
            return Ok(Some(Established { connect, handshake: None }));
        };
        if !session.shake_hands(&mut connection.stream)? {
            return Ok(None);
        }
        // Read anew: the whole handshake may have happened in this one call.
        Ok(Some(Established { connect, handshake: Some(self.now().saturating_sub(connected)) }))
    }

    fn read(&mut self, slot: usize, buffer: &mut [u8]) -> io::Result<Received> {
        let connection = self.connection(slot)?;
        match &mut connection.session {
            None => {
                let length = recv(&connection.stream, &mut *buffer, RecvFlags::empty())?.0;
                // A stream under epoll that gives less than asked for has no more (epoll(7)).
                Ok(Received { length, more: length == buffer.len() })
            }
            Some(session) => session.read(&mut connection.stream, buffer),
        }
    }

    fn write(&mut self, slot: usize, bytes: &[u8]) -> io::Result<usize> {
        let connection = self.connection(slot)?;
        match &mut connection.session {
            None => Ok(send(&connection.stream, bytes, SendFlags::NOSIGNAL)?),
            Some(session) => session.write(&mut connection.stream, bytes),
        }
    }

    fn close(&mut self, slot: usize) {
        if let Some(connection) = self.connections.get_mut(slot) {
            // Dropping the stream closes the descriptor, which epoll then forgets.
            *connection = None;
        }
    }

    fn wait(&mut self, deadline: u64, ready: &mut Vec<Ready>) -> io::Result<()> {
        let now = self.now();
        if deadline <= now {
            return self.poll(Some(Duration::ZERO), ready);
        }
        let wake = if self.spin { deadline.saturating_sub(SPIN) } else { deadline };
        if wake > now {
            if !(wake..=wake.saturating_add(SLACK)).contains(&self.armed) {
                // Setting a timer costs more than looking: what is there already needs none.
                self.poll(Some(Duration::ZERO), ready)?;
                if !ready.is_empty() {
                    return Ok(());
                }
                self.arm(wake.max(now + SLACK))?;
            }
            self.poll(None, ready)?;
        }
        if self.spin {
            while ready.is_empty() && (1..=SPIN).contains(&deadline.saturating_sub(self.now())) {
                self.poll(Some(Duration::ZERO), ready)?;
            }
        }
        Ok(())
    }
}
