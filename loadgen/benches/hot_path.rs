//! CPU time and heap allocations of what a generator does for every request, and of a second's plan.
//!
//! `cargo bench -p stepgate-loadgen --bench hot_path`. Time is that of the thread on the CPU. Each figure comes from rounds
//! that take turns, so that a slow spell of the machine meets all alike; allocations are counted in a round of their own.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use stepgate::credentials::Credentials;
use stepgate::sigv4::Scope;
use stepgate_loadgen::authorization::{Authorization, Keys};
use stepgate_loadgen::endpoint::Endpoint;
use stepgate_loadgen::engine::{Context, Parsed, RequestSettings, Requests, fields, parse};
use stepgate_loadgen::payload::{Content, Payload, Template};
use stepgate_loadgen::record::{Class, Interval, Place, Recorder, Sent, Times};
use stepgate_loadgen::scenario::{Load, Names, Scenario};
use stepgate_loadgen::schedule::{Contents, Schedule};

const ROUNDS: usize = 15;
const ROUND_NANOSECONDS: f64 = 20e6;
const ID: &str = "9c3d8aab-83bf-4542-8256-36c9f42b6b01";

type Contender = (&'static str, Box<dyn FnMut(u64)>);

fn main() -> Result<(), Box<dyn Error>> {
    println!("{:<44} {:>9} {:>9} {:>7}", "", "median ns", "best ns", "allocs");
    let mut contenders = vec![record(), parse_and_classify()];
    contenders.extend(render()?);
    contenders
        .extend([plan("plan a second of 1,000 arrivals", 1_000.0), plan("plan a second of 10,000 arrivals", 1e4)]);
    for (name, nanoseconds, allocations) in measure(contenders) {
        println!("{name:<44} {:>9.0} {:>9.0} {allocations:>7.1}", nanoseconds[ROUNDS / 2], nanoseconds[0]);
    }
    Ok(())
}

/// Counts, times, name and all that is checked about it; every 10,000 requests change the second.
fn record() -> Contender {
    let (mut recorder, mut spare) = (Recorder::default(), Some(Interval::default()));
    let place = Place::default();
    let call = move |k: u64| {
        let at = k * 1_000;
        let times = Times {
            intended: at,
            room: at,
            ready: at,
            released: at + 20_000,
            unattended: 0,
            written: Some(at + 25_000),
            first_byte: Some(at + 900_000),
        };
        recorder.sent(place);
        let sent = Sent { k, place, times: &times };
        recorder.ended(&sent, Class::Started, Some(200), at + 1_000_000 + k % 4_096 * 1_000);
        recorder.named(place, k, black_box(ID), Some(black_box(ID)));
        if k % 10_000 == 9_999 {
            let mut full = recorder.hand_over(0, 0, spare.take().unwrap_or_default());
            full.clear();
            spare = Some(full);
        }
    };
    ("record a started execution", Box::new(call))
}

fn parse_and_classify() -> Contender {
    let arn = format!("arn:aws:states:us-east-1:123456789012:execution:Workflow:{ID}");
    let body = format!("{{\"executionArn\":\"{arn}\",\"startDate\":1.561735429664E9}}");
    let head = "Date: Wed, 25 Nov 2026 12:00:00 GMT\r\nContent-Type: application/json\r\nConnection: keep-alive\r\n\
        x-amz-apigw-id: Yq5rXHq3oAMFq4Q=\r\nX-Amzn-Trace-Id: Root=1-5d164d11-6ad1b9f5c8f1b2f7a3f5d3c1\r\n";
    let length = body.len();
    let answer = format!("HTTP/1.1 200 OK\r\n{head}x-amzn-RequestId: {ID}\r\nContent-Length: {length}\r\n\r\n{body}");
    let call = move |_| {
        let mut room = fields();
        if let Parsed::Complete(response) = parse(black_box(answer.as_bytes()), Context::default(), &mut room) {
            black_box(stepgate::wire::classify(response.status, &response.headers, &response.body).class());
        }
    };
    ("parse and classify an answer", Box::new(call))
}

fn render() -> Result<Vec<Contender>, Box<dyn Error>> {
    let constant = Template::constant(&format!("{{\"order\":\"{}\"}}", "x".repeat(138)));
    let value = json!({
        "order": "{{ uuid() }}", "customer": "{{ int(1, 100000) }}", "items": ["a", "b"], "at": "{{ now() }}"
    });
    let calls = Template::json(&value).map_err(|e| e.mistake.message)?;
    let keys = Keys::new(Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", None, None, "bench"));
    let signed = Authorization::SigV4 { scope: Scope::execute_api("us-east-1"), keys: Arc::new(keys) };
    let rows = [
        ("render a request, constant", &constant, Names::RequestId, &Authorization::None),
        ("render a request, four calls", &calls, Names::RequestId, &Authorization::None),
        ("render a request, four calls and a key", &calls, Names::Key, &Authorization::None),
        ("render and sign a request, constant", &constant, Names::RequestId, &signed),
        ("render and sign a request, four calls", &calls, Names::RequestId, &signed),
    ];
    let endpoint = Endpoint::parse("https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod/execute")?;
    rows.into_iter()
        .map(|(name, template, names, authorization)| {
            let payload = Payload { name: "p".into(), weight: 1, content: Content::Execute(template.clone()) };
            let contents = Contents::of(&Scenario::ad_hoc(payload.clone()));
            let mut requests = Requests::new(&RequestSettings {
                endpoint: &endpoint,
                headers: &[],
                payloads: &[payload],
                names,
                keep_alive: true,
                authorization,
                began: 1_795_000_000_000,
            })?;
            let mut scratch = Vec::with_capacity(4 << 10);
            let call = move |k: u64| {
                let arrival = contents.arrival(k, k * 1_000_000);
                black_box(requests.bytes(&arrival, &mut scratch).is_ok());
            };
            Ok((name, Box::new(call) as Box<dyn FnMut(u64)>))
        })
        .collect()
}

fn plan(name: &'static str, rate: f64) -> Contender {
    let content = Content::Execute(Template::constant("{}"));
    let mut scenario = Scenario::ad_hoc(Payload { name: "p".into(), weight: 1, content });
    scenario.load = Load::constant(rate, Some(Duration::from_hours(1)));
    let schedule = Schedule::of(&scenario);
    let mut arrivals = Vec::new();
    let call = move |k: u64| {
        arrivals.clear();
        if let Some(schedule) = &schedule {
            schedule.second(k % 3_600, &mut arrivals);
        }
        black_box(&arrivals);
    };
    (name, Box::new(call))
}

/// Each contender's name, sorted nanoseconds per call, and allocations per call.
fn measure(mut contenders: Vec<Contender>) -> Vec<(&'static str, Vec<f64>, f64)> {
    let mut nanoseconds = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    let mut k = 0;
    for _ in 0..ROUNDS {
        for ((_, call), nanoseconds) in contenders.iter_mut().zip(&mut nanoseconds) {
            let (start, first) = (cpu_time(), k);
            while cpu_time() - start < ROUND_NANOSECONDS {
                (k..k + 16).for_each(&mut *call);
                k += 16;
            }
            nanoseconds.push((cpu_time() - start) / (k - first) as f64);
        }
    }
    contenders
        .iter_mut()
        .zip(nanoseconds)
        .map(|((name, call), mut nanoseconds)| {
            nanoseconds.sort_by(f64::total_cmp);
            let counted = allocation_counter::measure(|| (k..k + 100).for_each(call));
            (*name, nanoseconds, counted.count_total as f64 / 100.0)
        })
        .collect()
}

/// What this thread has spent on a CPU, in nanoseconds.
fn cpu_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
