//! A target that behaves as badly as it is told to: a thread a connection, HTTP/1.1 with lengths.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// Longest wait for anything: on a machine so busy, nothing is tested any more.
const PATIENCE: Duration = Duration::from_mins(1);

/// What becomes of a request.
pub(crate) enum Reply {
    /// These bytes.
    Bytes(Vec<u8>),
    /// These bytes, and the connection is closed.
    LastBytes(Vec<u8>),
    /// The connection is closed without a word.
    Close,
    /// No answer, until the other side closes the connection.
    Silence,
}

/// The requests that have arrived, which can be waited for.
#[derive(Debug, Clone, Default)]
struct Arrivals(Arc<(Mutex<Vec<Request>>, Condvar)>);

impl Arrivals {
    fn add(&self, request: Request) {
        self.0.0.lock().unwrap().push(request);
        self.0.1.notify_all();
    }

    fn wait_for(&self, count: u64) {
        let arrived = self.0.0.lock().unwrap();
        let too_few = |arrived: &mut Vec<Request>| (arrived.len() as u64) < count;
        let waited = self.0.1.wait_timeout_while(arrived, PATIENCE, too_few).unwrap();
        assert!(!waited.1.timed_out(), "{count} requests did not arrive");
    }
}

/// Holds whoever waits until it is opened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    pub(crate) fn wait(&self) {
        let open = self.0.0.lock().unwrap();
        let waited = self.0.1.wait_timeout_while(open, PATIENCE, |open| !*open).unwrap();
        assert!(!waited.1.timed_out(), "nobody opened the gate");
    }
}

/// A request as the target got it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    arrivals: Arrivals,
    /// Its number, from 0, over all connections.
    pub(crate) number: u64,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Request {
    /// Waits until so many later requests have arrived: at a rate, for a time that no clock of ours tells.
    pub(crate) fn wait_for_later(&self, count: u64) {
        self.arrivals.wait_for(self.number + 1 + count);
    }

    /// The value of a header, its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(n, _)| *n == name).map(|(_, value)| value)
    }
}

/// A target on a free port of loopback. It ends with the test's process.
pub(crate) struct Server {
    pub(crate) url: String,
    arrivals: Arrivals,
    connections: Arc<AtomicU64>,
}

impl Server {
    pub(crate) fn start(reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").unwrap(), reply, Ok)
    }

    /// A target whose connections speak through `wrap`, as TLS.
    pub(crate) fn listen<S: Read + Write>(
        listener: TcpListener,
        reply: impl Fn(&Request) -> Reply + Send + Sync + 'static,
        wrap: impl Fn(TcpStream) -> io::Result<S> + Send + Sync + 'static,
    ) -> Self {
        let url = format!("http://{}/test/execute", listener.local_addr().unwrap());
        let arrivals = Arrivals::default();
        let connections = Arc::new(AtomicU64::new(0));
        let numbers = Arc::new(AtomicU64::new(0));
        let reply = Arc::new((reply, wrap));
        let server = Self { url, arrivals: arrivals.clone(), connections: Arc::clone(&connections) };
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                connections.fetch_add(1, Ordering::SeqCst);
                let (reply, numbers, arrivals) = (Arc::clone(&reply), Arc::clone(&numbers), arrivals.clone());
                // A connection that the client has left ends in an error, which is no news.
                thread::spawn(move || {
                    stream
                        .set_nodelay(true)
                        .and_then(|()| serve((reply.1)(stream)?, &reply.0, &numbers, &arrivals))
                        .ok()
                });
            }
        });
        server
    }

    /// A target that starts every execution.
    pub(crate) fn healthy() -> Self {
        Self::start(|request| Reply::Bytes(started(&uuid(request.number))))
    }

    /// A target that answers each request when `later` more have come, at the latest with the last of `run` requests.
    pub(crate) fn slowed(later: u64, run: u64) -> Self {
        Self::start(move |request| {
            request.wait_for_later(later.min(run - 1 - request.number % run));
            Reply::Bytes(started(&uuid(request.number)))
        })
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.arrivals.0.0.lock().unwrap().clone()
    }

    /// Waits until so many requests have arrived.
    pub(crate) fn wait_for(&self, count: u64) {
        self.arrivals.wait_for(count);
    }

    /// The connections so far.
    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }
}

fn serve(
    stream: impl Read + Write,
    reply: &(impl Fn(&Request) -> Reply + ?Sized),
    numbers: &AtomicU64,
    arrivals: &Arrivals,
) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
            head += &line;
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body)?;
        let number = numbers.fetch_add(1, Ordering::SeqCst);
        let request = Request { arrivals: arrivals.clone(), number, head, body: String::from_utf8(body).unwrap() };
        arrivals.add(request.clone());
        match reply(&request) {
            Reply::Bytes(bytes) => {
                reader.get_mut().write_all(&bytes)?;
                reader.get_mut().flush()?;
            }
            // Dropping the stream closes it.
            Reply::LastBytes(bytes) => return reader.get_mut().write_all(&bytes),
            Reply::Close => return Ok(()),
            Reply::Silence => return io::copy(&mut reader, &mut io::sink()).map(drop),
        }
    }
}

/// A UUID that holds a number.
pub(crate) fn uuid(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// An answer of API Gateway.
pub(crate) fn answer(status: u16, request_id: &str, more: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         x-amzn-RequestId: {request_id}\r\n{more}\r\n{body}"
    )
    .into_bytes()
}

/// The answer to a request that started the execution `name`.
pub(crate) fn started(name: &str) -> Vec<u8> {
    named(name, name)
}

/// The answer to request `request_id` that started the execution `name`.
pub(crate) fn named(request_id: &str, name: &str) -> Vec<u8> {
    let arn = format!("arn:aws:states:us-east-1:123456789012:execution:Workflow:{name}");
    answer(200, request_id, "", &format!("{{\"executionArn\":\"{arn}\",\"startDate\":1.561735429664E9}}"))
}
