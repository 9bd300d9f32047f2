//! What AWS was recorded to answer (snapshots of the LocalStack project, data under Apache-2.0), where this endpoint can
//! be asked the same.

use crate::deployment::{GatewayResponse, MethodParameter, ParameterLocation, RequestValidator, Substitution};
use crate::gateway::failure::GatewayResponseType;
use crate::schema::Schema;

use super::*;

fn answer(deployment: &Deployment, request: Request) -> Response {
    Gateway::new(deployment, GatewayOptions::default()).handle(request, &arrival(), &Canned::new(200, "{}"))
}

fn plain(payload: &str) -> Request {
    request("POST", "/dev/execute", &[], payload)
}

/// `test_apigateway_header_remapping_aws[AWS]`, full-integration.
#[test]
fn response_headers_are_set_remapped_or_dropped_as_recorded() {
    const AS_THEY_ARE: [&str; 11] = [
        "Accept",
        "Accept-Charset",
        "Accept-Encoding",
        "Age",
        "Content-Encoding",
        "Content-Type",
        "Pragma",
        "Range",
        "Referer",
        "TE",
        "Warn",
    ];
    const REMAPPED: [&str; 14] = [
        "Authorization",
        "Connection",
        "Content-Length",
        "Content-MD5",
        "Date",
        "Expect",
        "Host",
        "Max-Forwards",
        "Proxy-Authenticate",
        "Server",
        "Trailer",
        "Upgrade",
        "User-Agent",
        "WWW-Authenticate",
    ];
    let mut deployment = deployment(true);
    let set = |name: &&str| mapping(name, &format!("response_param_{name}"));
    change_responses(&mut deployment, |responses| {
        let default = responses.iter_mut().find(|response| response.pattern.is_none()).unwrap();
        default.headers = AS_THEY_ARE.iter().chain(&REMAPPED).chain(&["Transfer-Encoding"]).map(set).collect();
    });
    let response = answer(&deployment, plain("{}"));
    for name in AS_THEY_ARE {
        assert_eq!(response.header(name), Some(format!("response_param_{name}").as_str()));
    }
    for name in REMAPPED {
        let remapped = format!("x-amzn-Remapped-{name}");
        assert!(names(&response).contains(&remapped.as_str()), "{remapped}");
        assert_eq!(response.header(&remapped), Some(format!("response_param_{name}").as_str()));
        assert_eq!(response.header(name), None);
    }
    assert!(!names(&response).iter().any(|name| name.to_lowercase().contains("transfer-encoding")));
    assert_eq!(response.headers.len(), 4 + AS_THEY_ARE.len() - 1 + REMAPPED.len());
}

/// `test_apigateway_header_remapping_aws[AWS]`, content-length to te: a mapping of the request sets one of them.
#[test]
fn the_headers_of_an_action_s_answer_can_be_mapped() {
    let mut deployment = deployment(false);
    let names = ["x-amzn-RequestId", "Content-Type", "Content-Length", "Date", "connection", "X-Other"];
    change_responses(&mut deployment, |responses| {
        for response in responses {
            response.headers = names
                .map(|name| Mapping {
                    name: format!("Theirs-{name}"),
                    source: MappingSource::ResponseHeader(name.to_owned()),
                })
                .to_vec();
        }
    });
    let answer = answer(&deployment, post("{}"));
    let theirs = |name: &str| answer.header(&format!("Theirs-{name}"));
    assert_eq!(theirs("x-amzn-RequestId"), Some("cdcdcdcd-cdcd-4dcd-8dcd-cdcdcdcdcdcd"));
    assert_ne!(theirs("x-amzn-RequestId"), answer.header("x-amzn-RequestId"), "the call has an id of its own");
    assert_eq!(theirs("Content-Type"), Some("application/x-amz-json-1.0"));
    assert_eq!(theirs("Content-Length"), Some("2"));
    assert_eq!(theirs("Date"), Some("Tue, 12 Nov 2019 15:40:09 GMT"));
    assert_eq!(theirs("connection"), Some("keep-alive"));
    assert_eq!(theirs("X-Other"), None);
}

