//! What thresholds can be set on.

use crate::record::{Class, Counts, Distribution};

/// A metric of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Requests that ended otherwise than by a started execution, or not at all.
    Failed,
    /// Requests that ended in a class, such as `started` or `throttled`.
    Ended(Class),
    /// Answers with HTTP 2xx that started nothing.
    Http2xxFailed,
    /// Requests in flight when the run ended.
    Unfinished,
    /// Arrivals that were dropped.
    Dropped,
    /// Arrivals that the run ended before.
    Unsent,
    /// Names that another execution of the run has too.
    Duplicates,
    /// Names other than the expected one.
    Mismatched,
    /// Names that Step Functions does not allow.
    IllegalNames,
    /// From the intended instant to the start's confirmation, of started executions.
    ResponseTime,
    /// From the release to the end, of all requests.
    ServiceTime,
    /// From the intended instant to the release.
    ScheduleLag,
}

/// What a run says about a metric.
#[derive(Debug)]
pub enum Measure<'f> {
    /// So many of so many.
    Count {
        /// How many.
        count: u64,
        /// Of how many.
        of: u64,
    },
    /// A distribution of times.
    Time(&'f Distribution),
}

/// What thresholds are judged by.
#[derive(Debug)]
pub struct Facts {
    /// Arrivals planned.
    pub planned: u64,
    /// What was counted.
    pub counts: Counts,
    /// Names that another execution has too.
    pub duplicates: u64,
    /// Response times of started executions, with what was never answered.
    pub started: Distribution,
    /// Service times.
    pub service: Distribution,
    /// Schedule lag.
    pub lag: Distribution,
}

const OTHERS: [Metric; 11] = [
    Metric::Failed,
    Metric::Http2xxFailed,
    Metric::Unfinished,
    Metric::Dropped,
    Metric::Unsent,
    Metric::Duplicates,
    Metric::Mismatched,
    Metric::IllegalNames,
    Metric::ResponseTime,
    Metric::ServiceTime,
    Metric::ScheduleLag,
];

impl Metric {
    /// Every metric.
    pub fn all() -> impl Iterator<Item = Self> {
        OTHERS.into_iter().chain(Class::ALL.into_iter().map(Self::Ended))
    }

    /// The metric called `name`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|metric| metric.as_str() == name)
    }

    /// Its name in scenarios and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Ended(class) => class.as_str(),
            Self::Http2xxFailed => "http_2xx_failed",
            Self::Unfinished => "unfinished",
            Self::Dropped => "dropped",
            Self::Unsent => "unsent",
            Self::Duplicates => "duplicates",
            Self::Mismatched => "mismatched",
            Self::IllegalNames => "illegal_names",
            Self::ResponseTime => "response_time",
            Self::ServiceTime => "service_time",
            Self::ScheduleLag => "schedule_lag",
        }
    }

    /// Whether it is a time, judged by percentiles.
    #[must_use]
    pub const fn is_time(self) -> bool {
        matches!(self, Self::ResponseTime | Self::ServiceTime | Self::ScheduleLag)
    }

    /// What a run says about it.
    #[must_use]
    pub fn measure(self, facts: &Facts) -> Measure<'_> {
        let counts = &facts.counts;
        let (count, of) = match self {
            Self::Failed => (counts.failed() + counts.unfinished, counts.sent),
            Self::Ended(class) => (counts.ended_in(class), counts.sent),
            Self::Http2xxFailed => (counts.http_2xx_failed, counts.sent),
            Self::Unfinished => (counts.unfinished, counts.sent),
            Self::Dropped => (counts.dropped, facts.planned),
            Self::Unsent => (counts.unsent, facts.planned),
            Self::Duplicates => (facts.duplicates, counts.names_checked),
            Self::Mismatched => (counts.mismatched, counts.names_checked),
            Self::IllegalNames => (counts.illegal, counts.names_checked),
            Self::ResponseTime => return Measure::Time(&facts.started),
            Self::ServiceTime => return Measure::Time(&facts.service),
            Self::ScheduleLag => return Measure::Time(&facts.lag),
        };
        Measure::Count { count, of }
    }
}
