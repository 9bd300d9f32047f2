//! The facade for code that does not await.

use crate::server::{EXECUTION, FaultServer, answer, client};
use stepgate::testing::{ScriptedTransport, Step};
use stepgate::{Client, ErrorKind, blocking};

fn scripted(steps: impl IntoIterator<Item = Step>) -> blocking::Client {
    let builder = Client::builder("http://test.invalid/execute").transport(ScriptedTransport::new(steps));
    blocking::Client::new(builder.build().unwrap()).unwrap()
}

#[test]
fn a_call_returns_when_it_has_ended() {
    let client = scripted([Step::Start, Step::service("InvalidName")]);
    let started = client.execute(17).idempotency_key("order-17").send().unwrap();
    assert_eq!(started.name(), "order-17");
    assert!(client.execute(17).send().unwrap_err().is_creation_failed());
}

#[test]
fn it_works_over_real_connections_and_from_several_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(FaultServer::start(vec![answer("200 OK", EXECUTION)]));
    let client = blocking::Client::new(client(&server.url).build().unwrap()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| client.execute(1).send().unwrap());
        }
    });
    assert_eq!(server.requests(), 4);
}

#[tokio::test]
async fn inside_a_runtime_it_refuses_and_does_not_panic() {
    let client = scripted([Step::Start]);
    let error = client.execute(17).send().unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Config, false));
    drop(client);
}
