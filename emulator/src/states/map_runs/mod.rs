//! Map runs: the executions that a distributed Map state begins for its items, how many at a time, how many may fail,
//! and what is told of them. The workflow thread drives them; the API looks at them and changes their limits.

mod reader;
mod results;
mod tally;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) use reader::read;
pub(crate) use results::Results;
pub(crate) use tally::{MapRunCounts, Tally};

use super::execution::{MapRunMember, Waiter};
use super::launch::{Launcher, Order};
use super::run::{ChildInput, Effect, Failure, Key, MapRunLimits, MapRunOrder};
use super::wire::millis;
use crate::doubles::TestCase;
use results::ChildRecord;

/// Executions at a time where nothing else is said (Step Functions quotas: 10,000 of one map run).
const MOST_AT_ONCE: u64 = 10_000;
/// Finished map runs that are remembered.
const KEPT: usize = 10_000;

/// An execution of a map run has ended.
#[derive(Debug)]
pub(crate) struct ChildEnded {
    /// The map run, by its number.
    run: u64,
    /// Which of its executions.
    child: usize,
    record: ChildRecord,
}

/// What the workflow thread is to do next.
#[derive(Debug, Default)]
pub(crate) struct MapRunStep {
    /// What executions that were begun want done.
    pub(crate) effects: Vec<(u64, Vec<Effect>)>,
    /// Executions to be stopped.
    pub(crate) stop: Vec<u64>,
    /// Whose map run is over, and what came of it; nobody waits for one that was stopped.
    pub(crate) over: Option<(Option<(u64, Key)>, Results)>,
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

#[derive(Debug)]
struct MapRun {
    summary: MapRunSummary,
    caller: (u64, Key),
    /// The machine, by its place in the deployment.
    place: usize,
    case: Option<Arc<TestCase>>,
    /// What has not been begun.
    waiting: VecDeque<(usize, ChildInput)>,
    /// Executions under way: which child each is, and how many items it has.
    running: BTreeMap<usize, (u64, u64)>,
    /// Taken when the run is over.
    results: Option<Results>,
}

/// All map runs, oldest first; their numbers follow each other.
#[derive(Debug, Default)]
pub(crate) struct MapRuns(Mutex<VecDeque<MapRun>>);

/// Who asks for a map run.
pub(crate) struct MapRunCaller {
    pub(crate) execution: u64,
    pub(crate) key: Key,
    pub(crate) arn: String,
    pub(crate) case: Option<Arc<TestCase>>,
}

impl MapRuns {
    fn all(&self) -> MutexGuard<'_, VecDeque<MapRun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a map run; `told` hears of the end of each of its executions.
    pub(crate) fn begin(
        &self,
        caller: MapRunCaller,
        order: MapRunOrder,
        launcher: &Launcher,
        now: Duration,
        told: &(impl Fn(ChildEnded) + Clone + Send + 'static),
    ) -> Result<MapRunStep, Failure> {
        let Some((place, _)) = launcher.find(&order.machine_arn) else {
            let cause = format!("State Machine Does Not Exist: '{}'", order.machine_arn);
            return Err(Failure::new("States.Runtime", cause));
        };
        let mut all = self.all();
        let number = all.back().map_or(0, |run| run.summary.number + 1);
        let items = order.inputs.iter().map(|child| child.items).sum();
        let tally = Tally::of(order.inputs.len() as u64, items);
        let summary = MapRunSummary {
            number,
            arn: order.arn.clone(),
            execution_arn: caller.arn,
            machine_arn: order.machine_arn.clone(),
            status: MapRunStatus::Running,
            start: millis(now),
            stop: None,
            limits: order.limits,
            tally,
        };
        let results = Results::new(&order, order.inputs.len());
        let waiting = order.inputs.into_iter().enumerate().collect();
        all.push_back(MapRun {
            summary,
            caller: (caller.execution, caller.key),
            place,
            case: caller.case,
            waiting,
            running: BTreeMap::new(),
            results: Some(results),
        });
        while all.len() > KEPT && all.front().is_some_and(|oldest| oldest.results.is_none()) {
            all.pop_front();
        }
        let run = all.back_mut().expect("it was just put there");
        Ok(run.advance(launcher, now, told))
    }

    /// Goes on after an execution has ended.
    pub(crate) fn child_ended(
        &self,
        ended: ChildEnded,
        launcher: &Launcher,
        now: Duration,
        told: &(impl Fn(ChildEnded) + Clone + Send + 'static),
    ) -> MapRunStep {
        let mut all = self.all();
        let Some(run) = find_mut(&mut all, ended.run) else { return MapRunStep::default() };
        let Some((_, items)) = run.running.remove(&ended.child) else { return MapRunStep::default() };
        run.summary.tally.ended(ended.record.status, items);
        if let Some(results) = &mut run.results {
            results.add(ended.child, ended.record);
        }
        run.advance(launcher, now, told)
    }

    /// Changes limits, if there is such a map run under way; its number.
    pub(crate) fn update(&self, arn: &str, change: impl FnOnce(&mut MapRunLimits)) -> Option<u64> {
        let mut all = self.all();
        let run = all.iter_mut().find(|run| run.summary.arn == arn)?;
        change(&mut run.summary.limits);
        Some(run.summary.number)
    }

    /// Goes on after limits have changed.
    pub(crate) fn resume(
        &self,
        number: u64,
        launcher: &Launcher,
        now: Duration,
        told: &(impl Fn(ChildEnded) + Clone + Send + 'static),
    ) -> MapRunStep {
        let mut all = self.all();
        find_mut(&mut all, number).map_or_else(MapRunStep::default, |run| run.advance(launcher, now, told))
    }

    /// Puts an end to the map run that a state waits for: what is under way is to be stopped.
    pub(crate) fn stop(&self, execution: u64, key: Key, now: Duration) -> MapRunStep {
        let mut all = self.all();
        let caller = (execution, key);
        let under_way = |run: &&mut MapRun| run.caller == caller && run.results.is_some();
        let Some(run) = all.iter_mut().rev().find(under_way) else { return MapRunStep::default() };
        run.summary.status = MapRunStatus::Aborted;
        let stop: Vec<u64> = run.running.values().map(|(execution, _)| *execution).collect();
        if stop.is_empty() {
            return MapRunStep { over: run.finish(now), ..MapRunStep::default() };
        }
        MapRunStep { stop, ..MapRunStep::default() }
    }

    /// Looks at a map run.
    pub(crate) fn describe(&self, arn: &str) -> Option<MapRunSummary> {
        self.all().iter().find(|run| run.summary.arn == arn).map(|run| run.summary.clone())
    }

    /// The ARN of the map run of that number, if it is remembered.
    pub(crate) fn arn_of(&self, number: u64) -> Option<String> {
        find_mut(&mut self.all(), number).map(|run| run.summary.arn.clone())
    }

    /// The map runs of an execution, newest first.
    pub(crate) fn of_execution(&self, execution_arn: &str) -> Vec<MapRunSummary> {
        let all = self.all();
        let own = all.iter().rev().filter(|run| run.summary.execution_arn == execution_arn);
        own.map(|run| run.summary.clone()).collect()
    }
}

fn find_mut(all: &mut VecDeque<MapRun>, number: u64) -> Option<&mut MapRun> {
    let first = all.front()?.summary.number;
    all.get_mut(usize::try_from(number.checked_sub(first)?).ok()?)
}

impl MapRun {
    /// Begins as many executions as may run, or finds that it is over.
    fn advance(
        &mut self,
        launcher: &Launcher,
        now: Duration,
        told: &(impl Fn(ChildEnded) + Clone + Send + 'static),
    ) -> MapRunStep {
        let mut step = MapRunStep::default();
        if self.results.is_none() {
            return step;
        }
        if self.summary.status == MapRunStatus::Running && self.summary.tally.exceeds(&self.summary.limits) {
            self.summary.status = MapRunStatus::Failed;
            step.stop = self.running.values().map(|(execution, _)| *execution).collect();
        }
        if self.summary.status == MapRunStatus::Running {
            self.begin_children(launcher, now, told, &mut step);
        }
        let begun_all = self.waiting.is_empty() || self.summary.status != MapRunStatus::Running;
        if begun_all && self.running.is_empty() {
            step.over = self.finish(now);
        }
        step
    }

    fn begin_children(
        &mut self,
        launcher: &Launcher,
        now: Duration,
        told: &(impl Fn(ChildEnded) + Clone + Send + 'static),
        step: &mut MapRunStep,
    ) {
        let at_once = match self.summary.limits.concurrency {
            0 => MOST_AT_ONCE,
            limit => limit.min(MOST_AT_ONCE),
        };
        while (self.running.len() as u64) < at_once
            // With no room left, one after the other.
            && (self.running.is_empty() || !launcher.store.is_full())
            && let Some((child, ChildInput { input, items })) = self.waiting.pop_front()
        {
            let (run, report, of_machine) = (self.summary.number, told.clone(), self.summary.machine_arn.clone());
            let waiter = Waiter(Box::new(move |execution, _| {
                report(ChildEnded { run, child, record: ChildRecord::of(execution, &of_machine) });
            }));
            let name = launcher.uuid();
            let order = Order {
                place: self.place,
                name: Some(&name),
                input,
                trace: None,
                case: self.case.clone(),
                now,
                waiter: Some(waiter),
                map_run: Some(MapRunMember { run, items }),
            };
            let Ok(begun) = launcher.start(order) else { unreachable!("no execution has the name of a fresh UUID") };
            let (execution, effects) = begun.effects.expect("it was started just now, by its name");
            self.running.insert(child, (execution, items));
            self.summary.tally.begun(items);
            step.effects.push((execution, effects));
        }
    }

    /// It is over: who waits for it, and what came of it.
    fn finish(&mut self, now: Duration) -> Option<(Option<(u64, Key)>, Results)> {
        let mut results = self.results.take()?;
        self.summary.stop = Some(millis(now));
        if self.summary.status == MapRunStatus::Running {
            self.summary.status = MapRunStatus::Succeeded;
        }
        results.pending = self.waiting.drain(..).map(|(_, child)| child.input).collect();
        results.failure = (self.summary.status == MapRunStatus::Failed).then(|| {
            // The words are those of AWS (recorded).
            let cause = "The specified tolerated failure threshold was exceeded";
            Failure::new("States.ExceedToleratedFailureThreshold", cause)
        });
        let waits = self.summary.status != MapRunStatus::Aborted;
        self.summary.tally.written();
        Some((waits.then_some(self.caller), results))
    }
}
