use serde_json::Value;
use stepgate_emulator::Serving;
use stepgate_loadgen::authorization::{Auth, Authorization};
use stepgate_loadgen::contract::{Case, Variant, ask, cases};
use stepgate_loadgen::endpoint::Endpoint;

use super::{as_posted, corrected, environment, http, protected};

const BASELINE: &str = include_str!("../../../loadgen/contract/baseline.toml");

/// Asks every case, those about signatures where requests are signed. All have to be answered as the column says, and
/// as many as the baseline says, each execution's input included.
fn assert_answers(endpoint: &Serving, variant: Variant, signs: bool, baseline: &str) {
    let execute = Endpoint::parse(endpoint.url()).unwrap();
    let auth = if signs { Auth::Sigv4 } else { Auth::None };
    let authorization = Authorization::of(auth, None, &execute, &environment).unwrap();
    let cases = cases().unwrap();
    let asked: Vec<_> = cases.iter().filter(|case| signs || !case.request.unsigned).collect();
    let differences: Vec<String> = asked
        .iter()
        .flat_map(|case| {
            let uuid = uuid::Uuid::new_v4().to_string();
            let finding = ask(case, variant, &execute, &authorization, &uuid, &mut http(&execute));
            let input = finding.answer.ok().and_then(|answer| input_difference(endpoint, case, variant, &answer.body));
            finding.differences.into_iter().chain(input).map(|difference| format!("{}: {difference}", case.name))
        })
        .collect();
    assert_eq!(differences, [""; 0]);
    let expected: toml::Table = BASELINE.parse().unwrap();
    assert_eq!(
        i64::try_from(asked.len()).ok(),
        expected[baseline].as_integer(),
        "loadgen/contract/baseline.toml: {baseline}"
    );
}

/// Compares the input that Step Functions has with the one of the table.
fn input_difference(endpoint: &Serving, case: &Case, variant: Variant, answer: &[u8]) -> Option<String> {
    let expected = case.expectation(variant).input.as_deref()?;
    let started: Value = serde_json::from_slice(answer).ok()?;
    let question = serde_json::json!({ "executionArn": started.get("executionArn")? });
    let described = endpoint.call("DescribeExecution", question.to_string().as_bytes());
    let described: Value = serde_json::from_slice(&described.body).unwrap();
    let input = described["input"].as_str().unwrap();
    (input != expected).then(|| format!("Step Functions has the input {input}, not {expected}"))
}

#[test]
fn the_corrected_deployment_answers_its_column_of_the_table() {
    assert_answers(&corrected(), Variant::Corrected, false, "corrected");
}

#[test]
fn the_corrected_deployment_answers_its_column_to_signed_requests_and_refuses_others() {
    assert_answers(&protected(), Variant::Corrected, true, "corrected-with-signatures");
}

#[test]
fn the_deployment_as_posted_answers_its_column_of_the_table_whoever_signs() {
    assert_answers(&as_posted(), Variant::AsPosted, true, "as-posted");
}
