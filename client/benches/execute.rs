//! What `execute` costs over sending the same request bare: CPU time and heap allocations a call, unsigned and signed, on a
//! transport that answers at once, and over loopback to a responder on a thread of its own: with the built-in transport
//! beside bare hyper, and with a reqwest client beside the same client bare.
//!
//! `cargo bench -p stepgate --features reqwest-0_13 --bench execute`; without the feature there is no reqwest in it. A word
//! behind `--` chooses the contenders that have it in their name. Time is
//! that of the client's thread on the CPU, in user and kernel. Rounds of the contenders take turns, so that a slow spell of
//! the machine meets all alike; allocations are counted in a round of their own. Calls follow one another on one connection.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderValue};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use std::error::Error;
use std::future::Future;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use stepgate::credentials::Credentials;
use stepgate::transport::{Progress, Transport, TransportError};
use stepgate::{Client, ClientBuilder};
use tokio::runtime::{Builder, Runtime};

const ROUNDS: usize = 21;
#[cfg(feature = "reqwest-0_13")]
const TIME_LIMIT: std::time::Duration = std::time::Duration::from_secs(30);
const ROUND_NANOSECONDS: f64 = 20e6;
const EXECUTION: &str = r#"{"executionArn":"arn:aws:states:eu-west-1:123456789012:execution:Workflow:9c3d8aab-83bf-4542-8256-36c9f42b6b01","startDate":1.573573209347E9}"#;
const REQUEST_ID: &str = "9c3d8aab-83bf-4542-8256-36c9f42b6b01";
const TRACE_ID: &str = "Root=1-5dcad01f-1b9c7e2f0d4f3a6c8e5b2a10";

#[derive(Serialize)]
struct Order {
    id: &'static str,
    customer: u32,
    items: [&'static str; 2],
}

const ORDER: Order = Order { id: "0190e6f2-6f0c-7cc2-a5c8-8c2b1d0f7a11", customer: 4711, items: ["tea", "milk"] };

/// What makes a call, and which contender it is compared with: the last bare one before it.
struct Contender<'a> {
    name: &'static str,
    is_bare: bool,
    call: Box<dyn FnMut() + 'a>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    println!("{:<46} {:>10} {:>10} {:>12} {:>7}", "one call", "median ns", "best ns", "over bare ns", "allocs");
    let url = responder()?;
    let mut contenders = instant(&runtime)?;
    contenders.extend(built_in(&runtime, &url)?);
    #[cfg(feature = "reqwest-0_13")]
    contenders.extend(brought(&runtime, &url)?);
    let chosen = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).unwrap_or_default();
    contenders.retain(|contender| contender.name.contains(&chosen));
    report(contenders);
    Ok(())
}

/// A transport that answers at once: what the client itself does.
fn instant(runtime: &Runtime) -> Result<Vec<Contender<'_>>, Box<dyn Error>> {
    let url = "http://127.0.0.1:9/prod/execute";
    let bare = each(runtime, move || bare_instant(Instant, url));
    contenders(["instant: bare", "instant: execute, unsigned", "instant: execute, signed"], runtime, bare, &|| {
        Client::builder(url).transport(Instant)
    })
}

/// The built-in transport, beside hyper on a connection of its own.
fn built_in<'a>(runtime: &'a Runtime, url: &'a str) -> Result<Vec<Contender<'a>>, Box<dyn Error>> {
    let address = url.trim_start_matches("http://").split('/').next().unwrap_or_default().to_owned();
    let mut sender = runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(&address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok::<_, Box<dyn Error>>(sender)
    })?;
    let bare = Box::new(move || assert!(black_box(runtime.block_on(bare_hyper(&mut sender, &address))).is_ok()));
    let names = ["hyper: bare", "hyper: execute, unsigned", "hyper: execute, signed"];
    contenders(names, runtime, bare, &|| Client::builder(url))
}

/// A reqwest client of the caller's, beside itself.
#[cfg(feature = "reqwest-0_13")]
fn brought<'a>(runtime: &'a Runtime, url: &'a str) -> Result<Vec<Contender<'a>>, Box<dyn Error>> {
    let client = || reqwest::Client::builder().no_proxy().tls_certs_only([]).build();
    let http = client()?;
    let limited = http.clone();
    let bare = each(runtime, move || bare_reqwest(http.clone(), url));
    let (names, http) = (["reqwest: bare", "reqwest: execute, unsigned", "reqwest: execute, signed"], client()?);
    let mut contenders = contenders(names, runtime, bare, &|| Client::builder(url).http_client(http.clone()))?;
    // A timer is a price of its own, which `execute` pays for its time limits: armed before every wait for the socket.
    let call = each(runtime, move || {
        let http = limited.clone();
        async move { tokio::time::timeout(TIME_LIMIT, bare_reqwest(http, url)).await }
    });
    contenders.insert(1, Contender { name: "reqwest: bare, within a time limit", is_bare: false, call });
    Ok(contenders)
}

