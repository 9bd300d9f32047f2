//! Connections that are left behind, that speak another language, and that carry answers at odd moments.

use crate::connections::{Identity, secure, secure_by};
use crate::server::{EXECUTION, client, kept, read_request};
use bytes::Bytes;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use stepgate::transport::{HttpSettings, Phase};
use stepgate::{Client, Error, ErrorKind, RetryBudget};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;

/// A bound for what would wait for ever.
const BOUND: Duration = Duration::from_secs(30);

/// A server that does this with each connection, and its URL.
async fn server<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/prod/execute", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    url
}

/// A server that answers on kept connections, hangs up at once or not, and counts the connections that the client has let go.
async fn leaving(hangs_up: bool) -> (String, Arc<AtomicUsize>) {
    let gone = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&gone);
    let url = server(move |mut stream| {
        let gone = Arc::clone(&counter);
        async move {
            while read_request(&mut stream).await.is_some() {
                stream.write_all(kept().as_bytes()).await.unwrap();
                if hangs_up {
                    stream.shutdown().await.unwrap();
                }
            }
            gone.fetch_add(1, Ordering::SeqCst);
        }
    });
    (url.await, gone)
}

async fn until(gone: &AtomicUsize, count: usize) {
    let all = async {
        while gone.load(Ordering::SeqCst) < count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(BOUND, all).await.expect("the client lets go of them");
}

#[tokio::test]
async fn a_connection_that_the_server_has_closed_holds_no_descriptor() {
    let (url, gone) = leaving(true).await;
    let client = client(&url).build().unwrap();
    client.execute(1).await.unwrap();
    until(&gone, 1).await;
    drop(client);
}

#[tokio::test]
async fn connections_of_a_burst_are_let_go_although_others_are_in_use() {
    let (url, gone) = leaving(false).await;
    let client = client(&url).http(HttpSettings::new().idle_timeout(Duration::from_millis(300))).build().unwrap();
    let burst: tokio::task::JoinSet<_> = (0..5).map(|call| client.execute(call).into_future()).collect();
    burst.join_all().await.into_iter().for_each(|started| drop(started.unwrap()));
    let steady = async {
        while gone.load(Ordering::SeqCst) < 4 {
            client.execute(1).await.unwrap();
        }
    };
    tokio::time::timeout(BOUND, steady).await.expect("the others come of age");
}

#[tokio::test]
async fn with_its_last_client_a_connection_ends() {
    for settings in [HttpSettings::new(), HttpSettings::new().idle_timeout(Duration::MAX)] {
        let (url, gone) = leaving(false).await;
        let client = client(&url).http(settings).build().unwrap();
        client.clone().execute(1).await.unwrap();
        assert_eq!(gone.load(Ordering::SeqCst), 0);
        drop(client);
        until(&gone, 1).await;
    }
}

#[tokio::test]
async fn http_2_alone_is_not_spoken_to_a_server_that_does_not_negotiate_it() {
    let (server, caller) = (Identity::new("localhost"), Identity::new("caller"));
    let url = secure(&server, &caller).await;
    let settings = HttpSettings::new().root_certificates(server.pem_certificate()).client_certificate(caller.pem());
    let error = client(&url).http(settings.http2_only()).build().unwrap().execute(1).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Connect, false), "{error:?}");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("leave `http2_only` out"), "{source}");
}

#[tokio::test]
async fn a_client_certificate_that_is_refused_started_nothing_over_http_2_either() {
    let (server, caller) = (Identity::new("localhost"), Identity::new("caller"));
    let url = secure_by(&server, &caller, &[b"h2"]).await;
    let trusting = HttpSettings::new().root_certificates(server.pem_certificate());
    let unknown = trusting.clone().client_certificate(server.pem());
    for settings in [trusting.clone(), trusting.http2_only(), unknown] {
        let error = client(&url).http(settings).build().unwrap().execute(1).await.unwrap_err();
        // It depends on who is first whether the request was written before the refusal came.
        assert!(matches!(error.kind(), ErrorKind::Refused | ErrorKind::Connect), "{error:?}");
        assert!(!error.may_have_started(), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_comes_up_late_is_reached_by_the_same_call() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/prod/execute", socket.local_addr().unwrap());
    let budget = RetryBudget::new(500);
    let client = client(&url).max_attempts(u32::MAX).retry_budget(budget.clone()).build().unwrap();
    let call = tokio::spawn(client.execute(1).into_future());
    while budget.available() == 500 {
        tokio::task::yield_now().await;
    }
    let listener = socket.listen(8).unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await.unwrap();
        stream.write_all(kept().as_bytes()).await.unwrap();
    });
    let started = call.await.unwrap().unwrap();
    assert!(started.attempts().len() > 1);
    assert_eq!(started.attempts()[0].phase(), Phase::Connecting);
}

