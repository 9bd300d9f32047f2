//! One map run.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::record::ChildRecord;
use super::results::Results;
use super::tally::Tally;
use super::{MapRunCaller, MapRunStatus, MapRunStep, MapRunSummary};
use crate::doubles::TestCase;
use crate::states::data::Data;
use crate::states::execution::{MapRunMember, Waiter};
use crate::states::launch::{Launcher, Order};
use crate::states::run::{ChildInput, ChildInputs, Effect, Failure, Key, MapRunOrder};
use crate::states::wire::millis;

/// Executions at a time where nothing else is said (Step Functions quotas: 10,000 of one map run).
const MOST_AT_ONCE: u64 = 10_000;
/// Bytes that map runs may hold together before each begins its executions one after the other: those of one may begin map
/// runs of their own.
const MOST_HELD: usize = 256 << 20;
/// Bytes of an input that waits, besides its text.
const INPUT: usize = 256;

#[derive(Debug)]
pub(super) struct MapRun {
    pub(super) summary: MapRunSummary,
    caller: (u64, Key),
    /// The machine, by its place in the deployment.
    place: usize,
    case: Option<Arc<TestCase>>,
    /// The inputs of executions that have not been begun, of which there are few.
    waiting: VecDeque<ChildInput>,
    /// Bytes of these.
    waiting_held: usize,
    /// Which child the first of these is.
    next: usize,
    rest: Rest,
    /// Bytes of the items that are left, about, while there are any.
    items_held: usize,
    in_batches: bool,
    /// Executions under way: which child each is, and how many items it has.
    running: BTreeMap<usize, (u64, u64)>,
    /// Whether its turn is to come.
    is_due: bool,
    /// Whether what was under way has been told to stop.
    has_stopped: bool,
    failure: Option<Failure>,
    /// Taken when the run is over.
    results: Option<Results>,
}

/// The bytes that an input takes, about.
fn size(child: &ChildInput) -> usize {
    child.input.text().len() + INPUT
}

/// The inputs that have not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// There are some.
    Left,
    /// Some were asked for.
    Asked,
    /// There are none, or they cannot be made.
    None,
}

/// An execution to be begun.
pub(super) struct NextChild {
    /// Which of the map run's executions it is.
    pub(super) child: usize,
    pub(super) items: u64,
    run: u64,
    input: Data,
    place: usize,
    machine_arn: String,
    case: Option<Arc<TestCase>>,
    /// Whether its input is told when it succeeds.
    tells_input: bool,
}

impl NextChild {
    /// Begins it: its number, and what it wants done. `told` hears of its end.
    pub(super) fn begin(
        self,
        launcher: &Launcher,
        now: Duration,
        told: impl FnOnce(ChildRecord) + Send + 'static,
    ) -> (u64, Vec<Effect>) {
        let Self { run, items, input, place, machine_arn, case, tells_input, .. } = self;
        let name = launcher.uuid();
        let waiter = Waiter(Box::new(move |execution, _, panics| {
            let record = panics.contain(|| ChildRecord::of(execution, &machine_arn, tells_input));
            told(record.unwrap_or_else(|| ChildRecord::broken(execution, &machine_arn)));
        }));
        let map_run = Some(MapRunMember { run, items });
        let order = Order { place, name: Some(&name), input, trace: None, case, now, waiter: Some(waiter), map_run };
        let Ok(begun) = launcher.start(order) else { unreachable!("no execution has the name of a fresh UUID") };
        begun.effects.expect("it was started just now, by its name")
    }
}

impl MapRun {
    /// Nothing begun yet.
    pub(super) fn new(
        number: u64,
        place: usize,
        caller: MapRunCaller,
        order: MapRunOrder,
        results: Results,
        now: Duration,
    ) -> Self {
        let MapRunOrder { arn, machine_arn, items, held, in_batches, inputs, limits, .. } = order;
        let summary = MapRunSummary {
            number,
            arn,
            execution_arn: caller.arn,
            machine_arn,
            status: MapRunStatus::Running,
            start: millis(now),
            stop: None,
            limits,
            tally: Tally::of(if in_batches { 0 } else { items }, items),
        };
        let mut run = Self {
            summary,
            caller: (caller.execution, caller.key),
            place,
            case: caller.case,
            waiting: VecDeque::new(),
            waiting_held: 0,
            next: 0,
            rest: Rest::Asked,
            items_held: held,
            in_batches,
            running: BTreeMap::new(),
            is_due: false,
            has_stopped: false,
            failure: None,
            results: Some(results),
        };
        run.take_inputs(Ok(inputs));
        run
    }

    /// Whether it is under way for that state.
    pub(super) fn is_for(&self, caller: (u64, Key)) -> bool {
        self.caller == caller && !self.is_over()
    }

    /// The execution whose state waits for it.
    pub(super) fn caller(&self) -> Option<u64> {
        (!self.is_over()).then_some(self.caller.0)
    }

    pub(super) fn is_over(&self) -> bool {
        self.results.is_none()
    }

