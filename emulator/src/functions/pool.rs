//! Environments as Lambda keeps them: one invocation at a time in each, used again when it is over, more of them as
//! more are needed, given back when they have been idle for long. Their JavaScript runs on the threads for handlers.

mod idle;
mod invocations;
mod reporter;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use self::idle::Idle;
use self::invocations::{Invocations, Sleeping, Work};
use self::reporter::{Came, Reporter};
use super::console::Console;
use super::environment::Environment;
use super::error::{FunctionError, InvocationResult};
use super::invocation::Invocation;
use super::library::{Code, Library};
use super::memory::{Memory, MemoryShare};
use super::qualifier::Qualifier;
use super::script::Script;
use super::threads::{Job, MAX_ABANDONED, Threads, Ticket};

pub(crate) use reporter::Returned;

/// How long after its time-out a handler may take to notice: an endless loop is interrupted at once, a call of the
/// engine's own, such as a long search in a text, is not.
const GRACE: Duration = Duration::from_millis(250);
/// Handlers in Rust have no time-out.
const NO_LIMIT: Duration = Duration::from_hours(24 * 365);
/// This part of what all environments may hold makes an idle one large.
const LARGE: usize = 256;
/// This part of it is what large idle ones may hold together.
const LARGE_TOGETHER: usize = 8;

/// All environments, and the invocations that are under way in them. `T` says whose an invocation is.
pub(crate) struct Pool<T> {
    library: Library,
    console: Console,
    threads: Threads,
    /// Told when a thread has come back with something for [`Self::take`].
    report: Arc<dyn Fn(Returned) + Send + Sync>,
    /// What all environments hold.
    memory: Arc<Memory>,
    idle: Idle,
    /// The invocations that are under way.
    invocations: Invocations<T>,
    counts: Arc<PoolCounts>,
    /// Invocations that a thread is at, or that wait for one.
    at_work: usize,
    /// When which sleeping invocation has to be looked after.
    wakes: BTreeSet<(Duration, usize)>,
}

/// What a pool counts.
#[derive(Debug)]
pub(crate) struct PoolCounts {
    /// Threads that are left behind at this moment.
    pub(crate) abandoned: AtomicUsize,
    /// Invocations so far that were refused, since as many were under way as may be, or since there was no room.
    pub(crate) throttled: AtomicU64,
    /// Of these, those that there was no memory for.
    pub(crate) without_room: AtomicU64,
    /// What all environments hold.
    pub(crate) memory: Arc<Memory>,
}

impl<T> Pool<T> {
    /// A pool that `report`s from its threads.
    pub(crate) fn new(library: Library, console: Console, report: impl Fn(Returned) + Send + Sync + 'static) -> Self {
        let (idle, memory) = (Idle::of(library.functions.len()), Arc::new(Memory::new(library.memory)));
        let (abandoned, throttled, without_room) = Default::default();
        let counts = PoolCounts { abandoned, throttled, without_room, memory: Arc::clone(&memory) };
        Self {
            library,
            console,
            threads: Threads::new(),
            report: Arc::new(report),
            memory,
            idle,
            invocations: Invocations::default(),
            counts: Arc::new(counts),
            at_work: 0,
            wakes: BTreeSet::new(),
        }
    }

    /// Begins an invocation. Its answer comes from [`Self::take`], [`Self::wake`] or [`Self::abandon`], or at once if it
    /// is refused.
    pub(crate) fn invoke(
        &mut self,
        whose: T,
        function: usize,
        payload: &str,
        (request_id, qualifier): (String, Qualifier),
        now: Duration,
    ) -> Option<(T, InvocationResult)> {
        let spec = &self.library.functions[function];
        if self.invocations.len() >= self.library.concurrency {
            self.counts.throttled.fetch_add(1, Ordering::Relaxed);
            return Some((whose, Err(FunctionError::throttled())));
        }
        let mut invocation = Invocation { request_id, qualifier, begun: now, deadline: now + spec.timeout };
        let memory = if let Code::Script(script) = &spec.code { Some(script.memory_bytes()) } else { None };
        let idle = self.idle.take(function, invocation.qualifier.version());
        if let Some(wanted) = memory
            && !self.make_room(idle.is_none(), wanted)
        {
            if let Some(idle) = idle {
                self.idle.put(function, idle, now);
            }
            return Some((whose, Err(self.without_room())));
        }
        if memory.is_some() && idle.is_none() && !self.library.cold_start.is_zero() {
            invocation.begun += self.library.cold_start;
            invocation.deadline += self.library.cold_start;
            let sleeping = Sleeping { until: invocation.begun, work: Work::Starting(payload.to_owned()) };
            let until = sleeping.until;
            let ticket = self.invocations.hold(whose, function, invocation, Some(sleeping));
            self.wakes.insert((until, ticket.place));
            return None;
        }
        let ticket = self.invocations.hold(whose, function, invocation.clone(), None);
        let payload = payload.to_owned();
        match &self.library.functions[function].code {
            Code::Native(native) => {
                let native = native.clone();
                self.work(ticket, NO_LIMIT, move |reporter| reporter.report(Came::Over(native.call(&payload))))
            }
            Code::None(why) | Code::Elsewhere(why) => {
                let error = FunctionError::new("Runtime.ExitError", why.clone());
                Some((self.invocations.release(ticket.place).whose, Err(error)))
            }
            Code::Unloaded(_, ending) => {
                let error = ending.clone().error(&invocation, self.library.out_of_memory);
                Some((self.invocations.release(ticket.place).whose, Err(error)))
            }
            Code::Script(script) => {
                let script = Arc::clone(script);
                let limit = invocation.deadline.saturating_sub(now) + GRACE;
                match idle {
                    Some(mut environment) => self.work(ticket, limit, move |reporter| {
                        if !environment.borrow() {
                            return reporter.report(Came::Throttled(Some(Box::new(environment))));
                        }
                        let progress = environment.invoke(&script, &payload, &invocation);
                        reporter.report(Came::with(environment, progress));
                    }),
                    None => self.load(ticket, script, payload, invocation, now),
                }
            }
        }
    }

