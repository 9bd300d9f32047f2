//! Tasks of workflows, carried out by whoever answers for them.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio::sync::oneshot;

use super::Workflows;
use crate::functions::{Console, InvocationResult};
use crate::states::data::Data;
use crate::states::engine::command::{Caller, Command};
use crate::states::nested;
use crate::states::route::{Manner, Route, unreadable};
use crate::states::run::{Call, Executed, Failure, Happening, Key, TaskResult};

/// Most bytes of a log that an invocation tells (Lambda API reference, `Invoke`).
const LONGEST_TAIL: usize = 4_096;

/// Whose an invocation is.
pub(super) enum Whose {
    /// Nobody waits for it.
    Nobody,
    /// A task's.
    Task(Caller, Answering),
    /// A request's that came through an API.
    Request(oneshot::Sender<Result<Data, Failure>>),
}

/// How a task takes the answer of a handler.
pub(super) enum Answering {
    /// As the result of an action.
    Result,
    /// As the payload of a function of this version, with the end of the log of this invocation if one is named.
    Payload(Box<str>, Option<String>),
}

/// What Lambda answers to an event.
fn accepted() -> Data {
    Data::from(json!({ "Payload": "", "StatusCode": 202 }))
}

impl Workflows {
    /// Has a task carried out by whoever answers for it.
    pub(super) fn call(&mut self, execution: u64, key: Key, call: &Call, now: Duration) {
        let caller = (execution, key);
        let request_id = self.randomness.uuid().to_string();
        match self.router.route(call, &request_id) {
            Route::Handler { function, payload, is_payload, manner: Manner { event, tail, qualifier } } => {
                let answering = if is_payload {
                    Answering::Payload(qualifier.version().into(), tail.then(|| request_id.clone()))
                } else {
                    Answering::Result
                };
                let whose = if event { Whose::Nobody } else { Whose::Task(caller, answering) };
                let answered = self.pool.invoke(whose, function, payload.text(), (request_id, qualifier), now);
                self.handled(answered);
                if event {
                    self.complete(execution, key, Ok(TaskResult::Result(accepted())));
                }
            }
            Route::Endpoint(exchange, reading) => {
                self.out += 1;
                let (sender, store) = (self.sender.clone(), Arc::clone(&self.store));
                self.client.send(exchange, move |answered| {
                    let answer = store.panics.or_broken(|| reading.read(answered));
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
    pub(super) fn handled(&mut self, answered: Option<(Whose, InvocationResult)>) {
        let Some((whose, answer)) = answered else { return };
        let answer = answer.map_err(Failure::from).and_then(|text| Data::parse(&text).map_err(|why| unreadable(&why)));
        match whose {
            Whose::Nobody => {}
            Whose::Task((execution, key), answering) => {
                self.served = Some(execution);
                let answer = answer.map(|data| match answering {
                    Answering::Result => TaskResult::Result(data),
                    Answering::Payload(version, wanted) => {
                        let log = wanted.map(|request_id| tail(&self.console, &request_id, &version));
                        TaskResult::Payload(data, Executed { version, log })
                    }
                });
                self.complete(execution, key, answer);
            }
            // Whoever waited may have gone.
            Whose::Request(told) => drop(told.send(answer)),
        }
    }

    pub(super) fn complete(&mut self, execution: u64, key: Key, answer: Result<TaskResult, Failure>) {
        // Answers take time: what they say, they say now.
        self.step(execution, Happening::Completed(key, answer), self.clock.now());
    }
}

/// The end of what an invocation has logged, between the lines that the runtime writes, as `LogResult` has it: in base64
/// (Lambda API reference, `Invoke`).
fn tail(console: &Console, request_id: &str, version: &str) -> String {
    let own = console.last_of(request_id, LONGEST_TAIL);
    let [first, last] =
        [format!("START RequestId: {request_id} Version: {version}"), format!("END RequestId: {request_id}")];
    let between = own.iter().map(String::as_str);
    let log = [first.as_str()].into_iter().chain(between).chain([last.as_str()]).collect::<Vec<_>>().join("\n");
    let bytes = log.as_bytes();
    STANDARD.encode(&bytes[bytes.len().saturating_sub(LONGEST_TAIL)..])
}
