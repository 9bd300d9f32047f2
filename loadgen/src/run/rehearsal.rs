//! What one request takes: each payload's workflow is run on virtual time, in a child of its own.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::embedded::{Embedded, get, get_page, unguarded};
use super::pages::{Pages, understood};
use crate::authorization::Authorization;
use crate::aws::{Bucket, ExecutionHistory, Footprint, line_bytes};
use crate::endpoint::Endpoint;
use crate::engine::{Peer, RequestSettings, Requests, Route, class_of, exchange, fields};
use crate::forecast::GatewayKind;
use crate::mistake::Mistake;
use crate::payload::{Content, Payload};
use crate::record::{Kind, Place};
use crate::scenario::{EmbeddedQuotas, Scenario};
use crate::schedule::{Arrival, Contents};

/// How long a workflow may take in real time. On virtual time a year of waiting is a moment.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many bodies of a payload are tried that are not all the same: a workflow may do other things for other inputs.
const SAMPLES: u64 = 8;

/// Executions that a request may start, of which all are looked at.
const MOST: usize = 10_000;

/// Memory of a function that the template does not have, in MB: Lambda's default.
const MEMORY: u32 = 128;

/// What is deployed, and what its executions take.
#[derive(Debug)]
pub(crate) struct Rehearsal {
    outline: DeploymentOutline,
    /// The path of the execute method.
    path: String,
    /// The footprints of the payloads that start executions, by the payload's number.
    pub(crate) footprints: BTreeMap<usize, Vec<Footprint>>,
}

/// `GET /_stepgate/deployment`.
#[derive(Debug, Deserialize)]
struct DeploymentOutline {
    api: GatewayKind,
    methods: Vec<OutlinedMethod>,
    functions: Vec<OutlinedFunction>,
}

#[derive(Debug, Deserialize)]
struct OutlinedMethod {
    method: String,
    path: String,
    throttle: Option<OutlinedThrottle>,
}

#[derive(Debug, Deserialize)]
struct OutlinedThrottle {
    rate: f64,
    burst: f64,
}

#[derive(Debug, Deserialize)]
struct OutlinedFunction {
    name: String,
    memory_mb: u32,
}

impl Rehearsal {
    /// Runs the workflow of every payload that starts one, `program` being what serves.
    ///
    /// # Errors
    /// The endpoint does not start, a payload starts no execution there, or its workflow waits for something that only comes
    /// from outside.
    pub(crate) fn of(scenario: &Scenario, region: &str, program: &Path) -> Result<Self, Mistake> {
        let mut target = scenario.target.clone();
        // What is asked is what workflows take, and not how they are throttled or harmed.
        (target.quotas, target.faults) = (EmbeddedQuotas::Off, None);
        let more = [vec!["--virtual-time".to_owned()], unguarded(region, scenario.seed)].concat();
        let embedded = Embedded::start(program, &target, scenario.places().starting_kind(), &more)
            .map_err(|e| Mistake::other(format!("cannot start the embedded endpoint: {e}")))?;
        let endpoint = Endpoint::parse(embedded.url())?;
        let outline = told(&endpoint, "/_stepgate/deployment")?;
        let mut rehearsing = Rehearsing { embedded: &embedded, endpoint: &endpoint, seen: HashSet::new(), console: 0 };
        let settings = RequestSettings {
            endpoint: &endpoint,
            headers: &target.headers,
            payloads: &scenario.payloads,
            names: target.names(),
            keep_alive: false,
            authorization: &Authorization::None,
            began: jiff::Timestamp::now().as_millisecond(),
        };
        let (mut requests, contents) = (Requests::new(&settings)?, Contents::of(scenario));
        let mut footprints = BTreeMap::new();
        for (number, payload) in scenario.payloads.iter().enumerate() {
            let Some(template) = payload.content.template() else { continue };
            let samples = if template.as_constant().is_some() { 1 } else { SAMPLES };
            let place = Place { payload: u16::try_from(number).unwrap_or(u16::MAX), ..Place::default() };
            let tried: Result<Vec<Footprint>, Mistake> = (0..samples)
                .map(|k| {
                    let arrival = Arrival { place, ..contents.arrival(k, 0) };
                    let mut scratch = Vec::new();
                    let (request, _) = requests.bytes(&arrival, &mut scratch)?;
                    rehearsing.run(payload, request)
                })
                .collect();
            footprints.insert(number, tried?);
        }
        Ok(Self { outline, path: endpoint.path.clone(), footprints })
    }

    /// The kind of API.
    pub(crate) const fn api(&self) -> GatewayKind {
        self.outline.api
    }

    /// The throttles of the stage, by what asks for its methods.
    pub(crate) fn throttles(&self) -> BTreeMap<Kind, Bucket> {
        let kind = |method: &OutlinedMethod| match method.method.as_str() {
            "POST" if method.path == self.path => Kind::ALL.into_iter().filter(|kind| kind.starts()).collect(),
            "OPTIONS" if method.path == self.path => vec![Kind::Preflight],
            "GET" if method.path.contains("/executions/") => vec![Kind::Describe],
            _ => Vec::new(),
        };
        let throttled = self.outline.methods.iter().filter_map(|method| Some((method, method.throttle.as_ref()?)));
        let bucket = |throttle: &OutlinedThrottle| Bucket { size: throttle.burst, refill: throttle.rate };
        throttled
            .flat_map(|(method, throttle)| kind(method).into_iter().map(move |kind| (kind, bucket(throttle))))
            .collect()
    }