    /// The bytes that it holds, about: items, inputs and results.
    pub(super) fn held(&self) -> usize {
        let Some(results) = &self.results else { return 0 };
        let items = if self.rest == Rest::None { 0 } else { self.items_held };
        items + self.waiting_held + results.in_memory()
    }

    /// Its number, if its turn is to come and does not yet.
    pub(super) fn due(&mut self) -> Option<u64> {
        let was_due = std::mem::replace(&mut self.is_due, true);
        (!was_due).then_some(self.summary.number)
    }

    /// More inputs have come, or cannot be made.
    pub(super) fn take_inputs(&mut self, inputs: Result<ChildInputs, Failure>) {
        match inputs {
            Ok(ChildInputs { made, are_last }) => {
                if self.in_batches {
                    self.summary.tally.more_executions(made.len() as u64);
                }
                self.waiting_held += made.iter().map(size).sum::<usize>();
                self.waiting.extend(made);
                self.rest = if are_last { Rest::None } else { Rest::Left };
            }
            Err(failure) => {
                self.rest = Rest::None;
                self.fail(failure);
            }
        }
    }

    fn fail(&mut self, failure: Failure) {
        if self.is_running() {
            self.summary.status = MapRunStatus::Failed;
            self.failure = Some(failure);
        }
    }

    fn is_running(&self) -> bool {
        self.summary.status == MapRunStatus::Running
    }

    /// Whether one more execution may run; `others` is what other map runs hold.
    fn has_room(&self, launcher: &Launcher, others: usize) -> bool {
        let at_once = match self.summary.limits.concurrency {
            0 => MOST_AT_ONCE,
            limit => limit.min(MOST_AT_ONCE),
        };
        // With no room left, one after the other.
        let is_tight = || launcher.store.is_full() || others > MOST_HELD;
        (self.running.len() as u64) < at_once && (self.running.is_empty() || !is_tight())
    }

    /// The execution that is to be begun next, if one may be.
    pub(super) fn next_child(&mut self, launcher: &Launcher, others: usize) -> Option<NextChild> {
        self.is_due = false;
        let tells_input = self.results.as_ref()?.tell_inputs();
        if self.summary.tally.exceeds(&self.summary.limits) {
            // The words are those of AWS (recorded).
            let cause = "The specified tolerated failure threshold was exceeded";
            self.fail(Failure::new("States.ExceedToleratedFailureThreshold", cause));
        }
        if !self.is_running() || !self.has_room(launcher, others) {
            return None;
        }
        let next = self.waiting.pop_front()?;
        self.waiting_held -= size(&next);
        let ChildInput { input, items } = next;
        let child = self.next;
        self.next += 1;
        let (run, machine_arn) = (self.summary.number, self.summary.machine_arn.clone());
        Some(NextChild {
            child,
            items,
            run,
            input,
            place: self.place,
            machine_arn,
            case: self.case.clone(),
            tells_input,
        })
    }

    /// An execution was begun.
    pub(super) fn begun(&mut self, child: usize, execution: u64, items: u64) {
        self.running.insert(child, (execution, items));
        self.summary.tally.begun(items);
    }

    /// An execution has ended.
    pub(super) fn child_ended(&mut self, child: usize, record: &ChildRecord) {
        let Some((_, items)) = self.running.remove(&child) else { return };
        self.summary.tally.ended(record.status, items);
        if let Some(results) = &mut self.results {
            results.add(child, record);
        }
    }

    /// What is to be done now.
    pub(super) fn look_on(&mut self, launcher: &Launcher, others: usize, now: Duration) -> MapRunStep {
        let mut step = MapRunStep::default();
        let is_running = self.is_running();
        let Some(results) = &mut self.results else { return step };
        if !is_running {
            // What was never begun is told as well: of a map run that has failed all of it, as far as its state can say.
            for child in self.waiting.drain(..) {
                results.add_pending(self.next, &child.input);
                self.next += 1;
            }
            self.waiting_held = 0;
        }
        let wants_all = is_running || self.summary.status == MapRunStatus::Failed && results.is_exported();
        if !is_running && !std::mem::replace(&mut self.has_stopped, true) {
            step.stop = self.running.values().map(|(execution, _)| *execution).collect();
        }
        if self.rest == Rest::Left
            && self.waiting.is_empty()
            && wants_all
            && (!is_running || self.has_room(launcher, others))
        {
            self.rest = Rest::Asked;
            step.wants = Some(self.caller);
        }
        step.goes_on = !self.waiting.is_empty() && self.has_room(launcher, others);
        self.is_due |= step.goes_on;
        let has_all = self.waiting.is_empty() && self.rest == Rest::None;
        if self.running.is_empty() && (has_all || !wants_all) {
            step.over = self.finish(now).map(|results| (self.caller, results));
        }
        step
    }

    /// It is over: what came of it.
    fn finish(&mut self, now: Duration) -> Option<Results> {
        let mut results = self.results.take()?;
        self.summary.stop = Some(millis(now));
        if self.is_running() {
            self.summary.status = MapRunStatus::Succeeded;
        }
        results.failure = self.failure.take();
        self.summary.tally.written();
        Some(results)
    }
}
