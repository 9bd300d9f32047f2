//! Thousands of calls through a network that loses requests and answers, against the emulator, which keeps count.
//!
//! 300 calls each, or as many as `STEPGATE_CHAOS_CALLS` says.

use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stepgate::transport::{Phase, Progress, Transport, TransportError};
use stepgate::{Backoff, Client, ClientBuilder, Delivery, Error, ErrorKind, RetryBudget, Started};
use stepgate_emulator::clock::VirtualClock;
use stepgate_emulator::gateway;
use stepgate_emulator::{Builder, Emulator, Serving};

const SEED: u64 = 20_261_123;

/// Delivers requests over real connections, or not, and loses answers, by a seeded rule; counts what it delivered.
#[derive(Debug, Clone)]
struct Chaos {
    http: reqwest::Client,
    rng: Arc<Mutex<fastrand::Rng>>,
    delivered: Arc<Mutex<HashMap<Bytes, usize>>>,
}

/// What befalls a request.
#[derive(Clone, Copy)]
enum Fate {
    Fine,
    Refused,
    LostOnTheWay,
    StartedThen504,
    StartedThenReset,
    StartedThenTruncated,
    StartedThenSilence,
}

impl Chaos {
    fn new() -> Self {
        println!("seed {SEED}");
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let rng = Arc::new(Mutex::new(fastrand::Rng::with_seed(SEED)));
        Self { http, rng, delivered: Arc::default() }
    }

    fn fate(&self) -> Fate {
        match self.rng.lock().unwrap().u32(0..20) {
            0 => Fate::Refused,
            1 => Fate::LostOnTheWay,
            2 | 3 => Fate::StartedThen504,
            4 => Fate::StartedThenReset,
            5 => Fate::StartedThenTruncated,
            6 => Fate::StartedThenSilence,
            _ => Fate::Fine,
        }
    }

    /// How often each payload reached the deployment.
    fn delivered(&self) -> HashMap<Bytes, usize> {
        self.delivered.lock().unwrap().clone()
    }
}

impl Transport for Chaos {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        progress: &Progress,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let fate = self.fate();
        let broken = |phase| {
            progress.set(phase);
            Err(TransportError::new("chaos"))
        };
        match fate {
            Fate::Refused => return broken(Phase::Connecting),
            Fate::LostOnTheWay => return broken(Phase::Sending),
            _ => progress.set(Phase::Waiting),
        }
        let payload = request.body().clone();
        let answer = self.http.execute(request.try_into().unwrap()).await.unwrap();
        *self.delivered.lock().unwrap().entry(payload).or_default() += 1;
        let mut response = http::Response::builder().status(answer.status());
        *response.headers_mut().unwrap() = answer.headers().clone();
        let body = answer.bytes().await.unwrap();
        match fate {
            Fate::StartedThen504 => {
                let body = Bytes::from_static(br#"{"message":"Endpoint request timed out"}"#);
                Ok(http::Response::builder().status(504).body(body).unwrap())
            }
            Fate::StartedThenReset => broken(Phase::Waiting),
            Fate::StartedThenTruncated => broken(Phase::Reading),
            // Said by the transport and not waited for, so that no verdict hangs on how busy the machine is.
            Fate::StartedThenSilence => Err(TransportError::time_out("chaos")),
            _ => Ok(response.body(body).unwrap()),
        }
    }
}

fn calls() -> usize {
    std::env::var("STEPGATE_CHAOS_CALLS").map_or(300, |calls| calls.parse().unwrap())
}

/// The corrected deployment, open to everyone.
fn corrected() -> Builder {
    Emulator::builder().parameter("Auth", "NONE")
}

fn serve(emulator: Builder) -> Serving {
    let clock = Arc::new(VirtualClock::starting_at(Duration::from_hours(490_896)));
    emulator.clock(clock).build().unwrap().serve(([127, 0, 0, 1], 0).into()).unwrap()
}

fn client(endpoint: &Serving, chaos: &Chaos) -> ClientBuilder {
    let pause = Duration::from_millis(1);
    Client::builder(endpoint.url())
        .transport(chaos.clone())
        .backoff(Backoff::new(pause, pause, pause))
        .retry_budget(RetryBudget::new(u32::MAX))
        .attempt_timeout(Duration::from_hours(1))
        .timeout(Duration::from_hours(1))
        .max_attempts(100)
        .seed(SEED)
}

