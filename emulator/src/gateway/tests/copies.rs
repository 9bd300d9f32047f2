//! What is copied from a request as often as the deployment says.

use super::*;
use crate::deployment::{
    AuthorizationType, GatewayResponse, HttpApi, HttpIntegration, HttpRoute, IntegrationParameters, IntegrationUri,
    ParameterChange, ResourcePath, SelectionExpression, Substitution,
};
use crate::document::{Position, Text};
use crate::gateway::exchange::Exchange;
use crate::gateway::mapping::Scope;
use crate::gateway::served::Served;
use crate::switches::Switches;
use crate::vtl::{Group, Template};

const PLAIN: &str = r#"{"message": "Internal server error"}"#;

/// So many headers `h0`, `h1` and so on, each from the same source.
fn headers(count: usize, source: &MappingSource) -> Vec<Mapping> {
    (0..count).map(|n| Mapping { name: format!("h{n}"), source: source.clone() }).collect()
}

/// A body of so many bytes.
fn json_text(bytes: usize) -> String {
    format!("\"{}\"", "b".repeat(bytes - 2))
}

fn held(response: &Response) -> usize {
    response.body.len() + response.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
}

/// The answer to a path that does not exist, with a gateway response of the deployment's own.
fn refused(headers: Vec<Mapping>, template: &str, request: Request) -> Response {
    let mut deployment = deployment(false);
    let templates = vec![("application/json".to_owned(), Substitution::parse(template).unwrap())];
    let kind = "MISSING_AUTHENTICATION_TOKEN".to_owned();
    let custom = GatewayResponse { kind, status: Some(418), headers, templates };
    rest(&mut deployment).gateway_responses = vec![custom];
    let gateway = Gateway::new(&deployment, GatewayOptions::default());
    gateway.handle(Request { path: "/prod/nothing".to_owned(), ..request }, &arrival(), &Canned::new(200, "{}"))
}

#[test]
fn what_a_gateway_response_or_a_mapping_copies_is_charged_to_the_request() {
    let body_of = MappingSource::RequestBody(None);
    let agent = "a".repeat(9_000);
    let with_agent = || request("POST", "/", &[("User-Agent", &agent)], "");
    let told = "$context.path$context.requestTime$context.identity.userAgent";
    for (headers, template, request, fits) in [
        (headers(1_000, &body_of), "x".to_owned(), post(&"b".repeat(1_000)), true),
        (headers(1_000, &body_of), "x".to_owned(), post(&"b".repeat(100_000)), false),
        (Vec::new(), "$method.request.body".repeat(1_000), post(&"b".repeat(1_000)), true),
        (Vec::new(), "$method.request.body".repeat(1_000), post(&"b".repeat(100_000)), false),
        (Vec::new(), told.repeat(100), with_agent(), true),
        (Vec::new(), told.repeat(20_000), with_agent(), false),
        (headers(60_000, &MappingSource::Static("v".to_owned())), "x".to_owned(), post("{}"), false),
    ] {
        let answer = refused(headers, &template, request);
        assert_eq!(answer.status, if fits { 418 } else { 500 });
        assert_eq!(body(&answer) == PLAIN, !fits);
        assert!(answer.header("h0").is_none() || fits);
        assert!(held(&answer) < 19 << 20, "{} bytes", held(&answer));
    }
}

#[test]
fn a_value_takes_its_bytes_and_work_from_the_budget() {
    let mut deployment = deployment(false);
    rest(&mut deployment).stage_variables = vec![("v".to_owned(), "s".repeat(5_000))];
    let Api::Rest(api) = &deployment.api else { panic!("a REST API") };
    let options = GatewayOptions::default();
    let served = Served { api: api.clone(), stack: deployment.stack.clone(), options };
    let long = "x".repeat(5_000);
    let request = request("POST", "/prod/execute", &[("User-Agent", &long), ("a", &long)], &long);
    let exchange = Exchange::new(request, &arrival(), Switches::default());
    let scope = Scope::of_request(&served, &exchange);
    for source in [
        MappingSource::RequestBody(None),
        MappingSource::Static(long.clone()),
        MappingSource::Context("identity.userAgent".to_owned()),
        MappingSource::StageVariable("v".to_owned()),
        MappingSource::Request { group: Group::Header, name: "A".to_owned(), all: true },
    ] {
        let before = (exchange.budget.memory_left(), exchange.budget.work_left());
        assert_eq!(scope.value(&source).unwrap().unwrap().len(), 5_000);
        assert!(before.0 - exchange.budget.memory_left() >= 5_000, "{source:?}");
        assert!(before.1 - exchange.budget.work_left() >= 2_500, "{source:?}");
    }
}

