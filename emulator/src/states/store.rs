//! The executions that are known: found by name, by number, and newest first.
//!
//! Sharded by name, so that starts do not wait for each other. A finished execution is its name, its times and its log; of
//! the logs only the newest are kept, within a bound of bytes.
//! The run of one under way is taken out while a thread works on it, for one expression may take long: what happens to
//! it meanwhile is left for that thread, and only who wants to look at that very run waits.

mod place;
mod shard;

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use foldhash::fast::FixedState;

use super::execution::{Execution, ExecutionStatus, MapRunMember, Running, Stage, TRIED_OUT, Waiter};
use super::panics::Panics;
use super::run::{Effect, Happening, Key, Outcome, Plan, Run, Timer};
use super::wire::millis;
use crate::doubles::TestCase;
use place::Place;
use shard::{Shard, hash};

/// Most shards; a power of two that fits the low bits of an id.
const SHARD_BITS: u32 = 4;
const SHARDS: usize = 1 << SHARD_BITS;
/// Bytes of the logs of ended executions of map runs that are remembered: one request may begin tens of thousands.
const MAP_RUN_BYTES: usize = 32 << 20;
/// With fewer executions to remember than this, one shard keeps the count exact.
const RETAIN_FOR_SHARDS: usize = 10_000;

/// All executions.
#[derive(Debug)]
pub(crate) struct Store {
    shards: Box<[Place]>,
    hasher: FixedState,
    /// Ended executions that a shard remembers.
    retain: usize,
    /// Bytes of the logs of ended executions that all shards remember.
    retain_bytes: usize,
    limits: OpenLimits,
    /// Open executions, those of map runs and trials among them.
    open: AtomicUsize,
    /// Bytes of their histories and variables.
    held: AtomicUsize,
    /// Bytes of the logs of ended executions.
    remembered: AtomicUsize,
    sequence: AtomicU64,
    started: AtomicU64,
    ended: [AtomicU64; 4],
    /// Panics that cost no more than an execution.
    pub(crate) panics: Panics,
}

/// How much of ended executions is remembered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retained {
    /// Executions: their names, times and ways to end.
    pub(crate) executions: usize,
    /// Bytes of their histories, their inputs and results among them.
    pub(crate) bytes: usize,
}

/// How much may be open at a time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenLimits {
    /// Most executions that callers and tasks may have open.
    pub(crate) executions: usize,
    /// Bytes of the histories and variables of all open executions, their inputs among them, beyond which none
    /// is started. With twice as many, those that are open fail instead of writing more.
    pub(crate) bytes: usize,
}

/// An execution to be started.
pub(crate) struct Start<'a> {
    pub(crate) machine: usize,
    pub(crate) plan: &'a Arc<Plan>,
    pub(crate) name: &'a str,
    pub(crate) express: Option<Box<str>>,
    pub(crate) trace: Option<&'a str>,
    pub(crate) now: Duration,
    pub(crate) waiter: Option<Waiter>,
    pub(crate) map_run: Option<MapRunMember>,
}

/// What became of a start.
#[derive(Debug)]
pub(crate) enum Started {
    /// It runs, or has already ended; the effects are for the workflow thread.
    New(u64, Vec<Effect>),
    /// One of that name and input is under way; when it started.
    Same(u64),
    /// One of that name is there with another input, or has ended.
    Exists,
    /// As much is open as may be.
    Full,
}

/// How many executions there were and are, since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Executions started; an idempotent repetition counts once.
    pub started: u64,
    /// Executions that have not ended.
    pub running: u64,
    /// Executions that reached the end of their machine.
    pub succeeded: u64,
    /// Executions that ended with an error.
    pub failed: u64,
    /// Executions that outlived their machine's `TimeoutSeconds`.
    pub timed_out: u64,
    /// Executions that were stopped.
    pub aborted: u64,
}

impl Store {
    /// An empty store.
    pub(crate) fn new(retain: Retained, limits: OpenLimits) -> Self {
        let Retained { executions: retain, bytes: retain_bytes } = retain;
        let shards = if retain < RETAIN_FOR_SHARDS { 1 } else { SHARDS };
        Self {
            shards: std::iter::repeat_with(Default::default).take(shards).collect(),
            hasher: FixedState::default(),
            retain: retain.div_ceil(shards),
            retain_bytes,
            limits,
            open: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
            remembered: AtomicUsize::new(0),
            sequence: AtomicU64::new(0),
            started: AtomicU64::new(0),
            ended: Default::default(),
            panics: Panics::default(),
        }
    }

