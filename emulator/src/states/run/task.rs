//! Task states: calls, their answers, time-outs, heartbeats and task tokens.

use std::sync::Arc;

use serde_json::{Value, json};

use super::branch::Activity;
use super::cursor::At;
use super::io::MAX_DATA;
use super::optimised;
use super::sight::Sight;
use super::{Call, Effect, EventKind, Executed, Failure, Key, Note, Plan, Run, TaskResult, Timer};
use crate::doubles::Mock;
use crate::states::asl::{IntegrationPattern, StateKind, Target, Task};
use crate::states::data::Data;

/// The events that tell of a task.
struct Kinds {
    scheduled: EventKind,
    started: EventKind,
    succeeded: EventKind,
    failed: EventKind,
    timed_out: EventKind,
}

fn kinds(task: &Task) -> Kinds {
    match &task.resource.target {
        Target::Function => Kinds {
            scheduled: EventKind::LambdaFunctionScheduled,
            started: EventKind::LambdaFunctionStarted,
            succeeded: EventKind::LambdaFunctionSucceeded,
            failed: EventKind::LambdaFunctionFailed,
            timed_out: EventKind::LambdaFunctionTimedOut,
        },
        Target::Activity => Kinds {
            scheduled: EventKind::ActivityScheduled,
            started: EventKind::ActivityStarted,
            succeeded: EventKind::ActivitySucceeded,
            failed: EventKind::ActivityFailed,
            timed_out: EventKind::ActivityTimedOut,
        },
        Target::Service { .. } => Kinds {
            scheduled: EventKind::TaskScheduled,
            started: EventKind::TaskStarted,
            succeeded: EventKind::TaskSucceeded,
            failed: EventKind::TaskFailed,
            timed_out: EventKind::TaskTimedOut,
        },
    }
}

impl Run {
    /// Ends every task whose time is over, first the one whose timer went off. As recorded on AWS, the time-outs of tasks
    /// that run side by side are all written down before the first of them has any consequence.
    pub(super) fn time_out(&mut self, plan: &Plan, first: Key) {
        let now = self.now;
        let overdue = self.branches.iter().filter_map(|(branch, it)| {
            let branch = u32::try_from(branch).expect("branches are numbered with 32 bits");
            Some((Key { branch, serial: it.serial }, it.activity.overdue(now)?))
        });
        let mut overdue: Vec<(Key, &str)> = overdue.collect();
        overdue.sort_by_key(|(key, _)| *key != first);
        for (key, error) in &overdue {
            let mut task = self.at(plan, key.branch);
            let kind = kinds(task.task()).timed_out;
            task.note(Failure::named(error).note(kind));
        }
        for (key, error) in overdue {
            if self.awaits(key) {
                self.at(plan, key.branch).fail_state(Failure::named(error));
            }
        }
    }
}

