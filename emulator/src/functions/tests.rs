//! Handlers as Lambda runs them.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::deployment::{Function, Module};
use crate::document::Position;

const START: Duration = Duration::from_secs(1_700_000_000);

fn function(path: &str, source: &str, runtime: &str) -> Function {
    Function {
        position: Position { file: "template.yaml".into(), line: 1, column: 1 },
        arn: "arn:aws:lambda:eu-west-1:123456789012:function:f".to_owned(),
        name: "f".to_owned(),
        logical_id: "F".to_owned(),
        handler: "folder/index.run".to_owned(),
        runtime: runtime.to_owned(),
        module: Module { path: path.to_owned(), source: source.to_owned() },
        timeout: Duration::from_secs(3),
        memory: 128,
        environment: vec![("COLOUR".to_owned(), "blue".to_owned())],
    }
}

/// One function and the time.
struct Bench {
    pool: Pool<u32>,
    console: Console,
    now: Duration,
    invocations: u32,
}

impl Bench {
    fn of(path: &str, source: &str) -> Self {
        Self::with(&function(path, source, "nodejs22.x"), Duration::ZERO, None)
    }

    fn with(function: &Function, cold_start: Duration, concurrency: Option<usize>) -> Self {
        let library = Library::load(std::slice::from_ref(function), &[], cold_start, concurrency, START).unwrap();
        let console = Console::default();
        Self { pool: Pool::new(library, console.clone()), console, now: START, invocations: 0 }
    }

    fn begin(&mut self, payload: &Value) -> Option<(u32, InvocationResult)> {
        self.invocations += 1;
        self.pool.invoke(self.invocations, 0, &payload.to_string(), format!("request-{}", self.invocations), self.now)
    }

    /// Lets time pass until the next answer.
    fn next(&mut self) -> (u32, InvocationResult) {
        loop {
            self.now = self.now.max(self.pool.next_wake().expect("something is under way"));
            if let Some(answer) = self.pool.wake(self.now) {
                return answer;
            }
        }
    }

    /// The answer of one invocation and the milliseconds that it took.
    fn run(&mut self, payload: &Value) -> (InvocationResult, u128) {
        let begun = self.now;
        let answer = self.begin(payload).unwrap_or_else(|| self.next()).1;
        (answer, self.now.saturating_sub(begun).as_millis())
    }
}

fn value(path: &str, source: &str) -> (Value, u128) {
    let (answer, took) = Bench::of(path, source).run(&json!({"n": 1}));
    (serde_json::from_str(&answer.unwrap()).unwrap(), took)
}

fn error(path: &str, source: &str) -> (String, Value) {
    let failed = Bench::of(path, source).run(&json!({})).0.unwrap_err();
    (failed.error, serde_json::from_str(&failed.cause).unwrap())
}

#[test]
fn handlers_answer_by_promise_or_by_callback() {
    for (path, source, expected) in [
        ("a.mjs", "export const run = async (event) => ({ got: event.n });", json!({"got": 1})),
        ("a.js", "export async function run(event) { return [event.n]; }", json!([1])),
        ("a.js", "exports.run = (event, context, callback) => callback(null, event.n);", json!(1)),
        ("a.cjs", "module.exports = { run: (event) => Promise.resolve(event.n + 1) };", json!(2)),
        ("a.js", "exports.run = (event, context) => context.succeed('ok');", json!("ok")),
        ("a.js", "exports.run = (event, context) => context.done(null, 3);", json!(3)),
        ("a.mjs", "export const run = async () => undefined;", json!(null)),
        ("a.mjs", "const later = await Promise.resolve(4); export const run = async () => later;", json!(4)),
        ("a.js", "exports.run = () => {};", json!(null)),
        ("a.mjs", "export const run = () => new Promise(() => {});", json!(null)),
    ] {
        assert_eq!(value(path, source), (expected, 0), "{source}");
    }
}

#[test]
fn timers_run_in_their_order_and_take_their_time() {
    let source = "export const run = () => new Promise((resolve) => {
        const seen = [];
        const see = (what) => seen.push(what);
        setTimeout(see, 20, 'b');
        setTimeout(see, 10, 'a');
        setTimeout(() => { see('c'); setTimeout(() => resolve(seen), 30); }, 20);
        clearTimeout(setTimeout(see, 15, 'never'));
        const every = setInterval(() => { see('i'); if (seen.filter((x) => x === 'i').length === 2) clearInterval(every); }, 12);
        setImmediate(see, 'immediately');
        Promise.resolve().then(() => see('microtask'));
        process.nextTick(see, 'tick');
        see('now');
    });";
    let expected = json!(["now", "microtask", "tick", "immediately", "a", "i", "b", "c", "i"]);
    assert_eq!(value("a.mjs", source), (expected, 50));
}

