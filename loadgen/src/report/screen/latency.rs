//! The figures of the distributions of times, of the run and of its parts.

use std::fmt::Write;

use super::Screen;
use super::lines::inert;
use crate::report::section::success;
use crate::report::{Section, Statistic, Summary, Tone};
use crate::units::show_microseconds;

/// Columns of the figures of a distribution: seven of a time, a space, and its interval.
const COLUMN: usize = 23;

impl Screen<'_> {
    pub(super) fn latencies(&mut self) -> std::fmt::Result {
        let s = self.summary;
        let columns = [("response", &s.response_us), ("service", &s.service_us), ("lag", &s.schedule_lag_us)];
        let head = columns.iter().fold("LATENCY   ".to_owned(), |head, (name, _)| head + &format!("{name:COLUMN$}"));
        let head = self.paint(Tone::Strong, head.trim_end());
        writeln!(self.out, "{head}")?;
        for statistic in Statistic::ALL {
            write!(self.out, "  {:8}", statistic.label())?;
            let mut gap = 0;
            for (_, latency) in columns {
                let (value, interval) = (latency.show(statistic), latency.show_interval(statistic));
                let value = format!("{value:6}");
                let taken = value.chars().count() + 1 + interval.chars().count();
                let tone = if latency.is_loose(statistic) { Tone::Quiet } else { Tone::Plain };
                let (value, interval) = (self.paint(tone, &value), self.paint(Tone::Quiet, &interval));
                write!(self.out, "{:gap$}{value} {interval}", "")?;
                gap = COLUMN.saturating_sub(taken).max(1);
            }
            self.out.truncate(self.out.trim_end_matches(' ').len());
            writeln!(self.out)?;
        }
        let parts = [("connect", &s.connect_us), ("tls", &s.handshake_us), ("first byte", &s.first_byte_us)];
        let parts = parts
            .into_iter()
            .filter_map(|(name, latency)| Some(format!("{name} p50 {}", show_microseconds(latency.p50?))));
        let parts: Vec<String> = lookups(s).into_iter().chain(parts).collect();
        if !parts.is_empty() {
            writeln!(self.out, "  {}", parts.join("   "))?;
        }
        self.looseness()?;
        if s.warmup_seconds > 0 {
            writeln!(self.out, "  without the first {} s, in which the target was warming up", s.warmup_seconds)?;
        }
        if s.run.closed_loop {
            writeln!(self.out, "  closed loop: requests wait for answers, so these times say nothing about queueing")?;
        }
        Ok(())
    }

    /// What the mark `~` means here, and what to do about it.
    fn looseness(&mut self) -> std::fmt::Result {
        let response = &self.summary.response_us;
        let loose = Statistic::PERCENTILES.into_iter().find(|statistic| response.is_loose(*statistic));
        let Some((statistic, bounds)) = loose.and_then(|s| Some((s, response.intervals.get(&s)?))) else {
            return Ok(());
        };
        let (label, worth) = (statistic.label(), bounds.effective.unwrap_or(0));
        let takes = bounds.needs.map_or_else(|| "more".into(), |needs| needs.to_string());
        writeln!(self.out, "  ~ tells little of another run: {label} takes {takes} independent requests, not {worth}")?;
        if let Some(seconds) = self.summary.slow_start_seconds {
            writeln!(self.out, "  the start was slow: --warmup {seconds}s leaves it out")?;
        }
        Ok(())
    }

    /// Parts of the run as a table, a line each.
    pub(super) fn sections(&mut self, heading: &str, sections: &[Section]) -> std::fmt::Result {
        if sections.is_empty() {
            return Ok(());
        }
        writeln!(self.out)?;
        let figures = [Statistic::P50, Statistic::P90, Statistic::P99];
        let columns = ["sent", success(sections), "failed"].into_iter().chain(figures.map(Statistic::label));
        let head = columns.fold(format!("{heading:18}"), |head, name| head + &format!("{name:>10}"));
        let head = self.paint(Tone::Strong, &head);
        writeln!(self.out, "{head}")?;
        for section in sections {
            let failed: u64 = section.failed.values().sum();
            let counts = [section.sent, section.succeeded].map(|n| format!("{n:>10}")).concat();
            let tone = if failed == 0 { Tone::Plain } else { Tone::Bad };
            let failed = self.paint(tone, &format!("{failed:>10}"));
            let times = figures.map(|statistic| format!("{:>10}", section.response_us.show(statistic))).concat();
            let name: String = section.name.chars().take(15).collect();
            writeln!(self.out, "  {:16}{counts}{failed}{times}", inert(&name))?;
        }
        Ok(())
    }
}

/// The look-ups of the target's name: the first, and what became of the others.
fn lookups(summary: &Summary) -> Option<String> {
    let first = format!("dns {}", show_microseconds(summary.run.dns_us?));
    Some(match summary.lookups.filter(|lookups| lookups.count > 1) {
        Some(lookups) => format!("{first} ({lookups}, longest {})", show_microseconds(lookups.longest_us)),
        None => first,
    })
}