#[tokio::test]
async fn an_address_of_the_sixth_version_is_reached_however_it_is_written() {
    let Ok(listener) = TcpListener::bind(("::1", 0)).await else { return };
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            read_request(&mut stream).await.unwrap();
            stream.write_all(kept().as_bytes()).await.unwrap();
        }
    });
    for host in ["[::1]", "[0:0:0:0:0:0:0:1]"] {
        client(&format!("http://{host}:{port}/prod/execute")).build().unwrap().execute(1).await.unwrap();
    }
}

/// Refuses a request before it has read its body, as a box with a limit does.
fn refusing(goes: bool) -> String {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/prod/execute", socket.local_addr().unwrap());
    let listener = socket.listen(8).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.read_exact(&mut [0; 100]).await.unwrap();
            let answer = "HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.unwrap();
            if !goes {
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        }
    });
    url
}

#[tokio::test]
async fn a_refusal_that_comes_before_the_body_was_sent_is_read() {
    let large = "x".repeat(250_000);
    let error = client(&refusing(false)).build().unwrap().execute(&large).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Rejected, false), "{error:?}");
    // Reset at once, it may be lost; then nothing is known.
    let error = client(&refusing(true)).build().unwrap().execute(&large).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Rejected || error.may_have_started(), "{error:?}");
}

type Respond = h2::server::SendResponse<Bytes>;

/// A server of HTTP/2 that does this with each request.
async fn server_of_http_2(
    streams: Option<u32>,
    answer: impl Fn(http::Request<h2::RecvStream>, Respond) + Clone + Send + Sync + 'static,
) -> Client {
    let url = server(move |stream| {
        let answer = answer.clone();
        async move {
            let mut builder = h2::server::Builder::new();
            if let Some(streams) = streams {
                builder.max_concurrent_streams(streams);
            }
            let Ok(mut connection) = builder.handshake(stream).await else { return };
            while let Some(Ok((request, respond))) = connection.accept().await {
                answer(request, respond);
            }
        }
    });
    client(&url.await).http(HttpSettings::new().http2_only()).build().unwrap()
}

fn start(mut respond: Respond, head: http::Response<()>) -> Respond {
    let mut body = respond.send_response(head, false).unwrap();
    body.send_data(Bytes::from_static(EXECUTION.as_bytes()), true).unwrap();
    respond
}

#[tokio::test]
async fn a_head_of_forty_kilobytes_is_read_over_http_2() {
    let client = server_of_http_2(None, |_, respond| {
        let policy = "x".repeat(10_000);
        let head = (0..4).fold(http::Response::builder(), |head, at| head.header(format!("x-policy-{at}"), &policy));
        start(respond, head.body(()).unwrap());
    });
    client.await.execute(1).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_wants_no_more_of_the_body_is_read_over_http_2() {
    // The body of the request is dropped unread: after the whole answer, the server resets the stream without an error
    // (RFC 9113 §8.1).
    let client = server_of_http_2(None, |_, respond| drop(start(respond, http::Response::new(())))).await;
    for payload in [1, 100, 250_000] {
        client.execute("x".repeat(payload)).await.unwrap();
    }
}

#[tokio::test]
async fn a_call_that_waits_for_a_stream_has_started_nothing() {
    let (tell, told) = oneshot::channel();
    let tell = Arc::new(std::sync::Mutex::new((Some(tell), Vec::new())));
    let client = server_of_http_2(Some(1), move |request, respond| {
        let mut held = tell.lock().unwrap();
        held.1.push((request, respond));
        if let Some(tell) = held.0.take() {
            tell.send(()).unwrap();
        }
    });
    let client = client.await;
    let first = tokio::spawn(client.execute(1).into_future());
    told.await.unwrap();
    let error = client.execute(2).attempt_timeout(Duration::from_millis(200)).timeout(Duration::from_millis(200)).await;
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Timeout, false), "{error:?}");
    first.abort();
}

#[tokio::test]
async fn http_2_without_tls_to_a_server_of_http_1_1_ends_and_is_told_by_what_was_sent() {
    let url = server(|mut stream| async move {
        let _ = stream.read(&mut [0; 24]).await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let client = client(&url.await).http(HttpSettings::new().http2_only()).build().unwrap();
    let error: Error = tokio::time::timeout(BOUND, client.execute(1).into_future()).await.unwrap().unwrap_err();
    // It depends on who is first whether the request was written before the server turned away.
    assert!(matches!(error.kind(), ErrorKind::Connect | ErrorKind::Interrupted), "{error:?}");
    assert_eq!(error.may_have_started(), error.kind() == ErrorKind::Interrupted, "{error:?}");
}
