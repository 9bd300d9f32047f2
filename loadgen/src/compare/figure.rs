//! What is compared of a run.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::report::Summary;

/// A figure of a run of which less is better: by its key in `summary.json` a percentile in microseconds, or `failed`, a
/// share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub enum Figure {
    /// A percentile of the response times of all due arrivals, by its key in `summary.json`.
    Response(&'static str),
    /// The share of the requests that ended otherwise than by a started execution, or not at all.
    Failed,
}

impl Figure {
    /// Every figure, in the order of reports.
    pub const ALL: [Self; 6] = [
        Self::Response("p50"),
        Self::Response("p90"),
        Self::Response("p95"),
        Self::Response("p99"),
        Self::Response("p999"),
        Self::Failed,
    ];

    /// Its value in a run: microseconds or a share. `None` where the run cannot tell, or tells only a lower bound.
    #[must_use]
    pub fn of(self, summary: &Summary) -> Option<f64> {
        match self {
            Self::Response(key) => {
                let latency = &summary.response_us;
                latency.figure(key).filter(|_| !latency.is_bound(key)).map(|micros| micros as f64)
            }
            Self::Failed => {
                let sent = summary.outcomes.sent;
                (sent > 0).then(|| (sent - summary.outcomes.started) as f64 / sent as f64)
            }
        }
    }

    /// Its name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Response(key) => key,
            Self::Failed => "failed",
        }
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
