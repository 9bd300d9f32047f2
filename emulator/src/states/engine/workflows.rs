//! The loop over what happens next. It owns the timers.

mod alarm;
mod calls;
mod maps;
mod requests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::time::{Duration, Instant};

use self::alarm::{Alarm, Alarms, What};
use self::calls::Whose;
use super::command::Command;
use crate::allocator::give_memory_back;
use crate::clock::Clock;
use crate::doubles::{Client, Doubles};
use crate::functions::{Console, Library, Pool, PoolCounts};
use crate::platform::lower_priority;
use crate::states::activities::Activities;
use crate::states::asl::Randomness;
use crate::states::launch::Launcher;
use crate::states::map_runs::MapRuns;
use crate::states::route::Router;
use crate::states::run::{Effect, Happening};
use crate::states::store::Store;

/// How often the threads of handlers are looked at while some are at work.
const LOOK: Duration = Duration::from_millis(2);
/// How often idle environments are looked at, and memory that is free is given back.
const TIDY: Duration = Duration::from_secs(5);

/// What the thread works with.
pub(crate) struct Equipment {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Arc<Store>,
    pub(crate) launcher: Arc<Launcher>,
    pub(crate) activities: Arc<Activities>,
    pub(crate) map_runs: Arc<MapRuns>,
    pub(crate) doubles: Arc<Doubles>,
    pub(crate) router: Router,
    pub(crate) library: Library,
    pub(crate) console: Console,
    pub(crate) seed: u64,
}

/// The workflow thread.
pub(super) struct Workflows {
    clock: Arc<dyn Clock>,
    store: Arc<Store>,
    launcher: Arc<Launcher>,
    activities: Arc<Activities>,
    map_runs: Arc<MapRuns>,
    doubles: Arc<Doubles>,
    router: Router,
    client: Client,
    console: Console,
    sender: Sender<Command>,
    commands: Receiver<Command>,
    pool: Pool<Whose>,
    alarms: Alarms,
    work: VecDeque<Work>,
    randomness: Randomness,
    /// Endpoints that have not answered, and files that are being read or written.
    out: usize,
    /// When idle environments and free memory are looked at next; `None` where time is virtual.
    tidy: Option<Instant>,
    /// When the threads of handlers are looked at next.
    look: Option<Instant>,
    /// Who waits until everything is done.
    settlers: Vec<Sender<Option<Duration>>>,
    /// The execution that something is being done for.
    served: Option<u64>,
}

/// One thing that is to be done now.
enum Work {
    /// What an execution wants done.
    Effect(u64, Effect),
    /// A map run has its turn.
    MapRun(u64),
    /// An execution is told what its map run wants of it.
    Tell(u64, Happening),
}

/// Whether somebody still waits for an alarm.
fn matters(alarm: &Alarm, store: &Store, activities: &Activities) -> bool {
    match alarm.what {
        What::Timer(execution, timer) => store.awaits_timer(execution, timer),
        What::Poll => activities.is_polled(),
    }
}

impl Workflows {
    pub(super) fn new(equipment: Equipment, sender: Sender<Command>, commands: Receiver<Command>) -> Self {
        let Equipment { clock, store, launcher, activities, map_runs, doubles, router, library, console, seed } =
            equipment;
        let reports = sender.clone();
        let pool = Pool::new(library, console.clone(), move |returned| {
            // After the stop nobody listens, as it should be.
            let _ = reports.send(Command::Returned(returned));
        });
        let tidy = (!clock.is_virtual()).then(|| Instant::now() + TIDY);
        Self {
            clock,
            store,
            launcher,
            activities,
            map_runs,
            doubles,
            router,
            client: Client::default(),
            console,
            sender,
            commands,
            pool,
            alarms: Alarms::default(),
            work: VecDeque::new(),
            randomness: Randomness::seeded(seed),
            out: 0,
            tidy,
            look: None,
            settlers: Vec::new(),
            served: None,
        }
    }

    /// What is counted of handlers.
    pub(super) fn handlers(&self) -> &Arc<PoolCounts> {
        self.pool.counts()
    }

