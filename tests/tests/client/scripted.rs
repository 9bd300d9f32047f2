//! Pauses, deadlines and attempts on a clock that stands still: what takes minutes in production takes none here.

use crate::scene::Scene;
use std::time::Duration;
use stepgate::testing::Step;
use stepgate::transport::Phase;
use stepgate::{Delivery, ErrorKind};

fn throttled() -> Step {
    Step::service("ThrottlingException")
}

#[tokio::test]
async fn pauses_are_jittered_below_a_ceiling_that_doubles() {
    let scene = Scene::new(std::iter::repeat_n(throttled(), 6));
    let client = scene.builder().max_attempts(6).build().unwrap();
    assert!(client.execute(()).await.unwrap_err().is_throttled());
    let ceilings = [1, 2, 4, 8, 16].map(Duration::from_secs);
    let waits = scene.clock.waits();
    assert_eq!(waits.len(), ceilings.len());
    assert!(waits.iter().zip(ceilings).all(|(wait, ceiling)| *wait < ceiling), "seed 7: {waits:?}");
}

#[tokio::test]
async fn the_servers_hint_is_obeyed() {
    let scene = Scene::new([throttled().header("retry-after", "3"), Step::Start]);
    scene.client().execute(()).await.unwrap();
    assert_eq!(scene.clock.waits(), [Duration::from_secs(3)]);
}

#[tokio::test]
async fn a_hint_is_obeyed_up_to_five_seconds_above_the_own_ceiling() {
    let scene = Scene::new([throttled().header("x-amz-retry-after", "60000"), Step::Start]);
    scene.client().execute(()).await.unwrap();
    assert_eq!(scene.clock.waits(), [Duration::from_secs(6)]);
}

#[tokio::test]
async fn each_phase_decides_whether_silence_is_ambiguous() {
    for phase in Phase::ALL {
        let scene = Scene::new([Step::Hang(phase), Step::Hang(phase), Step::Hang(phase)]);
        let error = scene.client().execute(()).attempt_timeout(Duration::from_secs(2)).await.unwrap_err();
        assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(phase)));
        assert_eq!(error.may_have_started(), phase != Phase::Connecting, "{phase}");
        let attempts = if phase == Phase::Connecting { 3 } else { 1 };
        assert_eq!((error.attempts().len(), scene.transport.requests().len()), (attempts, attempts), "{phase}");
    }
}

#[tokio::test]
async fn a_call_may_have_attempts_of_its_own() {
    for (attempts, made) in [(0, 1), (1, 1), (5, 5)] {
        let scene = Scene::new(std::iter::repeat_n(throttled(), 9));
        let error = scene.client().execute(()).max_attempts(attempts).await.unwrap_err();
        assert_eq!(error.attempts().len(), made);
        let error = scene.client().execute_sync::<u32>(()).max_attempts(1).await.unwrap_err();
        assert_eq!(error.attempts().len(), 1);
    }
}

#[tokio::test]
async fn one_deadline_holds_for_attempts_and_pauses() {
    let scene = Scene::new(std::iter::repeat_n(Step::Hang(Phase::Waiting), 9));
    let client = scene.builder().delivery(Delivery::AtLeastOnce).max_attempts(9).build().unwrap();
    let call = client.execute(()).timeout(Duration::from_secs(10)).attempt_timeout(Duration::from_secs(4));
    let error = call.await.unwrap_err();
    assert!(error.is_timeout());
    let total: Duration = scene.clock.waits().iter().sum();
    assert!(total <= Duration::from_secs(10), "{total:?}");
    assert_eq!(error.attempts().len(), 3);
    assert!(error.attempts().iter().all(stepgate::Attempt::may_have_started));
}

#[tokio::test]
async fn an_ambiguous_attempt_is_not_forgotten_by_a_later_refusal() {
    let scene = Scene::new([
        Step::gateway(504, "InternalServerErrorException", "Endpoint request timed out"),
        Step::gateway(403, "ForbiddenException", "Forbidden"),
    ]);
    let client = scene.builder().delivery(Delivery::AtLeastOnce).build().unwrap();
    let error = client.execute(()).await.unwrap_err();
    assert!(error.is_forbidden() && error.may_have_started(), "{error}");
}

#[tokio::test]
async fn declared_keys_are_trusted_from_the_first_call() {
    let scene = Scene::new([Step::Break(Phase::Waiting), Step::Start]);
    let client = scene.builder().delivery(Delivery::Idempotent).keys_honoured().build().unwrap();
    let started = client.execute(()).await.unwrap();
    let requests = scene.transport.requests();
    assert_eq!(requests[0].headers()["idempotency-key"], requests[1].headers()["idempotency-key"]);
    assert_eq!((started.key_honoured(), started.possible_duplicates().count()), (Some(true), 0));
}

#[tokio::test]
async fn an_express_workflow_honours_no_key() {
    let express = r#"{"executionArn":"arn:aws:states:r:1:express:machine:order-17:f26ce13a","startDate":1.5E9}"#;
    let scene = Scene::new([Step::answer(200, express), Step::Break(Phase::Waiting)]);
    let client = scene.builder().keys_honoured().build().unwrap();
    let started = client.execute(1).idempotency_key("order-17").await.unwrap();
    assert_eq!((started.name(), started.key_honoured()), ("order-17", Some(false)));
    assert!(client.execute(1).idempotency_key("order-18").await.unwrap_err().may_have_started());
    assert_eq!(scene.transport.requests().len(), 2);
}

#[tokio::test]
async fn an_error_names_what_failed_and_holds_no_secret() {
    let scene = Scene::new([Step::gateway(403, "ForbiddenException", "Forbidden")]);
    let client = scene.builder().api_key("api-secret").bearer("token-secret").build().unwrap();
    let error = client.execute("payload-secret").await.unwrap_err();
    let everything = format!("{error} {error:?} {client:?} {:?}", client.execute("x"));
    assert!(!everything.contains("secret"), "{everything}");
    assert_eq!(error.to_string(), "the caller was refused: ForbiddenException: Forbidden (HTTP 403)");
}
