//! The file of mocks, and what goes to and comes from endpoints.

use std::path::Path;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

use super::client::EndpointResponse;
use super::*;
use crate::deployment::Module;

/// In the shape of the example of AWS's guide to Step Functions Local.
fn guide() -> Value {
    json!({
        "StateMachines": { "Orders": { "TestCases": {
            "Happy": { "Charge": "Charged", "Tell": "Told" },
            "Retried": { "Charge": "ChargedAtLast" },
        } } },
        "MockedResponses": {
            "Charged": { "0": { "Return": { "StatusCode": 200, "Payload": { "ok": true } } } },
            "Told": { "0": { "Return": { "MessageId": "m" } } },
            "ChargedAtLast": {
                "0": { "Throw": { "Error": "Lambda.ResourceNotReadyException", "Cause": "not ready" } },
                "1-2": { "Throw": { "Error": "Lambda.TimeoutException", "Cause": "late" } },
                "3": { "Return": { "StatusCode": 200 } },
            },
        },
    })
}

fn read(file: &Value) -> Result<Doubles, String> {
    let handler = |path: &str| match path {
        "here.mjs" => {
            let module = Module::alone(path, String::new());
            Ok(HandlerModule { module, export: "handler".to_owned() })
        }
        _ => Err(format!("cannot read {path}")),
    };
    Doubles::default().read(&file.to_string(), Path::new("mocks"), handler).map_err(|error| error.to_string())
}

