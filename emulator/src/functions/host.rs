//! The Rust side of an environment: what `bootstrap.js` calls.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rquickjs::{Ctx, Function, Object, Runtime};

use super::console::Console;

/// State that JavaScript and Rust share. Time stands still while JavaScript runs.
#[derive(Debug)]
pub(super) struct Host {
    now: Cell<Duration>,
    started: Duration,
    /// When the invocation times out.
    deadline: Cell<Duration>,
    /// When the JavaScript that runs now has used up the invocation's time.
    cutoff: Cell<Option<Instant>>,
    interrupted: Cell<bool>,
    crashed: Cell<bool>,
    timers: RefCell<Timers>,
    settled: RefCell<Option<Settled>>,
    console: Console,
}

/// The answer of a handler, as JSON.
#[derive(Debug)]
pub(super) struct Settled {
    /// Whether it is sent only when no timer is left (`callbackWaitsForEmptyEventLoop`).
    pub(super) waits: bool,
    /// Whether it is a result; else an error.
    pub(super) succeeded: bool,
    pub(super) text: String,
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

impl Host {
    pub(super) fn new(now: Duration, console: Console) -> Self {
        Self {
            now: Cell::new(now),
            started: now,
            deadline: Cell::new(now),
            cutoff: Cell::new(None),
            interrupted: Cell::new(false),
            crashed: Cell::new(false),
            timers: RefCell::default(),
            settled: RefCell::new(None),
            console,
        }
    }

    /// Lets JavaScript run from `now` on, until `deadline` at the latest.
    pub(super) fn resume(&self, now: Duration, deadline: Duration) {
        self.now.set(now);
        self.deadline.set(deadline);
        self.cutoff.set(Instant::now().checked_add(deadline.saturating_sub(now)));
    }

    /// Ends endless loops.
    pub(super) fn guard(self: &Rc<Self>, runtime: &Runtime) {
        let host = Rc::clone(self);
        runtime.set_interrupt_handler(Some(Box::new(move || {
            let over = host.cutoff.get().is_some_and(|cutoff| Instant::now() >= cutoff);
            if over {
                host.interrupted.set(true);
            }
            over
        })));
    }

    /// Whether the JavaScript was stopped because it ran too long.
    pub(super) fn interrupted(&self) -> bool {
        self.interrupted.get()
    }

    /// Whether an exception was caught by nobody.
    pub(super) fn crashed(&self) -> bool {
        self.crashed.get()
    }

    pub(super) fn take_settled(&self) -> Option<Settled> {
        self.settled.borrow_mut().take()
    }

    /// Whether the handler has answered, and whether the answer waits for timers.
    pub(super) fn settled_waits(&self) -> Option<bool> {
        self.settled.borrow().as_ref().map(|settled| settled.waits)
    }

    pub(super) fn next_timer(&self) -> Option<Duration> {
        self.timers.borrow().due.first().map(|first| first.0)
    }

    /// Takes the next timer that is due.
    pub(super) fn take_due(&self) -> Option<u32> {
        let mut timers = self.timers.borrow_mut();
        let (due, _, id) = *timers.due.first()?;
        if due > self.now.get() {
            return None;
        }
        timers.clear(id);
        Some(id)
    }

    /// The object that `bootstrap.js` is given.
    pub(super) fn object<'js>(
        self: &Rc<Self>,
        ctx: &Ctx<'js>,
        environment: &[(String, String)],
        node_version: &str,
    ) -> rquickjs::Result<Object<'js>> {
        let object = Object::new(ctx.clone())?;
        let env = Object::new(ctx.clone())?;
        for (name, value) in environment {
            env.set(name.as_str(), value.as_str())?;
        }
        object.set("env", env)?;
        object.set("nodeVersion", node_version)?;
        object.set("startedAt", milliseconds(self.started))?;
        let host = Rc::clone(self);
        object.set("now", Function::new(ctx.clone(), move || milliseconds(host.now.get()))?)?;
        let host = Rc::clone(self);
        let remaining = move || milliseconds(host.deadline.get().saturating_sub(host.now.get()));
        object.set("remaining", Function::new(ctx.clone(), remaining)?)?;
        let host = Rc::clone(self);
        object.set("log", Function::new(ctx.clone(), move |line: String| host.console.write(line))?)?;
        let host = Rc::clone(self);
        let set = move |id: u32, delay: f64| {
            let delay = Duration::try_from_secs_f64(delay / 1000.0).unwrap_or_default();
            host.timers.borrow_mut().set(id, host.now.get() + delay);
        };
        object.set("setTimer", Function::new(ctx.clone(), set)?)?;
        let host = Rc::clone(self);
        object.set("clearTimer", Function::new(ctx.clone(), move |id: u32| host.timers.borrow_mut().clear(id))?)?;
        let host = Rc::clone(self);
        object.set("crash", Function::new(ctx.clone(), move || host.crashed.set(true))?)?;
        let host = Rc::clone(self);
        let settle = move |waits: bool, succeeded: bool, text: String| {
            *host.settled.borrow_mut() = Some(Settled { waits, succeeded, text });
        };
        object.set("settle", Function::new(ctx.clone(), settle)?)?;
        Ok(object)
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
