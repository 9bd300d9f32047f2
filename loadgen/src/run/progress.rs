//! One line a second on a terminal, one every ten seconds elsewhere.

use std::io::{self, Write};

use super::recording::Recording;
use crate::judge::{History, Population};
use crate::record::{Class, Series};
use crate::report::show_microseconds;

/// Seconds between lines where stderr is no terminal.
const SPARSE: u64 = 10;

/// Writes progress to stderr.
#[derive(Debug)]
pub(super) struct Progress {
    terminal: bool,
    quiet: bool,
    /// Seconds that arrivals come, if that is known.
    window: Option<u64>,
    shown: u64,
    last_sent: u64,
}

impl Progress {
    pub(super) fn new(terminal: bool, quiet: bool, window: Option<u64>) -> Self {
        Self { terminal, quiet, window, shown: 0, last_sent: 0 }
    }

    /// Shows the state after `second` seconds, once each.
    pub(super) fn show(&mut self, second: u64, in_flight: u64, run: &Recording, out: &mut dyn Write) -> io::Result<()> {
        let step = if self.terminal { 1 } else { SPARSE };
        if self.quiet || second < self.shown + step {
            return Ok(());
        }
        let counts = &run.counts;
        let rate = (counts.sent - self.last_sent) / (second - self.shown);
        (self.shown, self.last_sent) = (second, counts.sent);
        let of = self.window.map_or_else(String::new, |window| format!("/{window}s"));
        let started = Population::of(Series::response(Class::Started)).series(&run.tally, &History::default());
        let p99 = started.times().value(0.99).map_or_else(|| "n/a".into(), |p99| show_microseconds(p99.micros()));
        let line = format!(
            "{second}s{of}  sent {}  {rate}/s  in flight {in_flight}  started {}  failed {}  p99 {p99}",
            counts.sent,
            counts.ended_in(Class::Started),
            counts.failed()
        );
        if self.terminal {
            write!(out, "\r\x1b[K{line}")?;
        } else {
            writeln!(out, "{line}")?;
        }
        out.flush()
    }

    /// Clears the line, so that what follows stands on its own.
    pub(super) fn end(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.terminal && !self.quiet && self.shown > 0 { write!(out, "\r\x1b[K") } else { Ok(()) }
    }
}
