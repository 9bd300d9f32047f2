//! The whole run's account: what `summary.json` is a function of, whether it comes from memory or from the run
//! directory.

use super::{Latency, Timeline};
use crate::judge::{Circumstances, Facts, History, Population, Windows};
use crate::record::{Counts, Example, Names, Places, Tally};

/// Everything that was recorded of a run.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Arrivals planned; `None` for a closed loop, which plans none.
    pub planned: Option<u64>,
    /// Sum of the SHA-256 of the planned arrivals, when all of them were planned.
    pub arrivals_sha256: Option<String>,
    /// What was counted in the whole run.
    pub counts: Counts,
    /// The same of the requests to start executions alone.
    pub executes: Counts,
    /// Counts and distributions of what followed the warm-up.
    pub tally: Tally,
    /// The same in order of time.
    pub history: History,
    /// The same window by window, for the thresholds that ask for it.
    pub windows: Windows,
    /// The whole run in order of time, finer.
    pub timeline: Timeline,
    /// What the stages and payloads are called.
    pub places: Places,
    /// Seconds of warm-up that both leave out.
    pub warmup: u64,
    /// Names.
    pub names: Names,
    /// The first violations.
    pub examples: Vec<Example>,
    /// Nanoseconds from the start to the end.
    pub elapsed: u64,
    /// Nanoseconds in which arrivals were planned.
    pub window: u64,
    /// How it ended.
    pub circumstances: Circumstances,
}

impl Account {
    /// Arrivals planned; those of a closed loop are the ones it sent.
    #[must_use]
    pub fn planned(&self) -> u64 {
        self.planned.unwrap_or(self.counts.sent)
    }

    /// The figures of some requests.
    pub(super) fn latency(&self, population: &Population) -> Latency {
        Latency::of(&population.series(&self.tally, &self.history))
    }

    /// What thresholds are judged by.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            planned: self.planned(),
            duplicates: self.names.duplicates(),
            uncompared: self.counts.names_checked.saturating_sub(self.names.checked),
            places: &self.places,
            tally: &self.tally,
            history: &self.history,
            windows: &self.windows,
        }
    }
}
