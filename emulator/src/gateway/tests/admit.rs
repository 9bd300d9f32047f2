//! What is checked before the integration is called.

use crate::deployment::{AuthorizationType, MethodParameter, ParameterLocation, RequestValidator, ThrottleSettings};
use crate::document::{Position, Text};
use crate::schema::Schema;
use crate::signature::{AccessKey, CallerIdentity, Credentials};
use crate::states::Quotas;
use crate::vtl::Template;

use super::*;

#[test]
fn an_unknown_path_or_method_is_a_missing_authentication_token() {
    let endpoint = Endpoint::new(true);
    for (method, path) in [
        ("GET", "/dev/execute"),
        ("HEAD", "/dev/execute"),
        ("POST", "/dev/nothing"),
        ("POST", "/execute"),
        ("POST", "/other/execute"),
        ("POST", "/dev/execute/more"),
        ("POST", "/"),
        ("PURGE", "/dev//"),
    ] {
        let response = endpoint.answer(request(method, path, &[], ""));
        assert_eq!(
            (response.status, body(&response)),
            (403, r#"{"message":"Missing Authentication Token"}"#),
            "{path}"
        );
        assert_eq!(names(&response), ["Content-Type", "x-amzn-RequestId", "x-amz-apigw-id", "x-amzn-ErrorType"]);
        assert_eq!(response.header("x-amzn-errortype"), Some("MissingAuthenticationTokenException"));
    }
}

#[test]
fn a_slash_at_the_end_is_ignored() {
    let mut request = post("{}");
    request.path.push('/');
    assert_eq!(Endpoint::new(false).answer(request).status, 200);
}

#[test]
fn a_body_that_does_not_fit_its_model_is_refused_before_the_backend() {
    let mut deployment = deployment(true);
    let method = execute(&mut deployment);
    method.validator = Some(RequestValidator { body: true, parameters: false });
    let schema = Schema::compile(&serde_json::json!({"type": "object", "required": ["a"]})).unwrap();
    method.models = vec![("application/json".into(), schema)];
    let gateway = Gateway::new(&deployment, GatewayOptions::default());
    let backend = Canned::new(200, "{}");
    for (payload, status) in [(r#"{"a":1}"#, 200), ("{}", 400), ("", 400), ("{'a':1}", 400), ("not json", 400)] {
        let response = gateway.handle(request("POST", "/dev/execute", &[], payload), &arrival(), &backend);
        assert_eq!(response.status, status, "{payload}");
        if status == 400 {
            assert_eq!(body(&response), r#"{"message":"Invalid request body"}"#);
            assert_eq!(response.header("x-amzn-errortype"), Some("BadRequestException"));
        }
    }
    assert_eq!(backend.asked().len(), 1);
}

#[test]
fn missing_parameters_are_listed_as_recorded() {
    let mut deployment = deployment(true);
    let method = execute(&mut deployment);
    method.validator = Some(RequestValidator { body: false, parameters: true });
    let parameter = |location, name: &str, required| MethodParameter { location, name: name.into(), required };
    method.parameters = vec![
        parameter(ParameterLocation::Query, "qs1", true),
        parameter(ParameterLocation::Path, "issuer", true),
        parameter(ParameterLocation::Header, "x-header-param", true),
        parameter(ParameterLocation::Header, "x-optional", false),
    ];
    let gateway = Gateway::new(&deployment, GatewayOptions::default());
    let answer = |target: &str, headers: &[(&str, &str)]| {
        let response = gateway.handle(request("POST", target, headers, "{}"), &arrival(), &Canned::new(200, "{}"));
        (response.status, body(&response).to_owned())
    };
    let missing = |names: &str| (400, format!(r#"{{"message":"Missing required request parameters: [{names}]"}}"#));
    assert_eq!(answer("/dev/execute", &[]), missing("x-header-param, issuer, qs1"));
    assert_eq!(answer("/dev/execute?qs1=", &[("X-Header-Param", "1")]), missing("issuer"));
}

#[test]
fn an_api_key_is_asked_for_and_known() {
    let mut deployment = deployment(true);
    execute(&mut deployment).api_key_required = true;
    rest(&mut deployment).api_keys = vec!["a-key-that-the-template-says".into()];
    let options =
        GatewayOptions { api_keys: vec!["a-key-of-at-least-twenty-characters".into()], ..GatewayOptions::default() };
    let gateway = Gateway::new(&deployment, options);
    let status = |headers: &[(&str, &str)]| {
        let response =
            gateway.handle(request("POST", "/dev/execute", headers, "{}"), &arrival(), &Canned::new(200, "{}"));
        (response.status, response.header("x-amzn-errortype").map(str::to_owned))
    };
    assert_eq!(status(&[("X-API-Key", "a-key-of-at-least-twenty-characters")]), (200, None));
    assert_eq!(status(&[("X-API-Key", "a-key-that-the-template-says")]), (200, None));
    assert_eq!(status(&[("x-api-key", "another")]), (403, Some("ForbiddenException".into())));
    assert_eq!(status(&[]), (403, Some("ForbiddenException".into())));
}

#[test]
fn a_stage_throttles_only_with_quotas() {
    let mut deployment = deployment(true);
    execute(&mut deployment).throttle = Some(ThrottleSettings { rate: 10.0, burst: 2 });
    for (quotas, expected) in [(Quotas::Off, [200; 4]), (Quotas::Aws, [200, 200, 429, 429])] {
        let gateway = Gateway::new(&deployment, GatewayOptions { quotas, ..GatewayOptions::default() });
        let answers = [(); 4]
            .map(|()| gateway.handle(request("POST", "/dev/execute", &[], "{}"), &arrival(), &Canned::new(200, "{}")));
        assert_eq!(answers.each_ref().map(|answer| answer.status), expected);
        if quotas == Quotas::Aws {
            assert_eq!(body(&answers[3]), r#"{"message":"Too Many Requests"}"#);
            assert_eq!(answers[3].header("retry-after"), None);
        }
    }
}

#[test]
fn what_is_too_long_never_reaches_a_template() {
    let gateway = Gateway::new(&deployment(false), GatewayOptions::default());
    let backend = Canned::new(200, "{}");
    let long = "x".repeat(10_240);
    for (request, status, message) in [
        (post(&"1".repeat(10 * 1024 * 1024 + 1)), 413, "HTTP content length exceeded 10485760 bytes."),
        (request("POST", "/prod/execute", &[("A", &long), ("B", "1")], ""), 431, "Request Header Fields Too Large"),
        (request("POST", &format!("/prod/execute?{long}"), &[], ""), 414, "Request-URI Too Long"),
    ] {
        let response = gateway.handle(request, &arrival(), &backend);
        assert_eq!((response.status, body(&response)), (status, message));
        assert_eq!(response.header("access-control-allow-origin"), None);
    }
    assert!(backend.asked().is_empty());
}

#[test]
fn path_parameters_are_decoded_and_described() {
    let endpoint = Endpoint::new(false);
    let mut request_ = post("{}");
    request_.headers.push("Idempotency-Key", "order.17");
    assert_eq!(endpoint.answer(request_).status, 200);
    let response = endpoint.answer(request("GET", "/prod/executions/order%2E17", &[], ""));
    assert_eq!(response.status, 200, "{}", body(&response));
    assert!(body(&response).contains("order.17"), "{}", body(&response));
}

/// The signature, made with Python's hmac, of `POST https://api.example.com/prod/execute` with the body `{}` and these headers, by the key
/// below, on 2026-11-23 at 15:47:05 UTC.
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/execute-api/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=052f7e861252d7295bcf1d48b732a5ac6013dc03cb250ad0bfb849806a40dca7";

fn signed() -> (Gateway, Request, Arrival) {
    signed_for(deployment(false))
}

fn signed_for(mut deployment: Deployment) -> (Gateway, Request, Arrival) {
    deployment.stack.region = "us-east-1".into();
    execute(&mut deployment).authorization = AuthorizationType::Iam;
    let identity = CallerIdentity {
        access_key: "AKIDEXAMPLE".into(),
        arn: "arn:aws:iam::123456789012:user/example".into(),
        account: "123456789012".into(),
    };
    let credentials = Credentials::from(AccessKey::new(identity, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"));
    let gateway = Gateway::new(&deployment, GatewayOptions { credentials, ..GatewayOptions::default() });
    let headers = [
        ("Content-Type", "application/json"),
        ("Host", "api.example.com"),
        ("X-Amz-Date", "20261123T154705Z"),
        ("Authorization", SIGNED),
    ];
    let arrival = Arrival { at: Duration::from_secs(1_795_448_825), ..arrival() };
    (gateway, request("POST", "/prod/execute", &headers, "{}"), arrival)
}

#[test]
fn a_signed_call_of_a_method_with_iam_is_let_through_and_a_tampered_one_is_not() {
    let (gateway, request, arrival) = signed();
    let backend = Canned::new(200, "{}");
    let answer = |request: &Request, arrival: &Arrival| gateway.handle(request.clone(), arrival, &backend);
    assert_eq!(answer(&request, &arrival).status, 200, "{}", body(&answer(&request, &arrival)));
    let mut tampered = request.clone();
    tampered.body = b"{ }".to_vec();
    let refused = answer(&tampered, &arrival);
    assert_eq!((refused.status, refused.header("x-amzn-errortype")), (403, Some("InvalidSignatureException")));
    assert!(
        body(&refused).starts_with(r#"{"code":"INVALID_SIGNATURE","message":"The request signature we calculated"#)
    );
    let late = Arrival { at: arrival.at + Duration::from_mins(6), ..arrival };
    assert!(body(&answer(&request, &late)).contains("Signature expired: 20261123T154705Z is now earlier than"));
    let unsigned = self::request("POST", "/prod/execute", &[], "{}");
    assert_eq!(
        body(&answer(&unsigned, &arrival)),
        r#"{"code":"MISSING_AUTHENTICATION_TOKEN","message":"Missing Authentication Token"}"#
    );
    assert_eq!(backend.asked().len(), 1);
}

#[test]
fn a_template_sees_who_signed() {
    let mut deployment = deployment(false);
    let variables = ["accessKey", "accountId", "caller", "user", "userArn"];
    let template = variables.map(|name| format!("$context.identity.{name}")).join(" ");
    let position = Position { file: "t".into(), line: 1, column: 1 };
    let template = Template::parse(&Text { value: template, start: position, indent: 1 }).unwrap();
    let templates = vec![("application/json".to_owned(), template)];
    execute(&mut deployment).integration.request_templates = MappingTemplates::new(templates);
    let (gateway, request, arrival) = signed_for(deployment);
    let backend = Canned::new(200, "{}");
    assert_eq!(gateway.handle(request, &arrival, &backend).status, 200);
    assert_eq!(
        backend.asked()[0].1,
        "AKIDEXAMPLE 123456789012 AIDAEXAMPLE AIDAEXAMPLE arn:aws:iam::123456789012:user/example"
    );
}

#[test]
fn a_preflight_of_a_method_with_iam_needs_no_signature() {
    let (gateway, _, arrival) = signed();
    let preflight = request("OPTIONS", "/prod/execute", &[("Origin", "http://localhost:3000")], "");
    assert_eq!(gateway.handle(preflight, &arrival, &Canned::new(200, "{}")).status, 204);
}

#[test]
fn an_unreadable_authorization_is_told_even_on_an_unknown_route() {
    let endpoint = Endpoint::new(true);
    let response = endpoint.answer(request("GET", "/dev/nothing", &[("Authorization", "Bearer token")], ""));
    assert_eq!((response.status, response.header("x-amzn-errortype")), (403, Some("IncompleteSignatureException")));
    let signed =
        "AWS4-HMAC-SHA256 Credential=a/20261123/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0";
    let headers = [("Authorization", signed), ("X-Amz-Date", "20261123T154705Z"), ("Host", "x")];
    let response = endpoint.answer(request("GET", "/dev/nothing", &headers, ""));
    assert_eq!(body(&response), r#"{"message":"Missing Authentication Token"}"#);
}
