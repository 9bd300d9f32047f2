//! What a generator is told before it begins.

use crate::scenario::{Names, Saturation};

/// What a generator needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The most requests that may be in flight.
    pub max_in_flight: usize,
    /// What becomes of an arrival beyond them.
    pub on_saturation: Saturation,
    /// Most connections that are being made at a time.
    pub max_connecting: usize,
    /// Most connections: this process may have no descriptors for more.
    pub max_connections: usize,
    /// What an execution's name is expected to be.
    pub names: Names,
    /// Whether connections are used again; requests have to say so too.
    pub keep_alive: bool,
    /// Longest time for a request, in nanoseconds from its release.
    pub timeout: u64,
    /// Longest time for a connection, in nanoseconds.
    pub connect_timeout: u64,
    /// Longest wait for answers after the last arrival, in nanoseconds.
    pub graceful_stop: u64,
    /// Whether requests are handed over one by one as well.
    pub rows: bool,
    /// Nanoseconds from the start at which the generator joins the run; 0 for one that was there in time.
    pub joined: u64,
}
