//! What failed, by class, over time.

use super::Page;
use super::axis::Axis;
use super::backdrop::Backdrop;
use super::markup::{Text, grouped, note, number};
use super::path::Canvas;
use super::plot::{Key, Plot};
use super::table::Table;
use super::time::{instant, time_axis};
use crate::record::{Class, FailedWorkflows};
use crate::report::{Statistic, Summary};
use crate::units::show_part;

/// The figures of each outcome.
const FIGURES: [Statistic; 3] = [Statistic::P50, Statistic::P99, Statistic::Max];

/// Colours of the classes with the most failures; the others share the last.
const COLOURS: [&str; 7] = ["red", "orange", "purple", "blue", "teal", "pink", "grey"];

pub(super) fn section(page: &Page<'_>) -> String {
    let summary = page.summary;
    let outcomes = &summary.outcomes;
    let heads = ["Outcome", "requests", "share of sent"].into_iter().chain(FIGURES.map(Statistic::label));
    let mut table = Table::new("Outcomes of the requests to start executions", heads);
    let sent = outcomes.sent;
    let share = |n: u64| if sent == 0 { String::new() } else { show_part(n, sent) };
    let mut line = |name: &str, n: u64| {
        let times = summary.classes.get(name).map(|times| FIGURES.map(|statistic| times.response_us.show(statistic)));
        table.row([name.to_owned(), grouped(n), share(n)].into_iter().chain(times.unwrap_or_default()));
    };
    line(outcomes.success().as_str(), outcomes.started);
    outcomes.failed.iter().for_each(|(class, n)| line(class, *n));
    line("unfinished", outcomes.unfinished);
    let table = format!("<div class=\"whole\">{}</div>\n", table.markup());
    let inner = if outcomes.http_2xx_failed > 0 {
        note(&format!(
            "{} of the failures were answered with HTTP 2xx: their status says success, their body does not.",
            grouped(outcomes.http_2xx_failed)
        ))
    } else {
        String::new()
    };
    let plot = plot(page)
        .map_or_else(|| note("No request failed, so there is nothing to draw over time."), |plot| plot.markup());
    plot + &inner + &table + &answers(summary) + &failed_workflows(summary)
}

/// Why workflows failed.
fn failed_workflows(summary: &Summary) -> String {
    let failures = summary.workflows.as_ref().map_or(&[][..], |workflows| &workflows.failures);
    if failures.is_empty() {
        return String::new();
    }
    let mut table = Table::new("Why workflows failed", ["Error", "workflows", "state", "the cause of one"]);
    for FailedWorkflows { error, state, cause, count } in failures {
        table.row([error.clone(), grouped(*count), state.clone(), cause.clone()]);
    }
    format!("<h3>Why workflows failed</h3>\n<div class=\"whole cards\">{}</div>\n", table.of_words().markup())
}

/// What the failures were answered.
fn answers(summary: &Summary) -> String {
    if summary.failures.is_empty() {
        return String::new();
    }
    let mut table = Table::new("What failed requests were answered", ["Class", "statuses", "the first one"]);
    for failures in &summary.failures {
        let first = failures.show_first();
        let said = match &failures.sample {
            Some(sample) => format!("HTTP {}: <code>{}</code>", sample.status, Text(&first)),
            None => Text(&first).to_string(),
        };
        table.markup_row([Text(&failures.class).to_string(), failures.show_statuses(), said]);
    }
    format!("<h3>What they were answered</h3>\n<div class=\"whole cards\">{}</div>\n", table.of_words().markup())
}

fn plot(page: &Page<'_>) -> Option<Plot> {
    let timeline = page.timeline;
    let ended = |class: Class| timeline.bins().iter().map(move |bin| bin.counts.ended_in(class));
    let mut classes: Vec<(Class, u64)> =
        Class::ALL.into_iter().filter(|class| !class.is_success()).map(|class| (class, ended(class).sum())).collect();
    classes.retain(|(_, n)| *n > 0);
    classes.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    if classes.is_empty() {
        return None;
    }
    let canvas = Canvas { height: 200 };
    let per_second = |i: usize, n: u64| n as f64 / timeline.seconds_of(i);
    let rates: Vec<Vec<f64>> =
        classes.iter().map(|(class, _)| ended(*class).enumerate().map(|(i, n)| per_second(i, n)).collect()).collect();
    let total = |i: usize| rates.iter().map(|rates| rates[i]).sum::<f64>();
    let most = (0..timeline.bins().len()).map(total).fold(0.0, f64::max);
    let (x, y) = (time_axis(timeline), Axis::linear("failed per second", most));
    let backdrop = Backdrop::of(page, &x, canvas.height);
    let mut shapes = backdrop.shapes;
    let mut below = vec![0.0; timeline.bins().len()];
    let mut keys = Vec::new();
    for (i, ((class, n), rates)) in classes.iter().zip(&rates).enumerate() {
        let colour = COLOURS[i.min(COLOURS.len() - 1)];
        let stacked = below.iter_mut().zip(rates).map(|(below, rate)| {
            let bottom = *below;
            *below += rate;
            (*rate > 0.0).then(|| (y.at(bottom), y.at(*below)))
        });
        shapes += &canvas.band(&format!("fill {colour}"), &stacked.collect::<Vec<_>>());
        keys.push(Key::area(&format!("fill {colour}"), &format!("{} ({})", class.as_str(), grouped(*n))));
    }
    keys.extend(backdrop.keys);
    let heads = ["Time"].into_iter().chain(classes.iter().map(|(class, _)| class.as_str()));
    let mut table = Table::new("Failed requests per second over time, by class", heads);
    for i in 0..timeline.bins().len() {
        let cells = rates.iter().map(|rates| if rates[i] > 0.0 { number(rates[i]) } else { String::new() });
        table.row([instant(timeline, i)].into_iter().chain(cells));
    }
    Some(Plot {
        id: "plot-errors",
        title: "Failed requests per second, by class".into(),
        note: "Stacked, with the most frequent class at the bottom.".into(),
        description: format!("Failed requests over time, by class; at most {} a second.", number(most)),
        canvas,
        x,
        y,
        shapes,
        overlay: backdrop.names,
        keys,
        table,
        places: None,
    })
}
