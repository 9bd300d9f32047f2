//! How invocations end that do not simply answer, as the runtime of Lambda tells it.

use super::*;

/// An end, by the source of a handler of a plain script.
fn ended(source: &str) -> (String, Value) {
    error("a.js", source)
}

fn exited(how: &str) -> Value {
    let message = format!("RequestId: request-1 Error: Runtime exited {how}");
    json!({ "errorType": "Runtime.ExitError", "errorMessage": message })
}

#[test]
fn an_async_handler_that_never_settles_is_an_error_and_any_other_answers_null() {
    let never = "async () => { await new Promise(() => {}); }";
    for (path, source) in
        [("a.js", format!("exports.run = {never};")), ("a.mjs", format!("export const run = {never};"))]
    {
        let (name, cause) = error(path, &source);
        assert_eq!(name, "Runtime.NodeJsExit");
        let message = cause["errorMessage"].as_str().unwrap();
        assert!(
            message.starts_with("The Lambda runtime client detected an unexpected Node.js exit code. "),
            "{message}"
        );
        assert!(message.ends_with("https://nodejs.org/docs/latest/api/process.html#exit-codes"), "{message}");
        assert_eq!(cause["trace"], json!([format!("Runtime.NodeJsExit: {message}")]));
    }
    for source in [
        "exports.run = () => new Promise(() => {});",
        "exports.run = () => {};",
        "exports.run = (event, context, callback) => { setTimeout(() => {}, 5); };",
        "exports.run = function () { return (async () => { await new Promise(() => {}); })(); };",
    ] {
        assert_eq!(value("a.js", source).0, json!(null), "{source}");
    }
    // The process goes on, as on Lambda.
    let source = "let count = 0; exports.run = async (event) => { count += 1; if (event.never) await new Promise(() => {}); return count; };";
    let mut bench = Bench::of("a.js", source);
    assert_eq!(bench.run(&json!({"never": true})).0.unwrap_err().error, "Runtime.NodeJsExit");
    assert_eq!(bench.run(&json!({})).0, Ok("2".to_owned()));
    let old = function("a.js", &format!("exports.run = {never};"), "nodejs16.x");
    assert_eq!(Bench::with(&old, Duration::ZERO, None).run(&json!({})).0, Ok("null".to_owned()));
}

#[test]
fn a_process_that_exits_ends_the_invocation_and_nothing_catches_it() {
    for (source, how) in [
        ("exports.run = async () => { process.exit(1); };", "with error: exit status 1"),
        ("exports.run = () => { try { process.exit(127); } catch { return 1; } };", "with error: exit status 127"),
        ("exports.run = async () => { process.exit(0); };", "without providing a reason"),
        ("exports.run = async () => { process.exit(); };", "without providing a reason"),
        ("exports.run = async () => { process.exitCode = 3; process.exit(); };", "with error: exit status 3"),
        ("exports.run = async () => { process.exit(256); };", "without providing a reason"),
        ("exports.run = async () => { require('process').exit('7'); };", "with error: exit status 7"),
        (
            "exports.run = () => new Promise((resolve) => setTimeout(() => { try { process.exit(2); } finally { resolve(1); } }, 5));",
            "with error: exit status 2",
        ),
        (
            "exports.run = (event, context, callback) => { setTimeout(() => process.exit(2), 5); callback(null, 1); };",
            "with error: exit status 2",
        ),
    ] {
        let (name, cause) = ended(source);
        assert_eq!((name.as_str(), cause), ("Runtime.ExitError", exited(how)), "{source}");
    }
    let source = "let count = 0; exports.run = async (event) => { count += 1; if (event.exits) process.exit(1); return count; };";
    let mut bench = Bench::of("a.js", source);
    assert_eq!(bench.run(&json!({})).0, Ok("1".to_owned()));
    assert!(bench.run(&json!({"exits": true})).0.is_err());
    assert_eq!(bench.run(&json!({})).0, Ok("1".to_owned()), "a new process begins anew");
}

