//! Whose answer is it? A middlebox that repeats an answer on a kept connection shifts every later one.

use serde_json::json;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stepgate::{Backoff, Client, ClientBuilder, Delivery, ErrorKind};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};

/// A deployment behind a box that now and then repeats an answer in front of the next one.
#[derive(Clone)]
struct Repeating {
    url: String,
    rule: Rule,
    state: Arc<Mutex<State>>,
    connections: Arc<AtomicUsize>,
}

#[derive(Clone, Copy)]
struct Rule {
    /// Each how-manieth answer is repeated.
    every: usize,
    /// Each how-manieth request is throttled.
    throttled: usize,
    /// Which ids of the request its answer carries.
    echoes: Echoes,
}

#[derive(Clone, Copy, PartialEq)]
enum Echoes {
    Nothing,
    RequestIds,
    /// As a gateway would that chooses request ids itself.
    TraceIds,
}

#[derive(Default)]
struct State {
    requests: usize,
    /// The names of what was started, by payload.
    started: HashMap<String, Vec<String>>,
}

impl Repeating {
    async fn start(rule: Rule) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/dev/execute", listener.local_addr().unwrap());
        let server = Self { url, rule, state: Arc::default(), connections: Arc::default() };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepting.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(accepting.clone().serve(BufStream::new(stream)));
            }
        });
        server
    }

    fn builder(&self) -> ClientBuilder {
        let pause = Duration::from_millis(1);
        Client::builder(&self.url).backoff(Backoff::new(pause, pause, pause)).seed(7)
    }

    fn started(&self) -> HashMap<String, Vec<String>> {
        self.state.lock().unwrap().started.clone()
    }

    async fn serve(self, mut stream: BufStream<TcpStream>) -> Option<()> {
        let mut late = None;
        loop {
            let (head, body) = read(&mut stream).await?;
            // The repeated answer comes between two others, so nobody can see it coming.
            if let Some(late) = late.take() {
                let late: String = late;
                stream.write_all(late.as_bytes()).await.ok()?;
            }
            let (answer, repeat) = self.answer(&head, body);
            late = repeat.then(|| answer.clone());
            stream.write_all(answer.as_bytes()).await.ok()?;
            stream.flush().await.ok()?;
        }
    }

    fn answer(&self, head: &HashMap<String, String>, payload: String) -> (String, bool) {
        let mut state = self.state.lock().unwrap();
        state.requests += 1;
        let number = state.requests;
        let id = head.get("x-amzn-requestid").filter(|_| self.rule.echoes == Echoes::RequestIds).cloned();
        let name = head.get("idempotency-key").or(id.as_ref()).cloned().unwrap_or_else(|| format!("name-{number}"));
        let body = if number.is_multiple_of(self.rule.throttled) {
            json!({ "__type": "com.amazon.coral.availability#ThrottlingException", "message": "Rate exceeded" })
        } else {
            state.started.entry(payload).or_default().push(name.clone());
            json!({ "executionArn": format!("arn:aws:states:r:1:execution:machine:{name}"), "startDate": 1.5e9 })
        };
        let body = body.to_string();
        let mut id = id.map(|id| format!("x-amzn-RequestId: {id}\r\n")).unwrap_or_default();
        if self.rule.echoes == Echoes::TraceIds {
            id = head.get("x-amzn-trace-id").map(|trace| format!("X-Amzn-Trace-Id: {trace};Sampled=0\r\n")).unwrap();
        }
        let answer = format!("HTTP/1.1 200 OK\r\n{id}content-length: {}\r\n\r\n{body}", body.len());
        (answer, number.is_multiple_of(self.rule.every))
    }
}

async fn read(stream: &mut BufStream<TcpStream>) -> Option<(HashMap<String, String>, String)> {
    let mut head = HashMap::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line.trim_end().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            head.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    let mut body = vec![0; head.get("content-length").map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, String::from_utf8(body).unwrap()))
}

/// What was reported, held against what was started.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    ok: usize,
    /// Ok, with an execution that is not the call's.
    wrong: usize,
    /// Said not to have started, and started.
    denied: usize,
    /// Started twice.
    twice: usize,
    mismatched: usize,
}

