//! The client for code that does not await.

use crate::server::{EXECUTION, FaultServer, answer, client};
use stepgate::blocking::Blocking;
use stepgate::testing::{ScriptedTransport, Step};
use stepgate::{Client, ErrorKind};

fn scripted(steps: impl IntoIterator<Item = Step>) -> Client {
    Client::builder("http://test.invalid/execute").transport(ScriptedTransport::new(steps)).build().unwrap()
}

#[test]
fn a_call_returns_when_it_has_ended() {
    let (client, blocking) = (scripted([Step::Start, Step::service("InvalidName")]), Blocking::new().unwrap());
    let started = blocking.wait(client.execute(17).idempotency_key("order-17")).unwrap();
    assert_eq!(started.name(), "order-17");
    assert!(blocking.wait(client.execute(17)).unwrap_err().is_creation_failed());
}

#[test]
fn it_works_over_real_connections_and_from_several_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(FaultServer::start(vec![answer("200 OK", EXECUTION)]));
    let (client, blocking) = (client(&server.url).build().unwrap(), Blocking::new().unwrap());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| blocking.wait(client.execute(1)).unwrap());
        }
    });
    assert_eq!(server.requests(), 4);
}

#[tokio::test]
async fn inside_a_task_it_refuses_and_does_not_panic() {
    let (client, blocking) = (scripted([Step::Start]), Blocking::new().unwrap());
    let error = blocking.wait(client.execute(17)).unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Config, false));
    let spawned = tokio::spawn({
        let (client, blocking) = (client.clone(), blocking.clone());
        async move { blocking.wait(client.execute(17)).unwrap_err().kind() }
    });
    assert_eq!(spawned.await.unwrap(), ErrorKind::Config);
    // The task goes on as if nothing had been.
    tokio::task::yield_now().await;
    drop(blocking);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_may_block_wherever_blocking_is_welcome() {
    let (client, blocking) = (scripted(std::iter::repeat_n(Step::Start, 3)), Blocking::new().unwrap());
    let spawned = tokio::task::spawn_blocking({
        let (client, blocking) = (client.clone(), blocking.clone());
        move || blocking.wait(client.execute("spawn_blocking")).unwrap()
    });
    spawned.await.unwrap();
    tokio::task::block_in_place(|| blocking.wait(client.execute("block_in_place")).unwrap());
    let handle = tokio::runtime::Handle::current();
    let entered = std::thread::spawn(move || {
        let _entered = handle.enter();
        blocking.wait(client.execute("entered")).unwrap().attempts().len()
    });
    assert_eq!(entered.join().unwrap(), 1);
}
