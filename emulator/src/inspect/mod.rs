//! Inspection: what the endpoint did, for tests and for people, under `/_stepgate/`.
//!
//! | route | answer |
//! | --- | --- |
//! | `counters` | executions and requests so far, what each fault rule did, and what was passed over at load |
//! | `executions?limit=N` | the newest executions, newest first |
//! | `requests?limit=N` | the newest requests, newest first |
//! | `history?limit=N` | the newest executions with all that happened in them, newest first; a long one goes on in the next row |
//! | `handler-log?limit=N` | the last lines that handlers wrote to their console, oldest first |
//! | `workflows` | how many executions took how long |
//! | `deployment` | what is deployed, in outline |
//! | `health` | 200 as soon as requests are answered; 503 once workflows do not go on any more |
//!
//! A list has 100 rows unless asked otherwise, 1,000 at most, and ends with the row with which it has 256 KiB. Where it goes on
//! says a header, `Link: </_stepgate/…&from=PLACE>; rel="next"`.

mod outline;
mod page;

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};

use self::page::{BYTES, Page, Place};
use crate::deployment::Deployment;
use crate::faults::FaultPlan;
use crate::http::{Arrival, Request, Response};
use crate::states::StepFunctions;

/// How many requests are remembered.
const REMEMBERED: usize = 1000;
/// Bytes that are remembered of the path of each.
const PATH: usize = 2 << 10;

/// Counts and remembers requests. Nothing is held while a request is answered, and nobody waits to be noted.
#[derive(Debug, Default)]
pub(crate) struct Inspector {
    total: AtomicU64,
    by_status: [AtomicU64; 6],
    passed_over: Vec<(String, usize)>,
    deployment: Value,
    recent: Mutex<Recent>,
}

/// The last requests.
#[derive(Debug, Default)]
struct Recent {
    notes: VecDeque<RequestRecord>,
    /// How many notes were ever put there: the number of the one that comes next.
    noted: u64,
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
        let oldest = self.recent.try_lock().ok().filter(|recent| recent.notes.len() >= REMEMBERED);
        let mut note = oldest.and_then(|mut recent| recent.notes.pop_front()).unwrap_or_default();
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
            if recent.notes.len() == REMEMBERED {
                recent.notes.pop_front();
            }
            if note.path.len() > PATH {
                note.path = format!("{}…", &note.path[..note.path.floor_char_boundary(PATH)]);
            }
            note.status = response.status;
            note.request_id.clear();
            note.request_id.push_str(response.header("x-amzn-RequestId").unwrap_or_default());
            recent.notes.push_back(note);
            recent.noted += 1;
        }
    }

    /// Answers an inspection route.
    pub(crate) fn answer(&self, route: &str, query: &str, states: &StepFunctions, faults: &FaultPlan) -> Response {
        let page = match Page::read(query) {
            Ok(page) => page,
            Err(message) => return reply(400, &json!({ "message": message })),
        };
        let body = match route {
            "executions" => return page.answer(route, executions(states, page)),
            "history" => return page.answer(route, histories(states, page)),
            "requests" => return page.answer(route, self.requests(page).into_iter()),
            "handler-log" => return page.answer(route, handler_log(states, page)),
            "counters" => self.counters(states, faults),
            "deployment" => self.deployment.clone(),
            "workflows" => json!({ "durations_ms": states.durations().into_iter().collect::<Vec<_>>() }),
            "health" if !states.is_running() => return reply(503, &json!({ "status": "broken" })),
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
            "handlers": states.handlers(),
            "panics": states.panics(),
            "faults": faults.counts(),
            "passed_over": passed_over,
        })
    }

    /// The requests that were noted before a place, newest first.
    fn requests(&self, page: Page) -> Vec<(Vec<u8>, Place)> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let numbered = (0..recent.noted).rev().zip(recent.notes.iter().rev());
        let rows = numbered.skip_while(|(number, _)| page.from.is_some_and(|from| *number >= from.number));
        let row = |(number, note): (u64, &RequestRecord)| {
            let row = json!({
                "at_ms": note.at_ms,
                "method": note.method,
                "path": note.path,
                "status": note.status,
                "request_id": note.request_id,
            });
            (row.to_string().into_bytes(), Place::at(number))
        };
        rows.take(page.rows + 1).map(row).collect()
    }
}

/// The executions before a place, newest first.
fn executions(states: &StepFunctions, page: Page) -> impl Iterator<Item = (Vec<u8>, Place)> {
    let executions = states.executions(page.from.map(|from| from.number), page.rows + 1);
    executions.into_iter().map(|(number, execution)| {
        let row = json!({
            "execution_arn": execution.arn,
            "name": execution.name,
            "state_machine_arn": execution.machine_arn,
            "status": execution.status.as_str(),
            "start_ms": milliseconds(execution.start),
            "stop_ms": execution.stop.map(milliseconds),
        });
        (row.to_string().into_bytes(), Place::at(number))
    })
}

/// The histories of the executions before a place, newest first; the first of them without the events that were on the page
/// before. One that is longer than a page has several rows.
fn histories(states: &StepFunctions, page: Page) -> impl Iterator<Item = (Vec<u8>, Place)> {
    let from = page.from;
    // A place within a history is behind that execution's number.
    let mut numbers = states.newest(from.map(|from| from.number), page.rows + 1).into_iter().peekable();
    let begun = from.filter(|from| numbers.peek().is_some_and(|number| number + 1 == from.number));
    let mut within = begun.map_or(0, |from| from.within);
    std::iter::from_fn(move || {
        loop {
            let number = *numbers.peek()?;
            // It may have been forgotten meanwhile.
            if let Some((row, more)) = states.history(number, within, BYTES) {
                within = more.unwrap_or(0);
                if more.is_none() {
                    numbers.next();
                }
                return Some((row, Place { number: number + u64::from(more.is_some()), within }));
            }
            (within, _) = (0, numbers.next());
        }
    })
}

/// The lines from a place on, oldest first.
fn handler_log(states: &StepFunctions, page: Page) -> impl Iterator<Item = (Vec<u8>, Place)> {
    // More than fits, so that the page knows whether it goes on.
    let lines = states.handler_log(page.from.map_or(0, |from| from.number), 2 * BYTES);
    lines.into_iter().map(|(number, line)| (json!(line).to_string().into_bytes(), Place::at(number + 1)))
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
