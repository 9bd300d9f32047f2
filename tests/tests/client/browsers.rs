//! Preflights: the request that goes out, and the verdict on what comes back.

use crate::server::client;
use stepgate::cors::{CredentialsMode, Violation};
use stepgate::testing::wiremock::Answer;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer};

const ORIGIN: &str = "http://localhost:3000";

async fn deployment(allow_headers: &str) -> MockServer {
    let server = MockServer::start().await;
    let preflight = Answer::preflight(ORIGIN).header("access-control-allow-headers", allow_headers);
    Mock::given(method("OPTIONS")).respond_with(preflight).mount(&server).await;
    Mock::given(method("GET")).respond_with(Answer::missing_authentication_token()).mount(&server).await;
    Mock::given(method("POST")).respond_with(Answer::gateway(500)).expect(0).mount(&server).await;
    server
}

#[tokio::test]
async fn the_preflight_asks_for_the_headers_of_the_real_request() {
    let server = deployment("Content-Type,X-Api-Key,X-Tenant,Idempotency-Key,X-Amzn-RequestId").await;
    let client = client(&server.uri())
        .api_key("key")
        .header("x-tenant", "blue")
        .delivery(stepgate::Delivery::Idempotent)
        .build()
        .unwrap();
    let cors = client.preflight(ORIGIN).await.unwrap();
    assert!(cors.is_allowed(), "{:?}", cors.violation());
    assert_eq!(cors.max_age(), 600);
    let request = server.received_requests().await.unwrap().pop().unwrap();
    let asked = |name: &str| request.headers[name].to_str().unwrap().to_owned();
    assert_eq!(asked("origin"), ORIGIN);
    assert_eq!(asked("access-control-request-method"), "POST");
    let names = "content-type,idempotency-key,x-amzn-requestid,x-api-key,x-tenant";
    assert_eq!(asked("access-control-request-headers"), names);
    assert!(!request.headers.contains_key("x-api-key"), "a browser sends no secret with a preflight");
}

#[tokio::test]
async fn headers_that_no_page_can_set_are_told_and_not_asked_for() {
    let server = deployment("Content-Type,X-Tenant").await;
    let builder =
        client(&server.uri()).header("cookie", "a=b").header("sec-fetch-mode", "cors").header("x-tenant", "blue");
    let cors = builder.build().unwrap().preflight(ORIGIN).await.unwrap();
    assert!(cors.is_allowed(), "{:?}", cors.violation());
    assert_eq!(cors.request_headers(), ["content-type", "x-tenant"]);
    assert_eq!(cors.dropped_headers(), ["cookie", "sec-fetch-mode"]);
}

#[tokio::test]
async fn a_refusal_names_the_rule() {
    let server = deployment("Content-Type").await;
    let bearer = client(&server.uri()).bearer("token").build().unwrap();
    let cors = bearer.preflight(ORIGIN).await.unwrap();
    assert_eq!(cors.violation(), Some(&Violation::HeaderNotAllowed { header: "authorization".into() }));
    let cors = bearer.preflight("https://elsewhere.example").await.unwrap();
    assert_eq!(cors.violation(), Some(&Violation::OtherOrigin { allowed: ORIGIN.into() }));
    let cors = bearer.preflight(ORIGIN).credentials(CredentialsMode::Include).await.unwrap();
    assert_eq!(cors.violation(), Some(&Violation::CredentialsNotAllowed));
}

#[tokio::test]
async fn an_error_answer_without_cors_headers_is_noticed() {
    let server = deployment("Content-Type").await;
    let client = client(&server.uri()).build().unwrap();
    let cors = client.preflight(ORIGIN).with_error_answer().await.unwrap();
    assert!(cors.is_allowed());
    assert_eq!(cors.error_answer(), Some(Err(&Violation::NoAllowOrigin)));
}

#[tokio::test]
async fn no_answer_is_an_error_and_not_a_verdict() {
    let address = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let client = client(&format!("http://{address}/execute")).build().unwrap();
    let error = client.preflight(ORIGIN).await.unwrap_err();
    assert!(error.is_connect() && !error.may_have_started(), "{error:?}");
}
