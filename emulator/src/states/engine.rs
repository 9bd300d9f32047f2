//! The workflow thread from outside. What it does is in `workflows`: the runs themselves stay in the store, so that a call
//! can look at them and stop them at any time, and handlers and endpoints have threads of their own.

mod command;
mod workflows;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use self::command::Command;
use self::workflows::Workflows;
use super::run::Effect;
use crate::functions::PoolCounts;

pub(crate) use command::Invoke;
pub(crate) use workflows::Equipment;

/// How long the end of the thread is waited for: it never waits for handlers itself.
const GRACE: Duration = Duration::from_secs(1);

/// The workflow thread from outside.
#[derive(Debug)]
pub(crate) struct Engine {
    commands: Sender<Command>,
    thread: Mutex<Option<JoinHandle<()>>>,
    handlers: Arc<PoolCounts>,
    gone: Arc<AtomicBool>,
}

/// Says that a thread has panicked, should it.
struct Obituary(Arc<AtomicBool>);

impl Drop for Obituary {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Release);
        }
    }
}

impl Engine {
    /// Starts the thread.
    pub(crate) fn start(equipment: Equipment) -> std::io::Result<Self> {
        let (sender, commands) = mpsc::channel();
        let workflows = Workflows::new(equipment, sender.clone(), commands);
        let handlers = Arc::clone(workflows.handlers());
        let gone = Arc::<AtomicBool>::default();
        let obituary = Obituary(Arc::clone(&gone));
        let work = move || {
            let _obituary = obituary;
            workflows.run();
        };
        let thread = std::thread::Builder::new().name("workflows".to_owned()).spawn(work)?;
        Ok(Self { commands: sender, thread: Mutex::new(Some(thread)), handlers, gone })
    }

    /// Whether the thread has ended by a panic: nothing goes on any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    /// Has effects carried out. Never blocks.
    pub(crate) fn perform(&self, execution: u64, effects: Vec<Effect>) {
        if effects.iter().any(|effect| *effect != Effect::Finished) {
            // After the stop nobody listens, as it should be.
            let _ = self.commands.send(Command::Effects(execution, effects));
        }
    }

    /// Has an end put to the wait for an activity's task at that time.
    pub(crate) fn poll_until(&self, deadline: Duration) {
        let _ = self.commands.send(Command::Poll(deadline));
    }

    /// Has a function invoked.
    pub(crate) fn invoke(&self, invoke: Invoke) {
        let _ = self.commands.send(Command::Invoke(Box::new(invoke)));
    }

    /// Waits until nothing is left to do at the time of the clock, and says when the next thing happens by itself. Only a
    /// clock that somebody leads stands still for so long.
    pub(crate) fn settle(&self) -> Option<Duration> {
        let (told, settled) = mpsc::channel();
        let _ = self.commands.send(Command::Settle(told));
        // After the stop nothing happens any more.
        settled.recv().ok().flatten()
    }

    /// Has a map run go on whose limits were changed.
    pub(crate) fn map_run_changed(&self, number: u64) {
        let _ = self.commands.send(Command::MapRunChanged(number));
    }

    /// Says that an execution of a map run has ended.
    #[cfg(test)]
    pub(crate) fn child_ended(&self, ended: super::map_runs::ChildEnded) {
        let _ = self.commands.send(Command::ChildEnded(Box::new(ended)));
    }

    /// What is counted of handlers.
    pub(crate) fn handlers(&self) -> &PoolCounts {
        &self.handlers
    }

    /// Ends the thread and waits a short time for it.
    pub(crate) fn stop(&self) {
        let _ = self.commands.send(Command::Stop);
        let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let until = Instant::now() + GRACE;
        while !thread.is_finished() && Instant::now() < until {
            std::thread::park_timeout(Duration::from_millis(1));
        }
        if thread.is_finished() {
            let _ = thread.join();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_panics_is_told_from_one_that_ends() {
        for panics in [false, true] {
            let gone = Arc::<AtomicBool>::default();
            let obituary = Obituary(Arc::clone(&gone));
            let ended = std::thread::spawn(move || {
                let _obituary = obituary;
                assert!(!panics, "on purpose");
            });
            assert_eq!(ended.join().is_err(), panics);
            assert_eq!(gone.load(Ordering::Acquire), panics);
        }
    }
}
