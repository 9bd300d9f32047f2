//! Every threshold, with the interval that was compared with its limit.

use super::Page;
use super::markup::Text;
use super::table::Table;
use crate::judge::{Judged, State, Unit};

pub(super) fn section(page: &Page<'_>) -> String {
    let mut table = Table::new(
        "Thresholds and what the data say",
        ["Threshold", "Result", "Measured; interval", "Interval and limit"],
    );
    let mut judged: Vec<&Judged> = page.summary.thresholds.iter().collect();
    judged.sort_by_key(|judged| judged.rank());
    for judged in judged {
        let (class, result) = result(judged);
        let ends = if judged.abort_on_fail { " <small>ends the run</small>" } else { "" };
        let why = judged.why.as_ref().map_or_else(String::new, |why| format!("<br/><small>{}</small>", Text(why)));
        table.markup_row([
            format!("{} {}{ends}", Text(&judged.metric), Text(&judged.expression)),
            format!("<span class=\"mark {class}\">{} {result}</span>", judged.mark()),
            format!("{}{why}", Text(&judged.measured)),
            bar(judged, class),
        ]);
    }
    format!(
        "<p class=\"note\">A threshold passes or fails when the whole interval in which the true figure lies is on one side of \
         the limit, which is the upright line; where the limit lies within, the data cannot tell. A percentile whose own \
         interval does not decide is judged by the share of the requests that take longer. Counts are those of the run and \
         have no interval.</p>\n<div class=\"whole cards\">{}</div>",
        table.of_words().markup()
    )
}

const fn result(judged: &Judged) -> (&'static str, &'static str) {
    match (judged.state, judged.undecided) {
        (State::Pass, false) => ("pass", "pass"),
        (State::Pass, true) => ("unsure", "cannot tell, counts as passed"),
        (State::Fail, false) => ("fail", "fail"),
        (State::Fail, true) => ("fail", "cannot tell, counts as failed"),
        (State::Inconclusive, _) => ("unsure", "cannot tell"),
    }
}

/// The interval on a rail from 0 to twice the limit, or to where the interval ends beyond that: the line of the limit then
/// stands further to the left.
fn bar(judged: &Judged, class: &str) -> String {
    let Some(limit) = judged.limit.filter(|limit| *limit > 0.0 && judged.scale != Unit::Count) else {
        return "exact".into();
    };
    let Some(low) = judged.low else { return "window by window".into() };
    let high = judged.high.unwrap_or(f64::INFINITY);
    if !high.is_finite() && low <= 0.0 {
        return "nothing known".into();
    }
    let end = if high.is_finite() { high * 1.05 } else { low * 1.6 };
    let end = (2.0 * limit).max(end);
    let place = |value: f64| (value / end * 100.0).clamp(0.0, 100.0);
    let (left, right) = (place(low).min(99.0), place(high));
    let beyond = if high.is_finite() { "" } else { "<text x=\"100%\" y=\"15\" text-anchor=\"end\">▸</text>" };
    let (width, at) = ((right - left).max(1.0), place(limit));
    let description = if high.is_finite() {
        format!("from {:.2} to {:.2} times the limit", low / limit, high / limit)
    } else {
        format!("at least {:.2} times the limit", low / limit)
    };
    format!(
        "<svg class=\"bar\" role=\"img\" aria-label=\"{description}\"><line class=\"rail\" x1=\"0\" x2=\"100%\" y1=\"11\" \
         y2=\"11\"/><rect class=\"{class}\" x=\"{left:.1}%\" y=\"7\" width=\"{width:.1}%\" height=\"8\" rx=\"2\"/>\
         <line class=\"limit\" x1=\"{at:.1}%\" x2=\"{at:.1}%\" y1=\"1\" y2=\"21\"/>{beyond}</svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_far_beyond_the_limit_is_still_seen() {
        let judged =
            |low, high| Judged { limit: Some(100.0), low: Some(low), high, state: State::Fail, ..Judged::default() };
        let width =
            |bar: &str| bar.split("width=\"").nth(1).unwrap().split('%').next().unwrap().parse::<f64>().unwrap();
        assert!(width(&bar(&judged(500.0, Some(900.0)), "fail")) > 30.0);
        assert!(width(&bar(&judged(500.0, None), "fail")) > 30.0);
        assert!(bar(&judged(50.0, Some(60.0)), "pass").contains("x1=\"50.0%\""), "the middle, where there is room");
    }
}
