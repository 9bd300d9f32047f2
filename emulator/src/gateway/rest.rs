//! A REST API at work.

use std::sync::Arc;
use std::time::Duration;

use super::backend::{BackendAnswer, BackendCall, BackendReply, BackendTarget, Received};
use super::exchange::Exchange;
use super::failure::{Failure, GatewayResponseType};
use super::lambda_response::LambdaResponse;
use super::request::IntegrationRequest;
use super::served::Served;
use super::throttle::Throttle;
use super::{GatewayOptions, gateway_response, lambda_event, request, response, route, validation};
use crate::deployment::{AuthorizationType, IntegrationKind, Method, RestApi, Stack};
use crate::http::{Arrival, Request, Response};
use crate::signature::{Reason, Verifier, VerifierOptions};
use crate::switches::Switch;

/// API Gateway's longest body, in bytes ("Amazon API Gateway quotas").
const MOST_BODY: usize = 10 * 1024 * 1024;
/// API Gateway's most bytes of header values together ("Amazon API Gateway quotas").
const MOST_HEADERS: usize = 10_240;
/// API Gateway's longest URL of a Regional endpoint, in bytes ("Amazon API Gateway quotas").
const MOST_URL: usize = 10_240;

/// API Gateway's name in the scope of a signature.
const SERVICE: &str = "execute-api";

/// Who checks the signatures of an API's callers.
pub(super) fn verifier(options: &GatewayOptions, stack: &Stack) -> Verifier {
    let require_amz_headers = options.switches.is_turned(Switch::UnsignedAmzHeaders);
    Verifier::new(options.credentials.clone(), &stack.region, SERVICE)
        .with_options(VerifierOptions { require_amz_headers, ..VerifierOptions::default() })
}

/// A REST API at work.
#[derive(Debug)]
pub(super) struct RestGateway {
    served: Served,
    throttle: Throttle,
    verifier: Verifier,
}

impl RestGateway {
    pub(super) fn new(api: &Arc<RestApi>, stack: &Stack, options: GatewayOptions) -> Self {
        Self {
            throttle: Throttle::new(options.quotas, api.methods.iter().map(|method| method.throttle)),
            verifier: verifier(&options, stack),
            served: Served { api: api.clone(), stack: stack.clone(), options },
        }
    }

    /// Takes a request up to the call of its backend, or to its answer where none is called.
    pub(super) fn receive(&self, request: Request, arrival: &Arrival) -> Received {
        let mut exchange = Exchange::new(request, arrival, self.served.options.switches);
        let admitted = self.admit(&mut exchange);
        if let Ok(method) = admitted
            && let IntegrationKind::LambdaProxy(function) = &method.integration.kind
        {
            let body = lambda_event::of_rest(&self.served, &exchange).to_string().into_bytes();
            let (target, timeout) = (BackendTarget::Function(function.clone()), method.integration.timeout);
            return Received::Call(Box::new(BackendCall { target, body, timeout, exchange }));
        }
        let outgoing = admitted.and_then(|method| request::map(&self.served, method, &mut exchange));
        match outgoing {
            Ok(IntegrationRequest::Call { target, body, timeout }) => {
                Received::Call(Box::new(BackendCall { target, body, timeout, exchange }))
            }
            Ok(IntegrationRequest::Mock(status)) => Received::Answer(self.answer(&exchange, status, None)),
            Err(failure) => Received::Answer(self.fail(&exchange, &failure)),
        }
    }

