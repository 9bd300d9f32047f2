//! Time running out, by phase.

use crate::server::{Behaviour, FaultServer, client};
use std::time::Duration;
use stepgate::ErrorKind;
use stepgate::transport::Phase;
use tokio::net::TcpSocket;

const SHORT: Duration = Duration::from_millis(100);

/// An address whose queue of connections is full, so that another one is never accepted.
async fn full_listener() -> (String, Vec<tokio::task::JoinHandle<()>>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut fillers = vec![tokio::spawn(async move {
        let _listener = listener;
        std::future::pending::<()>().await;
    })];
    for _ in 0..4 {
        fillers.push(tokio::spawn(async move {
            let _stream = tokio::net::TcpStream::connect(address).await;
            std::future::pending::<()>().await;
        }));
    }
    tokio::task::yield_now().await;
    (format!("http://{address}/dev/execute"), fillers)
}

#[tokio::test]
async fn time_that_runs_out_while_connecting_started_nothing() {
    let (url, fillers) = full_listener().await;
    let by_connect = client(&url).connect_timeout(SHORT).max_attempts(2).build().unwrap();
    let by_attempt = client(&url).attempt_timeout(SHORT).max_attempts(2).build().unwrap();
    for client in [by_connect, by_attempt] {
        let error = client.execute(()).await.unwrap_err();
        assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(Phase::Connecting)), "{error:?}");
        assert!(!error.may_have_started() && error.is_connect());
        assert_eq!(error.attempts().len(), 2, "it was safe to try again");
    }
    fillers.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn time_that_runs_out_while_waiting_is_ambiguous() {
    let server = FaultServer::start(vec![Behaviour::Stall(String::new())]).await;
    let client = client(&server.url).attempt_timeout(SHORT).build().unwrap();
    let error = client.execute(()).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(Phase::Waiting)));
    assert!(error.may_have_started());
    assert_eq!((error.attempts().len(), server.requests()), (1, 1));
}

#[tokio::test]
async fn time_that_runs_out_while_reading_is_ambiguous() {
    let beginning = "HTTP/1.1 200 OK\r\ncontent-length: 190\r\n\r\n{\"executionArn\":";
    let server = FaultServer::start(vec![Behaviour::Stall(beginning.into())]).await;
    let client = client(&server.url).attempt_timeout(SHORT).build().unwrap();
    let error = client.execute(()).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(Phase::Reading)));
    assert!(error.may_have_started());
}

#[tokio::test]
async fn the_deadline_of_a_call_holds_for_all_its_attempts() {
    let server = FaultServer::start(vec![Behaviour::Stall(String::new())]).await;
    let client = client(&server.url).delivery(stepgate::Delivery::AtLeastOnce).build().unwrap();
    let error = client.execute(()).timeout(SHORT).await.unwrap_err();
    assert!(error.is_timeout() && error.may_have_started());
    assert_eq!(error.attempts().len(), 1);
}
