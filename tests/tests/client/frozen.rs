//! A process that was frozen, as by Lambda or SIGSTOP: connections that the peer closed meanwhile.

use crate::server::{kept, reqwest_client};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use stepgate::{Client, ClientBuilder};

/// Answers on kept connections, and closes each when it is told to.
struct Closing {
    url: String,
    close: Sender<()>,
    closed: Receiver<()>,
    requests: Arc<AtomicUsize>,
}

impl Closing {
    fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}/dev/execute", listener.local_addr().unwrap());
        let ((close, told), (tell, closed)) = (channel(), channel());
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Each connection answers once, and waits for its end in the order they came.
                let _ = respond(&stream, &counter);
                if told.recv().is_err() {
                    return;
                }
                drop(stream);
                let _ = tell.send(());
            }
        });
        Self { url, close, closed, requests }
    }

    /// Returns when the connection is closed. Nothing else runs on this thread meanwhile: the process is as good as frozen.
    fn close(&self) {
        self.close.send(()).unwrap();
        self.closed.recv().unwrap();
    }
}

fn respond(stream: &TcpStream, requests: &AtomicUsize) -> std::io::Result<()> {
    let mut request = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if request.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    request.read_exact(&mut vec![0; length])?;
    // Before the answer, for the caller looks as soon as it has it.
    requests.fetch_add(1, Ordering::SeqCst);
    let mut stream = stream;
    stream.write_all(kept().as_bytes())
}

/// Calls on a runtime that stands still between them, and how many were lost.
fn lost(calls: usize, with: impl FnOnce(ClientBuilder) -> ClientBuilder) -> usize {
    let server = Closing::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let builder = Client::builder(&server.url).attempt_timeout(Duration::from_mins(1)).timeout(Duration::from_mins(1));
    let client = with(builder).build().unwrap();
    let mut lost = 0;
    for _ in 0..calls {
        let requests = server.requests.load(Ordering::SeqCst);
        lost += usize::from(runtime.block_on(client.execute(1).into_future()).is_err());
        if server.requests.load(Ordering::SeqCst) > requests {
            server.close();
        }
    }
    lost
}

#[test]
fn no_call_is_lost_to_a_connection_that_was_closed_while_the_process_was_frozen() {
    assert_eq!(lost(20, |builder| builder), 0);
}

#[test]
fn what_a_client_that_cannot_look_loses_is_shown() {
    // reqwest's pool, which learns of an end only from the runtime: a measure for docs/semantics.md, not a claim.
    let http = reqwest_client().build().unwrap();
    println!("reqwest: {} of 20 lost", lost(20, |builder| builder.http_client(http)));
}
