//! Connections and time of a simulation, as both ends see them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fmt;
use std::io::{self, BufReader, BufWriter, Read, Write};

use super::response_time::ResponseTime;
use super::turn::{Act, Happening, TurnOutcome, read_outcome, write_turn};
use crate::engine::{Established, Readiness, Received};

/// What is yet to happen to a connection: instant, order among those of an instant, connection, and what.
type AgendaItem = (u64, u64, u32, Happening);

/// A network on virtual time. It counts nanoseconds from the start of the run.
pub(crate) struct Simulator {
    input: BufReader<Box<dyn Read + Send>>,
    out: BufWriter<Box<dyn Write + Send>>,
    response_time: ResponseTime,
    seed: u64,
    now: u64,
    /// When the endpoint does something by itself.
    next: u64,
    /// What the endpoint has yet to be told of this instant.
    acts: Vec<Act>,
    /// By slot.
    connections: Vec<Option<Connection>>,
    /// The slots of connections that are open.
    slots: HashMap<u32, usize>,
    /// Connections so far.
    opened: u32,
    /// Requests so far.
    requests: u64,
    agenda: BinaryHeap<Reverse<AgendaItem>>,
    order: u64,
}

#[derive(Default)]
struct Connection {
    number: u32,
    connected: bool,
    came: Vec<u8>,
    closed: bool,
    reset: bool,
    /// How long what the endpoint sends takes to come, of the request that it carries.
    delay: u64,
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator").field("now", &self.now).field("requests", &self.requests).finish_non_exhaustive()
    }
}

impl Simulator {
    /// A simulation at its start. The endpoint reads from `out` and writes to `input`; the seed decides how long answers
    /// take.
    pub(crate) fn new(
        input: impl Read + Send + 'static,
        out: impl Write + Send + 'static,
        response_time: ResponseTime,
        seed: u64,
    ) -> Self {
        Self {
            input: BufReader::new(Box::new(input)),
            out: BufWriter::new(Box::new(out)),
            response_time,
            seed,
            now: 0,
            next: u64::MAX,
            acts: Vec::new(),
            connections: Vec::new(),
            slots: HashMap::new(),
            opened: 0,
            requests: 0,
            agenda: BinaryHeap::new(),
            order: 0,
        }
    }

    /// Nanoseconds from the start.
    pub(super) const fn now(&self) -> u64 {
        self.now
    }

    /// Connects a slot, which takes no time.
    pub(super) fn connect(&mut self, slot: usize) {
        self.opened = self.opened.wrapping_add(1);
        let number = self.opened;
        if self.connections.len() <= slot {
            self.connections.resize_with(slot + 1, || None);
        }
        self.connections[slot] = Some(Connection { number, ..Connection::default() });
        self.slots.insert(number, slot);
        self.acts.push(Act::Connect(number));
        self.plan(self.now, number, Happening::Connected);
    }

    pub(super) fn established(&mut self, slot: usize) -> io::Result<Option<Established>> {
        Ok(self.connection(slot)?.connected.then_some(Established { connect: 0, handshake: None }))
    }

    pub(super) fn read(&mut self, slot: usize, buffer: &mut [u8]) -> io::Result<Received> {
        let connection = self.connection(slot)?;
        if connection.came.is_empty() {
            return match (connection.reset, connection.closed) {
                (true, _) => Err(io::ErrorKind::ConnectionReset.into()),
                (false, true) => Ok(Received { length: 0, more: false }),
                (false, false) => Err(io::ErrorKind::WouldBlock.into()),
            };
        }
        let length = connection.came.len().min(buffer.len());
        buffer[..length].copy_from_slice(&connection.came[..length]);
        connection.came.drain(..length);
        let more = !connection.came.is_empty() || connection.closed || connection.reset;
        Ok(Received { length, more })
    }

