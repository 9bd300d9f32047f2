use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use stepgate_emulator::template::Source;
use stepgate_emulator::{Emulator, Serving};
use stepgate_loadgen::contract::{Answer, Exchange};
use stepgate_loadgen::endpoint::Endpoint;

use super::{as_posted, http};

fn send(endpoint: &Serving, method: &str, headers: &str, body: &str) -> Answer {
    let execute = Endpoint::parse(endpoint.url()).unwrap();
    let request = format!(
        "{method} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        execute.path,
        body.len()
    );
    http(&execute).exchange(&execute, request.as_bytes()).unwrap()
}

const JSON: &str = "Content-Type: application/json\r\n";

#[test]
fn a_start_has_the_headers_that_aws_was_recorded_with_and_the_ones_that_the_template_maps() {
    let answer = send(&as_posted(), "POST", JSON, r#"{"a":1}"#);
    let names: BTreeSet<String> = answer.headers.iter().map(|(name, _)| name.to_lowercase()).collect();
    let recorded = [
        "connection",
        "content-length",
        "content-type",
        "date",
        "x-amz-apigw-id",
        "x-amzn-requestid",
        "x-amzn-trace-id",
    ];
    let mapped = ["access-control-allow-headers", "access-control-allow-origin"];
    assert_eq!(names, recorded.iter().chain(&mapped).map(|name| (*name).to_owned()).collect());
}

#[test]
fn header_names_have_the_case_that_was_captured_on_aws() {
    let answer = send(&as_posted(), "POST", JSON, "{}");
    for name in [
        "Content-Type",
        "Content-Length",
        "Connection",
        "Date",
        "x-amzn-RequestId",
        "x-amz-apigw-id",
        "X-Amzn-Trace-Id",
    ] {
        assert!(answer.headers.iter().any(|(other, _)| other == name), "{name} is not among {:?}", answer.headers);
    }
}

#[test]
fn the_date_of_a_start_is_a_java_double_in_exponent_form() {
    let answer = send(&as_posted(), "POST", JSON, "{}");
    let body = String::from_utf8(answer.body).unwrap();
    let (_, date) = body.strip_suffix("E9}").unwrap().rsplit_once("\"startDate\":").unwrap();
    let digits = date.strip_prefix("1.").unwrap();
    // Milliseconds: nine digits of seconds and up to three more, trailing zeros dropped.
    assert!((1..=12).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()), "{body}");
}

/// `test_describe_execution_arn_containing_punctuation`: recorded of Step Functions, asked here through the gateway.
#[test]
fn an_execution_whose_name_has_punctuation_is_described_by_its_route() {
    let endpoint = super::corrected();
    let name = "order.17!+=@_-(a)'";
    let answer = send(&endpoint, "POST", &format!("{JSON}Idempotency-Key: {name}\r\n"), "[1]");
    assert_eq!(answer.status, 200, "{}", answer.excerpt());
    let execute = Endpoint::parse(&endpoint.url().replace("/execute", &format!("/executions/{name}"))).unwrap();
    let request = format!("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", execute.path);
    let answer = http(&execute).exchange(&execute, request.as_bytes()).unwrap();
    let described: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((answer.status, &described["name"], &described["input"]), (200, &name.into(), &"[1]".into()));
    let (_, last) = described["executionArn"].as_str().unwrap().rsplit_once(':').unwrap();
    assert_eq!(last, name);
}

#[test]
fn a_template_whose_arn_names_no_machine_answers_200_with_the_error_in_the_body() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-such-machine");
    fs::create_dir_all(&folder).unwrap();
    for file in stepgate_deploy::AS_POSTED {
        let text = if file.path == "swagger.yaml" {
            let nowhere = "arn:aws:states:us-east-1:123456789012:stateMachine:nowhere";
            file.text.replace("${Workflow}", nowhere)
        } else {
            file.text.to_owned()
        };
        fs::write(folder.join(file.path), text).unwrap();
    }
    let options = stepgate_emulator::template::LoadOptions { as_posted: true, ..Default::default() };
    let emulator =
        Emulator::builder().source(Source::file(&folder.join("template.yaml"))).load_options(options).build().unwrap();
    let endpoint = emulator.serve("127.0.0.1:0".parse().unwrap()).unwrap();
    let answer = send(&endpoint, "POST", JSON, "{}");
    assert_eq!(answer.status, 200);
    assert_eq!(
        String::from_utf8(answer.body).unwrap(),
        r#"{"__type":"com.amazonaws.swf.service.v2.model#StateMachineDoesNotExist","message":"State Machine Does Not Exist: 'arn:aws:states:us-east-1:123456789012:stateMachine:nowhere'"}"#
    );
    assert_eq!(endpoint.counters().started, 0);
}

#[test]
fn an_empty_body_starts_a_workflow_with_an_empty_object_as_posted() {
    let endpoint = as_posted();
    let answer = send(&endpoint, "POST", JSON, "");
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let describe = serde_json::json!({ "executionArn": body["executionArn"] });
    let reply = endpoint.call("DescribeExecution", describe.to_string().as_bytes());
    let description: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(description["input"], "{}");
}
