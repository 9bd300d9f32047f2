//! Web servers behind routes of a REST API, as recorded on AWS, and what is inferred of those of HTTP APIs.

use super::*;
use crate::deployment::{
    AuthorizationType, HttpApi, HttpIntegration, HttpRoute, IntegrationParameters, IntegrationUri, ParameterChange,
    ResourcePath, SelectionExpression, ThrottleSettings,
};
use crate::gateway::{BackendAnswer, BackendReply, BackendTarget};
use crate::states::Quotas;
use crate::switches::{Switch, Switches};
use crate::vtl::Group;

/// Puts a web server behind `POST /execute`.
fn put(deployment: &mut Deployment, uri: &str, proxy: bool, parameters: IntegrationParameters) {
    let integration = &mut execute(deployment).integration;
    let uri = IntegrationUri::parse(uri).unwrap();
    integration.kind = IntegrationKind::Http { uri, http_method: Some("POST".to_owned()), proxy };
    integration.request_templates = MappingTemplates::default();
    integration.passthrough = Passthrough::WhenNoMatch;
    integration.parameters = parameters;
}

fn from(name: &str, group: Group, source: &str) -> Mapping {
    let source = MappingSource::Request { group, name: source.to_owned(), all: false };
    Mapping { name: name.to_owned(), source }
}

/// What the server is sent: method, URL, headers, body.
fn sent(gateway: &Gateway, request: Request) -> (String, String, Vec<(String, String)>, String) {
    let Received::Call(call) = gateway.receive(request, &arrival()) else { panic!("a call") };
    let BackendTarget::Web { method, url, headers } = call.target else { panic!("a web server") };
    (method, url, headers, String::from_utf8(call.body).unwrap())
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    let mut found = headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
    let value = found.next().map(|(_, value)| value.as_str());
    assert!(found.next().is_none(), "{name} stands twice");
    value
}

const CALLER: [(&str, &str); 7] = [
    ("Content-Type", "application/json"),
    ("Accept", "application/xml"),
    ("User-Agent", "test/integration"),
    ("Host", "id.execute-api.us-east-1.amazonaws.com"),
    ("foobar", "mapped-value"),
    ("headerVar", "request-value"),
    ("Connection", "keep-alive"),
];

