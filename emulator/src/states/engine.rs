//! The workflow thread: a loop over what happens next. It owns the timers; the runs themselves stay in the store, so
//! that a call can look at them and stop them at any time, and handlers and endpoints have threads of their own.

mod alarm;
mod maps;
mod requests;

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::oneshot;

use self::alarm::{Alarm, Alarms, What};
use super::activities::Activities;
use super::asl::Randomness;
use super::data::Data;
use super::launch::Launcher;
use super::map_runs::{ChildEnded, MapRuns};
use super::nested;
use super::route::{Route, Router};
use super::run::{Call, Effect, Failure, Happening, Key, TaskResult};
use super::store::Store;
use crate::clock::Clock;
use crate::doubles::{Client, Doubles};
use crate::functions::{Console, InvocationResult, Library, Pool, PoolCounts, Returned};
use crate::platform::lower_priority;

pub(crate) use requests::Invoke;

/// How often the threads of handlers are looked at while some are at work.
const LOOK: Duration = Duration::from_millis(2);
/// How often idle environments are looked at.
const TIDY: Duration = Duration::from_secs(5);
/// How long the end of the thread is waited for: it never waits for handlers itself.
const GRACE: Duration = Duration::from_secs(1);

/// What the thread is told.
enum Command {
    /// An execution wants something done.
    Effects(u64, Vec<Effect>),
    /// A thread for handlers has come back.
    Returned(Returned),
    /// A request wants a function invoked.
    Invoke(Box<Invoke>),
    /// An endpoint or a nested execution has answered.
    Answered(Caller, Result<TaskResult, Failure>),
    /// An execution of a map run has ended.
    ChildEnded(Box<ChildEnded>),
    /// The limits of a map run were changed.
    MapRunChanged(u64),
    /// An endpoint has answered, or files were read or written, whoever waited for it.
    CameIn,
    /// Somebody wants to know when all is done that can be done by now, and when the next thing happens by itself.
    Settle(Sender<Option<Duration>>),
    /// Somebody waits for the task of an activity.
    Poll(Duration),
    /// The end.
    Stop,
}

/// Whose a call is.
pub(crate) type Caller = (u64, Key);

/// Whose an invocation is.
enum Whose {
    /// Nobody waits for it.
    Nobody,
    /// A task's; whether its answer is a function's payload.
    Task(Caller, bool),
    /// A request's that came through an API.
    Request(oneshot::Sender<Result<Data, Failure>>),
}

/// The workflow thread from outside.
#[derive(Debug)]
pub(crate) struct Engine {
    commands: Sender<Command>,
    thread: Mutex<Option<JoinHandle<()>>>,
    handlers: Arc<PoolCounts>,
}

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

