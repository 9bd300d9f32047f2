//! The real network: non-blocking TCP, TLS where the target speaks it, and waiting to the microsecond.

use std::collections::VecDeque;
use std::io;
use std::thread;
use std::time::Duration;

use mio::{Events, Poll, Token};

use super::addresses::Addresses;
use super::connection::{Reached, Reaching, Through};
use super::network::{Established, Network, Readiness, Received};
use super::peer::Peer;
use crate::platform::{Alarm, monotonic};

const ALARM: Token = Token(usize::MAX);

/// How long before an instant a spinning generator stops sleeping, in nanoseconds.
const SPIN: u64 = 60_000;

/// How long the wait for the start lasts at most before the caller looks for a signal, in nanoseconds.
const GLANCE: u64 = 50_000_000;

/// How long an address may take before the next one is tried beside it, in nanoseconds (RFC 8305, section 8).
const ATTEMPT_DELAY: u64 = 250_000_000;

/// Connections to one peer.
pub(crate) struct Sockets {
    poll: Poll,
    events: Events,
    alarm: Alarm,
    start: u64,
    spin: bool,
    peer: Peer,
    addresses: Addresses,
    /// Of the addresses in use.
    version: u64,
    connections: Vec<Option<Connection>>,
    serial: u64,
    /// When slow attempts get company, in the order of those instants: slot, and serial of its connection.
    slow: VecDeque<(u64, usize, u64)>,
}

enum Connection {
    Reaching(Reaching),
    Through(Through),
}

impl Sockets {
    /// Connections to `peer`, with time counted from `start` of the monotonic clock.
    ///
    /// # Errors
    /// The operating system has no descriptors to wait with.
    pub(crate) fn new(peer: Peer, start: u64, spin: bool) -> io::Result<Self> {
        let poll = Poll::new()?;
        let alarm = Alarm::new(poll.registry(), ALARM)?;
        Ok(Self {
            poll,
            events: Events::with_capacity(256),
            alarm,
            start,
            spin,
            peer,
            addresses: Addresses::default(),
            version: 0,
            connections: Vec::new(),
            serial: 0,
            slow: VecDeque::new(),
        })
    }

