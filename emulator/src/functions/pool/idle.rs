//! The environments that no invocation is in.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::functions::environment::Environment;

/// How long an environment is kept without an invocation.
const KEPT: Duration = Duration::from_mins(1);

/// Of each function those that are idle, by when they came to rest, and all of them by size.
pub(super) struct Idle {
    functions: Vec<BTreeMap<u64, Resting>>,
    /// What each holds, when it came to rest, and its function: the largest, and of those the oldest, is the last.
    sizes: BTreeSet<(usize, Reverse<u64>, usize)>,
    /// How many have come to rest.
    serial: u64,
}

struct Resting {
    environment: Environment,
    since: Duration,
}

impl Idle {
    /// None yet, of so many functions.
    pub(super) fn of(functions: usize) -> Self {
        let functions = std::iter::repeat_with(BTreeMap::new).take(functions).collect();
        Self { functions, sizes: BTreeSet::new(), serial: 0 }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.sizes.len()
    }

    pub(super) fn put(&mut self, function: usize, environment: Environment, since: Duration) {
        self.serial += 1;
        self.sizes.insert((environment.held(), Reverse(self.serial), function));
        self.functions[function].insert(self.serial, Resting { environment, since });
    }

    /// The one of a version of a function that was used last.
    pub(super) fn take(&mut self, function: usize, version: &str) -> Option<Environment> {
        let of_version = |resting: &Resting| resting.environment.is_of(version);
        let (serial, _) = self.functions[function].iter().rfind(|(_, resting)| of_version(resting))?;
        self.remove(function, *serial)
    }

    /// The one that has been idle for longest.
    pub(super) fn take_oldest(&mut self) -> Option<Environment> {
        let first = |(function, idle): (usize, &BTreeMap<u64, Resting>)| Some((*idle.keys().next()?, function));
        let (serial, function) = self.functions.iter().enumerate().filter_map(first).min()?;
        self.remove(function, serial)
    }

    /// Those that have been idle for long.
    pub(super) fn take_old(&mut self, now: Duration) -> Vec<Environment> {
        let mut old = Vec::new();
        for function in 0..self.functions.len() {
            while let Some((serial, resting)) = self.functions[function].first_key_value()
                && now.saturating_sub(resting.since) >= KEPT
            {
                old.extend(self.remove(function, *serial));
            }
        }
        old
    }

    /// The largest, as many as hold so many bytes together, or all.
    pub(super) fn take_largest(&mut self, bytes: usize) -> Vec<Environment> {
        let (mut together, mut taken) = (0, Vec::new());
        while together < bytes
            && let Some((size, Reverse(serial), function)) = self.sizes.last().copied()
        {
            together += size;
            taken.extend(self.remove(function, serial));
        }
        taken
    }

    /// The largest, until those of more than `large` bytes hold no more than `most` together.
    pub(super) fn take_beyond(&mut self, large: usize, most: usize) -> Vec<Environment> {
        let together: usize = self.sizes.iter().rev().map(|(size, ..)| *size).take_while(|size| *size > large).sum();
        self.take_largest(together.saturating_sub(most))
    }

    fn remove(&mut self, function: usize, serial: u64) -> Option<Environment> {
        let resting = self.functions[function].remove(&serial)?;
        self.sizes.remove(&(resting.environment.held(), Reverse(serial), function));
        Some(resting.environment)
    }
}
