//! Step Functions from outside: one value that the gateway's integrations and the JSON-1.0 API both call.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::api::{Answer, Reply};
use super::data::Data;
use super::engine::Invoke;
#[cfg(test)]
use super::execution::Execution;
use super::execution::{ExecutionSummary, execution_arn};
use super::history::{Events, Written};
#[cfg(test)]
use super::map_runs::ChildEnded;
use super::options::StatesOptions;
use super::run::{Failure, Happening};
use super::service::Service;
use super::store::Counters;
use super::wire::{Object, object};
use crate::clock::Clock;
use crate::deployment::Deployment;
use crate::document::LoadError;
use crate::under_way::UnderWay;

/// Step Functions over one deployment.
#[derive(Debug)]
pub(crate) struct StepFunctions(Service);

/// What comes of a function that was invoked for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Invoked {
    /// What it has returned.
    Answered(Vec<u8>),
    /// Nobody answers for it, and why.
    Nobody(String),
    /// It has failed.
    Failed,
}

/// Stops the trial of a state when its caller has the answer, or has gone without it.
struct Left<'s> {
    service: &'s Service,
    trial: u64,
}

impl Drop for Left<'_> {
    fn drop(&mut self) {
        // One that has ended takes no notice.
        let stop = Happening::Stop(Failure::default());
        let effects = self.service.launcher.store.step(self.trial, stop, self.service.clock.now());
        self.service.engine.perform(self.trial, effects);
    }
}

impl StepFunctions {
    /// Checks every state machine and handler of the deployment and starts the workflow thread.
    ///
    /// # Errors
    /// A definition that Step Functions would refuse, a construct that this endpoint does not run, or a handler that
    /// cannot be loaded: with its file, line and column.
    pub(crate) fn new(
        deployment: &Deployment,
        clock: Arc<dyn Clock>,
        options: StatesOptions,
    ) -> Result<Arc<Self>, LoadError> {
        Service::new(deployment, clock, options).map(|service| Arc::new(Self(service)))
    }

    /// Answers one action, such as `StartExecution`, at once; its body is the JSON envelope.
    ///
    /// `StartSyncExecution` is answered by [`Self::call_async`], because its answer may take minutes.
    #[must_use]
    pub(crate) fn call(&self, action: &str, body: &[u8]) -> Reply {
        match self.0.answer(action, body) {
            Ok(Answer::Now(body)) => Reply::ok(body),
            Ok(Answer::Later { mut answer, instead, trial }) => {
                let _left = trial.map(|trial| Left { service: &self.0, trial });
                // Nothing is handed to who has gone: what comes between the look and the end would be lost.
                answer.close();
                answer.try_recv().ok().or(instead).map_or_else(Reply::failure, Reply::ok)
            }
            Err(error) => self.0.refusal(error),
        }
    }

    /// As [`Self::call`], but `StartSyncExecution` is answered when its execution has ended. Runs on any executor.
    pub(crate) async fn call_async(&self, action: &str, body: &[u8]) -> Reply {
        match self.0.answer(action, body) {
            Ok(Answer::Now(body)) => Reply::ok(body),
            Ok(Answer::Later { answer, instead, trial }) => {
                let _asked = UnderWay::one_more(&self.0.awaited);
                let _left = trial.map(|trial| Left { service: &self.0, trial });
                answer.await.ok().or(instead).map_or_else(Reply::failure, Reply::ok)
            }
            Err(error) => self.0.refusal(error),
        }
    }

    /// Invokes a function for a request, by whoever answers for it.
    pub(crate) async fn invoke(&self, function: &str, payload: &[u8]) -> Invoked {
        let Ok(payload) = std::str::from_utf8(payload).map_err(drop).and_then(|text| Data::parse(text).map_err(drop))
        else {
            return Invoked::Failed;
        };
        let (told, answer) = oneshot::channel();
        let _asked = UnderWay::one_more(&self.0.awaited);
        self.0.engine.invoke(Invoke { function: function.to_owned(), payload, told });
        match answer.await {
            Ok(Ok(data)) => Invoked::Answered(data.text().as_bytes().to_vec()),
            Ok(Err(failure)) if failure.error.as_deref() == Some("States.TaskFailed") => {
                Invoked::Nobody(failure.cause.unwrap_or_default())
            }
            // Also when the endpoint is being stopped.
            Ok(Err(_)) | Err(_) => Invoked::Failed,
        }
    }

    /// How many calls and invocations wait for what the workflow thread does.
    pub(crate) fn awaited(&self) -> usize {
        self.0.awaited.load(Ordering::Relaxed)
    }

    /// Waits until the workflow thread has done all that it can by the time of its clock, and says when the next thing
    /// happens by itself.
    pub(crate) fn settle(&self) -> Option<Duration> {
        self.0.engine.settle()
    }

    /// How many executions took how many milliseconds, told apart to three digits, since the start.
    #[must_use]
    pub(crate) fn durations(&self) -> BTreeMap<u64, u64> {
        self.0.launcher.store.durations()
    }

