//! Every Unix that mio and rustix document, macOS among them: the poll's own time-out, and the standard library's calls.

use std::fs::File;
use std::io::{self, Read, Write};
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Registry, Token};

use super::ClockQuality;

/// Wakes a thread that polls by the poll's own time-out, as finely as the system has it.
#[derive(Debug)]
pub(crate) struct Alarm;

impl Alarm {
    /// An alarm; no event of its own is needed.
    #[expect(clippy::unnecessary_wraps, reason = "its twin may fail")]
    pub(crate) fn new(_registry: &Registry, _token: Token) -> io::Result<Self> {
        Ok(Self)
    }

    /// Whether it would wake at an instant as it is set: it is set for each wait.
    #[expect(clippy::unused_self, reason = "its twin is set once for many waits")]
    pub(crate) const fn is_set(&self, _instant: u64) -> bool {
        false
    }

    /// How long the poll may wait.
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "its twin asks the kernel")]
    pub(crate) fn set(&mut self, instant: u64, now: u64) -> io::Result<Option<Duration>> {
        Ok(Some(Duration::from_nanos(instant.saturating_sub(now))))
    }
}

/// Reads what has come.
pub(crate) fn receive(mut stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    stream.read(buffer)
}

/// Writes what fits.
pub(crate) fn send(mut stream: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    stream.write(bytes)
}

/// The processors that this process may use; not known here.
pub(crate) fn processors() -> Option<Vec<usize>> {
    None
}

/// Refuses: not every system binds threads to processors.
pub(crate) fn bind_to_processor(_processor: usize) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system does not bind threads to processors: leave --pin out"))
}

/// Nothing is known.
pub(crate) fn clock_quality() -> ClockQuality {
    ClockQuality::default()
}

/// Advice that not every system takes.
pub(crate) fn will_need(_file: &File, _offset: u64, _length: u64) {}

/// The system does not tell.
pub(crate) const fn local_ports() -> Option<u64> {
    None
}
