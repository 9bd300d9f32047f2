//! Task states: invocations, their answers, time-outs, heartbeats and task tokens.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::branch::Activity;
use super::{Effect, Event, EventKind, Failure, Key, Plan, Run, Timer};
use crate::states::asl::{Invocation, State, StateKind, Task};
use crate::states::data::Data;

/// The text that stands for a wait in `$$.Task.Token`.
pub(super) fn token(execution: u64, key: Key) -> String {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&execution.to_be_bytes());
    bytes[8..12].copy_from_slice(&key.branch.to_be_bytes());
    bytes[12..].copy_from_slice(&key.serial.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What a task token stands for: the number of the execution, and the wait.
pub(crate) fn read_token(text: &str) -> Option<(u64, Key)> {
    let bytes: [u8; 16] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let number = |from: usize| bytes[from..from + 4].iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
    let execution = u64::from(number(0)) << 32 | u64::from(number(4));
    Some((execution, Key { branch: number(8), serial: number(12) }))
}

impl Run {
    /// Has the function of a Task state invoked.
    pub(super) fn invoke(
        &mut self,
        plan: &Plan,
        index: u32,
        state: &State,
        task: &Task,
        effective: &Data,
    ) -> Result<(), Failure> {
        let timeout = task.timeout.as_ref().map(|seconds| self.seconds(plan, index, seconds, effective)).transpose()?;
        let heartbeat =
            task.heartbeat.as_ref().map(|seconds| self.seconds(plan, index, seconds, effective)).transpose()?;
        let heartbeat = heartbeat.map(|every| (every, self.now + every));
        let key = self.arm(index, Activity::Task { heartbeat, submitted: false });
        let parameters = self.fill(plan, index, state.parameters.as_ref(), effective, Some(key))?;
        let (function, payload) = match task.invocation {
            Invocation::Direct(function) => (function, parameters.clone()),
            Invocation::Optimized | Invocation::Callback => {
                let request = parameters.value();
                let name = request.get("FunctionName").and_then(Value::as_str).unwrap_or_default();
                let function = plan.functions.find(name).ok_or_else(|| {
                    Failure::new("Lambda.ResourceNotFoundException", format!("Function not found: {name}"))
                })?;
                (function, Data::from(request.get("Payload").cloned().unwrap_or_else(|| json!({}))))
            }
        };
        let (scheduled, started) = match task.invocation {
            Invocation::Direct(_) => (EventKind::LambdaFunctionScheduled, EventKind::LambdaFunctionStarted),
            Invocation::Optimized | Invocation::Callback => (EventKind::TaskScheduled, EventKind::TaskStarted),
        };
        let number = timeout.and_then(|timeout| u32::try_from(timeout.as_secs()).ok());
        self.follow(index, Event { number, first: Some(parameters.text()), ..Event::new(scheduled, 0, 0) });
        self.follow(index, Event::new(started, 0, 0));
        self.effects.push(Effect::Invoke(key, function, payload));
        if let Some(timeout) = timeout {
            self.effects.push(Effect::Timer(Timer::TaskTimeout(key), self.now + timeout));
        }
        if let Some((_, due)) = heartbeat {
            self.effects.push(Effect::Timer(Timer::Heartbeat(key), due));
        }
        Ok(())
    }

    /// Records an event of the state that a branch is in, after its last one.
    fn follow(&mut self, index: u32, event: Event<'_>) {
        let Some(branch) = self.branch(index) else { return };
        let placed = self.event(event.kind, branch.previous);
        let event = Event { at: placed.at, previous: placed.previous, state: Some(branch.state.0), ..event };
        let id = self.record(event);
        if let Some(branch) = self.branch_mut(index) {
            branch.previous = id;
        }
    }

    fn task<'p>(&self, plan: &'p Plan, index: u32) -> Option<&'p Task> {
        let state = plan.machine.state(self.branch(index)?.state);
        if let StateKind::Task(task) = &state.kind { Some(task) } else { None }
    }

    /// The function has answered.
    pub(super) fn completed(&mut self, plan: &Plan, key: Key, answer: Result<Data, Failure>) {
        let Some(task) = self.task(plan, key.branch) else { return };
        match (answer, task.invocation) {
            (Err(failure), Invocation::Direct(_)) => {
                self.task_failed(plan, key.branch, EventKind::LambdaFunctionFailed, failure);
            }
            (Err(failure), _) => self.task_failed(plan, key.branch, EventKind::TaskFailed, failure),
            (Ok(payload), Invocation::Direct(_)) => {
                self.task_succeeded(plan, key.branch, EventKind::LambdaFunctionSucceeded, &payload);
            }
            (Ok(payload), Invocation::Optimized) => {
                let answer = self.envelope(&payload);
                self.task_succeeded(plan, key.branch, EventKind::TaskSucceeded, &answer);
            }
            (Ok(payload), Invocation::Callback) => {
                let answer = self.envelope(&payload);
                if let Some(Activity::Task { submitted, .. }) =
                    self.branch_mut(key.branch).map(|branch| &mut branch.activity)
                    && !std::mem::replace(submitted, true)
                {
                    self.follow(
                        key.branch,
                        Event { first: Some(answer.text()), ..Event::new(EventKind::TaskSubmitted, 0, 0) },
                    );
                }
            }
        }
    }

    /// A task token has come back.
    pub(super) fn called_back(&mut self, plan: &Plan, key: Key, answer: Result<Data, Failure>) {
        if self.task(plan, key.branch).is_none_or(|task| task.invocation != Invocation::Callback) {
            return;
        }
        match answer {
            Ok(output) => self.task_succeeded(plan, key.branch, EventKind::TaskSucceeded, &output),
            Err(failure) => self.task_failed(plan, key.branch, EventKind::TaskFailed, failure),
        }
    }

    fn task_succeeded(&mut self, plan: &Plan, index: u32, kind: EventKind, output: &Data) {
        self.follow(index, Event { first: Some(output.text()), ..Event::new(kind, 0, 0) });
        if let Err(failure) = self.succeed_state(plan, index, output) {
            self.fail_state(plan, index, failure);
        }
    }

    fn task_failed(&mut self, plan: &Plan, index: u32, kind: EventKind, failure: Failure) {
        let event = Event::new(kind, 0, 0);
        self.follow(index, Event { first: failure.error.as_deref(), second: failure.cause.as_deref(), ..event });
        self.fail_state(plan, index, failure);
    }

    /// A task has taken too long.
    pub(super) fn timed_out(&mut self, plan: &Plan, index: u32, error: &str) {
        let direct = self.task(plan, index).is_some_and(|task| matches!(task.invocation, Invocation::Direct(_)));
        let kind = if direct { EventKind::LambdaFunctionTimedOut } else { EventKind::TaskTimedOut };
        self.task_failed(plan, index, kind, Failure::named(error));
    }

    /// The task of a token is alive.
    pub(super) fn heartbeat(&mut self, plan: &Plan, key: Key) {
        let now = self.now;
        if self.task(plan, key.branch).is_some_and(|task| task.invocation == Invocation::Callback)
            && let Some(Activity::Task { heartbeat: Some((every, due)), .. }) =
                self.branch_mut(key.branch).map(|branch| &mut branch.activity)
        {
            *due = now + *every;
        }
    }

    /// The time for a heartbeat has come; it may have been put off since the timer was set.
    pub(super) fn heartbeat_due(&mut self, plan: &Plan, key: Key) {
        let due = match self.branch(key.branch).map(|branch| &branch.activity) {
            Some(Activity::Task { heartbeat: Some((_, due)), .. }) => *due,
            _ => Duration::ZERO,
        };
        if due > self.now {
            self.effects.push(Effect::Timer(Timer::Heartbeat(key), due));
        } else {
            self.timed_out(plan, key.branch, "States.HeartbeatTimeout");
        }
    }

    /// What `lambda:invoke` puts around a payload.
    fn envelope(&mut self, payload: &Data) -> Data {
        let request_id = self.randomness.uuid().to_string();
        let length = payload.text().len().to_string();
        Data::from(json!({
            "ExecutedVersion": "$LATEST",
            "Payload": payload.value(),
            "SdkHttpMetadata": {
                "AllHttpHeaders": {
                    "X-Amz-Executed-Version": ["$LATEST"],
                    "x-amzn-RequestId": [request_id],
                    "Content-Length": [length],
                    "Content-Type": ["application/json"],
                },
                "HttpHeaders": {
                    "Content-Length": length,
                    "Content-Type": "application/json",
                    "X-Amz-Executed-Version": "$LATEST",
                    "x-amzn-RequestId": request_id,
                },
                "HttpStatusCode": 200,
            },
            "SdkResponseMetadata": { "RequestId": request_id },
            "StatusCode": 200,
        }))
    }
}