#[test]
fn what_is_thrown_is_told_as_the_runtime_tells_it() {
    let unreadable = json!({
        "errorType": "handled",
        "errorMessage": "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack",
    });
    let plain = |kind: &str, message: &str| json!({ "errorType": kind, "errorMessage": message, "trace": [] });
    for (source, expected) in [
        ("(event, context) => context.fail()", plain("string", "handled")),
        ("(event, context) => context.fail(null)", plain("string", "handled")),
        ("async () => { throw null; }", plain("string", "handled")),
        ("async () => { throw undefined; }", plain("string", "handled")),
        ("() => Promise.reject()", plain("string", "handled")),
        ("async () => { throw 'text'; }", plain("string", "text")),
        ("async () => { throw 5; }", plain("number", "5")),
        ("async () => { throw { a: 1 }; }", plain("object", "[object Object]")),
        ("(event, context) => context.done('text')", plain("string", "text")),
        (
            "async () => { throw { name: 'N', message: 'M', stack: 'S\\nT' }; }",
            json!({ "errorType": "N", "errorMessage": "M", "trace": ["S", "T"] }),
        ),
        ("async () => { throw { name: 'N', message: '', stack: 'S' }; }", plain("object", "[object Object]")),
        ("async () => { throw Object.create(null); }", unreadable.clone()),
        ("async () => { throw { toString() { throw 1; } }; }", unreadable.clone()),
        ("async () => { throw new Proxy(new Error('x'), { get() { throw 1; } }); }", unreadable.clone()),
        (
            "async () => { throw Object.defineProperty(new Error('x'), 'stack', { value: undefined }); }",
            unreadable.clone(),
        ),
        ("async () => { const e = new Error('x'); e.message = 5; throw e; }", unreadable.clone()),
    ] {
        let (name, cause) = ended(&format!("exports.run = {source};"));
        assert_eq!((Some(name.as_str()), &cause), (expected["errorType"].as_str(), &expected), "{source}");
    }
    // Thrown before there is a promise, it is what a callback was given: no error.
    assert_eq!(value("a.js", "exports.run = () => { throw null; };").0, json!(null));
}

#[test]
fn a_result_that_cannot_be_written_is_an_error_of_the_handler() {
    for source in [
        "async () => { const a = {}; a.a = a; return a; }",
        "async () => 10n",
        "(event, context, callback) => callback(null, 10n)",
        "(event, context) => context.succeed(10n)",
        "async () => ({ toJSON() { throw new TypeError('no'); } })",
    ] {
        let (name, cause) = ended(&format!("exports.run = {source};"));
        assert_eq!(name, "Error", "{source}");
        assert_eq!(cause["errorMessage"], "Unable to stringify response body");
        assert_eq!(cause["trace"][0], "Error: Unable to stringify response body");
    }
}

#[test]
fn only_a_callback_waits_for_timers_and_only_with_a_result() {
    for (source, expected, took) in [
        ("(event, context) => { setTimeout(() => {}, 500); context.done(null, 1); }", json!(1), 0),
        ("(event, context) => { setTimeout(() => {}, 500); context.succeed(1); }", json!(1), 0),
        ("(event, context, callback) => { setTimeout(() => {}, 500); callback(null, 1); }", json!(1), 500),
        // The first call counts, and what a callback was given is written when it is sent.
        ("(event, context, callback) => { callback(null, 1); callback(null, 2); context.succeed(3); }", json!(1), 0),
        (
            "(event, context, callback) => { const a = {}; setTimeout(() => { a.late = 1; }, 5); callback(null, a); }",
            json!({"late": 1}),
            5,
        ),
    ] {
        assert_eq!(value("a.js", &format!("exports.run = {source};")), (expected, took), "{source}");
    }
    for source in [
        "(event, context, callback) => { setTimeout(() => {}, 500); callback(new Error('no')); }",
        "(event, context) => { setTimeout(() => {}, 500); context.fail(new Error('no')); }",
    ] {
        let (answer, took) = Bench::of("a.js", &format!("exports.run = {source};")).run(&json!({}));
        assert_eq!((answer.unwrap_err().error.as_str(), took), ("Error", 0), "{source}");
    }
    // What nobody catches is the end, even when the answer only waited to be sent.
    let late = "exports.run = (event, context, callback) => { setTimeout(() => { throw new TypeError('late'); }, 5); callback(null, 1); };";
    assert_eq!(ended(late).0, "TypeError");
}

#[test]
fn a_callback_that_comes_in_a_later_invocation_answers_nobody() {
    let source = "let kept; exports.run = (event, context, callback) => {
        if (event.n === 1) { kept = callback; return; }
        kept(null, 'stale'); callback(null, event.n); };";
    let mut bench = Bench::of("a.js", source);
    assert_eq!(bench.run(&json!({"n": 1})).0, Ok("null".to_owned()));
    assert_eq!(bench.run(&json!({"n": 2})).0, Ok("2".to_owned()));
}

