//! The interpreter: a pure state machine. It is told what happened and says what to do next; it has no clock (but for the
//! bound on what expressions take), no thread and no source of chance of its own.
//!
//! A run is a tree of *branches*: one for the machine itself, one for each branch of a Parallel state and each item of
//! a Map state that is under way. A branch that has to wait for something hands out a [`Key`]; when it moves on, the
//! key is void, so that late answers and timers fall away by themselves.

mod branch;
mod conversions;
mod cursor;
mod failure;
mod flow;
mod fork;
mod io;
mod item;
mod items_left;
mod map_inputs;
mod map_run;
mod optimised;
mod order;
mod plan;
mod sight;
mod task;
#[cfg(test)]
mod tests;
mod token;
mod trial;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use failure::Failure;
pub(crate) use io::MAX_RESULT;
pub(crate) use order::{ChildInput, ChildInputs, MapRunLimits, MapRunOrder, ReadItems, Reading};
pub(crate) use plan::Plan;
pub(crate) use token::{TaskToken, TokenSecret};
pub(crate) use trial::{Findings, TRIED_STATE, Trial, Verdict};

use slab::Slab;

use super::asl::{Assigned, Flow, Randomness, Resource, StateId, VariableBytes};
use super::data::Data;
use super::history::{Event, EventKind, Log, Note, Written};
use super::wire::millis;
use crate::budget::Budget;
use crate::clock::{at_work, since_start};
use crate::doubles::TestCase;
use crate::jsonata::{Allowance, Clocks};
use branch::{Activity, Branch, Surroundings};
use cursor::At;

/// Units of work after which a run lets others go on, should it have more to do.
const TURN: u64 = 10_000_000;
/// Units of work that a state costs besides what is charged to its budget.
const STATE: u64 = 2_000;

/// Knows which activities there are, and how task tokens are marked.
pub(crate) trait ActivityDirectory: fmt::Debug + Send + Sync {
    /// Whether a worker, or somebody in its place, may ask for tasks of the activity.
    fn has(&self, arn: &str) -> bool;

    /// What is hashed into tokens.
    fn secret(&self) -> TokenSecret;
}

/// Who a run is.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// A number that finds the run again; part of task tokens.
    pub(crate) id: u64,
    /// The execution's ARN.
    pub(crate) arn: String,
    /// Its name.
    pub(crate) name: String,
    /// Its input.
    pub(crate) input: Data,
    /// When it started, since the Unix epoch.
    pub(crate) start: Duration,
    /// The responses that stand in for tasks.
    pub(crate) case: Option<Arc<TestCase>>,
}

/// A task to be carried out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    /// What is called.
    pub(crate) resource: Arc<Resource>,
    /// The payload or the parameters.
    pub(crate) input: Data,
    /// How often the state has called before in this execution.
    pub(crate) attempt: u64,
    /// Whether the definition itself names the function that it invokes.
    pub(crate) names_function: bool,
}

/// What is told of an invocation beside its payload.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Executed {
    /// The version that ran.
    pub(crate) version: Box<str>,
    /// The end of its log, where the call asks for that (`LogResult`).
    pub(crate) log: Option<String>,
}

/// What whoever carries out a task has to say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TaskResult {
    /// The payload that a function has answered.
    Payload(Data, Executed),
    /// What a service has answered.
    Result(Data),
    /// What a service has answered that is still at work.
    Submitted(Data),
    /// What was sent with the task token.
    Sent(Data),
}

impl TaskResult {
    /// What was said, however it was meant.
    pub(crate) fn into_data(self) -> Data {
        let (Self::Payload(data, _) | Self::Result(data) | Self::Submitted(data) | Self::Sent(data)) = self;
        data
    }
}

/// What a branch waits by: void as soon as the branch goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// The branch.
    pub(crate) branch: u32,
    /// Which of the waits of the run.
    pub(crate) serial: u32,
}

/// Why a timer was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timer {
    /// A Wait state.
    Wait(Key),
    /// The pause before an attempt.
    Retry(Key),
    /// `TimeoutSeconds` of a task.
    TaskTimeout(Key),
    /// `HeartbeatSeconds` of a task.
    Heartbeat(Key),
    /// `TimeoutSeconds` of the machine.
    ExecutionTimeout,
}

