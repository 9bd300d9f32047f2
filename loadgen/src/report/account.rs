//! The whole run's account: what `summary.json` is a function of, whether it comes from memory or from the run
//! directory.

use crate::judge::{Circumstances, Facts};
use crate::record::{Class, Distribution, Example, Series, Tally};

/// Everything that was recorded of a run.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Arrivals planned; `None` for a closed loop, which plans none.
    pub planned: Option<u64>,
    /// Sum of the SHA-256 of the planned arrivals, when all of them were planned.
    pub arrivals_sha256: Option<String>,
    /// Counts and distributions.
    pub tally: Tally,
    /// Names.
    pub names: Names,
    /// The first violations.
    pub examples: Vec<Example>,
    /// Nanoseconds from the start to the end.
    pub elapsed: u64,
    /// Nanoseconds in which arrivals were planned.
    pub window: u64,
    /// How it ended.
    pub circumstances: Circumstances,
    /// Most requests in flight at the end of a second.
    pub most_in_flight: u64,
}

/// How many names were checked and how many of them are distinct.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Names of started executions.
    pub checked: u64,
    /// Distinct ones.
    pub unique: u64,
}

impl Names {
    /// Names that another execution has too.
    #[must_use]
    pub const fn duplicates(&self) -> u64 {
        self.checked - self.unique
    }
}

impl Account {
    /// Arrivals planned; those of a closed loop are the ones it sent.
    #[must_use]
    pub fn planned(&self) -> u64 {
        self.planned.unwrap_or(self.tally.counts.sent)
    }

    /// Response times of every due arrival: of requests given up after some time, of unfinished and of unsent ones only
    /// a lower bound is known, and a dropped one was never answered.
    #[must_use]
    pub fn response(&self) -> Distribution {
        let by_class = |censored: bool| Class::ALL.into_iter().filter(move |c| c.is_censored() == censored);
        let histograms = |censored| by_class(censored).filter_map(|c| self.tally.histogram(Series::Response(c)));
        let unanswered = self.tally.histogram(Series::Unanswered);
        Distribution::new(histograms(false), histograms(true).chain(unanswered), self.tally.counts.dropped)
    }

    /// Response times of started executions, and what may have become one.
    #[must_use]
    pub fn started(&self) -> Distribution {
        let started = self.tally.histogram(Series::Response(Class::Started));
        let given_up = self.tally.histogram(Series::Response(Class::Timeout));
        let unanswered = self.tally.histogram(Series::Unanswered);
        Distribution::new(started, given_up.into_iter().chain(unanswered), self.tally.counts.dropped)
    }

    /// A series in which nothing is censored.
    #[must_use]
    pub fn plain(&self, series: Series) -> Distribution {
        Distribution::new(self.tally.histogram(series), [], 0)
    }

    /// What thresholds are judged by.
    #[must_use]
    pub fn facts(&self) -> Facts {
        Facts {
            planned: self.planned(),
            counts: self.tally.counts.clone(),
            duplicates: self.names.duplicates(),
            started: self.started(),
            service: self.plain(Series::Service),
            lag: self.plain(Series::Lag),
        }
    }
}
