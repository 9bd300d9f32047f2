//! `loadgen doctor` from outside: what it finds on each deployment, how it exits, and whose keys it uses.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use serde_json::Value;
use stepgate_emulator::{Emulator, Serving};

use super::{as_posted, corrected, environment, protected};

/// The binary, without an environment but with the keys of the tests.
fn doctor(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen-under-test"));
    command.arg("doctor").args(arguments).env_clear();
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"] {
        command.env(name, environment(name).unwrap());
    }
    command
}

fn code_and_text(output: Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
}

fn findings(endpoint: &Serving, arguments: &[&str]) -> (Option<i32>, BTreeSet<String>) {
    let output = doctor(&[&[endpoint.url(), "--json"], arguments].concat()).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = report["findings"].as_array().unwrap().iter();
    let cases = rows.flat_map(|row| row["also"].as_array().unwrap().iter().chain([&row["case"]]));
    (output.status.code(), cases.map(|case| case.as_str().unwrap().to_owned()).collect())
}

#[test]
fn nothing_is_found_on_the_corrected_deployment() {
    assert_eq!(findings(&corrected(), &[]), (Some(0), BTreeSet::new()));
}

#[test]
fn nothing_is_found_on_the_corrected_deployment_behind_signatures_when_it_signs() {
    assert_eq!(findings(&protected(), &["--auth", "sigv4"]), (Some(0), BTreeSet::new()));
}

#[test]
fn who_may_not_call_gets_one_finding_and_not_one_for_each_case() {
    let endpoint = protected();
    let titles = |arguments: &[&str], secret: &str| {
        let mut command = doctor(&[&[endpoint.url(), "--json"], arguments].concat());
        let output = command.env("AWS_SECRET_ACCESS_KEY", secret).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = report["findings"].as_array().unwrap().iter();
        rows.map(|row| row["cause"].as_str().unwrap_or("?").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(titles(&[], "a secret of the doctor's"), ["the deployment requires signatures"]);
    assert_eq!(titles(&["--auth", "sigv4"], "another"), ["the signature was not made with the key's secret"]);
}

/// The rows of facts/endpoint.md's list of defects that show in an answer; the others are in the template only.
#[test]
fn every_defect_that_shows_from_outside_is_found_on_the_deployment_as_posted() {
    let (code, found) = findings(&as_posted(), &["--auth", "sigv4"]);
    assert_eq!(code, Some(99));
    for (defect, case) in [
        ("errors behind 200", "a_failed_creation_is_an_http_error"),
        ("an apostrophe breaks the start", "a_single_quote_in_the_payload_is_delivered"),
        ("an apostrophe breaks the start, escaped", "a_quote_written_as_an_escape_is_delivered"),
        ("passthrough of other content types", "another_content_type_does_not_bypass_the_template"),
        ("injection of another state machine", "a_caller_cannot_address_another_state_machine"),
        ("no validation", "a_body_that_is_not_json_is_refused"),
        ("no authorisation", "a_start_without_a_signature_is_refused"),
        ("gateway errors that no browser may read", "an_unknown_path_is_refused_in_a_form_that_browsers_may_read"),
        ("a preflight without what signed calls send", "a_preflight_allows_what_a_signed_call_sends"),
        ("ids that no browser may read", "a_browser_may_read_the_request_id_of_a_start"),
        ("a re-sent request starts twice", "an_idempotency_key_becomes_the_name"),
        ("no way to ask what became of it", "an_execution_of_an_unknown_name_is_not_found"),
    ] {
        assert!(found.contains(case), "{defect}: {case} is not among {found:#?}");
    }
}

#[test]
fn read_only_starts_nothing() {
    let endpoint = as_posted();
    let (code, text) = code_and_text(doctor(&[endpoint.url(), "--read-only"]).output().unwrap());
    assert_eq!(code, Some(99));
    assert!(text.contains("left out because they may start a workflow (--read-only)"), "{text}");
    assert!(!text.contains("the deployment requires signatures"), "it is open, as only a start can tell: {text}");
    assert!(text.contains("or it requires a signature"), "{text}");
    assert_eq!(endpoint.counters().started, 0);
    let corrected = corrected();
    assert_eq!(findings(&corrected, &["--read-only"]), (Some(0), BTreeSet::new()));
    assert_eq!(corrected.counters().started, 0);
}

#[test]
fn a_route_that_waits_for_its_workflows_is_one_finding() {
    let express = Emulator::builder().parameter("Auth", "NONE").parameter("WorkflowType", "EXPRESS").build().unwrap();
    let express = express.serve("127.0.0.1:0".parse().unwrap()).unwrap();
    let (code, text) = code_and_text(doctor(&[express.url()]).output().unwrap());
    assert_eq!(code, Some(99), "{text}");
    assert!(text.contains("✗ the route waits for an EXPRESS workflow"), "{text}");
    assert!(!text.contains("is not answered with what Step Functions says"), "{text}");
}

#[test]
fn the_target_may_come_from_the_environment_and_text_names_request_answer_and_remedy() {
    let endpoint = as_posted();
    let (code, text) = code_and_text(doctor(&[]).env("STEPGATE_URL", endpoint.url()).output().unwrap());
    assert_eq!(code, Some(99), "{text}");
    let quote = text.split("✗ ").find(|part| part.starts_with("a single quote in the payload is delivered")).unwrap();
    for line in [
        &format!("    asked    POST {}", endpoint.url()),
        r#"    answer   200 "{\"__type\":\"com.amazon.coral.service#SerializationException\"}""#,
        r#"    remedy   append .replaceAll("\\'", "'") to $util.escapeJavaScript(…) in the request template"#,
        "    known    captured on AWS",
    ] {
        assert!(quote.lines().any(|other| other == line), "{line} in {quote}");
    }
}

#[test]
fn a_target_that_does_not_answer_is_told_from_one_that_answers_wrongly() {
    let url = corrected().url().to_owned();
    let (code, text) = code_and_text(doctor(&[&url, "--read-only"]).output().unwrap());
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("answer   none:") && !text.contains("known    "), "nothing is known of no answer: {text}");
}

#[test]
fn mistakes_in_target_and_keys_are_usage_errors() {
    for (arguments, without, words) in [
        (&["ftp://h/execute"][..], "", "not a usable URL"),
        (&["http://127.0.0.1:1/x", "--auth", "sigv4"], "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY"),
        (&["http://127.0.0.1:1/x", "--auth", "sigv4"], "AWS_REGION", "AWS_REGION"),
        (&[], "", "<URL>"),
    ] {
        let (code, text) = code_and_text(doctor(arguments).env_remove(without).output().unwrap());
        assert_eq!(code, Some(2), "{arguments:?}: {text}");
        assert!(text.contains(words), "{text}");
    }
}