/// What an invocation of a function is told whose module does not load.
fn unloaded(path: &str, source: &str, handler: &str) -> (String, Value) {
    let mut spoilt = function(path, source, "nodejs22.x");
    spoilt.handler = handler.to_owned();
    let functions = std::slice::from_ref(&spoilt);
    // A start takes its time only where something starts.
    let cold_start = Duration::from_millis(250);
    let library = Library::load(&LibraryOptions { strict: false, cold_start, ..options(functions) }).unwrap();
    let mut bench = Bench::serving(library);
    let failed = bench.run(&json!({})).0.unwrap_err();
    (failed.error, serde_json::from_str(&failed.cause).unwrap())
}

#[test]
fn a_module_that_does_not_load_fails_as_on_lambda() {
    let required = "const a = require('./none'); exports.run = async () => 1;";
    for (path, source, handler, name, message) in [
        ("index.js", "exports.run = async () => {", "index.run", "Runtime.UserCodeSyntaxError", "SyntaxError: "),
        ("index.mjs", "export const run = async () => {", "index.run", "Runtime.UserCodeSyntaxError", "SyntaxError: "),
        (
            "index.js",
            required,
            "index.run",
            "Runtime.ImportModuleError",
            "Error: Cannot find module './none'\nRequire stack:\n- /var/task/index.js\n- /var/runtime/index.mjs",
        ),
        (
            "index.mjs",
            "import './none.mjs'; export const run = async () => 1;",
            "index.run",
            "Error",
            "Cannot find module '/var/task/none.mjs' imported from /var/task/index.mjs",
        ),
        (
            "index.js",
            "exports.other = 1;",
            "index.run",
            "Runtime.HandlerNotFound",
            "index.run is undefined or not exported",
        ),
        ("index.js", "exports.run = 1;", "index.run", "Runtime.HandlerNotFound", "index.run is not a function"),
        (
            "index.js",
            "exports.run = {};",
            "a/index.run.deep",
            "Runtime.HandlerNotFound",
            "a/index.run.deep is undefined or not exported",
        ),
        ("index.js", "throw new TypeError('at once');", "index.run", "TypeError", "at once"),
        ("index.mjs", "throw new RangeError('at once');", "index.run", "RangeError", "at once"),
        ("index.js", "throw 'text';", "index.run", "string", "text"),
        (
            "index.js",
            "process.exit(4);",
            "index.run",
            "Runtime.ExitError",
            "RequestId: request-1 Error: Runtime exited with error: exit status 4",
        ),
        ("index.js", "exports.run = 1;", "index", "Runtime.MalformedHandlerName", "Bad handler"),
        (
            "index.js",
            "exports.run = 1;",
            "../index.run",
            "Runtime.MalformedHandlerName",
            "'../index.run' is not a valid handler name. Use absolute paths when specifying root directories in handler names.",
        ),
    ] {
        let (error, cause) = unloaded(path, source, handler);
        assert_eq!((error.as_str(), cause["errorType"].as_str()), (name, Some(name)), "{source}: {cause}");
        assert!(cause["errorMessage"].as_str().unwrap().starts_with(message), "{source}: {cause}");
    }
}

#[test]
fn a_module_that_only_this_endpoint_cannot_load_needs_a_double() {
    for source in [
        "const fs = require('fs'); exports.run = async () => 1;",
        "const sdk = require('@aws-sdk/client-s3'); exports.run = async () => 1;",
        "const name = './' + 'none'; const a = require(name); exports.run = async () => 1;",
        "const day = new Intl.DateTimeFormat(); exports.run = async () => 1;",
    ] {
        let spoilt = function("index.js", source, "nodejs22.x");
        let library = Library::load(&LibraryOptions { strict: false, ..options(std::slice::from_ref(&spoilt)) });
        let library = library.unwrap();
        assert_eq!((library.unhandled()[0].is_some(), library.unloaded()), (true, vec![false]), "{source}");
        assert!(library.passed_over()[0].contains("whose tasks need a double"), "{:?}", library.passed_over());
    }
}