/// What happened.
#[derive(Debug, Clone)]
pub(crate) enum Happening {
    /// The execution begins.
    Start,
    /// It is the run's turn again.
    Continue,
    /// A task was answered, or failed.
    Completed(Key, Result<TaskResult, Failure>),
    /// A worker of that name has taken the task of an activity.
    TakenUp(Key, Option<String>),
    /// A timer went off.
    Timer(Timer),
    /// Somebody sent a task token back.
    Callback(Key, Result<Data, Failure>),
    /// Somebody said that a task with a token is alive.
    Heartbeat(Key),
    /// The items of a map run were read, or cannot be.
    ItemsRead(Key, Result<ReadItems, Failure>),
    /// A map run has room for more executions than it has inputs for.
    InputsWanted(Key),
    /// A map run has ended: what it puts out, or nothing if that is more than is kept.
    MapRunEnded(Key, Result<Option<Data>, Failure>),
    /// Somebody stopped the execution.
    Stop(Failure),
    /// What was done for the execution has panicked.
    Broken,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    /// Have a task carried out, and report its answer by the key.
    Call(Key, Box<Call>),
    /// The run has more to do and lets others go on first: tell it [`Happening::Continue`].
    Continue,
    /// Report when that time has come.
    Timer(Timer, Duration),
    /// Have the items of a map run read, and report them by the key.
    Read(Key, Box<Reading>),
    /// Have items processed by executions, and report their end by the key.
    MapRun(Key, Box<MapRunOrder>),
    /// Give the map run of that key more inputs, or have it fail.
    Inputs(Key, Result<ChildInputs, Failure>),
    /// Put an end to the map run of that key.
    StopMapRun(Key),
    /// The run has ended; [`Run::outcome`] says how. Nothing comes after this.
    Finished,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Succeeded(Data),
    Failed(Failure),
    TimedOut(Failure),
    Aborted(Failure),
}

/// One execution under way.
#[derive(Debug)]
pub(crate) struct Run {
    plan: Arc<Plan>,
    identity: Identity,
    randomness: Randomness,
    log: Log,
    branches: Slab<Branch>,
    /// Branches that can go on.
    ready: VecDeque<u32>,
    /// How often each state has called, less one.
    calls: Vec<(StateId, u64)>,
    serial: u32,
    now: Duration,
    /// What the state that is at work may still spend.
    budget: Budget,
    /// Most bytes of its history and its variables, for the sake of all others.
    most_with_others: usize,
    /// What its variables take.
    variable_bytes: VariableBytes,
    /// What its expressions may still spend.
    allowance: Allowance,
    effects: Vec<Effect>,
    outcome: Option<Outcome>,
    /// What is asked of a state that is tried out on its own.
    trial: Option<Box<Trial>>,
    /// The activities that there are; all of them, if nobody knows.
    activities: Option<Arc<dyn ActivityDirectory>>,
}

impl Run {
    /// A run that has not begun; tell it [`Happening::Start`].
    pub(crate) fn new(plan: Arc<Plan>, identity: Identity, seed: u64) -> Self {
        let log = Log::with_room_for(identity.input.text().len() + plan.role_arn.len());
        Self {
            plan,
            now: identity.start,
            identity,
            randomness: Randomness::seeded(seed),
            log,
            // Most runs have one most of the time, and a slab begins with room for four.
            branches: Slab::with_capacity(1),
            ready: VecDeque::new(),
            calls: Vec::new(),
            serial: 0,
            budget: Budget::default(),
            most_with_others: usize::MAX,
            variable_bytes: VariableBytes::default(),
            allowance: Allowance::new(Clocks { machine: since_start, thread: at_work }),
            effects: Vec::new(),
            outcome: None,
            trial: None,
            activities: None,
        }
    }

    /// A run that is told which activities there are.
    pub(crate) fn knowing(self, activities: Arc<dyn ActivityDirectory>) -> Self {
        Self { activities: Some(activities), ..self }
    }

    /// A run of one state alone.
    pub(crate) fn of_trial(self, trial: Trial) -> Self {
        Self { trial: Some(Box::new(trial)), ..self }
    }

    /// The bytes of its history and, while it is open, of the variables of its branches.
    pub(crate) fn held(&self) -> usize {
        self.log.size() + self.variable_bytes.total()
    }