    /// Runs until it is told to stop.
    pub(super) fn run(mut self) {
        // Requests are answered first.
        lower_priority();
        loop {
            loop {
                match self.commands.try_recv() {
                    Ok(Command::Stop) | Err(TryRecvError::Disconnected) => return,
                    Ok(command) => self.obey_safely(command),
                    Err(TryRecvError::Empty) => break,
                }
            }
            let look = self.contain(Self::look_after_threads).flatten();
            // What has panicked was taken out of its queue before: there may be more.
            if self.contain(Self::progress).unwrap_or(true) {
                continue;
            }
            let wait = self.wait(look);
            if !self.settlers.is_empty() && !self.is_waiting() && wait.is_none_or(|wait| !wait.is_zero()) {
                let next = self.next_alarm_or_wake();
                for told in self.settlers.drain(..) {
                    // Whoever asked may have gone.
                    let _ = told.send(next);
                }
            }
            let command = match wait {
                None => self.commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(length) => self.commands.recv_timeout(length),
            };
            match command {
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(command) => self.obey_safely(command),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Does something; `None` after a panic, which ends the execution that it was done for and nothing else.
    fn contain<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.served = None;
        let store = Arc::clone(&self.store);
        let done = store.panics.contain(|| work(self));
        if done.is_none()
            && let Some(execution) = self.served.take()
        {
            let effects = store.step(execution, Happening::Broken, self.clock.now());
            self.accept(execution, effects);
        }
        done
    }

    fn obey_safely(&mut self, command: Command) {
        let _ = self.contain(|this| this.obey(command));
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Effects(execution, effects) => self.accept(execution, effects),
            Command::Returned(returned) => {
                let answered = self.pool.take(returned, self.clock.now());
                self.handled(answered);
            }
            Command::Answered((execution, key), answer) => self.complete(execution, key, answer),
            Command::Invoke(invoke) => self.invoke(*invoke),
            Command::ChildEnded(ended) => self.child_ended(&ended),
            Command::MapRunChanged(number) => self.resume_map_run(number),
            Command::CameIn => self.out -= 1,
            Command::Settle(told) => self.settlers.push(told),
            Command::Poll(at) => self.set(Alarm { at, what: What::Poll }),
            Command::Stop => unreachable!("whoever receives it ends the loop"),
        }
    }

    fn accept(&mut self, execution: u64, effects: Vec<Effect>) {
        self.work.extend(effects.into_iter().map(|effect| Work::Effect(execution, effect)));
    }

    /// How long to wait for a command, if not for ever.
    fn wait(&mut self, look: Option<Instant>) -> Option<Duration> {
        let deadline = self.next_deadline();
        let real = [look, self.tidy].into_iter().flatten().min();
        let until = |at: Instant| at.saturating_duration_since(Instant::now());
        if self.clock.is_virtual() && self.is_waiting() {
            // Time stands still while work is done.
            return real.map(until);
        }
        let virtually = deadline.map(|deadline| self.clock.block_for(deadline));
        virtually.into_iter().chain(real.map(until)).min()
    }

    /// Whether handlers or endpoints have yet to answer.
    fn is_waiting(&self) -> bool {
        self.pool.is_at_work() || self.out > 0
    }

    /// Sees to the threads and environments of handlers, and to what is free; says when to look again.
    fn look_after_threads(&mut self) -> Option<Instant> {
        if !self.pool.is_at_work() && self.tidy.is_none() {
            return None;
        }
        let now = Instant::now();
        if let Some(look) = self.look
            && look > now
        {
            return Some(look);
        }
        if self.tidy.is_some_and(|tidy| tidy <= now) {
            self.pool.give_back(self.clock.now());
            give_memory_back();
            self.tidy = Some(now + TIDY);
        }
        let (ended, look) = self.pool.look_after(now);
        // Not at every turn of the loop: the threads need the same lock.
        self.look = look.map(|_| now + LOOK);
        for answered in ended {
            self.handled(Some(answered));
        }
        self.look
    }

    /// Does one thing that can be done now, if there is one.
    fn progress(&mut self) -> bool {
        if self.clock.is_virtual() && self.is_waiting() {
            // One after the other, so that the same seed tells the same story.
            return false;
        }
        let now = self.clock.now();
        // What is late goes before what is new: starts that keep coming would otherwise hold up every end, and with it
        // the environments that the starts wait for.
        if self.next_alarm_or_wake().is_some_and(|at| at < now) {
            return self.progress_by_time(now);
        }
        let Some(work) = self.work.pop_front() else { return self.progress_by_time(now) };
        match work {
            Work::Effect(execution, effect) => self.perform(execution, effect, now),
            Work::MapRun(number) => self.turn_of_map_run(number, now),
            Work::Tell(execution, happening) => self.step(execution, happening, now),
        }
        true
    }

    fn perform(&mut self, execution: u64, effect: Effect, now: Duration) {
        self.served = Some(execution);
        match effect {
            Effect::Call(key, call) => self.call(execution, key, &call, now),
            Effect::Continue => self.step(execution, Happening::Continue, now),
            Effect::Timer(timer, at) => self.set(Alarm { at, what: What::Timer(execution, timer) }),
            Effect::Read(key, reading) => self.read_items(execution, key, *reading),
            Effect::MapRun(key, order) => self.begin_map_run(execution, key, *order, now),
            Effect::Inputs(key, inputs) => self.give_inputs(execution, key, inputs),
            Effect::StopMapRun(key) => self.stop_map_run(execution, key),
            Effect::Finished => {}
        }
    }

    /// Tells an execution what happened, and has done what it wants.
    fn step(&mut self, execution: u64, happening: Happening, now: Duration) {
        self.served = Some(execution);
        let effects = self.store.step(execution, happening, now);
        self.accept(execution, effects);
    }

    /// Does what is due, if something is.
    fn progress_by_time(&mut self, now: Duration) -> bool {
        // In the order of their times, so that a virtual clock tells the same story as a real one.
        let alarm = self.alarms.first().map(|alarm| alarm.at);
        let wake = self.pool.next_wake();
        if wake.is_some_and(|wake| wake <= now && alarm.is_none_or(|alarm| wake <= alarm)) {
            let answered = self.pool.wake(now);
            self.handled(answered);
            return true;
        }
        if alarm.is_none_or(|alarm| alarm > now) {
            return false;
        }
        let alarm = self.alarms.take().expect("the alarm was just looked at");
        match alarm.what {
            What::Timer(execution, timer) => self.step(execution, Happening::Timer(timer), now),
            What::Poll => self.activities.give_up(now),
        }
        true
    }

    fn set(&mut self, alarm: Alarm) {
        let (store, activities) = (&self.store, &self.activities);
        self.alarms.set(alarm, |alarm| matters(alarm, store, activities));
    }

    /// When the next thing happens by itself. Alarms that no longer matter are dropped here: a virtual clock would
    /// jump to them.
    fn next_deadline(&mut self) -> Option<Duration> {
        while self.alarms.first().is_some_and(|alarm| !matters(alarm, &self.store, &self.activities)) {
            self.alarms.take();
        }
        self.next_alarm_or_wake()
    }

    fn next_alarm_or_wake(&self) -> Option<Duration> {
        let alarm = self.alarms.first().map(|alarm| alarm.at);
        alarm.into_iter().chain(self.pool.next_wake()).min()
    }
}