    /// Gives idle environments back for one that wants so much memory: the one that has been idle for longest, should
    /// there be as many as there may be invocations, and the largest ones where memory is short. False if it still is.
    fn make_room(&mut self, is_new: bool, wanted: usize) -> bool {
        if is_new && self.idle.len() + self.invocations.len() >= self.library.concurrency {
            let oldest = self.idle.take_oldest();
            self.take_down(oldest.into_iter().collect());
        }
        let missing = self.memory.missing(wanted);
        if missing > 0 {
            let largest = self.idle.take_largest(missing);
            self.take_down(largest);
        }
        self.memory.missing(wanted) == 0
    }

    /// An invocation is refused for want of memory.
    fn without_room(&self) -> FunctionError {
        self.counts.throttled.fetch_add(1, Ordering::Relaxed);
        if self.counts.without_room.fetch_add(1, Ordering::Relaxed) == 0 {
            self.console.write(format!(
                "stepgate: invocations are throttled, since all environments together hold {} of {} MiB (--handler-memory-mib); \
                 `handlers.without_room` under /_stepgate/counters counts them",
                self.memory.held() >> 20,
                self.memory.most() >> 20,
            ));
        }
        FunctionError::throttled()
    }

    /// Ends environments on a thread: it takes a while, and nobody waits for it.
    fn take_down(&self, mut environments: Vec<Environment>) {
        if environments.is_empty() {
            return;
        }
        environments.iter_mut().for_each(Environment::forget);
        let ticket = Ticket { place: usize::MAX, serial: 0 };
        self.threads.run(Job {
            ticket,
            limit: NO_LIMIT,
            work: Box::new(move || environments.into_iter().for_each(drop)),
        });
    }

    /// Loads an environment and begins in it.
    fn load(
        &mut self,
        ticket: Ticket,
        script: Arc<Script>,
        payload: String,
        invocation: Invocation,
        now: Duration,
    ) -> Option<(T, InvocationResult)> {
        /// Lambda gives a module ten seconds to load.
        const INIT: Duration = Duration::from_secs(10);
        let (console, stopping) = (self.console.clone(), Arc::clone(self.threads.stopping()));
        let (limits, memory) = (self.threads.limits(), Arc::clone(&self.memory));
        self.work(ticket, INIT + GRACE, move |reporter| {
            let Some(share) = MemoryShare::of(&memory, script.memory_bytes()) else {
                return reporter.report(Came::Throttled(None));
            };
            match Environment::load(&script, invocation.qualifier.version(), share, &console, &stopping, now) {
                Ok(mut environment) => {
                    limits.begin_anew(ticket, invocation.deadline.saturating_sub(invocation.begun) + GRACE);
                    reporter.loaded();
                    let progress = environment.invoke(&script, &payload, &invocation);
                    reporter.report(Came::with(environment, progress));
                }
                Err(failure) => reporter.report(Came::Over(Err(failure.told(&invocation, script.out_of_memory)))),
            }
        })
    }

    /// Hands work over to a thread.
    fn work(
        &mut self,
        ticket: Ticket,
        limit: Duration,
        work: impl FnOnce(Reporter) + Send + 'static,
    ) -> Option<(T, InvocationResult)> {
        let report = Arc::clone(&self.report);
        // Dropped without having run, it must not report: there is nobody yet to be told.
        let work = Box::new(move || work(Reporter::new(ticket, report)));
        if self.threads.run(Job { ticket, limit, work }) {
            self.at_work += 1;
            return None;
        }
        let busy = self.invocations.release(ticket.place);
        let message =
            format!("handlers hold all threads: {MAX_ABANDONED} of them have not come back from their time-outs");
        Some((busy.whose, Err(FunctionError::new("Runtime.ExitError", message))))
    }