#[test]
fn a_proxied_request_has_the_recorded_query_and_headers() {
    let mut deployment = deployment(false);
    let parameters = IntegrationParameters {
        headers: vec![from("headerVar", Group::Header, "foobar")],
        queries: vec![
            from("queryString", Group::Query, "testQueryString"),
            from("testQs", Group::Query, "testQueryString"),
            from("testEmptyQs", Group::Header, "emptyheader"),
        ],
        paths: vec![from("qsVar", Group::Query, "testVar"), from("pathVar", Group::Header, "foobar")],
    };
    put(&mut deployment, "https://echo.example?testVar={pathVar}&testQs={qsVar}", true, parameters);
    let gateway = Gateway::new(&deployment, GatewayOptions::default());
    let request = request("POST", "/prod/execute?testQueryString=foo&testVar=bar", &CALLER, r#"{"message":"hello"}"#);
    let (method, url, headers, body) = sent(&gateway, request);
    assert_eq!((method.as_str(), body.as_str()), ("POST", r#"{"message":"hello"}"#));
    assert_eq!(
        url,
        "https://echo.example?testVar=mapped-value&testQs=bar&testQueryString=foo&testVar=bar&queryString=foo&testQs=foo"
    );
    for (name, value) in [
        ("accept", Some("application/xml")),
        ("user-agent", Some("test/integration")),
        ("content-type", Some("application/json")),
        ("foobar", Some("mapped-value")),
        ("headerVar", Some("mapped-value")),
        ("host", Some("echo.example")),
        ("connection", None),
        ("x-forwarded-for", Some("127.0.0.1")),
    ] {
        assert_eq!(header(&headers, name), value, "{name}");
    }
    assert!(header(&headers, "x-amzn-trace-id").unwrap().starts_with("Root="));
    assert!(header(&headers, "x-amzn-apigateway-api-id").is_some());
}

#[test]
fn a_callers_own_address_is_appended_to_what_it_says_or_put_in_its_place_everywhere() {
    let said =
        [("Content-Type", "application/json"), ("x-forwarded-for", "203.0.113.7"), ("X-Forwarded-Proto", "http")];
    let request = || request("POST", "/prod/execute", &said, "{}");
    for (turned, expected) in [(false, "203.0.113.7, 127.0.0.1"), (true, "127.0.0.1")] {
        let switches = Switches::default().set(Switch::ForwardedFor, turned);
        let options = || GatewayOptions { switches, ..GatewayOptions::default() };
        let mut web = deployment(false);
        put(&mut web, "https://a", true, IntegrationParameters::default());
        let (_, _, headers, _) = sent(&Gateway::new(&web, options()), request());
        assert_eq!(header(&headers, "x-forwarded-for"), Some(expected));
        assert_eq!(header(&headers, "x-forwarded-proto"), Some("https"));
        let mut mapped = deployment(false);
        let parameters = IntegrationParameters {
            headers: vec![from("seen", Group::Header, "X-Forwarded-For")],
            ..Default::default()
        };
        put(&mut mapped, "https://a", false, parameters);
        let (_, _, headers, _) = sent(&Gateway::new(&mapped, options()), request());
        assert_eq!(header(&headers, "seen"), Some(expected));
        assert_eq!(header(&headers, "x-forwarded-for"), None, "none where the request is made up");
        let mut proxied = deployment(false);
        execute(&mut proxied).integration.kind = IntegrationKind::LambdaProxy("f".to_owned());
        let Received::Call(call) = Gateway::new(&proxied, options()).receive(request(), &arrival()) else {
            panic!("a call")
        };
        let event: Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(event["headers"]["X-Forwarded-For"], expected);
    }
}

#[test]
fn a_request_that_is_made_up_has_the_recorded_headers_and_nothing_of_the_callers() {
    let mut deployment = deployment(false);
    put(&mut deployment, "https://echo.example/", false, IntegrationParameters::default());
    let gateway = Gateway::new(&deployment, GatewayOptions::default());
    let (_, url, headers, body) = sent(&gateway, request("POST", "/prod/execute?a=b", &CALLER, "{}"));
    assert_eq!((url.as_str(), body.as_str()), ("https://echo.example/", "{}"));
    let mut names: Vec<_> = headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    let recorded = ["accept", "content-type", "host", "user-agent", "x-amzn-apigateway-api-id", "x-amzn-trace-id"];
    assert_eq!(names, recorded);
    assert_eq!(header(&headers, "accept"), Some("application/json"));
    assert!(header(&headers, "user-agent").unwrap().starts_with("AmazonAPIGateway_"));
}

#[test]
fn a_header_that_the_gateway_writes_itself_may_not_be_mapped() {
    for proxy in [false, true] {
        let mut deployment = deployment(false);
        let headers = vec![mapping("X-Amzn-Trace-Id", "mine")];
        put(&mut deployment, "https://a", proxy, IntegrationParameters { headers, ..Default::default() });
        let gateway = Gateway::new(&deployment, GatewayOptions::default());
        let Received::Answer(response) = gateway.receive(post("{}"), &arrival()) else { panic!("no call") };
        assert_eq!(response.status, 500);
    }
}

/// The answer to `POST /execute` when the server answers so.
fn answered(proxy: bool, reply: BackendReply) -> Response {
    let mut deployment = deployment(false);
    put(&mut deployment, "https://a", proxy, IntegrationParameters::default());
    let gateway = Gateway::new(&deployment, GatewayOptions::default());
    let Received::Call(call) = gateway.receive(post("{}"), &arrival()) else { panic!("a call") };
    gateway.finish(*call, reply)
}

fn answer(status: u16) -> BackendReply {
    let headers = [
        ("Content-Type", "text/x"),
        ("Connection", "keep-alive"),
        ("Date", "then"),
        ("x-amzn-RequestId", "theirs"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("Transfer-Encoding", "chunked"),
    ];
    let headers = headers.map(|(name, value)| (name.into(), value.into())).to_vec().into();
    BackendAnswer::new(status, headers, b"body".to_vec()).into()
}

#[test]
fn a_proxied_answer_passes_through_and_what_the_gateway_writes_itself_comes_back_remapped() {
    let response = answered(true, answer(418));
    assert_eq!((response.status, body(&response)), (418, "body"));
    for (name, value) in [
        ("content-type", Some("text/x")),
        ("x-amzn-Remapped-Connection", Some("keep-alive")),
        ("x-amzn-Remapped-Date", Some("then")),
        ("x-amzn-Remapped-x-amzn-RequestId", Some("theirs")),
        ("transfer-encoding", None),
        ("date", None),
    ] {
        assert_eq!(response.header(name), value, "{name}");
    }
    assert_ne!(response.header("x-amzn-RequestId"), Some("theirs"));
    assert!(response.header("X-Amzn-Trace-Id").is_some());
    assert_eq!(names(&response).iter().filter(|name| **name == "Set-Cookie").count(), 2);
}

#[test]
fn an_answer_that_is_selected_has_no_headers_of_the_server() {
    let response = answered(false, answer(200));
    assert_eq!((response.status, response.header("set-cookie")), (200, None));
    assert!(response.header("X-Amzn-Trace-Id").is_some());
    assert_eq!(answered(false, answer(418)).status, 403, "the pattern for 4xx is taken");
}

#[test]
fn a_server_that_cannot_be_reached_is_a_504_and_one_without_a_double_a_501() {
    for proxy in [false, true] {
        let failed = answered(proxy, BackendReply::Failed);
        assert_eq!((failed.status, failed.header("x-amzn-errortype")), (504, Some("InternalServerErrorException")));
        let unserved = answered(proxy, BackendReply::Unserved("a has no double".to_owned()));
        assert_eq!(unserved.status, 501);
        assert!(body(&unserved).contains("POST /execute is not answered by this endpoint: a has no double"));
    }
}

/// An HTTP API with `POST /changed`, which overwrites the path of what a function sees, and `POST /web`.
fn http_api() -> Api {
    let route = |path: &str, integration| HttpRoute {
        http_method: "POST".to_owned(),
        path: Some(ResourcePath::new(path)),
        authorization: AuthorizationType::None,
        integration,
        throttle: Some(ThrottleSettings { rate: 1.0, burst: 2 }),
    };
    let function = HttpIntegration::Lambda {
        function: "f".to_owned(),
        format_2: true,
        changes: vec![ParameterChange::parse("overwrite:path", "/other", false).unwrap()],
        answer_changes: Vec::new(),
        timeout: Duration::from_millis(700),
    };
    let web = HttpIntegration::Http {
        uri: IntegrationUri::parse("http://a").unwrap(),
        http_method: None,
        changes: Vec::new(),
        answer_changes: Vec::new(),
        timeout: Duration::from_secs(1),
    };
    let routes = vec![route("/changed", function), route("/web", web)];
    Api::Http(Arc::new(HttpApi { id: "a".to_owned(), stage: None, stage_variables: Vec::new(), routes, cors: None }))
}

#[test]
fn a_function_behind_an_http_api_is_waited_for_as_its_integration_says() {
    let gateway = Gateway::new(&Deployment { api: http_api(), ..deployment(false) }, GatewayOptions::default());
    let request = Request { path: "/changed".to_owned(), ..post("{}") };
    let Received::Call(call) = gateway.receive(request, &arrival()) else { panic!("a call") };
    assert_eq!(call.timeout, Duration::from_millis(700));
    let late = gateway.time_out(*call);
    assert_eq!((late.status, body(&late)), (503, r#"{"message":"Service Unavailable"}"#));
}

#[test]
fn an_http_api_selects_the_path_in_its_stage_all_values_of_a_name_and_what_it_knows_of_the_route() {
    let Api::Http(api) = http_api() else { panic!("an HTTP API") };
    let api = Arc::try_unwrap(api).unwrap();
    let text = "${request.path}|${request.querystring.q}|${request.header.X-A}|${context.routeKey}|${context.requestTime}|${context.domainPrefix}";
    let members = |text: &str| vec![("input".to_owned(), SelectionExpression::parse(text).unwrap())];
    let route = |path: &str, text: &str| HttpRoute {
        http_method: "POST".to_owned(),
        path: Some(ResourcePath::new(path)),
        authorization: AuthorizationType::None,
        throttle: None,
        integration: HttpIntegration::StepFunctions {
            action: "StartExecution".to_owned(),
            members: members(text),
            answer_changes: Vec::new(),
            timeout: Duration::from_secs(1),
        },
    };
    let routes = vec![route("/o/{id}", text), route("/none", "a${request.querystring.gone}")];
    let api = Api::Http(Arc::new(HttpApi { stage: Some("v1".to_owned()), routes, ..api }));
    let gateway = Gateway::new(&Deployment { api, ..deployment(false) }, GatewayOptions::default());
    let input = |target: &str| {
        let headers = [("Host", "abc.example.com"), ("x-a", "1"), ("X-A", "2")];
        let Received::Call(call) = gateway.receive(request("POST", target, &headers, "{}"), &arrival()) else {
            panic!("a call")
        };
        serde_json::from_slice::<Value>(&call.body).unwrap()["input"].clone()
    };
    let found = input("/v1/o/a%20b?q=1&p=3&q=2");
    let found: Vec<_> = found.as_str().unwrap().split('|').collect();
    let [path, query, header, key, time, prefix] = found[..] else { panic!("{found:?}") };
    assert_eq!((path, query, header, key, prefix), ("/o/a%20b", "1,2", "1,2", "POST /o/{id}", "abc"));
    assert!(time.ends_with(" +0000"), "{time}");
    assert_eq!(input("/v1/none"), Value::Null, "what selects nothing takes the whole text away");
}

#[test]
fn a_route_of_an_http_api_is_throttled_only_with_quotas() {
    let deployment = Deployment { api: http_api(), ..deployment(false) };
    for (quotas, expected) in [(Quotas::Off, [0; 3]), (Quotas::Aws, [0, 0, 429])] {
        let gateway = Gateway::new(&deployment, GatewayOptions { quotas, ..GatewayOptions::default() });
        let statuses = [(); 3].map(|()| {
            let request = Request { path: "/changed".to_owned(), ..post("{}") };
            match gateway.receive(request, &arrival()) {
                Received::Call(_) => 0,
                Received::Answer(answer) => {
                    assert_eq!(body(&answer), r#"{"message":"Too Many Requests"}"#);
                    answer.status
                }
            }
        });
        assert_eq!(statuses, expected);
    }
}

#[test]
fn what_is_inferred_of_http_apis_is_switched() {
    let deployment = Deployment { api: http_api(), ..deployment(false) };
    for (turned, path, status) in [(false, "/other", 503), (true, "/changed", 500)] {
        let switches = Switches::default().set(Switch::OverwrittenPath, turned).set(Switch::BackendFailure, turned);
        let gateway = Gateway::new(&deployment, GatewayOptions { switches, ..GatewayOptions::default() });
        let to = |path: &str| Request { path: path.to_owned(), ..post("{}") };
        let Received::Call(call) = gateway.receive(to("/changed"), &arrival()) else { panic!("a call") };
        let event: Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!((&event["rawPath"], &event["requestContext"]["http"]["path"]), (&path.into(), &"/changed".into()));
        let Received::Call(call) = gateway.receive(to("/web"), &arrival()) else { panic!("a call") };
        assert_eq!(gateway.finish(*call, BackendReply::Failed).status, status);
    }
}

#[test]
fn what_concerns_the_callers_own_connection_ends_at_the_gateway() {
    let mut deployment = deployment(false);
    put(&mut deployment, "https://echo.example/", true, IntegrationParameters::default());
    let gateway = Gateway::new(&deployment, GatewayOptions::default());
    let fields = [
        ("Connection", "close, X-Mine"),
        ("X-Mine", "1"),
        ("X-Theirs", "2"),
        ("Proxy-Authorization", "Basic eDp5"),
        ("Trailer", "X"),
    ];
    let (_, _, headers, _) = sent(&gateway, request("POST", "/prod/execute", &fields, "{}"));
    let passed = ["connection", "x-mine", "x-theirs", "proxy-authorization", "trailer"];
    assert_eq!(passed.map(|name| header(&headers, name)), [None, None, Some("2"), None, None]);
}

#[test]
fn any_stands_for_seven_methods_and_not_for_those_that_ask_for_another_server() {
    let mut deployment = deployment(false);
    put(&mut deployment, "https://echo.example/", true, IntegrationParameters::default());
    "ANY".clone_into(&mut execute(&mut deployment).http_method);
    let gateway = Gateway::new(&deployment, GatewayOptions::default());
    for (method, is_served) in [("PATCH", true), ("CONNECT", false), ("TRACE", false), ("FOO", false)] {
        let received = gateway.receive(request(method, "/prod/execute", &[], "{}"), &arrival());
        assert_eq!(matches!(received, Received::Call(_)), is_served, "{method}");
    }
}
