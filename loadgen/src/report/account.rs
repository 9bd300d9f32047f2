//! The whole run's account: what `summary.json` is a function of, whether it comes from memory or from the run
//! directory.

use std::collections::BTreeMap;

use super::{Latency, RunCost, Timeline};
use crate::judge::{Circumstances, Extent, Facts, History, Population, StageSpan, Windows};
use crate::record::{Answers, Counts, Example, Lookups, NameTotals, Place, Places, Selection, Tally, WorkflowEnds};

/// Everything that was recorded of a run.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Arrivals planned; `None` for a closed loop, which plans none.
    pub(crate) planned: Option<u64>,
    /// Sum of the SHA-256 of the planned arrivals, when all of them were planned.
    pub(crate) arrivals_sha256: Option<String>,
    /// What was counted in the whole run.
    pub(crate) counts: Counts,
    /// The same by place.
    pub(crate) by_place: BTreeMap<Place, Counts>,
    /// Counts and distributions of what followed the warm-up.
    pub(crate) tally: Tally,
    /// The same in order of time.
    pub(crate) history: History,
    /// The same window by window, for the thresholds that ask for it.
    pub(crate) windows: Windows,
    /// The whole run in order of time, finer.
    pub(crate) timeline: Timeline,
    /// What the stages and payloads are called.
    pub(crate) places: Places,
    /// When the stages are.
    pub(crate) stages: Vec<StageSpan>,
    /// Seconds of warm-up that both leave out.
    pub(crate) warmup: u64,
    /// Names.
    pub(crate) names: NameTotals,
    /// The first violations.
    pub(crate) examples: Vec<Example>,
    /// How failed requests were answered.
    pub(crate) answers: Answers,
    /// How the target's name was looked up, where it has one.
    pub(crate) lookups: Option<Lookups>,
    /// How the workflows ended, where the target says so.
    pub(crate) workflows: Option<WorkflowEnds>,
    /// What the run costs, where known.
    pub(crate) cost: Option<RunCost>,
    /// Nanoseconds from the start to the end.
    pub(crate) elapsed: u64,
    /// Nanoseconds from the start to the last request that was sent, or to the end of sending in a run that ended early;
    /// `None` where that is not known.
    pub(crate) sent_until: Option<u64>,
    /// Nanoseconds in which arrivals were planned.
    pub(crate) window: u64,
    /// Arrivals per second that the load asks for, on average; `None` where it asks for none.
    pub(crate) asked: Option<f64>,
    /// What decides how long the load lasts.
    pub(crate) extent: Extent,
    /// Whether every shard that it was merged of broke off, so that no time of it is the planned one.
    pub(crate) all_broke_off: bool,
    /// How it ended.
    pub(crate) circumstances: Circumstances,
}

impl Account {
    /// Arrivals planned; those of a closed loop are the ones it sent.
    #[must_use]
    pub(crate) fn planned(&self) -> u64 {
        self.planned.unwrap_or(self.counts.sent)
    }

    /// Nanoseconds over which it ran: all of those that were planned, unless it ended early.
    #[must_use]
    pub(crate) fn span(&self) -> u64 {
        // A closed loop may have no end but its count.
        if self.ended_early() || self.planned.is_none() { self.elapsed } else { self.elapsed.max(self.window) }
    }

    /// Whether it ended before all was sent that was planned.
    fn ended_early(&self) -> bool {
        self.all_broke_off
            || self.circumstances.interrupted
            || self.circumstances.aborted
            || self.circumstances.dead.is_some()
    }

    /// Nanoseconds in which requests were sent: what rates of arrivals and requests are told by. The wait for the last
    /// answers is no part of it.
    ///
    /// A closed loop sends when answers come: one that ends by its number has sent until its last answer.
    #[must_use]
    pub(crate) fn sending(&self) -> u64 {
        let until = self.sent_until.unwrap_or(self.elapsed);
        match (self.ended_early(), self.planned) {
            (true, _) => until,
            (false, Some(_)) => until.max(self.window),
            (false, None) => self.elapsed.min(self.window),
        }
    }

    /// What was counted of some requests in the whole run.
    #[must_use]
    pub(crate) fn counts_of(&self, selection: &Selection) -> Counts {
        let mut sum = Counts::default();
        self.by_place.iter().filter(|(place, _)| selection.holds(**place)).for_each(|(_, counts)| sum += counts);
        sum
    }

    /// What was counted of the requests to start executions in the whole run.
    #[must_use]
    pub(crate) fn executes(&self) -> Counts {
        self.counts_of(&self.places.starts())
    }

    /// The figures of some requests.
    pub(super) fn latency(&self, population: &Population) -> Latency {
        Latency::of(&population.series(&self.tally, &self.history))
    }

    /// Seconds at the beginning in which most of the slow requests lie, where the start was slow and nothing of it was left
    /// out.
    ///
    /// Slow requests are the slowest twentieth of those that started an execution. A start is slow where at least half of
    /// them lie in the first fifth of the run.
    pub(super) fn slow_start(&self) -> Option<u64> {
        /// Fewer stretches, or slow requests, are no beginning and no rest.
        const FEWEST: u64 = 10;
        let started = Population::succeeded(self.places.starting_kind()).among(&self.places.starts());
        let series = started.series(&self.tally, &self.history);
        let limit = series.times().value(0.95)?.micros();
        let slow = series.within(limit as f64, true).into_iter().map(|within| within.total - within.hits);
        let slow: Vec<u64> = slow.collect();
        let all: u64 = slow.iter().sum();
        let fifth = slow.len().div_ceil(5);
        let early: u64 = slow.iter().take(fifth).sum();
        if self.warmup > 0 || all < FEWEST || (slow.len() as u64) < FEWEST || 2 * early < all {
            return None;
        }
        // Up to where the slow ones no longer come more often than in the rest.
        let rest = (all - early) as f64 / (slow.len() - fifth) as f64;
        let end = slow.iter().take(fifth).rposition(|count| *count as f64 > 2.0 * rest + 1.0)? as u64 + 1;
        Some(end * self.history.seconds_per_bin())
    }

    /// What thresholds are judged by.
    #[must_use]
    pub(crate) fn facts(&self) -> Facts<'_> {
        Facts {
            seconds: (self.sending() as f64 / 1e9 - self.warmup as f64).max(0.0),
            warmup: self.warmup,
            extent: self.extent,
            duplicates: self.names.duplicates(),
            uncompared: self.counts.names_checked.saturating_sub(self.names.checked),
            places: &self.places,
            stages: &self.stages,
            tally: &self.tally,
            history: &self.history,
            windows: &self.windows,
            workflows: self.workflows.as_ref(),
            ahead: None,
        }
    }
}
