//! `StartSyncExecution`: HTTP 200 says only that the workflow ran.

use serde::Deserialize;
use serde_json::json;
use stepgate::testing::{ScriptedTransport, Step, TestClock};
use stepgate::{Client, Completed, Delivery, Error, ErrorKind};

#[derive(Debug, Deserialize, PartialEq)]
struct Quote {
    cents: u64,
}

async fn run(answer: &serde_json::Value) -> Result<Completed<Quote>, Error> {
    let transport = ScriptedTransport::new([Step::answer(200, answer.to_string())]);
    let builder = Client::builder("http://test.invalid/quote").transport(transport).clock(TestClock::new());
    builder.build().unwrap().execute_sync::<Quote>("tea").await
}

fn answer(status: &str) -> serde_json::Value {
    json!({
        "executionArn": "arn:aws:states:r:1:express:quotes:name:id",
        "status": status,
        "startDate": 1.5e9,
        "stopDate": 1.5e9,
        "billingDetails": { "billedDurationInMilliseconds": 200, "billedMemoryUsedInMB": 64 },
    })
}

#[tokio::test]
async fn the_output_comes_as_its_type() {
    let mut answer = answer("SUCCEEDED");
    answer["output"] = json!(r#"{"cents":250}"#);
    let completed = run(&answer).await.unwrap();
    assert_eq!((completed.output.cents, completed.name()), (250, "name"));
    assert_eq!(completed.billed(), Some(std::time::Duration::from_millis(200)));
}

#[tokio::test]
async fn a_workflow_that_failed_or_timed_out_is_an_error_behind_a_200() {
    for (status, kind) in [("FAILED", ErrorKind::WorkflowFailed), ("TIMED_OUT", ErrorKind::WorkflowTimedOut)] {
        let mut answer = answer(status);
        answer["error"] = json!("States.Timeout");
        answer["cause"] = json!("customer 17 is unknown");
        let error = run(&answer).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (kind, Some("States.Timeout")));
        assert_eq!(error.cause(), Some("customer 17 is unknown"));
        assert!(error.may_have_started() && error.is_workflow_failure());
        assert!(!format!("{error} {error:?}").contains("customer"), "{error:?}");
        let words = if status == "FAILED" { "failed" } else { "timed out" };
        assert_eq!(error.to_string(), format!("the workflow {words} with States.Timeout (HTTP 200)"));
        assert_eq!(error.execution_arn(), Some("arn:aws:states:r:1:express:quotes:name:id"));
    }
}

#[tokio::test]
async fn an_output_of_another_type_is_told_with_its_cause() {
    let mut answer = answer("SUCCEEDED");
    answer["output"] = json!(r#"{"cents":"many"}"#);
    let error = run(&answer).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Output, true));
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "expected u64, found a string, at line 1 column 15");
    assert_eq!(error.execution_arn(), Some("arn:aws:states:r:1:express:quotes:name:id"));
    let shown = format!("{error} {error:?} {source} {source:?}");
    assert!(shown.contains("; the workflow was started") && !shown.contains("many"), "{shown}");
}

#[tokio::test]
async fn an_output_that_the_template_put_in_by_value_is_read() {
    let mut answer = answer("SUCCEEDED");
    answer["output"] = json!({ "cents": 250 });
    answer["billingDetails"] = json!("none");
    let completed = run(&answer).await.unwrap();
    assert_eq!((completed.output.cents, completed.billed()), (250, None));
    assert!(!format!("{completed:?}").contains("250"));
}

#[tokio::test]
async fn a_text_that_the_template_put_in_by_value_is_read() {
    let mut answer = answer("SUCCEEDED");
    answer["output"] = json!("two pots of tea");
    let run = |answer: serde_json::Value| {
        let transport = ScriptedTransport::new([Step::answer(200, answer.to_string())]);
        Client::builder("http://test.invalid/quote").transport(transport).clock(TestClock::new()).build().unwrap()
    };
    assert_eq!(run(answer.clone()).execute_sync::<String>("tea").await.unwrap().output, "two pots of tea");
    let error = run(answer.clone()).execute_sync::<u32>("tea").await.unwrap_err();
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("found a string"), "{error:?}");
    answer["output"] = json!(r#""two pots of tea""#);
    assert_eq!(run(answer).execute_sync::<String>("tea").await.unwrap().output, "two pots of tea");
}

#[tokio::test]
async fn a_client_of_idempotent_calls_makes_a_synchronous_one_at_most_once() {
    let mut answer = answer("SUCCEEDED");
    answer["output"] = json!("1");
    let transport = ScriptedTransport::new([Step::answer(200, answer.to_string())]);
    let builder = Client::builder("http://test.invalid/quote").transport(transport.clone()).clock(TestClock::new());
    let client = builder.delivery(Delivery::Idempotent).keys_honoured().build().unwrap();
    assert_eq!(client.execute_sync::<u32>("tea").await.unwrap().output, 1);
    assert!(!transport.requests()[0].headers().contains_key("idempotency-key"));
}

#[tokio::test]
async fn an_asynchronous_deployment_is_told_apart() {
    let answer = json!({ "executionArn": "arn:aws:states:r:1:execution:machine:name", "startDate": 1.5e9 });
    let error = run(&answer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Output);
    assert!(error.to_string().contains("StartSyncExecution"), "{error}");
}

#[tokio::test]
async fn a_standard_machine_behind_the_synchronous_action_is_a_failed_creation() {
    let answer = json!({ "__type": "com.amazonaws.swf.service.v2.model#StateMachineTypeNotSupported" });
    let error = run(&answer).await.unwrap_err();
    assert!(error.is_creation_failed() && !error.may_have_started());
}