    fn poll(&mut self, timeout: Option<Duration>, ready: &mut Vec<Readiness>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, timeout) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Ok(()),
            other => other?,
        }
        for event in &self.events {
            if event.token() != ALARM {
                ready.push(Readiness { slot: event.token().0, closed: event.is_read_closed() || event.is_error() });
            }
        }
        Ok(())
    }

    fn through(&mut self, slot: usize) -> io::Result<&mut Through> {
        match self.connections.get_mut(slot) {
            Some(Some(Connection::Through(through))) => Ok(through),
            _ => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Takes the addresses of now, if they are others.
    fn renew_addresses(&mut self) {
        let version = self.peer.resolver.version();
        if version != self.version {
            self.version = version;
            self.addresses.replace(&self.peer.resolver.addresses());
        }
    }

    /// Gives attempts that take long the company of the next address.
    fn help_slow(&mut self, now: u64) {
        while let Some((_, slot, serial)) = self.slow.pop_front_if(|(at, ..)| *at <= now) {
            if let Some(Some(Connection::Reaching(reaching))) = self.connections.get_mut(slot)
                && reaching.serial == serial
                && reaching.try_next(now, Token(slot), &mut self.addresses, self.poll.registry())
                && reaching.has_more(&self.addresses)
            {
                self.slow.push_back((now + ATTEMPT_DELAY, slot, serial));
            }
        }
    }
}

impl Network for Sockets {
    fn await_start(&mut self) -> bool {
        // Nothing is left where the start is over.
        let left = self.start.saturating_sub(monotonic());
        let asleep = if self.spin { left.saturating_sub(SPIN) } else { left };
        thread::sleep(Duration::from_nanos(asleep.min(GLANCE)));
        while self.spin && left <= GLANCE && monotonic() < self.start {
            std::hint::spin_loop();
        }
        monotonic() >= self.start
    }

    fn now(&self) -> u64 {
        since(self.start)
    }

    fn connect(&mut self, slot: usize) -> io::Result<()> {
        let now = self.now();
        self.renew_addresses();
        self.serial += 1;
        let registry = self.poll.registry();
        let reaching = Reaching::begin(self.serial, now, Token(slot), &mut self.addresses, registry)?;
        if reaching.has_more(&self.addresses) {
            self.slow.push_back((now + ATTEMPT_DELAY, slot, self.serial));
        }
        if self.connections.len() <= slot {
            self.connections.resize_with(slot + 1, || None);
        }
        self.connections[slot] = Some(Connection::Reaching(reaching));
        Ok(())
    }

    fn established(&mut self, slot: usize) -> io::Result<Option<Established>> {
        let now = self.now();
        let Some(Some(connection)) = self.connections.get_mut(slot) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        if let Connection::Reaching(reaching) = connection {
            let looked = reaching.look(now, Token(slot), &mut self.addresses, self.poll.registry());
            if reaching.was_refused() {
                self.peer.resolver.renew_soon();
            }
            match looked? {
                Reached::NotYet => return Ok(None),
                Reached::Through(address, stream) => {
                    let begun = reaching.begun;
                    let through = Through::new(address, stream, (begun, now), self.version, &self.peer)?;
                    *connection = Connection::Through(through);
                }
            }
        }
        let Connection::Through(through) = connection else { return Ok(None) };
        let start = self.start;
        through.establish(|| since(start))
    }

    fn read(&mut self, slot: usize, buffer: &mut [u8]) -> io::Result<Received> {
        self.through(slot)?.read(buffer)
    }

    fn write(&mut self, slot: usize, bytes: &[u8]) -> io::Result<usize> {
        self.through(slot)?.write(bytes)
    }

    fn close(&mut self, slot: usize) {
        // A connection that could not even be begun has no place yet.
        let Some(connection) = self.connections.get_mut(slot) else { return };
        // Dropping the stream closes the descriptor, which the poll then forgets.
        if let Some(Connection::Reaching(reaching)) = connection.take() {
            // Whoever gives up a connection that is being made has waited long enough for it.
            reaching.abandon(since(self.start), &mut self.addresses);
            self.peer.resolver.renew_soon();
        }
    }

    fn is_outdated(&mut self, slot: usize) -> bool {
        self.renew_addresses();
        match self.connections.get_mut(slot) {
            Some(Some(Connection::Through(through))) if through.version != self.version => {
                through.version = self.version;
                !self.addresses.contain(through.address)
            }
            _ => false,
        }
    }

    fn wait(&mut self, deadline: u64, ready: &mut Vec<Readiness>) -> io::Result<()> {
        let now = self.now();
        self.help_slow(now);
        let deadline = self.slow.front().map_or(deadline, |(at, ..)| deadline.min(*at));
        if deadline <= now {
            return self.poll(Some(Duration::ZERO), ready);
        }
        let wake = if self.spin { deadline.saturating_sub(SPIN) } else { deadline };
        if wake > now {
            let mut timeout = None;
            if !self.alarm.is_set(self.start + wake) {
                // Setting a timer costs more than looking: what is there already needs none.
                self.poll(Some(Duration::ZERO), ready)?;
                if !ready.is_empty() {
                    return Ok(());
                }
                timeout = self.alarm.set(self.start + wake, self.start + now)?;
            }
            self.poll(timeout, ready)?;
        }
        if self.spin {
            while ready.is_empty() && (1..=SPIN).contains(&deadline.saturating_sub(self.now())) {
                self.poll(Some(Duration::ZERO), ready)?;
            }
        }
        Ok(())
    }
}

/// Nanoseconds from an instant of the monotonic clock, which is over.
fn since(start: u64) -> u64 {
    monotonic().checked_sub(start).expect("a generator waits for the start of its run before it asks for the time")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_begun_when_its_start_is_over_and_no_sooner() {
        for spin in [false, true] {
            let start = monotonic() + 70_000_000;
            let mut sockets = Sockets::new(Peer::nowhere(), start, spin).unwrap();
            let mut looks = 1;
            while !sockets.await_start() {
                looks += 1;
            }
            assert!(monotonic() >= start && looks > 1, "a signal is looked for meanwhile: {looks}");
            let first = sockets.now();
            assert!(sockets.await_start() && sockets.now() >= first);
        }
    }
}