    /// The same whose executions are dealt out as a seed says, which nobody can guess unless it was chosen: names are the
    /// callers' own.
    pub(crate) fn seeded(self, seed: u64) -> Self {
        Self { hasher: FixedState::with_seed(seed), ..self }
    }

    fn shard(&self, index: usize) -> MutexGuard<'_, Shard> {
        self.shards[index].lock()
    }

    fn index_of(&self, id: u64) -> usize {
        let index = usize::try_from(id).unwrap_or(usize::MAX) & (SHARDS - 1);
        index.min(self.shards.len() - 1)
    }

    fn index_of_name(&self, hash: u64) -> usize {
        // The low bits choose the place in the table, so the shard is taken from others.
        usize::try_from(hash >> 40).unwrap_or(0) & (self.shards.len() - 1)
    }

    /// The shard of an execution, when nobody works on its run.
    fn shard_of(&self, id: u64) -> MutexGuard<'_, Shard> {
        let index = self.index_of(id);
        let mut shard = self.shard(index);
        while shard.get(id).is_some_and(Execution::is_at_work) {
            shard = self.shards[index].wait(shard);
        }
        shard
    }

    /// Whether as much is open as may be.
    pub(crate) fn is_full(&self) -> bool {
        self.open.load(Ordering::Relaxed) >= self.limits.executions
            || self.held.load(Ordering::Relaxed) >= self.limits.bytes
    }

    /// Starts an execution and takes its first steps. `run` makes the run for an id.
    pub(crate) fn start(
        &self,
        start: Start<'_>,
        run: impl FnOnce(u64) -> Run,
        same_input: impl Fn(&str) -> bool,
    ) -> Started {
        let hash = hash(&self.hasher, start.machine, start.name);
        let index = self.index_of_name(hash);
        let mut shard = self.shard(index);
        while start.express.is_none()
            && let Some(found) = shard.find(hash, start.machine, start.name)
        {
            if found.is_at_work() {
                shard = self.shards[index].wait(shard);
                continue;
            }
            let same = found.status() == ExecutionStatus::Running && same_input(found.input());
            return if same { Started::Same(found.start) } else { Started::Exists };
        }
        // Executions of map runs are bounded and counted there, and trials are not counted among the machine's own.
        let is_own = start.map_run.is_none() && start.machine != TRIED_OUT;
        if start.map_run.is_none() && self.is_full() {
            return Started::Full;
        }
        self.open.fetch_add(1, Ordering::Relaxed);
        let id = (self.sequence.fetch_add(1, Ordering::Relaxed) << SHARD_BITS) | index as u64;
        if is_own {
            self.started.fetch_add(1, Ordering::Relaxed);
        }
        let run = Box::new(run(id));
        if start.express.is_none() {
            shard.names.insert_unique(hash, (hash, id), |(hash, _)| *hash);
        }
        let execution = Execution {
            id,
            machine: start.machine,
            name: start.name.into(),
            express: start.express,
            start: millis(start.now),
            trace: start.trace.map(Box::from),
            plan: Arc::clone(start.plan),
            map_run: start.map_run.map(Box::new),
            stage: Stage::Running(Running { run: None, meanwhile: VecDeque::new(), waiter: start.waiter }),
        };
        // Ids are drawn under the lock of the shard, so they arrive in order.
        shard.executions.push_back((id, Some(Box::new(execution))));
        drop(shard);
        Started::New(id, self.work_on(id, run, Happening::Start, start.now))
    }

    /// Tells a run what happened; the effects are for the workflow thread. Never waits for a run: should somebody work on it,
    /// they are told to go on with this, and have the effects.
    pub(crate) fn step(&self, id: u64, happening: Happening, now: Duration) -> Vec<Effect> {
        let mut shard = self.shards[self.index_of(id)].lock_after_the_called();
        let Some(running) = shard.running(id) else { return Vec::new() };
        let Some(run) = running.run.take() else {
            running.meanwhile.push_back((happening, now));
            return Vec::new();
        };
        drop(shard);
        self.work_on(id, run, happening, now)
    }

    /// Tells a run what came of a wait; `None` when it waits no longer, so that nothing happens in between.
    pub(crate) fn step_awaited(&self, id: u64, key: Key, happening: Happening, now: Duration) -> Option<Vec<Effect>> {
        let mut shard = self.shard_of(id);
        let run = shard.running(id)?.run.take_if(|run| run.awaits(key))?;
        drop(shard);
        Some(self.work_on(id, run, happening, now))
    }

    /// Has a run that was taken out go on, with no lock held, and puts it back.
    fn work_on(&self, id: u64, run: Box<Run>, happening: Happening, now: Duration) -> Vec<Effect> {
        let mut taken = Taken { store: self, id, run: Some(run), now };
        let mut effects = taken.step(happening, now);
        loop {
            let index = self.index_of(id);
            let mut shard = self.shard(index);
            let running = shard.running(id).expect("an execution ends with its run in its place");
            let Some((happening, now)) = running.meanwhile.pop_front() else {
                running.run = taken.run.take();
                self.end_if_over(&mut shard, id, taken.now);
                self.shards[index].call(&mut shard);
                drop(shard);
                self.fade();
                return effects;
            };
            drop(shard);
            taken.now = taken.now.max(now);
            effects.extend(taken.step(happening, now));
        }
    }

    fn end_if_over(&self, shard: &mut Shard, id: u64, now: Duration) {
        let execution = shard.get_mut(id).expect("the caller has just seen this execution under the same lock");
        let Stage::Running(running) = &mut execution.stage else { return };
        let run = running.run.as_mut().expect("the caller has just put it back");
        let (status, total) = match run.outcome() {
            None => return,
            Some(Outcome::Succeeded(_)) => (ExecutionStatus::Succeeded, 0),
            Some(Outcome::Failed(_)) => (ExecutionStatus::Failed, 1),
            Some(Outcome::TimedOut(_)) => (ExecutionStatus::TimedOut, 2),
            Some(Outcome::Aborted(_)) => (ExecutionStatus::Aborted, 3),
        };
        let stop = millis(now).max(execution.start);
        let took = three_digits(stop - execution.start);
        let size = run.held();
        let log = run.take_log();
        self.open.fetch_sub(1, Ordering::Relaxed);
        let (bytes, of_map_run) = (log.size(), execution.map_run.is_some());
        self.held.fetch_sub(size, Ordering::Relaxed);
        self.remembered.fetch_add(bytes, Ordering::Relaxed);
        let running = std::mem::replace(&mut execution.stage, Stage::Ended { status, stop, log: Some(log) });
        let Stage::Running(Running { run, waiter, .. }) = running else {
            unreachable!("it was running a few lines above")
        };
        let is_counted = execution.is_own();
        if is_counted {
            self.ended[total].fetch_add(1, Ordering::Relaxed);
        }
        if let (Some(waiter), Some(run)) = (waiter, run) {
            let _ = self.panics.contain(|| (waiter.0)(execution, &run, &self.panics));
        }
        if is_counted {
            *shard.durations.entry(took).or_default() += 1;
        }
        shard.ended.push_back(id);
        if of_map_run {
            let forgotten = shard.ended_in_map_run(id, bytes, MAP_RUN_BYTES / self.shards.len());
            self.remembered.fetch_sub(forgotten, Ordering::Relaxed);
        }
        while shard.ended.len() > self.retain {
            self.remembered.fetch_sub(shard.forget_one(&self.hasher), Ordering::Relaxed);
        }
    }

    /// Forgets the oldest logs until the others have no more bytes than are remembered. What is known of their executions
    /// besides stays, so that counts, names and ways to end are not lost with them.
    fn fade(&self) {
        while self.remembered.load(Ordering::Relaxed) > self.retain_bytes {
            let oldest =
                (0..self.shards.len()).filter_map(|index| Some((self.shard(index).oldest_log()?, index))).min();
            let Some((_, index)) = oldest else { return };
            let bytes = self.shard(index).fade_one();
            self.remembered.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// Whether a timer can still matter; while somebody works on the run, it may.
    pub(crate) fn awaits_timer(&self, id: u64, timer: Timer) -> bool {
        let mut shard = self.shard(self.index_of(id));
        shard.running(id).is_some_and(|running| running.run.as_ref().is_none_or(|run| run.awaits_timer(timer)))
    }

    /// Whether a task token is still out.
    pub(crate) fn awaits(&self, id: u64, key: Key) -> bool {
        self.shard_of(id).running(id).and_then(|running| running.run.as_ref()).is_some_and(|run| run.awaits(key))
    }

    /// The ARN of an execution under way, and the responses that stand in for its tasks.
    pub(crate) fn identity(&self, id: u64) -> Option<(String, Option<Arc<TestCase>>)> {
        let mut shard = self.shard_of(id);
        let run = shard.running(id)?.run.as_ref()?;
        Some((run.arn().to_owned(), run.case()))
    }

    /// Looks at an execution by number.
    pub(crate) fn by_id<T>(&self, id: u64, look: impl FnOnce(&Execution) -> T) -> Option<T> {
        self.shard_of(id).get(id).map(look)
    }

    /// Looks at a Standard execution by name.
    pub(crate) fn by_name<T>(&self, machine: usize, name: &str, look: impl FnOnce(&Execution) -> T) -> Option<T> {
        let hash = hash(&self.hasher, machine, name);
        let index = self.index_of_name(hash);
        let mut shard = self.shard(index);
        while shard.find(hash, machine, name).is_some_and(Execution::is_at_work) {
            shard = self.shards[index].wait(shard);
        }
        shard.find(hash, machine, name).map(look)
    }

    /// The newest executions before `before` that please, newest first; and whether there are more. Nobody looks at their
    /// events: somebody may work on their runs.
    pub(crate) fn newest<T>(
        &self,
        before: u64,
        limit: usize,
        mut look: impl FnMut(&Execution) -> Option<T>,
    ) -> (Vec<(u64, T)>, bool) {
        let mut found = Vec::new();
        for index in 0..self.shards.len() {
            let shard = self.shard(index);
            let end = shard.executions.partition_point(|(id, _)| *id < before);
            let rows =
                shard.executions.range(..end).rev().filter_map(|(id, execution)| Some((*id, execution.as_deref()?)));
            // One more than is wanted, to know whether there are more.
            found.extend(rows.filter_map(|(id, execution)| Some((id, look(execution)?))).take(limit.saturating_add(1)));
        }
        found.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
        let more = found.len() > limit;
        found.truncate(limit);
        (found, more)
    }

    /// How many executions took how many milliseconds from start to end since the start, told apart to three digits.
    pub(crate) fn durations(&self) -> BTreeMap<u64, u64> {
        let mut sum = BTreeMap::new();
        for index in 0..self.shards.len() {
            for (took, count) in &self.shard(index).durations {
                *sum.entry(*took).or_default() += count;
            }
        }
        sum
    }

    /// Totals since the start.
    pub(crate) fn counters(&self) -> Counters {
        // Ends are read first: an execution that ends meanwhile must not make `running` negative.
        let [succeeded, failed, timed_out, aborted] = self.ended.each_ref().map(|total| total.load(Ordering::Acquire));
        let started = self.started.load(Ordering::Acquire);
        let running = started.saturating_sub(succeeded + failed + timed_out + aborted);
        Counters { started, running, succeeded, failed, timed_out, aborted }
    }
}

/// A run that a thread works on. Should that thread panic, the run goes back to its place, so that nobody waits for ever.
struct Taken<'s> {
    store: &'s Store,
    id: u64,
    run: Option<Box<Run>>,
    now: Duration,
}