fn contenders<'a>(
    names: [&'static str; 3],
    runtime: &'a Runtime,
    bare: Box<dyn FnMut() + 'a>,
    builder: &dyn Fn() -> ClientBuilder,
) -> Result<Vec<Contender<'a>>, Box<dyn Error>> {
    let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", None, None, "bench");
    let unsigned = builder().build()?;
    let signed = builder().region("eu-west-1").credentials(credentials).build()?;
    let execute = |client: Client| each(runtime, move || client.execute(&ORDER).into_future());
    let calls = [(true, bare), (false, execute(unsigned)), (false, execute(signed))];
    Ok(names.into_iter().zip(calls).map(|(name, (is_bare, call))| Contender { name, is_bare, call }).collect())
}

/// A contender that makes calls one after the other.
fn each<'a, F: Future<Output = Result<T, E>>, T, E>(
    runtime: &'a Runtime,
    mut call: impl FnMut() -> F + 'a,
) -> Box<dyn FnMut() + 'a> {
    Box::new(move || assert!(black_box(runtime.block_on(call())).is_ok(), "the call failed"))
}

/// Serialised, sent, and read whole; what the answer says is not looked at.
async fn bare_instant(transport: Instant, url: &str) -> Result<Bytes, Box<dyn Error>> {
    let request = http::Request::post(url).header(CONTENT_TYPE, "application/json");
    let request = request.body(Bytes::from(serde_json::to_vec(&ORDER)?))?;
    Ok(transport.send(request, &Progress::new()).await?.into_body())
}

/// The same by hyper.
async fn bare_hyper(sender: &mut http1::SendRequest<Full<Bytes>>, host: &str) -> Result<Bytes, Box<dyn Error>> {
    let request = http::Request::post("/prod/execute").header(HOST, host).header(CONTENT_TYPE, "application/json");
    let request = request.body(Full::new(Bytes::from(serde_json::to_vec(&ORDER)?)))?;
    sender.ready().await?;
    Ok(sender.send_request(request).await?.into_body().collect().await?.to_bytes())
}

/// The same by reqwest.
#[cfg(feature = "reqwest-0_13")]
async fn bare_reqwest(http: reqwest::Client, url: &str) -> Result<Bytes, Box<dyn Error>> {
    let request = http.post(url).header(CONTENT_TYPE, "application/json");
    Ok(request.body(serde_json::to_vec(&ORDER)?).send().await?.bytes().await?)
}

/// A transport that starts an execution at once.
#[derive(Debug, Clone, Copy)]
struct Instant;

impl Transport for Instant {
    async fn send(&self, request: http::Request<Bytes>, _: &Progress) -> Result<http::Response<Bytes>, TransportError> {
        black_box(request);
        let mut response = http::Response::new(Bytes::from_static(EXECUTION.as_bytes()));
        let headers = response.headers_mut();
        headers.insert("x-amzn-requestid", HeaderValue::from_static(REQUEST_ID));
        headers.insert("x-amzn-trace-id", HeaderValue::from_static(TRACE_ID));
        Ok(response)
    }
}

/// The URL of a server that answers every request with an execution.
fn responder() -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let url = format!("http://{}/prod/execute", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Ends with its connection.
            thread::spawn(move || respond(&stream));
        }
    });
    Ok(url)
}

fn respond(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let answer = format!(
        "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         x-amzn-RequestId: {REQUEST_ID}\r\nX-Amzn-Trace-Id: {TRACE_ID}\r\n\r\n{EXECUTION}",
        EXECUTION.len()
    );
    let mut requests = BufReader::new(stream);
    let (mut line, mut body) = (String::new(), Vec::new());
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if requests.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        body.resize(length, 0);
        requests.read_exact(&mut body)?;
        let mut stream = stream;
        stream.write_all(answer.as_bytes())?;
    }
}

/// Prints what each contender costs, and what it costs more than the bare one: the median of the differences in a round.
fn report(mut contenders: Vec<Contender>) {
    let mut rounds = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for _ in 0..ROUNDS {
        for (contender, costs) in contenders.iter_mut().zip(&mut rounds) {
            costs.push(cost(&mut contender.call));
        }
    }
    let mut bare = Vec::new();
    for (Contender { name, is_bare, call }, costs) in contenders.iter_mut().zip(rounds) {
        if *is_bare {
            bare.clone_from(&costs);
        }
        let over = sorted(costs.iter().zip(&bare).map(|(cost, bare)| cost - bare).collect());
        let over = over.get(ROUNDS / 2).map_or_else(String::new, |over| format!("{over:.0}"));
        let costs = sorted(costs);
        let allocations = allocation_counter::measure(|| (0..100).for_each(|_| call())).count_total as f64 / 100.0;
        let median = costs[ROUNDS / 2];
        println!("{name:<46} {median:>10.0} {:>10.0} {over:>12} {allocations:>7.1}", costs[0]);
    }
}

/// Nanoseconds a call, over one round.
fn cost(call: &mut dyn FnMut()) -> f64 {
    let start = cpu_time();
    let mut calls = 0_u32;
    while cpu_time() - start < ROUND_NANOSECONDS {
        (0..32).for_each(|_| call());
        calls += 32;
    }
    (cpu_time() - start) / f64::from(calls)
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// What this thread has spent on a CPU, in nanoseconds.
fn cpu_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
