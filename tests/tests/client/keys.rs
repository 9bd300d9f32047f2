//! Keys: free again where nothing can have started, whole when they are read back, checked where somebody else used them.

use crate::delivery::deployment;
use crate::server::client;
use serde_json::json;
use stepgate::testing::{ScriptedTransport, Step, TestClock};
use stepgate::transport::Phase;
use stepgate::{Client, Delivery, ErrorKind, IdempotencyKey, Wiring};
use stepgate_emulator::Emulator;

fn scripted(steps: impl IntoIterator<Item = Step>) -> Client {
    let builder = Client::builder("http://test.invalid/execute").clock(TestClock::new()).max_attempts(1);
    builder.transport(ScriptedTransport::new(steps)).build().unwrap()
}

#[tokio::test]
async fn a_key_is_free_again_where_nothing_can_have_started() {
    let refusals = [
        Step::Break(Phase::Connecting),
        Step::gateway(403, "ForbiddenException", "Forbidden"),
        Step::service("InvalidName"),
        Step::service("ThrottlingException"),
    ];
    for refusal in refusals {
        let client = scripted([refusal.clone(), Step::Start]);
        client.execute(1).idempotency_key("order-17").await.unwrap_err();
        let started = client.execute(2).idempotency_key("order-17").await;
        assert!(started.is_ok(), "{refusal:?} {started:?}");
    }
    let client = scripted([Step::Start]);
    client.execute(1).idempotency_key("order-17").into_request().await.unwrap();
    drop(client.execute(1).idempotency_key("order-17"));
    client.execute(2).idempotency_key("order-17").await.unwrap();
}

#[tokio::test]
async fn a_key_stays_with_its_payload_where_something_may_have_started() {
    let client = scripted([Step::Break(Phase::Waiting)]);
    assert!(client.execute(1).idempotency_key("order-17").await.unwrap_err().may_have_started());
    let error = client.execute(2).idempotency_key("order-17").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::KeyReused, 0));
}

#[tokio::test]
async fn keys_that_the_client_makes_push_out_none_of_the_callers() {
    let client = scripted(std::iter::repeat_n(Step::Start, 10_002));
    client.execute(1).idempotency_key("order-17").await.unwrap();
    for _ in 0..10_001 {
        client.execute(3).delivery(Delivery::Idempotent).await.unwrap();
    }
    let error = client.execute(2).idempotency_key("order-17").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyReused);
}

#[tokio::test]
async fn a_call_that_is_dropped_on_its_way_keeps_its_key() {
    // On a clock that goes, for on the other one the attempt's time would be up at once.
    let transport = ScriptedTransport::new([Step::Hang(Phase::Waiting)]);
    let client = Client::builder("http://test.invalid/execute").transport(transport).build().unwrap();
    let call = client.execute(1).idempotency_key("order-17").into_future();
    // Polled once, and dropped.
    assert!(tokio::time::timeout(std::time::Duration::ZERO, call).await.is_err());
    assert_eq!(client.execute(2).idempotency_key("order-17").await.unwrap_err().kind(), ErrorKind::KeyReused);
}

#[tokio::test]
async fn every_legal_key_is_read_back_whole() {
    let (_server, _deployment, client) = deployment(Wiring::Template).await;
    for key in ["it's", "'", "a'b'c", "order(17)!", "a.b+c=d@e_f-g"] {
        client.execute(1).idempotency_key(key).await.unwrap();
        let again = client.execute(1).idempotency_key(key).await.unwrap();
        assert!(again.is_deduplicated() && again.name() == key, "{again:?}");
    }
}

#[tokio::test]
async fn a_key_that_another_process_used_for_another_input_can_be_told() {
    let endpoint =
        Emulator::builder().parameter("Auth", "NONE").build().unwrap().serve(([127, 0, 0, 1], 0).into()).unwrap();
    let (mine, theirs) = (json!({ "order": 17, "price": 2.50 }), json!({ "order": 18 }));
    let process = || client(endpoint.url()).build().unwrap();
    for key in ["order-17", "it's", "a!'()+.=@_-Z"] {
        process().execute(&theirs).idempotency_key(key).await.unwrap();
        let client = process();
        let started = client.execute(&mine).idempotency_key(key).await.unwrap();
        assert!(started.is_deduplicated() && started.name() == key);
        let execution = client.execution(started.name()).await.unwrap().unwrap();
        let has_input = (execution.has_input(&mine).unwrap(), execution.has_input(&theirs).unwrap());
        assert_eq!(has_input, (Some(false), Some(true)));
    }
}

#[tokio::test]
async fn a_key_that_cannot_become_the_name_is_refused_before_anything_starts() {
    let client = |wiring| {
        let builder = Client::builder("http://test.invalid/execute").transport(ScriptedTransport::new([]));
        builder.wiring(wiring).build().unwrap()
    };
    let errors = [
        client(Wiring::Unnamed).execute(1).idempotency_key("order-17").await.unwrap_err(),
        client(Wiring::Unnamed).execute(1).delivery(Delivery::Idempotent).await.unwrap_err(),
        client(Wiring::AsPosted).execute(1).idempotency_key("order-17").await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Config, 0), "{error}");
    }
}

#[tokio::test]
async fn a_key_can_be_passed_around() {
    let key: IdempotencyKey = "order-17".parse().unwrap();
    let started = scripted([Step::Start]).execute(1).idempotency_key(key.clone()).await.unwrap();
    assert_eq!(started.name(), String::from(key));
}
