//! The threads that handlers run on. A handler that does not come back costs its own thread only: it is left behind,
//! and another takes its place.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::platform::lower_priority;

/// The engine that runs handlers recurses on the machine's stack.
const STACK: usize = 4 * 1024 * 1024;
/// Most threads at work; handlers that only wait for a timer need none.
const MAX_THREADS: usize = 64;
/// Most threads that are left behind before handlers are refused.
pub(super) const MAX_ABANDONED: usize = 16;
/// When the work at the head of the queue has waited so long, another thread may be started for it.
const PATIENCE: Duration = Duration::from_millis(10);
/// A thread that has been at one piece of work for so long does not count as one that comes back in time. Long enough for
/// a thread that has little of a processor, because requests are answered first.
const STUCK: Duration = Duration::from_millis(100);

/// A piece of work, named by the place and the serial number of its invocation.
pub(super) struct Job {
    pub(super) ticket: Ticket,
    /// How long it may take at most, from the moment when a thread takes it up.
    pub(super) limit: Duration,
    pub(super) work: Box<dyn FnOnce() + Send>,
}

/// Whose a piece of work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Ticket {
    pub(super) place: usize,
    pub(super) serial: u64,
}

/// The threads, from outside.
pub(super) struct Threads {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    work: Condvar,
    /// Those of the machine: as many threads stay when there is nothing to do.
    processors: usize,
    /// Seen by the JavaScript that runs.
    stopping: Arc<AtomicBool>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<(Instant, Job)>,
    /// What each busy thread is at.
    running: Vec<Running>,
    started: u64,
    alive: usize,
    waiting: usize,
    abandoned: usize,
}

/// What the thread of a number is at, and when that must be over.
#[derive(Clone, Copy)]
struct Running {
    thread: u64,
    ticket: Ticket,
    since: Instant,
    over: Instant,
}

