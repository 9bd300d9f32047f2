//! The progress of a run on stderr: a picture that stays in its place on a terminal, lines elsewhere.

mod picture;
mod screen;
mod spark;
mod state;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use self::screen::Screen;
use self::state::{Phase, Plan, State};
use super::session::Options;
use crate::record::Interval;
use crate::scenario::{Profile, Scenario};
use crate::schedule::Schedule;

/// Seconds between lines. The first comes after a second, as a sign of life.
const SPARSE: u64 = 5;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Not at all.
    Nothing,
    /// A line every five seconds.
    Lines,
    /// A picture that is drawn anew every second.
    Picture {
        /// Whether in colours.
        colour: bool,
    },
}

/// Writes progress to stderr. Nobody may be listening: what cannot be written is let go, and the run goes on.
#[derive(Debug)]
pub(super) struct Progress {
    form: Form,
    state: State,
    screen: Screen,
    schedule: Option<Schedule>,
    /// Shards that divide it.
    shards: f64,
    /// How many seconds are to be over at the next line.
    next_line: u64,
}

impl Progress {
    pub(super) fn new(options: &Options, schedule: Option<Schedule>, window_ns: u64) -> Self {
        let colour = options.progress == Form::Picture { colour: true };
        let plan = plan(&options.scenario, options.threads, window_ns);
        Self {
            form: options.progress,
            state: State::new(plan),
            screen: Screen::new(colour),
            schedule,
            shards: options.shard.count().into(),
            next_line: 1,
        }
    }

    /// Takes what a generator hands over, and shows it when the second is complete. `stop`: a signal came.
    pub(super) fn take(&mut self, interval: &Interval, stop: bool, out: &mut dyn Write) {
        if self.form == Form::Nothing {
            return;
        }
        let asked = self.schedule.as_ref().map(|schedule| schedule.expected(interval.second) / self.shards);
        let complete = self.state.take(interval, asked);
        let elapsed = self.state.elapsed();
        let over = self.state.plan.window.is_some_and(|window| elapsed > window);
        let before = self.state.phase;
        self.state.phase = match before {
            Phase::Interrupted => before,
            _ if stop => Phase::Interrupted,
            _ if over => Phase::Waiting,
            _ => before,
        };
        if self.state.phase == Phase::Interrupted && before != Phase::Interrupted && self.form == Form::Lines {
            let _ = writeln!(out, "interrupted: waiting for answers; a second signal ends the run at once");
        }
        if complete {
            // Nobody may be listening.
            let _ = self.show(elapsed, out);
        }
    }

    fn show(&mut self, elapsed: u64, out: &mut dyn Write) -> io::Result<()> {
        match self.form {
            Form::Nothing => Ok(()),
            Form::Lines if elapsed < self.next_line => Ok(()),
            Form::Lines => {
                self.next_line = (elapsed / SPARSE + 1) * SPARSE;
                writeln!(out, "{}", picture::line(&self.state))?;
                out.flush()
            }
            Form::Picture { .. } => {
                let (width, height) = screen::size();
                // The row below the picture is the cursor's.
                let lines = picture::picture(&self.state, width, height.saturating_sub(1));
                self.screen.draw(&lines, width, out)
            }
        }
    }

    /// Writes a line that stays, above the picture if there is one.
    pub(super) fn say(&mut self, text: &str, out: &mut dyn Write) {
        self.end(out);
        let _ = writeln!(out, "{text}");
    }

    /// Takes the picture away, so that what follows stands on its own.
    pub(super) fn end(&mut self, out: &mut dyn Write) {
        if matches!(self.form, Form::Picture { .. }) {
            let _ = self.screen.clear(screen::size().0, out);
        }
    }
}

fn plan(scenario: &Scenario, threads: usize, window_ns: u64) -> Plan {
    let load = &scenario.load;
    let (counted, max_in_flight) = match &load.profile {
        Profile::Closed { clients, duration } => (duration.is_none(), *clients),
        _ => (false, load.max_in_flight),
    };
    Plan {
        name: scenario.name.clone(),
        window: (!counted).then(|| window_ns.div_ceil(1_000_000_000)),
        requests: load.requests.filter(|_| counted),
        max_in_flight,
        threads,
    }
}
