//! The page of a search: what the levels measured, drawn over the rate.

use std::fmt::Write;

use super::level::{LevelOutcome, LevelResult};
use super::report::SearchReport;
use crate::report::page::Text;
use crate::units::{show_microseconds, show_per_second, show_percent};

/// Size of a plot, and its margins.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 70.0;
const BELOW: f64 = 28.0;

const STYLE: &str = "\
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1a1f27;background:#fff}\
table{border-collapse:collapse}td,th{padding:.15rem .7rem;text-align:right;border-bottom:1px solid #d7dbe1}\
svg{width:100%;height:auto}text{font-size:12px;fill:#525c69}line{stroke:#d7dbe1}\
.holds{fill:#12753a}.fails{fill:#c62828}.undecided{fill:#b45309}.generator{fill:#5d6775}\
.hollow{fill:none;stroke:#0b63ce;stroke-width:2}.answer{fill:#0b63ce;opacity:.12}";

/// A figure of a level, and how it is shown.
struct Curve<'a> {
    name: &'a str,
    /// What each level is worth; `None` where it was not measured.
    of: &'a dyn Fn(&LevelResult) -> Option<f64>,
    show: &'a dyn Fn(f64) -> String,
}

/// The page, which loads nothing and runs nothing.
#[must_use]
pub(crate) fn page(report: &SearchReport) -> String {
    let micros = |of: Option<u64>| of.map(|micros| micros as f64);
    let p50 = |level: &LevelResult| micros(level.p50_us);
    let p99 = |level: &LevelResult| micros(level.p99_us);
    let lag = |level: &LevelResult| micros(level.lag_p99_us);
    let failed = |level: &LevelResult| Some(level.failed * 100.0);
    let time = |value: f64| show_microseconds(whole(value));
    let share = |value: f64| show_percent(value / 100.0);
    let plots = [
        Curve { name: "Response time, p50", of: &p50, show: &time },
        Curve { name: "Response time, p99", of: &p99, show: &time },
        Curve { name: "Failed requests", of: &failed, show: &share },
        Curve { name: "The generator's own lag, p99", of: &lag, show: &time },
    ];
    let plots: String = plots.iter().map(|curve| plot(report, curve)).collect();
    let rows: String = report.levels.iter().map(row).collect();
    let (target, answer) = (Text(&report.target), Text(report.to_string()));
    let thresholds = Text(report.thresholds.join(", "));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <title>Capacity of {target} · loadgen</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>Capacity</h1>\n<p>POST {target}</p>\n<p>What has to hold: {thresholds}</p>\n<pre>{answer}</pre>\n\
         <p>Each point is a level: <b class=\"holds\">●</b> green holds, red fails, orange is undecided, grey is the \
         generator's limit; a ring began with an empty token bucket. The band is the answer.</p>\n{plots}\
         <h2>Levels</h2>\n<table><thead><tr><th>rate</th><th>seconds</th><th>p50</th><th>p99</th><th>failed</th>\
         <th>lag p99</th><th>outcome</th><th>run</th></tr></thead>\n<tbody>{rows}</tbody></table>\n</body>\n</html>\n"
    )
}

