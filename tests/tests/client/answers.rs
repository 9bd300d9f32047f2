//! Each answer that a client must tell apart, over HTTP, from the table that `wire::classify` is tested with.

use crate::server::client;
use serde::Deserialize;
use std::collections::BTreeMap;
use stepgate::{Error, ErrorKind};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

#[derive(Deserialize)]
struct Vector {
    what: String,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: String,
    class: String,
    reason: Option<String>,
    may_have_started: bool,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("../../../client/vectors/answers.json")).unwrap()
}

async fn answer(vector: &Vector) -> Result<stepgate::Started, Error> {
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
    for vector in vectors() {
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
    let id = "9c3d8aab-83bf-4542-8256-36c9f42b6b01";
    let response = ResponseTemplate::new(200)
        .insert_header("x-amzn-RequestId", id)
        .insert_header("X-Amzn-Trace-Id", "Root=1-5dcad259-760ded2caa731b642837fea4")
        .set_body_raw(crate::server::EXECUTION, "application/json");
    Mock::given(method("POST"))
        .and(header("content-type", "application/json"))
        .and(header("x-tenant", "blue"))
        .and(header("x-api-key", "key"))
        .and(header("authorization", "Bearer token"))
        .and(body_json(serde_json::json!({ "order": 17 })))
        .respond_with(response)
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&server.uri()).api_key("key").bearer("token").build().unwrap();
    let started = client.execute(serde_json::json!({ "order": 17 })).header("x-tenant", "blue").await.unwrap();
    assert_eq!(started.execution_arn(), format!("arn:aws:states:eu-west-1:1:execution:machine:{id}"));
    assert_eq!(started.name(), id);
    assert_eq!(started.request_id(), Some(id));
    assert_eq!(started.trace_id(), Some("Root=1-5dcad259-760ded2caa731b642837fea4"));
    let date = started.start_date().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(date.as_millis(), 1_573_573_209_347);
    assert_eq!((started.name_as_expected(), started.attempts().len()), (Some(true), 1));
}

#[tokio::test]
async fn a_name_that_is_not_the_request_id_is_noticed() {
    let server = MockServer::start().await;
    let response = ResponseTemplate::new(200)
        .insert_header("x-amzn-RequestId", "another")
        .set_body_raw(crate::server::EXECUTION, "application/json");
    Mock::given(method("POST")).respond_with(response).mount(&server).await;
    let started = client(&server.uri()).build().unwrap().execute(()).await.unwrap();
    assert_eq!(started.name_as_expected(), Some(false));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = MockServer::start().await;
    let redirect = ResponseTemplate::new(307).insert_header("location", "/elsewhere");
    Mock::given(path("/dev/execute")).respond_with(redirect).expect(1).mount(&server).await;
    Mock::given(path("/elsewhere")).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let client = client(&format!("{}/dev/execute", server.uri())).build().unwrap();
    let error = client.execute(()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Unrecognized, Some(307)));
}
