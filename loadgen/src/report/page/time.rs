//! The time of a run: its axis, its instants, and how finely it is told.

use super::axis::{Axis, show_instant};
use crate::report::Timeline;

/// What stands in the place of plots of a run that recorded nothing.
pub(super) const EMPTY: &str = "The run ended before anything was recorded.";

/// The axis of a run's time: as long as its stretches together.
pub(super) fn time_axis(timeline: &Timeline) -> Axis {
    Axis::time((timeline.bins().len() as u64 * timeline.seconds_per_bin()) as f64)
}

/// When a stretch begins.
pub(super) fn instant(timeline: &Timeline, bin: usize) -> String {
    let seconds = timeline.seconds_per_bin();
    show_instant((bin as u64 * seconds) as f64, (timeline.bins().len() as u64 * seconds) as f64)
}

/// How long a step of the plots is.
pub(super) fn stretches(timeline: &Timeline) -> String {
    match timeline.seconds_per_bin() {
        1 => "Each step is a second.".into(),
        seconds => format!("Each step is {seconds} seconds, and its rates are means over these."),
    }
}
