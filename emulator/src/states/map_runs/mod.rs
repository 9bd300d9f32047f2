//! Map runs: the executions that a distributed Map state begins for its items, how many at a time, how many may fail,
//! and what is told of them. The workflow thread drives them, one execution in each turn, so that others go on in between;
//! the API looks at them and changes their limits.

mod map_run;
mod reader;
mod record;
mod results;
mod tally;
#[cfg(test)]
mod tests;
mod texts;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) use reader::read;
pub(crate) use results::Results;
pub(crate) use tally::{MapRunCounts, Tally};

use super::launch::Launcher;
use super::run::{ChildInputs, Effect, Failure, Key, MapRunLimits, MapRunOrder};
use crate::doubles::{Buckets, TestCase};
use map_run::MapRun;
use record::ChildRecord;

/// Finished map runs that are remembered.
const KEPT: usize = 10_000;

/// An execution of a map run has ended.
#[derive(Debug)]
pub(crate) struct ChildEnded {
    /// The map run, by its number.
    pub(crate) run: u64,
    /// Which of its executions.
    child: usize,
    record: ChildRecord,
}

#[cfg(test)]
impl ChildEnded {
    /// The end of the first child of the first map run, though that execution is under way: nobody takes that.
    pub(super) fn impossible(execution: &super::execution::Execution) -> Self {
        Self { run: 0, child: 0, record: ChildRecord::of(execution, "arn", false) }
    }
}

/// What the workflow thread is to do next.
#[derive(Debug, Default)]
pub(crate) struct MapRunStep {
    /// An execution that was begun, and what it wants done.
    pub(crate) begun: Option<(u64, Vec<Effect>)>,
    /// Executions to be stopped.
    pub(crate) stop: Vec<u64>,
    /// Whose run is to make more inputs, and by which key.
    pub(crate) wants: Option<(u64, Key)>,
    /// Whether it goes on when its turn comes again.
    pub(crate) goes_on: bool,
    /// Who hears that the map run is over, if they still wait, and what came of it.
    pub(crate) over: Option<((u64, Key), Results)>,
}

/// The state of a map run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MapRunStatus {
    Running,
    Succeeded,
    Failed,
    Aborted,
}

impl MapRunStatus {
    /// The name on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Aborted => "ABORTED",
        }
    }
}

/// A map run as it is described.
#[derive(Debug, Clone)]
pub(crate) struct MapRunSummary {
    pub(crate) number: u64,
    pub(crate) arn: String,
    /// The execution whose state began it.
    pub(crate) execution_arn: String,
    /// The state machine of its executions.
    pub(crate) machine_arn: String,
    pub(crate) status: MapRunStatus,
    /// In milliseconds since the Unix epoch.
    pub(crate) start: u64,
    /// In milliseconds since the Unix epoch.
    pub(crate) stop: Option<u64>,
    pub(crate) limits: MapRunLimits,
    pub(crate) tally: Tally,
}

/// All map runs.
#[derive(Debug, Default)]
pub(crate) struct MapRuns(Mutex<Known>);

/// The map runs that are remembered.
#[derive(Debug, Default)]
struct Known {
    /// Oldest first; their numbers follow each other.
    runs: VecDeque<MapRun>,
    /// Bytes that all of them hold, about.
    held: usize,
}

impl Known {
    /// Looks at the map run in that place, and at what the others hold.
    fn look<T>(&mut self, place: usize, look: impl FnOnce(&mut MapRun, usize) -> T) -> Option<T> {
        let run = self.runs.get_mut(place)?;
        // A panic may have come between a change and the sum.
        let others = self.held.saturating_sub(run.held());
        let seen = look(run, others);
        self.held = others + run.held();
        Some(seen)
    }
}

/// Who asks for a map run.
pub(crate) struct MapRunCaller {
    pub(crate) execution: u64,
    pub(crate) key: Key,
    pub(crate) arn: String,
    pub(crate) case: Option<Arc<TestCase>>,
}

/// The number of a map run whose turn is to come; nothing if it comes already.
type Due = Option<u64>;

impl MapRuns {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the map run of that number, if it is remembered, and at what the others hold.
    fn with<T>(&self, number: u64, look: impl FnOnce(&mut MapRun, usize) -> T) -> Option<T> {
        let mut known = self.known();
        let first = known.runs.front()?.summary.number;
        known.look(usize::try_from(number.checked_sub(first)?).ok()?, look)
    }

