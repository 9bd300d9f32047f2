//! A connection that breaks: what is known, and that nothing is sent a second time behind the caller's back.

use crate::server::{Behaviour, EXECUTION, FaultServer, answer, client, kept};
use std::error::Error as _;
use stepgate::transport::Phase;
use stepgate::{Delivery, ErrorKind};

#[tokio::test]
async fn a_refused_connection_started_nothing_and_is_tried_again() {
    // A port that was ours a moment ago and that nobody listens on.
    let url = format!("http://{}/dev/execute", {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.local_addr().unwrap()
    });
    let error = client(&url).build().unwrap().execute(()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Connect, false));
    assert_eq!((error.attempts().len(), error.phase()), (3, Some(Phase::Connecting)));
    assert!(error.is_connect() && error.source().is_some());
}

#[tokio::test]
async fn a_reset_after_the_request_is_ambiguous_and_not_sent_again() {
    let server = FaultServer::start(vec![Behaviour::Reset, answer("200 OK", EXECUTION)]).await;
    let error = client(&server.url).build().unwrap().execute(()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Interrupted, true));
    assert_eq!((error.attempts().len(), server.requests()), (1, 1));
    assert_eq!(error.phase(), Some(Phase::Waiting));
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_ambiguous() {
    let server = FaultServer::start(vec![Behaviour::Answer(String::new())]).await;
    let error = client(&server.url).build().unwrap().execute(()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started(), server.requests()), (ErrorKind::Interrupted, true, 1));
}

#[tokio::test]
async fn an_answer_cut_short_is_ambiguous_even_if_its_arn_was_there() {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", EXECUTION.len() + 1);
    let server = FaultServer::start(vec![Behaviour::Answer(head + EXECUTION)]).await;
    let error = client(&server.url).build().unwrap().execute(()).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Interrupted, Some(Phase::Reading)));
    assert!(error.may_have_started());
}

#[tokio::test]
async fn what_is_not_http_is_ambiguous() {
    let server = FaultServer::start(vec![Behaviour::Answer("SSH-2.0-OpenSSH_9.9\r\n".into())]).await;
    let error = client(&server.url).build().unwrap().execute(()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started(), server.requests()), (ErrorKind::Interrupted, true, 1));
}

#[tokio::test]
async fn a_kept_connection_that_the_server_closed_costs_no_execution() {
    // Announces keep-alive and closes all the same, as a gateway at the end of its idle time does.
    let server = FaultServer::start(vec![Behaviour::Answer(kept())]).await;
    let client = client(&server.url).build().unwrap();
    let (mut started, mut ambiguous) = (0, 0);
    for _ in 0..20 {
        match client.execute(()).await {
            Ok(_) => started += 1,
            Err(error) => ambiguous += usize::from(error.may_have_started()),
        }
    }
    assert_eq!(started + ambiguous, 20);
    assert!(server.requests() <= 20, "{} requests for 20 calls", server.requests());
}

#[tokio::test]
async fn a_large_answer_is_not_read_to_its_end() {
    let size = stepgate::transport::MAX_ANSWER + 1;
    let large = format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n{}", " ".repeat(size));
    let server = FaultServer::start(vec![Behaviour::Answer(large)]).await;
    let error = client(&server.url).build().unwrap().execute(()).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Unrecognized, Some(Phase::Reading)));
}

#[tokio::test]
async fn at_least_once_goes_on_after_a_reset_and_says_what_may_run_twice() {
    let server = FaultServer::start(vec![Behaviour::Reset, answer("200 OK", EXECUTION)]).await;
    let client = client(&server.url).delivery(Delivery::AtLeastOnce).build().unwrap();
    let started = client.execute(()).await.unwrap();
    let duplicates: Vec<Phase> = started.possible_duplicates().map(stepgate::Attempt::phase).collect();
    assert_eq!((duplicates, server.requests()), (vec![Phase::Waiting], 2));
}
