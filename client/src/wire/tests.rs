use super::*;
use proptest::prelude::*;
use serde_json::Value;

#[test]
fn every_answer_of_the_table_is_told_apart() {
    let answers: Vec<Value> = serde_json::from_str(include_str!("../../vectors/answers.json")).unwrap();
    for answer in &answers {
        let headers = answer["headers"].as_object().into_iter().flatten();
        let headers: Vec<(&str, &[u8])> =
            headers.map(|(name, value)| (name.as_str(), value.as_str().unwrap().as_bytes())).collect();
        let status = u16::try_from(answer["status"].as_u64().unwrap()).unwrap();
        let outcome = classify(status, headers.as_slice(), answer["body"].as_str().unwrap().as_bytes());
        let reason = outcome.fault().and_then(|fault| fault.reason.as_deref());
        assert_eq!(
            (Some(outcome.class().as_str()), reason, Some(outcome.may_have_started())),
            (answer["class"].as_str(), answer["reason"].as_str(), answer["may_have_started"].as_bool()),
            "{}",
            answer["what"]
        );
    }
}

const STANDARD: &str = r#"{"executionArn":"arn:aws:states:eu-west-1:386676700885:execution:Iw102StarterMachineStepFunctionsStateMachine-YBD4dm89PhcK:9c3d8aab-83bf-4542-8256-36c9f42b6b01","startDate":1.573573209347E9}"#;

const NO_HEADERS: &[(&str, &[u8])] = &[];

fn accepted(body: &str) -> Accepted<'_> {
    match classify(200, NO_HEADERS, body.as_bytes()) {
        Outcome::Started(accepted) => accepted,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_standard_execution_is_named_by_the_last_segment_of_its_arn() {
    let accepted = accepted(STANDARD);
    assert_eq!(accepted.name(), "9c3d8aab-83bf-4542-8256-36c9f42b6b01");
    assert_eq!(accepted.start_date(), Some(1_573_573_209.347));
    assert!(!accepted.is_express());
}

#[test]
fn an_express_execution_is_named_by_the_last_but_one_segment() {
    let accepted = accepted(
        r#"{"executionArn":"arn:aws:states:us-east-1:1:express:MyStateMachine:3baf0092-d43c-4652-9502-b3132d366fdd:f26ce13a-681e-4763-a448-e1de052f05f4","startDate":1.632520615488E9}"#,
    );
    assert_eq!(accepted.name(), "3baf0092-d43c-4652-9502-b3132d366fdd");
    assert!(accepted.is_express());
}

#[test]
fn an_answer_that_waited_for_its_execution_tells_how_and_when_it_ended() {
    let accepted = accepted(
        r#"{"executionArn":"arn:aws:states:r:1:express:m:n:i","startDate":1.5E9,"status":"TIMED_OUT","stopDate":1.500000000125E9}"#,
    );
    assert_eq!((accepted.status(), accepted.stop_date()), (Some("TIMED_OUT"), Some(1_500_000_000.125)));
    let at_once = classify(200, NO_HEADERS, STANDARD.as_bytes());
    assert!(
        matches!(at_once, Outcome::Started(accepted) if accepted.status().is_none() && accepted.stop_date().is_none())
    );
}

#[test]
fn a_date_that_is_none_is_left_out() {
    for date in ["1e999", "-1e999", "\"1.5E9\"", "null", "[1.5E9]"] {
        let body =
            format!(r#"{{"startDate":{date},"executionArn":"arn:aws:states:r:1:execution:m:n","stopDate":{date}}}"#);
        let accepted = accepted(&body);
        assert_eq!((accepted.start_date(), accepted.stop_date()), (None, None), "{date}");
    }
}

#[test]
fn a_started_answer_borrows_its_arn_from_the_body() {
    let accepted = accepted(STANDARD);
    assert!(STANDARD.as_bytes().as_ptr_range().contains(&accepted.execution_arn().as_ptr()));
}

#[test]
fn a_body_cut_short_anywhere_may_have_started() {
    let headers = http::HeaderMap::new();
    for end in 0..STANDARD.len() {
        let outcome = classify(200, &headers, &STANDARD.as_bytes()[..end]);
        assert_eq!(outcome.class(), Class::Unrecognized, "cut at {end}");
    }
}

#[test]
fn a_header_is_found_whatever_its_case() {
    let body = br#"{"message":"Forbidden"}"#;
    for name in ["x-amzn-ErrorType", "X-AMZN-ERRORTYPE", "x-amzn-errortype"] {
        let headers: [(&str, &[u8]); 1] = [(name, b"ForbiddenException:http://internal.amazon.com/coral/")];
        let outcome = classify(403, &headers, body);
        assert_eq!(outcome.fault().unwrap().reason.as_deref(), Some("ForbiddenException"));
    }
}

#[test]
fn every_class_has_its_own_name_and_place() {
    for (index, class) in Class::ALL.into_iter().enumerate() {
        assert_eq!(class as usize, index);
        assert_eq!(Class::ALL.iter().filter(|other| other.as_str() == class.as_str()).count(), 1);
    }
}

/// Bytes near enough to the real answers to reach deep.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let key = prop::sample::select(vec![
        "executionArn",
        "startDate",
        "__type",
        "message",
        "Message",
        "code",
        "reason",
        "other",
    ]);
    let value = prop::sample::select(vec![
        r#""arn:aws:states:r:1:execution:m:n""#,
        r#""arn:aws:states:::::::""#,
        r#""x#ThrottlingException""#,
        r#""CREATION_FAILED""#,
        r#""\ud83d\ude00 \u0000""#,
        "1.5E9",
        "-1",
        "1e999",
        "null",
        "[[{}]]",
    ]);
    let object = prop::collection::vec((key, value), 0..6).prop_map(|entries| {
        let entries: Vec<String> = entries.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        format!("{{{}}}", entries.join(",")).into_bytes()
    });
    prop_oneof![prop::collection::vec(any::<u8>(), 0..200), object]
}

proptest! {
    #[test]
    fn any_bytes_are_classified_and_only_an_execution_arn_is_started(
        status in any::<u16>(),
        error_type in prop::option::of(prop::collection::vec(any::<u8>(), 0..20)),
        body in bodies(),
    ) {
        let headers: Vec<(&str, &[u8])> =
            error_type.iter().map(|value| ("X-Amzn-ErrorType", value.as_slice())).collect();
        let outcome = classify(status, headers.as_slice(), &body);
        if let Outcome::Started(accepted) = &outcome {
            prop_assert!(!accepted.name().is_empty());
            prop_assert!(accepted.execution_arn().contains(accepted.name()));
        }
        if matches!(status, 500..600) {
            prop_assert!(outcome.class() != Class::Rejected);
        }
    }
}
