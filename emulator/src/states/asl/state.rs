//! States as they are run.

use std::sync::Arc;
use std::time::Duration;

use super::{
    Amount, Choice, Distributed, Formula, PayloadTemplate, Query, ReferencePath, Resource, StateId, StatePath,
};
use crate::states::data::Data;

/// One state.
#[derive(Debug)]
pub(crate) struct State {
    /// Its name, unique in the machine.
    pub(crate) name: Arc<str>,
    /// What becomes of its input and its result.
    pub(crate) flow: Flow,
    /// `Assign`
    pub(crate) assign: Option<PayloadTemplate>,
    /// `Retry`
    pub(crate) retry: Vec<Retrier>,
    /// `Catch`
    pub(crate) catch: Vec<Catcher>,
    /// What comes after it.
    pub(crate) next: Next,
    /// What it does.
    pub(crate) kind: StateKind,
}

/// How data flows through a state: the query language that it is written in. States that write nothing of it down share one.
#[derive(Debug)]
pub(crate) enum Flow {
    /// JSONPath
    Paths(Arc<Paths>),
    /// JSONata
    Expressions(Arc<Expressions>),
}

/// The fields of JSONPath.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    /// `InputPath`
    pub(crate) input: Query,
    /// `Parameters`
    pub(crate) parameters: Option<PayloadTemplate>,
    /// `ResultSelector`
    pub(crate) selector: Option<PayloadTemplate>,
    /// `ResultPath`
    pub(crate) result: ReferencePath,
    /// `OutputPath`
    pub(crate) output: Query,
}

/// The fields of JSONata.
#[derive(Debug, Default)]
pub(crate) struct Expressions {
    /// `Arguments`
    pub(crate) arguments: Option<PayloadTemplate>,
    /// `Output`
    pub(crate) output: Option<PayloadTemplate>,
}

impl Flow {
    /// `Parameters` or `Arguments`
    pub(crate) fn arguments(&self) -> Option<&PayloadTemplate> {
        match self {
            Self::Paths(paths) => paths.parameters.as_ref(),
            Self::Expressions(expressions) => expressions.arguments.as_ref(),
        }
    }
}

/// What comes after a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// `Next`
    State(StateId),
    /// `End`, and every Succeed state.
    End,
}

/// What a state does. A definition may have ten thousand states that do little: none takes the room of a Map.
#[derive(Debug)]
pub(crate) enum StateKind {
    /// Hands its input or a fixed result on.
    Pass { result: Option<Data> },
    /// Has a function invoked.
    Task(Box<Task>),
    /// Takes the first rule that holds.
    Choice { rules: Vec<ChoiceRule>, default: Option<StateId> },
    /// Waits.
    Wait(Box<Wait>),
    /// Ends well.
    Succeed,
    /// Ends badly.
    Fail { error: Option<Words>, cause: Option<Words> },
    /// Runs branches side by side.
    Parallel { branches: Vec<StateId> },
    /// Runs one branch for every item of a list.
    Map(Box<Map>),
}

impl StateKind {
    /// `Type`
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Pass { .. } => "Pass",
            Self::Task(_) => "Task",
            Self::Choice { .. } => "Choice",
            Self::Wait(_) => "Wait",
            Self::Succeed => "Succeed",
            Self::Fail { .. } => "Fail",
            Self::Parallel { .. } => "Parallel",
            Self::Map(_) => "Map",
        }
    }
}

/// One of a Choice state's rules.
#[derive(Debug)]
pub(crate) struct ChoiceRule {
    /// When it applies.
    pub(crate) condition: Condition,
    /// `Next`
    pub(crate) next: StateId,
    /// `Assign`, in place of the state's.
    pub(crate) assign: Option<PayloadTemplate>,
    /// `Output`, in place of the state's (JSONata).
    pub(crate) output: Option<PayloadTemplate>,
}

/// When a rule applies.
#[derive(Debug)]
pub(crate) enum Condition {
    /// `Variable` and a comparison.
    Holds(Choice),
    /// `Condition`: an expression.
    True(Formula),
    /// `Condition` written down.
    Said(bool),
}

/// A Task state.
#[derive(Debug)]
pub(crate) struct Task {
    /// `Resource`
    pub(crate) resource: Arc<Resource>,
    /// Whether the parameters themselves name the function that is invoked, and not a path.
    pub(crate) names_function: bool,
    /// `TimeoutSeconds` or `TimeoutSecondsPath`
    pub(crate) timeout: Option<Seconds>,
    /// `HeartbeatSeconds` or `HeartbeatSecondsPath`
    pub(crate) heartbeat: Option<Seconds>,
}

/// A Wait state.
#[derive(Debug)]
pub(crate) enum Wait {
    /// `Seconds` or `SecondsPath`
    For(Seconds),
    /// `Timestamp` or `TimestampPath`
    Until(WaitUntil),
}

