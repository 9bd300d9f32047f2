//! What answers requests: the gateway, the Step Functions API, the inspection routes; and what faults make of it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;

use crate::access_log::AccessLog;
use crate::clock::{Clock, within};
use crate::doubles::{Answered, WebServers};
use crate::faults::{Decision, FaultPlan, Instead};
use crate::gateway::{BackendAnswer, BackendCall, BackendReply, BackendTarget, Gateway, Received};
use crate::http::{Arrival, IdSeeds, Request, Response};
use crate::inspect::Inspector;
use crate::server::{Handler, Outgoing};
use crate::signature::Verifier;
use crate::states::{Invoked, Reply, StepFunctions};
use crate::under_way::UnderWay;

/// Bytes of a body with which a template, a model or a definition can take long.
const LARGE: usize = 8 << 10;

/// A deployment at work.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) gateway: Gateway,
    pub(crate) states: Arc<StepFunctions>,
    /// The web servers behind routes.
    pub(crate) web_servers: WebServers,
    /// How many of them have yet to answer.
    pub(crate) outside: AtomicUsize,
    /// Who may call the Step Functions API; anyone if `None`.
    pub(crate) api_verifier: Option<Verifier>,
    pub(crate) faults: FaultPlan,
    /// When it started, since the Unix epoch.
    pub(crate) started: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: IdSource,
    pub(crate) inspector: Inspector,
    pub(crate) access_log: Option<AccessLog>,
}

impl Endpoint {
    async fn answer(&self, request: Request, arrival: &Arrival, decision: &Decision) -> Response {
        let mut call = match self.gateway.receive(request, arrival) {
            Received::Call(call) => call,
            // Nothing is called that could be throttled or take too long.
            Received::Answer(response) => {
                return match decision.instead {
                    Some(Instead::Status(status)) => in_place_of(response, status),
                    Some(Instead::Throttled) => in_place_of(response, 429),
                    None => response,
                };
            }
        };
        match (self.call_in_time(&mut call, decision).await, decision.instead) {
            (None, _) | (_, Some(Instead::Status(504))) => self.gateway.time_out(*call),
            (Some(reply), instead) => {
                let response = self.gateway.finish(*call, reply);
                match instead {
                    Some(Instead::Status(status)) => in_place_of(response, status),
                    Some(Instead::Throttled) | None => response,
                }
            }
        }
    }

    /// The JSON-1.0 API of Step Functions, as SDKs and the AWS CLI call it.
    async fn api(&self, request: &Request, arrival: &Arrival, decision: &Decision) -> Response {
        let denied = self.api_verifier.as_ref().and_then(|verifier| verifier.verify(request, arrival.at).err());
        let reply = if let Some(denial) = denied {
            Reply::denied(denial.error_type(), &denial.message)
        } else {
            let target = request.headers.get("X-Amz-Target").unwrap_or_default();
            let action = target.strip_prefix("AWSStepFunctions.").unwrap_or_default();
            self.call(action, &request.body, decision).await
        };
        let response = Response {
            status: reply.status,
            headers: vec![
                ("x-amzn-RequestId".into(), arrival.request_id()),
                ("Content-Type".into(), "application/x-amz-json-1.0".to_owned()),
            ],
            body: reply.body,
        };
        match decision.instead {
            Some(Instead::Status(status)) => in_place_of(response, status),
            Some(Instead::Throttled) | None => response,
        }
    }

    /// The reply, if it comes before the integration's time-out.
    async fn call_in_time(&self, call: &mut BackendCall, decision: &Decision) -> Option<BackendReply> {
        let timeout = call.timeout;
        let reply = async {
            // What faults do to Step Functions they do not do to what stands behind sibling routes.
            match &call.target {
                BackendTarget::Action { action, .. } => {
                    let Reply { status, body } = self.call(action, &call.body, decision).await;
                    call.answer_of_action(status, body, self.clock.now()).into()
                }
                BackendTarget::Function(function) => match self.states.invoke(function, &call.body).await {
                    Invoked::Answered(body) => BackendAnswer::of_function(body).into(),
                    Invoked::Nobody(why) => BackendReply::Unserved(why),
                    Invoked::Failed => BackendReply::Failed,
                },
                BackendTarget::Web { method, url, headers } => match self.web_servers.place_of(url) {
                    Err(why) => BackendReply::Unserved(why),
                    Ok(place) => {
                        // The wait below ends first.
                        let timeout = timeout + Duration::from_secs(1);
                        let body = std::mem::take(&mut call.body);
                        let _asked = UnderWay::one_more(&self.outside);
                        web_reply(self.web_servers.call(method, place, headers, body, timeout).await)
                    }
                },
            }
        };
        within(&*self.clock, timeout, reply).await
    }

    /// Calls Step Functions, unless a fault keeps the call from it.
    async fn call(&self, action: &str, body: &[u8], decision: &Decision) -> Reply {
        match decision.instead {
            Some(Instead::Throttled) => Reply::throttled(),
            // Nobody sees it: another answer comes in its place, or none.
            _ if !decision.start => Reply::failure(),
            _ => self.states.call_async(action, body).await,
        }
    }

