//! Environments as Lambda keeps them: one invocation at a time in each, used again when it is over, more of them as
//! more are needed.

use std::collections::BTreeSet;
use std::time::Duration;

use super::console::Console;
use super::environment::{Environment, Progress};
use super::error::{FunctionError, InvocationResult};
use super::invocation::Invocation;
use super::library::{Code, Library};
use super::script::Script;

/// All environments, and the invocations that are under way in them. `T` says whose an invocation is.
pub(crate) struct Pool<T> {
    library: Library,
    console: Console,
    idle: Vec<Vec<Environment>>,
    running: usize,
    busy: Vec<Option<Busy<T>>>,
    free: Vec<usize>,
    /// When which invocation has to be looked after.
    wakes: BTreeSet<(Duration, usize)>,
}

struct Busy<T> {
    whose: T,
    function: usize,
    invocation: Invocation,
    wake: Duration,
    work: Work,
}

enum Work {
    /// A cold start: the payload waits for it.
    Starting(String),
    Running(Environment),
}

impl<T> Pool<T> {
    pub(crate) fn new(library: Library, console: Console) -> Self {
        let count = library.functions.len();
        Self {
            library,
            console,
            idle: std::iter::repeat_with(Vec::new).take(count).collect(),
            running: 0,
            busy: Vec::new(),
            free: Vec::new(),
            wakes: BTreeSet::new(),
        }
    }

    /// Begins an invocation; its answer comes back at once if nothing in it waits, else from [`Self::wake`].
    pub(crate) fn invoke(
        &mut self,
        whose: T,
        function: usize,
        payload: &str,
        request_id: String,
        now: Duration,
    ) -> Option<(T, InvocationResult)> {
        let Some(spec) = self.library.functions.get(function) else {
            return Some((whose, Err(FunctionError::new("Lambda.ResourceNotFoundException", "Function not found"))));
        };
        let script = match &spec.code {
            Code::Native(native) => return Some((whose, native.call(payload))),
            Code::Script(script) => script,
        };
        if self.library.concurrency.is_some_and(|limit| self.running >= limit) {
            return Some((whose, Err(FunctionError::throttled())));
        }
        let mut invocation = Invocation { request_id, begun: now, deadline: now + spec.timeout };
        let cold_start = self.library.cold_start;
        match self.idle[function].pop() {
            None if !cold_start.is_zero() => {
                invocation.begun += cold_start;
                invocation.deadline += cold_start;
                let wake = invocation.begun;
                self.running += 1;
                self.hold(Busy { whose, function, invocation, wake, work: Work::Starting(payload.to_owned()) });
                None
            }
            found => {
                let environment = match found.map_or_else(|| Environment::load(script, &self.console, now), Ok) {
                    Ok(environment) => environment,
                    Err(error) => {
                        return Some((whose, Err(FunctionError::new("Runtime.UserCodeError", error.message))));
                    }
                };
                self.running += 1;
                self.begin(whose, function, invocation, environment, payload)
            }
        }
    }

    fn script(&self, function: usize) -> &Script {
        match &self.library.functions[function].code {
            Code::Script(script) => script,
            Code::Native(native) => unreachable!("{native:?} answers at once and needs no environment"),
        }
    }

    fn begin(
        &mut self,
        whose: T,
        function: usize,
        invocation: Invocation,
        mut environment: Environment,
        payload: &str,
    ) -> Option<(T, InvocationResult)> {
        let progress = environment.invoke(self.script(function), payload, &invocation);
        self.proceed(whose, function, invocation, environment, progress)
    }

    fn proceed(
        &mut self,
        whose: T,
        function: usize,
        invocation: Invocation,
        environment: Environment,
        progress: Progress,
    ) -> Option<(T, InvocationResult)> {
        match progress {
            Progress::Answered(answer) => {
                self.running -= 1;
                self.idle[function].push(environment);
                Some((whose, answer))
            }
            Progress::Broken(error) => {
                self.running -= 1;
                Some((whose, Err(error)))
            }
            Progress::Sleeping(until) => {
                let wake = until.min(invocation.deadline);
                self.hold(Busy { whose, function, invocation, wake, work: Work::Running(environment) });
                None
            }
        }
    }

    fn hold(&mut self, busy: Busy<T>) {
        let place = self.free.pop().unwrap_or(self.busy.len());
        self.wakes.insert((busy.wake, place));
        if place == self.busy.len() {
            self.busy.push(Some(busy));
        } else {
            self.busy[place] = Some(busy);
        }
    }

    /// When [`Self::wake`] has something to do.
    pub(crate) fn next_wake(&self) -> Option<Duration> {
        self.wakes.first().map(|first| first.0)
    }

    /// Goes on with the first invocation whose time has come; what it answers, if it does.
    pub(crate) fn wake(&mut self, now: Duration) -> Option<(T, InvocationResult)> {
        let (due, place) = *self.wakes.first()?;
        if due > now {
            return None;
        }
        self.wakes.remove(&(due, place));
        let busy = self.busy[place].take()?;
        self.free.push(place);
        let Busy { whose, function, invocation, work, .. } = busy;
        match work {
            Work::Starting(payload) => match Environment::load(self.script(function), &self.console, now) {
                Ok(environment) => self.begin(whose, function, invocation, environment, &payload),
                Err(error) => {
                    self.running -= 1;
                    Some((whose, Err(FunctionError::new("Runtime.UserCodeError", error.message))))
                }
            },
            Work::Running(_) if now >= invocation.deadline => {
                self.running -= 1;
                Some((whose, Err(FunctionError::timed_out(&invocation))))
            }
            Work::Running(mut environment) => {
                let progress = environment.wake(&invocation, now);
                self.proceed(whose, function, invocation, environment, progress)
            }
        }
    }
}
