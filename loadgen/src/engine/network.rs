//! The seam between the generator and the world: a clock, connections by slot number, and waiting.

use std::io;

/// Connections and time as a generator sees them. `Sockets` are the real ones; tests have one on virtual time.
pub(crate) trait Network {
    /// Waits for the start of the run, a moment at most, and tells whether the run has begun. Before it has, there is no
    /// [`Network::now`] and nothing is sent. Where time begins with the run, there is nothing to wait for.
    fn await_start(&mut self) -> bool {
        true
    }

    /// Nanoseconds from the start of the run, which is over.
    fn now(&self) -> u64;

    /// Begins to connect `slot`, whose previous connection, if any, is closed.
    ///
    /// # Errors
    /// The connection cannot be attempted: no descriptors, no ports, no route.
    fn connect(&mut self, slot: usize) -> io::Result<()>;

    /// Whether the connection of `slot` can carry a request by now.
    ///
    /// # Errors
    /// It failed; [`io::ErrorKind::InvalidData`] for a TLS handshake.
    fn established(&mut self, slot: usize) -> io::Result<Option<Established>>;

    /// Reads what has come.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when nothing has; else the connection is lost.
    fn read(&mut self, slot: usize, buffer: &mut [u8]) -> io::Result<Received>;

    /// Writes what fits: less than asked for only when there is no room for more until the next [`Readiness`].
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when nothing does; else the connection is lost.
    fn write(&mut self, slot: usize, bytes: &[u8]) -> io::Result<usize>;

    /// Closes the connection of `slot`.
    fn close(&mut self, slot: usize);

    /// Whether the connection of `slot` goes to where the target no longer is.
    fn is_outdated(&mut self, _slot: usize) -> bool {
        false
    }

    /// Waits until something may have happened to a connection or `deadline` is reached.
    ///
    /// # Errors
    /// The operating system refuses to wait.
    fn wait(&mut self, deadline: u64, ready: &mut Vec<Readiness>) -> io::Result<()>;
}

/// How a connection came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Established {
    /// Nanoseconds until the peer accepted.
    pub(crate) connect: u64,
    /// Nanoseconds of the TLS handshake.
    pub(crate) handshake: Option<u64>,
}

/// Bytes that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Received {
    /// How many; 0 when the peer has closed.
    pub(crate) length: usize,
    /// Whether there may be more without another [`Readiness`].
    pub(crate) more: bool,
}

/// Something may have happened to the connection of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Readiness {
    /// The slot.
    pub(crate) slot: usize,
    /// The peer has closed: bytes may still wait before the end.
    pub(crate) closed: bool,
}