/// A plot over the rate, in logarithms.
fn plot(report: &SearchReport, curve: &Curve<'_>) -> String {
    let points: Vec<(&LevelResult, f64)> =
        report.levels.iter().filter_map(|level| Some((level, (curve.of)(level)?))).collect();
    let rates = points.iter().map(|(level, _)| level.plan.rate);
    let (Some(least), Some(most)) = (rates.clone().min_by(f64::total_cmp), rates.max_by(f64::total_cmp)) else {
        return String::new();
    };
    let (least, most) = (least / 1.2, most * 1.2);
    let highest = points.iter().map(|(_, value)| *value).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let x = |rate: f64| LEFT + (WIDTH - LEFT) * (rate / least).ln() / (most / least).ln();
    let y = |value: f64| (HEIGHT - BELOW) * (1.0 - 0.9 * value / highest);
    let name = curve.name;
    let mut svg = format!(
        "<h2>{name}</h2>\n<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{name} over the rate\">"
    );
    // Writing to a `String` cannot fail.
    if let (Some(low), Some(high)) = (report.low, report.high) {
        let (from, to) = (x(low), x(high));
        let _ = write!(
            svg,
            "<rect class=\"answer\" x=\"{from:.1}\" y=\"0\" width=\"{:.1}\" height=\"{:.1}\"/>",
            to - from,
            HEIGHT - BELOW
        );
    }
    for part in [0.0, 0.5, 1.0] {
        let (at, shown) = (y(highest * part), (curve.show)(highest * part));
        let _ = write!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{shown}</text>",
            LEFT - 6.0,
            at + 4.0
        );
    }
    for (level, value) in points {
        let (cx, cy) = (x(level.plan.rate), y(value));
        let rate = show_per_second(level.plan.rate);
        let (class, shown) = (outcome(level.outcome), (curve.show)(value));
        let ring = if level.plan.is_drained() {
            format!("<circle class=\"hollow\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"7\"/>")
        } else {
            String::new()
        };
        let _ = write!(
            svg,
            "<g><title>{rate}: {shown}, {class}</title><circle class=\"{class}\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"4\"/>{ring}</g>"
        );
    }
    for rate in [least * 1.2, (least * most).sqrt(), most / 1.2] {
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            x(rate),
            HEIGHT - 8.0,
            show_per_second(rate)
        );
    }
    svg + "</svg>\n"
}

fn row(level: &LevelResult) -> String {
    let time = |micros: Option<u64>| micros.map_or_else(|| "–".into(), show_microseconds);
    let (rate, seconds) = (show_per_second(level.plan.rate), level.plan.seconds);
    let (p50, p99, lag) = (time(level.p50_us), time(level.p99_us), time(level.lag_p99_us));
    let (failed, class) = (show_percent(level.failed), outcome(level.outcome));
    let (why, run) = (Text(level.reason.as_deref().unwrap_or_default()), Text(&level.directory));
    format!(
        "<tr title=\"{why}\"><td>{rate}</td><td>{seconds}</td><td>{p50}</td><td>{p99}</td><td>{failed}</td><td>{lag}</td>\
         <td>{class}</td><td><a href=\"{run}/report.html\">{run}</a></td></tr>\n"
    )
}

const fn outcome(outcome: LevelOutcome) -> &'static str {
    match outcome {
        LevelOutcome::Holds => "holds",
        LevelOutcome::Fails => "fails",
        LevelOutcome::Undecided => "undecided",
        LevelOutcome::Generator => "generator",
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "microseconds")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{LevelPlan, SearchEnd, SearchOptions};

    #[test]
    fn every_level_is_a_point_and_a_row_and_what_a_target_says_is_inert() {
        let options = SearchOptions {
            from: 10.0,
            to: 100.0,
            precision: 0.05,
            level_seconds: 10,
            repeats: 1,
            max_executions: None,
            max_seconds: 60.0,
            fresh: true,
        };
        let level = |rate, outcome, p99| LevelResult {
            plan: LevelPlan::plain(rate, 10),
            outcome,
            reason: Some("<script>alert(1)</script>".into()),
            executions: 100,
            took_seconds: 10.0,
            p50_us: Some(900),
            p99_us: p99,
            failed: 0.25,
            throttled: false,
            lag_p99_us: Some(120),
            bucket: None,
            directory: "level-01-10".into(),
        };
        let levels = [level(10.0, LevelOutcome::Holds, Some(1_900)), level(20.0, LevelOutcome::Fails, None)];
        let report = SearchReport::of(
            "http://x/<b>",
            false,
            vec!["failed rate<1%".into()],
            &options,
            &levels,
            SearchEnd::TimeUp,
        );
        let page = page(&report);
        assert_eq!(page.matches("<circle class=\"holds\"").count(), 4, "one in each plot");
        assert_eq!(page.matches("<circle class=\"fails\"").count(), 3, "its p99 was not measured");
        assert_eq!(page.matches("<tr title").count(), 2);
        assert!(!page.contains("<script>") && !page.contains("x/<b>"), "{page}");
        assert!(page.contains("14.1/s (10.0/s–20.0/s)"), "{page}");
    }
}
