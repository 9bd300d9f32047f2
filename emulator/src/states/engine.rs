//! The workflow thread: a loop over what happens next. It owns the timers and the functions' environments; the runs
//! themselves stay in the store, so that a call can look at them and stop them at any time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::asl::Randomness;
use super::data::Data;
use super::run::{Effect, Failure, Happening, Key, Timer};
use super::store::Store;
use crate::clock::Clock;
use crate::functions::{Console, InvocationResult, Library, Pool};

/// The engine that runs handlers recurses on the machine's stack.
const STACK: usize = 4 * 1024 * 1024;

/// What the thread is told.
enum Command {
    /// An execution wants something done.
    Effects(u64, Vec<Effect>),
    /// The end.
    Stop,
}

/// The workflow thread from outside.
#[derive(Debug)]
pub(crate) struct Engine {
    commands: Sender<Command>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Engine {
    /// Starts the thread.
    pub(crate) fn start(
        clock: Arc<dyn Clock>,
        store: Arc<Store>,
        library: Library,
        console: Console,
        seed: u64,
    ) -> std::io::Result<Self> {
        let (sender, commands) = mpsc::channel();
        let thread = std::thread::Builder::new().name("workflows".to_owned()).stack_size(STACK).spawn(move || {
            let pool = Pool::new(library, console);
            let randomness = Randomness::seeded(seed);
            Workflows { clock, store, commands, pool, timers: BinaryHeap::new(), work: VecDeque::new(), randomness }
                .run();
        })?;
        Ok(Self { commands: sender, thread: Mutex::new(Some(thread)) })
    }

    /// Has effects carried out. Never blocks.
    pub(crate) fn perform(&self, execution: u64, effects: Vec<Effect>) {
        if effects.iter().any(|effect| *effect != Effect::Finished) {
            // After the stop nobody listens, as it should be.
            let _ = self.commands.send(Command::Effects(execution, effects));
        }
    }

    /// Ends the thread and waits until it has.
    pub(crate) fn stop(&self) {
        let _ = self.commands.send(Command::Stop);
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Whose an invocation is.
type Caller = (u64, Key);

struct Workflows {
    clock: Arc<dyn Clock>,
    store: Arc<Store>,
    commands: Receiver<Command>,
    pool: Pool<Caller>,
    timers: BinaryHeap<Reverse<Alarm>>,
    work: VecDeque<(u64, Effect)>,
    randomness: Randomness,
}

/// A timer of an execution. Alarms are never taken back: those that no longer matter are dropped when they come up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Alarm {
    at: Duration,
    execution: u64,
    timer: Timer,
}

impl Ord for Alarm {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.execution).cmp(&(other.at, other.execution))
    }
}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Workflows {
    fn run(mut self) {
        loop {
            loop {
                match self.commands.try_recv() {
                    Ok(Command::Effects(execution, effects)) => self.accept(execution, effects),
                    Ok(Command::Stop) | Err(TryRecvError::Disconnected) => return,
                    Err(TryRecvError::Empty) => break,
                }
            }
            if self.progress() {
                continue;
            }
            let command = match self.next_deadline() {
                None => self.commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(deadline) => self.commands.recv_timeout(self.clock.block_for(deadline)),
            };
            match command {
                Ok(Command::Effects(execution, effects)) => self.accept(execution, effects),
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn accept(&mut self, execution: u64, effects: Vec<Effect>) {
        self.work.extend(effects.into_iter().map(|effect| (execution, effect)));
    }

    /// Does one thing that can be done now, if there is one.
    fn progress(&mut self) -> bool {
        let now = self.clock.now();
        // What is late goes before what is new: starts that keep coming would otherwise hold up every end, and with it
        // the environments that the starts wait for.
        if self.next_alarm_or_wake().is_some_and(|at| at < now) {
            return self.progress_by_time(now);
        }
        if let Some((execution, effect)) = self.work.pop_front() {
            match effect {
                Effect::Invoke(key, function, payload) => {
                    let request_id = self.randomness.uuid().to_string();
                    let answered = self.pool.invoke((execution, key), function, payload.text(), request_id, now);
                    self.answer(answered);
                }
                Effect::Timer(timer, at) => self.timers.push(Reverse(Alarm { at, execution, timer })),
                Effect::Finished => {}
            }
            return true;
        }
        self.progress_by_time(now)
    }

    /// Does what is due, if something is.
    fn progress_by_time(&mut self, now: Duration) -> bool {
        // In the order of their times, so that a virtual clock tells the same story as a real one.
        let alarm = self.timers.peek().map(|Reverse(alarm)| alarm.at);
        let wake = self.pool.next_wake();
        if wake.is_some_and(|wake| wake <= now && alarm.is_none_or(|alarm| wake <= alarm)) {
            let answered = self.pool.wake(now);
            self.answer(answered);
            return true;
        }
        if alarm.is_some_and(|alarm| alarm <= now) {
            if let Some(Reverse(Alarm { execution, timer, .. })) = self.timers.pop() {
                let effects = self.store.step(execution, Happening::Timer(timer), now);
                self.accept(execution, effects);
            }
            return true;
        }
        false
    }

    fn answer(&mut self, answered: Option<(Caller, InvocationResult)>) {
        let Some(((execution, key), answer)) = answered else { return };
        let answer = match answer {
            Ok(text) => {
                Data::parse(&text).map_err(|_| Failure::new("Lambda.Unknown", "The function's answer is not JSON"))
            }
            Err(error) => Err(Failure::new(error.error, error.cause)),
        };
        // Handlers take time: what they answer, they answer now.
        let effects = self.store.step(execution, Happening::Completed(key, answer), self.clock.now());
        self.accept(execution, effects);
    }

    /// When the next thing happens by itself. Alarms that no longer matter are dropped here: a virtual clock would
    /// jump to them.
    fn next_deadline(&mut self) -> Option<Duration> {
        while let Some(Reverse(alarm)) = self.timers.peek()
            && !self.store.awaits_timer(alarm.execution, alarm.timer)
        {
            self.timers.pop();
        }
        self.next_alarm_or_wake()
    }

    fn next_alarm_or_wake(&self) -> Option<Duration> {
        let alarm = self.timers.peek().map(|Reverse(alarm)| alarm.at);
        alarm.into_iter().chain(self.pool.next_wake()).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::VirtualClock;

    #[test]
    fn what_is_late_goes_before_what_is_new() {
        let second = Duration::from_secs(1);
        let clock = Arc::new(VirtualClock::starting_at(second));
        let library = Library::load(&[], &[], Duration::ZERO, None, second).unwrap();
        let mut workflows = Workflows {
            clock: clock.clone(),
            store: Arc::new(Store::new(10)),
            commands: mpsc::channel().1,
            pool: Pool::new(library, Console::default()),
            timers: BinaryHeap::new(),
            work: VecDeque::new(),
            randomness: Randomness::seeded(1),
        };
        let timer = Timer::ExecutionTimeout;
        workflows.timers.push(Reverse(Alarm { at: second, execution: 1, timer }));
        workflows.accept(2, vec![Effect::Finished, Effect::Finished]);
        assert!(workflows.progress());
        assert_eq!((workflows.timers.len(), workflows.work.len()), (1, 1), "at its very time it waits its turn");
        clock.advance(second);
        assert!(workflows.progress());
        assert_eq!((workflows.timers.len(), workflows.work.len()), (0, 1));
    }
}