impl State {
    /// Takes note that a thread has come back from its work; false if it was left behind meanwhile.
    fn is_back(&mut self, thread: u64) -> bool {
        let found = self.running.iter().position(|running| running.thread == thread);
        found.map(|place| self.running.swap_remove(place)).is_some()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets limits anew, from the thread that is at the work.
pub(super) struct WorkLimits(Arc<Shared>);

impl WorkLimits {
    /// What a thread is at may take so long from now on, whatever it was given before.
    pub(super) fn begin_anew(&self, ticket: Ticket, limit: Duration) {
        let mut state = self.0.state();
        if let Some(running) = state.running.iter_mut().find(|running| running.ticket == ticket) {
            running.over = Instant::now() + limit;
        }
    }
}

impl Threads {
    pub(super) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let shared = Shared { state: Mutex::default(), work: Condvar::new(), processors, stopping: Arc::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Set once everything is to end.
    pub(super) fn stopping(&self) -> &Arc<AtomicBool> {
        &self.shared.stopping
    }

    /// Takes limits to where the work is.
    pub(super) fn limits(&self) -> WorkLimits {
        WorkLimits(Arc::clone(&self.shared))
    }

    /// Hands a piece of work over. False when no thread is left to do it.
    pub(super) fn run(&self, job: Job) -> bool {
        let mut state = self.shared.state();
        state.queue.push_back((Instant::now(), job));
        if state.waiting > 0 {
            self.shared.work.notify_one();
        } else if state.alive == 0 {
            self.start(&mut state);
        }
        let helped = state.alive > 0;
        if !helped {
            state.queue.pop_back();
        }
        helped
    }

    /// Starts another thread if work has been waiting too long and those that come back in time are fewer than the
    /// machine's processors; says when to look again. More of them than that would only take turns with the thread that
    /// answers requests: with 64 it answered a thousand a second.
    pub(super) fn relieve(&self, now: Instant) -> Option<Instant> {
        let mut state = self.shared.state();
        let since = state.queue.front()?.0;
        if now < since + PATIENCE {
            return Some(since + PATIENCE);
        }
        let stuck = state.running.iter().filter(|running| running.since + STUCK < now).count();
        // One a look: most queues are short.
        if state.alive - stuck < self.shared.processors {
            self.start(&mut state);
        }
        Some(now + PATIENCE)
    }

    fn start(&self, state: &mut State) {
        if state.alive >= MAX_THREADS {
            return;
        }
        state.started += 1;
        let (number, shared) = (state.started, Arc::clone(&self.shared));
        let thread = std::thread::Builder::new().name("handlers".to_owned()).stack_size(STACK);
        if thread.spawn(move || labour(&shared, number)).is_ok() {
            state.alive += 1;
        }
    }

    /// When the first piece of work under way is overdue.
    pub(super) fn next_overdue(&self) -> Option<Instant> {
        self.shared.state().running.iter().map(|running| running.over).min()
    }

    /// Leaves threads behind whose work is overdue, and tells whose work that was.
    pub(super) fn abandon(&self, now: Instant) -> Vec<Ticket> {
        let mut state = self.shared.state();
        let overdue: Vec<Running> = state.running.iter().filter(|running| running.over <= now).copied().collect();
        let mut tickets = Vec::with_capacity(overdue.len());
        for Running { thread, ticket, .. } in overdue {
            state.is_back(thread);
            tickets.push(ticket);
            state.abandoned += 1;
            state.alive -= 1;
            if state.abandoned <= MAX_ABANDONED {
                self.start(&mut state);
            }
        }
        tickets
    }

    /// Threads that are left behind at this moment.
    pub(super) fn abandoned(&self) -> usize {
        self.shared.state().abandoned
    }
}

impl Drop for Threads {
    /// Ends the JavaScript that runs and lets the threads end by themselves: nobody waits for them.
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        self.shared.state().queue.clear();
        self.shared.work.notify_all();
    }
}

/// What a thread does until it is told to stop or has been left behind.
fn labour(shared: &Shared, number: u64) {
    lower_priority();
    let mut state = shared.state();
    loop {
        if shared.stopping.load(Ordering::Relaxed) {
            return;
        }
        let Some((_, job)) = state.queue.pop_front() else {
            if state.waiting >= shared.processors {
                // It was started while others were stuck. Kept, it would take turns with them and never be idle for long.
                state.alive -= 1;
                return;
            }
            state.waiting += 1;
            state = shared.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
            continue;
        };
        let since = Instant::now();
        state.running.push(Running { thread: number, ticket: job.ticket, since, over: since + job.limit });
        drop(state);
        // Whoever waits for the work is told of a panic by the work's own guard.
        let _ = catch_unwind(AssertUnwindSafe(job.work));
        state = shared.state();
        if !state.is_back(number) {
            // It was left behind, and its place is taken.
            state.abandoned -= 1;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn threads_that_were_started_while_others_were_stuck_end_when_all_are_back() {
        let threads = Threads::new();
        let (over, more) = (Duration::from_mins(1), 3);
        let (begun, begins) = mpsc::channel();
        let stuck: Vec<_> = (0..threads.shared.processors + more)
            .map(|place| {
                let (release, released) = mpsc::channel::<()>();
                let begun = begun.clone();
                let work = Box::new(move || {
                    begun.send(()).unwrap();
                    let _ = released.recv();
                });
                threads.run(Job { ticket: Ticket { place, serial: 0 }, limit: over, work });
                // Whoever is at work for a second counts as stuck.
                threads.relieve(Instant::now() + Duration::from_secs(1));
                begins.recv().unwrap();
                release
            })
            .collect();
        assert!(threads.shared.state().alive >= threads.shared.processors + more, "each piece of work holds one");
        drop(stuck);
        let patience = Instant::now() + Duration::from_mins(1);
        while threads.shared.state().alive > threads.shared.processors {
            assert!(Instant::now() < patience, "{} threads are left", threads.shared.state().alive);
            std::thread::yield_now();
        }
        assert_eq!(threads.shared.state().alive, threads.shared.processors);
    }
}