    fn running_for(&self) -> Duration {
        self.clock.now().saturating_sub(self.started)
    }

    async fn pause(&self, length: Duration) {
        if !length.is_zero() {
            self.clock.sleep(length).await;
        }
    }
}

impl Handler for Endpoint {
    async fn handle(&self, request: Request, source: IpAddr) -> Outgoing {
        if let Some(route) = request.path.strip_prefix("/_stepgate/") {
            return self.inspector.answer(route, &request.query, &self.states, &self.faults).into();
        }
        let mut at = self.clock.now();
        let decision = self.faults.for_request(&request.method, &request.path, at.saturating_sub(self.started));
        if !decision.hold.is_zero() {
            self.clock.sleep(decision.hold).await;
            at = self.clock.now();
        }
        let arrival = Arrival { at, source, seeds: self.ids.draw() };
        let note = self.inspector.begin(&request, &arrival);
        // An HTTP API without a stage may have that route too; SDKs name their action.
        let is_action = || request.headers.get("X-Amz-Target").is_some() || !self.gateway.is_at_root();
        let response = if request.path == "/" && request.method == "POST" && is_action() {
            self.api(&request, &arrival, &decision).await
        } else {
            self.answer(request, &arrival, &decision).await
        };
        if let Some(log) = &self.access_log {
            log.write(&arrival, note.method(), note.path(), &response);
        }
        self.inspector.note(note, &response);
        self.pause(decision.delay).await;
        self.pause(self.faults.hold(self.running_for())).await;
        Outgoing { response, delivery: decision.delivery }
    }

    /// A trial of a state, or the wait for a task, is nothing to anybody else.
    fn ends_with_caller(&self, request: &Request) -> bool {
        let target = || request.headers.get("X-Amz-Target");
        request.path == "/"
            && matches!(target(), Some("AWSStepFunctions.TestState" | "AWSStepFunctions.GetActivityTask"))
    }

    fn may_take_long(&self, request: &Request) -> bool {
        let lists = ["history", "executions", "requests", "handler-log"];
        request.body.len() > LARGE
            || request.path == "/"
                && request.headers.get("X-Amz-Target") == Some("AWSStepFunctions.GetExecutionHistory")
            || request.path.strip_prefix("/_stepgate/").is_some_and(|route| lists.contains(&route))
    }

    fn accept_after(&self) -> Duration {
        self.faults.for_connection(self.running_for())
    }

    fn clock(&self) -> &dyn Clock {
        &*self.clock
    }
}

fn web_reply(answered: Answered) -> BackendReply {
    // What is below 200 is no answer: a switch to another protocol, which was not asked for.
    let Some(answer) = answered.ok().filter(|answer| answer.status >= 200) else { return BackendReply::Failed };
    let text = |bytes: &[u8]| Cow::Owned(String::from_utf8_lossy(bytes).into_owned());
    let headers = answer.headers.iter().map(|(name, value)| (text(name.as_ref()), text(value.as_bytes())));
    let headers = Cow::Owned(headers.collect());
    BackendAnswer::new(answer.status, headers, answer.body.to_vec()).into()
}

/// An answer that comes in place of another and carries that one's ids.
fn in_place_of(response: Response, status: u16) -> Response {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let body = json!({ "message": reason.unwrap_or("Server Error") });
    let mut headers = response.headers;
    headers.retain(|(name, _)| name == "x-amzn-RequestId" || name == "x-amz-apigw-id");
    headers.push(("Content-Type".into(), "application/json".to_owned()));
    Response { status, headers, body: body.to_string().into_bytes() }
}

/// Where the random bytes of requests' ids come from.
#[derive(Debug)]
pub(crate) enum IdSource {
    /// Generators that begin anew each time, one of each thread's own.
    Fresh,
    /// One generator, which its seed makes repeat itself.
    Seeded(Mutex<fastrand::Rng>),
}

impl IdSource {
    /// Fresh ids, or those of a seed.
    pub(crate) fn of(seed: Option<u64>) -> Self {
        seed.map_or(Self::Fresh, |seed| Self::Seeded(Mutex::new(fastrand::Rng::with_seed(seed))))
    }

    fn draw(&self) -> IdSeeds {
        thread_local! {
            static FRESH: RefCell<fastrand::Rng> = RefCell::new(fastrand::Rng::new());
        }
        match self {
            Self::Fresh => FRESH.with_borrow_mut(id_seeds),
            Self::Seeded(random) => id_seeds(&mut random.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }
}

fn id_seeds(random: &mut fastrand::Rng) -> IdSeeds {
    let mut seeds = IdSeeds { request: [0; 16], extended: [0; 11], trace: [0; 12], backend: [0; 16] };
    random.fill(&mut seeds.request);
    random.fill(&mut seeds.extended);
    random.fill(&mut seeds.trace);
    random.fill(&mut seeds.backend);
    seeds
}
