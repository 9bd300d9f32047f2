//! The endpoint for one caller who leads time: a pipe brings requests and instants, and takes answers and the instant at
//! which the next thing happens by itself.
//!
//! The gateway and its connections run on this thread, the workflows on theirs; neither goes beyond the instant that the
//! caller has named. See [`turn`] for what goes over the pipe.

mod clock;
mod pipe;
mod tasks;
mod turn;

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;

pub(crate) use self::clock::LedClock;
use self::pipe::{Pipe, PipeEnd};
use self::tasks::Tasks;
use self::turn::{Input, Outcome, Output, Turn};
use crate::clock::{Clock as _, nanoseconds};
use crate::endpoint::Endpoint;
use crate::server::{Handler as _, HeldMemory, Turns, serve};

/// Where requests of a simulation come from.
const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// An endpoint whose time somebody leads.
pub(crate) struct Simulation {
    endpoint: Arc<Endpoint>,
    clock: Arc<LedClock>,
    /// The instant that turns count from.
    start: Duration,
    tasks: Tasks,
    pipes: HashMap<u32, PipeEnd>,
    outputs: Rc<RefCell<Vec<Output>>>,
    held: Arc<HeldMemory>,
    turns: Arc<Turns>,
    /// Says that serving ends, which here it does with the process.
    stop: watch::Sender<bool>,
}

impl Simulation {
    /// An endpoint that has not been asked anything; `clock` is its own.
    pub(crate) fn new(endpoint: &Arc<Endpoint>, clock: &Arc<LedClock>) -> Self {
        Self {
            endpoint: Arc::clone(endpoint),
            clock: Arc::clone(clock),
            start: clock.now(),
            tasks: Tasks::default(),
            pipes: HashMap::new(),
            outputs: Rc::default(),
            held: HeldMemory::new(endpoint.limits().held),
            turns: Arc::default(),
            stop: watch::channel(false).0,
        }
    }

    /// Answers turn by turn until the caller closes the pipe.
    ///
    /// # Errors
    /// What came is no turn, or the pipe is broken.
    pub(crate) fn run(mut self, input: impl Read, output: impl Write) -> io::Result<()> {
        let (mut input, mut output) = (BufReader::new(input), BufWriter::new(output));
        while let Some(turn) = Turn::read(&mut input)? {
            self.take(turn).write(&mut output)?;
            output.flush()?;
        }
        Ok(())
    }

    /// Goes to the instant of a turn, and does what it brings.
    fn take(&mut self, turn: Turn) -> Outcome {
        let at = self.start + Duration::from_nanos(turn.at);
        self.clock.lead_to(at);
        // Workflows first: they were there before the requests of this instant.
        self.endpoint.states.settle();
        self.clock.reach(at);
        self.work();
        for input in turn.inputs {
            match input {
                Input::Open(connection) => self.open(connection),
                Input::Bytes(connection, bytes) => {
                    if let Some(pipe) = self.pipes.get(&connection) {
                        pipe.take(&bytes);
                    }
                }
                Input::Close(connection) => {
                    if let Some(pipe) = self.pipes.remove(&connection) {
                        pipe.end();
                    }
                }
            }
            // One after the other, in the order in which the caller sent them.
            self.work();
        }
        Outcome { next: self.next(), outputs: std::mem::take(&mut *self.outputs.borrow_mut()) }
    }

    fn open(&mut self, connection: u32) {
        let (stream, end) = Pipe::new(connection, &self.outputs);
        self.pipes.insert(connection, end);
        let (endpoint, stopped) = (Arc::clone(&self.endpoint), self.stop.subscribe());
        self.tasks.spawn(serve(stream, SOURCE, endpoint, stopped, &self.held, &self.turns));
    }

    /// Does everything that can be done at this instant.
    fn work(&mut self) {
        loop {
            self.tasks.run();
            if self.endpoint.outside.load(Ordering::Relaxed) > 0 {
                // Somebody outside of the simulation is asked, and time stands still until they answer.
                self.tasks.wait();
            } else if self.endpoint.states.awaited() > 0 {
                self.endpoint.states.settle();
                if !self.tasks.are_ready() {
                    return;
                }
            } else {
                return;
            }
        }
    }

    /// When something happens by itself that the caller may see: a pause of a fault ends, or a workflow goes on that a
    /// request waits for.
    fn next(&self) -> Option<u64> {
        let states = &self.endpoint.states;
        let awaited = if states.awaited() > 0 { states.settle() } else { None };
        let next = [self.clock.next_timer(), awaited].into_iter().flatten().min()?;
        Some(nanoseconds(next.saturating_sub(self.start)))
    }
}

#[cfg(test)]
mod tests;
