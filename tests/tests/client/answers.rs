//! Each answer that a client must tell apart, over HTTP, from the table that `wire::classify` is tested with.

use crate::server::client;
use contract_tests::answers::{KnownAnswer, known_answers};
use std::time::{Duration, SystemTime};
use stepgate::testing::wiremock::Answer;
use stepgate::{Error, ErrorKind};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn answer(vector: &KnownAnswer) -> Result<stepgate::Started, Error> {
    let server = MockServer::start().await;
    let mut response = ResponseTemplate::new(vector.status).set_body_raw(vector.body.clone(), "application/json");
    for (name, value) in &vector.headers {
        response = response.insert_header(name.as_str(), value.as_str());
    }
    Mock::given(method("POST")).and(path("/dev/execute")).respond_with(response).expect(1).mount(&server).await;
    let client = client(&format!("{}/dev/execute", server.uri())).max_attempts(1).build().unwrap();
    client.execute(serde_json::json!({ "order": 17 })).await
}

#[tokio::test]
async fn every_answer_becomes_its_own_kind_of_error() {
    for vector in known_answers() {
        let outcome = answer(&vector).await;
        let kind = match vector.class.as_str() {
            "started" => {
                assert!(outcome.is_ok(), "{}: {outcome:?}", vector.what);
                continue;
            }
            "already_exists" => ErrorKind::AlreadyExists,
            "creation_failed" => ErrorKind::CreationFailed,
            "throttled" => ErrorKind::Throttled,
            "forbidden" => ErrorKind::Forbidden,
            "rejected" => ErrorKind::Rejected,
            "server_error" => ErrorKind::Server,
            "unrecognized" => ErrorKind::Unrecognized,
            other => panic!("{other}"),
        };
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), kind, "{}", vector.what);
        assert_eq!(error.may_have_started(), vector.may_have_started, "{}", vector.what);
        assert_eq!(error.reason(), vector.reason.as_deref(), "{}", vector.what);
        assert_eq!(error.status(), Some(vector.status), "{}", vector.what);
        assert_eq!(error.request_id(), vector.headers.get("x-amzn-RequestId").map(String::as_str), "{}", vector.what);
    }
}

#[tokio::test]
async fn a_started_execution_tells_arn_name_date_and_ids() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(header("content-type", "application/json"))
        .and(header("x-tenant", "blue"))
        .and(header("x-api-key", "key"))
        .and(header("authorization", "Bearer token"))
        .and(body_json(serde_json::json!({ "order": 17 })))
        .respond_with(Answer::started())
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&server.uri()).api_key("key").bearer("token").build().unwrap();
    let before = SystemTime::now() - Duration::from_millis(1);
    let started = client.execute(serde_json::json!({ "order": 17 })).header("x-tenant", "blue").await.unwrap();
    let sent = &server.received_requests().await.unwrap()[0].headers;
    let id = sent["x-amzn-requestid"].to_str().unwrap();
    assert!(started.execution_arn().ends_with(&format!(":execution:Workflow:{id}")), "{started:?}");
    assert_eq!((started.name(), started.request_id()), (id, Some(id)));
    assert!(started.trace_id().unwrap().starts_with("Root=1-"), "{started:?}");
    assert!((before..=SystemTime::now()).contains(&started.start_date().unwrap()), "{started:?}");
    assert_eq!((started.name_as_expected(), started.attempts().len()), (Some(true), 1));
}

#[tokio::test]
async fn a_name_that_is_not_the_request_id_is_noticed() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(Answer::started_as("another")).mount(&server).await;
    let started = client(&server.uri()).build().unwrap().execute(()).await.unwrap();
    assert_eq!((started.name(), started.name_as_expected()), ("another", Some(false)));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = MockServer::start().await;
    Mock::given(path("/dev/execute")).respond_with(Answer::redirect("/elsewhere")).expect(1).mount(&server).await;
    Mock::given(path("/elsewhere")).respond_with(Answer::started()).expect(0).mount(&server).await;
    let client = client(&format!("{}/dev/execute", server.uri())).build().unwrap();
    let error = client.execute(()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Unrecognized, Some(307)));
}