#[test]
fn a_failure_that_has_spent_all_is_still_told_as_the_deployment_says() {
    let mut deployment = deployment(false);
    let method = execute(&mut deployment);
    let uri = IntegrationUri::parse("http://a.example/").unwrap();
    method.integration.kind = IntegrationKind::Http { uri, http_method: None, proxy: true };
    method.integration.parameters.headers = headers(1_000, &MappingSource::RequestBody(None));
    let template = Substitution::parse("$context.error.responseType").unwrap();
    rest(&mut deployment).gateway_responses = vec![GatewayResponse {
        kind: "DEFAULT_5XX".to_owned(),
        status: None,
        headers: vec![mapping("Access-Control-Allow-Origin", "*")],
        templates: vec![("text/plain".to_owned(), template)],
    }];
    let gateway = Gateway::new(&deployment, GatewayOptions::default());
    let answer = gateway.handle(post(&json_text(1_000_000)), &arrival(), &Canned::new(200, "{}"));
    assert_eq!((answer.status, body(&answer)), (500, "API_CONFIGURATION_ERROR"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

#[test]
fn what_an_integrations_request_copies_is_bounded() {
    let from_body = || headers(1_000, &MappingSource::RequestBody(None));
    for (uri, parameters) in [
        ("http://a.example/".to_owned(), IntegrationParameters { headers: from_body(), ..Default::default() }),
        ("http://a.example/".to_owned(), IntegrationParameters { queries: from_body(), ..Default::default() }),
        (
            format!("http://a.example/{}", "{h0}".repeat(1_000)),
            IntegrationParameters { paths: from_body(), ..Default::default() },
        ),
    ] {
        let mut deployment = deployment(false);
        let integration = &mut execute(&mut deployment).integration;
        let uri = IntegrationUri::parse(&uri).unwrap();
        integration.kind = IntegrationKind::Http { uri, http_method: None, proxy: true };
        integration.parameters = parameters;
        rest(&mut deployment).gateway_responses = Vec::new();
        let gateway = Gateway::new(&deployment, GatewayOptions::default());
        for (bytes, fits) in [(1_000, true), (1_000_000, false)] {
            match gateway.receive(post(&json_text(bytes)), &arrival()) {
                Received::Call(_) => assert!(fits, "{bytes}"),
                Received::Answer(answer) => assert_eq!((answer.status, body(&answer), fits), (500, PLAIN, false)),
            }
        }
    }
}

#[test]
fn what_a_template_or_an_answers_mapping_copies_into_headers_is_bounded() {
    let each = "#foreach($i in [1..1000])#set($context.responseOverride.header[\"h$i\"]=$input.body)#end";
    for template in [Some(each), None] {
        let mut deployment = deployment(false);
        change_responses(&mut deployment, |responses| {
            for response in responses {
                response.templates = MappingTemplates::default();
                if template.is_none() {
                    response.headers.extend(headers(1_000, &MappingSource::RequestBody(None)));
                }
            }
        });
        let (media, text) = ("application/json".to_owned(), template.unwrap_or("{}"));
        let start = Position { file: "api.yaml".into(), line: 1, column: 1 };
        let template = Template::parse(&Text { value: text.to_owned(), start, indent: 1 }).unwrap();
        execute(&mut deployment).integration.request_templates = MappingTemplates::new(vec![(media, template)]);
        let gateway = Gateway::new(&deployment, GatewayOptions::default());
        for (bytes, status) in [(1_000, 200), (50_000, 500)] {
            let answer = gateway.handle(post(&json_text(bytes)), &arrival(), &Canned::new(200, "{}"));
            assert_eq!((answer.status, answer.header("h7").is_some()), (status, status == 200));
        }
    }
}

#[test]
fn what_an_http_api_selects_is_bounded() {
    let expression = || SelectionExpression::parse("$request.body").unwrap();
    let change = |n: usize, kind: &str, of_answer| {
        ParameterChange::parse(&format!("append:{kind}.h{n}"), "$request.body", of_answer).unwrap()
    };
    let timeout = Duration::from_secs(1);
    let changes = |kind: &str| (0..1_000).map(|n| change(n, kind, false)).collect::<Vec<_>>();
    let function = |changes: Vec<_>, answer_changes: Vec<_>| HttpIntegration::Lambda {
        function: "f".to_owned(),
        format_2: true,
        changes,
        answer_changes,
        timeout,
    };
    let members = (0..1_000).map(|n| (format!("m{n}"), expression())).collect();
    let action = "StartExecution".to_owned();
    let changed_answer = vec![(200, (0..1_000).map(|n| change(n, "header", true)).collect())];
    for integration in [
        HttpIntegration::StepFunctions { action, members, answer_changes: Vec::new(), timeout },
        function(changes("header"), Vec::new()),
        function(changes("querystring"), Vec::new()),
        function(Vec::new(), changed_answer),
        HttpIntegration::Http {
            uri: IntegrationUri::parse("http://a.example/").unwrap(),
            http_method: None,
            changes: changes("header"),
            answer_changes: Vec::new(),
            timeout,
        },
    ] {
        let (path, authorization) = (Some(ResourcePath::new("/r")), AuthorizationType::None);
        let route = HttpRoute { http_method: "POST".to_owned(), path, authorization, throttle: None, integration };
        let (stage_variables, routes) = (Vec::new(), vec![route]);
        let api = HttpApi { id: "a".to_owned(), stage: None, stage_variables, routes, cors: None };
        let gateway =
            Gateway::new(&Deployment { api: Api::Http(Arc::new(api)), ..deployment(false) }, GatewayOptions::default());
        for (bytes, expected) in [(100, 200), (100_000, 500)] {
            let request = Request { path: "/r".to_owned(), ..post(&json_text(bytes)) };
            let answer = match gateway.receive(request, &arrival()) {
                Received::Answer(answer) => answer,
                Received::Call(call) => {
                    gateway.finish(*call, BackendReply::Answered(BackendAnswer::of_function(b"{}".to_vec())))
                }
            };
            assert_eq!(answer.status, expected, "{bytes}: {}", body(&answer));
        }
    }
}
