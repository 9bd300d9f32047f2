//! Thresholds that have to hold in every window of so many seconds, and what they are judged by.
//!
//! A window is judged by sums over its seconds, so that those of threads and shards add up. A second takes 24 bytes for
//! each such threshold: whether a request meets the limit is asked when it is counted, and its time is not kept.

use std::ops::Range;

use hdrhistogram::Histogram;

use super::condition::{Aggregate, Condition, Operator, State};
use super::evidence::{Evidence, Sureness, Within};
use super::finding::Finding;
use super::metric::Metric;
use super::population::Population;
use super::threshold::Threshold;
use crate::record::{Counts, Place, Places, Series};
use crate::statistics::{Confidence, Total, Trials};

/// Seconds that threads may be behind each other before a second counts as complete in a run that goes on.
pub(super) const SLACK: u64 = 2;

/// What the thresholds with a window are judged by, second by second.
#[derive(Debug, Clone, Default)]
pub struct Windows {
    /// One for each threshold of the run; `None` for those without a window.
    watched: Vec<Option<Watched>>,
    places: Places,
    /// The second of the run with which they begin.
    from: u64,
}

/// A threshold with what it is judged by.
#[derive(Debug, Clone)]
struct Watched {
    threshold: Threshold,
    length: usize,
    /// The second of the run in which its last request is due, where that was known beforehand.
    end: Option<u64>,
    own: Track,
    /// The same, had the generator never kept a request waiting.
    unlagged: Option<Track>,
}

/// What was seen, second by second.
#[derive(Debug, Clone)]
struct Track {
    /// Whose times; `None` where it counts.
    population: Option<Population>,
    seconds: Vec<Second>,
}

/// One second.
#[derive(Debug, Clone, Copy, Default)]
struct Second {
    /// Requests.
    total: u64,
    /// Those that count, or that took no longer than the limit; of an average, the sum of their microseconds.
    hits: u64,
    /// Those of which no more is known than a lower bound, if that.
    open: u64,
}

/// What the windows say together.
#[derive(Debug, Default)]
struct Found {
    holding: usize,
    failing: usize,
    windows: usize,
    /// Whether there was a part of a window of which nothing could be asked.
    unasked: bool,
    /// What the worst window shows, and from when on it lasts.
    worst: Option<(Finding, u64)>,
}

impl Windows {
    /// Watches those of the thresholds that have a window. `end` is the second in which the last request of a stage, or of
    /// the run, is due, where that is known.
    #[must_use]
    pub(crate) fn of(thresholds: &[Threshold], places: &Places, end: &dyn Fn(Option<&str>) -> Option<u64>) -> Self {
        let watched = thresholds.iter().map(|threshold| {
            let subject = &threshold.subject;
            let length = usize::try_from(threshold.terms.window?).unwrap_or(usize::MAX);
            let kind = subject.kind(places);
            let lags = subject.metric == Metric::ResponseTime && kind.starts();
            let unlagged = lags.then(|| Track::of(Some(Population::unlagged(kind).among(&subject.selection(places)))));
            let own = Track::of(subject.population(places));
            let end = end(subject.stage.as_deref());
            Some(Watched { threshold: threshold.clone(), length, end, own, unlagged })
        });
        Self { watched: watched.collect(), places: places.clone(), from: 0 }
    }