/// An instant.
#[derive(Debug)]
pub(crate) enum WaitUntil {
    /// Written down: since the Unix epoch.
    At(Duration),
    /// To be found in the input.
    Path(StatePath),
    /// To be worked out.
    Formula(Formula),
}

/// A number of seconds.
#[derive(Debug)]
pub(crate) enum Seconds {
    /// Written down.
    Of(Duration),
    /// To be found in the input; the field is kept for messages.
    Path { field: String, source: StatePath },
    /// To be worked out.
    Formula(Formula),
}

/// A text, such as `Error` of a Fail state.
#[derive(Debug)]
pub(crate) enum Words {
    /// Written down.
    Said(String),
    /// To be found in the input, made by an intrinsic function, or worked out.
    Selected(Box<PayloadTemplate>),
}

/// A Map state.
#[derive(Debug)]
pub(crate) struct Map {
    /// `ItemsPath` or `Items`
    pub(crate) items: Items,
    /// `ItemSelector`
    pub(crate) item: Option<PayloadTemplate>,
    /// What is done with each item.
    pub(crate) processor: Processor,
    /// `MaxConcurrency` or `MaxConcurrencyPath`; 0 for no limit.
    pub(crate) concurrency: Amount,
}

/// What a Map state does with its items.
#[derive(Debug)]
pub(crate) enum Processor {
    /// A branch for each, which begins with this state.
    Inline(StateId),
    /// An execution for each, or for each batch of them.
    Distributed(Box<Distributed>),
}

/// Where a Map state finds its items.
#[derive(Debug)]
pub(crate) enum Items {
    /// `ItemsPath`
    Path(StatePath),
    /// `Items` written down, with expressions in it or not.
    Listed(PayloadTemplate),
    /// The input of a state with JSONata and without `Items`.
    Input,
}

/// One entry of `Retry`.
#[derive(Debug)]
pub(crate) struct Retrier {
    /// `ErrorEquals`
    pub(crate) errors: Vec<String>,
    /// `MaxAttempts`
    pub(crate) attempts: u32,
    /// How long to wait before each.
    pub(crate) backoff: Backoff,
}

/// The waits between attempts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    /// `IntervalSeconds`
    pub(crate) interval: Duration,
    /// `BackoffRate`
    pub(crate) rate: f64,
    /// `MaxDelaySeconds`
    pub(crate) ceiling: Option<Duration>,
    /// `JitterStrategy`
    pub(crate) jitter: bool,
}

/// AWS's largest `MaxDelaySeconds` is 31,622,399; a wait without one is cut there too.
const LONGEST_DELAY: Duration = Duration::from_secs(31_622_399);

impl Backoff {
    /// The wait before the attempt that follows `failures` failures; `draw` is uniform in [0, 1).
    pub(crate) fn delay(&self, failures: u32, draw: f64) -> Duration {
        let ceiling = self.ceiling.unwrap_or(LONGEST_DELAY).as_secs_f64();
        let exponent = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = (self.interval.as_secs_f64() * self.rate.powi(exponent)).min(ceiling);
        Duration::from_secs_f64(if self.jitter { seconds * draw } else { seconds })
    }
}

/// One entry of `Catch`.
#[derive(Debug)]
pub(crate) struct Catcher {
    /// `ErrorEquals`
    pub(crate) errors: Vec<String>,
    /// What the caught state puts out.
    pub(crate) output: CatchOutput,
    /// `Assign`
    pub(crate) assign: Option<PayloadTemplate>,
    /// `Next`
    pub(crate) next: StateId,
}

/// What a state puts out whose failure was caught.
#[derive(Debug)]
pub(crate) enum CatchOutput {
    /// `ResultPath`: where the error goes in the input.
    Path(ReferencePath),
    /// `Output`; without one the error alone (JSONata).
    Template(Option<PayloadTemplate>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_their_ceiling_and_full_jitter_draws_below_them() {
        let plain = Backoff {
            interval: Duration::from_secs(1),
            rate: 2.0,
            ceiling: Some(Duration::from_secs(3)),
            jitter: false,
        };
        let waits: Vec<_> = (1..=4).map(|failures| plain.delay(failures, 0.5).as_secs()).collect();
        assert_eq!(waits, [1, 2, 3, 3]);
        let jittered = Backoff { jitter: true, ..plain };
        assert_eq!(jittered.delay(2, 0.25), Duration::from_millis(500));
        let endless = Backoff { ceiling: None, rate: 1e300, ..plain };
        assert_eq!(endless.delay(u32::MAX, 0.0), LONGEST_DELAY);
    }

    #[test]
    fn a_definition_of_many_states_or_paths_takes_little_for_each() {
        assert!(size_of::<State>() <= 256, "{}", size_of::<State>());
        assert!(size_of::<StatePath>() <= 72, "{}", size_of::<StatePath>());
        assert!(size_of::<PayloadTemplate>() <= 80, "{}", size_of::<PayloadTemplate>());
    }
}