    /// Takes in what a thread has come back with; the answer of the invocation, if it is over.
    pub(crate) fn take(&mut self, returned: Returned, now: Duration) -> Option<(T, InvocationResult)> {
        let Returned { ticket, came } = returned;
        if !self.invocations.is_current(ticket) {
            // Its thread was left behind and it has been answered already.
            return None;
        }
        if matches!(came, Came::Loaded) {
            // Whoever looks after the threads has been woken, and learns of the new limit.
            return None;
        }
        self.at_work -= 1;
        let answer = match came {
            Came::Loaded => unreachable!("its thread goes on, and comes back once more"),
            Came::Over(answer) => answer,
            Came::Answered(environment, answer) => {
                self.put_by(ticket, *environment, now);
                answer
            }
            Came::Throttled(environment) => {
                if let Some(environment) = environment {
                    self.put_by(ticket, *environment, now);
                }
                Err(self.without_room())
            }
            Came::Asleep(environment, until) => {
                let busy = self.invocations.at(ticket.place);
                let until = until.min(busy.invocation.deadline);
                busy.sleeping = Some(Sleeping { until, work: Work::Running(*environment) });
                self.wakes.insert((until, ticket.place));
                return None;
            }
        };
        Some((self.invocations.release(ticket.place).whose, answer))
    }

    /// Keeps an environment for the next invocation of its function, unless those that are large keep too much together.
    fn put_by(&mut self, ticket: Ticket, environment: Environment, now: Duration) {
        let is_large = environment.held() > self.memory.most() / LARGE;
        let function = self.invocations.at(ticket.place).function;
        self.idle.put(function, environment, now);
        if is_large {
            let most = self.memory.most();
            let largest = self.idle.take_beyond(most / LARGE, most / LARGE_TOGETHER);
            self.take_down(largest);
        }
    }

    /// When [`Self::wake`] has something to do.
    pub(crate) fn next_wake(&self) -> Option<Duration> {
        self.wakes.first().map(|first| first.0)
    }

    /// Goes on with the first invocation whose time has come; what it answers, if it has timed out.
    pub(crate) fn wake(&mut self, now: Duration) -> Option<(T, InvocationResult)> {
        let (due, place) = *self.wakes.first()?;
        if due > now {
            return None;
        }
        self.wakes.remove(&(due, place));
        let ticket = self.invocations.ticket(place);
        let busy = self.invocations.at(place);
        let (function, invocation) = (busy.function, busy.invocation.clone());
        let sleeping = busy.sleeping.take().expect("only sleeping invocations have an alarm, and each has one");
        let Code::Script(script) = &self.library.functions[function].code else {
            unreachable!("only scripts sleep or start cold")
        };
        let script = Arc::clone(script);
        match sleeping.work {
            Work::Starting(payload) => self.load(ticket, script, payload, invocation, now),
            Work::Running(_) if now >= invocation.deadline => {
                let error = FunctionError::timed_out(&invocation);
                Some((self.invocations.release(place).whose, Err(error)))
            }
            Work::Running(mut environment) => {
                let limit = invocation.deadline.saturating_sub(now) + GRACE;
                self.work(ticket, limit, move |reporter| {
                    let progress = environment.wake(&invocation, now);
                    reporter.report(Came::with(environment, progress));
                })
            }
        }
    }

    /// Whether a thread is at some invocation, or will be.
    pub(crate) fn is_at_work(&self) -> bool {
        self.at_work > 0
    }

    /// Looks after the threads: more of them when work waits, and an end to what is overdue. Says what was ended and
    /// when to look again.
    pub(crate) fn look_after(&mut self, now: Instant) -> (Vec<(T, InvocationResult)>, Option<Instant>) {
        if self.at_work == 0 {
            return (Vec::new(), None);
        }
        let mut ended = Vec::new();
        let overdue = self.threads.abandon(now);
        self.counts.abandoned.store(self.threads.abandoned(), Ordering::Relaxed);
        for ticket in overdue {
            if !self.invocations.is_current(ticket) {
                continue;
            }
            self.at_work -= 1;
            let busy = self.invocations.release(ticket.place);
            let name = &self.library.functions[busy.function].name;
            let abandoned = self.threads.abandoned();
            self.console.write(format!(
                "stepgate: handler `{name}` has not come back from its time-out; its thread is left behind ({abandoned} now, \
                 {MAX_ABANDONED} at most)"
            ));
            ended.push((busy.whose, Err(FunctionError::timed_out(&busy.invocation))));
        }
        let look = [self.threads.relieve(now), self.threads.next_overdue()].into_iter().flatten().min();
        (ended, look)
    }

    /// What a pool counts, for others to read at any time.
    pub(crate) fn counts(&self) -> &Arc<PoolCounts> {
        &self.counts
    }

    /// Gives environments back that have been idle for long.
    pub(crate) fn give_back(&mut self, now: Duration) {
        let old = self.idle.take_old(now);
        self.take_down(old);
    }
}