    /// Whether no threshold has a window.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.watched.iter().all(Option::is_none)
    }

    /// The same thresholds with nothing seen, to be judged from a second of the run on.
    #[must_use]
    pub(crate) fn from(&self, second: u64) -> Self {
        let mut windows = Self { from: second, ..self.clone() };
        for watched in windows.watched.iter_mut().flatten() {
            watched.own.seconds.clear();
            watched.unlagged.iter_mut().for_each(|track| track.seconds.clear());
        }
        windows
    }

    /// Adds what was counted of a place in a second of the run.
    pub(crate) fn add_counts(&mut self, second: u64, place: Place, counts: &Counts) {
        let from = self.from;
        for watched in self.watched.iter_mut().flatten() {
            let Some(second) = watched.own_second(second, from) else { continue };
            let subject = &watched.threshold.subject;
            if !subject.metric.is_timed() {
                if subject.selection(&self.places).holds(place) {
                    let Trials { total, hits } = subject.metric.tally(counts);
                    watched.own.add(second, Second { total, hits, open: 0 });
                }
                continue;
            }
            for track in [Some(&mut watched.own), watched.unlagged.as_mut()].into_iter().flatten() {
                if track.population.as_ref().is_some_and(|population| population.takes_dropped(place)) {
                    let dropped = counts.dropped;
                    track.add(second, Second { total: dropped, hits: 0, open: dropped });
                }
            }
        }
    }

    /// Adds times of a place that were measured in a second of the run.
    pub(crate) fn add_times(&mut self, second: u64, place: Place, series: Series, times: &Histogram<u64>) {
        if !self.is_empty() {
            let recorded = times.iter_recorded().map(|value| (value.value_iterated_to(), value.count_at_value()));
            self.add_values(second, place, series, times, &recorded.collect::<Vec<_>>());
        }
    }

    /// The same of single times with their counts; whatever stands in one slot of `slots` is one time.
    pub(crate) fn add_values(
        &mut self,
        second: u64,
        place: Place,
        series: Series,
        slots: &Histogram<u64>,
        values: &[(u64, u64)],
    ) {
        let from = self.from;
        for watched in self.watched.iter_mut().flatten() {
            let Some(second) = watched.own_second(second, from) else { continue };
            let condition = watched.threshold.condition();
            for track in [Some(&mut watched.own), watched.unlagged.as_mut()].into_iter().flatten() {
                let measures = track.population.as_ref().and_then(|population| population.measures(place, series));
                if let Some(measured) = measures {
                    track.add(second, seen(condition, slots, values, measured));
                }
            }
        }
    }

    /// What all windows say of the threshold with this number.
    pub(super) fn judge(&self, number: usize) -> Finding {
        let watched = self.watched(number);
        watched.conclude(&watched.own, self.from)
    }

    /// The same, had the generator never kept a request waiting; `None` where it has no part in it.
    pub(super) fn judge_unlagged(&self, number: usize) -> Option<Finding> {
        let watched = self.watched(number);
        Some(watched.conclude(watched.unlagged.as_ref()?, self.from))
    }

    /// What one of the windows says that have just become complete, if it has surely failed, after so many seconds.
    pub(super) fn failed(&self, number: usize, second: u64) -> Option<Finding> {
        let watched = self.watched(number);
        let known = usize::try_from(second.saturating_sub(self.from + SLACK)).unwrap_or(usize::MAX);
        let windows = watched.own.windows(watched);
        // Without a rest that may still grow.
        let whole = windows.iter().map(|window| Window { end: window.start + watched.length, ..window.clone() });
        let known = known.min(watched.own.seconds.len());
        let latest = whole.enumerate().filter(|(_, window)| window.end <= known).rev().take(2);
        let mut looked = latest.filter_map(|(index, window)| {
            let from = self.from + window.start as u64;
            Some((watched.look(&watched.own, index, &window, self.from)?, from))
        });
        let (failed, from) = looked.find(|(finding, _)| finding.state == State::Fail)?;
        Some(Finding { figure: format!("from {from}s {}", failed.shown()), detail: None, interval: None, ..failed })
    }

    fn watched(&self, number: usize) -> &Watched {
        let watched = self.watched.get(number).and_then(Option::as_ref);
        watched.expect("a run's windows are made from the thresholds that it is judged by")
    }
}

/// A window's seconds, counted from the beginning of what is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Window {
    start: usize,
    end: usize,
}

impl Window {
    const fn is_whole(&self, watched: &Watched) -> bool {
        self.end - self.start >= watched.length
    }
}