impl Taken<'_> {
    /// Has the run go on, and counts what it holds afterwards.
    fn step(&mut self, happening: Happening, now: Duration) -> Vec<Effect> {
        let (held, limits) = (&self.store.held, self.store.limits);
        let run = self.run.as_mut().expect("it is given back at the end alone");
        let before = run.held();
        let room = limits.bytes.saturating_mul(2).saturating_sub(held.load(Ordering::Relaxed));
        run.hold_within(before.saturating_add(room));
        let panics = &self.store.panics;
        let stepped = panics.contain(|| run.step(happening, now));
        // One execution fails then, and neither the thread nor what it does for others.
        let effects = stepped.unwrap_or_else(|| run.break_down());
        // A history only grows, but variables go with their branches.
        // So the difference may be below zero, which an atomic number takes as well.
        held.fetch_add(run.held().wrapping_sub(before), Ordering::Relaxed);
        effects
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let Some(run) = self.run.take() else { return };
        let index = self.store.index_of(self.id);
        let mut shard = self.store.shard(index);
        if let Some(running) = shard.running(self.id) {
            running.run = Some(run);
        }
        self.store.shards[index].call(&mut shard);
    }
}

/// Milliseconds with three digits that say something: a list of them stays short, however many there are.
const fn three_digits(milliseconds: u64) -> u64 {
    let mut unit = 1;
    while milliseconds / unit >= 1_000 {
        unit *= 10;
    }
    milliseconds / unit * unit
}

#[cfg(test)]
mod tests;
