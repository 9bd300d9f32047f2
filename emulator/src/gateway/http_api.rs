//! An HTTP API at work. There are no mapping templates: values are selected from the request, and the answer of Step
//! Functions goes back as it is (developer guide, "Create AWS service integrations for HTTP APIs").

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::GatewayOptions;
use super::backend::{BackendAnswer, BackendCall, BackendReply, BackendTarget, Received};
use super::exchange::Exchange;
use super::failure::unserved;
use super::lambda_response::LambdaResponse;
use super::rest::verifier;
use super::selection::Selector;
use super::throttle::Throttle;
use super::web_request::is_hop_by_hop;
use super::{http_proxy, lambda_event, parameter_changes, route};
use crate::budget::Exhausted;
use crate::deployment::{AuthorizationType, Cors, HttpApi, HttpIntegration, HttpRoute, SelectionExpression, Stack};
use crate::http::{Arrival, Request, Response};
use crate::signature::Verifier;
use crate::switches::{Switch, Switches};

/// What a byte may become in JSON.
const ESCAPED: usize = "\\u0000".len();

#[derive(Debug)]
pub(super) struct HttpGateway {
    api: Arc<HttpApi>,
    stack: Stack,
    throttle: Throttle,
    verifier: Verifier,
    switches: Switches,
}

impl HttpGateway {
    pub(super) fn new(api: &Arc<HttpApi>, stack: &Stack, options: &GatewayOptions) -> Self {
        let throttle = Throttle::new(options.quotas, api.routes.iter().map(|route| route.throttle));
        let (verifier, switches) = (verifier(options, stack), options.switches);
        Self { api: api.clone(), stack: stack.clone(), throttle, verifier, switches }
    }

    pub(super) fn is_at_root(&self) -> bool {
        self.api.stage.is_none()
    }

    pub(super) fn receive(&self, request: Request, arrival: &Arrival) -> Received {
        let mut exchange = Exchange::new(request, arrival, self.switches);
        if let Some(cors) = &self.api.cors
            && is_preflight(&exchange.request)
        {
            return Received::Answer(preflight(cors, &exchange));
        }
        let routes = self.api.routes.iter().map(|route| (route.http_method.as_str(), route.path.as_ref()));
        let Some((number, parameters)) = route::find(self.api.stage.as_deref(), routes, &exchange.request) else {
            return Received::Answer(self.message(&exchange, 404, "Not Found"));
        };
        exchange.method = Some(number);
        exchange.path_parameters = parameters;
        let route = &self.api.routes[number];
        let too_many = |exchange: &Exchange| Received::Answer(self.message(exchange, 429, "Too Many Requests"));
        let signature_first = self.switches.is_turned(Switch::FirstCheck);
        if !signature_first && !self.throttle.admits(number, exchange.at) {
            return too_many(&exchange);
        }
        if route.authorization == AuthorizationType::Iam {
            match self.verifier.verify(&exchange.request, exchange.at) {
                Ok(identity) => exchange.identity = Some(identity.clone()),
                Err(_) => return Received::Answer(self.message(&exchange, 403, "Forbidden")),
            }
        }
        if signature_first && !self.throttle.admits(number, exchange.at) {
            return too_many(&exchange);
        }
        let outgoing = match &route.integration {
            HttpIntegration::StepFunctions { action, members, timeout, .. } => {
                let target = BackendTarget::Action { service: "states".to_owned(), action: action.clone() };
                self.body(members, &exchange).map(|body| (target, body, *timeout))
            }
            HttpIntegration::Lambda { function, format_2, changes, timeout, .. } => {
                let with_path = !self.switches.is_turned(Switch::OverwrittenPath);
                parameter_changes::of_request(&self.selector(&exchange), changes, with_path).map(|seen| {
                    let api = (&*self.api, &self.stack);
                    let event = lambda_event::of_http(api, &exchange, &seen, &route.key(), *format_2);
                    (BackendTarget::Function(function.clone()), event.to_string().into_bytes(), *timeout)
                })
            }
            HttpIntegration::Http { uri, http_method, changes, timeout, .. } => {
                let target = http_proxy::request(&self.selector(&exchange), uri, http_method.as_ref(), changes);
                target.map(|target| (target, std::mem::take(&mut exchange.request.body), *timeout))
            }
            HttpIntegration::Unserved(why) => return Received::Answer(self.unserved(&exchange, why)),
        };
        match outgoing {
            Ok((target, body, timeout)) => Received::Call(Box::new(BackendCall { target, body, timeout, exchange })),
            Err(_) => Received::Answer(self.failed(&exchange)),
        }
    }

    fn selector<'s>(&'s self, exchange: &'s Exchange) -> Selector<'s> {
        Selector { api: &self.api, stack: &self.stack, exchange }
    }

    /// Something behind the route failed, or it asks for too much.
    fn failed(&self, exchange: &Exchange) -> Response {
        self.message(exchange, 500, "Internal Server Error")
    }

    fn unserved(&self, exchange: &Exchange, why: &str) -> Response {
        let request = &exchange.request;
        self.message(exchange, 501, &unserved(&request.method, &request.path, why))
    }

