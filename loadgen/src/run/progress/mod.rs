//! The progress of a run on stderr: a picture that stays in its place on a terminal, lines elsewhere.

mod picture;
mod screen;
mod spark;
mod state;

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::time::Duration;

use self::screen::Screen;
use self::state::{Phase, Planned, ProgressState};
use super::consumer::{Consumer, Handover};
use super::plan::Plan;
use crate::scenario::{Profile, show_duration};
use crate::schedule::Schedule;

/// Seconds between lines. The first comes after a second, as a sign of life.
const SPARSE: u64 = 5;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
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

impl Form {
    /// The same for a run on virtual time, whose lines would come too fast to be read.
    pub(crate) const fn of_simulation(self) -> Self {
        match self {
            Self::Lines => Self::Nothing,
            Self::Nothing | Self::Picture { .. } => self,
        }
    }
}

/// Writes progress and warnings to stderr. Nobody may be listening: what cannot be written is let go, and the run goes on.
pub(super) struct Progress<'w> {
    out: &'w mut dyn Write,
    form: Form,
    state: ProgressState,
    screen: Screen,
    schedule: Option<Schedule>,
    /// Shards that divide it.
    shards: f64,
    /// How many seconds are to be over at the next line.
    next_line: u64,
}

impl<'w> Progress<'w> {
    pub(super) fn new(form: Form, plan: &Plan, out: &'w mut dyn Write) -> Self {
        Self {
            out,
            form,
            state: ProgressState::new(expected(plan)),
            screen: Screen::new(form == Form::Picture { colour: true }),
            schedule: plan.schedule.clone(),
            shards: plan.shard().count().into(),
            next_line: 1,
        }
    }

    fn show(&mut self, elapsed: u64) -> io::Result<()> {
        match self.form {
            Form::Nothing => Ok(()),
            Form::Lines if elapsed < self.next_line => Ok(()),
            Form::Lines => {
                self.next_line = (elapsed / SPARSE + 1) * SPARSE;
                writeln!(self.out, "{}", picture::line(&self.state))?;
                self.out.flush()
            }
            Form::Picture { .. } => {
                let size = screen::size();
                let lines = picture::picture(&self.state, size.line(), size.rows());
                self.screen.draw(&lines, size, self.out)
            }
        }
    }

    /// Says that workflows of the target still run, which are waited for at most so long. `waited` is how long already.
    pub(super) fn await_workflows(&mut self, running: u64, waited: Duration, most: Duration) {
        let most = show_duration(most);
        match self.form {
            Form::Nothing => {}
            Form::Lines => {
                let due = self.state.workflows_told.is_none_or(|last| waited >= last + Duration::from_secs(SPARSE));
                if due {
                    self.state.workflows_told = Some(waited);
                    let waiting = picture::waiting(running, &most);
                    let _ = writeln!(self.out, "waiting: {waiting}; a signal ends the wait");
                    let _ = self.out.flush();
                }
            }
            Form::Picture { .. } => {
                let line = picture::workflows(&self.state, running, &most);
                let _ = self.screen.draw(&[line], screen::size(), self.out);
            }
        }
    }

    /// Writes a line that stays, above the picture if there is one.
    pub(super) fn say(&mut self, text: &str) {
        self.end();
        let _ = writeln!(self.out, "{text}");
    }

    /// Takes the picture away, so that what follows stands on its own.
    pub(super) fn end(&mut self) {
        if matches!(self.form, Form::Picture { .. }) {
            let _ = self.screen.clear(screen::size(), self.out);
        }
    }
}

/// Shows a second when every generator has told of it.
impl Consumer for Progress<'_> {
    fn take(&mut self, handover: &Handover<'_>, _: &mut Vec<String>) {
        if self.form == Form::Nothing {
            return;
        }
        let interval = handover.interval;
        let asked = self.schedule.as_ref().map(|schedule| schedule.expected(interval.second) / self.shards);
        let complete = self.state.take(interval, asked);
        let elapsed = self.state.elapsed();
        let over = self.state.expected.window.is_some_and(|window| elapsed > window);
        let before = self.state.phase;
        self.state.phase = match before {
            Phase::Interrupted => before,
            _ if handover.interrupted => Phase::Interrupted,
            _ if over => Phase::Waiting,
            _ => before,
        };
        if self.state.phase == Phase::Interrupted && before != Phase::Interrupted && self.form == Form::Lines {
            let _ = writeln!(self.out, "interrupted: waiting for answers; a second signal ends the run at once");
        }
        if complete {
            let _ = self.show(elapsed);
        }
    }
}

fn expected(plan: &Plan) -> Planned {
    let load = &plan.scenario.load;
    let (counted, max_in_flight) = match &load.profile {
        Profile::Closed { clients, duration } => (duration.is_none(), *clients),
        _ => (false, load.max_in_flight),
    };
    Planned {
        name: plan.scenario.name.clone(),
        kind: plan.scenario.places().starting_kind(),
        window: (!counted).then(|| plan.window.div_ceil(1_000_000_000)),
        requests: load.requests.filter(|_| counted),
        max_in_flight,
        threads: plan.machinery.threads,
    }
}
