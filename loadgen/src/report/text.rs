//! The summary on one screen.

use std::fmt::Write;

use super::{Latency, Summary};
use crate::judge::State;
use crate::record::Violation;
use crate::statistics::{Confidence, needed};

/// The screen of a summary, each line ending with a line feed.
#[must_use]
pub fn screen(summary: &Summary) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = write_screen(summary, &mut out);
    out
}

fn write_screen(s: &Summary, out: &mut String) -> std::fmt::Result {
    let (plan, outcomes, names) = (&s.plan, &s.outcomes, &s.names);
    let kind = if s.run.closed_loop { "closed loop" } else { "open loop" };
    writeln!(
        out,
        "loadgen {}  {}  seed {}  {kind}  {:.1} s",
        s.run.loadgen, s.run.scenario, s.run.seed, s.run.seconds
    )?;
    writeln!(out)?;
    writeln!(
        out,
        "PLAN         planned {} = sent {} + dropped {} + unsent {}   offered {}/s  completed {}/s",
        plan.planned, plan.sent, plan.dropped, plan.unsent, plan.offered_per_second, plan.completed_per_second
    )?;
    let share = |n: u64| if outcomes.sent == 0 { 0.0 } else { n as f64 * 100.0 / outcomes.sent as f64 };
    write!(out, "OUTCOMES     started {} ({:.2}%)", outcomes.started, share(outcomes.started))?;
    for (class, count) in &outcomes.failed {
        write!(out, "   {class} {count}")?;
    }
    writeln!(out, "   unfinished {}", outcomes.unfinished)?;
    if outcomes.http_2xx_failed > 0 {
        writeln!(out, "             HTTP 2xx but nothing started: {}", outcomes.http_2xx_failed)?;
    }
    for other in &s.others {
        write!(out, "{:12} succeeded {} of {}", other.name.to_uppercase(), other.succeeded, other.sent)?;
        for (class, count) in &other.failed {
            write!(out, "   {class} {count}")?;
        }
        let p99 = other.response_us.p99.map_or_else(|| "n/a".into(), show_microseconds);
        writeln!(out, "   unfinished {}   response p99 {p99}", other.unfinished)?;
    }
    writeln!(
        out,
        "NAMES        {} unique of {}, {} duplicates, {} mismatched, {} illegal",
        names.unique, names.checked, names.duplicates, names.mismatched, names.illegal
    )?;
    for example in names.examples.iter().take(3) {
        let what = match example.violation {
            Violation::Mismatched => {
                format!("request {} got `{}`, not `{}`", example.k, example.name, example.expected)
            }
            Violation::Illegal => format!("request {} got the illegal name {:?}", example.k, example.name),
            Violation::Duplicate => {
                format!("requests {} and {} got the same name {}", example.expected, example.k, example.name)
            }
        };
        writeln!(out, "             {what}")?;
    }
    if let Some(workflows) = &s.workflows {
        let on = if s.run.embedded { "   on the embedded endpoint (not AWS)" } else { "" };
        writeln!(
            out,
            "WORKFLOWS    succeeded {}   failed {}   open {}{on}",
            workflows.succeeded, workflows.failed, workflows.open
        )?;
    }
    writeln!(out)?;
    write!(out, "LATENCY     ")?;
    for name in ["p50", "p90", "p95", "p99", "p99.9", "max"] {
        write!(out, " {name:>16}")?;
    }
    writeln!(out)?;
    latency(out, "response", &s.response_us)?;
    latency(out, "service", &s.service_us)?;
    latency(out, "lag", &s.schedule_lag_us)?;
    if s.warmup_seconds > 0 {
        writeln!(out, "  without the first {} s, in which the target was warming up", s.warmup_seconds)?;
    }
    if s.run.closed_loop {
        writeln!(out, "  closed loop: requests wait for answers, so these times say nothing about queueing")?;
    }
    writeln!(out)?;
    let mut head = "THRESHOLDS  ";
    for judged in &s.thresholds {
        let mark = match judged.state {
            State::Pass => '✓',
            State::Fail => '✗',
            State::Inconclusive => '?',
        };
        writeln!(out, "{head} {mark} {} {} ({})", judged.metric, judged.expression, judged.measured)?;
        head = "            ";
    }
    let why = s.reason.as_ref().map_or_else(String::new, |reason| format!("  {reason}"));
    writeln!(out, "{}  exit {}{why}", s.verdict.as_str().to_uppercase(), s.exit_code)
}

/// A line of figures, and below it the intervals in which the true ones lie.
fn latency(out: &mut String, name: &str, latency: &Latency) -> std::fmt::Result {
    write!(out, "  {name:10}")?;
    let figures = [
        ("p50", latency.p50, 0.5),
        ("p90", latency.p90, 0.9),
        ("p95", latency.p95, 0.95),
        ("p99", latency.p99, 0.99),
        ("p999", latency.p999, 0.999),
        ("max", latency.max, 1.0),
    ];
    let mut intervals = String::new();
    for (figure, value, q) in figures {
        let text = match value {
            Some(value) if latency.at_least.iter().any(|f| f == figure) => format!("≥{}", show_microseconds(value)),
            Some(value) => show_microseconds(value),
            None if latency.count > 0 && q < 1.0 => format!("n/a (needs {})", needed(q, Confidence::default())),
            None => "n/a".into(),
        };
        write!(out, " {text:>16}")?;
        let interval = latency.intervals.get(figure).map_or_else(String::new, |interval| {
            let high = interval.high.map_or_else(|| "?".into(), show_microseconds);
            format!("{}–{high}", show_microseconds(interval.low))
        });
        write!(intervals, " {interval:>16}")?;
    }
    writeln!(out)?;
    if latency.intervals.is_empty() { Ok(()) } else { writeln!(out, "            {}", intervals.trim_end()) }
}

/// Microseconds with a unit that suits them and three digits.
#[must_use]
pub fn show_microseconds(microseconds: u64) -> String {
    let us = microseconds as f64;
    match microseconds {
        0..1_000 => format!("{microseconds}µs"),
        1_000..10_000 => format!("{:.2}ms", us / 1e3),
        10_000..100_000 => format!("{:.1}ms", us / 1e3),
        100_000..1_000_000 => format!("{:.0}ms", us / 1e3),
        1_000_000..10_000_000 => format!("{:.2}s", us / 1e6),
        _ => format!("{:.1}s", us / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_with_three_digits() {
        let shown = [7, 999, 1_234, 45_678, 456_789, 1_500_000, 31_000_000].map(show_microseconds);
        assert_eq!(shown, ["7µs", "999µs", "1.23ms", "45.7ms", "457ms", "1.50s", "31.0s"]);
    }
}
