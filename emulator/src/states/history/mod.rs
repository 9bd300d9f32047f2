//! What happened in an execution: written as a compact log while it runs, read back event by event when asked for.
//!
//! A finished execution keeps nothing else, so that a million of them fit in memory: its input and output are the
//! texts of its first and last events.

mod codec;
mod render;

pub(crate) use codec::{Events, Log, Written};
pub(crate) use render::Setting;

use super::asl::StateId;

/// AWS ends an execution that reaches this many events (Step Functions quotas).
pub(crate) const MAX_EVENTS: u32 = 25_000;

/// One event: what happened, when, and after what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event<'t> {
    /// What happened.
    pub(crate) note: Note<'t>,
    /// Milliseconds since the Unix epoch.
    pub(crate) at: u64,
    /// The event that led to it; 0 for none.
    pub(crate) previous: u32,
}

/// What happened. Which of the optional parts are there depends on the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Note<'t> {
    /// The kind of event.
    pub(crate) kind: EventKind,
    /// The state, by its place in the machine.
    pub(crate) state: Option<u32>,
    /// The index of an iteration, the number of them, or a time-out in seconds.
    pub(crate) number: Option<u32>,
    /// Input or output, the name of an error, or the field whose evaluation failed.
    pub(crate) first: Option<&'t str>,
    /// The cause of an error, the variables that a state has assigned, or the seconds between heartbeats.
    pub(crate) second: Option<&'t str>,
}

impl<'t> Note<'t> {
    /// A note of nothing but its kind.
    pub(crate) fn new(kind: EventKind) -> Self {
        Self { kind, state: None, number: None, first: None, second: None }
    }

    /// The state that it is about.
    pub(crate) fn of(self, state: StateId) -> Self {
        Self { state: Some(state.0), ..self }
    }

    /// An index or a count; one beyond 32 bits is left out, as no history is so long.
    pub(crate) fn number(self, number: usize) -> Self {
        Self { number: u32::try_from(number).ok(), ..self }
    }

    /// Its first text.
    pub(crate) fn first(self, text: &'t str) -> Self {
        Self { first: Some(text), ..self }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident,)*) => {
        /// What can happen. `StateEntered` and `StateExited` are named after the type of their state on the wire.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum EventKind { $($(#[$doc])* $kind,)* }

        impl EventKind {
            const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// The name on the wire.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$kind => stringify!($kind),)* }
            }
        }
    };
}

kinds! {
    ExecutionStarted,
    ExecutionSucceeded,
    ExecutionFailed,
    ExecutionTimedOut,
    ExecutionAborted,
    StateEntered,
    StateExited,
    EvaluationFailed,
    LambdaFunctionScheduled,
    LambdaFunctionStarted,
    LambdaFunctionSucceeded,
    LambdaFunctionFailed,
    LambdaFunctionTimedOut,
    TaskScheduled,
    TaskStarted,
    TaskSubmitted,
    TaskSucceeded,
    TaskFailed,
    TaskTimedOut,
    TaskStateAborted,
    WaitStateAborted,
    ParallelStateStarted,
    ParallelStateSucceeded,
    ParallelStateFailed,
    ParallelStateAborted,
    MapStateStarted,
    MapStateSucceeded,
    MapStateFailed,
    MapStateAborted,
    MapIterationStarted,
    MapIterationSucceeded,
    MapIterationFailed,
    MapIterationAborted,
    MapRunStarted,
    MapRunSucceeded,
    MapRunFailed,
    ActivityScheduled,
    ActivityStarted,
    ActivitySucceeded,
    ActivityFailed,
    ActivityTimedOut,
}
