//! How far an evaluation may go, and what it is given of time and chance.

use std::time::Duration;

use jsonata_core::evaluator::EvaluatorOptions;

/// How long one expression may take, in milliseconds of the machine's clock: others wait meanwhile. AWS does not say what
/// its limit is. A build that is not optimised takes ten times as long for the same.
const MAX_TIME_MS: u64 = if cfg!(debug_assertions) { 1_000 } else { 100 };
/// Deepest evaluation, in levels; a call that is not a tail call takes about three.
const MAX_DEPTH: usize = 5_000;
/// Longest list that an expression may make.
const MAX_LIST: usize = 500_000;

/// What an expression would otherwise ask of its surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// `$now()` and `$millis()`, since the Unix epoch.
    pub now: Duration,
    /// Seeds `$random()`, `$uuid()` and `$shuffle()`.
    pub seed: u64,
}

/// The limits, as the library takes them.
pub(super) fn limits() -> EvaluatorOptions {
    EvaluatorOptions {
        timeout_ms: Some(MAX_TIME_MS),
        max_stack_depth: Some(MAX_DEPTH),
        max_sequence_length: Some(MAX_LIST),
        ..EvaluatorOptions::default()
    }
}
