//! Sending again: what each delivery may do, and what the client learns about keys on the way.

use crate::server::{EXECUTION, FaultServer, answer, client};
use std::sync::Mutex;
use stepgate::{Delivery, ErrorKind, RetryBudget};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

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
    let response = ResponseTemplate::new(429)
        .insert_header("x-amzn-ErrorType", "LimitExceededException")
        .set_body_raw(r#"{"message":"Limit Exceeded"}"#, "application/json");
    Mock::given(method("POST")).respond_with(response).expect(1).mount(&server).await;
    assert!(client(&server.uri()).build().unwrap().execute(()).await.unwrap_err().is_throttled());
}

/// A deployment that names executions in its own way, and answers 504 to chosen requests *after* the start.
pub(crate) struct Deployment {
    honours: fn(&Request) -> Option<String>,
    timeouts: Vec<usize>,
    seen: Mutex<Vec<String>>,
}

impl Deployment {
    pub(crate) async fn start(
        honours: fn(&Request) -> Option<String>,
        timeouts: &[usize],
    ) -> (MockServer, stepgate::Client) {
        let server = MockServer::start().await;
        let deployment = Self { honours, timeouts: timeouts.to_vec(), seen: Mutex::default() };
        Mock::given(method("POST")).respond_with(deployment).mount(&server).await;
        let client = client(&server.uri()).delivery(Delivery::Idempotent).build().unwrap();
        (server, client)
    }
}

impl Respond for Deployment {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut seen = self.seen.lock().unwrap();
        let number = seen.len();
        let name = (self.honours)(request).unwrap_or_else(|| format!("name-{number}"));
        let arn = format!("arn:aws:states:eu-west-1:1:execution:machine:{name}");
        let exists = seen.contains(&name);
        seen.push(name);
        if self.timeouts.contains(&number) {
            return ResponseTemplate::new(504)
                .set_body_raw(r#"{"message":"Endpoint request timed out"}"#, "application/json");
        }
        let (status, body) = if exists {
            let message = format!("Execution Already Exists: '{arn}'");
            let body = serde_json::json!({ "code": "CREATION_FAILED", "message": message, "reason": "ExecutionAlreadyExists" });
            (403, body)
        } else {
            (200, serde_json::json!({ "executionArn": arn, "startDate": 1.5e9 }))
        };
        ResponseTemplate::new(status).set_body_json(body)
    }
}

fn header(request: &Request, name: &str) -> Option<String> {
    request.headers.get(name).map(|value| value.to_str().unwrap().to_owned())
}

pub(crate) fn by_key(request: &Request) -> Option<String> {
    header(request, "idempotency-key")
}

fn by_request_id(request: &Request) -> Option<String> {
    header(request, "x-amzn-requestid")
}

#[tokio::test]
async fn a_504_after_the_start_is_sent_again_under_its_key_and_found_started() {
    for honours in [by_key, by_request_id] {
        let (server, client) = Deployment::start(honours, &[1]).await;
        assert_eq!(client.execute(1).await.unwrap().key_honoured(), Some(true));
        let started = client.execute(1).await.unwrap();
        assert!(started.is_deduplicated() && started.start_date().is_none());
        assert_eq!((started.key_honoured(), started.name_as_expected()), (Some(true), Some(true)));
        assert_eq!((started.attempts().len(), started.possible_duplicates().count()), (2, 0));
        assert_eq!(server.received_requests().await.unwrap().len(), 3);
    }
}

#[tokio::test]
async fn until_a_key_was_honoured_an_ambiguous_failure_is_reported() {
    let (server, client) = Deployment::start(by_key, &[0]).await;
    let error = client.execute(1).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Server, true));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn where_keys_are_not_honoured_nothing_is_sent_twice_ever_again() {
    let (server, client) = Deployment::start(|_| None, &[1]).await;
    let error = client.execute(1).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Mismatch, true));
    assert!(error.execution_arn().unwrap().ends_with(":name-0"), "{error}");
    assert!(client.execute(1).await.unwrap_err().may_have_started());
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_key_that_is_no_uuid_is_not_trusted_because_uuids_are() {
    let (server, client) = Deployment::start(by_request_id, &[1]).await;
    client.execute(1).await.unwrap();
    assert!(client.execute(1).idempotency_key("order-17").await.unwrap_err().may_have_started());
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn calls_with_one_key_start_one_execution() {
    let (_server, client) = Deployment::start(by_key, &[]).await;
    let first = client.execute(1).idempotency_key("order-17").await.unwrap();
    let second = client.execute(1).idempotency_key("order-17").await.unwrap();
    assert_eq!(first.execution_arn(), second.execution_arn());
    assert_eq!((first.is_deduplicated(), second.is_deduplicated()), (false, true));
}

#[tokio::test]
async fn at_most_once_never_sends_a_504_again() {
    let (server, client) = Deployment::start(by_key, &[0]).await;
    let error = client.execute(1).delivery(Delivery::AtMostOnce).await.unwrap_err();
    assert!(error.may_have_started());
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    assert!(!requests[0].headers.contains_key("idempotency-key"), "a key is sent only where it is asked for");
}

#[tokio::test]
async fn at_least_once_reports_every_possible_duplicate() {
    let (server, client) = Deployment::start(|_| None, &[0, 1]).await;
    let started = client.execute(1).delivery(Delivery::AtLeastOnce).await.unwrap();
    assert_eq!(started.possible_duplicates().count(), 2);
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
}
