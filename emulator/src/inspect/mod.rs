//! Inspection: what the endpoint did, for tests and for people, under `/_stepgate/`.
//!
//! | route | answer |
//! | --- | --- |
//! | `counters` | executions and requests so far, what each fault rule did, and what was passed over at load |
//! | `executions?limit=N` | the newest executions, newest first (default: 100) |
//! | `requests?limit=N` | the newest requests, newest first (default: 100) |
//! | `history?limit=N` | the newest executions with all that happened in them, newest first (default: 100) |
//! | `deployment` | what is deployed, in outline |
//! | `health` | 200 as soon as requests are answered |
//! | `handler-log` | the last lines that handlers wrote to their console, oldest first |

mod outline;

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::deployment::Deployment;
use crate::faults::FaultPlan;
use crate::http::{Arrival, Request, Response};
use crate::states::StepFunctions;

/// How many requests are remembered.
const REMEMBERED: usize = 1000;

/// Listing limit unless the query says another.
const DEFAULT_LIMIT: usize = 100;

/// Counts and remembers requests. Nothing is held while a request is answered, and nobody waits to be noted.
#[derive(Debug, Default)]
pub(crate) struct Inspector {
    total: AtomicU64,
    by_status: [AtomicU64; 6],
    passed_over: Vec<(String, usize)>,
    deployment: Value,
    recent: Mutex<VecDeque<RequestRecord>>,
}

/// A request, noted for the listing.
#[derive(Debug, Default)]
pub(crate) struct RequestRecord {
    at_ms: u64,
    method: String,
    path: String,
    status: u16,
    request_id: String,
}

impl RequestRecord {
    pub(crate) fn method(&self) -> &str {
        &self.method
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

impl Inspector {
    /// Nothing asked yet of a deployment.
    pub(crate) fn new(deployment: &Deployment) -> Self {
        let passed_over = deployment.passed_over.iter().map(|passed| (passed.what.clone(), passed.count)).collect();
        Self { passed_over, deployment: outline::outline(deployment), ..Self::default() }
    }

    /// Notes a request before it is taken apart, in the place of the oldest note.
    pub(crate) fn begin(&self, request: &Request, arrival: &Arrival) -> RequestRecord {
        let oldest = self.recent.try_lock().ok().filter(|recent| recent.len() >= REMEMBERED);
        let mut note = oldest.and_then(|mut recent| recent.pop_front()).unwrap_or_default();
        note.at_ms = milliseconds(arrival.at);
        note.method.clone_from(&request.method);
        note.path.clone_from(&request.path);
        note
    }

    /// Notes its answer.
    pub(crate) fn note(&self, mut note: RequestRecord, response: &Response) {
        self.total.fetch_add(1, Ordering::Relaxed);
        let class = usize::from(response.status / 100).min(self.by_status.len() - 1);
        self.by_status[class].fetch_add(1, Ordering::Relaxed);
        // Under load another thread may hold the list; a listing of recent requests may miss one, a counter may not.
        if let Ok(mut recent) = self.recent.try_lock() {
            if recent.len() == REMEMBERED {
                recent.pop_front();
            }
            note.status = response.status;
            note.request_id.clear();
            note.request_id.push_str(response.header("x-amzn-RequestId").unwrap_or_default());
            recent.push_back(note);
        }
    }

    /// Answers an inspection route.
    pub(crate) fn answer(&self, route: &str, query: &str, states: &StepFunctions, faults: &FaultPlan) -> Response {
        let limit = query.split('&').find_map(|pair| pair.strip_prefix("limit=")?.parse().ok());
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        let body = match route {
            "counters" => self.counters(states, faults),
            "executions" => executions(states, limit),
            "history" => Value::Array(states.histories(limit)),
            "deployment" => self.deployment.clone(),
            "workflows" => json!({ "durations_ms": states.durations().into_iter().collect::<Vec<_>>() }),
            "requests" => self.requests(limit),
            "handler-log" => json!(states.handler_log()),
            "health" => json!({ "status": "running" }),
            _ => {
                let message = format!(
                    "no /_stepgate/{route}; there are counters, executions, workflows, history, deployment, \
                     requests, handler-log, health"
                );
                return reply(404, &json!({ "message": message }));
            }
        };
        reply(200, &body)
    }

    fn counters(&self, states: &StepFunctions, faults: &FaultPlan) -> Value {
        let executions = states.counters();
        let by_status: BTreeMap<String, u64> = (1..self.by_status.len())
            .map(|class| (format!("{class}xx"), self.by_status[class].load(Ordering::Relaxed)))
            .collect();
        let passed_over: Map<String, Value> =
            self.passed_over.iter().map(|(what, count)| (what.clone(), (*count).into())).collect();
        json!({
            "executions": {
                "started": executions.started,
                "running": executions.running,
                "succeeded": executions.succeeded,
                "failed": executions.failed,
                "timed_out": executions.timed_out,
                "aborted": executions.aborted,
            },
            "requests": { "total": self.total.load(Ordering::Relaxed), "by_status": by_status },
            "handlers": { "left_behind": states.abandoned_handlers(), "throttled": states.throttled_handlers() },
            "faults": faults.counts(),
            "passed_over": passed_over,
        })
    }

    fn requests(&self, limit: usize) -> Value {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = recent.iter().rev().take(limit).map(|note| {
            json!({
                "at_ms": note.at_ms,
                "method": note.method,
                "path": note.path,
                "status": note.status,
                "request_id": note.request_id,
            })
        });
        Value::Array(rows.collect())
    }
}

fn executions(states: &StepFunctions, limit: usize) -> Value {
    let rows = states.executions(limit).into_iter().map(|execution| {
        json!({
            "execution_arn": execution.arn,
            "name": execution.name,
            "state_machine_arn": execution.machine_arn,
            "status": execution.status.as_str(),
            "start_ms": milliseconds(execution.start),
            "stop_ms": execution.stop.map(milliseconds),
        })
    });
    Value::Array(rows.collect())
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn reply(status: u16, body: &Value) -> Response {
    Response {
        status,
        headers: vec![("Content-Type".into(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    }
}
