use super::*;
use crate::contract::parse;
use crate::mistake::Mistake;

const CASES: &str = r#"
    [[case]]
    name = "a_start_is_answered"
    evidence = "W"
    starts = true
    remedy = "none"
    request = { method = "POST", body = "{}" }
    corrected = { status = 200 }
    as-posted = { status = 200 }

    [[case]]
    name = "an_unknown_path_is_refused"
    evidence = "V"
    starts = false
    remedy = "set DEFAULT_4XX"
    request = { method = "GET", sibling = "nowhere" }
    as-posted = { status = 403 }
    [case.corrected]
    status = 403
    headers = { Access-Control-Allow-Origin = ".+" }
"#;

/// Answers everything with one status and no header.
struct Always(u16);

impl Exchange for Always {
    fn exchange(&mut self, _to: &Endpoint, _request: &[u8]) -> Result<Answer, Mistake> {
        Ok(Answer { status: self.0, headers: vec![], body: b"{}".to_vec() })
    }
}

fn diagnosis(read_only: bool, exchange: &mut dyn Exchange) -> (String, serde_json::Value, Exit) {
    let cases = parse(CASES).unwrap();
    let execute = Endpoint::parse("http://gateway.test/prod/execute").unwrap();
    let diagnosis = diagnose(&cases, &execute, &Authorization::None, read_only, || "u-1".to_owned(), exchange);
    (diagnosis.to_string(), diagnosis.json(), diagnosis.exit())
}

#[test]
fn a_finding_names_request_answer_and_remedy() {
    let (text, json, exit) = diagnosis(false, &mut Always(403));
    assert!(
        text.contains("✗ answers come without the right Access-Control-Allow-Origin\n    asked    GET http://gateway.test/prod/nowhere\n"),
        "{text}"
    );
    assert!(
        text.contains("but      header Access-Control-Allow-Origin is missing\n    remedy   map Access-"),
        "{text}"
    );
    assert!(text.ends_with("2 asked, 0 answered as they should be, 2 not\n"), "{text}");
    assert_eq!(json["findings"][0]["differences"][0], "status is 403, not 200");
    assert_eq!(exit, Exit::Failed);
}

#[test]
fn read_only_leaves_out_what_may_start_a_workflow_and_says_so() {
    let (text, json, _) = diagnosis(true, &mut Always(403));
    assert!(text.contains("1 asked, 0 answered as they should be, 1 not; 1 left out"), "{text}");
    assert_eq!(json["left_out"], 1);
}

#[test]
fn an_input_that_changed_on_the_way_is_found_by_the_deployments_own_route() {
    struct Describes;
    impl Exchange for Describes {
        fn exchange(&mut self, to: &Endpoint, request: &[u8]) -> Result<Answer, Mistake> {
            let body: &[u8] = match to.path.as_str() {
                "/prod/execute" => br#"{"executionArn":"arn:aws:states:r:1:execution:m:n-1","startDate":1.5E9}"#,
                "/prod/executions/n-1" if request.starts_with(b"GET ") => br#"{"input":"[1]"}"#,
                other => panic!("{other} is asked"),
            };
            Ok(Answer { status: 200, headers: vec![], body: body.to_vec() })
        }
    }
    let cases = parse(
        r#"
        [[case]]
        name = "a_list_is_delivered"
        evidence = "W"
        starts = true
        remedy = "none"
        request = { method = "POST", body = "[1,2]" }
        corrected = { status = 200, input = "[1,2]" }
        as-posted = { status = 200, input = "[1,2]" }
        "#,
    )
    .unwrap();
    let execute = Endpoint::parse("http://gateway.test/prod/execute").unwrap();
    let diagnosis = diagnose(&cases, &execute, &Authorization::None, false, || "u-1".to_owned(), &mut Describes);
    assert_eq!(diagnosis.json()["findings"][0]["differences"][0], "the execution's input is [1], not [1,2]");
}

#[test]
fn an_origin_that_the_preflight_and_the_answer_do_not_share_is_a_finding() {
    struct Origins(&'static str, &'static str);
    impl Exchange for Origins {
        fn exchange(&mut self, _to: &Endpoint, request: &[u8]) -> Result<Answer, Mistake> {
            let preflight = request.starts_with(b"OPTIONS ");
            let allowed = if preflight { self.0 } else { self.1 };
            let headers = vec![("access-control-allow-origin".to_owned(), allowed.to_owned())];
            Ok(Answer { status: 200, headers, body: b"{}".to_vec() })
        }
    }
    let cases = parse(
        r#"
        [[case]]
        name = "a_browser_reads_the_answer"
        evidence = "D"
        starts = true
        remedy = "none"
        request = { method = "POST", headers = { Origin = "https://shop.test" } }
        corrected = { status = 200, headers = { Access-Control-Allow-Origin = '.+' } }
        as-posted = { status = 200 }

        [[case]]
        name = "a_browser_may_ask"
        evidence = "D"
        starts = false
        remedy = "none"
        corrected = { status = 200, headers = { Access-Control-Allow-Origin = '.+' } }
        as-posted = { status = 200 }
        [case.request]
        method = "OPTIONS"
        headers = { Origin = "https://shop.test", Access-Control-Request-Method = "POST" }
        "#,
    )
    .unwrap();
    let execute = Endpoint::parse("http://gateway.test/prod/execute").unwrap();
    for (preflight, answer, findings) in [
        ("https://a.test", "https://b.test", 1),
        ("https://a.test", "https://a.test", 0),
        ("*", "https://a.test", 0),
        ("https://a.test", "*", 0),
        // Repeated for whoever asks.
        ("https://shop.test", "https://shop.test", 0),
    ] {
        let mut target = Origins(preflight, answer);
        let diagnosis =
            diagnose(&cases, &execute, &Authorization::None, false, || "u-1".to_owned(), &mut target).to_string();
        assert_eq!(diagnosis.matches('✗').count(), findings, "{preflight} {answer}: {diagnosis}");
        let says = "but      header Access-Control-Allow-Origin is \"https://b.test\", while the preflight allows";
        assert_eq!(diagnosis.contains(says), findings > 0, "{diagnosis}");
    }
}

#[test]
fn a_target_that_never_answers_is_no_finding_of_the_contract() {
    struct Deaf;
    impl Exchange for Deaf {
        fn exchange(&mut self, _to: &Endpoint, _request: &[u8]) -> Result<Answer, Mistake> {
            Err(Mistake::other("the target closed the connection without an answer"))
        }
    }
    let (text, json, exit) = diagnosis(false, &mut Deaf);
    assert!(text.contains("✗ the target does not answer\n"), "{text}");
    assert!(text.contains("answer   none: the target closed"), "{text}");
    assert!(text.contains("1 asked, 0 answered as they should be, 1 not; 1 not asked"), "{text}");
    assert_eq!((&json["findings"][0]["status"], &json["not_asked"]), (&serde_json::Value::Null, &1.into()));
    assert_eq!(exit, Exit::Other);
}