impl Watched {
    /// To which second of what is judged a second of the run belongs. What comes after the last request was due belongs to
    /// the second in which that was: answers that were waited for are no window of their own.
    fn own_second(&self, second: u64, from: u64) -> Option<u64> {
        let last = self.end.map_or(u64::MAX, |end| end.saturating_sub(1)).max(from);
        second.min(last).checked_sub(from)
    }

    fn conclude(&self, track: &Track, from: u64) -> Finding {
        let mut found = Found::default();
        for (index, window) in track.windows(self).into_iter().enumerate() {
            if track.seconds[window.range()].iter().all(|second| second.total == 0) {
                continue;
            }
            match self.look(track, index, &window, from) {
                Some(finding) => found.add(finding, from + window.start as u64),
                None => found.unasked = true,
            }
        }
        found.told(self.length)
    }

    /// What one window says. It passes as surely as the threshold asks for, and fails as surely as the number of windows
    /// does. `None` of a part of a window that has had too little time to reach what a whole one must.
    fn look(&self, track: &Track, index: usize, window: &Window, from: u64) -> Option<Finding> {
        let condition = self.threshold.condition();
        let holds = self.threshold.confidence();
        let sure = Sureness { holds, fails: self.strict(index, from) };
        let hit = self.threshold.subject.metric.hit();
        let finding = evidence(condition, &track.seconds[window.range()], hit).judge(condition, sure);
        let reaches = condition.aggregate == Aggregate::Count && self.grows_towards_limit();
        let told = window.is_whole(self) || !reaches || (finding.state == State::Pass && self.only_grows());
        told.then_some(finding)
    }

    /// Whether a count that has reached the limit stays there, whatever comes.
    const fn only_grows(&self) -> bool {
        matches!(self.threshold.condition().operator, Operator::Above | Operator::AtLeast)
    }

    /// Whether a count has to reach the limit, rather than to stay below it.
    const fn grows_towards_limit(&self) -> bool {
        matches!(
            self.threshold.condition().operator,
            Operator::Above | Operator::AtLeast | Operator::Equal | Operator::Unequal
        )
    }

    /// How sure one has to be that a window fails for the run to have failed. A run with a hundred windows has a hundred
    /// chances to look bad by accident, so each gets its share of the chance to err (Bonferroni); where it is not known how
    /// many there will be, the i-th gets `1/(i(i+1))`, which sums up to one. That *all* windows hold needs none of this:
    /// each has to show it by itself.
    fn strict(&self, index: usize, from: u64) -> Confidence {
        let share = match self.end {
            Some(end) => {
                let windows = (end.saturating_sub(from) as f64 / self.length as f64).round().max(1.0);
                1.0 / windows.max(index as f64 + 1.0)
            }
            None => 1.0 / ((index as f64 + 1.0) * (index as f64 + 2.0)),
        };
        self.threshold.confidence().with_share_of_error(share)
    }
}

impl Window {
    const fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

impl Track {
    const fn of(population: Option<Population>) -> Self {
        Self { population, seconds: Vec::new() }
    }

    fn add(&mut self, second: u64, seen: Second) {
        let Ok(index) = usize::try_from(second) else { return };
        if self.seconds.len() <= index {
            self.seconds.resize(index + 1, Second::default());
        }
        let sum = &mut self.seconds[index];
        sum.total += seen.total;
        sum.hits += seen.hits;
        sum.open += seen.open;
    }

