//! What thresholds are judged by.

use std::ops::Range;

use super::extent::Extent;
use super::history::History;
use super::windows::Windows;
use crate::record::{Place, Places, Selection, Tally, WorkflowEnds};

/// What thresholds are judged by: what was measured once the target was warm.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    /// Seconds in which the requests were sent.
    pub(crate) seconds: f64,
    /// Seconds of warm-up before them.
    pub(crate) warmup: u64,
    /// What decides how long the load lasts.
    pub(crate) extent: Extent,
    /// Names that another execution has too.
    pub(crate) duplicates: u64,
    /// What the stages and payloads of its requests are called.
    pub(crate) places: &'a Places,
    /// When its stages are, as far as that is known.
    pub(crate) stages: &'a [StageSpan],
    /// Names that were lost before they could be compared, as on a full disk.
    pub(crate) uncompared: u64,
    /// Counts and distributions.
    pub(crate) tally: &'a Tally,
    /// The same in order of time.
    pub(crate) history: &'a History,
    /// The same window by window, for thresholds that ask for it.
    pub(crate) windows: &'a Windows,
    /// How the workflows ended, where that is known.
    pub(crate) workflows: Option<&'a WorkflowEnds>,
    /// What is still to come, of a run that goes on.
    pub(crate) ahead: Option<Outlook<'a>>,
}

/// When a stage of a load is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StageSpan {
    /// Its name.
    pub(crate) name: String,
    /// Seconds from the start of the run to its beginning, and to its end.
    pub(crate) seconds: Range<f64>,
}

/// What a run that goes on has not told yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outlook<'a> {
    /// Requests in flight, by place: quick failures end before slow successes, so what has ended is no sample of all.
    pub(crate) in_flight: &'a [(Place, u64)],
    /// Arrivals that are still to be sent, and the seconds in which all come that are judged; `None` where nobody knows, as
    /// in a closed loop.
    pub(crate) planned: Option<(u64, f64)>,
}

impl Outlook<'_> {
    /// How many of some requests are in flight.
    pub(super) fn in_flight_of(&self, selection: &Selection) -> u64 {
        self.in_flight.iter().filter(|(place, _)| selection.holds(*place)).map(|(_, count)| count).sum()
    }
}

impl<'a> Facts<'a> {
    /// The seconds in which the requests of a stage were sent, or of all of them, of those that are judged: counted from the
    /// end of the warm-up, like the history.
    pub(super) fn span(&self, stage: Option<&str>) -> Range<f64> {
        let own = stage.and_then(|name| self.stages.iter().find(|stage| stage.name == name));
        let Some(own) = own else { return 0.0..self.seconds };
        let judged = |instant: f64| (instant - self.warmup as f64).clamp(0.0, self.seconds);
        judged(own.seconds.start)..judged(own.seconds.end)
    }

    /// What was recorded, and nothing besides.
    #[must_use]
    pub(crate) fn of(places: &'a Places, tally: &'a Tally, history: &'a History, windows: &'a Windows) -> Self {
        Self {
            seconds: 0.0,
            warmup: 0,
            extent: Extent::default(),
            duplicates: 0,
            places,
            stages: &[],
            uncompared: 0,
            tally,
            history,
            windows,
            workflows: None,
            ahead: None,
        }
    }
}
