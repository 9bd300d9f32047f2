//! Thousands of calls through a proxy that goes wrong, against the emulator, whose own list is the truth.
//!
//! 300 calls a mode, a third over each carrier, or as many as `STEPGATE_CHAOS_CALLS` says.

use crate::server::reqwest_client;
use contract_tests::proxy::{Fault, Front, Proxy, Schedule};
use contract_tests::truth::Truth;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use stepgate::transport::HttpSettings;
use stepgate::{Backoff, Client, ClientBuilder, Delivery, Error, ErrorKind, RetryBudget, Started, Wiring};
use stepgate_emulator::clock::VirtualClock;
use stepgate_emulator::faults::FaultPlan;
use stepgate_emulator::gateway;
use stepgate_emulator::switches::{Switch, Switches};
use stepgate_emulator::{Builder, Emulator, Serving};

const SEED: u64 = 20_261_126;
/// How many of a hundred requests suffer a fault of the proxy.
const PERCENT: u8 = 35;
const PATIENCE: Duration = Duration::from_secs(1);

/// What the client may do, and on which deployment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    AtMostOnce,
    /// Keys of which the client does not know at first whether they are honoured.
    KeysLearnt,
    Idempotent,
    IdempotentAsPosted,
    AtLeastOnce,
}

/// What carries requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Carrier {
    Http1,
    Http2,
    Reqwest,
}

pub(crate) const CARRIERS: [Carrier; 3] = [Carrier::Http1, Carrier::Http2, Carrier::Reqwest];

impl Mode {
    pub(crate) const fn delivery(self) -> Delivery {
        match self {
            Self::AtMostOnce => Delivery::AtMostOnce,
            Self::KeysLearnt | Self::Idempotent | Self::IdempotentAsPosted => Delivery::Idempotent,
            Self::AtLeastOnce => Delivery::AtLeastOnce,
        }
    }

    const fn has_key(self) -> bool {
        !matches!(self, Self::AtMostOnce | Self::AtLeastOnce)
    }
}

/// An endpoint behind a proxy.
pub(crate) struct Scene {
    endpoint: Serving,
    proxy: Proxy,
    mode: Mode,
    carrier: Carrier,
}

impl Scene {
    pub(crate) fn new(mode: Mode, carrier: Carrier, faults: &[Fault], percent: u8) -> Self {
        let emulator = match mode {
            Mode::IdempotentAsPosted => Emulator::builder().as_posted(),
            _ => Emulator::builder().parameter("Auth", "NONE"),
        };
        let endpoint = serve(emulator);
        let front = if carrier == Carrier::Http2 { Front::Http2 } else { Front::Http1 };
        let schedule = Schedule::new(SEED, faults, percent, PATIENCE * 2);
        let proxy = Proxy::start(endpoint.address(), front, schedule).unwrap();
        Self { endpoint, proxy, mode, carrier }
    }

    fn builder(&self) -> ClientBuilder {
        let pause = Duration::from_millis(1);
        let path = self.endpoint.url().strip_prefix(self.endpoint.base_url()).unwrap();
        let builder = Client::builder(format!("http://{}{path}", self.proxy.address()))
            .backoff(Backoff::new(pause, pause, pause))
            .retry_budget(RetryBudget::new(u32::MAX))
            .attempt_timeout(PATIENCE)
            .timeout(Duration::from_hours(1))
            .max_attempts(100)
            .delivery(self.mode.delivery())
            .seed(SEED);
        let builder = match self.mode {
            Mode::Idempotent => builder.keys_honoured(),
            Mode::IdempotentAsPosted => builder.keys_honoured().wiring(Wiring::AsPosted),
            _ => builder,
        };
        match self.carrier {
            Carrier::Http1 => builder,
            Carrier::Http2 => builder.http(HttpSettings::new().http2_only()),
            Carrier::Reqwest => builder.http_client(reqwest_client().build().unwrap()),
        }
    }

    /// Makes the calls, 64 at a time, each with a payload of its own, and holds what was said against what is.
    pub(crate) async fn run(&self, calls: usize) -> Tally {
        let client = self.builder().build().unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        let mut outcomes = Vec::with_capacity(calls);
        for call in 0..calls {
            if tasks.len() == 64 {
                outcomes.push(tasks.join_next().await.unwrap().unwrap());
            }
            let payload = format!("call {call}");
            let execute = client.execute(&payload);
            let with_key = self.mode == Mode::KeysLearnt;
            let execute = if with_key { execute.idempotency_key(format!("key-{call}")) } else { execute };
            tasks.spawn(async move { (payload, execute.await) });
        }
        outcomes.extend(tasks.join_all().await);
        let truth = Truth::of(&self.endpoint);
        let mut tally = Tally { executions: truth.total(), ..Tally::default() };
        for (payload, outcome) in &outcomes {
            tally.add(self.mode, outcome, truth.of_input(&format!("\"{payload}\"")));
        }
        tally
    }
}

fn serve(emulator: Builder) -> Serving {
    // Now and then a start is lost on its way back behind the proxy, too.
    let faults =
        FaultPlan::read("seed = 7\n[[rule]]\nmethod = \"POST\"\nevery = 20\nreply = { status = 504 }").unwrap();
    let clock = Arc::new(VirtualClock::starting_at(Duration::from_hours(490_896)));
    emulator.clock(clock).faults(faults).build().unwrap().serve(([127, 0, 0, 1], 0).into()).unwrap()
}

