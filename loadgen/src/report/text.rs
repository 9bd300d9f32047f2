//! The summary on one screen.

use std::fmt::Write;

use super::{Latency, Section, Summary, Tone};
use crate::judge::{State, Verdict};
use crate::record::Violation;
use crate::statistics::{Confidence, needed};

/// What a screen tells beside the summary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The machine that made the load, as a line; none where it is not known.
    pub host: String,
    /// Where the run directory is.
    pub directory: String,
    /// The command line that makes the run again.
    pub repeat: String,
    /// Whether to use colours.
    pub colour: bool,
}

/// The screen of a summary, each line ending with a line feed.
#[must_use]
pub fn screen(summary: &Summary, around: &Surroundings) -> String {
    let mut screen = Screen { summary, around, out: String::new() };
    // Writing to a `String` cannot fail.
    let _ = screen.write();
    screen.out
}

/// Columns of the figures of a distribution: seven of a time, a space, and its interval.
const COLUMN: usize = 23;

/// A figure of a distribution.
struct Figure {
    /// Its name in the summary.
    name: &'static str,
    /// Its name on the screen.
    shown: &'static str,
    /// Which share of the times lies below it.
    share: f64,
    value: fn(&Latency) -> Option<u64>,
}

impl Figure {
    const ALL: [Self; 6] = [
        Self { name: "p50", shown: "p50", share: 0.5, value: |latency| latency.p50 },
        Self { name: "p90", shown: "p90", share: 0.9, value: |latency| latency.p90 },
        Self { name: "p95", shown: "p95", share: 0.95, value: |latency| latency.p95 },
        Self { name: "p99", shown: "p99", share: 0.99, value: |latency| latency.p99 },
        Self { name: "p999", shown: "p99.9", share: 0.999, value: |latency| latency.p999 },
        Self { name: "max", shown: "max", share: 1.0, value: |latency| latency.max },
    ];

    /// The figure in few columns.
    fn brief(&self, latency: &Latency) -> String {
        let at_least = latency.at_least.iter().any(|figure| figure == self.name);
        let value = (self.value)(latency).map(show_microseconds);
        value.map_or_else(|| "n/a".into(), |value| if at_least { format!("≥{value}") } else { value })
    }

    /// The figure, and the interval in which the true one lies where that is told.
    fn of(&self, latency: &Latency) -> (String, String) {
        let value = match (self.value)(latency) {
            None if latency.count > 0 && self.share < 1.0 => {
                format!("n/a (needs {})", needed(self.share, Confidence::default()))
            }
            _ => self.brief(latency),
        };
        let interval = latency.intervals.get(self.name).map_or_else(String::new, |interval| {
            let high = interval.high.map_or_else(|| "?".into(), show_microseconds);
            format!("{}–{high}", show_microseconds(interval.low))
        });
        (format!("{value:6}"), interval)
    }
}

struct Screen<'s> {
    summary: &'s Summary,
    around: &'s Surroundings,
    out: String,
}