impl Engine {
    /// Starts the thread.
    pub(crate) fn start(equipment: Equipment) -> std::io::Result<Self> {
        let (sender, commands) = mpsc::channel();
        let workflows = Workflows::new(equipment, sender.clone(), commands);
        let handlers = Arc::clone(workflows.pool.counts());
        let thread = std::thread::Builder::new().name("workflows".to_owned()).spawn(move || workflows.run())?;
        Ok(Self { commands: sender, thread: Mutex::new(Some(thread)), handlers })
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

struct Workflows {
    clock: Arc<dyn Clock>,
    store: Arc<Store>,
    launcher: Arc<Launcher>,
    activities: Arc<Activities>,
    map_runs: Arc<MapRuns>,
    doubles: Arc<Doubles>,
    router: Router,
    client: Client,
    sender: Sender<Command>,
    commands: Receiver<Command>,
    pool: Pool<Whose>,
    alarms: Alarms,
    work: VecDeque<(u64, Effect)>,
    randomness: Randomness,
    /// Endpoints that have not answered, and files that are being read or written.
    out: usize,
    /// When idle environments are looked at next; `None` while there are none.
    tidy: Option<Instant>,
    /// When the threads of handlers are looked at next.
    look: Option<Instant>,
    /// Who waits until everything is done.
    settlers: Vec<Sender<Option<Duration>>>,
}

/// What Lambda answers to an event.
fn accepted() -> Data {
    Data::from(json!({ "Payload": "", "StatusCode": 202 }))
}

/// Whether somebody still waits for an alarm.
fn matters(alarm: &Alarm, store: &Store, activities: &Activities) -> bool {
    match alarm.what {
        What::Timer(execution, timer) => store.awaits_timer(execution, timer),
        What::Poll => activities.is_polled(),
    }
}

impl Workflows {
    fn new(equipment: Equipment, sender: Sender<Command>, commands: Receiver<Command>) -> Self {
        let Equipment { clock, store, launcher, activities, map_runs, doubles, router, library, console, seed } =
            equipment;
        let reports = sender.clone();
        let pool = Pool::new(library, console, move |returned| {
            // After the stop nobody listens, as it should be.
            let _ = reports.send(Command::Returned(returned));
        });
        Self {
            clock,
            store,
            launcher,
            activities,
            map_runs,
            doubles,
            router,
            client: Client::default(),
            sender,
            commands,
            pool,
            alarms: Alarms::default(),
            work: VecDeque::new(),
            randomness: Randomness::seeded(seed),
            out: 0,
            tidy: None,
            look: None,
            settlers: Vec::new(),
        }
    }

    fn run(mut self) {
        // Requests are answered first.
        lower_priority();
        loop {
            loop {
                match self.commands.try_recv() {
                    Ok(Command::Stop) | Err(TryRecvError::Disconnected) => return,
                    Ok(command) => self.obey(command),
                    Err(TryRecvError::Empty) => break,
                }
            }
            let look = self.look_after_threads();
            if self.progress() {
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
                Ok(command) => self.obey(command),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
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
            Command::ChildEnded(ended) => self.child_ended(*ended),
            Command::MapRunChanged(number) => self.resume_map_run(number),
            Command::CameIn => self.out -= 1,
            Command::Settle(told) => self.settlers.push(told),
            Command::Poll(at) => self.set(Alarm { at, what: What::Poll }),
            Command::Stop => unreachable!("whoever receives it ends the loop"),
        }
    }

    fn accept(&mut self, execution: u64, effects: Vec<Effect>) {
        self.work.extend(effects.into_iter().map(|effect| (execution, effect)));
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

    /// Sees to the threads and environments of handlers; says when to look again.
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
            self.tidy = self.pool.give_back(self.clock.now()).then(|| now + TIDY);
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
        if let Some((execution, effect)) = self.work.pop_front() {
            match effect {
                Effect::Call(key, call) => self.call(execution, key, &call, now),
                Effect::Continue => {
                    let effects = self.store.step(execution, Happening::Continue, now);
                    self.accept(execution, effects);
                }
                Effect::Timer(timer, at) => self.set(Alarm { at, what: What::Timer(execution, timer) }),
                Effect::Read(key, reading) => self.read_items(execution, key, *reading),
                Effect::MapRun(key, order) => self.begin_map_run(execution, key, *order, now),
                Effect::StopMapRun(key) => self.stop_map_run(execution, key, now),
                Effect::Finished => {}
            }
            return true;
        }
        self.progress_by_time(now)
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
            What::Timer(execution, timer) => {
                let effects = self.store.step(execution, Happening::Timer(timer), now);
                self.accept(execution, effects);
            }
            What::Poll => self.activities.give_up(now),
        }
        true
    }

    fn set(&mut self, alarm: Alarm) {
        let (store, activities) = (&self.store, &self.activities);
        self.alarms.set(alarm, |alarm| matters(alarm, store, activities));
    }

    /// Has a task carried out by whoever answers for it.
    fn call(&mut self, execution: u64, key: Key, call: &Call, now: Duration) {
        let caller = (execution, key);
        let request_id = self.randomness.uuid().to_string();
        match self.router.route(call, &request_id) {
            Route::Handler { function, payload, is_payload, event } => {
                let whose = if event { Whose::Nobody } else { Whose::Task(caller, is_payload) };
                let answered = self.pool.invoke(whose, function, payload.text(), request_id, now);
                self.handled(answered);
                if event {
                    self.complete(execution, key, Ok(TaskResult::Result(accepted())));
                }
            }
            Route::Endpoint(exchange, reading) => {
                self.out += 1;
                let sender = self.sender.clone();
                self.client.send(exchange, move |answered| {
                    let answer = reading.read(answered);
                    let _ = sender.send(Command::Answered(caller, answer));
                    let _ = sender.send(Command::CameIn);
                });
            }
            Route::Answered(answer) => self.complete(execution, key, answer),
            Route::Execution => self.begin_nested(caller, call, now),
            Route::Worker => {
                if let Some(effects) = self.activities.offer(&call.resource.text, caller, &call.input, &self.store, now)
                {
                    self.accept(execution, effects);
                }
            }
        }
    }

    fn begin_nested(&mut self, caller: Caller, call: &Call, now: Duration) {
        let sender = self.sender.clone();
        let told = move |answer| {
            let _ = sender.send(Command::Answered(caller, answer));
        };
        match nested::begin(&self.launcher, call, now, told) {
            Ok(begun) => {
                self.accept(begun.execution, begun.effects);
                self.complete(caller.0, caller.1, Ok(begun.answer));
            }
            Err(failure) => self.complete(caller.0, caller.1, Err(failure)),
        }
    }

    /// A handler has answered.
    fn handled(&mut self, answered: Option<(Whose, InvocationResult)>) {
        if self.tidy.is_none() && !self.clock.is_virtual() {
            self.tidy = Some(Instant::now() + TIDY);
        }
        let Some((whose, answer)) = answered else { return };
        let answer = answer.map_err(Failure::from).and_then(|text| {
            Data::parse(&text).map_err(|_| Failure::new("Lambda.Unknown", "the function's answer is not JSON"))
        });
        match whose {
            Whose::Nobody => {}
            Whose::Task((execution, key), is_payload) => {
                let wrap = if is_payload { TaskResult::Payload } else { TaskResult::Result };
                self.complete(execution, key, answer.map(wrap));
            }
            // Whoever waited may have gone.
            Whose::Request(told) => drop(told.send(answer)),
        }
    }

    fn complete(&mut self, execution: u64, key: Key, answer: Result<TaskResult, Failure>) {
        // Answers take time: what they say, they say now.
        let effects = self.store.step(execution, Happening::Completed(key, answer), self.clock.now());
        self.accept(execution, effects);
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
