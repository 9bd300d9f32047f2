//! What an ambiguous failure says to look for, and questions that start what nobody asked for.

use crate::scene::Scene;
use serde_json::json;
use std::time::Duration;
use stepgate::testing::Step;
use stepgate::transport::Phase;
use stepgate::{Delivery, ErrorKind, Wiring};

/// What a method that takes every HTTP method answers to whatever it is asked.
fn start() -> Step {
    let arn = "arn:aws:states:eu-west-1:123456789012:execution:machine:0afcd14b-98ea-41e8-8eb6-529269fb1459";
    Step::answer(200, json!({ "executionArn": arn, "startDate": 1.5e9 }).to_string())
}

/// There is no such execution.
fn missing() -> Step {
    Step::answer(400, json!({ "__type": "ExecutionDoesNotExist" }).to_string())
}

fn header(scene: &Scene, name: &str) -> Option<String> {
    let requests = scene.transport.requests();
    requests[0].headers().get(name).map(|value| value.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn an_ambiguous_failure_tells_what_to_look_for() {
    let scene = Scene::new([Step::Break(Phase::Waiting)]);
    let error = scene.client().execute("tea").await.unwrap_err();
    let id = header(&scene, "x-amzn-requestid").unwrap();
    let attempt = &error.attempts()[0];
    assert_eq!((attempt.sent_id(), attempt.expected_name(), error.key()), (Some(&*id), Some(&*id), None));
    assert!(error.to_string().contains(&id), "{error}");

    let scene = Scene::new([Step::Break(Phase::Waiting)]);
    let error = scene.client().execute("tea").delivery(Delivery::Idempotent).await.unwrap_err();
    let key = header(&scene, "idempotency-key");
    assert_eq!((error.key(), error.attempts()[0].expected_name()), (key.as_deref(), key.as_deref()));
    assert!(key.is_some());

    let scene = Scene::new([Step::Break(Phase::Waiting)]);
    let error = scene.client().execute("tea").idempotency_key("order-17").await.unwrap_err();
    let attempt = &error.attempts()[0];
    assert_eq!((error.key(), attempt.expected_name()), (Some("order-17"), Some("order-17")));
    assert_eq!(attempt.sent_id(), header(&scene, "x-amzn-requestid").as_deref());

    let scene = Scene::new([Step::Break(Phase::Waiting)]);
    let client = scene.builder().wiring(Wiring::Unnamed).build().unwrap();
    let error = client.execute("tea").await.unwrap_err();
    assert_eq!(error.attempts()[0].expected_name(), None, "Step Functions chooses the name");
}

#[tokio::test]
async fn request_ids_follow_from_no_seed() {
    let (one, other) = (Scene::new([Step::Start]), Scene::new([Step::Start]));
    one.client().execute("tea").await.unwrap();
    other.client().execute("tea").await.unwrap();
    assert_ne!(header(&one, "x-amzn-requestid"), header(&other, "x-amzn-requestid"));
}

#[tokio::test]
async fn a_look_up_that_starts_an_execution_ends_and_says_so() {
    let scene = Scene::new([start(), start(), start()]);
    let found = scene.client().execution("order-17").within(Duration::from_secs(30)).await;
    let error = found.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Unrecognized, true));
    assert!(error.execution_arn().is_some_and(|arn| arn.ends_with("529269fb1459")), "{error:?}");
    assert_eq!(scene.transport.requests().len(), 1);
}

#[tokio::test]
async fn a_look_up_that_is_lost_is_not_repeated_where_it_may_have_started_a_workflow() {
    let unavailable = || Step::gateway(504, "InternalServerErrorException", "Endpoint request timed out");
    for lost in [unavailable(), Step::Break(Phase::Waiting), Step::Hang(Phase::Waiting)] {
        let scene = Scene::new([lost.clone(), lost]);
        let found = scene.client().execution("order-17").within(Duration::from_mins(5)).await;
        let error = found.unwrap_err();
        assert!(error.may_have_started() && error.to_string().contains("look_up_route"), "{error}");
        assert_eq!(scene.transport.requests().len(), 1);
    }
    let scene = Scene::new([Step::Break(Phase::Connecting), missing()]);
    assert!(scene.client().execution("order-17").await.unwrap().is_none(), "nothing was written");
    let throttled = Step::gateway(429, "TooManyRequestsException", "Too Many Requests");
    let scene = Scene::new([throttled, missing()]);
    assert!(scene.client().execution("order-17").await.unwrap().is_none(), "nothing was started");
}