impl Screen<'_> {
    fn write(&mut self) -> std::fmt::Result {
        let run = &self.summary.run;
        let kind = if run.closed_loop { "closed loop" } else { "open loop" };
        let name = self.paint(Tone::Strong, &run.scenario);
        writeln!(self.out, "loadgen {}  {name}  seed {}  {kind}  {:.1} s", run.loadgen, run.seed, run.seconds)?;
        writeln!(self.out)?;
        self.measurement()?;
        self.plan()?;
        self.outcomes()?;
        self.names()?;
        self.workflows()?;
        self.shards()?;
        writeln!(self.out)?;
        self.latencies()?;
        self.sections("STAGES", &self.summary.stages)?;
        self.sections("PAYLOADS", &self.summary.payloads)?;
        writeln!(self.out)?;
        self.thresholds()?;
        self.verdict()?;
        for (label, text) in [("RUN", &self.around.directory), ("REPEAT", &self.around.repeat)] {
            if !text.is_empty() {
                let label = self.paint(Tone::Strong, &format!("{label:13}"));
                writeln!(self.out, "{label}{text}")?;
            }
        }
        Ok(())
    }

    fn paint(&self, tone: Tone, text: &str) -> String {
        tone.paint(text, self.around.colour)
    }

    /// The beginning of a line: its heading in thirteen columns.
    fn heading(&mut self, text: &str) -> std::fmt::Result {
        let heading = self.paint(Tone::Strong, &format!("{text:13}"));
        self.out.write_str(&heading)
    }

    /// Whether the figures may be believed, and what bears on that.
    fn measurement(&mut self) -> std::fmt::Result {
        let s = self.summary;
        self.heading("MEASUREMENT")?;
        let (tone, word) = match s.verdict {
            Verdict::Pass | Verdict::Fail | Verdict::Inconclusive => (Tone::Good, "valid"),
            Verdict::Invalid => (Tone::Bad, "invalid"),
            Verdict::Interrupted => (Tone::Doubtful, "interrupted"),
            Verdict::Aborted => (Tone::Doubtful, "aborted"),
            Verdict::Partial => (Tone::Doubtful, "partial"),
            Verdict::Torn => (Tone::Bad, "torn"),
        };
        let word = self.paint(tone, word);
        let lag = |figure: Option<u64>| figure.map_or_else(|| "n/a".into(), show_microseconds);
        let (p50, max) = (lag(s.schedule_lag_us.p50), lag(s.schedule_lag_us.max));
        write!(self.out, "{word}   schedule lag p50 {p50} max {max}")?;
        if s.warmup_seconds > 0 {
            write!(self.out, "   without a warm-up of {} s", s.warmup_seconds)?;
        }
        writeln!(self.out)?;
        if !self.around.host.is_empty() {
            self.heading("HOST")?;
            writeln!(self.out, "{}", self.around.host)?;
        }
        Ok(())
    }

    fn plan(&mut self) -> std::fmt::Result {
        let plan = &self.summary.plan;
        let (planned, sent, dropped, unsent) = (plan.planned, plan.sent, plan.dropped, plan.unsent);
        self.heading("PLAN")?;
        writeln!(self.out, "planned {planned} = sent {sent} + dropped {dropped} + unsent {unsent}")?;
        self.heading("RATE")?;
        writeln!(self.out, "offered {}/s   completed {}/s", plan.offered_per_second, plan.completed_per_second)
    }

    fn outcomes(&mut self) -> std::fmt::Result {
        let outcomes = &self.summary.outcomes;
        let sent = outcomes.sent;
        let share = if sent == 0 { 0.0 } else { outcomes.started as f64 * 100.0 / sent as f64 };
        self.heading("OUTCOMES")?;
        let mut parts = vec![self.paint(Tone::Good, &format!("started {} ({share:.2}%)", outcomes.started))];
        let failed = outcomes.failed.iter().map(|(class, count)| self.paint(Tone::Bad, &format!("{class} {count}")));
        parts.extend(failed);
        let tone = if outcomes.unfinished == 0 { Tone::Plain } else { Tone::Doubtful };
        parts.push(self.paint(tone, &format!("unfinished {}", outcomes.unfinished)));
        writeln!(self.out, "{}", parts.join("   "))?;
        if outcomes.http_2xx_failed > 0 {
            let text = format!("HTTP 2xx but nothing started: {}", outcomes.http_2xx_failed);
            let text = self.paint(Tone::Bad, &text);
            writeln!(self.out, "             {text}")?;
        }
        for other in &self.summary.others {
            self.heading(&other.name.to_uppercase())?;
            let mut parts = vec![format!("succeeded {} of {}", other.succeeded, other.sent)];
            let failed = other.failed.iter().map(|(class, count)| self.paint(Tone::Bad, &format!("{class} {count}")));
            parts.extend(failed);
            parts.push(format!("unfinished {}", other.unfinished));
            let p99 = other.response_us.p99.map_or_else(|| "n/a".into(), show_microseconds);
            writeln!(self.out, "{}   response p99 {p99}", parts.join("   "))?;
        }
        Ok(())
    }

    fn names(&mut self) -> std::fmt::Result {
        let names = &self.summary.names;
        self.heading("NAMES")?;
        let bad = |n: u64| if n == 0 { Tone::Plain } else { Tone::Bad };
        let counted = |n: u64, what: &str| self.paint(bad(n), &format!("{n} {what}"));
        let (duplicates, mismatched, illegal) = (
            counted(names.duplicates, "duplicates"),
            counted(names.mismatched, "mismatched"),
            counted(names.illegal, "illegal"),
        );
        writeln!(self.out, "{} unique of {}, {duplicates}, {mismatched}, {illegal}", names.unique, names.checked)?;
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
            writeln!(self.out, "             {}", inert(&what))?;
        }
        Ok(())
    }

    fn workflows(&mut self) -> std::fmt::Result {
        let Some(workflows) = &self.summary.workflows else { return Ok(()) };
        let on = if self.summary.run.embedded { "   (embedded, not AWS)" } else { "" };
        self.heading("WORKFLOWS")?;
        let (succeeded, failed, open) = (workflows.succeeded, workflows.failed, workflows.open);
        writeln!(self.out, "succeeded {succeeded}   failed {failed}   open {open}{on}")
    }

    fn shards(&mut self) -> std::fmt::Result {
        let Some(shards) = &self.summary.shards else { return Ok(()) };
        self.heading("SHARDS")?;
        self.out.write_str(&shards.screen())
    }

    fn latencies(&mut self) -> std::fmt::Result {
        let s = self.summary;
        let columns = [("response", &s.response_us), ("service", &s.service_us), ("lag", &s.schedule_lag_us)];
        let head = columns.iter().fold("LATENCY   ".to_owned(), |head, (name, _)| head + &format!("{name:COLUMN$}"));
        let head = self.paint(Tone::Strong, head.trim_end());
        writeln!(self.out, "{head}")?;
        for figure in Figure::ALL {
            write!(self.out, "  {:8}", figure.shown)?;
            let mut gap = 0;
            for (_, latency) in columns {
                let (value, interval) = figure.of(latency);
                let taken = value.chars().count() + 1 + interval.chars().count();
                let tone = if (figure.value)(latency).is_none() { Tone::Quiet } else { Tone::Plain };
                let (value, interval) = (self.paint(tone, &value), self.paint(Tone::Quiet, &interval));
                write!(self.out, "{:gap$}{value} {interval}", "")?;
                gap = COLUMN.saturating_sub(taken);
            }
            self.out.truncate(self.out.trim_end_matches(' ').len());
            writeln!(self.out)?;
        }
        let parts = [("connect", &s.connect_us), ("tls", &s.handshake_us), ("first byte", &s.first_byte_us)];
        let parts = parts
            .into_iter()
            .filter_map(|(name, latency)| Some(format!("{name} p50 {}", show_microseconds(latency.p50?))));
        let lookup = s.run.dns_us.map(|micros| format!("dns {}", show_microseconds(micros)));
        let parts: Vec<String> = lookup.into_iter().chain(parts).collect();
        if !parts.is_empty() {
            writeln!(self.out, "  {}", parts.join("   "))?;
        }
        let response = &s.response_us;
        let percentiles = [
            (0.5, response.p50),
            (0.9, response.p90),
            (0.95, response.p95),
            (0.99, response.p99),
            (0.999, response.p999),
        ];
        if let Some((share, _)) = percentiles.into_iter().find(|(_, told)| response.count > 0 && told.is_none()) {
            // With as many requests as it needs, or more: then they are not independent of each other.
            let enough = response.count >= needed(share, Confidence::default());
            let why = if enough { "; --warmup leaves a slow start out" } else { "" };
            writeln!(self.out, "  n/a: too few independent requests{why}")?;
        }
        if s.warmup_seconds > 0 {
            writeln!(self.out, "  without the first {} s, in which the target was warming up", s.warmup_seconds)?;
        }
        if s.run.closed_loop {
            writeln!(self.out, "  closed loop: requests wait for answers, so these times say nothing about queueing")?;
        }
        Ok(())
    }

    /// Parts of the run as a table, a line each.
    fn sections(&mut self, heading: &str, sections: &[Section]) -> std::fmt::Result {
        if sections.is_empty() {
            return Ok(());
        }
        writeln!(self.out)?;
        let columns = ["sent", "succeeded", "failed", "p50", "p90", "p99"];
        let head = columns.iter().fold(format!("{heading:18}"), |head, name| head + &format!("{name:>10}"));
        let head = self.paint(Tone::Strong, &head);
        writeln!(self.out, "{head}")?;
        for section in sections {
            let failed: u64 = section.failed.values().sum();
            let counts = [section.sent, section.succeeded].map(|n| format!("{n:>10}")).concat();
            let tone = if failed == 0 { Tone::Plain } else { Tone::Bad };
            let failed = self.paint(tone, &format!("{failed:>10}"));
            let latency = &section.response_us;
            let times = Figure::ALL.iter().filter(|figure| ["p50", "p90", "p99"].contains(&figure.name));
            let times = times.fold(String::new(), |times, figure| times + &format!("{:>10}", figure.brief(latency)));
            let name: String = section.name.chars().take(15).collect();
            writeln!(self.out, "  {:16}{counts}{failed}{times}", inert(&name))?;
        }
        Ok(())
    }

    fn thresholds(&mut self) -> std::fmt::Result {
        let mut head = "THRESHOLDS";
        for judged in &self.summary.thresholds {
            let (tone, mark) = match judged.state {
                State::Pass => (Tone::Good, "✓"),
                State::Fail => (Tone::Bad, "✗"),
                State::Inconclusive => (Tone::Doubtful, "?"),
            };
            self.heading(head)?;
            let mark = self.paint(tone, mark);
            let measured = self.paint(Tone::Quiet, &format!("({})", judged.measured));
            writeln!(self.out, "{mark} {} {} {measured}", judged.metric, judged.expression)?;
            head = "";
        }
        Ok(())
    }

    fn verdict(&mut self) -> std::fmt::Result {
        let s = self.summary;
        let tone = match s.verdict {
            Verdict::Pass => Tone::Good,
            Verdict::Fail | Verdict::Invalid | Verdict::Torn => Tone::Bad,
            Verdict::Inconclusive | Verdict::Interrupted | Verdict::Aborted | Verdict::Partial => Tone::Doubtful,
        };
        let mut verdict = s.verdict.as_str().to_uppercase();
        if let (Verdict::Partial, Some(shards)) = (s.verdict, &s.shards) {
            write!(verdict, " {}/{}", shards.complete, shards.of)?;
        }
        let verdict = self.paint(tone, &verdict);
        let why = s.reason.as_ref().map_or_else(String::new, |reason| format!("  {reason}"));
        writeln!(self.out, "{verdict}  exit {}{why}", s.exit_code)
    }
}

/// What came from outside, without the control characters by which it could write elsewhere on a terminal.
fn inert(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
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

    #[test]
    fn names_from_the_target_cannot_write_elsewhere_on_the_terminal() {
        assert_eq!(inert("request 1 got `\u{1b}[2J`"), "request 1 got `\u{fffd}[2J`");
    }
}
