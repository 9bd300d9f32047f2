//! How late this machine lets a generator run that waits for an instant: the best that its pacing can be here and now.

use std::io;

use serde::{Deserialize, Serialize};

use super::network::Network;
use super::peer::Peer;
use super::sockets::Sockets;
use crate::platform::monotonic;

/// How often the generator's own timer is tried.
const WAKE_UPS: u64 = 100;

/// Nanoseconds that each sleep lasts: a tenth of a second in all.
const SLEEP: u64 = 1_000_000;

/// Microseconds from the instant that a timer was set to, to the moment the thread runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lateness {
    /// Of half of the wake-ups, at most.
    pub(crate) p50: u64,
    /// Of 99 in a hundred, at most.
    pub(crate) p99: u64,
}

impl Lateness {
    /// Waits a hundred times for a millisecond, as a generator does between arrivals: asleep, or spinning at the end.
    ///
    /// # Errors
    /// The operating system has no descriptors for epoll or the timer.
    pub(crate) fn measure(spin: bool) -> io::Result<Self> {
        let mut network = Sockets::new(Peer::nowhere(), monotonic(), spin)?;
        let mut ready = Vec::new();
        let mut late = Vec::new();
        for _ in 0..WAKE_UPS {
            let instant = network.now() + SLEEP;
            while network.now() < instant {
                network.wait(instant, &mut ready)?;
            }
            late.push((network.now() - instant) / 1_000);
        }
        late.sort_unstable();
        let rank = |q: usize| late[late.len() * q / 100 - 1];
        Ok(Self { p50: rank(50), p99: rank(99) })
    }
}
