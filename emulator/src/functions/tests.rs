//! Handlers as Lambda runs them.

mod endings;
mod files;
mod memory;
mod node;

use std::collections::HashSet;
use std::sync::LazyLock;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;
use crate::deployment::{Function, FunctionCode, Module};
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
        code: FunctionCode::Script(Module::alone(path, source)),
        timeout: Duration::from_secs(3),
        memory: 128,
        environment: vec![("COLOUR".to_owned(), "blue".to_owned())],
    }
}

/// What a library of these functions is made of.
fn options(functions: &[Function]) -> LibraryOptions<'_> {
    static NOTHING: LazyLock<HashSet<String>> = LazyLock::new(HashSet::new);
    LibraryOptions {
        functions,
        handlers: &[],
        natives: &[],
        named: &NOTHING,
        function_prefix: "",
        cold_start: Duration::ZERO,
        concurrency: 100,
        memory: 2 << 30,
        strict: true,
        out_of_memory: "Runtime.OutOfMemory",
        now: START,
    }
}

/// One function and the time.
struct Bench {
    pool: Pool<u32>,
    returned: Receiver<Returned>,
    console: Console,
    now: Duration,
    invocations: u32,
}

impl Bench {
    fn of(path: &str, source: &str) -> Self {
        Self::with(&function(path, source, "nodejs22.x"), Duration::ZERO, None)
    }

    fn with(function: &Function, cold_start: Duration, concurrency: Option<usize>) -> Self {
        Self::load(std::slice::from_ref(function), &[], cold_start, concurrency)
    }

    fn load(functions: &[Function], natives: &[Native], cold_start: Duration, concurrency: Option<usize>) -> Self {
        let concurrency = concurrency.unwrap_or(100);
        let library = Library::load(&LibraryOptions { natives, cold_start, concurrency, ..options(functions) });
        Self::serving(library.unwrap())
    }

    fn serving(library: Library) -> Self {
        let console = Console::default();
        let (sender, returned) = channel();
        let pool = Pool::new(library, console.clone(), move |back| drop(sender.send(back)));
        Self { pool, returned, console, now: START, invocations: 0 }
    }

    /// The lines on the console.
    fn said(&self) -> Vec<String> {
        self.console.lines(0, usize::MAX).into_iter().map(|(_, line)| line).collect()
    }

    fn begin(&mut self, payload: &Value) -> Option<(u32, InvocationResult)> {
        self.begin_at(0, payload)
    }

    fn begin_at(&mut self, function: usize, payload: &Value) -> Option<(u32, InvocationResult)> {
        let called = self.called("f");
        self.pool.invoke(self.invocations, function, &payload.to_string(), called, self.now).or_else(|| self.settle())
    }

    /// The next request, which calls a function by this name.
    fn called(&mut self, name: &str) -> (String, Qualifier) {
        self.invocations += 1;
        (format!("request-{}", self.invocations), Qualifier::of(name))
    }

    /// Lets the threads do what they can do now; the first answer.
    fn settle(&mut self) -> Option<(u32, InvocationResult)> {
        while self.pool.is_at_work() {
            let (mut ended, look) = self.pool.look_after(Instant::now());
            if let Some(answer) = ended.pop() {
                return Some(answer);
            }
            let patience = look.map_or(Duration::from_mins(1), |look| look.saturating_duration_since(Instant::now()));
            if let Ok(back) = self.returned.recv_timeout(patience)
                && let Some(answer) = self.pool.take(back, self.now)
            {
                return Some(answer);
            }
        }
        None
    }

