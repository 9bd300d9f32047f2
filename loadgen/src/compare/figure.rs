//! What is compared of a run.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::report::{Statistic, Summary};

/// A figure of a run of which less is better: by its key in `summary.json` a percentile in microseconds, or `failed`, a
/// share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub(crate) enum Figure {
    /// A percentile of the response times of started executions, by its key in `summary.json`: a request that fails at once
    /// makes nothing faster.
    Response(Statistic),
    /// The share of the requests that ended otherwise than by a started execution, or not at all; a warm-up is left out.
    Failed,
}

impl Figure {
    /// Every figure, in the order of reports.
    pub(crate) const ALL: [Self; 6] = [
        Self::Response(Statistic::P50),
        Self::Response(Statistic::P90),
        Self::Response(Statistic::P95),
        Self::Response(Statistic::P99),
        Self::Response(Statistic::P999),
        Self::Failed,
    ];

    /// Its value in a run: microseconds or a share. `None` where the run measured nothing, or only a lower bound.
    #[must_use]
    pub(crate) fn of(self, summary: &Summary) -> Option<f64> {
        match self {
            Self::Response(statistic) => {
                let latency = &summary.started_us;
                latency.micros(statistic).filter(|_| !latency.is_bound(statistic)).map(|micros| micros as f64)
            }
            Self::Failed => summary.outcomes.failed_share(),
        }
    }

    /// Whether a run knows only a lower bound of it.
    #[must_use]
    pub(crate) fn is_bound(self, summary: &Summary) -> bool {
        matches!(self, Self::Response(statistic) if summary.started_us.is_bound(statistic))
    }

    /// Whether a run measured it and has too few requests to tell it of another run.
    #[must_use]
    pub(crate) fn is_loose(self, summary: &Summary) -> bool {
        match self {
            Self::Response(statistic) => {
                let latency = &summary.started_us;
                latency.micros(statistic).is_some() && latency.is_loose(statistic)
            }
            Self::Failed => false,
        }
    }

    /// Its name in reports.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Response(statistic) => statistic.key(),
            Self::Failed => "failed",
        }
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
