//! What carries requests to the target: sockets, or the pipe of a simulation.

use std::io;

use super::embedded::told_by;
use super::generators::Brake;
use super::pages::Told;
use crate::engine::{ArrivalSource, Ended, Generator, Network, Peer, Requests, Settings};
use crate::mistake::Mistake;
use crate::platform::bind_to_processor;
use crate::record::{Interval, Lookups};
use crate::simulation::SimulatedNetwork;

/// How requests get to the target.
#[derive(Debug)]
pub(crate) enum Carrier {
    /// By sockets of the operating system, to a peer whose name was looked up.
    Sockets(Peer),
    /// By a pipe, on virtual time.
    Simulation(SimulatedNetwork),
}

impl Carrier {
    /// Whether something is really sent.
    pub(super) const fn is_real(&self) -> bool {
        matches!(self, Self::Sockets(_))
    }

    /// How the target's name was looked up, if it has one.
    pub(super) fn lookups(&self) -> Option<Lookups> {
        match self {
            Self::Sockets(peer) => peer.resolver.lookups(),
            Self::Simulation(_) => None,
        }
    }
}

/// What a generator thread does.
pub(super) type Work = Box<dyn FnOnce() -> io::Result<Ended> + Send>;

/// What a generator thread is to send, whatever carries it.
pub(super) struct ThreadLoad<O> {
    pub(super) settings: Settings,
    pub(super) source: Box<dyn ArrivalSource + Send>,
    pub(super) requests: Requests,
    /// The processor that the thread is bound to.
    pub(super) processor: Option<usize>,
    pub(super) brake: Brake,
    /// Takes the account of a second and gives an empty one back.
    pub(super) hand_over: O,
}

impl<O: FnMut(Interval) -> Interval + Send + 'static> ThreadLoad<O> {
    /// The work of a thread that sends it over a network.
    pub(super) fn over(self, network: impl Network + Send + 'static) -> Work {
        let Self { settings, source, requests, processor, brake, hand_over } = self;
        Box::new(move || {
            if let Some(processor) = processor {
                bind_to_processor(processor)?;
            }
            Generator::new(settings, network, source, requests, hand_over).run(|| brake.stop())
        })
    }
}

/// What a simulated endpoint tells under a path, so many nanoseconds after the start.
pub(super) fn simulated_answer(network: &SimulatedNetwork, at: u64, path: &str) -> Result<Told, Mistake> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    let answer = network.ask(at, request.as_bytes()).map_err(|e| Mistake::other(e.to_string()))?;
    told_by(&answer).ok_or_else(|| Mistake::other(format!("the simulated endpoint does not answer {path}")))
}
