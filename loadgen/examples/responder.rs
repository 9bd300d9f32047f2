//! The least endpoint that there can be, for measuring generators: one thread, epoll, every POST starts an execution.
//!
//! `cargo run --release -p stepgate-loadgen --example responder -- [--stall LENGTH/PERIOD] [--tls FILE]`
//!
//! Prints its URL. With `--stall 1/5` it does nothing at all during the last second of every five, counted from the
//! first request. With `--tls` it speaks TLS under a certificate of its own, which it writes to the file. On SIGTERM it
//! simply ends.
#![expect(clippy::print_stdout, reason = "its URL is its only result")]

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection};

const LISTENER: Token = Token(usize::MAX);

struct Connection {
    stream: TcpStream,
    session: Option<Box<ServerConnection>>,
    /// The beginning of a request that has not come whole.
    held: Vec<u8>,
}

impl Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.session {
            None => self.stream.read(buffer),
            Some(session) => rustls::Stream::new(&mut **session, &mut self.stream).read(buffer),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.session {
            None => self.stream.write_all(bytes),
            Some(session) => rustls::Stream::new(&mut **session, &mut self.stream).write_all(bytes),
        }
    }
}

/// An answer in which only the request id, which is also the execution's name, changes.
struct Answer {
    bytes: Vec<u8>,
    /// Where the last twelve digits of the id stand.
    digits: [usize; 2],
    number: u64,
}

impl Answer {
    fn new() -> Self {
        let id = "00000000-0000-4000-8000-000000000000";
        let arn = format!("arn:aws:states:us-east-1:123456789012:execution:Workflow:{id}");
        let body = format!("{{\"executionArn\":\"{arn}\",\"startDate\":1.561735429664E9}}");
        let text = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nx-amzn-RequestId: {id}\r\n\r\n{body}",
            body.len()
        );
        let ends = text.match_indices(id).map(|(at, _)| at + id.len() - 12).collect::<Vec<_>>();
        Self { bytes: text.into_bytes(), digits: [ends[0], ends[1]], number: 0 }
    }

    fn next(&mut self) -> &[u8] {
        self.number += 1;
        for place in 0..12 {
            let digit = b"0123456789abcdef"[(self.number >> (44 - 4 * place) & 15) as usize];
            self.digits.iter().for_each(|start| self.bytes[start + place] = digit);
        }
        &self.bytes
    }
}

/// The length of the request at the beginning of some bytes, once it is whole.
fn request(bytes: &[u8]) -> io::Result<Option<usize>> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Request::new(&mut fields);
    let parsed = head.parse(bytes).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
    let httparse::Status::Complete(start) = parsed else { return Ok(None) };
    let length = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|field| str::from_utf8(field.value).ok()?.parse::<usize>().ok()).unwrap_or(0);
    Ok((bytes.len() >= start + length).then_some(start + length))
}

/// Answers what has come; an error ends the connection.
fn serve(connection: &mut Connection, buffer: &mut [u8], answer: &mut Answer) -> io::Result<()> {
    loop {
        let length = match connection.read(buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => length,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(e) => return Err(e),
        };
        let mut bytes = &buffer[..length];
        let mut held = std::mem::take(&mut connection.held);
        if !held.is_empty() {
            held.extend_from_slice(bytes);
            bytes = &held;
        }
        while !bytes.is_empty() {
            let Some(whole) = request(bytes)? else { break };
            bytes = &bytes[whole..];
            connection.write_all(answer.next())?;
        }
        connection.held = bytes.to_vec();
        // A session may hold more than it gave.
        if length < buffer.len() && connection.session.is_none() {
            return Ok(());
        }
    }
}

/// TLS under a new certificate for this machine's own address, which is written to `file`.
fn tls(file: &str) -> io::Result<Arc<ServerConfig>> {
    let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).map_err(io::Error::other)?;
    std::fs::write(file, certified.cert.pem())?;
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).map_err(io::Error::other)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(io::Error::other)?.with_no_client_auth();
    let config = config.with_single_cert(vec![certified.cert.der().clone()], key).map_err(io::Error::other)?;
    Ok(Arc::new(config))
}

/// What the command line asks for.
#[derive(Default)]
struct Options {
    /// Length and period of stalls, in seconds.
    stall: Option<(f64, f64)>,
    tls: Option<Arc<ServerConfig>>,
}

impl Options {
    fn read() -> io::Result<Self> {
        let mut options = Self::default();
        let arguments = std::env::args().skip(1).collect::<Vec<_>>();
        for option in arguments.chunks(2) {
            let seconds = |text: &str| text.parse::<f64>().ok();
            match option {
                [name, spec] if name == "--stall" => {
                    options.stall =
                        spec.split_once('/').and_then(|(length, period)| Some((seconds(length)?, seconds(period)?)));
                }
                [name, file] if name == "--tls" => options.tls = Some(tls(file)?),
                _ => return Err(io::Error::other("usage: responder [--stall LENGTH/PERIOD] [--tls FILE]")),
            }
        }
        Ok(options)
    }
}

fn main() -> io::Result<()> {
    let Options { stall, tls } = Options::read()?;
    let mut poll = Poll::new()?;
    let mut listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    // So many that none waits for the kernel's second attempt, a second later, to connect during a stall.
    rustix::net::listen(&listener, 4_096)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    println!("{scheme}://{}/prod/execute", listener.local_addr()?);
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(1_024);
    let mut connections: Vec<Option<Connection>> = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    let mut answer = Answer::new();
    let mut first = None;
    loop {
        poll.poll(&mut events, None)?;
        if let (Some((length, period)), Some(first)) = (stall, first) {
            let phase = Instant::now().duration_since(first).as_secs_f64() % period;
            if phase >= period - length {
                thread::sleep(Duration::from_secs_f64(period - phase));
            }
        }
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((mut stream, _)) = listener.accept() {
                    stream.set_nodelay(true)?;
                    poll.registry().register(&mut stream, Token(connections.len()), Interest::READABLE)?;
                    let session = tls.clone().map(ServerConnection::new).transpose().map_err(io::Error::other)?;
                    connections.push(Some(Connection { stream, session: session.map(Box::new), held: Vec::new() }));
                }
                continue;
            }
            first.get_or_insert_with(Instant::now);
            let connection = &mut connections[event.token().0];
            let ended = connection.as_mut().is_some_and(|open| serve(open, &mut buffer, &mut answer).is_err());
            if ended {
                *connection = None;
            }
        }
    }
}
