//! What thresholds can be set on.

use super::condition::Measure;
use super::population::Population;
use crate::record::{Class, Counts, Fate, Kind, Places, Series, Timing};
use crate::statistics;

/// A metric of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Requests that ended otherwise than by a started execution, or by one that failed where it is waited for, or not at all.
    Failed,
    /// Requests that ended in a class, such as `started` or `throttled`.
    Ended(Class),
    /// Requests of any kind that ended, however they did.
    HttpReqs,
    /// Answers with HTTP 2xx that tell of no start.
    Http2xxFailed,
    /// Requests in flight when the run ended.
    Unfinished,
    /// Arrivals that were dropped.
    Dropped,
    /// Arrivals that were not sent because the run ended first.
    Unsent,
    /// Names that another execution of the run has too.
    Duplicates,
    /// Names other than the expected one.
    Mismatched,
    /// Names that Step Functions does not allow.
    IllegalNames,
    /// Workflows that failed, timed out or were aborted, where the target says how they ended.
    WorkflowsFailed,
    /// From the start of a workflow to its end, where the target says so.
    WorkflowTime,
    /// From the intended instant to the start's confirmation, of started executions; of other kinds, of what they are for.
    ResponseTime,
    /// From the intended instant to the end, of requests that ended in a class: `response_time{class:throttled}`.
    ResponseTimeOf(Class),
    /// From the release to the end, of all requests.
    ServiceTime,
    /// The same of requests that ended in a class.
    ServiceTimeOf(Class),
    /// From the intended instant to the release.
    ScheduleLag,
    /// The same of requests that ended in a class.
    ScheduleLagOf(Class),
}

const OTHERS: [Metric; 14] = [
    Metric::Failed,
    Metric::HttpReqs,
    Metric::Http2xxFailed,
    Metric::Unfinished,
    Metric::Dropped,
    Metric::Unsent,
    Metric::Duplicates,
    Metric::Mismatched,
    Metric::IllegalNames,
    Metric::WorkflowsFailed,
    Metric::WorkflowTime,
    Metric::ResponseTime,
    Metric::ServiceTime,
    Metric::ScheduleLag,
];

impl Metric {
    /// Every metric without a tag.
    pub fn all() -> impl Iterator<Item = Self> {
        OTHERS.into_iter().chain(Class::ALL.into_iter().map(Self::Ended))
    }

    /// The class whose requests alone it is about, where that is a tag and not its name.
    #[must_use]
    pub const fn class(self) -> Option<Class> {
        match self {
            Self::ResponseTimeOf(class) | Self::ServiceTimeOf(class) | Self::ScheduleLagOf(class) => Some(class),
            _ => None,
        }
    }

    /// Its name without a tag.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Ended(class) => class.as_str(),
            Self::HttpReqs => "http_reqs",
            Self::Http2xxFailed => "http_2xx_failed",
            Self::Unfinished => "unfinished",
            Self::Dropped => "dropped",
            Self::Unsent => "unsent",
            Self::Duplicates => "duplicates",
            Self::Mismatched => "mismatched",
            Self::IllegalNames => "illegal_names",
            Self::WorkflowsFailed => "workflows_failed",
            Self::WorkflowTime => "workflow_time",
            Self::ResponseTime | Self::ResponseTimeOf(_) => "response_time",
            Self::ServiceTime | Self::ServiceTimeOf(_) => "service_time",
            Self::ScheduleLag | Self::ScheduleLagOf(_) => "schedule_lag",
        }
    }

    /// What one of those is called that it counts.
    #[must_use]
    pub(crate) fn hit(self) -> String {
        match self {
            Self::Failed => "failure".into(),
            Self::WorkflowsFailed => "failed workflow".into(),
            Self::Duplicates => "duplicate".into(),
            other => format!("{} request", other.name()),
        }
    }

    /// Which kind of requests it is about, unless a payload is named: those that start executions, except for what only other
    /// can come to.
    #[must_use]
    pub fn kind(self, places: &Places) -> Kind {
        let class = if let Self::Ended(class) = self { Some(class) } else { self.class() };
        let (kinds, starting) = (class.map_or(&[][..], Class::kinds), places.starting_kind());
        kinds.first().copied().filter(|_| !kinds.contains(&starting)).unwrap_or(starting)
    }

    /// Whose times it is, of requests of a kind; `None` where it counts.
    #[must_use]
    pub(crate) fn population(self, kind: Kind) -> Option<Population> {
        let of = |timing, class| Some(Population::of(Series::Times(timing, Fate::Ended(class))));
        match self {
            Self::ResponseTime => Some(Population::succeeded(kind)),
            Self::ResponseTimeOf(class) => of(Timing::Response, class),
            Self::ServiceTime => Some(Population::service()),
            Self::ServiceTimeOf(class) => of(Timing::Service, class),
            Self::ScheduleLag => Some(Population::lag()),
            Self::WorkflowTime if kind == Kind::ExecuteSync => Some(Population::of(Series::Workflow)),
            Self::ScheduleLagOf(class) => of(Timing::Lag, class),
            _ => None,
        }
    }

    /// What it measures.
    #[must_use]
    pub fn measure(self) -> Measure {
        match self {
            Self::HttpReqs => Measure::Requests,
            Self::WorkflowTime => Measure::Times,
            timed if timed.is_timed() => Measure::Times,
            _ => Measure::Counts,
        }
    }

    /// Whether it is about workflows, of which only some targets tell how they ended.
    #[must_use]
    pub(crate) const fn is_of_workflows(self) -> bool {
        matches!(self, Self::WorkflowsFailed | Self::WorkflowTime)
    }

    /// Whether it is a time of requests, and not a count.
    #[must_use]
    pub(crate) fn is_timed(self) -> bool {
        self.population(Kind::Execute).is_some()
    }

    /// How often it was counted, and of how many; of times, none.
    #[must_use]
    pub fn tally(self, counts: &Counts) -> statistics::Trials {
        let planned = counts.sent + counts.dropped + counts.unsent;
        let (hits, total) = match self {
            Self::Failed => (counts.failed() + counts.unfinished, counts.concluded()),
            Self::Ended(class) => (counts.ended_in(class), counts.concluded()),
            Self::HttpReqs => (counts.concluded() - counts.unfinished, counts.concluded()),
            Self::Http2xxFailed => (counts.http_2xx_failed, counts.concluded()),
            Self::Unfinished => (counts.unfinished, counts.concluded()),
            Self::Dropped => (counts.dropped, planned),
            Self::Unsent => (counts.unsent, planned),
            Self::Mismatched => (counts.mismatched, counts.names_checked),
            Self::IllegalNames => (counts.illegal, counts.names_checked),
            // Whether a name is a duplicate shows only at the end.
            Self::Duplicates => (0, counts.names_checked),
            Self::WorkflowsFailed => {
                (counts.workflows_failed(), counts.workflows_failed() + counts.ended_in(Class::Succeeded))
            }
            // Times.
            Self::WorkflowTime
            | Self::ResponseTime
            | Self::ResponseTimeOf(_)
            | Self::ServiceTime
            | Self::ServiceTimeOf(_)
            | Self::ScheduleLag
            | Self::ScheduleLagOf(_) => (0, 0),
        };
        statistics::Trials { total, hits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_and_every_class_stands_in_the_document_that_lists_them() {
        let listed = include_str!("../../../docs/scenario.md");
        for metric in Metric::all() {
            assert!(listed.contains(&format!("`{}`", metric.name())), "{}", metric.name());
        }
    }
}
