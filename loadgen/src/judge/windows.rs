//! Thresholds that have to hold in every window of so many seconds, and what they are judged by.
//!
//! A window is judged by sums over its seconds, so that those of threads and shards add up. A second takes 24 bytes for
//! each such threshold: whether a request meets the limit is asked when it is counted, and its time is not kept.

use std::ops::Range;

use hdrhistogram::Histogram;

use super::condition::{Aggregate, State};
use super::metric::Metric;
use super::population::Population;
use super::threshold::{Judged, Threshold, UNKNOWN, exactly, show_float, show_interval, show_longer};
use crate::record::{Counts, Kind, Place, Places, Series};
use crate::statistics::{Confidence, Interval, Tally, Total, effective_size, mean, proportion};

/// Seconds that threads may be behind each other before a window counts as complete in a run that goes on.
const SLACK: u64 = 2;

/// The thresholds with a window, and their seconds.
#[derive(Debug, Clone, Default)]
pub struct Windows {
    watched: Vec<Watched>,
    places: Places,
    /// The second of the run with which they begin.
    from: u64,
    /// Seconds in which arrivals come, where that was known beforehand.
    planned: Option<u64>,
}

/// A threshold with what it is judged by.
#[derive(Debug, Clone)]
struct Watched {
    threshold: Threshold,
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
    /// The state of the worst window, from when on it lasts, and what it shows.
    worst: Option<(State, u64, String)>,
}

impl Windows {
    /// Watches those of the thresholds that have a window. `planned` is for how many seconds arrivals come.
    #[must_use]
    pub fn of(thresholds: &[Threshold], places: &Places, planned: Option<u64>) -> Self {
        Self::begun(thresholds, places, 0, planned)
    }

    fn begun(thresholds: &[Threshold], places: &Places, from: u64, planned: Option<u64>) -> Self {
        let windowed = thresholds.iter().filter(|threshold| threshold.terms.window.is_some());
        let watched = windowed.map(|threshold| {
            let subject = &threshold.subject;
            let lags = subject.metric == Metric::ResponseTime && subject.kind(places) == Kind::Execute;
            let unlagged = lags.then(|| Track::of(Some(Population::unlagged().among(&subject.selection(places)))));
            let own = Track::of(subject.population(places));
            Watched { threshold: threshold.clone(), own, unlagged }
        });
        Self { watched: watched.collect(), places: places.clone(), from, planned }
    }

