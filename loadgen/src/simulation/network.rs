//! The seam at which the engine meets a simulation in place of sockets.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::simulator::Simulator;
use crate::engine::{Established, Network, Readiness, Received};

/// A simulation that outlives the generator: its endpoint is asked afterwards what became of the workflows.
#[derive(Debug, Clone)]
pub(crate) struct SimulatedNetwork(Arc<Mutex<Simulator>>);

impl SimulatedNetwork {
    /// The network of a simulation.
    #[must_use]
    pub(crate) fn new(simulator: Simulator) -> Self {
        Self(Arc::new(Mutex::new(simulator)))
    }

    /// [`Simulator::ask`].
    ///
    /// # Errors
    /// The child has ended, or does not keep to the protocol.
    pub(crate) fn ask(&self, at: u64, request: &[u8]) -> io::Result<Vec<u8>> {
        self.simulator().ask(at, request)
    }

    fn simulator(&self) -> MutexGuard<'_, Simulator> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Network for SimulatedNetwork {
    fn now(&self) -> u64 {
        self.simulator().now()
    }

    fn connect(&mut self, slot: usize) -> io::Result<()> {
        self.simulator().connect(slot);
        Ok(())
    }

    fn established(&mut self, slot: usize) -> io::Result<Option<Established>> {
        self.simulator().established(slot)
    }

    fn read(&mut self, slot: usize, buffer: &mut [u8]) -> io::Result<Received> {
        self.simulator().read(slot, buffer)
    }

    fn write(&mut self, slot: usize, bytes: &[u8]) -> io::Result<usize> {
        self.simulator().write(slot, bytes)
    }

    fn close(&mut self, slot: usize) {
        self.simulator().close(slot);
    }

    fn wait(&mut self, deadline: u64, ready: &mut Vec<Readiness>) -> io::Result<()> {
        self.simulator().wait(deadline, ready)
    }
}