#[test]
fn a_handler_is_given_every_key_of_the_context_and_every_variable_of_the_guide() {
    let source = "exports.run = async (event, context) => [Object.keys(context), 'tenantId' in context, context.identity === undefined];";
    let keys = json!([
        "callbackWaitsForEmptyEventLoop",
        "succeed",
        "fail",
        "done",
        "functionVersion",
        "functionName",
        "memoryLimitInMB",
        "logGroupName",
        "logStreamName",
        "clientContext",
        "identity",
        "invokedFunctionArn",
        "awsRequestId",
        "tenantId",
        "getRemainingTimeInMillis",
    ]);
    assert_eq!(value("a.js", source).0, json!([keys, true, true]));
    let source = "exports.run = async () => ['LD_LIBRARY_PATH', 'NODE_PATH', 'AWS_XRAY_CONTEXT_MISSING', 'AWS_XRAY_DAEMON_ADDRESS'].map((name) => process.env[name]);";
    let expected = json!([
        "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
        "/opt/nodejs/node22/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules",
        "LOG_ERROR",
        "169.254.79.129:2000",
    ]);
    assert_eq!(value("a.js", source).0, expected);
}

#[test]
fn running_out_of_memory_is_a_failure_in_promises_too() {
    for source in [
        "export const run = async () => { await null; const all = []; for (;;) all.push(new Array(10000).fill(1)); };",
        "export const run = () => new Promise((resolve) => setTimeout(() => { const all = []; for (;;) all.push(new Array(10000).fill(1)); }, 1));",
        "export const run = async () => { const again = async () => { const a = new Array(9999).fill(1); await again(); return a; }; return again(); };",
        "export const run = async () => { const s = 'x'.repeat(1e6); const all = []; for (;;) all.push(Buffer.from(s)); };",
        "export const run = async () => { const s = 'x'.repeat(1e6); const all = []; for (;;) all.push(new TextEncoder().encode(s)); };",
    ] {
        assert_eq!(failure(source, 16), "Runtime.OutOfMemory", "{source}");
    }
}

#[test]
fn a_regular_expression_or_a_module_that_runs_out_of_memory_ends_the_process() {
    let expression = "export const run = async () => /^(a|b|ab)*$/.test('ab'.repeat(1e6) + 'c');";
    assert_eq!(failure(expression, 16), "Runtime.OutOfMemory");
    for (path, filling) in [
        ("index.mjs", "for (;;) a.push(new Uint8Array(1e6).fill(1));"),
        ("index.js", "for (;;) a.push('x'.repeat(1e5) + a.length);"),
    ] {
        assert_eq!(unloaded(path, &format!("const a = []; {filling}"), "index.run").0, "Runtime.OutOfMemory", "{path}");
    }
}

#[test]
fn an_engine_without_memory_for_an_error_is_told_from_a_handler_that_throws_null() {
    let fill = "Array.prototype.fill.call({ length: 2 ** 53 - 1 }, 1)";
    let chain = "let p = Promise.resolve(1); for (let i = 0; i < 4e5; i += 1) p = p.then((x) => x);";
    let text = "let s = 'x'; const all = []; for (;;) { s += 'y'; all.push([s]); }";
    for source in [
        format!("export const run = async () => {fill};"),
        format!("export const run = () => {fill};"),
        format!("export const run = async () => {{ await null; return {fill}; }};"),
        format!("export const run = () => new Promise(() => setTimeout(() => {fill}, 1));"),
        format!("export const run = async () => {{ Promise.resolve().then(() => {fill}); }};"),
        format!("export const run = async () => {{ {chain} return await p; }};"),
        format!("export const run = async () => {{ {text} }};"),
    ] {
        assert_eq!(failure(&source, 16), "Runtime.OutOfMemory", "{source}");
    }
    let large = "await (async () => { const a = []; for (let i = 0; i < 1e4; i += 1) a.push({ a }); })();";
    for source in [
        "export const run = async () => { throw null; };".to_owned(),
        "export const run = () => Promise.reject(null);".to_owned(),
        format!("export const run = async () => {{ {large} throw null; }};"),
    ] {
        let mut spoilt = function("a.mjs", &source, "nodejs22.x");
        (spoilt.memory, spoilt.timeout) = (4, Duration::from_mins(1));
        let mut bench = Bench::with(&spoilt, Duration::ZERO, None);
        for _ in 0..3 {
            let failed = bench.run(&json!({})).0.unwrap_err();
            assert_eq!(failed.error, "string", "{source}");
            assert!(failed.cause.contains("\"errorMessage\":\"handled\""), "{}", failed.cause);
        }
    }
}