/// Makes the calls, 64 at a time, each with a payload of its own.
async fn run(client: &Client) -> Vec<Result<Started, Error>> {
    let calls = calls();
    let mut tasks = tokio::task::JoinSet::new();
    let mut outcomes = Vec::with_capacity(calls);
    for call in 0..calls {
        if tasks.len() == 64 {
            outcomes.push(tasks.join_next().await.unwrap().unwrap());
        }
        tasks.spawn(client.execute(serde_json::json!({ "call": call })).into_future());
    }
    outcomes.extend(tasks.join_all().await);
    outcomes
}

fn usize_of(count: u64) -> usize {
    usize::try_from(count).unwrap()
}

#[tokio::test]
async fn at_most_once_never_starts_twice_and_never_says_no_when_it_started() {
    let (endpoint, chaos) = (serve(corrected()), Chaos::new());
    let outcomes = run(&client(&endpoint, &chaos).build().unwrap()).await;
    let started = usize_of(endpoint.counters().started);
    let succeeded = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let ambiguous =
        outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).filter(|error| error.may_have_started());
    let ambiguous = ambiguous.count();
    println!("{} calls: {succeeded} started, {ambiguous} may have, {started} executions", calls());
    assert!(chaos.delivered().values().all(|times| *times == 1));
    assert_eq!(succeeded + ambiguous, calls(), "what certainly did not start was sent again until it did");
    assert!(succeeded < started && started < succeeded + ambiguous, "of the ambiguous ones, some ran and some did not");
}

#[tokio::test]
async fn idempotent_ends_with_exactly_one_execution_for_each_call() {
    // By `Idempotency-Key`, and by the request id alone.
    for emulator in [corrected(), Emulator::builder().as_posted()] {
        let (endpoint, chaos) = (serve(emulator), Chaos::new());
        let client = client(&endpoint, &chaos).delivery(Delivery::Idempotent).keys_honoured().build().unwrap();
        let outcomes = run(&client).await;
        let deliveries: usize = chaos.delivered().values().sum();
        println!("{} calls: {deliveries} requests arrived, {} executions", calls(), endpoint.counters().started);
        for outcome in &outcomes {
            let started = outcome.as_ref().unwrap();
            assert_eq!(started.key_honoured(), Some(true));
            assert_eq!(started.possible_duplicates().count(), 0);
        }
        assert_eq!(usize_of(endpoint.counters().started), calls());
        assert!(deliveries > calls(), "some were sent more than once");
    }
}

#[tokio::test]
async fn idempotent_sends_nothing_twice_where_keys_are_not_honoured() {
    let deaf = gateway::GatewayOptions { caller_request_ids: false, ..gateway::GatewayOptions::default() };
    let (endpoint, chaos) = (serve(Emulator::builder().as_posted().gateway_options(deaf)), Chaos::new());
    let outcomes = run(&client(&endpoint, &chaos).delivery(Delivery::Idempotent).build().unwrap()).await;
    assert!(chaos.delivered().values().all(|times| *times == 1));
    assert!(usize_of(endpoint.counters().started) <= calls());
    // With a key, no success without an execution of that key.
    assert!(outcomes.iter().all(Result::is_err));
    let mismatched = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    assert!(mismatched.filter(|error| error.kind() == ErrorKind::Mismatch).all(Error::may_have_started));
}

#[tokio::test]
async fn at_least_once_starts_every_call_and_reports_every_possible_duplicate() {
    let (endpoint, chaos) = (serve(corrected()), Chaos::new());
    let outcomes = run(&client(&endpoint, &chaos).delivery(Delivery::AtLeastOnce).build().unwrap()).await;
    let reported: usize = outcomes.iter().map(|outcome| outcome.as_ref().unwrap().possible_duplicates().count()).sum();
    let started = usize_of(endpoint.counters().started);
    println!("{} calls: {started} executions, {reported} possible duplicates reported", calls());
    assert!(started > calls() && started - calls() <= reported);
}