    /// Makes the answer out of the backend's.
    pub(super) fn finish(&self, call: &BackendCall, reply: BackendReply) -> Response {
        let exchange = &call.exchange;
        let method = self.served.method(exchange.method.expect("only a routed request is sent to a backend"));
        let failure = match reply {
            BackendReply::Unserved(why) => Failure::unserved(&exchange.request.method, &method.path, &why),
            BackendReply::Failed => Failure::of(match call.target {
                BackendTarget::Web { .. } => GatewayResponseType::IntegrationFailure,
                _ => GatewayResponseType::MalformedProxyResponse,
            }),
            BackendReply::Answered(answer) => match &method.integration.kind {
                IntegrationKind::LambdaProxy(_) => match LambdaResponse::read(&answer.body, false) {
                    Some(answer) => return response::of_function(exchange, answer),
                    None => Failure::of(GatewayResponseType::MalformedProxyResponse),
                },
                IntegrationKind::Http { proxy: true, .. } => return response::of_web_server(exchange, answer),
                _ => return self.answer(exchange, answer.status, Some(&answer)),
            },
        };
        self.fail(exchange, &failure)
    }

    /// The answer when the backend did not answer within [`BackendCall::timeout`]. What it was asked may have been done.
    pub(super) fn time_out(&self, call: &BackendCall) -> Response {
        self.fail(&call.exchange, &Failure::of(GatewayResponseType::IntegrationTimeout))
    }

    fn answer(&self, exchange: &Exchange, status: u16, backend: Option<&BackendAnswer>) -> Response {
        let answer = response::answer(&self.served, exchange, status, backend);
        answer.unwrap_or_else(|failure| self.fail(exchange, &failure))
    }

    fn fail(&self, exchange: &Exchange, failure: &Failure) -> Response {
        gateway_response::answer(&self.served, exchange, failure)
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
        let api = &self.served.api;
        let routes = api.methods.iter().map(|method| (method.http_method.as_str(), Some(&method.path)));
        let Some((number, parameters)) = route::find(Some(&api.stage), routes, request) else {
            return Err(self.unknown(exchange));
        };
        let method = self.served.method(number);
        exchange.method = Some(number);
        exchange.path_parameters = parameters;
        if let IntegrationKind::Unserved(why) = &method.integration.kind {
            return Err(Failure::unserved(&exchange.request.method, &method.path, why));
        }
        let signature_first = self.served.is_turned(Switch::FirstCheck);
        if !signature_first {
            self.admit_rate(number, exchange.at)?;
        }
        if method.authorization == AuthorizationType::Iam {
            let identity = self.verifier.verify(&exchange.request, exchange.at).map_err(Failure::denied)?;
            exchange.identity = Some(identity.clone());
        }
        if signature_first {
            self.admit_rate(number, exchange.at)?;
        }
        self.admit_key(method, exchange)?;
        validation::check(&self.served, method, exchange)?;
        Ok(method)
    }

    /// A path or method that the API does not have; an `Authorization` that cannot be read is told first.
    fn unknown(&self, exchange: &Exchange) -> Failure {
        let claim =
            exchange.request.headers.get("authorization").map(|_| self.verifier.verify(&exchange.request, exchange.at));
        match claim {
            Some(Err(denial)) if denial.reason == Reason::IncompleteSignature => Failure::denied(denial),
            _ if self.served.is_turned(Switch::UnknownStage) && !self.is_of_stage(&exchange.request) => {
                Failure::NoStage
            }
            _ => Failure::of(GatewayResponseType::MissingAuthenticationToken),
        }
    }

    fn is_of_stage(&self, request: &Request) -> bool {
        request.path.trim_start_matches('/').split('/').next() == Some(self.served.api.stage.as_str())
    }

    fn admit_rate(&self, number: usize, at: Duration) -> Result<(), Failure> {
        if self.throttle.admits(number, at) { Ok(()) } else { Err(Failure::of(GatewayResponseType::Throttled)) }
    }

    fn admit_key(&self, method: &Method, exchange: &Exchange) -> Result<(), Failure> {
        if !method.api_key_required {
            return Ok(());
        }
        let key = exchange.request.headers.get("x-api-key");
        let mut known = self.served.options.api_keys.iter().chain(&self.served.api.api_keys);
        if key.is_some_and(|key| known.any(|known| known == key)) {
            return Ok(());
        }
        Err(Failure::of(GatewayResponseType::InvalidApiKey))
    }
}
