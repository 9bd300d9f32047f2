//! What one request takes, read off the histories of the executions that it started.

use std::collections::{BTreeMap, HashMap};

use super::history::{ExecutionHistory, HistoryEvent};
use super::item::{GB, Item, Usage};
use super::logs::platform_bytes;

/// An invocation of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// The function's name.
    pub(crate) function: String,
    /// When it begins, in milliseconds from the start of the execution.
    pub(crate) start_ms: u64,
    /// How long it takes, in milliseconds.
    pub(crate) length_ms: u64,
}

/// What one request takes: the execution that it starts, and those that this one starts in turn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Footprint {
    /// How the execution ended.
    pub(crate) status: String,
    /// The error that it failed with, if it did.
    pub(crate) error: Option<String>,
    /// The first task that failed because nothing answers it here: on AWS the execution goes another way.
    pub(crate) without_double: Option<String>,
    /// Whether it is an EXPRESS one.
    pub(crate) express: bool,
    /// How long it took, in milliseconds.
    pub(crate) duration_ms: u64,
    /// Executions in all.
    pub(crate) executions: u64,
    /// When states of STANDARD executions are entered or tried again, in milliseconds from the start.
    pub(crate) transitions_ms: Vec<u64>,
    /// Functions that are invoked.
    pub(crate) invocations: Vec<Invocation>,
    /// How long each EXPRESS execution takes, in milliseconds.
    pub(crate) express_ms: Vec<u64>,
    /// Events of the longest history.
    pub(crate) events: u64,
    /// Calls of other services, by service and action.
    pub(crate) services: BTreeMap<String, u64>,
    /// Bytes that functions wrote to their console, with what CloudWatch Logs adds to each line.
    pub(crate) console_bytes: u64,
}

impl Footprint {
    /// The footprint of executions that one request started, directly or not; `None` if there is none. The one that
    /// started first is the request's own.
    #[must_use]
    pub(crate) fn of(executions: &[ExecutionHistory]) -> Option<Self> {
        // Of those of the same millisecond, the one that is listed last: lists begin with the newest.
        let own = executions.iter().rev().min_by_key(|execution| execution.began_ms())?;
        let start = own.began_ms();
        let mut footprint = Self {
            status: own.status.clone(),
            error: own.error().map(str::to_owned),
            without_double: executions
                .iter()
                .flat_map(|it| &it.events)
                .find_map(HistoryEvent::without_double)
                .map(str::to_owned),
            express: own.express,
            duration_ms: own.took_ms(),
            executions: executions.len() as u64,
            ..Self::default()
        };
        for execution in executions {
            footprint.add(execution, start);
        }
        footprint.transitions_ms.sort_unstable();
        footprint.invocations.sort_by_key(|invocation| invocation.start_ms);
        Some(footprint)
    }

    /// What it costs to have it once, without the request itself. `memory` gives the megabytes of a function.
    #[must_use]
    pub(crate) fn usage(&self, memory: impl Fn(&str) -> u32) -> Usage {
        let mut usage = Usage::new();
        let mut add = |item, quantity| *usage.entry(item).or_insert(0.0) += quantity;
        add(Item::StateTransition, self.transitions_ms.len() as f64);
        for length in &self.express_ms {
            add(Item::ExpressRequest, 1.0);
            // Rounded up to 100 ms, in chunks of 64 MB ("Express Workflows pricing details"): at least one of them.
            add(Item::ExpressGbSecond, length.div_ceil(100).max(1) as f64 / 10.0 * 64.0 / 1_024.0);
        }
        for Invocation { function, length_ms, .. } in &self.invocations {
            let megabytes = memory(function);
            add(Item::LambdaRequest, 1.0);
            // Rounded up to the millisecond: at least one of them.
            add(Item::LambdaGbSecond, (*length_ms).max(1) as f64 / 1_000.0 * f64::from(megabytes) / 1_024.0);
            add(Item::LogGb, platform_bytes(*length_ms, megabytes) as f64 / GB);
        }
        add(Item::LogGb, self.console_bytes as f64 / GB);
        usage
    }