    /// The memory of a function, in MB.
    pub(crate) fn memory(&self, function: &str) -> u32 {
        let found = self.outline.functions.iter().find(|known| known.name == function);
        found.map_or(MEMORY, |function| function.memory_mb)
    }
}

/// The child, and what of it was seen already.
struct Rehearsing<'a> {
    embedded: &'a Embedded,
    endpoint: &'a Endpoint,
    seen: HashSet<String>,
    console: u64,
}

impl<'a> Rehearsing<'a> {
    /// Sends one request and gives what came of it.
    fn run(&mut self, payload: &Payload, request: &[u8]) -> Result<Footprint, Mistake> {
        let peer = Peer::resolve(self.endpoint, &Route::default())?;
        let exchanged = exchange(&peer, request, PATIENCE)?;
        let mut room = fields();
        let response = exchanged.response(&mut room)?;
        let name = &payload.name;
        let class = class_of(&payload.content, &response);
        let refused = match payload.content {
            Content::ExecuteSync(_) => response.status != 200,
            _ => !class.is_success(),
        };
        let ends = self.embedded.wait_for_workflows(PATIENCE, || false, |_| {})?;
        if ends.open > 0 {
            return Err(Mistake::other(format!(
                "the workflow that payload {name} starts does not end by itself: it waits for a task token, an activity or \
                 an endpoint, so what it takes is not known"
            )));
        }
        // An answer that does not say so may have started one all the same: what the deployment did is what counts.
        self.footprint(name)?.ok_or_else(|| {
            if !refused {
                return Mistake::other(format!("payload {name} has started nothing"));
            }
            let said = String::from_utf8_lossy(&response.body[..response.body.len().min(300)]).into_owned();
            Mistake::other(format!(
                "payload {name} starts no execution of this deployment, which answers {} {said}",
                response.status
            ))
            .with_help("`loadgen try` with the same --template shows the whole answer")
        })
    }

    /// The list under a path of the child's, page by page.
    fn pages<T: DeserializeOwned>(&self, path: &str) -> impl Iterator<Item = Result<Vec<T>, Mistake>> + use<'a, T> {
        let endpoint = self.endpoint;
        Pages::of(move |path: &str| get_page(&endpoint.at(path)), path)
    }

    /// What was not there before; `None` if that is nothing.
    fn footprint(&mut self, payload: &str) -> Result<Option<Footprint>, Mistake> {
        let new = self.new_executions(payload)?;
        let mut console = 0;
        for page in self.pages("/_stepgate/handler-log?limit=1000") {
            console += line_bytes(&page?);
        }
        let console_bytes = console.saturating_sub(std::mem::replace(&mut self.console, console));
        Ok(Footprint::of(&new).map(|footprint| Footprint { console_bytes, ..footprint }))
    }

    /// The executions that were not there before, newest first. Those are listed before all others.
    fn new_executions(&mut self, payload: &str) -> Result<Vec<ExecutionHistory>, Mistake> {
        let mut new: Vec<ExecutionHistory> = Vec::new();
        'pages: for page in self.pages("/_stepgate/history?limit=1000") {
            for row in page? {
                let row: ExecutionHistory = row;
                if self.seen.contains(&row.execution_arn) {
                    break 'pages;
                }
                ExecutionHistory::gather(&mut new, row);
            }
            if new.len() > MOST {
                return Err(Mistake::other(format!("payload {payload} starts more than {MOST} executions")));
            }
        }
        if new.iter().any(|execution| execution.forgotten) {
            return Err(Mistake::other(format!(
                "what payload {payload} takes is not known: the histories of the executions that it starts are larger than what \
                 the embedded endpoint remembers"
            )));
        }
        self.seen.extend(new.iter().map(|execution| execution.execution_arn.clone()));
        Ok(new)
    }
}

/// Refuses a route of a template that takes no POST, which is what is sent.
///
/// # Errors
/// Names what it takes.
pub(super) fn takes_posts(endpoint: &Endpoint) -> Result<(), Mistake> {
    let outline: DeploymentOutline = told(endpoint, "/_stepgate/deployment")?;
    let there = outline.methods.iter().filter(|method| method.path == endpoint.path && method.method != "OPTIONS");
    let methods: Vec<&str> = there.map(|method| method.method.as_str()).collect();
    if methods.is_empty() || methods.iter().any(|method| matches!(*method, "POST" | "ANY")) {
        return Ok(());
    }
    let (path, methods) = (&endpoint.path, methods.join(" and "));
    Err(Mistake::usage(format!("the template's route {path} takes {methods}, and requests are sent by POST"))
        .with_help("`stepgate-emulator` with another --api serves another route; name its URL with --url"))
}

/// What the child tells under a path.
fn told<T: DeserializeOwned>(endpoint: &Endpoint, path: &str) -> Result<T, Mistake> {
    understood(&get(&endpoint.at(path))?, path)
}
