//! Whose times are meant, and of whom only a lower bound is known.

use super::history::{History, Stretch};
use crate::record::{Class, Series, Tally};
use crate::statistics::{self, Outline, Times};

/// Requests whose times are looked at together.
///
/// A request that was given up after some time, was in flight at the end, or was due and never sent counts as "at least
/// so long"; a dropped one as never answered. What they would have become nobody knows, so they belong to the started
/// ones as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Population {
    measured: Vec<Series>,
    bounds: Vec<Series>,
    dropped: bool,
}

impl Population {
    /// Every due arrival, from the intended instant.
    #[must_use]
    pub fn due() -> Self {
        let by_class = |censored: bool| Class::ALL.into_iter().filter(move |c| c.is_censored() == censored);
        Self {
            measured: by_class(false).map(Series::Response).collect(),
            bounds: by_class(true).map(Series::Response).chain([Series::Unanswered]).collect(),
            dropped: true,
        }
    }

    /// Started executions and what may have become one, from the intended instant.
    #[must_use]
    pub fn started() -> Self {
        let bounds = vec![Series::Response(Class::Timeout), Series::Unanswered];
        Self { measured: vec![Series::Response(Class::Started)], bounds, dropped: true }
    }

    /// [`Population::started`], had the generator never kept a request waiting.
    #[must_use]
    pub fn unlagged() -> Self {
        Self { measured: vec![Series::Unlagged], ..Self::started() }
    }

    /// What one series holds.
    #[must_use]
    pub fn of(series: Series) -> Self {
        Self { measured: vec![series], bounds: Vec::new(), dropped: false }
    }

    /// Their times.
    #[must_use]
    pub fn series(&self, tally: &Tally, history: &History) -> statistics::Series {
        let histograms = |series: &[Series]| series.iter().filter_map(|s| tally.histogram(*s)).collect::<Vec<_>>();
        let dropped = if self.dropped { tally.counts.dropped } else { 0 };
        let times = Times::new(histograms(&self.measured), histograms(&self.bounds), dropped);
        statistics::Series::new(times, history.stretches().iter().map(|stretch| self.outline(stretch)).collect())
    }

    /// Their times in a stretch.
    #[must_use]
    pub fn outline(&self, stretch: &Stretch) -> Outline {
        let mut outline = Outline::default();
        self.measured.iter().filter_map(|s| stretch.outline(*s)).for_each(|measured| outline += measured);
        self.bounds.iter().filter_map(|s| stretch.outline(*s)).for_each(|bound| outline.add_given_up(bound));
        if self.dropped {
            outline.add_unanswered(stretch.counts.dropped);
        }
        outline
    }
}
