mod admit;
mod copies;
mod recorded;
mod switches;
mod web;

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::clock::VirtualClock;
use crate::deployment::{
    Api, Deployment, IntegrationKind, IntegrationResponse, IntegrationResponses, Mapping, MappingSource,
    MappingTemplates, Method, Passthrough, RestApi, SelectionPattern,
};
use crate::http::{Arrival, IdSeeds, Request, Response};
use crate::states::{self, StepFunctions};
use crate::template::{LoadOptions, Source, load};

const START: Duration = Duration::from_millis(1_573_573_209_347);
const UUID: &str = "9c3d8aab-83bf-4542-8256-36c9f42b6b01";

fn deployment(as_posted: bool) -> Deployment {
    let files = if as_posted { stepgate_deploy::AS_POSTED } else { stepgate_deploy::CORRECTED };
    let mut options = LoadOptions { as_posted, ..LoadOptions::default() };
    let parameter = if as_posted { ("CorsOrigin", "'http://localhost:3000'") } else { ("Auth", "NONE") };
    options.parameters.push((parameter.0.to_owned(), parameter.1.to_owned()));
    load(&Source::carried("deploy", files), &options).unwrap()
}

/// The REST API of a deployment, to be changed.
fn rest(deployment: &mut Deployment) -> &mut RestApi {
    let Api::Rest(api) = &mut deployment.api else { panic!("a REST API") };
    Arc::get_mut(api).unwrap()
}

/// The one `POST /execute` of a deployment.
fn execute(deployment: &mut Deployment) -> &mut Method {
    let mut methods = rest(deployment).methods.iter_mut();
    methods.find(|method| method.path == *"/execute" && method.http_method == "POST").unwrap()
}

/// Changes the integration responses of the one `POST /execute`.
fn change_responses(deployment: &mut Deployment, change: impl FnOnce(&mut Vec<IntegrationResponse>)) {
    let responses = &mut execute(deployment).integration.responses;
    let mut all = std::mem::take(responses).into_vec();
    change(&mut all);
    *responses = IntegrationResponses::new(all);
}

/// A header that is always the same text.
fn mapping(name: &str, value: &str) -> Mapping {
    Mapping { name: name.to_owned(), source: MappingSource::Static(value.to_owned()) }
}

struct Workflows(Arc<StepFunctions>);

impl Backend for Workflows {
    fn call(&self, service: &str, action: &str, body: &[u8]) -> (u16, Vec<u8>) {
        assert_eq!(service, "states");
        let reply = self.0.call(action, body);
        (reply.status, reply.body)
    }
}

/// Keeps what it is asked and answers the same every time.
struct Canned(u16, &'static str, Mutex<Vec<(String, String)>>);

impl Canned {
    fn new(status: u16, body: &'static str) -> Self {
        Self(status, body, Mutex::default())
    }

    fn asked(&self) -> Vec<(String, String)> {
        std::mem::take(&mut *self.2.lock().unwrap())
    }
}

impl Backend for Canned {
    fn call(&self, _service: &str, action: &str, body: &[u8]) -> (u16, Vec<u8>) {
        self.2.lock().unwrap().push((action.to_owned(), String::from_utf8(body.to_vec()).unwrap()));
        (self.0, self.1.as_bytes().to_vec())
    }
}

fn arrival() -> Arrival {
    let seeds = IdSeeds { request: [0xab; 16], extended: [0xab; 11], trace: [0xab; 12], backend: [0xcd; 16] };
    Arrival { at: START, source: Ipv4Addr::LOCALHOST.into(), seeds }
}

fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers.iter().copied().collect(),
        body: body.as_bytes().to_vec(),
    }
}

fn post(body: &str) -> Request {
    request("POST", "/prod/execute", &[("Content-Type", "application/json"), ("Host", "localhost:1")], body)
}

fn body(response: &Response) -> &str {
    std::str::from_utf8(&response.body).unwrap()
}

fn names(response: &Response) -> Vec<&str> {
    response.headers.iter().map(|(name, _)| name.as_ref()).collect()
}

/// The as-posted deployment or the corrected one with workflows that really run.
struct Endpoint {
    gateway: Gateway,
    workflows: Workflows,
}

impl Endpoint {
    fn new(as_posted: bool) -> Self {
        let deployment = deployment(as_posted);
        let clock = Arc::new(VirtualClock::starting_at(START));
        let workflows = StepFunctions::new(&deployment, clock, states::StatesOptions::default()).unwrap();
        Self { gateway: Gateway::new(&deployment, GatewayOptions::default()), workflows: Workflows(workflows) }
    }

