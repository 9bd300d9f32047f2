//! A network on virtual time: time passes only while the generator waits.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;

use crate::engine::{Established, Network, Readiness, Received};

/// What the simulated target does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conduct {
    /// It starts the execution, and answers after so many nanoseconds.
    Answer(u64),
    /// It answers in two pieces, after so many nanoseconds each.
    Pieces(u64),
    /// It closes the connection after so many nanoseconds.
    Close(u64),
    /// It closes within the answer after so many nanoseconds.
    CutShort(u64),
    /// It never answers.
    Never,
    /// It answers after so many nanoseconds, and closes the connection so many later.
    AnswerAndLeave(u64, u64),
}

/// The simulated target.
pub(super) trait Target {
    /// Nanoseconds until a connection is accepted; `None` when it is refused.
    fn accept(&mut self, now: u64) -> Option<u64>;

    /// Why this machine cannot even attempt another connection beside so many, if it cannot.
    fn exhaustion(&mut self, _open: usize) -> Option<io::Error> {
        None
    }

    /// From when to when the generator does not run.
    fn frozen(&self) -> Option<(u64, u64)> {
        None
    }

    /// Whether the wait in which it was frozen tells what has happened since, as that of a frozen container, or ends with
    /// nothing, as by a signal.
    fn is_told_at_once(&self) -> bool {
        false
    }

    /// What becomes of a request.
    fn request(&mut self, now: u64) -> Conduct;
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Accepted,
    Refused,
    Bytes(Vec<u8>),
    Closed,
}

#[derive(Default)]
struct Connection {
    generation: u64,
    begun: u64,
    accepted: Option<u64>,
    refused: bool,
    request: Vec<u8>,
    arrived: Vec<u8>,
    closed: bool,
}

type Entry = (u64, u64, usize, u64, Happening);

pub(super) struct Simulation<T> {
    now: u64,
    target: T,
    connections: Vec<Option<Connection>>,
    /// Instant, order, slot, generation of the connection, and what happens to it.
    agenda: BinaryHeap<Reverse<Entry>>,
    generations: u64,
    requests: u64,
    /// How often it is asked whether the run has begun until it has.
    looks: u32,
}

impl<T: Target> Simulation<T> {
    pub(super) fn new(target: T, now: u64) -> Self {
        Self { now, target, connections: Vec::new(), agenda: BinaryHeap::new(), generations: 0, requests: 0, looks: 3 }
    }

    fn plan(&mut self, after: u64, slot: usize, generation: u64, happening: Happening) {
        let order = self.agenda.len() as u64;
        self.agenda.push(Reverse((self.now + after, order, slot, generation, happening)));
    }