impl<'p> At<'_, 'p> {
    /// Has a task carried out.
    pub(super) fn invoke(&mut self, task: &Task, effective: &Data) -> Result<(), Failure> {
        let timeout = task.timeout.as_ref().map(|seconds| self.seconds(seconds, effective)).transpose()?;
        let heartbeat = task.heartbeat.as_ref().map(|seconds| self.seconds(seconds, effective)).transpose()?;
        let heartbeat = heartbeat.map(|every| (every, self.later(every)));
        let deadline = timeout.map(|timeout| self.later(timeout));
        let key = self.arm(Activity::Task { deadline, heartbeat, submitted: false });
        // Only a task that waits for its token has one.
        let shown = (task.resource.pattern == IntegrationPattern::Token).then_some(key);
        let input = self.fill(self.state().flow.arguments(), effective, Sight { key: shown, ..Sight::default() })?;
        self.observe_arguments(&input);
        self.written(&input)?;
        let kinds = kinds(task);
        let attempt = self.count_call();
        let scripted = self.scripted(attempt);
        if scripted.is_none() {
            self.expect_activity(task)?;
        }
        let number = timeout.and_then(|timeout| u32::try_from(timeout.as_secs()).ok());
        let silence = heartbeat.map(|(every, _)| every.as_secs().to_string());
        let note = Note { number, second: silence.as_deref(), ..Note::new(kinds.scheduled).first(input.text()) };
        self.note(note);
        if let Some(deadline) = deadline {
            self.run.effects.push(Effect::Timer(Timer::TaskTimeout(key), deadline));
        }
        if let Some((_, due)) = heartbeat {
            self.run.effects.push(Effect::Timer(Timer::Heartbeat(key), due));
        }
        if let Some(answer) = scripted {
            self.note(Note::new(kinds.started));
            self.answered_by_script(answer);
            return Ok(());
        }
        // An activity is started by the worker who takes it.
        if task.resource.target != Target::Activity {
            self.note(Note::new(kinds.started));
        }
        let resource = Arc::clone(&task.resource);
        let input = optimised::sent(&resource, &input, &self.plan.arn, &self.run.identity.arn);
        let call = Call { resource, input, attempt, names_function: task.names_function };
        self.run.effects.push(Effect::Call(key, Box::new(call)));
        Ok(())
    }

    /// As recorded on AWS: the task of an activity that is not there is not even scheduled.
    fn expect_activity(&self, task: &Task) -> Result<(), Failure> {
        let arn = &task.resource.text;
        let missing = task.resource.target == Target::Activity
            && self.run.activities.as_ref().is_some_and(|activities| !activities.has(arn));
        if missing { Err(self.runtime(&format!("The activity {arn} does not exist."))) } else { Ok(()) }
    }

    /// How often this state has called before.
    fn count_call(&mut self) -> u64 {
        let state = self.here().state;
        if let Some((_, calls)) = self.run.calls.iter_mut().find(|(other, _)| *other == state) {
            *calls += 1;
            return *calls;
        }
        self.run.calls.push((state, 0));
        0
    }

    /// What the test case of the execution says in the place of the task.
    fn scripted(&self, attempt: u64) -> Option<Result<Data, Failure>> {
        if let Some(mock) = self.run.trial.as_ref().and_then(|trial| trial.mock.clone()) {
            return Some(mock);
        }
        let response = self.run.identity.case.as_ref()?.get(&*self.state().name)?;
        Some(match response.at(attempt) {
            Ok(Mock::Return(value)) => Ok(Data::from(value.clone())),
            Ok(Mock::Throw { error, cause }) => {
                Err(Failure { error: Some(error.clone()), cause: cause.clone(), ..Failure::default() })
            }
            Err(why) => Err(Failure::new("States.TaskFailed", why)),
        })
    }

    /// A scripted answer is the result, also of a task that waits for its token: AWS's Step Functions Local sends the
    /// token back by itself.
    fn answered_by_script(&mut self, answer: Result<Data, Failure>) {
        match answer {
            Ok(output) => {
                if self.task().resource.pattern == IntegrationPattern::Token {
                    self.submitted(&Data::from(json!({})));
                }
                self.completed(Ok(TaskResult::Sent(output)));
            }
            Err(failure) => self.completed(Err(failure)),
        }
    }

    fn task(&self) -> &'p Task {
        match &self.state().kind {
            StateKind::Task(task) => task,
            other => unreachable!("only tasks hand out keys for answers and heartbeats, not a {} state", other.name()),
        }
    }

    /// A worker has taken the task of an activity.
    pub(super) fn taken_up(&mut self, worker: Option<&str>) {
        if let Activity::Task { submitted, .. } = &mut self.here_mut().activity
            && !std::mem::replace(submitted, true)
        {
            self.note(Note { first: worker, ..Note::new(EventKind::ActivityStarted) });
        }
    }

    /// Whoever answers for the task has answered.
    pub(super) fn completed(&mut self, answer: Result<TaskResult, Failure>) {
        let task = self.task();
        let kinds = kinds(task);
        let answer = match answer.and_then(|answer| self.within_limit(answer)) {
            Ok(answer) => answer,
            Err(failure) => return self.task_failed(kinds.failed, failure),
        };
        let output = match answer {
            TaskResult::Submitted(output) => return self.submitted(&output),
            TaskResult::Sent(output) => return self.task_succeeded(kinds.succeeded, &output),
            TaskResult::Payload(payload, executed) if task.resource.invokes_function() => {
                let told = self.envelope(&payload, &executed);
                match self.bounded(told) {
                    Ok(output) => output,
                    Err(failure) => return self.task_failed(kinds.failed, failure),
                }
            }
            TaskResult::Payload(output, _) | TaskResult::Result(output) => output,
        };
        if let Some(failure) = optimised::failure_in(&task.resource, &output) {
            return self.task_failed(kinds.failed, failure);
        }
        match task.resource.pattern {
            IntegrationPattern::RequestResponse => self.task_succeeded(kinds.succeeded, &output),
            IntegrationPattern::Sync | IntegrationPattern::SyncJson => {
                self.submitted(&output);
                self.task_succeeded(kinds.succeeded, &output);
            }
            IntegrationPattern::Token => self.submitted(&output),
        }
    }

    /// A result that is too large fails the task, which, as recorded on AWS for functions, can be caught.
    fn within_limit(&self, answer: TaskResult) -> Result<TaskResult, Failure> {
        let (TaskResult::Submitted(data)
        | TaskResult::Sent(data)
        | TaskResult::Payload(data, _)
        | TaskResult::Result(data)) = &answer;
        data.check().map_err(|why| self.out_of_bounds(why))?;
        if data.text().len() <= MAX_DATA {
            return Ok(answer);
        }
        let resource = &self.task().resource;
        let what = match &resource.target {
            Target::Function | Target::Activity => &*resource.text,
            Target::Service { service, .. } => service,
        };
        let cause = format!(
            "The state/task '{what}' returned a result with a size exceeding the maximum number of bytes service limit."
        );
        Err(Failure::new("States.DataLimitExceeded", cause))
    }

    /// The service has taken the call, and the task goes on.
    fn submitted(&mut self, output: &Data) {
        if let Activity::Task { submitted, .. } = &mut self.here_mut().activity
            && !std::mem::replace(submitted, true)
        {
            self.note(Note::new(EventKind::TaskSubmitted).first(output.text()));
        }
    }

    /// The task token has come back. A token that was made up for a task without one changes nothing.
    pub(super) fn called_back(&mut self, answer: Result<Data, Failure>) {
        if self.awaits_token() {
            self.completed(answer.map(TaskResult::Sent));
        }
    }

    fn awaits_token(&self) -> bool {
        let StateKind::Task(task) = &self.state().kind else { return false };
        match &self.here().activity {
            Activity::Task { submitted, .. } => match task.resource.target {
                Target::Activity => *submitted,
                _ => task.resource.pattern == IntegrationPattern::Token,
            },
            _ => false,
        }
    }

    fn task_succeeded(&mut self, kind: EventKind, output: &Data) {
        self.note(Note::new(kind).first(output.text()));
        if let Err(failure) = self.conclude(output, self.state().next) {
            self.fail_state(failure);
        }
    }

    fn task_failed(&mut self, kind: EventKind, failure: Failure) {
        self.note(failure.note(kind));
        self.fail_state(failure);
    }

    /// The task of a token is alive.
    pub(super) fn heartbeat(&mut self) {
        if self.awaits_token()
            && let Activity::Task { heartbeat: Some((every, _)), .. } = self.here().activity
        {
            let next = self.later(every);
            if let Activity::Task { heartbeat: Some((_, due)), .. } = &mut self.here_mut().activity {
                *due = next;
            }
        }
    }

    /// The time for a heartbeat has come; if it has been put off since the timer was set, so is the timer.
    pub(super) fn puts_off_heartbeat(&mut self, key: Key) -> bool {
        match &self.here().activity {
            Activity::Task { heartbeat: Some((_, due)), .. } if *due > self.run.now => {
                let due = *due;
                self.run.effects.push(Effect::Timer(Timer::Heartbeat(key), due));
                true
            }
            _ => false,
        }
    }

    /// What `lambda:invoke` puts around a payload.
    fn envelope(&mut self, payload: &Data, executed: &Executed) -> Data {
        let (version, log) = (&*executed.version, executed.log.as_deref());
        if let Target::Service { sdk: true, .. } = &self.task().resource.target {
            // By `aws-sdk:` the payload is the text that the service has sent.
            let told = json!({ "ExecutedVersion": version, "Payload": payload.text(), "StatusCode": 200 });
            return Data::from(with_log(told, log));
        }
        let request_id = self.run.randomness.uuid().to_string();
        let length = payload.text().len().to_string();
        let now = self.run.now;
        let date = httpdate::fmt_http_date(std::time::UNIX_EPOCH + now);
        let [root, parent] = [(); 2].map(|()| self.run.randomness.uuid().simple().to_string());
        let trace = format!("root=1-{:08x}-{};parent={};sampled=0", now.as_secs(), &root[..24], &parent[..16]);
        let told = json!({
            "ExecutedVersion": version,
            "Payload": payload.value(),
            "SdkHttpMetadata": {
                "AllHttpHeaders": {
                    "X-Amz-Executed-Version": [version],
                    "x-amzn-Remapped-Content-Length": ["0"],
                    "Connection": ["keep-alive"],
                    "x-amzn-RequestId": [request_id],
                    "Content-Length": [length],
                    "Date": [date],
                    "X-Amzn-Trace-Id": [trace],
                    "Content-Type": ["application/json"],
                },
                "HttpHeaders": {
                    "Connection": "keep-alive",
                    "Content-Length": length,
                    "Content-Type": "application/json",
                    "Date": date,
                    "X-Amz-Executed-Version": version,
                    "x-amzn-Remapped-Content-Length": "0",
                    "x-amzn-RequestId": request_id,
                    "X-Amzn-Trace-Id": trace,
                },
                "HttpStatusCode": 200,
            },
            "SdkResponseMetadata": { "RequestId": request_id },
            "StatusCode": 200,
        });
        Data::from(with_log(told, log))
    }
}

/// As recorded on AWS: the log of an invocation stands beside its payload, and in the headers of its answer.
fn with_log(mut told: Value, log: Option<&str>) -> Value {
    let Some(log) = log else { return told };
    if let Some(members) = told.as_object_mut() {
        members.shift_insert(1, "LogResult".to_owned(), log.into());
    }
    for (headers, value) in [("AllHttpHeaders", json!([log])), ("HttpHeaders", json!(log))] {
        if let Some(headers) = told.get_mut("SdkHttpMetadata").and_then(|all| all.get_mut(headers)) {
            headers["X-Amz-Log-Result"] = value;
        }
    }
    told
}