    /// The windows, one after the other, from the first second in which there was anything: those of a stage begin with
    /// the stage. A rest that is shorter than half a window belongs to the window before, except where requests are counted,
    /// which a longer window has more of.
    fn windows(&self, watched: &Watched) -> Vec<Window> {
        let end = self.seconds.len();
        let Some(begin) = self.seconds.iter().position(|second| second.total > 0) else { return Vec::new() };
        let starts = (begin..end).step_by(watched.length.max(1));
        let mut windows: Vec<Window> =
            starts.map(|start| Window { start, end: start.saturating_add(watched.length).min(end) }).collect();
        let counts = watched.threshold.condition().aggregate == Aggregate::Count;
        if let [.., before, rest] = windows.as_mut_slice()
            && !counts
            && 2 * (rest.end - rest.start) < watched.length
        {
            before.end = rest.end;
            windows.pop();
        }
        windows
    }
}

impl Found {
    fn add(&mut self, finding: Finding, from: u64) {
        self.windows += 1;
        self.holding += usize::from(finding.state == State::Pass);
        self.failing += usize::from(finding.state == State::Fail);
        let rank = |state: State| match state {
            State::Fail => 2,
            State::Inconclusive => 1,
            State::Pass => 0,
        };
        if self.worst.as_ref().is_none_or(|(worst, _)| rank(finding.state) > rank(worst.state)) {
            self.worst = Some((finding, from));
        }
    }

    fn told(self, length: usize) -> Finding {
        let Self { holding, failing, windows, unasked, worst } = self;
        let Some((worst, from)) = worst else {
            let nothing = Finding::nothing();
            if !unasked {
                return nothing;
            }
            let why =
                format!("the run has no whole window of {length}s: let it last longer, or ask for a shorter window");
            return Finding { figure: format!("no whole window of {length}s"), ..nothing }.because(why);
        };
        let fail = if failing > 0 { format!(", {failing} fail") } else { String::new() };
        let first = if windows > 1 { format!("; from {from}s: ") } else { "; ".into() };
        let figure = format!("{holding} of {windows} windows of {length}s hold{fail}{first}{}", worst.shown());
        // Every window has figures of its own: those of the worst stand in the text.
        Finding { figure, detail: None, value: None, interval: None, ..worst }
    }
}

/// What a second's times are to a condition.
fn seen(condition: &Condition, slots: &Histogram<u64>, values: &[(u64, u64)], measured: bool) -> Second {
    let limit = condition.limit;
    let included = condition.includes_limit();
    let total = values.iter().map(|(_, count)| count).sum();
    let mut second = Second { total, hits: 0, open: if measured { 0 } else { total } };
    let averages = condition.aggregate == Aggregate::Mean;
    for (value, count) in values {
        let micros = slots.highest_equivalent(*value);
        if averages {
            second.hits = second.hits.saturating_add(slots.median_equivalent(*value).saturating_mul(*count));
        } else if measured && (if included { micros as f64 <= limit } else { (micros as f64) < limit }) {
            second.hits += count;
        }
    }
    second
}

/// What the seconds of a window hold.
fn evidence(condition: &Condition, seconds: &[Second], hit: String) -> Evidence {
    let tallies = || seconds.iter().map(|s| Trials { total: s.total, hits: s.hits });
    let all: Trials = tallies().sum();
    match condition.aggregate {
        Aggregate::Count => Evidence::Count { least: all.hits, most: Some(all.hits), unknown: "" },
        Aggregate::Rate if condition.is_about_the_run() => Evidence::Share { all, bins: vec![all], open: None, hit },
        Aggregate::Rate => Evidence::Share { all, bins: tallies().collect(), open: None, hit },
        Aggregate::Pace => Evidence::Pace {
            bins: tallies().map(|tally| Total { count: 1, sum: tally.hits as f64 }).collect(),
            counting: None,
            overall: all.hits as f64 / seconds.len().max(1) as f64,
            ends: None,
        },
        Aggregate::Quantile(_) => {
            let within = Within { surely: all.hits, perhaps: all.hits, total: all.total, bins: tallies().collect() };
            Evidence::Quantile { estimate: None, within }
        }
        Aggregate::Mean => Evidence::Mean {
            bins: tallies().map(|tally| Total { count: tally.total, sum: tally.hits as f64 }).collect(),
            complete: seconds.iter().all(|second| second.open == 0),
            open: 0,
        },
        Aggregate::Least | Aggregate::Most => unreachable!("terms with a window take neither min nor max"),
    }
}

#[cfg(test)]
mod tests;
