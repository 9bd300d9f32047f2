//! A level: a rate that is tried, and what came of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bucket::MeasuredBucket;

/// A level that is to be tried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LevelPlan {
    /// Arrivals per second.
    pub(crate) rate: f64,
    /// Seconds for which they come, after those of `drain_seconds`.
    pub(crate) seconds: u64,
    /// Seconds at `drain_rate` before them, which empty a token bucket and are not judged.
    pub(crate) drain_seconds: u64,
    /// Arrivals per second in that time.
    pub(crate) drain_rate: f64,
    /// Seconds of rest before it, in which a token bucket fills again.
    pub(crate) rest_seconds: f64,
}

impl LevelPlan {
    /// A level without a drain and without a rest.
    #[must_use]
    pub(crate) const fn plain(rate: f64, seconds: u64) -> Self {
        Self { rate, seconds, drain_seconds: 0, drain_rate: 0.0, rest_seconds: 0.0 }
    }

    /// Executions that it is expected to start, or try to.
    #[must_use]
    pub(crate) fn executions(&self) -> f64 {
        self.rate * self.seconds as f64 + self.drain_rate * self.drain_seconds as f64
    }

    /// Seconds that it is expected to take.
    #[must_use]
    pub(crate) fn duration(&self) -> f64 {
        (self.seconds + self.drain_seconds) as f64 + self.rest_seconds
    }

    /// Whether the bucket is empty when the judged part begins.
    #[must_use]
    pub(crate) const fn is_drained(&self) -> bool {
        self.drain_seconds > 0
    }
}

/// What a level came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LevelOutcome {
    /// Every threshold holds.
    Holds,
    /// A threshold surely fails.
    Fails,
    /// The data cannot tell.
    Undecided,
    /// The generator, not the target, decided the figures.
    Generator,
}

/// A level that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LevelResult {
    /// What was tried.
    pub(crate) plan: LevelPlan,
    /// What it came to.
    pub(crate) outcome: LevelOutcome,
    /// Why, where it does not hold.
    pub(crate) reason: Option<String>,
    /// Executions that were asked for.
    pub(crate) executions: u64,
    /// Seconds that it took, with its rest and with what was in flight at its end.
    pub(crate) took_seconds: f64,
    /// Median of the response times, in microseconds.
    pub(crate) p50_us: Option<u64>,
    /// 99 in a hundred.
    pub(crate) p99_us: Option<u64>,
    /// Requests that failed or were not answered, as a share.
    pub(crate) failed: f64,
    /// Whether it was throttled before it could be told by what.
    pub(crate) throttled: bool,
    /// How late the generator sent, in microseconds, 99 in a hundred.
    pub(crate) lag_p99_us: Option<u64>,
    /// The token bucket that throttled it, if one did.
    pub(crate) bucket: Option<MeasuredBucket>,
    /// Its run directory.
    pub(crate) directory: String,
}