#[tokio::test]
async fn a_route_that_has_told_of_executions_is_asked_again() {
    let scene = Scene::new([missing(), Step::Break(Phase::Waiting), missing(), Step::Break(Phase::Waiting)]);
    let client = scene.client();
    for requests in [1, 3] {
        assert!(client.execution("order-17").await.unwrap().is_none());
        assert_eq!(scene.transport.requests().len(), requests);
    }
    let error = scene.client().execution("order-17").await.unwrap_err();
    assert!(error.may_have_started(), "another client knows nothing of it");

    let scene = Scene::new([Step::Break(Phase::Waiting), missing()]);
    let client = scene.builder().look_up_route("executions/{name}").build().unwrap();
    assert!(client.execution("order-17").await.unwrap().is_none(), "its caller knows");
}

#[tokio::test]
async fn a_preflight_that_starts_an_execution_ends_and_says_so() {
    let scene = Scene::new([start(), start()]);
    let error = scene.client().preflight("https://app.example.com").with_error_answer().await.unwrap_err();
    assert!(error.may_have_started() && error.execution_arn().is_some(), "{error:?}");
    assert!(error.to_string().contains("ANY"), "{error}");
    assert_eq!(scene.transport.requests().len(), 1);
}

#[tokio::test]
async fn a_preflight_is_not_sent_again_once_it_was_written() {
    let scene = Scene::new([Step::Break(Phase::Waiting), Step::answer(204, "")]);
    let error = scene.client().preflight("https://app.example.com").await.unwrap_err();
    assert!(error.may_have_started());
    assert_eq!(scene.transport.requests().len(), 1);

    let scene = Scene::new([Step::Break(Phase::Connecting), Step::answer(204, "")]);
    assert_eq!(scene.client().preflight("https://app.example.com").await.unwrap().status(), 204);
}

#[tokio::test]
async fn an_error_answer_is_asked_for_where_no_method_is() {
    let missing = Step::gateway(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
    let scene = Scene::new([Step::answer(204, ""), missing]);
    let cors = scene.client().preflight("https://app.example.com").with_error_answer().await.unwrap();
    assert!(cors.error_answer().unwrap().is_err());
    let paths: Vec<_> = scene.transport.requests().iter().map(|request| request.uri().path().to_owned()).collect();
    assert_eq!(paths[0], "/prod/execute");
    assert!(paths[1].starts_with("/prod/execute/") && paths[1].len() == "/prod/execute/".len() + 36, "{paths:?}");
}

#[tokio::test]
async fn a_look_up_reads_the_body_before_the_status() {
    let missing = json!({ "__type": "com.amazonaws.swf.service.v2.model#ExecutionDoesNotExist" });
    let scene = Scene::new([Step::answer(200, missing.to_string())]);
    assert!(scene.client().execution("order-17").await.unwrap().is_none());
    let throttled = json!({ "__type": "com.amazon.coral.availability#ThrottlingException" });
    let scene = Scene::new([Step::answer(200, throttled.to_string()), Step::answer(200, missing.to_string())]);
    assert!(scene.client().execution("order-17").await.unwrap().is_none());
    assert_eq!(scene.transport.requests().len(), 2, "throttling is sent again");
    let refused = json!({ "__type": "com.amazon.coral.service#AccessDeniedException", "Message": "no" });
    let scene = Scene::new([Step::answer(200, refused.to_string())]);
    assert!(scene.client().execution("order-17").await.unwrap_err().is_forbidden());
}

#[tokio::test]
async fn an_output_that_speaks_of_throttling_is_run_once_and_not_repeated_in_the_error() {
    let output = json!({ "status": "partial", "reason": "ThrottlingException", "message": "card 4111" }).to_string();
    let scene = Scene::new([Step::answer(200, output.clone()), Step::answer(200, output)]);
    let error = scene.client().execute_sync::<u32>("tea").await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Unrecognized, true));
    assert_eq!(scene.transport.requests().len(), 1);
    assert!(!format!("{error} {error:?}").contains("4111"), "{error:?}");
}

#[tokio::test]
async fn a_short_header_changes_no_name_of_an_error() {
    let missing = json!({ "__type": "ExecutionDoesNotExist" }).to_string();
    let scene = Scene::new([Step::answer(400, missing)]);
    let client = scene.builder().header("x-component", "execution").build().unwrap();
    assert!(client.execution("order-17").await.unwrap().is_none());
}