    /// Whether no threshold has a window.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.watched.is_empty()
    }

    /// The same thresholds with nothing seen, to be judged from a second of the run on.
    #[must_use]
    pub fn from(&self, second: u64) -> Self {
        let thresholds: Vec<Threshold> = self.watched.iter().map(|watched| watched.threshold.clone()).collect();
        Self::begun(&thresholds, &self.places, second, self.planned)
    }

    /// Adds what was counted of a place in a second of the run.
    pub fn add_counts(&mut self, second: u64, place: Place, counts: &Counts) {
        let Some(second) = second.checked_sub(self.from) else { return };
        for watched in &mut self.watched {
            let subject = &watched.threshold.subject;
            if !subject.metric.is_timed() {
                if subject.selection(&self.places).holds(place) {
                    let Tally { total, hits } = subject.metric.tally(counts);
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
    pub fn add_times(&mut self, second: u64, place: Place, series: Series, times: &Histogram<u64>) {
        let Some(second) = second.checked_sub(self.from) else { return };
        for watched in &mut self.watched {
            let threshold = &watched.threshold;
            for track in [Some(&mut watched.own), watched.unlagged.as_mut()].into_iter().flatten() {
                let measures = track.population.as_ref().and_then(|population| population.measures(place, series));
                if let Some(measured) = measures {
                    track.add(second, seen(threshold, times, measured));
                }
            }
        }
    }

    /// What all windows say of a threshold.
    #[must_use]
    pub(super) fn judge(&self, threshold: &Threshold) -> Judged {
        self.conclude(threshold, self.watched(threshold).map(|watched| &watched.own))
    }

    /// The same, had the generator never kept a request waiting; `None` where it has no part in it.
    pub(super) fn judge_unlagged(&self, threshold: &Threshold) -> Option<Judged> {
        let track = self.watched(threshold)?.unlagged.as_ref()?;
        Some(self.conclude(threshold, Some(track)))
    }

    /// Whether one of the windows that have just become complete has surely failed, after so many seconds.
    pub(super) fn fails(&self, threshold: &Threshold, second: u64) -> bool {
        let (Some(watched), Some(length)) = (self.watched(threshold), length(threshold)) else { return false };
        let track = &watched.own;
        let known = usize::try_from(second.saturating_sub(self.from + SLACK)).unwrap_or(usize::MAX);
        let begin = track.begin();
        let complete = known.saturating_sub(begin) / length;
        let latest = (complete.saturating_sub(2)..complete).map(|i| (i, begin + i * length..begin + (i + 1) * length));
        latest.into_iter().any(|(index, range)| {
            let seconds = track.seconds.get(range).unwrap_or_default();
            look(threshold, seconds, self.strict(threshold, index, length)).0 == State::Fail
        })
    }

    fn watched(&self, threshold: &Threshold) -> Option<&Watched> {
        self.watched.iter().find(|watched| {
            let other = &watched.threshold;
            other.subject == threshold.subject
                && other.expression == threshold.expression
                && (other.terms.window, other.terms.confidence) == (threshold.terms.window, threshold.terms.confidence)
        })
    }

    fn conclude(&self, threshold: &Threshold, track: Option<&Track>) -> Judged {
        let (Some(track), Some(length)) = (track, length(threshold)) else {
            return threshold.found("n/a (nothing measured)".into(), State::Inconclusive);
        };
        let mut found = Found::default();
        for (index, range) in track.windows(length).into_iter().enumerate() {
            let from = self.from + range.start as u64;
            let seconds = &track.seconds[range];
            if seconds.iter().all(|second| second.total == 0) {
                continue;
            }
            let (state, shown) = look(threshold, seconds, self.strict(threshold, index, length));
            found.add(state, from, shown);
        }
        let (state, shown) = found.told(length);
        threshold.found(shown, state)
    }

    /// How sure one has to be that a window fails for the run to have failed. A run with a hundred windows has a hundred
    /// chances to look bad by accident, so each gets its share of the chance to err (Bonferroni); where it is not known how
    /// many there will be, the i-th gets `1/(i(i+1))`, which sums up to one. That *all* windows hold needs none of this:
    /// each has to show it by itself.
    fn strict(&self, threshold: &Threshold, index: usize, length: usize) -> Confidence {
        let share = match self.planned {
            Some(planned) => {
                let windows = (planned.saturating_sub(self.from) as f64 / length as f64).round().max(1.0);
                1.0 / windows.max(index as f64 + 1.0)
            }
            None => 1.0 / ((index as f64 + 1.0) * (index as f64 + 2.0)),
        };
        threshold.terms.confidence.with_share_of_error(share)
    }
}

fn length(threshold: &Threshold) -> Option<usize> {
    threshold.terms.window.and_then(|window| usize::try_from(window).ok()).filter(|length| *length > 0)
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

    /// The first second in which there was anything: those of a stage begin with the stage.
    fn begin(&self) -> usize {
        self.seconds.iter().position(|second| second.total > 0).unwrap_or(0)
    }

    /// The windows, one after the other. A last one that did not become half as long as it should is none.
    fn windows(&self, length: usize) -> Vec<Range<usize>> {
        let (begin, end) = (self.begin(), self.seconds.len());
        let starts = (begin..end).step_by(length);
        let windows = starts.map(|start| start..(start + length).min(end));
        windows.filter(|window| 2 * window.len() >= length).collect()
    }
}

impl Found {
    fn add(&mut self, state: State, from: u64, shown: String) {
        self.windows += 1;
        self.holding += usize::from(state == State::Pass);
        self.failing += usize::from(state == State::Fail);
        let rank = |state: State| match state {
            State::Fail => 2,
            State::Inconclusive => 1,
            State::Pass => 0,
        };
        if self.worst.as_ref().is_none_or(|(worst, ..)| rank(state) > rank(*worst)) {
            self.worst = Some((state, from, shown));
        }
    }

    fn told(self, length: usize) -> (State, String) {
        let Self { holding, failing, windows, worst } = self;
        let Some((state, from, shown)) = worst else {
            return (State::Inconclusive, format!("n/a (no window of {length}s)"));
        };
        let fail = if failing > 0 { format!(", {failing} fail") } else { String::new() };
        let first = if windows > 1 { format!("; from {from}s: {shown}") } else { format!("; {shown}") };
        (state, format!("{holding} of {windows} windows of {length}s hold{fail}{first}"))
    }
}

/// What a second's times are to a threshold.
fn seen(threshold: &Threshold, times: &Histogram<u64>, measured: bool) -> Second {
    let limit = threshold.condition.limit;
    let included = threshold.condition.includes_limit();
    let mut second = Second { total: times.len(), hits: 0, open: if measured { 0 } else { times.len() } };
    let averages = threshold.condition.aggregate == Aggregate::Mean;
    for value in times.iter_recorded() {
        let (micros, count) = (value.value_iterated_to(), value.count_at_value());
        if averages {
            second.hits = second.hits.saturating_add(times.median_equivalent(micros).saturating_mul(count));
        } else if measured && (if included { micros as f64 <= limit } else { (micros as f64) < limit }) {
            second.hits += count;
        }
    }
    second
}

/// What one window says, and how that looks. `strict` is how sure one has to be that it fails.
fn look(threshold: &Threshold, seconds: &[Second], strict: Confidence) -> (State, String) {
    let condition = &threshold.condition;
    let tallies: Vec<Tally> = seconds.iter().map(|s| Tally { total: s.total, hits: s.hits }).collect();
    let all: Tally = tallies.iter().copied().sum();
    let share = |confidence| proportion(all.rate(), effective_size(&tallies, confidence), confidence);
    // It passes as surely as the threshold says, and fails as surely as the number of windows asks for.
    let decide = |interval: &dyn Fn(Confidence) -> Interval| {
        let plain = condition.decide(interval(threshold.terms.confidence));
        if plain == State::Fail && condition.decide(interval(strict)) != State::Fail {
            State::Inconclusive
        } else {
            plain
        }
    };
    match condition.aggregate {
        Aggregate::Count => (condition.decide(exactly(all.hits as f64)), all.hits.to_string()),
        Aggregate::Rate if condition.is_about_the_run() => (
            condition.decide(exactly(all.rate())),
            format!("{:.2}%, {} of {}", all.rate() * 100.0, all.hits, all.total),
        ),
        Aggregate::Rate => {
            let Interval { low, high } = share(threshold.terms.confidence);
            let shown = format!("{:.2}%, {} of {}", all.rate() * 100.0, all.hits, all.total);
            (decide(&share), format!("{shown}; {:.2}%–{:.2}%", low * 100.0, high * 100.0))
        }
        Aggregate::Quantile(q) => {
            // The percentile lies below the limit where more than its share of the requests do.
            let placed = |confidence| condition.narrowed(UNKNOWN, q, share(confidence));
            (decide(&placed), show_longer(all.hits, all.total, share(threshold.terms.confidence)))
        }
        Aggregate::Mean => {
            let batches: Vec<Total> = tallies.iter().map(|t| Total { count: t.total, sum: t.hits as f64 }).collect();
            let open = seconds.iter().any(|second| second.open > 0);
            let interval = |confidence| {
                let interval = mean(&batches, confidence).and_then(|(_, interval)| interval).unwrap_or(UNKNOWN);
                if open { Interval { high: f64::INFINITY, ..interval } } else { interval }
            };
            let shown = mean(&batches, strict).map_or_else(|| "n/a".into(), |(mean, _)| show_float(mean));
            (decide(&interval), format!("{shown}; {}", show_interval(interval(threshold.terms.confidence))))
        }
        // They hold in every window where they hold in the run: terms with a window do not take them.
        Aggregate::Least | Aggregate::Most => (State::Inconclusive, "n/a".into()),
    }
}

#[cfg(test)]
mod tests;
