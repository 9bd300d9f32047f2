//! Whose times are meant, and of whom only a lower bound is known.

use super::history::{History, TimeBin};
use crate::record::{Class, Fate, Kind, Place, Selection, Series, Tally, Timing};
use crate::statistics::{self, CensoredTimes, SparseHistogram};

/// Requests whose times are looked at together.
///
/// A request that was given up after some time, was in flight at the end, or was due and never sent counts as "at least
/// so long"; a dropped one as never answered. What they would have become nobody knows, so they belong to the started
/// ones as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Population {
    measured: Vec<Series>,
    bounds: Vec<Series>,
    dropped: bool,
    selection: Selection,
}

impl Population {
    /// Every due arrival, from the intended instant.
    #[must_use]
    pub(crate) fn due() -> Self {
        let sent = Self::sent(Timing::Response);
        Self { bounds: sent.bounds.iter().copied().chain([Series::Unsent]).collect(), dropped: true, ..sent }
    }

    /// Every request that was sent, from its release.
    #[must_use]
    pub(crate) fn service() -> Self {
        Self::sent(Timing::Service)
    }

    /// How late every request was released that was sent. Of these, nothing is unknown.
    #[must_use]
    pub(crate) fn lag() -> Self {
        Self { measured: Fate::all().map(|fate| Series::Times(Timing::Lag, fate)).collect(), ..Self::nothing() }
    }

    /// Requests of a kind that did what they were sent for, and what may have become one, from the intended instant.
    #[must_use]
    pub(crate) fn succeeded(kind: Kind) -> Self {
        let success = Series::response(Class::success_of(kind));
        let bounds = [Fate::Ended(Class::Timeout), Fate::Unfinished].map(|fate| Series::Times(Timing::Response, fate));
        let bounds = bounds.into_iter().chain([Series::Unsent]).collect();
        Self { measured: vec![success], bounds, dropped: true, ..Self::nothing() }
    }

    /// The requests that started an execution, and saw it succeed where it is waited for. Of these, nothing is unknown.
    #[must_use]
    pub(crate) fn starts() -> Self {
        let starts = Class::ALL.into_iter().filter(|class| class.is_start());
        Self { measured: starts.map(Series::response).collect(), ..Self::nothing() }
    }

    /// [`Population::succeeded`] of a kind that starts executions, had the generator never kept a request waiting.
    #[must_use]
    pub(crate) fn unlagged(kind: Kind) -> Self {
        Self { measured: vec![Series::Unlagged], ..Self::succeeded(kind) }
    }

    /// What one series holds.
    #[must_use]
    pub(crate) fn of(series: Series) -> Self {
        Self { measured: vec![series], ..Self::nothing() }
    }

    fn nothing() -> Self {
        Self { measured: Vec::new(), bounds: Vec::new(), dropped: false, selection: Selection::default() }
    }

    fn sent(timing: Timing) -> Self {
        let by = |censored: bool| {
            let fates = Fate::all().filter(move |fate| fate.is_censored() == censored);
            fates.map(|fate| Series::Times(timing, fate)).collect()
        };
        Self { measured: by(false), bounds: by(true), ..Self::nothing() }
    }

    /// The same of some requests only.
    #[must_use]
    pub(crate) fn among(self, selection: &Selection) -> Self {
        Self { selection: selection.clone(), ..self }
    }

    /// Whether a series of a place holds times of theirs, and whether these are measured or lower bounds only.
    #[must_use]
    pub(crate) fn measures(&self, place: Place, series: Series) -> Option<bool> {
        let listed = |list: &[Series]| list.contains(&series);
        let measured = if listed(&self.measured) { Some(true) } else { listed(&self.bounds).then_some(false) };
        measured.filter(|_| self.selection.holds(place))
    }

    /// Whether dropped arrivals of a place belong to them, as never answered.
    #[must_use]
    pub(crate) fn takes_dropped(&self, place: Place) -> bool {
        self.dropped && self.selection.holds(place)
    }

    /// Their times.
    #[must_use]
    pub(crate) fn series(&self, tally: &Tally, history: &History) -> statistics::TimeSeries {
        let histograms = |series: &[Series]| {
            series.iter().flat_map(|series| tally.histograms(*series, &self.selection)).collect::<Vec<_>>()
        };
        let dropped = if self.dropped { tally.counts_of(&self.selection).dropped } else { 0 };
        let times = CensoredTimes::new(histograms(&self.measured), histograms(&self.bounds), dropped);
        statistics::TimeSeries::new(times, history.bins().iter().map(|bin| self.histogram(bin)).collect())
    }

    /// Their times in a stretch.
    #[must_use]
    pub(crate) fn histogram(&self, bin: &TimeBin) -> SparseHistogram {
        let histograms = |series: &[Series]| {
            series.iter().flat_map(|series| bin.histograms(*series, &self.selection)).collect::<Vec<_>>()
        };
        let mut sparse = SparseHistogram::default();
        for measured in histograms(&self.measured) {
            sparse += measured;
        }
        for bound in histograms(&self.bounds) {
            sparse.add_given_up(bound);
        }
        if self.dropped {
            sparse.add_unanswered(bin.counts(&self.selection).dropped);
        }
        sparse
    }
}