    fn add(&mut self, execution: &ExecutionHistory, start: u64) {
        self.events = self.events.max(execution.events.len() as u64);
        if execution.express {
            self.express_ms.push(execution.took_ms());
        }
        let kinds: HashMap<u64, &str> = execution.events.iter().map(|event| (event.id, &*event.kind)).collect();
        // Which invocation an event is about, by the events before it.
        let mut about: HashMap<u64, usize> = HashMap::new();
        for event in &execution.events {
            let at = event.at_ms().saturating_sub(start);
            if !execution.express && is_transition(event, &kinds) {
                self.transitions_ms.push(at);
            }
            if let Some(function) = event.function() {
                about.insert(event.id, self.invocations.len());
                self.invocations.push(Invocation { function, start_ms: at, length_ms: 0 });
                continue;
            }
            if let Some(task) = &event.task_scheduled_event_details {
                *self.services.entry(format!("{}:{}", task.resource_type, task.resource)).or_default() += 1;
            }
            let Some(index) = about.get(&event.previous_event_id).copied() else { continue };
            let invocation = &mut self.invocations[index];
            match event.kind.as_str() {
                "LambdaFunctionStarted" | "TaskStarted" => {
                    invocation.start_ms = at;
                    about.insert(event.id, index);
                }
                _ => invocation.length_ms = at.saturating_sub(invocation.start_ms),
            }
        }
    }
}