async fn run(server: &Repeating, calls: usize, client: &Client, keyed: bool) -> Tally {
    let mut tally = Tally::default();
    for call in 0..calls {
        let payload = format!("call-{call:06}");
        let execute = client.execute(&payload);
        let execute = if keyed { execute.idempotency_key(format!("key-{call}")) } else { execute };
        let outcome = execute.await;
        let started = server.started().remove(&format!("\"{payload}\"")).unwrap_or_default();
        // Of one name, Step Functions makes one execution.
        let mut executions = started.clone();
        executions.dedup();
        tally.twice += usize::from(executions.len() > 1);
        match outcome {
            Ok(outcome) => {
                tally.ok += 1;
                tally.wrong += usize::from(!started.iter().any(|name| name == outcome.name()));
            }
            Err(error) => {
                tally.denied += usize::from(!error.may_have_started() && !started.is_empty());
                tally.mismatched += usize::from(error.kind() == ErrorKind::Mismatch);
            }
        }
    }
    tally
}

fn rule(echoes: Echoes) -> Rule {
    Rule { every: 7, throttled: 5, echoes }
}

#[tokio::test]
async fn an_endpoint_that_echoes_ids_has_every_foreign_answer_found_out() {
    for (delivery, keyed, echoes) in [
        (Delivery::AtMostOnce, false, Echoes::RequestIds),
        (Delivery::Idempotent, true, Echoes::RequestIds),
        (Delivery::AtLeastOnce, false, Echoes::RequestIds),
        (Delivery::AtMostOnce, false, Echoes::TraceIds),
        (Delivery::AtLeastOnce, false, Echoes::TraceIds),
    ] {
        let server = Repeating::start(rule(echoes)).await;
        let client = server.builder().delivery(delivery).build().unwrap();
        let tally = run(&server, 300, &client, keyed).await;
        println!("{delivery:?}: {tally:?} on {} connections", server.connections.load(Ordering::SeqCst));
        assert_eq!((tally.wrong, tally.denied), (0, 0), "{delivery:?} {tally:?}");
        if delivery != Delivery::AtLeastOnce {
            assert_eq!(tally.twice, 0, "{delivery:?} {tally:?}");
        }
        assert!(server.connections.load(Ordering::SeqCst) > 1, "a connection out of step is closed");
    }
}

#[tokio::test]
async fn a_trace_that_the_caller_has_begun_goes_on_and_proves_nothing() {
    let server = Repeating::start(Rule { every: 1_000, throttled: 1_000, echoes: Echoes::TraceIds }).await;
    let client = server.builder().build().unwrap();
    let own = client.execute(1).await.unwrap();
    let digits: String = own.attempts().iter().filter_map(|attempt| attempt.request_id()).collect();
    assert_eq!(digits, "", "the server answers with no request id");
    let theirs = "Root=1-67890abc-000000000000000000000001";
    let started = client.execute(2).header("X-Amzn-Trace-Id", theirs).await.unwrap();
    assert_eq!(started.trace_id(), Some(format!("{theirs};Sampled=0").as_str()));
}

#[tokio::test]
async fn with_a_key_nothing_is_ok_without_an_execution_of_it_even_if_no_id_is_echoed() {
    let server = Repeating::start(rule(Echoes::Nothing)).await;
    let client = server.builder().build().unwrap();
    let tally = run(&server, 300, &client, true).await;
    println!("keys, no echo: {tally:?}");
    assert_eq!(tally.wrong, 0, "{tally:?}");
    assert!(tally.ok > 0 && tally.mismatched > 0, "{tally:?}");
}

#[tokio::test]
async fn what_cannot_be_proved_is_shown() {
    let server = Repeating::start(rule(Echoes::Nothing)).await;
    let client = server.builder().build().unwrap();
    // Neither a key nor an id: nothing tells one answer from another. The figure stands in docs/semantics.md.
    println!("neither key nor echo: {:?}", run(&server, 300, &client, false).await);
}
