//! The Rust side of an environment: what `bootstrap.js` calls.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rquickjs::{Ctx, Function, Object, Runtime};

use super::console::Console;
use super::ending::Ending;
use super::error::{FunctionError, InvocationResult};
use crate::clock::nanoseconds;
use crate::digest::fnv1a;

/// The longest delay of a timer: beyond it no invocation lives, and times would overflow.
const LONGEST_TIMER: Duration = Duration::from_hours(24 * 365);

/// State that JavaScript and Rust share.
#[derive(Debug)]
pub(super) struct Host {
    started: Duration,
    console: Console,
    /// Set when everything is to end.
    stopping: Arc<AtomicBool>,
    state: Mutex<State>,
}

/// Time stands still while JavaScript runs.
#[derive(Debug, Default)]
struct State {
    now: Duration,
    /// Where `Math.random` draws from.
    random: fastrand::Rng,
    /// When the invocation times out.
    deadline: Duration,
    /// When the JavaScript that runs now has used up the invocation's time.
    cutoff: Option<Instant>,
    interrupted: bool,
    /// What `process.exit` was given.
    exited: Option<u8>,
    /// Whether the function's memory was used up.
    exhausted: bool,
    /// What was thrown and caught by nobody, as JSON.
    crashed: Option<String>,
    seen: Seen,
    timers: Timers,
    settled: Option<Settled>,
}

/// What has happened since somebody looked.
#[derive(Debug, Default)]
struct Seen {
    /// Promises were rejected.
    rejection: bool,
    /// Null was thrown: by the handler, or by an engine without memory for an error.
    null: bool,
}

/// The answer of a handler, as JSON.
#[derive(Debug)]
pub(super) struct Settled {
    /// Whether it is a result; else an error.
    pub(super) succeeded: bool,
    pub(super) text: String,
}

impl From<Settled> for InvocationResult {
    fn from(settled: Settled) -> Self {
        if settled.succeeded { Ok(settled.text) } else { Err(FunctionError::from_payload(settled.text)) }
    }
}

#[derive(Debug, Default)]
struct Timers {
    due: BTreeSet<(Duration, u64, u32)>,
    by_id: HashMap<u32, (Duration, u64)>,
    sequence: u64,
}

impl Timers {
    fn set(&mut self, id: u32, due: Duration) {
        self.clear(id);
        self.sequence += 1;
        self.due.insert((due, self.sequence, id));
        self.by_id.insert(id, (due, self.sequence));
    }

    fn clear(&mut self, id: u32) {
        if let Some((due, sequence)) = self.by_id.remove(&id) {
            self.due.remove(&(due, sequence, id));
        }
    }
}

impl State {
    fn is_stopped(&self) -> bool {
        self.interrupted || self.exited.is_some()
    }
}

impl Host {
    pub(super) fn new(now: Duration, console: Console, stopping: Arc<AtomicBool>) -> Self {
        let random = fastrand::Rng::with_seed(nanoseconds(now));
        let state = State { now, deadline: now, random, ..State::default() };
        Self { started: now, console, stopping, state: Mutex::new(state) }
    }

    /// Never held while JavaScript runs.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets JavaScript run from `now` on, until `deadline` at the latest.
    pub(super) fn resume(&self, now: Duration, deadline: Duration) {
        let mut state = self.state();
        state.now = now;
        state.deadline = deadline;
        state.cutoff = Instant::now().checked_add(deadline.saturating_sub(now));
    }

    /// Lets random numbers follow from the id of an invocation, so that a run with the same seed repeats them.
    pub(super) fn draw_by(&self, id: &str) {
        self.state().random = fastrand::Rng::with_seed(fnv1a(id));
    }

    /// Ends endless loops.
    pub(super) fn guard(self: &Arc<Self>, runtime: &Runtime) {
        let host = Arc::clone(self);
        runtime.set_interrupt_handler(Some(Box::new(move || {
            let mut state = host.state();
            let late = state.cutoff.is_some_and(|cutoff| Instant::now() >= cutoff);
            state.interrupted |= late || host.stopping.load(Ordering::Relaxed);
            state.is_stopped()
        })));
    }

    /// Whether no more JavaScript is to run.
    pub(super) fn is_stopped(&self) -> bool {
        self.state().is_stopped()
    }