/// Whether Step Functions charges an event: each state that is entered, and each further attempt of one.
///
/// The price page counts each time a step is executed, retries included. An attempt that follows the entry of its state
/// is the entry's own; one that follows anything else is a further one.
fn is_transition(event: &HistoryEvent, kinds: &HashMap<u64, &str>) -> bool {
    const ATTEMPTS: [&str; 5] =
        ["LambdaFunctionScheduled", "TaskScheduled", "ActivityScheduled", "ParallelStateStarted", "MapStateStarted"];
    let after_entry = || kinds.get(&event.previous_event_id).is_none_or(|kind| kind.ends_with("StateEntered"));
    event.kind.ends_with("StateEntered") || ATTEMPTS.contains(&&*event.kind) && !after_entry()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(id: u64, previous: u64, kind: &str, timestamp: f64, more: &Value) -> Value {
        let mut event = json!({ "id": id, "previousEventId": previous, "type": kind, "timestamp": timestamp });
        for (key, value) in more.as_object().into_iter().flatten() {
            event[key] = value.clone();
        }
        event
    }

    fn execution(express: bool, events: &[Value]) -> ExecutionHistory {
        let arn = "arn:aws:states:eu-west-1:123456789012:execution:A:b";
        let history = json!({ "executionArn": arn, "status": "SUCCEEDED", "express": express, "events": events });
        serde_json::from_value(history).unwrap()
    }

    /// A function that is throttled once and tried again, and a message.
    fn events(start: f64) -> Vec<Value> {
        let function = json!({ "lambdaFunctionScheduledEventDetails":
            { "resource": "arn:aws:lambda:eu-west-1:123456789012:function:Start:live", "timeoutInSeconds": 5 } });
        let message = json!({ "taskScheduledEventDetails":
            { "resourceType": "sns", "resource": "publish", "region": "eu-west-1", "parameters": "{}" } });
        let none = json!({});
        vec![
            event(1, 0, "ExecutionStarted", start, &none),
            event(2, 0, "TaskStateEntered", start, &none),
            event(3, 2, "LambdaFunctionScheduled", start, &function),
            event(4, 3, "LambdaFunctionStarted", start, &none),
            event(5, 4, "LambdaFunctionFailed", start, &none),
            event(6, 5, "LambdaFunctionScheduled", start + 1.0, &function),
            event(7, 6, "LambdaFunctionStarted", start + 1.0, &none),
            event(8, 7, "LambdaFunctionSucceeded", start + 1.25, &none),
            event(9, 8, "TaskStateExited", start + 1.25, &none),
            event(10, 9, "TaskStateEntered", start + 1.25, &none),
            event(11, 10, "TaskScheduled", start + 1.25, &message),
            event(12, 11, "TaskStarted", start + 1.25, &none),
            event(13, 12, "TaskSucceeded", start + 1.25, &none),
            event(14, 13, "TaskStateExited", start + 1.25, &none),
            event(15, 14, "ExecutionSucceeded", start + 1.25, &none),
        ]
    }

    #[test]
    fn states_that_are_entered_and_further_attempts_are_transitions() {
        let footprint = Footprint::of(&[execution(false, &events(1_700_000_000.5))]).unwrap();
        assert_eq!(footprint.transitions_ms, [0, 1_000, 1_250]);
        let invocation = |start_ms, length_ms| Invocation { function: "Start".into(), start_ms, length_ms };
        assert_eq!(footprint.invocations, [invocation(0, 0), invocation(1_000, 250)]);
        assert_eq!((footprint.duration_ms, footprint.events, footprint.executions), (1_250, 15, 1));
        assert_eq!(footprint.services, BTreeMap::from([("sns:publish".to_owned(), 1)]));
    }

    #[test]
    fn executions_that_an_execution_starts_belong_to_the_same_request() {
        let inner = execution(true, &events(1_700_000_001.0));
        let footprint = Footprint::of(&[inner, execution(false, &events(1_700_000_000.0))]).unwrap();
        assert!(!footprint.express);
        assert_eq!((footprint.executions, footprint.express_ms.as_slice()), (2, &[1_250][..]));
        // An EXPRESS workflow's transitions cost nothing and count for no bucket.
        assert_eq!(footprint.transitions_ms, [0, 1_000, 1_250]);
        assert_eq!(footprint.invocations.iter().map(|it| it.start_ms).collect::<Vec<_>>(), [0, 1_000, 1_000, 2_000]);
        assert_eq!(Footprint::of(&[]), None);
    }

    #[test]
    fn a_task_that_nothing_answers_is_told_from_one_that_fails() {
        let failed = |cause: &str| {
            let details = json!({ "taskFailedEventDetails": { "error": "States.TaskFailed", "cause": cause } });
            let end = json!({ "executionFailedEventDetails": { "error": "States.TaskFailed" } });
            let events = [
                event(1, 0, "ExecutionStarted", 1.0, &json!({})),
                event(2, 1, "TaskFailed", 1.0, &details),
                event(3, 2, "ExecutionFailed", 1.0, &end),
            ];
            Footprint::of(&[execution(false, &events)]).unwrap()
        };
        let lacking = failed("arn:aws:states:::sns:publish has no double here: give it one by --mocks FILE");
        assert_eq!(lacking.without_double.as_deref(), Some("arn:aws:states:::sns:publish"));
        let broken = failed("the queue is gone");
        assert_eq!((broken.without_double, broken.error.as_deref()), (None, Some("States.TaskFailed")));
    }

    #[test]
    fn a_function_that_a_service_call_invokes_is_one_too() {
        let invoke = json!({ "taskScheduledEventDetails": { "resourceType": "lambda", "resource": "invoke",
            "parameters": "{\"FunctionName\":\"Mail\",\"Payload\":{}}" } });
        let events = [
            event(1, 0, "ExecutionStarted", 1.0, &json!({})),
            event(2, 0, "TaskStateEntered", 1.0, &json!({})),
            event(3, 2, "TaskScheduled", 1.0, &invoke),
            event(4, 3, "TaskStarted", 1.0, &json!({})),
            event(5, 4, "TaskSucceeded", 1.5, &json!({})),
        ];
        let footprint = Footprint::of(&[execution(false, &events)]).unwrap();
        assert_eq!(footprint.invocations, [Invocation { function: "Mail".into(), start_ms: 0, length_ms: 500 }]);
        assert!(footprint.services.is_empty());
    }

    #[test]
    fn a_footprint_is_charged_by_the_rules_of_each_service() {
        let express = execution(true, &events(1.0));
        let standard = execution(false, &events(0.5));
        let usage = Footprint { console_bytes: 1 << 29, ..Footprint::of(&[express, standard]).unwrap() }.usage(|_| 512);
        assert_eq!((usage[&Item::StateTransition], usage[&Item::ExpressRequest]), (3.0, 1.0));
        // 1,250 ms are charged as 1,300.
        assert!((usage[&Item::ExpressGbSecond] - 1.3 * 64.0 / 1_024.0).abs() < 1e-12);
        assert!((usage[&Item::LambdaGbSecond] - 2.0 * (0.001 + 0.25) / 2.0).abs() < 1e-12);
        assert!((usage[&Item::LambdaRequest] - 4.0).abs() < 1e-12);
        assert!(usage[&Item::LogGb] > 0.5 && usage[&Item::LogGb] < 0.501);
    }
}
