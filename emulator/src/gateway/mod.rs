//! API Gateway: one request to one answer. Route, authorise, check, map, call, select, map back.
//!
//! Compiled once from a [`Deployment`]. It does no I/O of its own and keeps no state but the token buckets: time, random
//! bytes and the backend come from outside, the backend in the middle of the work ([`Gateway::receive`], a [`Call`],
//! [`Gateway::finish`]), so that whoever serves it may wait for a backend as it likes.

mod answer;
mod context;
mod exchange;
mod failure;
mod ids;
mod integration;
mod method;
mod options;
mod parameter;
mod respond;
mod route;
mod schema;
#[cfg(test)]
mod tests;
mod throttle;

use std::time::Duration;

pub(crate) use context::common_log_time;
pub use exchange::{Call, Step};
pub use options::Options;

use crate::deployment::{Authorization, Deployment, Stack};
use crate::document::LoadError;
use crate::http::{Arrival, Request, Response};
use crate::signature::{Reason, Verifier};
use exchange::Exchange;
use failure::{Failure, Kind};
use method::Method;
use respond::GatewayResponses;
use throttle::Bucket;

/// API Gateway's longest body, in bytes ("Amazon API Gateway quotas").
const MOST_BODY: usize = 10 * 1024 * 1024;
/// API Gateway's most bytes of header values together ("Amazon API Gateway quotas").
const MOST_HEADERS: usize = 10_240;
/// API Gateway's longest URL of a Regional endpoint, in bytes ("Amazon API Gateway quotas").
const MOST_URL: usize = 10_240;
/// The account's token bucket in the larger regions ("Amazon API Gateway quotas").
const ACCOUNT: (f64, u32) = (10_000.0, 5_000);

/// API Gateway's name in the scope of a signature.
const SERVICE: &str = "execute-api";

/// What answers an integration's calls.
pub trait Backend {
    /// Answers one action of a service: HTTP status and body.
    fn call(&self, service: &str, action: &str, body: &[u8]) -> (u16, Vec<u8>);
}

/// A REST API at work.
#[derive(Debug)]
pub struct Gateway {
    api_id: String,
    stage: String,
    stack: Stack,
    stage_variables: Vec<(String, String)>,
    methods: Vec<Method>,
    responses: GatewayResponses,
    options: Options,
    account: Option<Bucket>,
    verifier: Verifier,
}

impl Gateway {
    /// Compiles the API of a deployment.
    ///
    /// # Errors
    /// At a mapping template, mapping, selection pattern or model that API Gateway would refuse or that is not supported,
    /// with its place.
    pub fn new(deployment: &Deployment, options: Options) -> Result<Self, LoadError> {
        let api = &deployment.api;
        let throttled = options.quotas == crate::states::Quotas::Aws;
        let methods = api.methods.iter().map(|method| Method::compile(method, throttled)).collect::<Result<_, _>>()?;
        Ok(Self {
            api_id: api.id.clone(),
            stage: api.stage.clone(),
            stack: deployment.stack.clone(),
            stage_variables: api.stage_variables.clone(),
            methods,
            responses: GatewayResponses::compile(&api.gateway_responses)?,
            verifier: Verifier::new(options.credentials.clone(), &deployment.stack.region, SERVICE),
            account: throttled.then(|| Bucket::new(ACCOUNT.0, ACCOUNT.1)),
            options,
        })
    }

    /// Takes a request up to the call of its backend, or to its answer where none is called.
    #[must_use]
    pub fn receive(&self, request: Request, arrival: &Arrival) -> Step {
        let mut exchange = Exchange::new(request, arrival, self.options.caller_request_ids);
        match self.admit(&mut exchange) {
            Ok(method) => match self.send(method, exchange) {
                Ok(step) => step,
                Err(failed) => Step::Answer(self.fail(&failed.0, &failed.1)),
            },
            Err(failure) => Step::Answer(self.fail(&exchange, &failure)),
        }
    }

    /// Makes the answer out of the backend's.
    #[must_use]
    pub fn finish(&self, call: Call, status: u16, body: &[u8]) -> Response {
        let exchange = call.exchange;
        match self.answer(&exchange, status, Some(body)) {
            Ok(response) => response,
            Err(failure) => self.fail(&exchange, &failure),
        }
    }

    /// The answer when the backend did not answer within [`Call::timeout`]. What it was asked may have been done.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a call that timed out cannot be finished as well")]
    pub fn time_out(&self, call: Call) -> Response {
        self.fail(&call.exchange, &Failure::of(Kind::IntegrationTimeout))
    }

    /// Answers a request with a backend that answers at once.
    #[must_use]
    pub fn handle(&self, request: Request, arrival: &Arrival, backend: &impl Backend) -> Response {
        match self.receive(request, arrival) {
            Step::Answer(response) => response,
            Step::Call(call) => {
                let (status, body) = backend.call(&call.service, &call.action, &call.body);
                self.finish(*call, status, &body)
            }
        }
    }

    /// Everything that is checked before the integration. The order among the checks is inferred.
    fn admit(&self, exchange: &mut Exchange) -> Result<&Method, Failure> {
        let request = &exchange.request;
        if request.path.len() + request.query.len() > MOST_URL {
            return Err(Failure::front(414, "Request-URI Too Long"));
        }
        if request.headers.iter().map(|(_, value)| value.len()).sum::<usize>() > MOST_HEADERS {
            return Err(Failure::front(431, "Request Header Fields Too Large"));
        }
        if request.body.len() > MOST_BODY {
            return Err(Failure::front(413, format!("HTTP content length exceeded {MOST_BODY} bytes.")));
        }
        let Some((number, parameters)) = route::find(&self.methods, &self.stage, request) else {
            return Err(self.unknown(exchange));
        };
        let method = &self.methods[number];
        exchange.method = Some(number);
        exchange.path_parameters = parameters;
        self.admit_rate(method, exchange.at)?;
        if method.authorization == Authorization::Iam {
            let identity = self.verifier.verify(&exchange.request, exchange.at).map_err(Failure::denied)?;
            exchange.identity = Some(identity.clone());
        }
        self.admit_key(method, exchange)?;
        method.validate(exchange)?;
        Ok(method)
    }

    /// A path or method that the API does not have; an `Authorization` that cannot be read is told first.
    fn unknown(&self, exchange: &Exchange) -> Failure {
        let claim =
            exchange.request.headers.get("authorization").map(|_| self.verifier.verify(&exchange.request, exchange.at));
        match claim {
            Some(Err(denial)) if denial.reason == Reason::IncompleteSignature => Failure::denied(denial),
            _ => Failure::of(Kind::MissingAuthenticationToken),
        }
    }

    fn admit_rate(&self, method: &Method, at: Duration) -> Result<(), Failure> {
        let buckets = [self.account.as_ref(), method.bucket.as_ref()];
        if buckets.into_iter().flatten().all(|bucket| bucket.take(at)) {
            return Ok(());
        }
        Err(Failure::of(Kind::Throttled))
    }

    fn admit_key(&self, method: &Method, exchange: &Exchange) -> Result<(), Failure> {
        if !method.api_key_required {
            return Ok(());
        }
        let key = exchange.request.headers.get("x-api-key");
        if key.is_some_and(|key| self.options.api_keys.iter().any(|known| known == key)) {
            return Ok(());
        }
        Err(Failure::of(Kind::InvalidApiKey))
    }
}
