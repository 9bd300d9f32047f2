//! Task states: invocations, their answers, time-outs, heartbeats and task tokens.

use serde_json::{Value, json};

use super::branch::Activity;
use super::cursor::At;
use super::{Effect, EventKind, Failure, Key, Note, Timer};
use crate::states::asl::{Invocation, StateKind, Task};
use crate::states::data::Data;

impl<'p> At<'_, 'p> {
    /// Has the function of a Task state invoked.
    pub(super) fn invoke(&mut self, task: &Task, effective: &Data) -> Result<(), Failure> {
        let timeout = task.timeout.as_ref().map(|seconds| self.seconds(seconds, effective)).transpose()?;
        let heartbeat = task.heartbeat.as_ref().map(|seconds| self.seconds(seconds, effective)).transpose()?;
        let heartbeat = heartbeat.map(|every| (every, self.run.now + every));
        let key = self.arm(Activity::Task { heartbeat, submitted: false });
        let parameters = self.fill(self.state().parameters.as_ref(), effective, Some(key))?;
        let (function, payload) = match task.invocation {
            Invocation::Direct(function) => (function, parameters.clone()),
            Invocation::Optimized | Invocation::Callback => {
                let request = parameters.value();
                let name = request.get("FunctionName").and_then(Value::as_str).unwrap_or_default();
                let function = self.plan.functions.find(name).ok_or_else(|| {
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
        self.note(Note { number, ..Note::new(scheduled).first(parameters.text()) });
        self.note(Note::new(started));
        self.run.effects.push(Effect::Invoke(key, function, payload));
        if let Some(timeout) = timeout {
            self.run.effects.push(Effect::Timer(Timer::TaskTimeout(key), self.run.now + timeout));
        }
        if let Some((_, due)) = heartbeat {
            self.run.effects.push(Effect::Timer(Timer::Heartbeat(key), due));
        }
        Ok(())
    }

    fn task(&self) -> &'p Task {
        match &self.state().kind {
            StateKind::Task(task) => task,
            other => unreachable!("only tasks hand out keys for answers and heartbeats, not a {} state", other.name()),
        }
    }

    /// The function has answered.
    pub(super) fn completed(&mut self, answer: Result<Data, Failure>) {
        match (answer, self.task().invocation) {
            (Err(failure), Invocation::Direct(_)) => self.task_failed(EventKind::LambdaFunctionFailed, failure),
            (Err(failure), _) => self.task_failed(EventKind::TaskFailed, failure),
            (Ok(payload), Invocation::Direct(_)) => {
                self.task_succeeded(EventKind::LambdaFunctionSucceeded, &payload);
            }
            (Ok(payload), Invocation::Optimized) => {
                let answer = self.envelope(&payload);
                self.task_succeeded(EventKind::TaskSucceeded, &answer);
            }
            (Ok(payload), Invocation::Callback) => {
                let answer = self.envelope(&payload);
                if let Activity::Task { submitted, .. } = &mut self.here_mut().activity
                    && !std::mem::replace(submitted, true)
                {
                    self.note(Note::new(EventKind::TaskSubmitted).first(answer.text()));
                }
            }
        }
    }

    /// The task token has come back. A token that was made up for a task without one changes nothing.
    pub(super) fn called_back(&mut self, answer: Result<Data, Failure>) {
        if !self.awaits_token() {
            return;
        }
        match answer {
            Ok(output) => self.task_succeeded(EventKind::TaskSucceeded, &output),
            Err(failure) => self.task_failed(EventKind::TaskFailed, failure),
        }
    }

    fn awaits_token(&self) -> bool {
        matches!(&self.state().kind, StateKind::Task(task) if task.invocation == Invocation::Callback)
            && matches!(self.here().activity, Activity::Task { .. })
    }

    fn task_succeeded(&mut self, kind: EventKind, output: &Data) {
        self.note(Note::new(kind).first(output.text()));
        if let Err(failure) = self.succeed_state(output) {
            self.fail_state(failure);
        }
    }

    fn task_failed(&mut self, kind: EventKind, failure: Failure) {
        self.note(failure.note(kind));
        self.fail_state(failure);
    }

    /// The task has taken too long.
    pub(super) fn timed_out(&mut self, error: &str) {
        let kind = match self.task().invocation {
            Invocation::Direct(_) => EventKind::LambdaFunctionTimedOut,
            Invocation::Optimized | Invocation::Callback => EventKind::TaskTimedOut,
        };
        self.task_failed(kind, Failure::named(error));
    }

    /// The task of a token is alive.
    pub(super) fn heartbeat(&mut self) {
        let now = self.run.now;
        if self.awaits_token()
            && let Activity::Task { heartbeat: Some((every, due)), .. } = &mut self.here_mut().activity
        {
            *due = now + *every;
        }
    }

    /// The time for a heartbeat has come; it may have been put off since the timer was set.
    pub(super) fn heartbeat_due(&mut self, key: Key) {
        match &self.here().activity {
            Activity::Task { heartbeat: Some((_, due)), .. } if *due > self.run.now => {
                let due = *due;
                self.run.effects.push(Effect::Timer(Timer::Heartbeat(key), due));
            }
            _ => self.timed_out("States.HeartbeatTimeout"),
        }
    }

    /// What `lambda:invoke` puts around a payload.
    fn envelope(&mut self, payload: &Data) -> Data {
        let request_id = self.run.randomness.uuid().to_string();
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