    /// How the function's process has ended, if it has.
    pub(super) fn ending(&self) -> Option<Ending> {
        let state = self.state();
        if let Some(status) = state.exited {
            return Some(Ending::Exited(status));
        }
        if state.interrupted {
            return Some(Ending::TimedOut);
        }
        if state.exhausted {
            return Some(Ending::OutOfMemory);
        }
        state.crashed.clone().map(Ending::Threw)
    }

    /// Writes a line that is not the handler's own.
    pub(super) fn say(&self, line: String) {
        self.console.write(line);
    }

    pub(super) fn note_rejection(&self) {
        self.state().seen.rejection = true;
    }

    /// Whether promises were rejected since the last look.
    pub(super) fn take_rejection(&self) -> bool {
        std::mem::take(&mut self.state().seen.rejection)
    }

    /// Whether null was thrown since the last look.
    pub(super) fn take_doubt(&self) -> bool {
        std::mem::take(&mut self.state().seen.null)
    }

    pub(super) fn take_settled(&self) -> Option<Settled> {
        self.state().settled.take()
    }

    pub(super) fn next_timer(&self) -> Option<Duration> {
        self.state().timers.due.first().map(|first| first.0)
    }

    /// Takes the next timer that is due.
    pub(super) fn take_due(&self) -> Option<u32> {
        let mut state = self.state();
        let (due, _, id) = *state.timers.due.first()?;
        if due > state.now {
            return None;
        }
        state.timers.clear(id);
        Some(id)
    }

    fn set_timer(&self, id: u32, delay: f64) {
        let delay = Duration::try_from_secs_f64(delay / 1000.0).unwrap_or_default().min(LONGEST_TIMER);
        let mut state = self.state();
        let due = state.now.saturating_add(delay);
        state.timers.set(id, due);
    }

    /// The object that `bootstrap.js` is given.
    pub(super) fn object<'js>(
        self: &Arc<Self>,
        ctx: &Ctx<'js>,
        environment: &Arc<[(String, String)]>,
        node_version: &str,
    ) -> rquickjs::Result<Object<'js>> {
        let object = Object::new(ctx.clone())?;
        let environment = Arc::clone(environment);
        let env = move |ctx: Ctx<'js>| {
            let env = Object::new(ctx)?;
            for (name, value) in &*environment {
                env.set(name.as_str(), value.as_str())?;
            }
            Ok::<_, rquickjs::Error>(env)
        };
        object.set("env", Function::new(ctx.clone(), env)?)?;
        object.set("nodeVersion", node_version)?;
        object.set("startedAt", milliseconds(self.started))?;
        let host = Arc::clone(self);
        object.set("now", Function::new(ctx.clone(), move || milliseconds(host.state().now))?)?;
        let host = Arc::clone(self);
        let remaining = move || {
            let state = host.state();
            milliseconds(state.deadline.saturating_sub(state.now))
        };
        object.set("remaining", Function::new(ctx.clone(), remaining)?)?;
        let host = Arc::clone(self);
        object.set("log", Function::new(ctx.clone(), move |line: String| host.console.write(line))?)?;
        let host = Arc::clone(self);
        object.set("setTimer", Function::new(ctx.clone(), move |id: u32, delay: f64| host.set_timer(id, delay))?)?;
        let host = Arc::clone(self);
        object.set("clearTimer", Function::new(ctx.clone(), move |id: u32| host.state().timers.clear(id))?)?;
        let host = Arc::clone(self);
        object.set("random", Function::new(ctx.clone(), move || host.state().random.f64())?.with_name("random")?)?;
        let host = Arc::clone(self);
        object.set("exit", Function::new(ctx.clone(), move |status: u8| host.state().exited = Some(status))?)?;
        let host = Arc::clone(self);
        object.set("exhaust", Function::new(ctx.clone(), move || host.state().exhausted = true)?)?;
        let host = Arc::clone(self);
        object.set("doubt", Function::new(ctx.clone(), move || host.state().seen.null = true)?)?;
        let host = Arc::clone(self);
        let crash = move |error: String| {
            host.state().crashed.get_or_insert(error);
        };
        object.set("crash", Function::new(ctx.clone(), crash)?)?;
        let host = Arc::clone(self);
        let settle = move |succeeded: bool, text: String| host.state().settled = Some(Settled { succeeded, text });
        object.set("settle", Function::new(ctx.clone(), settle)?)?;
        Ok(object)
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