    pub(super) fn finish(&self, call: &BackendCall, reply: BackendReply) -> Response {
        let exchange = &call.exchange;
        let route = &self.api.routes[exchange.method.expect("only a routed request is sent to a backend")];
        let answer = match reply {
            BackendReply::Answered(answer) => answer,
            BackendReply::Unserved(why) => return self.unserved(exchange, &why),
            BackendReply::Failed => {
                return match call.target {
                    BackendTarget::Web { .. } if !self.switches.is_turned(Switch::BackendFailure) => {
                        self.message(exchange, 503, "Service Unavailable")
                    }
                    _ => self.failed(exchange),
                };
            }
        };
        match &route.integration {
            HttpIntegration::Lambda { format_2, .. } => {
                let read = if *format_2 {
                    LambdaResponse::read_2(&answer.body)
                } else {
                    LambdaResponse::read(&answer.body, true)
                };
                let Some(read) = read else { return self.failed(exchange) };
                let headers = read.headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
                self.changed(exchange, route, BackendAnswer::new(read.status, headers, read.body))
            }
            HttpIntegration::Http { .. } => {
                let passed = answer.headers.iter().filter(|(name, _)| !is_hop_by_hop(name)).cloned().collect();
                self.changed(exchange, route, answer.with_headers(passed))
            }
            // Of the headers of Step Functions only the type of the content goes back.
            _ => {
                let headers = vec![("Content-Type".into(), "application/json".into())];
                self.changed(exchange, route, answer.with_headers(headers.into()))
            }
        }
    }

    /// A backend's answer with what its route changes in it.
    fn changed(&self, exchange: &Exchange, route: &HttpRoute, answer: BackendAnswer) -> Response {
        let changes = route.integration.answer_changes(answer.status);
        match parameter_changes::of_answer(&self.selector(exchange), &answer, changes) {
            Ok((status, headers)) => self.pass(exchange, status, headers, answer.body),
            Err(_) => self.failed(exchange),
        }
    }

    /// An answer whose headers go out as well.
    fn pass(&self, exchange: &Exchange, status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Response {
        let mut response = self.answer(exchange, status, body);
        for (name, value) in headers {
            // An API with CORS of its own ignores that of its backends (developer guide, "Configure CORS").
            let is_cors = name.to_ascii_lowercase().starts_with("access-control-");
            if name.eq_ignore_ascii_case("content-type") {
                response.headers[0].1 = value;
            } else if !(is_cors && self.api.cors.is_some()) {
                response.headers.push((name.to_ascii_lowercase().into(), value));
            }
        }
        response
    }

    pub(super) fn time_out(&self, call: &BackendCall) -> Response {
        self.message(&call.exchange, 503, "Service Unavailable")
    }

    /// The call's members; one whose value is not in the request is left out.
    fn body(&self, members: &[(String, SelectionExpression)], exchange: &Exchange) -> Result<Vec<u8>, Exhausted> {
        let mut body = Map::new();
        for (name, expression) in members {
            if let Some(value) = self.selector(exchange).value(expression, None)? {
                exchange.budget.copy(ESCAPED * value.len())?;
                body.insert(name.clone(), Value::String(value));
            }
        }
        Ok(Value::Object(body).to_string().into_bytes())
    }

    fn message(&self, exchange: &Exchange, status: u16, message: &str) -> Response {
        self.answer(exchange, status, json!({ "message": message }).to_string().into_bytes())
    }

    fn answer(&self, exchange: &Exchange, status: u16, body: Vec<u8>) -> Response {
        let mut headers = vec![
            ("Content-Type".into(), "application/json".to_owned()),
            ("Apigw-Requestid".into(), exchange.ids.extended.clone()),
        ];
        if let (Some(cors), Some(origin)) = (&self.api.cors, exchange.request.headers.get("origin"))
            && let Some(allowed) = allowed(cors, origin)
        {
            headers.push(("access-control-allow-origin".into(), allowed));
            if !cors.exposed.is_empty() {
                headers.push(("access-control-expose-headers".into(), cors.exposed.join(",")));
            }
            if cors.credentials {
                headers.push(("access-control-allow-credentials".into(), "true".to_owned()));
            }
        }
        Response { status, headers, body }
    }
}

fn is_preflight(request: &Request) -> bool {
    let has = |name| request.headers.get(name).is_some();
    request.method == "OPTIONS" && has("origin") && has("access-control-request-method")
}

/// What an origin is answered with; `None` when it is not allowed.
fn allowed(cors: &Cors, origin: &str) -> Option<String> {
    let found = cors.origins.iter().find(|allowed| *allowed == "*" || allowed.eq_ignore_ascii_case(origin))?;
    Some(if found == "*" { "*".to_owned() } else { origin.to_owned() })
}

fn preflight(cors: &Cors, exchange: &Exchange) -> Response {
    let mut headers = vec![("Apigw-Requestid".into(), exchange.ids.extended.clone())];
    let origin = exchange.request.headers.get("origin").and_then(|origin| allowed(cors, origin));
    if let Some(origin) = origin {
        headers.push(("access-control-allow-origin".into(), origin));
        for (name, values) in
            [("access-control-allow-methods", &cors.methods), ("access-control-allow-headers", &cors.headers)]
        {
            if !values.is_empty() {
                headers.push((name.into(), values.join(",")));
            }
        }
        if let Some(age) = cors.max_age {
            headers.push(("access-control-max-age".into(), age.to_string()));
        }
        if cors.credentials {
            headers.push(("access-control-allow-credentials".into(), "true".to_owned()));
        }
    }
    Response { status: 204, headers, body: Vec::new() }
}
