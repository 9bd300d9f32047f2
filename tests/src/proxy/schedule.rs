use super::fault::Fault;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Which requests go wrong, and how: a function of the seed, the request, and how often it came before.
#[derive(Debug)]
pub struct Schedule {
    seed: u64,
    faults: Vec<Fault>,
    percent: u8,
    /// How long a late answer takes: longer than the client's patience.
    pub(super) late: Duration,
    arrivals: Mutex<HashMap<u64, u64>>,
}

/// What befalls one request, with numbers to decide the rest by.
pub(super) struct Fate {
    pub(super) fault: Option<Fault>,
    rng: fastrand::Rng,
}

impl Schedule {
    /// `percent` of the requests suffer one of `faults` each. Late answers come after `late`.
    #[must_use]
    pub fn new(seed: u64, faults: &[Fault], percent: u8, late: Duration) -> Self {
        Self { seed, faults: faults.to_vec(), percent, late, arrivals: Mutex::default() }
    }

    /// Decides about a request: its target and body.
    pub(super) fn fate(&self, target: &[u8], body: &[u8]) -> Fate {
        let digest = digest(target) ^ digest(body).rotate_left(1);
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        let arrival = arrivals.entry(digest).or_default();
        *arrival += 1;
        let mut rng = fastrand::Rng::with_seed(self.seed ^ digest.wrapping_add(arrival.wrapping_mul(0x9e37_79b9)));
        let strikes = rng.u8(0..100) < self.percent && !self.faults.is_empty();
        let fault = strikes.then(|| self.faults[rng.usize(0..self.faults.len())]);
        Fate { fault, rng }
    }
}

impl Fate {
    /// A place within `length` bytes: some are before it, and some behind.
    pub(super) fn cut(&mut self, length: usize) -> usize {
        if length < 2 { 0 } else { self.rng.usize(1..length) }
    }
}

/// FNV-1a.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_does_the_same_to_the_same_requests_in_any_order() {
        let schedule = || Schedule::new(7, &Fault::ALL, 35, Duration::ZERO);
        let body = |call: usize| call.to_string().into_bytes();
        let (one, other) = (schedule(), schedule());
        let forwards: Vec<_> = (0..1_000).map(|call| one.fate(b"/", &body(call)).fault).collect();
        let mut backwards: Vec<_> = (0..1_000).rev().map(|call| other.fate(b"/", &body(call)).fault).collect();
        backwards.reverse();
        assert_eq!(forwards, backwards);
        let struck = forwards.iter().flatten().count();
        assert!((300..400).contains(&struck), "{struck}");
        // The second arrival of a request is another draw.
        let again: Vec<_> = (0..1_000).map(|call| one.fate(b"/", &body(call)).fault).collect();
        assert_ne!(forwards, again);
    }
}
