//! How the run is to be read, its figures at a glance, and what was run.

use super::markup::{Text, grouped, number};
use super::{Page, class_of};
use crate::report::{Latency, show_microseconds};

pub(super) fn section(page: &Page<'_>) -> String {
    let s = page.summary;
    let verdict = s.verdict;
    let reason = s.reason.as_ref().map_or_else(String::new, |reason| format!("<span>{}</span>", Text(reason)));
    let badge = format!(
        "<p class=\"verdict\"><span class=\"badge {}\">{}</span> <span>exit {}</span> {reason}</p>\n",
        class_of(verdict),
        verdict.as_str().to_uppercase(),
        s.exit_code
    );
    badge + &tiles(page) + &configuration(page)
}

fn tiles(page: &Page<'_>) -> String {
    let s = page.summary;
    let sent = s.outcomes.sent;
    let share = |n: u64| {
        if sent == 0 { "none sent".into() } else { format!("{:.2}% of requests", n as f64 * 100.0 / sent as f64) }
    };
    let failed: u64 = s.outcomes.failed.values().sum();
    let mut tiles = vec![
        ("sent", grouped(s.plan.sent), format!("of {} planned", grouped(s.plan.planned))),
        ("started", grouped(s.outcomes.started), share(s.outcomes.started)),
        ("failed", grouped(failed), share(failed)),
        (
            "completed",
            format!("{}/s", number(s.plan.completed_per_second)),
            format!("{}/s offered", number(s.plan.offered_per_second)),
        ),
        tile("response p50", &s.response_us, "p50"),
        tile("response p99", &s.response_us, "p99"),
        tile("response p99.9", &s.response_us, "p999"),
        tile("response max", &s.response_us, "max"),
        tile("service p99", &s.service_us, "p99"),
        tile("schedule lag p99", &s.schedule_lag_us, "p99"),
        (
            "duplicate names",
            grouped(s.names.duplicates),
            format!("{} unique of {}", grouped(s.names.unique), grouped(s.names.checked)),
        ),
    ];
    if let Some(workflows) = &s.workflows {
        let others = format!("{} failed, {} open", grouped(workflows.failed), grouped(workflows.open));
        tiles.push(("workflows succeeded", grouped(workflows.succeeded), others));
    }
    let tiles: Vec<String> = tiles
        .into_iter()
        .map(|(name, value, more)| {
            format!("<div><dt>{name}</dt><dd>{} <small>{}</small></dd></div>\n", Text(value), Text(more))
        })
        .collect();
    format!(
        "<dl class=\"tiles\">\n{}</dl>\n<p class=\"note\">Below a percentile stands the interval in which the true one lies with 95% confidence.</p>\n",
        tiles.concat()
    )
}

fn tile(name: &'static str, latency: &Latency, key: &str) -> (&'static str, String, String) {
    let interval = latency.intervals.get(key).map_or_else(String::new, |interval| {
        let high = interval.high.map_or_else(|| "?".into(), show_microseconds);
        format!("{}–{high}", show_microseconds(interval.low))
    });
    let more =
        if latency.figure(key).is_none() && latency.count > 0 { "too few requests to tell".into() } else { interval };
    (name, show(latency, key), more)
}

/// A figure, marked where it is only a lower bound.
pub(super) fn show(latency: &Latency, key: &str) -> String {
    match latency.figure(key) {
        Some(value) if latency.is_bound(key) => format!("≥{}", show_microseconds(value)),
        Some(value) => show_microseconds(value),
        None => "n/a".into(),
    }
}

fn configuration(page: &Page<'_>) -> String {
    let facts: Vec<String> = page
        .configuration
        .iter()
        .map(|(name, value)| format!("<dt>{}</dt><dd>{}</dd>\n", Text(name), Text(value)))
        .collect();
    let scenario = page.scenario.map_or_else(String::new, |scenario| {
        format!(
            "<details><summary>The scenario as written</summary>\n<pre tabindex=\"0\">{}</pre></details>\n",
            Text(scenario)
        )
    });
    format!("<h3>What was run</h3>\n<dl class=\"facts\">\n{}</dl>\n{scenario}", facts.concat())
}
