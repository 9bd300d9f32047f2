use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use super::*;

/// Answers with the request's own header names, and delivers as the path says.
struct Echo {
    clock: StandingClock,
    limits: Limits,
    /// What requests for `/wait` and `/trial` wait for.
    release: Semaphore,
    /// How many of them have come to their end.
    over: AtomicUsize,
    /// What callers ask for, on connections of theirs, while the first request for `/dear` is worked on.
    meanwhile: Mutex<Vec<(TcpStream, &'static str)>>,
    /// The paths of the requests that were worked on.
    order: Mutex<Vec<String>>,
}

impl Default for Echo {
    /// In a hurry.
    fn default() -> Self {
        let soon = Duration::from_millis(100);
        let limits = Limits { request: soon, answer: soon, ..Limits::default() };
        Self {
            clock: StandingClock,
            limits,
            release: Semaphore::new(0),
            over: AtomicUsize::new(0),
            meanwhile: Mutex::default(),
            order: Mutex::default(),
        }
    }
}

/// Time stands still in answers; waits are the runtime's.
#[derive(Debug, Default)]
struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn block_for(&self, deadline: Duration) -> Duration {
        deadline
    }
}

impl Handler for Echo {
    async fn handle(&self, request: Request, _source: IpAddr) -> Outgoing {
        let names: Vec<&str> = request.headers.iter().map(|(name, _)| name).collect();
        let response = Response { status: 200, headers: vec![("x-Case".into(), names.join(","))], body: request.body };
        assert!(request.path != "/panic", "a handler that panics, on purpose");
        if request.path == "/dear" {
            let mut asked: Vec<_> = self.meanwhile.lock().unwrap().drain(..).collect();
            for (caller, path) in &mut asked {
                ask(caller, path);
            }
            for (caller, _) in &asked {
                has_arrived(caller);
            }
        }
        self.order.lock().unwrap().push(request.path.clone());
        if matches!(request.path.as_str(), "/wait" | "/trial") {
            self.release.acquire().await.unwrap().forget();
            self.over.fetch_add(1, Ordering::Relaxed);
        }
        if request.path == "/long" {
            // More than the buffers of both sides hold.
            return Response { status: 200, headers: vec![], body: vec![b'x'; 64 << 20] }.into();
        }
        let delivery = match request.path.as_str() {
            "/cut" => Delivery { cut_after: Some(20), ..Delivery::default() },
            "/reset" => Delivery { cut_after: Some(0), reset: true, ..Delivery::default() },
            _ => Delivery::default(),
        };
        Outgoing { response, delivery }
    }

    fn ends_with_caller(&self, request: &Request) -> bool {
        request.path == "/trial"
    }

    fn may_take_long(&self, request: &Request) -> bool {
        request.path == "/dear"
    }

    fn clock(&self) -> &dyn Clock {
        &self.clock
    }

    fn limits(&self) -> Limits {
        self.limits
    }
}

/// Waits until what a caller has written is at the other side: systems may take a moment for that, on the loopback too.
fn has_arrived(caller: &TcpStream) {
    let ports = [caller.peer_addr(), caller.local_addr()].map(|address| address.unwrap().port());
    let is_there = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let port = |at: usize| u16::from_str_radix(fields[at].rsplit(':').next().unwrap(), 16);
        [port(1), port(2)] == ports.map(Ok) && !fields[4].ends_with(":00000000")
    };
    // Where the system does not tell it has to be hoped for.
    while std::fs::read_to_string("/proc/net/tcp").is_ok_and(|table| !table.lines().skip(1).any(is_there)) {
        thread::yield_now();
    }
}

fn server() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    Server::start(&listener, 2, &Arc::<Echo>::default()).unwrap()
}

fn ask(stream: &mut TcpStream, path: &str) {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
}

/// Reads an answer without a body.
fn take_answer(stream: &mut TcpStream) {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
}

/// Sends bytes and reads until the server closes.
fn exchange(server: &Server, bytes: &[u8]) -> Result<String, ErrorKind> {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|error| error.kind())?;
    Ok(answer)
}