    /// Has it fail in its next state once it holds more bytes.
    pub(crate) fn hold_within(&mut self, bytes: usize) {
        self.most_with_others = bytes;
    }

    /// What was seen of the state that was tried out.
    pub(crate) fn findings(&self) -> Option<&Findings> {
        self.trial.as_ref().map(|trial| &trial.findings)
    }

    /// How it ended, once it has.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// The execution's ARN.
    pub(crate) fn arn(&self) -> &str {
        &self.identity.arn
    }

    /// The responses that stand in for tasks.
    pub(crate) fn case(&self) -> Option<Arc<TestCase>> {
        self.identity.case.clone()
    }

    /// What happened so far.
    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    /// Takes what is kept of it once it has ended.
    pub(crate) fn take_log(&mut self) -> Written {
        self.log.finish()
    }

    /// Whether a timer or an answer can still matter.
    pub(crate) fn awaits(&self, key: Key) -> bool {
        self.outcome.is_none() && self.branch(key.branch).is_some_and(|branch| branch.serial == key.serial)
    }

    /// Ends the run after a step of it has panicked, so that its execution does not stay open for ever.
    pub(crate) fn break_down(&mut self) -> Vec<Effect> {
        if self.outcome.is_none() {
            self.end(Outcome::Failed(Failure::broken()));
        }
        std::mem::take(&mut self.effects)
    }

    /// Whether a timer can still matter.
    pub(crate) fn awaits_timer(&self, timer: Timer) -> bool {
        match timer {
            Timer::Wait(key) | Timer::Retry(key) | Timer::TaskTimeout(key) | Timer::Heartbeat(key) => self.awaits(key),
            Timer::ExecutionTimeout => self.outcome.is_none(),
        }
    }

    /// Goes on as far as it can. Reports that come too late, or twice, change nothing.
    pub(crate) fn step(&mut self, happening: Happening, now: Duration) -> Vec<Effect> {
        if self.outcome.is_some() {
            return Vec::new();
        }
        self.now = now.max(self.now);
        let plan = Arc::clone(&self.plan);
        // Others go first until its turn comes again.
        let pauses = !self.ready.is_empty() && !matches!(happening, Happening::Continue);
        if let Happening::Completed(key, _)
        | Happening::Callback(key, _)
        | Happening::MapRunEnded(key, _)
        | Happening::ItemsRead(key, _)
        | Happening::Timer(Timer::Wait(key) | Timer::Retry(key)) = &happening
        {
            self.begin_budget(key.branch);
        }
        match happening {
            Happening::Start if self.branches.is_empty() => self.start(&plan),
            Happening::Completed(key, answer) if self.awaits(key) => {
                self.at(&plan, key.branch).completed(answer.map_err(Failure::within_limits));
            }
            Happening::TakenUp(key, worker) if self.awaits(key) => {
                self.at(&plan, key.branch).taken_up(worker.as_deref());
            }
            Happening::Callback(key, answer) if self.awaits(key) => self.at(&plan, key.branch).called_back(answer),
            Happening::Heartbeat(key) if self.awaits(key) => self.at(&plan, key.branch).heartbeat(),
            Happening::ItemsRead(key, items) if self.awaits(key) => self.at(&plan, key.branch).items_read(items),
            Happening::InputsWanted(key) if self.awaits(key) => self.at(&plan, key.branch).inputs_wanted(),
            Happening::MapRunEnded(key, result) if self.awaits(key) => {
                self.at(&plan, key.branch).map_run_ended(result);
            }
            Happening::Timer(timer) if self.awaits_timer(timer) => self.timer(&plan, timer),
            Happening::Stop(failure) => self.end(Outcome::Aborted(failure)),
            Happening::Broken => self.end(Outcome::Failed(Failure::broken())),
            Happening::Start
            | Happening::Continue
            | Happening::Completed(..)
            | Happening::TakenUp(..)
            | Happening::Callback(..)
            | Happening::Heartbeat(_)
            | Happening::ItemsRead(..)
            | Happening::InputsWanted(_)
            | Happening::MapRunEnded(..)
            | Happening::Timer(_) => {}
        }
        let mut spent = 0;
        while !pauses
            && self.outcome.is_none()
            && let Some(branch) = self.ready.pop_front()
        {
            if spent > TURN {
                self.ready.push_front(branch);
                self.effects.push(Effect::Continue);
                break;
            }
            if self.at(&plan, branch).is_beginning() {
                spent += self.at(&plan, branch).begin_next();
                continue;
            }
            self.begin_budget(branch);
            let has_expressions = matches!(self.at(&plan, branch).state().flow, Flow::Expressions(_));
            self.at(&plan, branch).enter();
            // What an expression costs is not counted here: it has limits of its own.
            spent += if has_expressions { TURN + 1 } else { STATE + self.budget.work_spent() };
        }
        conversions::forget_the_gone();
        std::mem::take(&mut self.effects)
    }

