//! Percentiles of response times over time.

use super::Page;
use super::axis::Axis;
use super::backdrop::Backdrop;
use super::markup::note;
use super::path::Canvas;
use super::plot::{Key, Plot};
use super::table::Table;
use super::time::{EMPTY, instant, time_axis};
use crate::report::{BinTimes, Statistic, Timeline};
use crate::units::show_microseconds;

/// What is drawn, and how.
const FIGURES: [(Statistic, &str); 4] = [
    (Statistic::P50, "blue"),
    (Statistic::P90, "teal"),
    (Statistic::P99, "orange"),
    (Statistic::Max, "red thin dotted"),
];

pub(super) fn section(page: &Page<'_>) -> String {
    let curves = Curves::of(page.timeline, |bin| &bin.response);
    let Some(curves) = curves else {
        return if page.timeline.bins().is_empty() { note(EMPTY) } else { note("No request ended in this run.") };
    };
    let canvas = Canvas { height: 280 };
    let x = time_axis(page.timeline);
    let backdrop = Backdrop::of(page, &x, canvas.height);
    let (shapes, mut keys) = curves.draw(canvas, true);
    keys.extend(backdrop.keys.clone());
    let worst = show_microseconds(curves.longest);
    Plot {
        id: "plot-latency",
        title: "Response time, by percentile".into(),
        note: "Measured from the instant at which each request was due to its end, for the requests that ended \
            within each step. Requests that were given up count with the time that they had waited. The scale is \
            logarithmic."
            .into(),
        description: format!("Percentiles of the response time over time; the longest is {worst}."),
        canvas,
        x,
        y: curves.axis.clone(),
        shapes: backdrop.shapes + &shapes,
        overlay: backdrop.names,
        keys,
        table: curves.table("Response times over time", page.timeline),
        places: None,
    }
    .markup()
}

/// Percentiles over time.
pub(super) struct Curves {
    /// By figure, then by stretch.
    values: Vec<Vec<Option<u64>>>,
    /// The axis on which they fit.
    pub(super) axis: Axis,
    /// The longest of all, in microseconds.
    pub(super) longest: u64,
}

impl Curves {
    /// Those of some times; `None` if there are none.
    pub(super) fn of(timeline: &Timeline, times: impl Fn(&crate::report::Bin) -> &BinTimes) -> Option<Self> {
        let values: Vec<Vec<Option<u64>>> = FIGURES
            .iter()
            .map(|(statistic, _)| {
                let figure = |spread: &BinTimes| match statistic.share() {
                    Some(share) => spread.percentile(share),
                    None => spread.longest(),
                };
                timeline.bins().iter().map(|bin| figure(times(bin))).collect()
            })
            .collect();
        let all = || values.iter().flatten().flatten().copied();
        let (shortest, longest) = (all().min()?, all().max()?);
        let axis = Axis::times("time", shortest as f64, longest as f64);
        Some(Self { values, axis, longest })
    }

    /// Lines, and bands between the first three if these are asked for.
    pub(super) fn draw(&self, canvas: Canvas, bands: bool) -> (String, Vec<Key>) {
        let heights: Vec<Vec<Option<f64>>> = self
            .values
            .iter()
            .map(|values| values.iter().map(|value| value.map(|micros| self.axis.at(micros as f64))).collect())
            .collect();
        let between = |low: usize, high: usize| -> Vec<Option<(f64, f64)>> {
            heights[low].iter().zip(&heights[high]).map(|(low, high)| low.zip(*high)).collect()
        };
        let mut shapes = String::new();
        if bands {
            shapes += &canvas.band("fill orange fainter", &between(1, 2));
            shapes += &canvas.band("fill teal faint", &between(0, 1));
        }
        for ((_, class), heights) in FIGURES.iter().zip(&heights).rev() {
            shapes += &canvas.steps(class, heights);
        }
        (shapes, FIGURES.iter().rev().map(|(statistic, class)| Key::line(class, statistic.label())).collect())
    }

    /// The figures.
    pub(super) fn table(&self, caption: &str, timeline: &Timeline) -> Table {
        let heads = FIGURES.iter().map(|(statistic, _)| statistic.label());
        let mut table = Table::new(caption, ["Time"].into_iter().chain(heads));
        for i in 0..timeline.bins().len() {
            let cells = self.values.iter().map(|values| values[i].map_or_else(String::new, show_microseconds));
            table.row([instant(timeline, i)].into_iter().chain(cells));
        }
        table
    }
}