    /// Lets time pass until the next answer.
    fn next(&mut self) -> (u32, InvocationResult) {
        loop {
            if let Some(answer) = self.settle() {
                return answer;
            }
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
    let failed = Bench::with(&hungry, Duration::ZERO, None).run(&json!({})).0.unwrap_err();
    let told = json!({
        "errorType": "Runtime.OutOfMemory",
        "errorMessage": "RequestId: request-1 Error: Runtime exited with error: signal: killed",
    });
    assert_eq!((failed.error.as_str(), failed.cause), ("Runtime.OutOfMemory", told.to_string()));
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
    assert_eq!(bench.pool.counts().throttled.load(Ordering::Relaxed), 1);
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
    let lines = bench.said();
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
    let lines = bench.said();
    assert_eq!(lines.len(), 10_000);
    assert!(lines[0].ends_with("\t50"), "{}", lines[0]);
}

#[test]
fn timers_can_be_imported_and_what_reaches_out_cannot() {
    let source = "import { setTimeout as sleep } from 'node:timers/promises';
        export const run = async () => await sleep(70, 'slept');";
    assert_eq!(value("a.mjs", source), (json!("slept"), 70));
    let source = "const { setTimeout: sleep } = require('timers/promises'); exports.run = () => sleep(70, 'slept');";
    assert_eq!(value("a.js", source), (json!("slept"), 70));
    for module in ["fs", "node:net", "http", "child_process", "./other.mjs", "/etc/passwd", "os", "std"] {
        let source = format!("export const run = async () => (await import('{module}'), 'reached');");
        let (_, cause) = error("a.mjs", &source);
        assert!(cause["errorMessage"].as_str().unwrap().contains("Cannot find module"), "{cause}");
    }
}

#[test]
fn there_is_no_way_out_of_the_engine() {
    let source = "export const run = async () => ['fetch', 'XMLHttpRequest', 'WebSocket', 'std', 'os', 'Deno', 'load', 'loadFile', 'Worker']
        .filter((name) => typeof globalThis[name] !== 'undefined');";
    assert_eq!(value("a.mjs", source).0, json!([]));
}

/// Whether the handler has failed, and how.
fn failure(source: &str, memory: u32) -> String {
    let mut spoilt = function("a.mjs", source, "nodejs22.x");
    (spoilt.memory, spoilt.timeout) = (memory, Duration::from_mins(1));
    Bench::with(&spoilt, Duration::ZERO, None).run(&json!({})).0.expect_err(source).error
}

#[test]
fn a_failure_is_a_failure_whatever_is_thrown() {
    for source in [
        "export const run = async () => { const e = new Error('x'); Object.defineProperty(e, 'stack', { get() { throw 1; } }); throw e; };",
        "export const run = async () => { throw new Proxy(new Error('x'), { get() { throw 1; } }); };",
        "export const run = () => { throw { toString() { throw 1; } }; };",
        "export const run = async () => { JSON.stringify = () => { throw 1; }; throw new Error('x'); };",
        "export const run = async () => { Map.prototype.get = () => { throw 1; }; String = 1; throw new TypeError('x'); };",
        "export const run = () => ({ then(resolve, reject) { reject(new Error('x')); } });",
    ] {
        failure(source, 128);
    }
}

#[test]
fn a_timer_beyond_all_time_is_no_crash() {
    let source =
        "export const run = async () => { Number.prototype.valueOf = () => 1e300; setTimeout(() => {}, 2147483647);
        setInterval(() => {}, 2147483647); return 1; };";
    assert_eq!(value("a.mjs", source), (json!(1), 0));
}

#[test]
fn a_handler_that_does_not_come_back_costs_its_own_thread_only() {
    // A search in a text is one call of the engine, which no interrupt reaches.
    let hung = "export const run = async () => 'a'.repeat(4e5).indexOf('a'.repeat(2e5) + 'b');";
    let mut stuck = function("a.mjs", hung, "nodejs22.x");
    stuck.timeout = Duration::from_millis(20);
    let mut quick = function("b.mjs", "export const run = async () => 'quick';", "nodejs22.x");
    (quick.name, quick.logical_id, quick.arn) = ("q".to_owned(), "Q".to_owned(), "arn:q".to_owned());
    let mut bench = Bench::load(&[stuck, quick], &[], Duration::ZERO, None);
    let (_, answer) = bench.begin_at(0, &json!({})).unwrap();
    assert_eq!(answer.unwrap_err().error, "Sandbox.Timedout");
    assert_eq!(bench.begin_at(1, &json!({})).unwrap().1, Ok("\"quick\"".to_owned()));
    if bench.pool.counts().abandoned.load(Ordering::Relaxed) > 0 {
        let said = bench.said();
        assert!(said.iter().any(|line| line.contains("handler `f` has not come back from its time-out")), "{said:?}");
    }
}

#[test]
fn endless_loops_stop_nobody_else() {
    let mut spinning = function("a.mjs", "export const run = async () => { for (;;); };", "nodejs22.x");
    spinning.timeout = Duration::from_millis(500);
    let mut quick = function("b.mjs", "export const run = async () => 'quick';", "nodejs22.x");
    (quick.name, quick.logical_id, quick.arn) = ("q".to_owned(), "Q".to_owned(), "arn:q".to_owned());
    let mut bench = Bench::load(&[spinning, quick], &[], Duration::ZERO, None);
    for _ in 0..8 {
        let called = bench.called("f");
        assert!(bench.pool.invoke(bench.invocations, 0, "{}", called, START).is_none());
    }
    let (whose, answer) = bench.begin_at(1, &json!({})).unwrap();
    assert_eq!((whose, answer), (9, Ok("\"quick\"".to_owned())), "it does not wait for the loops to end");
    for _ in 0..8 {
        assert_eq!(bench.next().1.unwrap_err().error, "Sandbox.Timedout");
    }
}

#[test]
fn a_panic_ends_one_invocation() {
    let plain = function("a.mjs", "export const run = async () => 1;", "nodejs22.x");
    let panics = Native::new("f", |input| if input == json!("panic") { panic!("on purpose") } else { Ok(input) });
    let mut bench = Bench::load(&[plain], &[panics], Duration::ZERO, None);
    assert_eq!(bench.run(&json!("panic")).0.unwrap_err().error, "Runtime.ExitError");
    assert_eq!(bench.run(&json!(5)).0, Ok("5".to_owned()));
}

#[test]
fn idle_environments_are_given_back() {
    let mut bench = Bench::of("a.mjs", "let count = 0; export const run = async () => { count += 1; return count; };");
    assert_eq!(bench.run(&json!({})).0, Ok("1".to_owned()));
    bench.pool.give_back(START + Duration::from_secs(59));
    assert_eq!(bench.run(&json!({})).0, Ok("2".to_owned()), "it is kept for a minute");
    bench.pool.give_back(START + Duration::from_mins(1));
    assert_eq!(bench.run(&json!({})).0, Ok("1".to_owned()), "a new one has a new module");
}

#[test]
fn idle_environments_make_room_for_other_functions() {
    let source = "let count = 0; export const run = async () => { count += 1; return count; };";
    let first = function("a.mjs", source, "nodejs22.x");
    let mut second = function("b.mjs", source, "nodejs22.x");
    (second.name, second.logical_id, second.arn) = ("q".to_owned(), "Q".to_owned(), "arn:q".to_owned());
    let mut bench = Bench::load(&[first, second], &[], Duration::ZERO, Some(1));
    assert_eq!(bench.begin_at(0, &json!({})).unwrap().1, Ok("1".to_owned()));
    assert_eq!(bench.begin_at(0, &json!({})).unwrap().1, Ok("2".to_owned()));
    assert_eq!(bench.begin_at(1, &json!({})).unwrap().1, Ok("1".to_owned()));
    assert_eq!(bench.begin_at(0, &json!({})).unwrap().1, Ok("1".to_owned()), "there is room for one environment only");
}

#[test]
fn a_module_is_compiled_once_and_is_the_same_in_every_environment() {
    for (path, source) in [
        (
            "a.mjs",
            "import { setTimeout as sleep } from 'node:timers/promises'; let count = 0;
            export const run = async () => { count += 1; await sleep(5); return count + run.toString().slice(0, 5); };",
        ),
        (
            "a.js",
            "'use strict'; let count = 0;
            exports.run = async () => { count += 1; return count + exports.run.toString().slice(0, 5); };",
        ),
        (
            "a.js",
            "let count = 0; exports.run = async () => { count += 1; with ({ a: 1 }) { return count + 'async'; } };",
        ),
    ] {
        for _ in 0..2 {
            assert_eq!(Bench::of(path, source).run(&json!({})).0, Ok("\"1async\"".to_owned()), "{source}");
        }
    }
    // A failure names its place in the source, from whichever form it was loaded.
    let source = "'use strict';\nexports.run = async () => {\n  throw new TypeError('no'); };";
    for _ in 0..2 {
        let (_, cause) = error("a.js", source);
        assert!(cause["trace"][1].as_str().unwrap().contains("a.js:3:"), "{cause}");
    }
}

#[test]
fn the_module_of_a_handler_cannot_be_imported_by_another_name() {
    let source = "export const run = async () => (await import('stepgate:handler'), 'reached');";
    let (_, cause) = error("a.mjs", source);
    assert!(cause["errorMessage"].as_str().unwrap().contains("Cannot find module"), "{cause}");
}