    fn connection(&mut self, slot: usize) -> io::Result<&mut Connection> {
        self.connections.get_mut(slot).and_then(Option::as_mut).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn answer(&mut self) -> Vec<u8> {
        let name = format!("00000000-0000-4000-8000-{:012x}", self.requests);
        self.requests += 1;
        let body = format!(r#"{{"executionArn":"arn:aws:states:us-east-1:1:execution:W:{name}","startDate":1.5E9}}"#);
        format!("HTTP/1.1 200 OK\r\nx-amzn-RequestId: {name}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            .into_bytes()
    }

    fn happen(&mut self, slot: usize, generation: u64, happening: Happening, ready: &mut Vec<Readiness>) {
        let now = self.now;
        let Some(connection) = self.connections[slot].as_mut().filter(|c| c.generation == generation) else { return };
        match happening {
            Happening::Accepted => connection.accepted = Some(now),
            Happening::Refused => connection.refused = true,
            Happening::Bytes(bytes) => connection.arrived.extend(bytes),
            Happening::Closed => connection.closed = true,
        }
        ready.push(Readiness { slot, closed: connection.closed });
    }
}

impl<T: Target> Network for Simulation<T> {
    fn await_start(&mut self) -> bool {
        self.looks -= 1;
        self.looks == 0
    }

    fn now(&self) -> u64 {
        assert_eq!(self.looks, 0, "before the start there is no time");
        self.now
    }

    fn connect(&mut self, slot: usize) -> io::Result<()> {
        assert_eq!(self.looks, 0, "nothing is sent before the start");
        let open = self.connections.iter().flatten().count();
        if let Some(error) = self.target.exhaustion(open) {
            return Err(error);
        }
        self.generations += 1;
        let generation = self.generations;
        if self.connections.len() <= slot {
            self.connections.resize_with(slot + 1, || None);
        }
        self.connections[slot] = Some(Connection { generation, begun: self.now, ..Connection::default() });
        match self.target.accept(self.now) {
            Some(after) => self.plan(after, slot, generation, Happening::Accepted),
            None => self.plan(1_000, slot, generation, Happening::Refused),
        }
        Ok(())
    }

    fn established(&mut self, slot: usize) -> io::Result<Option<Established>> {
        let connection = self.connection(slot)?;
        if connection.refused {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let begun = connection.begun;
        Ok(connection.accepted.map(|accepted| Established { connect: accepted - begun, handshake: None }))
    }

    fn read(&mut self, slot: usize, buffer: &mut [u8]) -> io::Result<Received> {
        let connection = self.connection(slot)?;
        if connection.arrived.is_empty() && !connection.closed {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let length = connection.arrived.len().min(buffer.len());
        buffer[..length].copy_from_slice(&connection.arrived[..length]);
        connection.arrived.drain(..length);
        Ok(Received { length, more: connection.closed })
    }

    fn write(&mut self, slot: usize, bytes: &[u8]) -> io::Result<usize> {
        let connection = self.connection(slot)?;
        if connection.closed {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        // Seven bytes at first, so that requests are written in pieces too.
        let length = if connection.request.is_empty() { bytes.len().min(7) } else { bytes.len() };
        connection.request.extend_from_slice(&bytes[..length]);
        let generation = connection.generation;
        if length < bytes.len() {
            self.plan(0, slot, generation, Happening::Bytes(Vec::new()));
            return Ok(length);
        }
        connection.request.clear();
        match self.target.request(self.now) {
            Conduct::Answer(after) => {
                let answer = self.answer();
                self.plan(after, slot, generation, Happening::Bytes(answer));
            }
            Conduct::Pieces(after) => {
                let mut first = self.answer();
                let second = first.split_off(50);
                self.plan(after, slot, generation, Happening::Bytes(first));
                self.plan(after * 2, slot, generation, Happening::Bytes(second));
            }
            Conduct::Close(after) => self.plan(after, slot, generation, Happening::Closed),
            Conduct::CutShort(after) => {
                let mut answer = self.answer();
                answer.truncate(60);
                self.plan(after, slot, generation, Happening::Bytes(answer));
                self.plan(after, slot, generation, Happening::Closed);
            }
            Conduct::Never => {}
            Conduct::AnswerAndLeave(after, stays) => {
                let answer = self.answer();
                self.plan(after, slot, generation, Happening::Bytes(answer));
                self.plan(after + stays, slot, generation, Happening::Closed);
            }
        }
        Ok(length)
    }

    fn close(&mut self, slot: usize) {
        self.connections[slot] = None;
    }

    fn wait(&mut self, deadline: u64, ready: &mut Vec<Readiness>) -> io::Result<()> {
        let next = self.agenda.peek().map_or(u64::MAX, |Reverse((at, ..))| *at);
        let wake = self.now.max(deadline.min(next));
        if let Some((_, until)) = self.target.frozen().filter(|(from, until)| (*from..*until).contains(&wake)) {
            self.now = until;
            if self.target.is_told_at_once() {
                self.tell(ready);
            }
            return Ok(());
        }
        self.now = wake;
        self.tell(ready);
        Ok(())
    }
}

impl<T: Target> Simulation<T> {
    /// Lets everything happen that has by now.
    fn tell(&mut self, ready: &mut Vec<Readiness>) {
        while self.agenda.peek().is_some_and(|Reverse((at, ..))| *at <= self.now) {
            let Some(Reverse((_, _, slot, generation, happening))) = self.agenda.pop() else { break };
            self.happen(slot, generation, happening, ready);
        }
    }
}
