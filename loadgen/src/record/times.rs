//! When what happened to a request.

/// The instants of a request, in nanoseconds from the start of the run.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// When it was meant to be sent.
    pub intended: u64,
    /// From when on there was room for it among the most in flight.
    pub room: u64,
    /// From when on nothing but the generator itself kept it waiting: there was room, and a connection for it, or an attempt
    /// to make one.
    pub ready: u64,
    /// When a connection took it.
    pub released: u64,
    /// Nanoseconds after its release in which the generator did not run: an answer that came then was read only afterwards.
    pub unattended: u64,
    /// When its last byte was written, if it was.
    pub written: Option<u64>,
    /// When the first byte of the answer came, if one did.
    pub first_byte: Option<u64>,
}

/// Nanoseconds from one instant of a request to a later one.
///
/// # Panics
/// The later one is not: one clock tells them all, and it never goes back.
#[must_use]
pub(crate) fn between(earlier: u64, later: u64) -> u64 {
    later.checked_sub(earlier).expect("the instants of a request are read off one clock, one after the other")
}
