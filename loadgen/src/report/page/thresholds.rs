//! Every threshold, with the interval that was compared with its limit.

use super::Page;
use super::markup::Text;
use super::table::Table;
use crate::judge::{Judged, State};

pub(super) fn section(page: &Page<'_>) -> String {
    let mut table = Table::new(
        "Thresholds and what the data say",
        ["Threshold", "Result", "Measured; interval", "Interval and limit"],
    );
    for judged in &page.summary.thresholds {
        let (class, mark) = mark(judged.state);
        let ends = if judged.abort_on_fail { " <small>ends the run</small>" } else { "" };
        table.markup_row([
            format!("{} {}{ends}", Text(&judged.metric), Text(&judged.expression)),
            format!("<span class=\"mark {class}\">{mark}</span>"),
            Text(&judged.measured).to_string(),
            bar(judged, class),
        ]);
    }
    format!(
        "<p class=\"note\">A threshold passes or fails when the whole interval in which the true figure lies is on one side of \
         the limit; where the limit lies within, the data cannot tell. Bars reach from nothing to twice the limit, which \
         is the line in the middle. Counts are those of the run and have no interval.</p>\n<div class=\"whole cards\">{}</div>",
        table.of_words().markup()
    )
}

const fn mark(state: State) -> (&'static str, &'static str) {
    match state {
        State::Pass => ("pass", "✓ pass"),
        State::Fail => ("fail", "✗ fail"),
        State::Inconclusive => ("unsure", "? cannot tell"),
    }
}

/// The interval on a rail from 0 to twice the limit.
fn bar(judged: &Judged, class: &str) -> String {
    let Some(limit) = judged.limit.filter(|limit| *limit > 0.0) else { return "exact".into() };
    let Some(low) = judged.low else { return "window by window".into() };
    let place = |value: f64| (value / limit * 50.0).clamp(0.0, 100.0);
    let high = judged.high.unwrap_or(f64::INFINITY);
    if !high.is_finite() && low <= 0.0 {
        return "nothing measured".into();
    }
    let (left, right) = (place(low).min(99.0), place(high));
    let beyond = if high > 2.0 * limit { "<text x=\"100%\" y=\"15\" text-anchor=\"end\">▸</text>" } else { "" };
    let width = (right - left).max(1.0);
    let description = if high.is_finite() {
        format!("from {:.2} to {:.2} times the limit", low / limit, high / limit)
    } else {
        format!("at least {:.2} times the limit", low / limit)
    };
    format!(
        "<svg class=\"bar\" role=\"img\" aria-label=\"{description}\"><line class=\"rail\" x1=\"0\" x2=\"100%\" y1=\"11\" \
         y2=\"11\"/><rect class=\"{class}\" x=\"{left:.1}%\" y=\"7\" width=\"{width:.1}%\" height=\"8\" rx=\"2\"/>\
         <line class=\"limit\" x1=\"50%\" x2=\"50%\" y1=\"1\" y2=\"21\"/>{beyond}</svg>"
    )
}
