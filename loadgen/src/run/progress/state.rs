//! What the progress of a run is drawn from: the last seconds one by one, the rest in sums.

use std::collections::VecDeque;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::record::{Counts, Fate, Interval, Kind, Selection, Series, Timing, empty_histogram};
use crate::report::Statistic;

/// Most seconds that are kept one by one: more than any terminal is wide.
const KEPT: usize = 240;

/// Seconds over which percentiles are shown as numbers: one second has too few requests for a steady figure.
const RECENT: usize = 10;

/// What is known of a run before it begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Planned {
    /// Name of the scenario.
    pub(super) name: String,
    /// Of which kind the requests are that start executions.
    pub(super) kind: Kind,
    /// Seconds in which arrivals come, if that is known.
    pub(super) window: Option<u64>,
    /// Requests after which a run without a window ends, if it ends by count.
    pub(super) requests: Option<u64>,
    /// The most requests that may be in flight.
    pub(super) max_in_flight: usize,
    /// How many generators hand over each second.
    pub(super) threads: usize,
}

/// A second of the run.
#[derive(Debug, Clone, Default)]
pub(super) struct Second {
    /// Which one, from the start.
    pub(super) number: u64,
    /// Arrivals that were expected in it; `None` for a closed loop.
    pub(super) asked: Option<f64>,
    /// Requests sent in it.
    pub(super) sent: u64,
    /// Requests in flight at its end.
    pub(super) in_flight: usize,
    /// Generators that have handed it over.
    reports: usize,
    /// Response times of the requests that ended in it, however they did.
    response: Option<Histogram<u64>>,
    /// How late requests were released in it.
    lag: Option<Histogram<u64>>,
    /// Percentiles of both, in microseconds: what stays when the histograms are gone.
    marks: Marks,
}

/// The percentiles that are shown, from above to below.
pub(super) const SHOWN: [(Timing, Statistic); 4] = [
    (Timing::Response, Statistic::P50),
    (Timing::Response, Statistic::P90),
    (Timing::Response, Statistic::P99),
    (Timing::Lag, Statistic::P99),
];

/// The [`SHOWN`] percentiles of a stretch of time, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Marks(pub(super) [Option<u64>; SHOWN.len()]);

impl Marks {
    fn of(response: Option<&Histogram<u64>>, lag: Option<&Histogram<u64>>) -> Self {
        Self(SHOWN.map(|(times, statistic)| {
            let times = match times {
                Timing::Lag => lag,
                _ => response,
            };
            Some(times?.value_at_quantile(statistic.share()?))
        }))
    }
}

/// What a run is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// Arrivals come.
    #[default]
    Running,
    /// Nothing more is sent, and answers are waited for.
    Waiting,
    /// A signal came: nothing more is sent, and answers are waited for.
    Interrupted,
}

/// The progress of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct ProgressState {
    pub(super) expected: Planned,
    pub(super) phase: Phase,
    pub(super) counts: Counts,
    pub(super) most_in_flight: usize,
    /// How long workflows had been waited for when that was told last.
    pub(super) workflows_told: Option<Duration>,
    seconds: VecDeque<Second>,
}

impl ProgressState {
    pub(super) fn new(expected: Planned) -> Self {
        Self { expected, ..Self::default() }
    }

    /// Takes what a generator hands over. Returns whether the second is complete: every generator has told of it.
    pub(super) fn take(&mut self, interval: &Interval, asked: Option<f64>) -> bool {
        let counts = interval.tally.counts();
        self.counts += &counts;
        let at = self.seconds.partition_point(|s| s.number < interval.second);
        if self.seconds.get(at).is_none_or(|s| s.number != interval.second) {
            self.seconds.insert(at, Second { number: interval.second, asked, ..Second::default() });
        }
        let second = &mut self.seconds[at];
        second.sent += counts.sent;
        if !interval.partial {
            second.reports += 1;
            second.in_flight += interval.in_flight;
        }
        let times = |series| interval.tally.histograms(series, &Selection::default()).collect::<Vec<_>>();
        for fate in Fate::all() {
            add(&mut second.response, times(Series::Times(Timing::Response, fate)));
            add(&mut second.lag, times(Series::Times(Timing::Lag, fate)));
        }
        second.marks = Marks::of(second.response.as_ref(), second.lag.as_ref());
        self.most_in_flight = self.most_in_flight.max(second.in_flight);
        let complete = second.reports >= self.expected.threads;
        if self.seconds.len() > KEPT {
            self.seconds.pop_front();
        }
        let old = self.seconds.len().saturating_sub(RECENT);
        for second in self.seconds.iter_mut().take(old) {
            (second.response, second.lag) = (None, None);
        }
        complete
    }

    /// Seconds that are over.
    pub(super) fn elapsed(&self) -> u64 {
        self.seconds.back().map_or(0, |last| last.number + 1)
    }

    /// The last second.
    pub(super) fn last(&self) -> Option<&Second> {
        self.seconds.back()
    }

    /// A figure of each of the last `count` seconds, oldest first.
    pub(super) fn history(&self, count: usize, figure: impl Fn(&Second) -> Option<f64>) -> Vec<Option<f64>> {
        self.seconds.iter().skip(self.seconds.len().saturating_sub(count)).map(figure).collect()
    }

    /// Percentiles over the last ten seconds, or those of the last second that had any: what was measured stays shown.
    pub(super) fn recent(&self) -> Marks {
        let (mut response, mut lag) = (None, None);
        for second in &self.seconds {
            add(&mut response, second.response.as_ref());
            add(&mut lag, second.lag.as_ref());
        }
        let recent = Marks::of(response.as_ref(), lag.as_ref());
        let last = |at: usize| self.seconds.iter().rev().find_map(|second| second.marks.0[at]);
        Marks(std::array::from_fn(|at| recent.0[at].or_else(|| last(at))))
    }
}

impl Second {
    pub(super) fn marks(&self) -> Marks {
        self.marks
    }
}

fn add<'t>(sum: &mut Option<Histogram<u64>>, times: impl IntoIterator<Item = &'t Histogram<u64>>) {
    for times in times {
        let sum = sum.get_or_insert_with(empty_histogram);
        sum.add(times).expect("both have the same bounds");
    }
}
