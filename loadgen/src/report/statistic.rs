//! The figures that are made of a distribution of times.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A figure of a distribution of times, by its key in `summary.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Statistic {
    /// Half of the requests took at most this.
    P50,
    /// Nine in ten.
    P90,
    /// 95 in a hundred.
    P95,
    /// 99 in a hundred.
    P99,
    /// 999 in a thousand.
    P999,
    /// The longest.
    Max,
    /// The average.
    Mean,
}

impl Statistic {
    /// Every figure, in the order of reports.
    pub(crate) const ALL: [Self; 7] = [Self::P50, Self::P90, Self::P95, Self::P99, Self::P999, Self::Max, Self::Mean];

    /// The percentiles alone.
    pub(crate) const PERCENTILES: [Self; 5] = [Self::P50, Self::P90, Self::P95, Self::P99, Self::P999];

    /// Which share of the requests took at most so long; `None` for a figure that is no percentile.
    #[must_use]
    pub(crate) const fn share(self) -> Option<f64> {
        match self {
            Self::P50 => Some(0.5),
            Self::P90 => Some(0.9),
            Self::P95 => Some(0.95),
            Self::P99 => Some(0.99),
            Self::P999 => Some(0.999),
            Self::Max | Self::Mean => None,
        }
    }

    /// Its key in `summary.json`.
    #[must_use]
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::P999 => "p999",
            other => other.label(),
        }
    }

    /// Its name for people.
    #[must_use]
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::P999 => "p99.9",
            Self::Max => "max",
            Self::Mean => "mean",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_name_in_json() {
        for statistic in Statistic::ALL {
            assert_eq!(serde_json::to_value(statistic).unwrap(), statistic.key());
        }
    }
}