    fn answer(&self, request: Request) -> Response {
        self.gateway.handle(request, &arrival(), &self.workflows)
    }

    fn as_posted(body: &str) -> Response {
        let path = format!("/{}/execute", rest(&mut deployment(true)).stage);
        Self::new(true).answer(request("POST", &path, &[("Content-Type", "application/json")], body))
    }
}

#[test]
fn a_start_answers_with_the_captured_headers_and_body() {
    let mut request = post(r#"{"a":1}"#);
    request.headers.push("x-amzn-RequestId", UUID);
    let response = Endpoint::new(false).answer(request);
    assert_eq!(response.status, 200);
    assert_eq!(names(&response)[..4], ["Content-Type", "x-amzn-RequestId", "x-amz-apigw-id", "X-Amzn-Trace-Id"]);
    assert_eq!(response.header("x-amzn-requestid"), Some(UUID));
    assert_eq!(response.header("content-type"), Some("application/json"));
    let expected = format!(r#":{UUID}","startDate":1.573573209347E9}}"#);
    assert!(body(&response).starts_with(r#"{"executionArn":"arn:aws:states:"#), "{}", body(&response));
    assert!(body(&response).ends_with(&expected), "{}", body(&response));
}

#[test]
fn the_seed_breaks_on_a_single_quote_with_the_sixty_bytes() {
    let response = Endpoint::as_posted(r#"{"note":"it's here"}"#);
    assert_eq!((response.status, response.body.len()), (200, 60));
    assert_eq!(body(&response), r#"{"__type":"com.amazon.coral.service#SerializationException"}"#);
}

#[test]
fn the_corrected_deployment_delivers_every_payload_as_it_is() {
    let deployment = deployment(false);
    let gateway = Gateway::new(&deployment, GatewayOptions::default());
    let backend = Canned::new(200, "{}");
    for payload in [r#"{"note":"it's \\' \" / é 😀"}"#, "[1,2.5,null]", "42", r#""hi""#, "true", "{}"] {
        let _ = gateway.handle(post(payload), &arrival(), &backend);
        let (action, envelope) = backend.asked().pop().unwrap();
        let envelope: Value = serde_json::from_str(&envelope).unwrap();
        let input: Value = serde_json::from_str(envelope["input"].as_str().unwrap()).unwrap();
        assert_eq!(action, "StartExecution");
        assert_eq!(input, serde_json::from_str::<Value>(payload).unwrap());
        assert_eq!(envelope["name"], "abababab-abab-4bab-abab-abababababab");
    }
}

#[test]
fn a_legal_idempotency_key_becomes_the_name_and_any_other_does_not() {
    let gateway = Gateway::new(&deployment(false), GatewayOptions::default());
    let backend = Canned::new(200, "{}");
    for (header, key, legal) in [
        ("Idempotency-Key", "order-17_a.b", true),
        ("idempotency-key", "order-17", true),
        ("Idempotency-Key", "no spaces", false),
        ("Idempotency-Key", "", false),
    ] {
        let mut request = post("{}");
        request.headers.push(header, key);
        let _ = gateway.handle(request, &arrival(), &backend);
        let envelope: Value = serde_json::from_str(&backend.asked()[0].1).unwrap();
        assert_eq!(envelope["name"] == key, legal, "{key:?}");
    }
}

#[test]
fn failures_of_step_functions_are_told_apart_by_the_corrected_deployment() {
    let gateway = Gateway::new(&deployment(false), GatewayOptions::default());
    for (status, reply, expected, code, reason) in [
        (
            400,
            r#"{"__type":"com.amazonaws.swf.service.v2.model#InvalidName","message":"Invalid Name: 'a b'"}"#,
            403,
            "CREATION_FAILED",
            "InvalidName",
        ),
        (
            400,
            r#"{"__type":"com.amazon.coral.availability#ThrottlingException","message":"Rate exceeded"}"#,
            429,
            "THROTTLED",
            "ThrottlingException",
        ),
        (
            400,
            r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"User: \"x\" is not authorized"}"#,
            403,
            "CREATION_FAILED",
            "AccessDeniedException",
        ),
        (500, r#"{"__type":"com.amazon.coral.service#InternalFailure"}"#, 502, "SERVICE_FAILED", "InternalFailure"),
        (503, "<html>", 502, "SERVICE_FAILED", ""),
    ] {
        let response = gateway.handle(post("{}"), &arrival(), &Canned::new(status, reply));
        let answer: Value = serde_json::from_str(body(&response)).unwrap_or_else(|_| panic!("{}", body(&response)));
        assert_eq!((response.status, &answer["code"], &answer["reason"]), (expected, &code.into(), &reason.into()));
        assert!(response.header("Access-Control-Allow-Origin").is_some());
    }
}

#[test]
fn the_seed_answers_200_whatever_step_functions_says() {
    let gateway = Gateway::new(&deployment(true), GatewayOptions::default());
    let path = format!("/{}/execute", rest(&mut deployment(true)).stage);
    for (status, reply) in
        [(400, r#"{"__type":"x#InvalidName","message":"CREATION_FAILED"}"#), (500, "CREATION_FAILED")]
    {
        let response = gateway.handle(request("POST", &path, &[], "{}"), &arrival(), &Canned::new(status, reply));
        assert_eq!((response.status, body(&response)), (200, reply));
    }
}

#[test]
fn a_preflight_is_answered_by_the_mock_without_a_trace_id() {
    let endpoint = Endpoint::new(true);
    let response = endpoint.answer(request("OPTIONS", "/dev/execute", &[("Origin", "http://localhost:3000")], ""));
    assert_eq!((response.status, body(&response).trim_end()), (200, "{}"));
    assert_eq!(response.header("access-control-allow-origin"), Some("http://localhost:3000"));
    assert_eq!(response.header("access-control-allow-methods"), Some("*"));
    assert_eq!(response.header("x-amzn-trace-id"), None);
    let other = endpoint.answer(request("OPTIONS", "/dev/execute", &[("Content-Type", "text/plain")], ""));
    assert_eq!((other.status, body(&other)), (500, r#"{"message": "Internal server error"}"#));
}

#[test]
fn another_content_type_passes_through_the_seed_and_not_the_corrected_deployment() {
    let seed = Gateway::new(&deployment(true), GatewayOptions::default());
    let backend = Canned::new(200, "{}");
    let _ =
        seed.handle(request("POST", "/dev/execute", &[("Content-Type", "text/plain")], "raw"), &arrival(), &backend);
    assert_eq!(backend.asked()[0].1, "raw");
    let corrected = Gateway::new(&deployment(false), GatewayOptions::default());
    let refused = corrected.handle(
        request("POST", "/prod/execute", &[("Content-Type", "text/plain")], "raw"),
        &arrival(),
        &backend,
    );
    assert_eq!((refused.status, refused.header("x-amzn-errortype")), (415, Some("BadRequestException")));
    assert!(backend.asked().is_empty());
    for media in ["application/json; charset=utf-8", "Application/JSON"] {
        let accepted =
            corrected.handle(request("POST", "/prod/execute", &[("Content-Type", media)], "{}"), &arrival(), &backend);
        assert_eq!(accepted.status, 200, "{media}");
    }
}

#[test]
fn passthrough_when_no_templates_needs_that_there_are_none() {
    let mut deployment = deployment(false);
    execute(&mut deployment).integration.passthrough = Passthrough::WhenNoTemplates;
    let text = || request("POST", "/prod/execute", &[("Content-Type", "text/plain")], "raw");
    let status = |deployment: &Deployment| {
        let gateway = Gateway::new(deployment, GatewayOptions::default());
        gateway.handle(text(), &arrival(), &Canned::new(200, "{}")).status
    };
    assert_eq!(status(&deployment), 415);
    execute(&mut deployment).integration.request_templates = MappingTemplates::default();
    assert_eq!(status(&deployment), 200);
}

#[test]
fn a_time_out_comes_after_the_start() {
    let endpoint = Endpoint::new(false);
    let Received::Call(call) = endpoint.gateway.receive(post("{}"), &arrival()) else { panic!("a call") };
    assert_eq!(call.timeout, Duration::from_secs(29));
    let BackendTarget::Action { service, action } = &call.target else { panic!("an action") };
    assert_eq!(endpoint.workflows.call(service, action, &call.body).0, 200);
    let response = endpoint.gateway.time_out(*call);
    assert_eq!((response.status, response.header("x-amzn-errortype")), (504, Some("InternalServerErrorException")));
    assert_eq!(body(&response), r#"{"code":"INTEGRATION_TIMEOUT","message":"Endpoint request timed out"}"#);
    assert_eq!(endpoint.workflows.0.counters().started, 1);
}

#[test]
fn patterns_match_the_whole_status_and_nothing_else() {
    for (pattern, reply, expected) in [
        ("4", 400, 500),
        (r"4\d{2}", 400, 403),
        ("400|409", 409, 403),
        (".*CREATION_FAILED.*", 400, 500),
        ("(?!5).*", 400, 403),
    ] {
        let mut deployment = deployment(false);
        let pattern = SelectionPattern::parse(pattern).unwrap();
        change_responses(&mut deployment, |responses| {
            responses.retain(|response| response.status == 403);
            responses[0].pattern = Some(pattern);
        });
        let response = Gateway::new(&deployment, GatewayOptions::default()).handle(
            post("{}"),
            &arrival(),
            &Canned::new(reply, "CREATION_FAILED"),
        );
        assert_eq!(response.status, expected);
    }
    assert!(SelectionPattern::parse("(").unwrap_err().contains("selection pattern"));
}

#[test]
fn a_status_that_the_method_does_not_declare_is_a_configuration_error() {
    let mut deployment = deployment(true);
    execute(&mut deployment).responses.retain(|response| response.status != 200);
    let gateway = Gateway::new(&deployment, GatewayOptions::default());
    let response = gateway.handle(request("POST", "/dev/execute", &[], "{}"), &arrival(), &Canned::new(200, "{}"));
    assert_eq!((response.status, body(&response)), (500, r#"{"message": "Internal server error"}"#));
    assert_eq!(response.header("x-amzn-trace-id"), None);
}

#[test]
fn headers_that_api_gateway_keeps_for_itself_come_back_remapped() {
    let mut deployment = deployment(false);
    let set = [
        ("Date", "now"),
        ("www-Authenticate", "x"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Type", "text/x"),
        ("X-Path", "ok"),
    ];
    change_responses(&mut deployment, |responses| {
        for response in responses {
            response.headers.extend(set.map(|(name, value)| mapping(name, value)));
        }
    });
    let gateway = Gateway::new(&deployment, GatewayOptions::default());
    let response = gateway.handle(post("{}"), &arrival(), &Canned::new(200, "{}"));
    assert_eq!(response.header("x-amzn-Remapped-Date"), Some("now"));
    assert!(names(&response).contains(&"x-amzn-Remapped-www-Authenticate"));
    assert_eq!((response.header("date"), response.header("transfer-encoding")), (None, None));
    assert_eq!((response.header("content-type"), response.header("x-path")), (Some("text/x"), Some("ok")));
}

#[test]
fn customised_gateway_responses_replace_their_substitutions_and_keep_the_error_type() {
    let response = Endpoint::new(false).answer(request("POST", "/prod/nothing", &[], ""));
    assert_eq!(response.status, 403);
    assert_eq!(body(&response), r#"{"code":"MISSING_AUTHENTICATION_TOKEN","message":"Missing Authentication Token"}"#);
    assert_eq!(response.header("access-control-allow-origin"), Some("http://localhost:3000"));
    assert_eq!(response.header("x-amzn-errortype"), Some("MissingAuthenticationTokenException"));
}

#[test]
fn the_target_may_stand_in_a_header_mapping() {
    let mut deployment = deployment(true);
    let method = execute(&mut deployment);
    method.integration.kind = IntegrationKind::Aws { service: "states".into(), action: None };
    method.integration.parameters.headers.push(mapping("X-Amz-Target", "AWSStepFunctions.StartExecution"));
    let gateway = Gateway::new(&deployment, GatewayOptions::default());
    let backend = Canned::new(200, "{}");
    let _ = gateway.handle(request("POST", "/dev/execute", &[], "{}"), &arrival(), &backend);
    assert_eq!(backend.asked()[0].0, "StartExecution");
}

proptest! {
    #[test]
    fn no_request_panics_and_every_answer_has_its_ids(
        method in "[A-Z]{1,7}", path in "/(prod|dev)?/?(execute|executions)?[/%{}.a-z0-9é]{0,12}", query in "[a-z=&%+é]{0,12}",
        headers in prop::collection::vec(("(Content-Type|Accept|x-amzn-RequestId|X-Amzn-Trace-Id|Authorization|X-Amz-Date)", "[ -~é]{0,40}"), 0..5),
        payload in prop::collection::vec(any::<u8>(), 0..64), status in 100_u16..600, reply in "[ -~]{0,20}"
    ) {
        struct Any(u16, String);
        impl Backend for Any {
            fn call(&self, _: &str, _: &str, _: &[u8]) -> (u16, Vec<u8>) {
                (self.0, self.1.clone().into_bytes())
            }
        }
        thread_local! {
            static GATEWAY: Gateway = Gateway::new(&deployment(false), GatewayOptions::default());
        }
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut request = request(&method, &path, &headers, "");
        request.query = query;
        request.body = payload;
        let response = GATEWAY.with(|gateway| gateway.handle(request, &arrival(), &Any(status, reply)));
        prop_assert!((200..600).contains(&response.status));
        prop_assert!(response.header("x-amzn-RequestId").is_some() && response.header("x-amz-apigw-id").is_some());
    }
}