#[test]
fn a_callback_waits_for_the_timers_unless_told_otherwise() {
    let waits = "exports.run = (event, context, callback) => { setTimeout(() => {}, 500); callback(null, 1); };";
    assert_eq!(value("a.js", waits), (json!(1), 500));
    let leaves = "exports.run = (event, context, callback) => {
        context.callbackWaitsForEmptyEventLoop = false; setTimeout(() => {}, 500); callback(null, 1); };";
    assert_eq!(value("a.js", leaves), (json!(1), 0));
}

#[test]
fn failures_have_the_type_message_and_trace_of_what_was_thrown() {
    let (name, cause) = error(
        "a.mjs",
        "class Odd extends Error { constructor(m) { super(m); this.name = 'Odd'; } }\nexport const run = async () => { throw new Odd('strange'); };",
    );
    assert_eq!((name.as_str(), &cause["errorType"], &cause["errorMessage"]), ("Odd", &json!("Odd"), &json!("strange")));
    assert_eq!(cause["trace"][0], "Odd: strange");
    assert_eq!(cause["trace"].as_array().unwrap().len(), 3, "{cause}");
    assert!(cause["trace"][2].as_str().unwrap().starts_with("    at run (a.mjs:2:"), "{cause}");
    for source in [
        "exports.run = () => { throw new TypeError('no'); };",
        "exports.run = (event, context, callback) => callback(new TypeError('no'));",
        "exports.run = (event, context) => context.fail(new TypeError('no'));",
        "exports.run = () => new Promise((resolve, reject) => setTimeout(reject, 5, new TypeError('no')));",
        "exports.run = () => { setTimeout(() => { throw new TypeError('no'); }, 5); };",
    ] {
        let (name, cause) = error("a.js", source);
        assert_eq!((name.as_str(), &cause["errorMessage"]), ("TypeError", &json!("no")), "{source}");
    }
    let (name, cause) = error("a.js", "exports.run = (event, context, callback) => callback('text');");
    assert_eq!((name.as_str(), &cause["errorMessage"]), ("string", &json!("text")));
    let (name, _) = error("a.js", "exports.run = async () => { const a = {}; a.a = a; return a; };");
    assert_eq!(name, "Runtime.MarshalError");
}

#[test]
fn a_handler_is_stopped_at_its_time_out_whatever_it_does() {
    let sleeper = "export const run = () => new Promise((resolve) => setTimeout(resolve, 10000));";
    let (answer, took) = Bench::of("a.mjs", sleeper).run(&json!({}));
    let failed = answer.unwrap_err();
    assert_eq!((failed.error.as_str(), took), ("Sandbox.Timedout", 3_000));
    assert!(failed.cause.contains("RequestId: request-1 Error: Task timed out after 3.00 seconds"), "{}", failed.cause);
    for source in [
        "export const run = () => { while (true); };",
        "export const run = async () => { for (;;) { try { while (true); } catch {} } };",
        "export const run = async () => { const again = () => Promise.resolve().then(again); await again(); };",
    ] {
        let mut spinning = function("a.mjs", source, "nodejs22.x");
        spinning.timeout = Duration::from_millis(30);
        let failed = Bench::with(&spinning, Duration::ZERO, None).run(&json!({})).0.unwrap_err();
        assert_eq!(failed.error, "Sandbox.Timedout", "{source}");
    }
}

#[test]
fn recursion_and_memory_have_bounds() {
    let (name, _) = error("a.mjs", "const f = () => f() + 1; export const run = async () => f();");
    assert!(matches!(name.as_str(), "RangeError" | "InternalError"), "{name}");
    let mut hungry =
        function("a.mjs", "export const run = async () => 'x'.repeat(1e8).split('').length;", "nodejs22.x");
    hungry.memory = 8;
    assert!(Bench::with(&hungry, Duration::ZERO, None).run(&json!({})).0.is_err());
}

#[test]
fn an_environment_serves_one_invocation_at_a_time_and_is_used_again() {
    let source = "let count = 0; export const run = async (event) => {
        count += 1; await new Promise((resolve) => setTimeout(resolve, event.wait)); return count; };";
    let mut bench = Bench::of("a.mjs", source);
    assert!(bench.begin(&json!({"wait": 100})).is_none());
    assert!(bench.begin(&json!({"wait": 50})).is_none(), "the first environment is busy");
    assert_eq!(bench.next(), (2, Ok("1".to_owned())));
    assert_eq!(bench.next(), (1, Ok("1".to_owned())));
    assert_eq!(bench.run(&json!({"wait": 1})).0, Ok("2".to_owned()), "an idle environment keeps its module");
}

#[test]
fn an_environment_that_broke_is_not_used_again() {
    let source = "let count = 0; exports.run = (event, context, callback) => {
        count += 1;
        if (event.crash) setTimeout(() => { throw new Error('crash'); }, 1); else callback(null, count); };";
    let mut bench = Bench::of("a.js", source);
    assert_eq!(bench.run(&json!({})).0, Ok("1".to_owned()));
    assert!(bench.run(&json!({"crash": true})).0.is_err());
    assert_eq!(bench.run(&json!({})).0, Ok("1".to_owned()));
}

