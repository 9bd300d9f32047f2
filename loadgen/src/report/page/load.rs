//! What was asked for, what was sent, what ended, and how much was in flight.

use super::Page;
use super::axis::Axis;
use super::backdrop::Backdrop;
use super::markup::{note, number};
use super::path::Canvas;
use super::plot::{Key, Plot};
use super::table::Table;
use super::time::{EMPTY, instant, stretches, time_axis};

pub(super) fn section(page: &Page<'_>) -> String {
    if page.timeline.bins().is_empty() {
        return note(EMPTY);
    }
    rates(page).markup() + &in_flight(page).markup()
}

fn rates(page: &Page<'_>) -> Plot {
    let canvas = Canvas { height: 260 };
    let timeline = page.timeline;
    let per_second = |i: usize, n: u64| n as f64 / timeline.seconds_of(i);
    let bins = || timeline.bins().iter().enumerate();
    let asked: Vec<Option<f64>> = bins().map(|(i, _)| asked(page, i)).collect();
    let sent: Vec<f64> = bins().map(|(i, bin)| per_second(i, bin.counts.sent)).collect();
    let ended: Vec<f64> = bins().map(|(i, bin)| per_second(i, bin.counts.ended.iter().sum())).collect();
    let dropped: Vec<f64> = bins().map(|(i, bin)| per_second(i, bin.counts.dropped)).collect();
    let drops = dropped.iter().any(|n| *n > 0.0);

    let steepest = page.stages.iter().map(|stage| stage.from.max(stage.to));
    let most = sent.iter().chain(&ended).chain(&dropped).copied().chain(steepest).fold(0.0, f64::max);
    // Names of stages stand above the lines.
    let most = if page.stages.len() > 1 { most * 1.1 } else { most };
    let (x, y) = (time_axis(timeline), Axis::linear("per second", most));
    let backdrop = Backdrop::of(page, &x, canvas.height);
    let heights = |rates: &[f64]| rates.iter().map(|rate| Some(y.at(*rate))).collect::<Vec<_>>();
    let profile = page.stages.iter().flat_map(|stage| {
        [(stage.start(), stage.from), (stage.end(), stage.to)].map(|(instant, rate)| Some((x.at(instant), y.at(rate))))
    });
    let mut shapes = backdrop.shapes.clone();
    shapes += &canvas.steps("blue", &heights(&sent));
    shapes += &canvas.steps("green", &heights(&ended));
    shapes += &canvas.line("grey dashed", profile);
    let mut keys = vec![Key::line("blue", "sent"), Key::line("green", "completed")];
    if asked.iter().any(Option::is_some) {
        keys.insert(0, Key::line("grey dashed", "asked for"));
    }
    let mut heads = vec!["Time", "asked /s", "sent /s", "completed /s", "in flight"];
    if drops {
        shapes += &canvas.steps("red", &heights(&dropped));
        keys.push(Key::line("red", "dropped"));
        heads.push("dropped /s");
    }
    keys.extend(backdrop.keys);
    let mut table = Table::new("Arrivals and answers over time, per second", heads);
    for (i, _) in bins() {
        let mut cells = vec![
            instant(timeline, i),
            asked[i].map_or_else(String::new, number),
            number(sent[i]),
            number(ended[i]),
            number(timeline.mean_in_flight(i)),
        ];
        if drops {
            cells.push(number(dropped[i]));
        }
        table.row(cells);
    }
    let plan = &page.summary.plan;
    let (drawn, completed) = (plan.offered_per_second, plan.completed_per_second);
    Plot {
        id: "plot-rates",
        title: "Asked, sent and completed per second".into(),
        note: stretches(timeline),
        description: format!(
            "Requests per second over time: {} planned, {} completed on average, at most {} sent.",
            number(drawn),
            number(completed),
            number(sent.iter().copied().fold(0.0, f64::max))
        ),
        canvas,
        x,
        y,
        shapes,
        overlay: backdrop.names,
        keys,
        table,
        places: None,
    }
}

fn in_flight(page: &Page<'_>) -> Plot {
    let canvas = Canvas { height: 110 };
    let timeline = page.timeline;
    let means: Vec<f64> = (0..timeline.bins().len()).map(|i| timeline.mean_in_flight(i)).collect();
    let most = means.iter().copied().fold(0.0, f64::max);
    let (x, y) = (time_axis(timeline), Axis::linear("requests", most));
    let backdrop = Backdrop::of(page, &x, canvas.height);
    let heights: Vec<Option<f64>> = means.iter().map(|mean| Some(y.at(*mean))).collect();
    let area: Vec<Option<(f64, f64)>> = heights.iter().map(|height| height.map(|height| (0.0, height))).collect();
    let mut table = Table::new("Requests in flight over time", ["Time", "in flight"]);
    for (i, mean) in means.iter().enumerate() {
        table.row([instant(timeline, i), number(*mean)]);
    }
    Plot {
        id: "plot-in-flight",
        title: "In flight".into(),
        note: "Requests without an answer at the end of each second; the mean of these where a stretch has several."
            .into(),
        description: format!("Requests in flight over time, at most {}.", number(most)),
        canvas,
        x,
        y,
        shapes: backdrop.shapes + &canvas.band("fill purple faint", &area) + &canvas.steps("purple", &heights),
        overlay: String::new(),
        keys: Vec::new(),
        table,
        places: None,
    }
}

/// The mean rate that was asked for in a stretch; `None` where none was.
fn asked(page: &Page<'_>, bin: usize) -> Option<f64> {
    let length = page.timeline.seconds_per_bin() as f64;
    let (start, end) = (bin as f64 * length, (bin + 1) as f64 * length);
    let parts = page.stages.iter().filter_map(|stage| {
        let (a, b) = (start.max(stage.start()), end.min(stage.end()));
        (a < b).then(|| f64::midpoint(stage.rate_at(a), stage.rate_at(b)) * (b - a))
    });
    parts.reduce(|sum, part| sum + part).map(|arrivals| arrivals / page.timeline.seconds_of(bin).max(1e-9))
}