    /// Totals since the start.
    #[must_use]
    pub(crate) fn counters(&self) -> Counters {
        self.0.launcher.store.counters()
    }

    /// The newest `limit` executions that are remembered, before the one of that number if there is one; newest first, each
    /// with its number.
    #[must_use]
    pub(crate) fn executions(&self, before: Option<u64>, limit: usize) -> Vec<(u64, ExecutionSummary)> {
        let (rows, _) = self.0.launcher.store.newest(before.unwrap_or(u64::MAX), limit, |execution| {
            let machine_arn = &execution.plan.arn;
            execution.is_own().then(|| ExecutionSummary {
                arn: execution_arn(machine_arn, &execution.name, execution.express.as_deref()),
                name: execution.name.to_string(),
                machine_arn: machine_arn.clone(),
                status: execution.status(),
                start: Duration::from_millis(execution.start),
                stop: execution.stop().map(Duration::from_millis),
            })
        });
        rows
    }

    /// The numbers of the newest `limit` executions, those of map runs included, before the one of that number if there is one;
    /// newest first.
    #[must_use]
    pub(crate) fn newest(&self, before: Option<u64>, limit: usize) -> Vec<u64> {
        let (rows, _) = self.0.launcher.store.newest(before.unwrap_or(u64::MAX), limit, |_| Some(()));
        rows.into_iter().map(|(number, ())| number).collect()
    }

    /// An execution with its history as `GetExecutionHistory` shows it, EXPRESS ones too: from the event on that follows so
    /// many, to the one with which there are so many bytes; and how many events that leaves behind, if there are more.
    #[must_use]
    pub(crate) fn history(&self, number: u64, skip: usize, bytes: usize) -> Option<(Vec<u8>, Option<usize>)> {
        let (plan, arn, status, written) = self.0.launcher.store.by_id(number, |execution| {
            let plan = Arc::clone(&execution.plan);
            let arn = execution_arn(&plan.arn, &execution.name, execution.express.as_deref());
            (plan, arn, execution.status(), execution.written())
        })?;
        let setting = plan.setting(&self.0.region, true);
        let events = written.as_ref().map_or_else(Events::none, Written::events);
        let passed = u32::try_from(skip).unwrap_or(u32::MAX);
        let (mut events, mut shown) = (events.after(passed).peekable(), 0);
        let row = object(|row| {
            row.text("executionArn", &arn).text("status", status.as_str()).flag("express", plan.express);
            if written.is_none() {
                row.flag("forgotten", true);
            }
            let render = |row: &mut Object<'_>, (id, event)| setting.render(id, &event, row);
            shown = row.list_within(bytes, "events", events.by_ref(), render);
        });
        let more = events.peek().is_some();
        Some((row, more.then_some(skip + shown)))
    }

    /// Says that the first execution of the first map run has ended, though it has not.
    #[cfg(test)]
    pub(crate) fn tell_an_impossible_end(&self) {
        let of_map_run = |execution: &Execution| execution.map_run.as_ref().map(|_| ChildEnded::impossible(execution));
        let (children, _) = self.0.launcher.store.newest(u64::MAX, 1, of_map_run);
        for (_, ended) in children {
            self.0.engine.child_ended(ended);
        }
    }

    /// The lines that handlers wrote to their console from that number on, oldest first, each with its number: those with
    /// which there are so many bytes.
    #[must_use]
    pub(crate) fn handler_log(&self, from: u64, bytes: usize) -> Vec<(u64, String)> {
        self.0.console.lines(from, bytes)
    }

    /// Also hands every later line of the handlers' consoles to `sink`, on the threads of the handlers.
    pub(crate) fn pass_handler_log(&self, sink: impl FnMut(&str) + Send + 'static) {
        self.0.console.pass_to(Box::new(sink));
    }

    /// What was passed over at load, a line each.
    #[must_use]
    pub(crate) fn passed_over(&self) -> &[String] {
        &self.0.passed_over
    }

    /// What is counted of handlers.
    #[must_use]
    pub(crate) fn handlers(&self) -> Value {
        let counts = self.0.engine.handlers();
        json!({
            "left_behind": counts.abandoned.load(Ordering::Relaxed),
            "throttled": counts.throttled.load(Ordering::Relaxed),
            "without_room": counts.without_room.load(Ordering::Relaxed),
            "held_bytes": counts.memory.held(),
        })
    }

    /// Panics so far that were caught: each is a mistake of the endpoint's, and has cost at most one execution.
    #[must_use]
    pub(crate) fn panics(&self) -> u64 {
        self.0.launcher.store.panics.count()
    }

    /// Whether workflows go on: not once their thread has ended by a panic.
    #[must_use]
    pub(crate) fn is_running(&self) -> bool {
        !self.0.engine.is_gone()
    }

    /// Ends the workflow thread; open executions stay as they are. Also done on drop.
    pub(crate) fn stop(&self) {
        self.0.engine.stop();
    }
}
