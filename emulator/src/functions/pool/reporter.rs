//! What the threads for handlers come back with.

use std::sync::Arc;
use std::time::Duration;

use crate::functions::environment::{Environment, Progress};
use crate::functions::error::{FunctionError, InvocationResult};
use crate::functions::threads::Ticket;

/// What a thread tells.
pub(crate) struct Returned {
    pub(super) ticket: Ticket,
    pub(super) came: Came,
}

/// How far an invocation has come.
pub(super) enum Came {
    /// Not yet: its environment is loaded, and the time of the handler itself begins.
    Loaded,
    /// To the end; the environment may be used again.
    Answered(Box<Environment>, InvocationResult),
    /// Not to its beginning: there is no memory for it. The environment, if there is one, may be used later.
    Throttled(Option<Box<Environment>>),
    /// To a timer.
    Asleep(Box<Environment>, Duration),
    /// To the end without an environment: it broke, could not be loaded, or the handler is one in Rust.
    Over(InvocationResult),
}

impl Came {
    /// Said on the thread that was at it, so that a broken environment is taken down there.
    pub(super) fn with(environment: Environment, progress: Progress) -> Self {
        match progress {
            Progress::Answered(answer) => Self::Answered(Box::new(environment), answer),
            Progress::Sleeping(until) => Self::Asleep(Box::new(environment), until),
            Progress::Broken(error) => Self::Over(Err(error)),
        }
    }
}

/// Reports for one invocation, in every case: a panic is its error.
pub(super) struct Reporter {
    ticket: Ticket,
    told: Arc<dyn Fn(Returned) + Send + Sync>,
    done: bool,
}

impl Reporter {
    /// A reporter that tells `told`.
    pub(super) fn new(ticket: Ticket, told: Arc<dyn Fn(Returned) + Send + Sync>) -> Self {
        Self { ticket, told, done: false }
    }

    /// Says that the environment is loaded.
    pub(super) fn loaded(&self) {
        self.tell(Came::Loaded);
    }

    /// Says how far the invocation has come, and has nothing more to say.
    pub(super) fn report(mut self, came: Came) {
        self.done = true;
        self.tell(came);
    }

    fn tell(&self, came: Came) {
        (self.told)(Returned { ticket: self.ticket, came });
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        if !self.done {
            self.tell(Came::Over(Err(FunctionError::new("Runtime.ExitError", "the handler has panicked"))));
        }
    }
}