#[test]
fn a_mock_config_file_is_read_as_it_is() {
    let doubles = read(&guide()).unwrap();
    assert_eq!(doubles.cases("Orders"), ["Happy", "Retried"]);
    assert_eq!(doubles.machines_with_cases(), ["Orders"]);
    assert!(doubles.case("Orders", "Other").is_none() && doubles.case("Other", "Happy").is_none());
    let case = doubles.case("Orders", "Retried").unwrap();
    let charge = &case["Charge"];
    let error = |attempt| match charge.at(attempt) {
        Ok(Mock::Throw { error, .. }) => error.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(error(0), "Lambda.ResourceNotReadyException");
    assert_eq!((error(1), error(2)), ("Lambda.TimeoutException".to_owned(), "Lambda.TimeoutException".to_owned()));
    assert_eq!(charge.at(3), Ok(&Mock::Return(json!({"StatusCode": 200}))));
    let missing = charge.at(4).unwrap_err();
    assert_eq!(missing, "the mocked response `ChargedAtLast` has no entry for attempt 4: add \"4\" or widen a range");
}

#[test]
fn doubles_of_every_kind_stand_in_the_same_file() {
    let mut file = guide();
    file["$schema"] = json!("https://example.com/mocks.json");
    file["Doubles"] = json!({
        "sns:publish": { "Response": "Told" },
        "dynamodb": { "Endpoint": "http://127.0.0.1:8000" },
        "Charge": { "Handler": "here.mjs" },
    });
    let doubles = read(&file).unwrap();
    assert!(doubles.response_of(&["x", "sns:publish"]).is_some());
    assert_eq!(doubles.endpoint_of(&["dynamodb"]).unwrap().to_string(), "http://127.0.0.1:8000");
    assert_eq!(doubles.handlers[0].0, "Charge");
}

#[test]
fn mistakes_in_the_file_are_told_by_name() {
    for (path, value, message) in [
        ("/MockedResponses/Told", json!({}), "the mocked response `Told` is empty"),
        ("/MockedResponses/Told", json!({"first": {"Return": 1}}), "`first` is not an attempt"),
        ("/MockedResponses/Told", json!({"2-1": {"Return": 1}}), "`2-1` is not an attempt"),
        ("/MockedResponses/Told", json!({"0-2": {"Return": 1}, "2": {"Return": 1}}), "two entries for attempt 2"),
        ("/MockedResponses/Told", json!({"0": {"Give": 1}}), "unknown field `Give`"),
        ("/MockedResponses/Told", json!({"0": {"Throw": {"Cause": "c"}}}), "missing field `Error`"),
        ("/MockedResponses/Told", json!({"0": {"Return": 1, "Throw": {"Error": "E"}}}), "`Cause`, not both"),
        ("/MockedResponses/Told", json!({"0": {}}), "`Cause`, and has neither"),
        ("/MockedResponses/Told", json!({"0": []}), "invalid type: sequence, expected a JSON object"),
        ("/StateMachines/Orders", json!([]), "invalid type: sequence, expected a JSON object"),
        (
            "/StateMachines/Orders/TestCases/Happy/Tell",
            json!("Tolled"),
            "test case `Happy` of `Orders` names the response `Tolled`, which MockedResponses does not have; it has Charged, ChargedAtLast, Told",
        ),
        ("/StateMachines/Orders", json!({"Cases": {}}), "unknown field `Cases`"),
    ] {
        let mut file = guide();
        *file.pointer_mut(path).unwrap() = value;
        let error = read(&file).unwrap_err();
        assert!(error.contains(message), "{error}");
    }
    for (double, message) in [
        (json!({"Endpoint": "127.0.0.1"}), "the double of `f`: `127.0.0.1`"),
        (json!({"Handler": "gone.mjs"}), "the double of `f`: cannot read gone.mjs"),
        (json!({"Response": "None"}), "the double of `f` names the response `None`"),
        (json!({"Function": "x"}), "unknown field `Function`"),
        (json!({}), "the double of `f` needs one of `Handler`, `Endpoint` and `Response`, and no more"),
        (json!({"Handler": "here.mjs", "Response": "Told"}), "the double of `f` needs one of"),
        (json!([]), "invalid type: sequence, expected a JSON object"),
    ] {
        let mut file = guide();
        file["Doubles"] = json!({ "f": double });
        let error = read(&file).unwrap_err();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn a_file_that_is_no_object_and_an_endpoint_that_nobody_could_call_are_told_plainly() {
    let error = read(&json!([])).unwrap_err();
    assert!(error.starts_with("invalid type: sequence, expected a JSON object"), "{error}");
    assert!(read(&json!({"MockedResponses": {"N": {"0": {"Return": null}}}})).is_ok(), "null is a result");
    let error = read(&json!({"Doubles": {"sns:publish": {"Endpoint": "http://127.0.0.1:1"}}})).unwrap_err();
    assert!(
        error.starts_with("the double of `sns:publish`: `sns` is no service whose protocol is spoken here"),
        "{error}"
    );
}

#[test]
fn apigateway_wants_lists_in_its_headers_as_recorded() {
    for (headers, refused) in
        [(json!({"X-Id": ["7"]}), false), (json!(null), false), (json!({"X-Id": "7"}), true), (json!("X-Id: 7"), true)]
    {
        let parameters = json!({"ApiEndpoint": "a", "Headers": headers});
        let cause = format!(
            "The Parameters '{parameters}' could not be used to start the Task: [The value of the field 'Headers' has an invalid format]"
        );
        assert_eq!(Web::ApiGateway.refusal(&parameters), refused.then_some(cause));
        assert_eq!(Web::Http.refusal(&parameters), None);
    }
}

#[test]
fn a_call_of_an_api_is_refused_for_what_the_guide_does_not_have() {
    let refusal = |name: &str, value: Value| {
        let mut call = json!({"ApiEndpoint": "abc.execute-api.eu-west-1.amazonaws.com", "Method": "GET"});
        call[name] = value;
        Web::ApiGateway.refusal(&call)
    };
    for (name, value, why) in [
        ("Method", json!("HEAD"), None),
        ("Method", json!("TRACE"), Some("The value 'TRACE' of the field 'Method' is not one of GET, POST, ")),
        ("AuthType", json!("IAM_ROLE"), None),
        (
            "AuthType",
            json!("BOGUS"),
            Some("The value 'BOGUS' of the field 'AuthType' is not one of NO_AUTH, IAM_ROLE, "),
        ),
        (
            "ApiEndpoint",
            json!("https://abc.example/x"),
            Some("The value of the field 'ApiEndpoint' has an invalid format"),
        ),
        ("QueryParameters", json!({"q": ["a"]}), None),
        ("QueryParameters", json!({"q": "a"}), Some("The value of the field 'QueryParameters' has an invalid format")),
    ] {
        let told = refusal(name, value);
        assert!(told.is_some() == why.is_some() && why.is_none_or(|why| told.unwrap().contains(why)), "{name}");
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what clients hand over")]
fn incoming(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Answered {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, value.parse().unwrap());
    }
    Ok(EndpointResponse { status, headers: map, body: Bytes::from(body.to_owned()) })
}

fn header<'e>(exchange: &'e EndpointRequest, name: &str) -> &'e str {
    &exchange.headers.iter().find(|(key, _)| key == name).unwrap().1
}

#[test]
fn a_function_behind_an_endpoint_is_invoked_as_the_sdks_do() {
    let endpoint: EndpointUrl = "http://127.0.0.1:3001".parse().unwrap();
    let exchange = invocation(&endpoint, "Charge", "{}", false, false);
    assert_eq!(exchange.url, "http://127.0.0.1:3001/2015-03-31/functions/Charge/invocations");
    assert_eq!(header(&exchange, "X-Amz-Invocation-Type"), "RequestResponse");
    assert!(exchange.headers.iter().all(|(name, _)| name != "X-Amz-Log-Type"));
    assert_eq!(header(&invocation(&endpoint, "Charge", "{}", false, true), "X-Amz-Log-Type"), "Tail");
    let told = incoming(200, &[("x-amz-log-result", "c2FpZA==")], "1").unwrap();
    assert_eq!(log_result(&told).as_deref(), Some("c2FpZA=="));
    let whole: EndpointUrl = "http://127.0.0.1:9000/2015-03-31/functions/function/invocations".parse().unwrap();
    let exchange = invocation(&whole, "Charge", "{}", true, false);
    assert_eq!(exchange.url, "http://127.0.0.1:9000/2015-03-31/functions/function/invocations");
    assert_eq!(header(&exchange, "X-Amz-Invocation-Type"), "Event");
}

#[test]
fn failures_of_a_function_have_the_names_that_retry_and_catch_see() {
    assert_eq!(payload(incoming(200, &[], r#"{"a":1}"#)), Ok(r#"{"a":1}"#.to_owned()));
    assert_eq!(payload(incoming(200, &[], "")), Ok("null".to_owned()));
    let failure = r#"{"errorType":"ValueError","errorMessage":"no","stackTrace":[]}"#;
    for (answered, error) in [
        (incoming(200, &[("x-amz-function-error", "Unhandled")], failure), "ValueError"),
        (incoming(200, &[], failure), "ValueError"),
        (incoming(404, &[], r#"{"Type":"User","Message":"none"}"#), "Lambda.ResourceNotFoundException"),
        (
            incoming(404, &[("x-amzn-errortype", "ResourceNotFoundException:http://x")], "{}"),
            "Lambda.ResourceNotFoundException",
        ),
        (incoming(429, &[], ""), "Lambda.TooManyRequestsException"),
        (incoming(502, &[], "<html>"), "Lambda.ServiceException"),
        (incoming(404, &[("x-amzn-errortype", "ResourceNotFound")], "{}"), "Lambda.ResourceNotFoundException"),
        (incoming(413, &[], ""), "Lambda.RequestTooLargeException"),
        (incoming(504, &[], ""), "Lambda.ServiceException"),
        (Err("refused".to_owned()), "Lambda.SdkClientException"),
    ] {
        let failed = payload(answered).unwrap_err();
        assert_eq!(failed.error, error);
        assert!(!failed.cause.is_empty());
    }
}

#[test]
fn the_runtime_interface_emulator_tells_failures_of_functions_by_status_and_text() {
    let exited = r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 1 Error: Runtime exited"}"#;
    let long = r#"{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded"}"#;
    for (answered, error) in [
        (incoming(502, &[], exited), "Runtime.ExitError"),
        (incoming(413, &[], long), "Function.ResponseSizeTooLarge"),
        (incoming(200, &[], "Task timed out after 3.00 seconds"), "Sandbox.Timedout"),
        // It runs one invocation at a time.
        (incoming(400, &[], ""), "Lambda.TooManyRequestsException"),
    ] {
        let failed = payload(answered).unwrap_err();
        assert_eq!(failed.error, error);
        let cause: Result<Value, _> = serde_json::from_str(&failed.cause);
        assert_eq!(cause.is_ok(), !error.starts_with("Lambda."), "{}", failed.cause);
    }
    assert_eq!(
        payload(incoming(200, &[], r#""Task timed out after lunch""#)).unwrap(),
        r#""Task timed out after lunch""#
    );
}

#[test]
fn services_are_called_by_their_json_protocols_and_never_signed() {
    let endpoint: EndpointUrl = "http://127.0.0.1:5000".parse().unwrap();
    for (service, action, parameters, target, version, body) in [
        (
            "dynamodb",
            "putItem",
            json!({"TableName": "t"}),
            "DynamoDB_20120810.PutItem",
            "1.0",
            json!({"TableName": "t"}),
        ),
        (
            "sqs",
            "sendMessage",
            json!({"QueueUrl": "q", "MessageBody": {"a": 1}}),
            "AmazonSQS.SendMessage",
            "1.0",
            json!({"QueueUrl": "q", "MessageBody": "{\"a\":1}"}),
        ),
        (
            "events",
            "putEvents",
            json!({"Entries": [{"Detail": {"a": 1}, "Source": "s"}]}),
            "AWSEvents.PutEvents",
            "1.1",
            json!({"Entries": [{"Detail": "{\"a\":1}", "Source": "s"}]}),
        ),
        (
            "sfn",
            "startExecution",
            json!({"StateMachineArn": "arn", "Input": {"a": 1}}),
            "AWSStepFunctions.StartExecution",
            "1.0",
            json!({"stateMachineArn": "arn", "input": "{\"a\":1}"}),
        ),
    ] {
        let exchange = Protocol::of(service).unwrap().call(&endpoint, action, &parameters, "eu-west-1");
        assert_eq!(header(&exchange, "X-Amz-Target"), target);
        assert_eq!(header(&exchange, "Content-Type"), format!("application/x-amz-json-{version}"));
        let authorization = header(&exchange, "Authorization");
        assert!(authorization.contains("/eu-west-1/") && authorization.ends_with("Signature=none"), "{authorization}");
        assert_eq!(serde_json::from_slice::<Value>(&exchange.body).unwrap(), body);
    }
    assert!(Protocol::of("sns").is_none());
}

#[test]
fn a_service_s_answer_becomes_the_result_or_the_named_failure() {
    let dynamodb = Protocol::of("dynamodb").unwrap();
    let found = || incoming(200, &[("x-amzn-requestid", "id")], r#"{"Item":{"k":{"S":"v"}}}"#);
    let optimised = dynamodb.result(found(), false).unwrap();
    assert_eq!(optimised["Item"], json!({"k": {"S": "v"}}));
    assert_eq!(optimised["SdkResponseMetadata"], json!({"RequestId": "id"}));
    assert_eq!(optimised["SdkHttpMetadata"]["HttpStatusCode"], 200);
    assert_eq!(dynamodb.result(found(), true).unwrap(), json!({"Item": {"k": {"S": "v"}}}));
    let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"gone"}"#;
    let failed = dynamodb.result(incoming(400, &[("x-amzn-requestid", "id")], body), false).unwrap_err();
    assert_eq!(failed.error, "DynamoDB.ResourceNotFoundException");
    assert_eq!(
        failed.cause,
        "gone (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: id; Proxy: null)"
    );
    let failed = dynamodb.result(incoming(400, &[], body), true).unwrap_err();
    assert_eq!(failed.error, "DynamoDb.ResourceNotFoundException");
    let events = Protocol::of("events").unwrap();
    let put = || incoming(200, &[("x-amzn-requestid", "id")], r#"{"FailedEntryCount":0,"Entries":[]}"#);
    assert_eq!(events.result(put(), false).unwrap(), json!({"FailedEntryCount": 0, "Entries": []}), "no metadata");
    let refused = events.result(incoming(400, &[], r#"{"__type":"InternalException"}"#), false).unwrap_err();
    assert_eq!(refused.error, "EventBridge.InternalException");
    let states = Protocol::of("states").unwrap();
    // Recorded on AWS.
    let body = r#"{"__type":"com.amazonaws.swf.service.v2.model#StateMachineDoesNotExist","message":"none"}"#;
    let failed = states.result(incoming(400, &[], body), false).unwrap_err();
    assert_eq!(failed.error, "StepFunctions.StateMachineDoesNotExistException");
    assert!(
        failed
            .cause
            .starts_with("none (Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist;")
    );
    let started = states.result(incoming(200, &[], r#"{"executionArn":"arn","startDate":1.5}"#), true).unwrap();
    assert_eq!(started, json!({"ExecutionArn": "arn", "StartDate": "1970-01-01T00:00:01.500Z"}));
}

#[test]
fn an_api_is_sent_no_null_values_unless_the_task_allows_them() {
    let endpoint: EndpointUrl = "http://127.0.0.1:7000".parse().unwrap();
    let body = json!({"pet": {"type": "turtle", "category": null}, "tags": [null, {"x": null}], "owner": null});
    let (whole, without) = (body.to_string(), json!({"pet": {"type": "turtle"}, "tags": [null, {}]}).to_string());
    for (web, allowed, sent) in [
        (Web::ApiGateway, json!(null), &without),
        (Web::ApiGateway, json!(false), &without),
        (Web::ApiGateway, json!(true), &whole),
        (Web::Http, json!(null), &whole),
    ] {
        let call =
            json!({"ApiEndpoint": "x.example", "Method": "POST", "AllowNullValues": allowed, "RequestBody": body});
        let exchange = web.request(&endpoint, &call, "eu-west-1").unwrap();
        assert_eq!(String::from_utf8_lossy(&exchange.body), *sent, "{web:?} {allowed}");
    }
}

#[test]
fn web_tasks_go_to_the_double_with_their_path_query_headers_and_body() {
    let endpoint: EndpointUrl = "http://127.0.0.1:7000".parse().unwrap();
    let call = json!({"ApiEndpoint": "abc.execute-api.eu-west-1.amazonaws.com", "Method": "POST", "Stage": "prod",
        "Path": "/orders", "QueryParameters": {"q": ["a b", "c"]}, "Headers": {"X-Id": ["7"]}, "RequestBody": {"n": 1}});
    let exchange = Web::ApiGateway.request(&endpoint, &call, "eu-west-1").unwrap();
    assert_eq!(
        (exchange.method.as_str(), exchange.url.as_str()),
        ("POST", "http://127.0.0.1:7000/prod/orders?q=a%20b&q=c")
    );
    assert_eq!((header(&exchange, "X-Id"), &exchange.body[..]), ("7", &b"{\"n\":1}"[..]));
    let call =
        json!({"ApiEndpoint": "https://api.example.com/v1/x?a=1", "Method": "GET", "QueryParameters": {"b": "2"}});
    let exchange = Web::Http.request(&endpoint, &call, "eu-west-1").unwrap();
    assert_eq!(exchange.url, "http://127.0.0.1:7000/v1/x?a=1&b=2");
    let answer = Web::Http.result(incoming(200, &[("content-type", "application/json")], r#"{"a":1}"#)).unwrap();
    assert_eq!(
        answer,
        json!({"Headers": {"content-type": ["application/json"]}, "ResponseBody": {"a": 1}, "StatusCode": 200, "StatusText": "OK"})
    );
    assert_eq!(Web::Http.result(incoming(404, &[], "x")).unwrap_err().error, "States.Http.StatusCode.404");
    assert_eq!(Web::ApiGateway.result(incoming(503, &[], "x")).unwrap_err().error, "ApiGateway.503");
    assert!(
        Web::Http.request(&endpoint, &json!({"Method": "GET"}), "eu-west-1").unwrap_err().contains("`ApiEndpoint`")
    );
}

#[test]
fn an_http_task_has_the_headers_that_step_functions_sets_and_its_form() {
    let endpoint: EndpointUrl = "http://127.0.0.1:7000".parse().unwrap();
    let mut call = json!({"ApiEndpoint": "https://api.example.com/v1", "Method": "POST", "RequestBody": {"n": [1]},
        "Headers": {"range": "bytes=5-", "X-Id": "7"}});
    let sent = |call: &Value| Web::Http.request(&endpoint, call, "eu-west-1").unwrap();
    let exchange = sent(&call);
    let names: Vec<_> = exchange.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["X-Id", "User-Agent", "Range", "Content-Type"]);
    assert_eq!(header(&exchange, "User-Agent"), "Amazon|StepFunctions|HttpInvoke|eu-west-1");
    assert_eq!(header(&exchange, "Range"), "bytes=0-262144");
    assert_eq!(header(&exchange, "Content-Type"), "application/json; charset=UTF-8");
    assert_eq!(exchange.body, b"{\"n\":[1]}");
    call["Headers"] = json!({"content-type": "application/x-www-form-urlencoded"});
    call["Transform"] = json!({"RequestBodyEncoding": "URL_ENCODED"});
    assert_eq!(sent(&call).body, b"n%5B0%5D=1");
    // A text is not encoded again.
    call["RequestBody"] = json!("a=b");
    assert_eq!(sent(&call).body, b"a=b");
}

#[test]
fn an_http_task_fails_on_headers_and_methods_that_it_may_not_have() {
    let refusal = |method: &str, header: &str| {
        Web::Http.refusal(&json!({"ApiEndpoint": "https://a", "Method": method, "Headers": {header: "x"}}))
    };
    for header in ["Authorization", "Host", "cache-control", "X-Amz-Date", "x-amzn-trace-id", "X-Forwarded-For", "Via"]
    {
        assert!(refusal("GET", header).unwrap().contains(&format!("The header '{header}' cannot be used")), "{header}");
    }
    for method in ["get", "TRACE", ""] {
        assert!(refusal(method, "X-Id").unwrap().contains("is not one of GET, POST"), "{method}");
    }
    for (method, header) in [("GET", "X-Id"), ("HEAD", "content-type"), ("PATCH", "User-Agent"), ("OPTIONS", "Accept")]
    {
        assert_eq!(refusal(method, header), None, "{method} {header}");
    }
    let wrong = json!({"Method": "GET", "Transform": {"RequestBodyEncoding": "XML"}});
    assert!(Web::Http.refusal(&wrong).unwrap().contains("'RequestBodyEncoding' is not supported"));
}

fn repository_file(path: &str) -> Value {
    let path = format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))).unwrap()
}

#[test]
fn the_example_is_read_and_the_schema_knows_what_is_read() {
    let example = repository_file("emulator/examples/mocks.json");
    let doubles = read(&example).unwrap();
    assert_eq!(doubles.cases("Workflow"), ["EndIsLate", "Happy"]);
    let schema = repository_file("docs/schema/mocks.json");
    let names = |at: &str| -> Vec<String> {
        let properties = schema.pointer(at).unwrap_or_else(|| panic!("{at}")).as_object().unwrap();
        properties.keys().cloned().collect()
    };
    // Every name of the schema is one that is read: an unknown one is an error that lists those that are known.
    let known = |file: &Value| read(file).unwrap_err();
    let top = known(&json!({"x": 1}));
    for name in names("/properties") {
        assert!(top.contains(&format!("`{name}`")), "{name}: {top}");
    }
    let double = known(&json!({"Doubles": {"f": {"x": 1}}}));
    for name in names("/properties/Doubles/additionalProperties/properties") {
        assert!(double.contains(&format!("`{name}`")), "{name}: {double}");
    }
    let outcome = known(&json!({"MockedResponses": {"r": {"0": {"x": 1}}}}));
    assert!(outcome.contains("`Return`") && outcome.contains("`Throw`"), "{outcome}");
}