    /// Looks at the map run under way that a state waits for.
    fn with_caller<T>(&self, caller: (u64, Key), look: impl FnOnce(&mut MapRun, usize) -> T) -> Option<T> {
        let mut known = self.known();
        let place = known.runs.iter().rposition(|run| run.is_for(caller))?;
        known.look(place, look)
    }

    /// Enters a map run.
    pub(crate) fn begin(
        &self,
        caller: MapRunCaller,
        order: MapRunOrder,
        launcher: &Launcher,
        buckets: &Buckets,
        now: Duration,
    ) -> Result<Due, Failure> {
        let Some((place, _)) = launcher.find(&order.machine_arn) else {
            let cause = format!("State Machine Does Not Exist: '{}'", order.machine_arn);
            return Err(Failure::new("States.Runtime", cause));
        };
        let results = Results::new(&order, buckets);
        let mut known = self.known();
        let number = known.runs.back().map_or(0, |run| run.summary.number + 1);
        let mut run = MapRun::new(number, place, caller, order, results, now);
        let due = run.due();
        known.held += run.held();
        known.runs.push_back(run);
        while known.runs.len() > KEPT && known.runs.front().is_some_and(MapRun::is_over) {
            known.runs.pop_front();
        }
        Ok(due)
    }

    /// The execution whose state waits for the map run of that number.
    pub(crate) fn caller_of(&self, number: u64) -> Option<u64> {
        self.with(number, |run, _| run.caller()).flatten()
    }

    /// Takes note of an execution that has ended.
    pub(crate) fn child_ended(&self, ended: &ChildEnded) -> Due {
        self.with(ended.run, |run, _| {
            run.child_ended(ended.child, &ended.record);
            run.due()
        })
        .flatten()
    }

    /// Takes more inputs for the map run that a state waits for.
    pub(crate) fn take_inputs(&self, execution: u64, key: Key, inputs: Result<ChildInputs, Failure>) -> Due {
        self.with_caller((execution, key), |run, _| {
            run.take_inputs(inputs);
            run.due()
        })
        .flatten()
    }

    /// Puts an end to the map run that a state waits for.
    pub(crate) fn stop(&self, execution: u64, key: Key) -> Due {
        self.with_caller((execution, key), |run, _| {
            run.summary.status = MapRunStatus::Aborted;
            run.due()
        })
        .flatten()
    }

    /// Goes on after limits have changed.
    pub(crate) fn resume(&self, number: u64) -> Due {
        self.with(number, |run, _| run.due()).flatten()
    }

    /// The turn of a map run: it begins one execution, if it may; `told` hears of the end of that. No lock is held while
    /// the execution takes its first steps.
    pub(crate) fn turn(
        &self,
        number: u64,
        launcher: &Launcher,
        now: Duration,
        told: &(impl Fn(ChildEnded) + Clone + Send + 'static),
    ) -> MapRunStep {
        let next = self.with(number, |run, others| run.next_child(launcher, others)).flatten();
        let begun = next.map(|next| {
            let (run, told) = (number, told.clone());
            let (child, items) = (next.child, next.items);
            let begun = next.begin(launcher, now, move |record| told(ChildEnded { run, child, record }));
            self.with(number, |run, _| run.begun(child, begun.0, items));
            begun
        });
        let step = self.with(number, |run, others| run.look_on(launcher, others, now)).unwrap_or_default();
        MapRunStep { begun, ..step }
    }

    /// Changes limits, if there is such a map run under way; its number.
    pub(crate) fn update(&self, arn: &str, change: impl FnOnce(&mut MapRunLimits)) -> Option<u64> {
        let mut known = self.known();
        let run = known.runs.iter_mut().find(|run| run.summary.arn == arn)?;
        change(&mut run.summary.limits);
        Some(run.summary.number)
    }

    /// Looks at a map run.
    pub(crate) fn describe(&self, arn: &str) -> Option<MapRunSummary> {
        self.known().runs.iter().find(|run| run.summary.arn == arn).map(|run| run.summary.clone())
    }

    /// The ARN of the map run of that number, if it is remembered.
    pub(crate) fn arn_of(&self, number: u64) -> Option<String> {
        self.with(number, |run, _| run.summary.arn.clone())
    }

    /// The map runs of an execution, newest first.
    pub(crate) fn of_execution(&self, execution_arn: &str) -> Vec<MapRunSummary> {
        let known = self.known();
        let own = known.runs.iter().rev().filter(|run| run.summary.execution_arn == execution_arn);
        own.map(|run| run.summary.clone()).collect()
    }
}
