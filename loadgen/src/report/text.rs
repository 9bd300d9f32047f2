//! The summary on one screen.

use std::fmt::Write;

use super::Summary;
use crate::judge::{State, Verdict};
use crate::record::{Latency, Violation, needed};

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
    let share = |n: u64| if plan.sent == 0 { 0.0 } else { n as f64 * 100.0 / plan.sent as f64 };
    write!(out, "OUTCOMES     started {} ({:.2}%)", outcomes.started, share(outcomes.started))?;
    for (class, count) in &outcomes.failed {
        write!(out, "   {class} {count}")?;
    }
    writeln!(out, "   unfinished {}", outcomes.unfinished)?;
    if outcomes.http_2xx_failed > 0 {
        writeln!(out, "             HTTP 2xx but nothing started: {}", outcomes.http_2xx_failed)?;
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
    writeln!(out, "LATENCY            p50        p90        p95        p99      p99.9        max")?;
    latency(out, "response", &s.response_us)?;
    latency(out, "service", &s.service_us)?;
    latency(out, "lag", &s.schedule_lag_us)?;
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
    let why = match s.verdict {
        Verdict::Invalid => "  under 99% of the due arrivals were sent: the figures describe the generator or its cap",
        Verdict::Aborted => "  aborted: as many requests in flight as allowed",
        Verdict::Interrupted => "  interrupted by a signal",
        Verdict::Pass | Verdict::Fail | Verdict::Inconclusive => "",
    };
    writeln!(out, "{}  exit {}{why}", s.verdict.as_str().to_uppercase(), s.exit_code)
}

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
    for (figure, value, q) in figures {
        let text = match value {
            Some(value) if latency.at_least.iter().any(|f| f == figure) => format!("≥{}", show_microseconds(value)),
            Some(value) => show_microseconds(value),
            None if latency.count < needed(q) => format!("n<{}", needed(q)),
            None => "n/a".into(),
        };
        write!(out, " {text:>10}")?;
    }
    writeln!(out)
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