#[test]
fn a_connection_serves_several_requests_and_header_names_keep_their_case() {
    let answer = exchange(
        &server(),
        b"POST / HTTP/1.1\r\nHost: h\r\nX-oDD: 1\r\nContent-Length: 1\r\n\r\naGET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    );
    let date = "Date: Thu, 01 Jan 1970 00:00:00 GMT";
    assert_eq!(
        answer.unwrap(),
        format!(
            "HTTP/1.1 200 OK\r\n{date}\r\nx-Case: Host,X-oDD,Content-Length\r\nContent-Length: 1\r\n\
             Connection: keep-alive\r\n\r\na\
             HTTP/1.1 200 OK\r\n{date}\r\nx-Case: Host,Connection\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
    );
}

#[test]
fn a_cut_answer_ends_where_it_was_cut() {
    assert_eq!(exchange(&server(), b"GET /cut HTTP/1.1\r\nHost: h\r\n\r\n").unwrap(), "HTTP/1.1 200 OK\r\nDat");
}

#[test]
fn a_reset_is_seen_as_one() {
    assert_eq!(exchange(&server(), b"GET /reset HTTP/1.1\r\nHost: h\r\n\r\n"), Err(ErrorKind::ConnectionReset));
}

#[test]
fn a_malformed_request_is_answered_before_the_connection_ends() {
    let answer = exchange(&server(), b"what is this\r\n\r\n").unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    assert!(answer.ends_with("Connection: close\r\n\r\nmalformed request"), "{answer}");
}

#[test]
fn a_handler_that_panics_is_answered_with_500_and_others_are_served() {
    let server = server();
    let answer = exchange(&server, b"GET /panic HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    assert!(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"), "{answer}");
    assert!(answer.ends_with("Connection: close\r\n\r\ninternal server error"), "{answer}");
    let other = exchange(&server, b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
    assert!(other.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn a_server_stops_while_connections_are_idle() {
    let mut server = server();
    let mut idle = TcpStream::connect(server.address()).unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    assert!(idle.read(&mut [0; 1024]).unwrap() > 0);
    server.stop();
    assert_eq!(idle.read(&mut [0; 1024]).unwrap(), 0);
    let refused = TcpStream::connect(server.address()).map_err(|error| error.kind());
    assert!(matches!(refused, Err(ErrorKind::ConnectionRefused)), "{refused:?}");
}

#[test]
fn a_request_that_does_not_come_to_its_end_is_given_up() {
    let server = server();
    for start in [
        "GET / HT",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1",
    ] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(start.as_bytes()).unwrap();
        // Ends because the server closes.
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{start}: {answer}");
    }
}

#[test]
fn a_caller_that_takes_no_answer_is_reset_while_others_are_served() {
    let mut server = server();
    let mut greedy = TcpStream::connect(server.address()).unwrap();
    greedy.write_all(b"GET /long HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    let other = exchange(&server, b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
    assert!(other.starts_with("HTTP/1.1 200 OK\r\n"));
    // Stopping waits for answers in hand, and this one ends.
    server.stop();
    let read = greedy.read_to_end(&mut Vec::new()).map_err(|error| error.kind());
    assert_eq!(read, Err(ErrorKind::ConnectionReset));
}

#[test]
fn what_is_held_for_callers_who_take_no_answers_is_bounded_and_others_are_served() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let patient = Echo { limits: Limits { held: 100 << 20, ..Limits::default() }, ..Echo::default() };
    let server = Server::start(&listener, 2, &Arc::new(patient)).unwrap();
    let mut greedy = TcpStream::connect(server.address()).unwrap();
    greedy.write_all(b"GET /long HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    // Its answer is there once the first bytes of it are.
    assert!(greedy.read(&mut [0; 16]).unwrap() > 0);
    let long = b"GET /long HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let refused = exchange(&server, long).unwrap();
    assert!(refused.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{refused:.100}");
    let other = exchange(&server, b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
    assert!(other.starts_with("HTTP/1.1 200 OK\r\n"));
    // When it has gone, there is room.
    drop(greedy);
    let tries = std::iter::repeat_with(|| exchange(&server, long).unwrap());
    let answer = tries.take(10_000).find(|answer| !answer.starts_with("HTTP/1.1 503 ")).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.len() > 64 << 20);
}

#[test]
fn the_connection_of_a_caller_that_has_gone_is_given_back_while_what_it_asked_for_goes_on() {
    for (path, goes_on) in [("/wait", 1), ("/trial", 0)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let echo = Arc::<Echo>::default();
        let mut server = Server::start(&listener, 1, &echo).unwrap();
        let mut gone = TcpStream::connect(server.address()).unwrap();
        write!(gone, "GET {path} HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\n").unwrap();
        gone.shutdown(Shutdown::Write).unwrap();
        // The other side ends too, though nothing has been answered.
        assert_eq!(gone.read(&mut [0; 16]).unwrap(), 0);
        assert_eq!(echo.over.load(Ordering::Relaxed), 0);
        echo.release.add_permits(1);
        server.stop();
        assert_eq!(echo.over.load(Ordering::Relaxed), goes_on, "{path}");
    }
}

#[test]
fn what_comes_while_a_request_waits_is_answered_after_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let echo = Arc::<Echo>::default();
    let server = Server::start(&listener, 1, &echo).unwrap();
    let mut patient = TcpStream::connect(server.address()).unwrap();
    patient.write_all(b"GET /wait HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    // More than is read ahead.
    let body = "x".repeat(300_000);
    let more = format!("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n{body}");
    let mut writer = patient.try_clone().unwrap();
    let writing = std::thread::spawn(move || writer.write_all(more.as_bytes()).map(|()| writer));
    echo.release.add_permits(1);
    let mut answers = String::new();
    patient.read_to_string(&mut answers).unwrap();
    writing.join().unwrap().unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK\r\n").count(), 2);
    assert!(answers.ends_with(&body));
}

#[test]
fn between_two_requests_that_may_take_long_all_others_are_served() {
    let (listener, echo) = (TcpListener::bind("127.0.0.1:0").unwrap(), Arc::<Echo>::default());
    let server = Server::start(&listener, 1, &echo).unwrap();
    let asks = [vec!["/dear"; 9], vec!["/plain"]].concat();
    let mut callers: Vec<_> = asks.iter().map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    for caller in &mut callers {
        ask(caller, "/first");
        take_answer(caller);
    }
    echo.order.lock().unwrap().clear();
    *echo.meanwhile.lock().unwrap() =
        callers.iter().zip(asks).map(|(caller, path)| (caller.try_clone().unwrap(), path)).collect();
    let mut first = TcpStream::connect(server.address()).unwrap();
    ask(&mut first, "/dear");
    take_answer(&mut first);
    callers.iter_mut().for_each(take_answer);
    let order = echo.order.lock().unwrap();
    assert_eq!(order[..2], ["/dear", "/plain"], "{order:?}");
    assert_eq!(order.len(), 11);
}
