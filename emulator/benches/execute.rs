//! What one `POST /execute` costs the endpoint, in CPU time of the thread, without a socket: the share of the design's
//! goal (60,000 a second on one core) that lies behind the server.
//!
//! `cargo bench -p stepgate-emulator --bench execute`

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::hint::black_box;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use stepgate_emulator::budget::Budget;
use stepgate_emulator::clock::{Clock, SystemClock};
use stepgate_emulator::deployment::Api;
use stepgate_emulator::document::{Position, Text};
use stepgate_emulator::gateway::{Backend, Gateway, GatewayOptions};
use stepgate_emulator::http::{Arrival, IdSeeds, Request};
use stepgate_emulator::jsonpath::Path;
use stepgate_emulator::states::{self, StepFunctions};
use stepgate_emulator::template::{LoadOptions, Source, load};
use stepgate_emulator::vtl::{Body, Facts, Leniency, Overrides, Parameters, Template};

const BODY: &str =
    r#"{"order":"0190e6f2-6f0c-7cc2-a5c8-8c2b1d0f7a11","customer":4711,"items":["a","b"],"note":"it's here"}"#;

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let nanoseconds = time.tv_sec * 1_000_000_000 + time.tv_nsec;
    Duration::from_nanos(nanoseconds.try_into().unwrap_or(0))
}

/// The best of five rounds, as CPU time of one call.
fn measure<T>(what: &str, calls: u32, mut call: impl FnMut(u32) -> T) {
    let rounds = (0..5_u32).map(|round| {
        let start = thread_time();
        for number in 0..calls {
            black_box(call(round * calls + number));
        }
        thread_time().saturating_sub(start) / calls
    });
    println!("{what:<52} {:>8} ns", rounds.min().unwrap_or_default().as_nanos());
}

struct NoVariables;

impl stepgate_emulator::vtl::Context for NoVariables {
    fn value(&self, name: &str) -> Option<std::borrow::Cow<'_, str>> {
        (name == "requestId").then_some("9c3d8aab-83bf-4542-8256-36c9f42b6b01".into())
    }
}

struct Nothing;

impl Backend for Nothing {
    fn call(&self, _: &str, _: &str, _: &[u8]) -> (u16, Vec<u8>) {
        (200, b"{}".to_vec())
    }
}

struct Workflows(Arc<StepFunctions>);

impl Backend for Workflows {
    fn call(&self, _: &str, action: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let reply = self.0.call(action, body);
        (reply.status, reply.body)
    }
}

fn main() {
    let mut options = LoadOptions::default();
    options.parameters.push(("Auth".into(), "NONE".into()));
    let deployment = load(&Source::carried("deploy", stepgate_deploy::CORRECTED), &options).expect("deploy/ loads");
    let gateway = Gateway::new(&deployment, GatewayOptions::default());
    let clock = SystemClock::start();
    let arrival = |number: u32| {
        let mut seeds = IdSeeds { request: [0; 16], extended: [0; 11], trace: [0; 12] };
        seeds.request[..4].copy_from_slice(&number.to_be_bytes());
        Arrival { at: clock.now(), source: Ipv4Addr::LOCALHOST.into(), seeds }
    };
    let request = || Request {
        method: "POST".into(),
        path: "/prod/execute".into(),
        query: String::new(),
        headers: [("host", "127.0.0.1:8080"), ("content-type", "application/json"), ("accept", "*/*")]
            .into_iter()
            .collect(),
        body: BODY.as_bytes().to_vec(),
    };

    measure("a request made (part of each line below)", 200_000, |_| request());
    measure("gateway alone", 200_000, |number| gateway.handle(request(), &arrival(number), &Nothing));

    let start = Position { file: "bench".into(), line: 1, column: 1 };
    let Api::Rest(api) = &deployment.api else { panic!("deploy/ has a REST API") };
    let execute = api.methods.iter().find(|it| it.path == *"/execute" && it.http_method == "POST");
    let template =
        execute.and_then(|method| method.integration.request_templates.first()).expect("a request template").1;
    let parameters = Parameters { header: vec![("host".into(), "x".into())], ..Parameters::default() };
    let render = |template: &Template| {
        let body = Body::new(BODY, Leniency::Lenient);
        let (overrides, budget) = (Overrides::default(), Budget::for_body(BODY.len()));
        let facts = Facts {
            body: &body,
            parameters: &parameters,
            context: &NoVariables,
            stage_variables: &[],
            overrides: &overrides,
            budget: &budget,
        };
        template.render(&facts).map(|rendered| rendered.text.len())
    };
    measure("  its mapping template", 200_000, |_| render(template));
    for source in ["$input.json('$')", "$util.escapeJavaScript($input.body)"] {
        let text = Text { value: source.into(), start: start.clone(), indent: 1 };
        let template = Template::parse(&text).expect("it compiles");
        measure(&format!("    {source}"), 200_000, |_| render(&template));
    }
    let value = json!({"a": {"b": [1, {"c": 2}]}});
    let path = Path::parse("$.a.b[1].c").expect("a path");
    measure("JSONPath, four plain steps", 1_000_000, |_| path.read(&value).is_some());

    let mut pass = deployment.clone();
    for machine in &mut pass.machines {
        let definition = r#"{"StartAt":"Done","States":{"Done":{"Type":"Pass","End":true}}}"#;
        machine.definition = stepgate_emulator::document::json::parse("pass.asl.json", definition).expect("a machine");
    }
    let workflows = StepFunctions::new(&pass, Arc::new(clock), states::StatesOptions::default()).expect("it loads");
    let workflows = Workflows(workflows);
    measure("gateway and StartExecution of a Pass machine", 100_000, |number| {
        gateway.handle(request(), &arrival(number), &workflows)
    });
}
