//! Sending again: what each delivery may do, and what the client learns about keys on the way.

use crate::server::{EXECUTION, FaultServer, answer, client};
use stepgate::testing::wiremock::{Answer, Deployment};
use stepgate::{Client, Delivery, ErrorKind, RetryBudget, Wiring};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer};

const THROTTLED: &str = r#"{"__type":"com.amazon.coral.availability#ThrottlingException","message":"Rate exceeded"}"#;

#[tokio::test]
async fn throttling_behind_a_200_is_sent_again() {
    let script = vec![answer("200 OK", THROTTLED), answer("429 Too Many Requests", ""), answer("200 OK", EXECUTION)];
    let server = FaultServer::start(script).await;
    let started = client(&server.url).build().unwrap().execute(()).await.unwrap();
    assert_eq!((started.attempts().len(), server.requests()), (3, 3));
    assert_eq!(started.possible_duplicates().count(), 0);
}

#[tokio::test]
async fn throttling_to_the_end_is_told_with_every_attempt() {
    let server = FaultServer::start(vec![answer("200 OK", THROTTLED)]).await;
    let error = client(&server.url).max_attempts(4).build().unwrap().execute(()).await.unwrap_err();
    assert!(error.is_throttled() && !error.may_have_started());
    assert_eq!((error.attempts().len(), server.requests()), (4, 4));
}

#[tokio::test]
async fn an_empty_budget_ends_sending_again_for_every_client_that_shares_it() {
    let server = FaultServer::start(vec![answer("200 OK", THROTTLED)]).await;
    let budget = RetryBudget::new(5);
    let first = client(&server.url).retry_budget(budget.clone()).build().unwrap();
    let second = client(&server.url).retry_budget(budget).build().unwrap();
    assert_eq!(first.execute(()).await.unwrap_err().attempts().len(), 2);
    assert_eq!(second.execute(()).await.unwrap_err().attempts().len(), 1);
}

#[tokio::test]
async fn a_pause_longer_than_the_time_left_is_not_begun() {
    let throttled = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n";
    let server = FaultServer::start(vec![crate::server::Behaviour::Answer(throttled.into())]).await;
    let client = client(&server.url).timeout(std::time::Duration::from_secs(2)).build().unwrap();
    assert!(client.execute(()).await.unwrap_err().is_throttled());
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_usage_plans_quota_is_not_waited_for() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(Answer::quota_exceeded()).expect(1).mount(&server).await;
    assert!(client(&server.uri()).build().unwrap().execute(()).await.unwrap_err().is_throttled());
}

/// A deployment whose executions end at once, and a client that gives every call a key.
pub(crate) async fn deployment(wiring: Wiring) -> (MockServer, Deployment, Client) {
    let server = MockServer::start().await;
    let deployment = Deployment::wired(wiring).ending_at_once().mount(&server).await;
    let client = client(&deployment.url()).delivery(Delivery::Idempotent).build().unwrap();
    (server, deployment, client)
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn a_504_after_the_start_is_sent_again_under_its_key_and_found_started() {
    // By `Idempotency-Key`, and by the request id alone.
    for wiring in [Wiring::Template, Wiring::AsPosted] {
        let (server, deployment, client) = deployment(wiring).await;
        assert_eq!(client.execute(1).await.unwrap().key_honoured(), Some(true));
        deployment.lose_next(Answer::gateway(504));
        let started = client.execute(1).await.unwrap();
        assert!(started.is_deduplicated() && started.start_date().is_none());
        assert_eq!((started.key_honoured(), started.name_as_expected()), (Some(true), Some(true)));
        assert_eq!((started.attempts().len(), started.possible_duplicates().count()), (2, 0));
        assert_eq!((requests(&server).await, deployment.executions().len()), (3, 2));
    }
}

#[tokio::test]
async fn until_a_key_was_honoured_an_ambiguous_failure_is_reported() {
    let (server, deployment, client) = deployment(Wiring::Template).await;
    deployment.lose_next(Answer::gateway(504));
    let error = client.execute(1).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Server, true));
    assert_eq!((requests(&server).await, deployment.executions().len()), (1, 1));
}

#[tokio::test]
async fn where_keys_are_not_honoured_nothing_is_sent_twice_ever_again() {
    let (server, deployment, client) = deployment(Wiring::Unnamed).await;
    let error = client.execute(1).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Mismatch, true));
    assert_eq!(error.execution_arn(), Some(deployment.executions()[0].arn.as_str()));
    deployment.lose_next(Answer::gateway(504));
    assert!(client.execute(1).await.unwrap_err().may_have_started());
    assert_eq!(requests(&server).await, 2);
}

#[tokio::test]
async fn a_key_that_is_no_uuid_is_not_trusted_because_uuids_are() {
    let (server, deployment, client) = deployment(Wiring::AsPosted).await;
    client.execute(1).await.unwrap();
    deployment.lose_next(Answer::gateway(504));
    assert!(client.execute(1).idempotency_key("order-17").await.unwrap_err().may_have_started());
    assert_eq!(requests(&server).await, 2);
}

#[tokio::test]
async fn calls_with_one_key_start_one_execution() {
    let (_server, deployment, client) = deployment(Wiring::Template).await;
    let first = client.execute(1).idempotency_key("order-17").await.unwrap();
    let second = client.execute(1).idempotency_key("order-17").await.unwrap();
    assert_eq!(first.execution_arn(), second.execution_arn());
    assert_eq!((first.is_deduplicated(), second.is_deduplicated()), (false, true));
    assert_eq!(deployment.executions().len(), 1);
}

#[tokio::test]
async fn at_most_once_never_sends_a_504_again() {
    let (server, deployment, client) = deployment(Wiring::Template).await;
    deployment.lose_next(Answer::gateway(504));
    let error = client.execute(1).delivery(Delivery::AtMostOnce).await.unwrap_err();
    assert!(error.may_have_started());
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    assert!(!requests[0].headers.contains_key("idempotency-key"), "a key is sent only where it is asked for");
}

#[tokio::test]
async fn at_least_once_reports_every_possible_duplicate() {
    let (server, deployment, client) = deployment(Wiring::Unnamed).await;
    deployment.lose_next(Answer::gateway(504));
    deployment.lose_next(Answer::opaque_html(502));
    let started = client.execute(1).delivery(Delivery::AtLeastOnce).await.unwrap();
    assert_eq!(started.possible_duplicates().count(), 2);
    assert_eq!((requests(&server).await, deployment.executions().len()), (3, 3));
}