#[test]
fn a_request_header_that_may_not_be_mapped_is_answered_500() {
    for name in
        ["content-length", "transfer-encoding", "authorization", "connection", "expect", "proxy-authenticate", "te"]
    {
        let mut deployment = deployment(true);
        execute(&mut deployment).integration.parameters.headers.push(mapping(name, "request_param"));
        let response = answer(&deployment, plain("{}"));
        assert_eq!((response.status, body(&response)), (500, r#"{"message": "Internal server error"}"#), "{name}");
        let names = names(&response);
        assert_eq!(names, ["Content-Type", "x-amzn-RequestId", "x-amz-apigw-id", "x-amzn-ErrorType"]);
        assert_eq!(response.header("x-amzn-ErrorType"), Some("InternalServerErrorException"));
        assert_eq!(response.body.len(), 36);
    }
}

/// `test_api_gateway_request_validator_with_ref_models` and `…_with_ref_one_ofmodels`.
#[test]
fn models_that_refer_to_others_validate_as_recorded() {
    let list = serde_json::json!({
        "type": "array",
        "items": {"$ref": "#/definitions/testSchema"},
        "definitions": {"testSchema": {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "title": "testSchema",
            "type": "object",
            "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
            "required": ["a", "b"],
        }},
    });
    let one_of = serde_json::json!({
        "type": "object",
        "properties": {"status": {"oneOf": [{"type": "null"}, {"$ref": "#/definitions/StatusModel"}]}},
        "required": ["status"],
        "definitions": {"StatusModel": {
            "type": "object",
            "properties": {"Status": {"type": "string"}, "Order": {"type": "integer"}},
            "required": ["Status", "Order"],
        }},
    });
    for (model, good, bad) in [
        (list, vec![r#"[{"a":1,"b":2}]"#], vec![r#"[{"a":"one"}]"#]),
        (
            one_of,
            vec![r#"{"status":null}"#, r#"{"status":{"Status":"x","Order":1}}"#],
            vec!["{}", r#"{"status":{"Status":"x"}}"#],
        ),
    ] {
        let mut deployment = deployment(true);
        let method = execute(&mut deployment);
        method.validator = Some(RequestValidator { body: true, parameters: false });
        method.models = vec![("application/json".into(), Schema::compile(&model).unwrap())];
        for payload in good {
            assert_eq!(answer(&deployment, plain(payload)).status, 200, "{payload}");
        }
        for payload in bad {
            let response = answer(&deployment, plain(payload));
            assert_eq!((response.status, body(&response)), (400, r#"{"message":"Invalid request body"}"#), "{payload}");
        }
    }
}

/// `test_invocation_trace_id`.
#[test]
fn a_trace_id_is_sent_with_integrations_that_call_and_not_with_mocks() {
    let trace = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1";
    let ask =
        |method: &str| answer(&deployment(true), request(method, "/dev/execute", &[("X-Amzn-Trace-Id", trace)], "{}"));
    assert_eq!(ask("POST").header("X-Amzn-Trace-Id"), Some(trace));
    assert_eq!(ask("OPTIONS").header("X-Amzn-Trace-Id"), None);
}

/// `test_gateway_response_crud`, get-gateway-responses.
#[test]
fn gateway_responses_have_the_recorded_statuses() {
    for (kind, name, status) in [
        (GatewayResponseType::AccessDenied, "ACCESS_DENIED", 403),
        (GatewayResponseType::ApiConfigurationError, "API_CONFIGURATION_ERROR", 500),
        (GatewayResponseType::BadRequestBody, "BAD_REQUEST_BODY", 400),
        (GatewayResponseType::BadRequestParameters, "BAD_REQUEST_PARAMETERS", 400),
        (GatewayResponseType::ExpiredToken, "EXPIRED_TOKEN", 403),
        (GatewayResponseType::IntegrationTimeout, "INTEGRATION_TIMEOUT", 504),
        (GatewayResponseType::InvalidApiKey, "INVALID_API_KEY", 403),
        (GatewayResponseType::InvalidSignature, "INVALID_SIGNATURE", 403),
        (GatewayResponseType::MissingAuthenticationToken, "MISSING_AUTHENTICATION_TOKEN", 403),
        (GatewayResponseType::Throttled, "THROTTLED", 429),
        (GatewayResponseType::UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", 415),
    ] {
        assert_eq!((kind.name(), kind.status()), (name, status));
    }
}

/// `test_gateway_response_crud`, put-gateway-response: what was recorded is that API Gateway takes it.
#[test]
fn the_recorded_gateway_response_is_taken_and_fills_in_what_the_request_has() {
    let parameter = |header: &str, source: &str| {
        let source = MappingSource::parse(source).unwrap();
        assert!(source.may_stand_in_gateway_response());
        Mapping { name: header.to_owned(), source }
    };
    let template = "{\n     \"message\": $context.error.messageString,\n     \"type\":  \"$context.error.responseType\",\n     \"stage\":  \"$context.stage\",\n     \"resourcePath\":  \"$context.resourcePath\",\n     \"stageVariables.a\":  \"$stageVariables.a\",\n     \"statusCode\": \"'404'\"\n}";
    let mut deployment = deployment(true);
    let api = rest(&mut deployment);
    api.stage_variables.push(("a".into(), "of the stage".into()));
    api.gateway_responses.push(GatewayResponse {
        kind: "MISSING_AUTHENTICATION_TOKEN".into(),
        status: Some(404),
        headers: vec![
            parameter("Access-Control-Allow-Origin", "'a.b.c'"),
            parameter("x-request-header", "method.request.header.Accept"),
            parameter("x-request-path", "method.request.path.petId"),
            parameter("x-request-query", "method.request.querystring.q"),
        ],
        templates: vec![("application/json".into(), Substitution::parse(template).unwrap())],
    });
    let mut asked = request("GET", "/dev/nowhere", &[("Accept", "text/html")], "");
    asked.query = "q=two".into();
    let response = answer(&deployment, asked);
    assert_eq!(response.status, 404);
    assert_eq!(response.header("Access-Control-Allow-Origin"), Some("a.b.c"));
    assert_eq!(response.header("x-request-header"), Some("text/html"));
    assert_eq!((response.header("x-request-path"), response.header("x-request-query")), (None, Some("two")));
    assert_eq!(response.header("x-amzn-ErrorType"), Some("MissingAuthenticationTokenException"));
    let filled: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(filled["message"], "Missing Authentication Token");
    assert_eq!(filled["type"], "MISSING_AUTHENTICATION_TOKEN");
    assert_eq!((&filled["stage"], &filled["stageVariables.a"]), (&"dev".into(), &"of the stage".into()));
}

/// `test_api_gateway_request_validator`, step by step.
#[test]
fn a_validator_lists_what_is_missing_and_looks_at_the_body_last() {
    let mut deployment = deployment(true);
    let method = execute(&mut deployment);
    let required = |location, name: &str| MethodParameter { location, name: name.into(), required: true };
    method.validator = Some(RequestValidator { body: true, parameters: true });
    method.parameters = vec![
        required(ParameterLocation::Query, "qs1"),
        required(ParameterLocation::Path, "issuer"),
        required(ParameterLocation::Header, "x-header-param"),
    ];
    let schema = Schema::compile(&serde_json::json!({"type": "object", "required": ["a", "b"]})).unwrap();
    method.models = vec![("application/json".into(), schema)];
    let refused = |deployment: &Deployment, query: &str, headers: &[(&str, &str)], payload: &str| {
        let mut request = request("POST", "/dev/execute", headers, payload);
        request.query = query.into();
        let response = answer(deployment, request);
        (response.status, body(&response).to_owned())
    };
    let message = |text: &str| (400, format!(r#"{{"message":"{text}"}}"#));
    assert_eq!(
        refused(&deployment, "", &[], "{}"),
        message("Missing required request parameters: [x-header-param, issuer, qs1]")
    );
    execute(&mut deployment).parameters.retain(|parameter| parameter.name != "issuer");
    let header = [("x-header-param", "value")];
    assert_eq!(
        refused(&deployment, "qs1=a", &[], "{}"),
        message("Missing required request parameters: [x-header-param]")
    );
    assert_eq!(refused(&deployment, "", &header, "{}"), message("Missing required request parameters: [qs1]"));
    assert_eq!(refused(&deployment, "qs1=a", &header, "{}"), message("Invalid request body"));
    execute(&mut deployment).validator = Some(RequestValidator { body: false, parameters: false });
    assert_eq!(refused(&deployment, "", &[], "{}").0, 200);
}
