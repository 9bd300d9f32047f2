//! One execution: what is known of it while it runs and after its end.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::history::{EventKind, Events, Written};
use super::panics::Panics;
use super::run::{Happening, Plan, Run};

/// The place of no machine: an execution that tries out one state.
pub(crate) const TRIED_OUT: usize = usize::MAX;

/// One execution.
#[derive(Debug)]
pub(crate) struct Execution {
    /// Grows with every start; its low bits are the shard.
    pub(crate) id: u64,
    /// The state machine, by its place in the deployment; [`TRIED_OUT`] for none.
    pub(crate) machine: usize,
    /// The name.
    pub(crate) name: Box<str>,
    /// The last part of an Express execution's ARN; `None` for Standard.
    pub(crate) express: Option<Box<str>>,
    /// When it started, in milliseconds since the Unix epoch.
    pub(crate) start: u64,
    /// `traceHeader`
    pub(crate) trace: Option<Box<str>>,
    /// What it follows: the definition that its machine had when it started.
    pub(crate) plan: Arc<Plan>,
    /// The map run that it is part of.
    pub(crate) map_run: Option<Box<MapRunMember>>,
    /// How it stands.
    pub(crate) stage: Stage,
}

/// An execution that a map run has begun.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MapRunMember {
    /// The map run, by its number.
    pub(crate) run: u64,
    /// How many items it processes.
    pub(crate) items: u64,
}

/// How an execution stands.
#[derive(Debug)]
pub(crate) enum Stage {
    /// Under way.
    Running(Running),
    /// Over.
    Ended {
        /// How.
        status: ExecutionStatus,
        /// When, in milliseconds since the Unix epoch.
        stop: u64,
        /// What happened; `None` once that is forgotten.
        log: Option<Written>,
    },
}

/// An execution under way.
#[derive(Debug)]
pub(crate) struct Running {
    /// Its run; not here while a thread works on it, so that nobody else waits for that thread.
    pub(crate) run: Option<Box<Run>>,
    /// What has happened to it meanwhile, and when.
    pub(crate) meanwhile: VecDeque<(Happening, Duration)>,
    /// Somebody may wait for its end.
    pub(crate) waiter: Option<Waiter>,
}

/// What is to be done with an execution at the moment of its end, before it can be forgotten.
pub(crate) struct Waiter(pub(crate) Box<Told>);

/// Told of the execution, of the run that has just ended it, and by what a panic is caught, so that an execution that waits for this
/// one's end is told of that and does not wait for ever.
type Told = dyn FnOnce(&Execution, &Run, &Panics) + Send;

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiter")
    }
}

impl Execution {
    /// What happened so far.
    pub(crate) fn events(&self) -> Events<'_> {
        match &self.stage {
            Stage::Running(running) => {
                let run = running.run.as_ref();
                run.expect("whoever looks at events waits until nobody works on the run").log().events()
            }
            Stage::Ended { log, .. } => log.as_ref().map_or_else(Events::none, Written::events),
        }
    }

    /// What happened so far, to be read when its lock is given back: it is long at times. `None` once it is forgotten.
    pub(crate) fn written(&self) -> Option<Written> {
        match &self.stage {
            Stage::Running(running) => {
                let run = running.run.as_ref();
                Some(run.expect("whoever looks at events waits until nobody works on the run").log().so_far())
            }
            Stage::Ended { log, .. } => log.clone(),
        }
    }

    /// Whether what happened is forgotten: its input, its result and its history.
    pub(crate) fn is_faded(&self) -> bool {
        matches!(&self.stage, Stage::Ended { log: None, .. })
    }

    /// Forgets what happened, if it is over; how many bytes that were.
    pub(crate) fn fade(&mut self) -> usize {
        let Stage::Ended { log, .. } = &mut self.stage else { return 0 };
        log.take().map_or(0, |log| log.size())
    }

    /// Whether a thread works on its run.
    pub(crate) fn is_at_work(&self) -> bool {
        matches!(&self.stage, Stage::Running(running) if running.run.is_none())
    }

    /// How it stands.
    pub(crate) fn status(&self) -> ExecutionStatus {
        match &self.stage {
            Stage::Running(..) => ExecutionStatus::Running,
            Stage::Ended { status, .. } => *status,
        }
    }

    /// When it ended.
    pub(crate) fn stop(&self) -> Option<u64> {
        match &self.stage {
            Stage::Running(..) => None,
            Stage::Ended { stop, .. } => Some(*stop),
        }
    }

    /// Whether it is one of a machine's own: neither part of a map run nor the trial of a state.
    pub(crate) fn is_own(&self) -> bool {
        self.map_run.is_none() && self.machine != TRIED_OUT
    }

    /// Its input.
    pub(crate) fn input(&self) -> &str {
        self.events().next().and_then(|(_, event)| event.note.first).unwrap_or_default()
    }

    /// Output, error and cause.
    pub(crate) fn result(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        let Some((_, last)) = self.stop().and_then(|_| self.events().last()) else { return (None, None, None) };
        match last.note.kind {
            EventKind::ExecutionSucceeded => (last.note.first, None, None),
            _ => (None, last.note.first, last.note.second),
        }
    }
}

/// The state of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ExecutionStatus {
    /// `RUNNING`
    Running,
    /// `SUCCEEDED`
    Succeeded,
    /// `FAILED`
    Failed,
    /// `TIMED_OUT`
    TimedOut,
    /// `ABORTED`
    Aborted,
}

impl ExecutionStatus {
    /// The name on the wire.
    #[must_use]
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }
}

/// One row of the executions listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExecutionSummary {
    /// The execution's ARN.
    pub(crate) arn: String,
    /// Its name.
    pub(crate) name: String,
    /// Its state machine's ARN.
    pub(crate) machine_arn: String,
    /// How it stands.
    pub(crate) status: ExecutionStatus,
    /// When it started, since the Unix epoch, to the millisecond.
    pub(crate) start: Duration,
    /// When it ended, since the Unix epoch, to the millisecond.
    pub(crate) stop: Option<Duration>,
}

/// ARN of an execution: Standard ones end with their name, Express ones with an id of their own.
pub(crate) fn execution_arn(machine_arn: &str, name: &str, express: Option<&str>) -> String {
    let (resource, id) = if express.is_some() { (":express:", express) } else { (":execution:", None) };
    // `arn:aws:states:REGION:ACCOUNT`, and what follows `:stateMachine:`
    let colons = machine_arn.bytes().enumerate().filter(|(_, byte)| *byte == b':');
    let end_of_stack = colons.map(|(at, _)| at).nth(4).unwrap_or(machine_arn.len());
    let (stack, machine) = machine_arn.split_at(end_of_stack);
    let machine = machine.strip_prefix(":stateMachine:").unwrap_or_default();
    let mut arn = String::with_capacity(machine_arn.len() + name.len() + id.map_or(1, |id| id.len() + 2));
    for part in [stack, resource, machine, ":", name] {
        arn.push_str(part);
    }
    for part in id.into_iter().flat_map(|id| [":", id]) {
        arn.push_str(part);
    }
    arn
}
