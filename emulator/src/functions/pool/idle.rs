//! The environments that no invocation is in.

use std::collections::VecDeque;
use std::time::Duration;

use crate::functions::environment::Environment;

/// How long an environment is kept without an invocation.
const KEPT: Duration = Duration::from_mins(1);

/// Of each function those that are idle, the one that has been so for longest first.
pub(super) struct Idle {
    functions: Vec<VecDeque<Resting>>,
    count: usize,
}

struct Resting {
    environment: Environment,
    since: Duration,
}

impl Idle {
    /// None yet, of so many functions.
    pub(super) fn of(functions: usize) -> Self {
        Self { functions: std::iter::repeat_with(VecDeque::new).take(functions).collect(), count: 0 }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn put(&mut self, function: usize, environment: Environment, since: Duration) {
        self.functions[function].push_back(Resting { environment, since });
        self.count += 1;
    }

    /// The one of a version of a function that was used last.
    pub(super) fn take(&mut self, function: usize, version: &str) -> Option<Environment> {
        let idle = &mut self.functions[function];
        let place = idle.iter().rposition(|resting| resting.environment.is_of(version))?;
        let resting = idle.remove(place)?;
        self.count -= 1;
        Some(resting.environment)
    }

    /// The one that has been idle for longest.
    pub(super) fn take_oldest(&mut self) -> Option<Environment> {
        let longest = self.functions.iter_mut().filter(|idle| !idle.is_empty()).min_by_key(|idle| idle[0].since)?;
        self.count -= 1;
        longest.pop_front().map(|resting| resting.environment)
    }

    /// Those that have been idle for long.
    pub(super) fn take_old(&mut self, now: Duration) -> Vec<Environment> {
        let mut old = Vec::new();
        for idle in &mut self.functions {
            let fresh = idle.partition_point(|idle| now.saturating_sub(idle.since) >= KEPT);
            old.extend(idle.drain(..fresh).map(|resting| resting.environment));
        }
        self.count -= old.len();
        old
    }

    /// The largest, as many as hold so many bytes together, or all.
    pub(super) fn take_largest(&mut self, bytes: usize) -> Vec<Environment> {
        let mut sizes: Vec<usize> = self.sizes().collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        let (mut together, mut count) = (0, 0);
        while together < bytes && count < sizes.len() {
            together += sizes[count];
            count += 1;
        }
        let Some(least) = count.checked_sub(1).map(|last| sizes[last]) else { return Vec::new() };
        // Many are equally large, and not all of those need go.
        let mut equal = sizes[..count].iter().filter(|size| **size == least).count();
        let mut is_taken = |resting: &Resting| {
            let size = resting.environment.held();
            let is_one = size == least && equal > 0;
            equal -= usize::from(is_one);
            size > least || is_one
        };
        let mut taken = Vec::with_capacity(count);
        for idle in &mut self.functions {
            let (large, small): (VecDeque<_>, VecDeque<_>) = idle.drain(..).partition(&mut is_taken);
            taken.extend(large.into_iter().map(|resting| resting.environment));
            *idle = small;
        }
        self.count -= count;
        taken
    }

    /// The largest, until those of more than `large` bytes hold no more than `most` together.
    pub(super) fn take_beyond(&mut self, large: usize, most: usize) -> Vec<Environment> {
        let together: usize = self.sizes().filter(|size| *size > large).sum();
        self.take_largest(together.saturating_sub(most))
    }

    fn sizes(&self) -> impl Iterator<Item = usize> {
        self.functions.iter().flatten().map(|resting| resting.environment.held())
    }
}