    /// Sends a whole request: there is always room for it.
    pub(super) fn write(&mut self, slot: usize, bytes: &[u8]) -> io::Result<usize> {
        let delay = self.response_time.draw(self.seed, self.requests);
        let connection = self.connection(slot)?;
        if connection.closed || connection.reset {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        connection.delay = delay;
        let number = connection.number;
        self.requests += 1;
        self.acts.push(Act::Send(number, bytes.to_vec()));
        Ok(bytes.len())
    }

    pub(super) fn close(&mut self, slot: usize) {
        if let Some(connection) = self.connections.get_mut(slot).and_then(Option::take) {
            self.slots.remove(&connection.number);
            self.acts.push(Act::Close(connection.number));
        }
    }

    /// Goes on until something happens to a connection, or to the deadline.
    pub(super) fn wait(&mut self, deadline: u64, ready: &mut Vec<Readiness>) -> io::Result<()> {
        loop {
            if !self.acts.is_empty() {
                self.turn()?;
            }
            let due = self.agenda.peek().map_or(u64::MAX, |Reverse((at, ..))| *at);
            let at = due.min(self.next);
            if at > deadline {
                self.now = self.now.max(deadline);
                return Ok(());
            }
            self.now = self.now.max(at);
            if self.next <= self.now {
                self.turn()?;
            }
            while self.agenda.peek().is_some_and(|Reverse((at, ..))| *at <= self.now)
                && let Some(Reverse((_, _, number, happening))) = self.agenda.pop()
            {
                ready.extend(self.happen(number, happening));
            }
            if !ready.is_empty() {
                return Ok(());
            }
        }
    }

    /// What the endpoint answers to a request of our own, at an instant that is no earlier than that of the last one.
    ///
    /// # Errors
    /// The child has ended, or does not keep to the protocol.
    pub(crate) fn ask(&mut self, at: u64, request: &[u8]) -> io::Result<Vec<u8>> {
        while self.next <= at {
            self.now = self.now.max(self.next);
            self.turn()?;
        }
        self.now = self.now.max(at);
        self.opened = self.opened.wrapping_add(1);
        let number = self.opened;
        self.acts.extend([Act::Connect(number), Act::Send(number, request.to_vec())]);
        let TurnOutcome { happenings, .. } = self.exchange()?;
        self.acts.push(Act::Close(number));
        let came = happenings.into_iter().filter_map(|(other, happening)| match happening {
            Happening::Came(bytes) if other == number => Some(bytes),
            _ => None,
        });
        Ok(came.collect::<Vec<_>>().concat())
    }

    fn connection(&mut self, slot: usize) -> io::Result<&mut Connection> {
        self.connections.get_mut(slot).and_then(Option::as_mut).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn plan(&mut self, at: u64, number: u32, happening: Happening) {
        self.order += 1;
        self.agenda.push(Reverse((at, self.order, number, happening)));
    }

    /// Tells the endpoint what we do at this instant, and keeps what comes of it until it has reached us.
    fn turn(&mut self) -> io::Result<()> {
        for (number, happening) in self.exchange()?.happenings {
            let Some(slot) = self.slots.get(&number) else { continue };
            let delay = self.connections[*slot].as_ref().map_or(0, |connection| connection.delay);
            self.plan(self.now.saturating_add(delay), number, happening);
        }
        Ok(())
    }

    fn exchange(&mut self) -> io::Result<TurnOutcome> {
        let told = write_turn(&mut self.out, self.now, &self.acts);
        let outcome = told.and_then(|()| read_outcome(&mut self.input)).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => {
                io::Error::other("the simulated endpoint has ended")
            }
            _ => e,
        })?;
        self.acts.clear();
        if outcome.next <= self.now {
            return Err(io::Error::other("the simulated endpoint does not go on"));
        }
        self.next = outcome.next;
        Ok(outcome)
    }

    /// Lets something happen to a connection, if it is still there.
    fn happen(&mut self, number: u32, happening: Happening) -> Option<Readiness> {
        let slot = *self.slots.get(&number)?;
        let connection = self.connections[slot].as_mut()?;
        match happening {
            Happening::Connected => connection.connected = true,
            Happening::Came(bytes) => connection.came.extend(bytes),
            Happening::Closed => connection.closed = true,
            Happening::Reset => connection.reset = true,
        }
        Some(Readiness { slot, closed: connection.closed || connection.reset })
    }
}
