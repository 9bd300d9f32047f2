//! What a payload may be, and what is refused before anything is sent.

use crate::delivery::deployment;
use crate::server::client;
use serde::Serialize;
use std::rc::Rc;
use stepgate::testing::wiremock::{Answer, Deployment};
use stepgate::{Client, Delivery, ErrorKind, Execute, Wiring};
use wiremock::matchers::{body_string, method};
use wiremock::{Mock, MockServer};

#[derive(Serialize)]
struct Order {
    id: u32,
}

async fn expecting(body: &str, requests: u64) -> (MockServer, Client) {
    let server = MockServer::start().await;
    let answer = Answer::started();
    Mock::given(method("POST")).and(body_string(body)).respond_with(answer).expect(requests).mount(&server).await;
    let client = client(&server.uri()).build().unwrap();
    (server, client)
}

#[tokio::test]
async fn a_payload_goes_by_value_by_reference_and_with_a_turbofish() {
    let (_server, client) = expecting(r#"{"id":17}"#, 4).await;
    let order = Order { id: 17 };
    client.execute(&order).await.unwrap();
    client.execute::<&Order>(&order).await.unwrap();
    client.execute::<Order>(Order { id: 17 }).await.unwrap();
    client.execute(order).await.unwrap();
}

#[tokio::test]
async fn a_call_can_be_spawned_whatever_its_payload_was() {
    /// Neither `Send` nor `'static`.
    struct Local<'a>(&'a str, Rc<str>);
    impl Serialize for Local<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            Order { id: (self.0.to_owned() + &self.1).parse().unwrap() }.serialize(serializer)
        }
    }
    let (_server, client) = expecting(r#"{"id":17}"#, 1).await;
    let call = {
        let id = "17".to_owned();
        client.execute(Local(&id, "".into()))
    };
    tokio::spawn(call.into_future()).await.unwrap().unwrap();
}

#[test]
fn an_error_is_one_word_and_a_call_is_small_and_can_be_sent() {
    fn sendable<T: Send + 'static>(_: &T) {}
    let client = client("http://127.0.0.1:9/execute").build().unwrap();
    sendable(&client.execute(17));
    assert_eq!(size_of::<stepgate::Error>(), size_of::<usize>());
    assert!(size_of::<Execute>() <= 64, "{}", size_of::<Execute>());
}

#[tokio::test]
async fn a_payload_that_cannot_be_delivered_is_never_sent() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(Answer::started()).expect(0).mount(&server).await;
    let template = client(&server.uri()).build().unwrap();
    let posted = client(&server.uri()).wiring(Wiring::AsPosted).build().unwrap();
    let keys = std::collections::BTreeMap::from([((1, 2), 3)]);
    let errors = [
        template.execute(f64::NAN).await.unwrap_err(),
        template.execute("x".repeat(stepgate::MAX_INPUT)).await.unwrap_err(),
        template.execute(keys).await.unwrap_err(),
        posted.execute("I'm").await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Payload, false), "{error}");
        assert!(error.attempts().is_empty());
    }
}

#[tokio::test]
async fn a_key_belongs_to_one_payload() {
    let (_server, _deployment, client) = deployment(Wiring::Template).await;
    client.execute(1).idempotency_key("order-17").await.unwrap();
    client.execute(1).idempotency_key("order-17").await.unwrap();
    let error = client.execute(2).idempotency_key("order-17").await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::KeyReused, false));
}

#[tokio::test]
async fn the_direct_wiring_sends_input_as_a_string_with_a_name_of_its_own() {
    let machine = "arn:aws:states:eu-west-1:1:stateMachine:machine";
    let wiring = Wiring::direct(machine).unwrap();
    let server = MockServer::start().await;
    let deployment = Deployment::wired(wiring.clone()).mount(&server).await;
    let client = client(&deployment.url()).wiring(wiring).build().unwrap();
    client.execute(Order { id: 17 }).idempotency_key("order-17").await.unwrap();
    let body = format!(r#"{{"input":"{{\"id\":17}}","name":"order-17","stateMachineArn":"{machine}"}}"#);
    assert_eq!(server.received_requests().await.unwrap()[0].body, body.as_bytes());
    assert_eq!(deployment.executions()[0].input.as_deref(), Some(r#"{"id":17}"#));
    let generated = client.execute(Order { id: 17 }).into_request().await.unwrap();
    let generated: serde_json::Value = serde_json::from_slice(generated.body()).unwrap();
    assert_eq!(generated["name"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn a_request_can_be_had_without_sending_it() {
    let client = client("https://a1.execute-api.eu-west-1.amazonaws.com/prod/execute").build();
    // A machine without a certificate store cannot build a client for https; there is nothing to see then.
    let Ok(client) = client else { return };
    let key = "9c3d8aab-83bf-4542-8256-36c9f42b6b01";
    let call = client.execute(Order { id: 17 }).delivery(Delivery::Idempotent).idempotency_key(key);
    let request = call.into_request().await.unwrap();
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/prod/execute"));
    assert_eq!(request.headers()["idempotency-key"], key);
    assert_eq!(request.headers()["x-amzn-requestid"], key);
    assert_eq!(request.body(), r#"{"id":17}"#.as_bytes());
}

#[test]
fn what_cannot_work_is_told_when_it_is_built() {
    let message = |builder: stepgate::ClientBuilder| {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    };
    let url = "http://127.0.0.1:9/execute";
    assert!(message(client("localhost/execute")).contains("https://"));
    assert!(message(client(url).header("content-type", "text/plain")).contains("content-type"));
    assert!(message(client(url).bearer("line\nbreak")).contains("bearer token"));
    let secret = message(client(url).api_key("se\ncret"));
    assert!(!secret.contains("cret"), "{secret}");
}
