//! The generator itself: how late it was, and how busy.

use super::Page;
use super::axis::Axis;
use super::backdrop::Backdrop;
use super::latency::Curves;
use super::markup::{Text, note, number};
use super::path::Canvas;
use super::plot::Plot;
use super::table::Table;
use super::time::{instant, time_axis};
use crate::units::show_microseconds;

pub(super) fn section(page: &Page<'_>) -> String {
    // When the pauses were stands behind every plot over time.
    let paused = page.summary.pauses.told();
    let paused = paused
        .map_or_else(String::new, |text| format!("<p><b class=\"mark unsure\">!</b> {}.</p>\n", Text(capital(&text))));
    let lag = lag(page).map_or_else(|| note("No request was sent, so there is no lag."), |plot| plot.markup());
    let cpu = processor(page).map_or_else(
        || note("The processor time of the generator was not recorded in this run."),
        |plot| plot.markup(),
    );
    paused + &lag + &cpu
}

/// With a capital letter at its beginning.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn lag(page: &Page<'_>) -> Option<Plot> {
    let curves = Curves::of(page.timeline, |bin| &bin.lag)?;
    let canvas = Canvas { height: 200 };
    let x = time_axis(page.timeline);
    let backdrop = Backdrop::of(page, &x, canvas.height);
    let (shapes, mut keys) = curves.draw(canvas, true);
    keys.extend(backdrop.keys);
    Some(Plot {
        id: "plot-lag",
        title: "Schedule lag, by percentile".into(),
        note: "From the instant at which a request was due to its sending. It is part of every response time: the \
            generator's lateness is shown, not hidden. It includes waiting because max_in_flight was reached."
            .into(),
        description: format!(
            "Percentiles of the schedule lag over time; the longest is {}.",
            show_microseconds(curves.longest)
        ),
        canvas,
        x,
        y: curves.axis.clone(),
        shapes: backdrop.shapes + &shapes,
        overlay: backdrop.names,
        keys,
        table: curves.table("Schedule lag over time", page.timeline),
        places: None,
    })
}

fn processor(page: &Page<'_>) -> Option<Plot> {
    let timeline = page.timeline;
    timeline.bins().iter().find_map(|bin| bin.cpu_ns)?;
    let percent: Vec<Option<f64>> = timeline
        .bins()
        .iter()
        .enumerate()
        .map(|(i, bin)| bin.cpu_ns.map(|cpu| cpu as f64 / 1e7 / timeline.seconds_of(i)))
        .collect();
    let most = percent.iter().flatten().copied().fold(0.0, f64::max);
    let canvas = Canvas { height: 130 };
    let (x, y) = (time_axis(timeline), Axis::linear("% of a processor", most));
    let backdrop = Backdrop::of(page, &x, canvas.height);
    let heights: Vec<Option<f64>> = percent.iter().map(|percent| percent.map(|percent| y.at(percent))).collect();
    let area: Vec<Option<(f64, f64)>> = heights.iter().map(|height| height.map(|height| (0.0, height))).collect();
    let mut table = Table::new("Processor time of the generator over time", ["Time", "% of a processor"]);
    for (i, percent) in percent.iter().enumerate() {
        table.row([instant(timeline, i), percent.map_or_else(String::new, number)]);
    }
    Some(Plot {
        id: "plot-processor",
        title: "Processor time of the generator, % of one processor".into(),
        note: "Of the whole process, in user mode and in the kernel, without an embedded endpoint, which is a \
            process of its own. Near 100% for each generator thread, the figures describe the generator rather than \
            the target."
            .into(),
        description: format!("Processor time of the generator over time, at most {}% of a processor.", number(most)),
        canvas,
        x,
        y,
        shapes: backdrop.shapes + &canvas.band("fill teal faint", &area) + &canvas.steps("teal", &heights),
        overlay: String::new(),
        keys: backdrop.keys,
        table,
        places: None,
    })
}