/// What was reported, held against what was started.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) struct Tally {
    pub(crate) ok: usize,
    pub(crate) ambiguous: usize,
    pub(crate) not_started: usize,
    /// Of those that are not Ok, refused unprocessed twice: no call is sent a third time for that.
    pub(crate) refused: usize,
    pub(crate) executions: usize,
    /// Ok, with an execution that is not the call's.
    pub(crate) wrong: usize,
    /// Said not to have started, and started.
    pub(crate) denied: usize,
    /// Started twice.
    pub(crate) twice: usize,
    /// Started more often than reported.
    pub(crate) unreported: usize,
}

impl Tally {
    fn add(&mut self, mode: Mode, outcome: &Result<Started, Error>, executions: &[String]) {
        let refused = outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::Refused);
        self.refused += usize::from(refused);
        self.twice += usize::from(executions.len() > 1);
        match outcome {
            Ok(started) => {
                self.ok += 1;
                self.wrong += usize::from(!executions.iter().any(|arn| arn == started.execution_arn()));
                let reported = 1 + started.possible_duplicates().count();
                self.unreported += executions.len().saturating_sub(reported);
                assert!(!mode.has_key() || started.key_honoured() == Some(true), "{started:?}");
            }
            Err(error) if error.may_have_started() => {
                self.ambiguous += 1;
            }
            Err(_) => {
                self.not_started += 1;
                self.denied += usize::from(!executions.is_empty());
            }
        }
    }

    /// What holds in any case.
    pub(crate) fn check(&self, mode: Mode, what: &dyn fmt::Debug) {
        assert_eq!(self.denied, 0, "said not to have started, and started: {what:?} {self:?}");
        if mode.has_key() {
            assert_eq!(self.wrong, 0, "Ok without an execution of the key: {what:?} {self:?}");
        }
        if mode == Mode::AtLeastOnce {
            assert_eq!(self.unreported, 0, "more executions than reported: {what:?} {self:?}");
        } else {
            assert_eq!(self.twice, 0, "started twice: {what:?} {self:?}");
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ok, ambiguous, not_started, executions, wrong, denied, twice, .. } = self;
        write!(formatter, "{ok} | {ambiguous} | {not_started} | {executions} | {wrong} | {denied} | {twice} |")
    }
}

/// How many calls go over each carrier.
fn calls() -> usize {
    std::env::var("STEPGATE_CHAOS_CALLS").map_or(300, |calls| calls.parse::<usize>().unwrap()).div_ceil(CARRIERS.len())
}

/// Runs a mode over every carrier.
async fn chaos(mode: Mode) -> Vec<Tally> {
    println!("seed {SEED}");
    let mut tallies = Vec::new();
    for carrier in CARRIERS {
        let scene = Scene::new(mode, carrier, &Fault::ALL, PERCENT);
        let tally = scene.run(calls()).await;
        println!("| {mode:?} | {carrier:?} | {tally}");
        println!("{:?}", scene.proxy.counts());
        tally.check(mode, &carrier);
        assert_eq!(tally.ok + tally.ambiguous + tally.not_started, calls());
        tallies.push(tally);
    }
    tallies
}

#[tokio::test]
async fn at_most_once_never_starts_twice_and_never_says_no_when_it_started() {
    for tally in chaos(Mode::AtMostOnce).await {
        assert!(tally.ok > 0 && tally.ambiguous > 0, "{tally:?}");
        assert_eq!(tally.not_started, tally.refused, "what certainly did not start was sent again until it did");
    }
}

#[tokio::test]
async fn a_key_is_never_ok_without_an_execution_of_it() {
    // How many are ambiguous is a matter of timing: those that fail before the first success shows that keys are honoured.
    for tally in chaos(Mode::KeysLearnt).await {
        assert!(tally.ok > 0, "{tally:?}");
    }
}

#[tokio::test]
async fn idempotent_ends_with_exactly_one_execution_for_each_call() {
    // By `Idempotency-Key`, and by the request id alone.
    for mode in [Mode::Idempotent, Mode::IdempotentAsPosted] {
        for tally in chaos(mode).await {
            assert_eq!(tally.ok + tally.refused, calls(), "{tally:?}");
            assert!(tally.ok <= tally.executions && tally.executions <= calls(), "{tally:?}");
        }
    }
}

#[tokio::test]
async fn at_least_once_starts_every_call_and_reports_every_possible_duplicate() {
    for tally in chaos(Mode::AtLeastOnce).await {
        assert_eq!(tally.ok + tally.refused, calls(), "{tally:?}");
        assert!(tally.executions > calls(), "some run beside the one that is reported");
    }
}

#[tokio::test]
async fn idempotent_sends_nothing_twice_where_keys_are_not_honoured() {
    let options = gateway::GatewayOptions {
        switches: Switches::default().set(Switch::CallerRequestIds, true),
        ..gateway::GatewayOptions::default()
    };
    let endpoint = serve(Emulator::builder().as_posted().gateway_options(options));
    let proxy = Proxy::start(endpoint.address(), Front::Http1, Schedule::new(SEED, &Fault::ALL, PERCENT, PATIENCE * 2))
        .unwrap();
    let scene = Scene { endpoint, proxy, mode: Mode::AtMostOnce, carrier: Carrier::Http1 };
    let client = scene.builder().delivery(Delivery::Idempotent).build().unwrap();
    for call in 0..100 {
        // With a key, no success without an execution of that key.
        client.execute(call).await.unwrap_err();
    }
    let truth = Truth::of(&scene.endpoint);
    assert!((0..100).all(|call: i32| truth.of_input(&call.to_string()).len() <= 1));
}