    /// Gives a state what it may spend, by the size of its input.
    fn begin_budget(&mut self, branch: u32) {
        let input = self.branch(branch).map_or(0, |branch| branch.input.text().len());
        self.budget = Budget::for_body(input);
        self.allowance.renew();
        // The input is written down and read.
        let read = self.budget.work(4 * input);
        read.expect("a budget begins with more than four units for each byte");
    }

    fn start(&mut self, plan: &Plan) {
        let input = self.identity.input.clone();
        self.record(Note::new(EventKind::ExecutionStarted).first(input.text()), 0);
        let mut around = Surroundings::default();
        let start = match &mut self.trial {
            Some(trial) => {
                let mut given = Assigned::new(&self.variable_bytes);
                for (name, value) in std::mem::take(&mut trial.variables) {
                    given.set(name, Data::from(value));
                }
                if !given.is_empty() {
                    around.variables.assign(given);
                }
                trial.state
            }
            None => plan.machine.start,
        };
        let main = self.spawn(None, start, input, 0, around);
        self.ready.push_back(main);
        let timeout = if self.trial.is_some() { Some(trial::TIMEOUT) } else { plan.machine.timeout };
        if let Some(timeout) = timeout {
            self.effects.push(Effect::Timer(Timer::ExecutionTimeout, self.now + timeout));
        }
    }

    fn timer(&mut self, plan: &Plan, timer: Timer) {
        match timer {
            Timer::Wait(key) => self.at(plan, key.branch).waited(),
            Timer::Retry(key) => self.at(plan, key.branch).perform(),
            Timer::TaskTimeout(key) => self.time_out(plan, key),
            Timer::Heartbeat(key) => {
                if !self.at(plan, key.branch).puts_off_heartbeat(key) {
                    self.time_out(plan, key);
                }
            }
            Timer::ExecutionTimeout => self.end(Outcome::TimedOut(Failure::named("States.Timeout"))),
        }
    }

    /// Ends the run: every branch is dropped, and with it every key.
    fn end(&mut self, outcome: Outcome) {
        let last = self.log.count();
        // As recorded on AWS: what ends an execution from outside has no predecessor.
        match &outcome {
            Outcome::Succeeded(output) => {
                self.record(Note::new(EventKind::ExecutionSucceeded).first(output.text()), last)
            }
            Outcome::Failed(failure) => self.record(failure.note(EventKind::ExecutionFailed), last),
            Outcome::TimedOut(failure) => self.record(failure.note(EventKind::ExecutionTimedOut), 0),
            Outcome::Aborted(failure) => self.record(failure.note(EventKind::ExecutionAborted), 0),
        };
        self.outcome = Some(outcome);
        self.effects.clear();
        for (index, branch) in &self.branches {
            if matches!(branch.activity, Activity::MapRun(_)) {
                let place = u32::try_from(index).expect("branches are numbered by 32 bits");
                self.effects.push(Effect::StopMapRun(Key { branch: place, serial: branch.serial }));
            }
        }
        self.branches.clear();
        self.ready.clear();
        self.effects.push(Effect::Finished);
    }

    /// Writes a note into the history as what comes after the event `previous`; the id of the new event.
    fn record(&mut self, note: Note<'_>, previous: u32) -> u32 {
        self.log.push(Event { note, at: millis(self.now), previous })
    }

    fn branch(&self, index: u32) -> Option<&Branch> {
        self.branches.get(index as usize)
    }

    fn at<'r, 'p>(&'r mut self, plan: &'p Plan, branch: u32) -> At<'r, 'p> {
        At { run: self, plan, branch }
    }
}