#[test]
fn more_invocations_than_the_concurrency_are_throttled() {
    let source = "export const run = () => new Promise((resolve) => setTimeout(resolve, 10, 1));";
    let mut bench = Bench::with(&function("a.mjs", source, "nodejs22.x"), Duration::ZERO, Some(2));
    assert!(bench.begin(&json!({})).is_none());
    assert!(bench.begin(&json!({})).is_none());
    let throttled = bench.begin(&json!({})).unwrap().1.unwrap_err();
    assert_eq!(throttled.error, "Lambda.TooManyRequestsException");
    assert_eq!(bench.next().0, 1);
    assert!(bench.begin(&json!({})).is_none(), "a place is free again");
}

#[test]
fn a_cold_start_delays_the_first_invocation_only() {
    let source = "export const run = async () => Date.now();";
    let mut bench = Bench::with(&function("a.mjs", source, "nodejs22.x"), Duration::from_millis(250), None);
    assert_eq!(bench.run(&json!({})), (Ok("1700000000250".to_owned()), 250));
    assert_eq!(bench.run(&json!({})).1, 0);
}

#[test]
fn a_handler_knows_itself_and_its_clock() {
    let source = "export const run = async (event, context) => {
        const first = context.getRemainingTimeInMillis();
        await new Promise((resolve) => setTimeout(resolve, 1000));
        return { ...context, first, left: context.getRemainingTimeInMillis(), date: new Date().toISOString(),
                 colour: process.env.COLOUR, region: process.env.AWS_REGION, version: process.version, nothing: process.env.NOTHING ?? null }; };";
    let expected = json!({
        "callbackWaitsForEmptyEventLoop": true, "functionVersion": "$LATEST", "functionName": "f", "memoryLimitInMB": "128",
        "logGroupName": "/aws/lambda/f", "logStreamName": "stepgate",
        "invokedFunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:f", "awsRequestId": "request-1",
        "first": 3000, "left": 2000, "date": "2023-11-14T22:13:21.000Z",
        "colour": "blue", "region": "eu-west-1", "version": "v22.21.1", "nothing": null,
    });
    assert_eq!(value("a.mjs", source), (expected, 1_000));
}

#[test]
fn the_console_is_heard_as_node_writes_it() {
    let source = "export const run = async () => {
        console.log('text', 1, { a: [1, 'b'], c: { d: { e: { f: 1 } } } }, [], null, undefined, true);
        console.error(new Error('bad').message); };";
    let mut bench = Bench::of("a.mjs", source);
    bench.run(&json!({})).0.unwrap();
    let lines = bench.console.lines();
    let head = "2023-11-14T22:13:20.000Z\trequest-1\t";
    assert_eq!(
        lines[0],
        format!("{head}INFO\ttext 1 {{ a: [ 1, 'b' ], c: {{ d: {{ e: [Object] }} }} }} [] null undefined true")
    );
    assert_eq!(lines[1], format!("{head}ERROR\tbad"));
}

#[test]
fn the_console_keeps_only_the_last_lines() {
    let source = "export const run = async () => { for (let i = 0; i < 10050; i += 1) console.log(i); };";
    let mut bench = Bench::of("a.mjs", source);
    bench.run(&json!({})).0.unwrap();
    let lines = bench.console.lines();
    assert_eq!(lines.len(), 10_000);
    assert!(lines[0].ends_with("\t50"), "{}", lines[0]);
}

#[test]
fn timers_can_be_imported_and_nothing_else_can() {
    let source = "import { setTimeout as sleep } from 'node:timers/promises';
        export const run = async () => await sleep(70, 'slept');";
    assert_eq!(value("a.mjs", source), (json!("slept"), 70));
    let source = "const { setTimeout: sleep } = require('timers/promises'); exports.run = () => sleep(70, 'slept');";
    assert_eq!(value("a.js", source), (json!("slept"), 70));
    for module in ["fs", "node:net", "http", "child_process", "./other.mjs", "/etc/passwd", "os", "std"] {
        let source = format!("export const run = async () => (await import('{module}'), 'reached');");
        let (_, cause) = error("a.mjs", &source);
        assert!(cause["errorMessage"].as_str().unwrap().contains("reach no file, network or host"), "{cause}");
    }
}

#[test]
fn there_is_no_way_out_of_the_engine() {
    let source = "export const run = async () => ['fetch', 'XMLHttpRequest', 'WebSocket', 'std', 'os', 'Deno', 'load', 'loadFile', 'Worker']
        .filter((name) => typeof globalThis[name] !== 'undefined');";
    assert_eq!(value("a.mjs", source).0, json!([]));
}
