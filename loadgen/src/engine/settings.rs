//! What a generator is told before it begins.

use crate::scenario::{Names, Saturation};

/// What a generator needs to know.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The most requests that may be in flight.
    pub(crate) max_in_flight: usize,
    /// What becomes of an arrival beyond them.
    pub(crate) on_saturation: Saturation,
    /// Most connections that are being made at a time.
    pub(crate) max_connecting: usize,
    /// Most connections: this process may have no descriptors for more.
    pub(crate) max_connections: usize,
    /// What an execution's name is expected to be.
    pub(crate) names: Names,
    /// Whether connections are used again; requests have to say so too.
    pub(crate) keep_alive: bool,
    /// Longest time for a request, in nanoseconds from its release.
    pub(crate) timeout: u64,
    /// Longest time for a connection, in nanoseconds.
    pub(crate) connect_timeout: u64,
    /// Longest wait for answers after the end of the load, in nanoseconds.
    pub(crate) graceful_stop: u64,
    /// Whether requests are handed over one by one as well.
    pub(crate) rows: bool,
    /// Nanoseconds from the start at which the generator joins the run; 0 for one that was there in time.
    pub(crate) joined: u64,
}
