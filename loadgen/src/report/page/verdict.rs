//! How the run is to be read, its figures at a glance, and what was run.

use super::markup::{Text, grouped, number};
use super::{Page, class_of};
use crate::report::{Latency, Statistic};
use crate::units::{show_part, show_usd};

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
    let said = |remark: &&String| s.reason.as_ref().is_some_and(|reason| reason.ends_with(remark.as_str()));
    let remarks = s.remarks.iter().filter(|remark| !said(remark));
    let remarks: Vec<String> =
        remarks.map(|remark| format!("<p><b class=\"mark unsure\">!</b> {}.</p>\n", Text(remark))).collect();
    badge + &remarks.concat() + &tiles(page) + &configuration(page)
}

fn tiles(page: &Page<'_>) -> String {
    let s = page.summary;
    let sent = s.outcomes.sent;
    let share = |n: u64| if sent == 0 { "none sent".into() } else { format!("{} of requests", show_part(n, sent)) };
    let failed: u64 = s.outcomes.failed.values().sum();
    let mut tiles = vec![
        ("sent", grouped(s.plan.sent), format!("of {} planned", grouped(s.plan.planned))),
        (s.outcomes.success().as_str(), grouped(s.outcomes.started), share(s.outcomes.started)),
        ("failed", grouped(failed), share(failed)),
        (
            "completed",
            format!("{}/s", number(s.plan.completed_per_second)),
            s.plan.asked_per_second.map_or_else(String::new, |asked| format!("{}/s asked", number(asked))),
        ),
        tile("response p50", &s.response_us, Statistic::P50),
        tile("response p99", &s.response_us, Statistic::P99),
        tile("response p99.9", &s.response_us, Statistic::P999),
        tile("response max", &s.response_us, Statistic::Max),
        tile("service p99", &s.service_us, Statistic::P99),
        tile("schedule lag p99", &s.schedule_lag_us, Statistic::P99),
        tile("of that, the generator's", &s.lateness_us, Statistic::P99),
        (
            "duplicate names",
            grouped(s.names.duplicates),
            format!("{} unique of {}", grouped(s.names.unique), grouped(s.names.checked)),
        ),
    ];
    if let Some(workflows) = &s.workflows {
        let others = format!("{} failed, {} open", grouped(workflows.failed), grouped(workflows.open));
        tiles.push(("workflows succeeded", grouped(workflows.succeeded), others));
        tiles.push(tile("workflow time p50", &workflows.time_us, Statistic::P50));
        tiles.push(tile("workflow time p95", &workflows.time_us, Statistic::P95));
    }
    if let Some(cost) = &s.cost {
        tiles.push(("cost", show_usd(cost.usd), cost.origin()));
    }
    let tiles: Vec<String> = tiles
        .into_iter()
        .map(|(name, value, more)| {
            format!("<div><dt>{name}</dt><dd>{} <small>{}</small></dd></div>\n", Text(value), Text(more))
        })
        .collect();
    format!(
        "<dl class=\"tiles\">\n{}</dl>\n<p class=\"note\">Beside a percentile stands the interval in which that of another run lies with 95% confidence; ~ marks one that the requests are too few, or too dependent on each other, to bound.</p>\n",
        tiles.concat()
    )
}

fn tile(name: &'static str, latency: &Latency, statistic: Statistic) -> (&'static str, String, String) {
    (name, latency.show(statistic), latency.show_interval(statistic))
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
