//! What handlers find of Node.js: its values are those of Node.js 20 unless it is said otherwise.

use super::*;

/// What an expression is worth in a handler.
fn worth(expression: &str) -> Value {
    value("a.mjs", &format!("export const run = async (event, context) => ({expression});")).0
}

#[test]
fn each_version_of_a_function_has_environments_of_its_own_and_is_told_which_it_is() {
    let source = "let calls = 0; export const run = async (event, context) => [++calls, context.functionVersion, \
                  process.env.AWS_LAMBDA_FUNCTION_VERSION, context.invokedFunctionArn.split(':').slice(6).join(':')];";
    let mut bench = Bench::of("a.mjs", source);
    for (name, told) in [
        ("f", json!([1, "$LATEST", "$LATEST", "f"])),
        ("f:live", json!([1, "1", "1", "f:live"])),
        ("f:1", json!([2, "1", "1", "f:1"])),
        ("f:$LATEST", json!([2, "$LATEST", "$LATEST", "f:$LATEST"])),
        ("f:2", json!([1, "2", "2", "f:2"])),
    ] {
        let called = bench.called(name);
        assert!(bench.pool.invoke(bench.invocations, 0, "{}", called, START).is_none());
        let (_, answer) = bench.next();
        assert_eq!(serde_json::from_str::<Value>(&answer.unwrap()).unwrap(), told, "{name}");
    }
}

#[test]
fn bytes_and_texts_are_converted() {
    for (expression, expected) in [
        ("[...new TextEncoder().encode('é😀\\ud800')]", json!([195, 169, 240, 159, 152, 128, 239, 191, 189])),
        ("new TextDecoder().decode(new Uint8Array([239, 187, 191, 97, 255]))", json!("a\u{fffd}")),
        ("Buffer.from('héllo').toString('base64')", json!("aMOpbGxv")),
        ("Buffer.from('aMOpbGxv', 'base64').toString()", json!("héllo")),
        ("Buffer.from('6869zz', 'hex').toString()", json!("hi")),
        ("Buffer.concat([Buffer.from('a'), Buffer.from('bc')]).toString('hex')", json!("616263")),
        (
            "[Buffer.byteLength('€'), Buffer.from('€').length, Buffer.isBuffer(Buffer.alloc(1)), Buffer.alloc(1) instanceof Uint8Array]",
            json!([3, 3, true, true]),
        ),
        ("JSON.parse(JSON.stringify(Buffer.from('a')))", json!({"type": "Buffer", "data": [97]})),
        ("Buffer.from('abc').subarray(1).toString()", json!("bc")),
        ("[btoa('hé'), atob('aMOp') === 'h\\u00c3\\u00a9']", json!(["aOk=", true])),
        ("(await import('node:buffer')).Buffer === Buffer", json!(true)),
        ("typeof structuredClone(new Map([[1, { a: new Date(5) }]])).get(1).a.getTime()", json!("number")),
        (
            "(() => { const a = { b: [] }; a.b.push(a); const c = structuredClone(a); return c !== a && c.b[0] === c; })()",
            json!(true),
        ),
        ("(() => { try { structuredClone(() => 1); } catch (e) { return e.name; } })()", json!("DataCloneError")),
    ] {
        assert_eq!(worth(expression), expected, "{expression}");
    }
}

#[test]
fn hashes_are_right_and_random_values_follow_from_the_invocation() {
    let hash = "(await import('crypto')).default.createHash";
    for (expression, expected) in [
        (format!("{hash}('sha256').update('a').update('bc').digest('hex')"), json!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")),
        (format!("{hash}('sha1').update('abc').digest('base64')"), json!("qZk+NkcGgWq6PiVxeFDCbJzQ2J0=")),
        (format!("{hash}('md5').update(Buffer.from('abc')).digest('hex')"), json!("900150983cd24fb0d6963f7d28e17f72")),
        (
            // RFC 4231, test case 2.
            "(await import('node:crypto')).createHmac('sha256', 'Jefe').update('what do ya want for nothing?').digest('hex')".to_owned(),
            json!("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ),
        ("/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())".to_owned(), json!(true)),
        ("crypto.randomUUID() === crypto.randomUUID()".to_owned(), json!(false)),
    ] {
        assert_eq!(worth(&expression), expected, "{expression}");
    }
    for source in ["crypto.randomUUID()", "[Math.random(), Math.random()]"] {
        let module = format!("export const run = async () => {source};");
        let mut bench = Bench::of("a.mjs", &module);
        let (first, second) = (bench.run(&json!({})).0, bench.run(&json!({})).0);
        assert_ne!(first, second, "{source}");
        assert_eq!(Bench::of("a.mjs", &module).run(&json!({})).0, first, "{source}");
    }
}

#[test]
fn modules_that_only_compute_are_provided() {
    for (expression, expected) in [
        ("(await import('path')).default.join('/a', '../b', './c.txt')", json!("/b/c.txt")),
        ("(await import('node:path')).extname('a/b.tar.gz')", json!(".gz")),
        ("(await import('path/posix')).resolve('x')", json!("/var/task/x")),
        ("(await import('util')).format('%s is %d', 'it', 4.5)", json!("it is 4.5")),
        (
            "(await import('util')).inspect(new Map([['a', { b: new Set([1]) }]]))",
            json!("Map(1) { 'a' => { b: Set(1) { 1 } } }"),
        ),
        (
            "(await import('util')).isDeepStrictEqual({ a: [1, new Map([[1, 2]])] }, { a: [1, new Map([[1, 2]])] })",
            json!(true),
        ),
        ("(await (await import('util')).promisify((a, done) => setTimeout(done, 5, null, a + 1))(1))", json!(2)),
        ("{ ...(await import('querystring')).parse('a=1&b=%20x+y&a=2') }", json!({"a": ["1", "2"], "b": " x y"})),
        ("(await import('events')).default === (await import('node:events')).EventEmitter", json!(true)),
        (
            "await import('events').then(({ EventEmitter }) => { const e = new (class extends EventEmitter {})(); const seen = []; e.once('a', (x) => seen.push(x)); e.emit('a', 1); return [...seen, e.emit('a', 2)]; })",
            json!([1, false]),
        ),
        (
            "await import('assert').then(({ default: assert }) => { try { assert.deepStrictEqual({ a: 1 }, { a: 2 }); } catch (e) { return [e.name, e.code]; } })",
            json!(["AssertionError", "ERR_ASSERTION"]),
        ),
        (
            "(() => { const u = new URL('../b?x=1#h', 'https://u:p@example.com:8080/a/c'); u.searchParams.append('y', 'a b'); u.port = '443'; return [u.href, u.origin, u.searchParams.get('y')]; })()",
            json!(["https://u:p@example.com/b?x=1&y=a+b#h", "https://example.com", "a b"]),
        ),
        (
            "(() => { try { new URL('nothing'); } catch (e) { return [e.name, e.code]; } })()",
            json!(["TypeError", "ERR_INVALID_URL"]),
        ),
        ("[...new URLSearchParams('a=1&b=%C3%A9+x')].flat()", json!(["a", "1", "b", "é x"])),
        (
            "[typeof fetch, typeof Intl, 'fetch' in globalThis, typeof require]",
            json!(["undefined", "undefined", false, "undefined"]),
        ),
        ("Object.keys(globalThis).includes('Buffer')", json!(false)),
        ("((globalThis.Buffer = 1), Buffer)", json!(1)),
    ] {
        assert_eq!(worth(expression), expected, "{expression}");
    }
    for name in [
        "assert",
        "assert/strict",
        "buffer",
        "console",
        "crypto",
        "events",
        "path",
        "process",
        "querystring",
        "timers",
        "url",
        "util",
        "util/types",
    ] {
        let source = format!(
            "const m = require('{name}'); exports.run = async () => m === require('node:{name}') && m !== undefined;"
        );
        assert_eq!(value("a.js", &source).0, json!(true), "{name}");
    }
}

#[test]
fn the_console_formats_as_node_does() {
    for (arguments, expected) in [
        ("'%s is %d, %i, %f', 'it', '4.5', '4.5', '4.5'", "it is 4.5, 4, 4.5"),
        ("'%j %o %O', { a: 1 }, [1], { b: {} }", "{\"a\":1} [ 1, [length]: 1 ] { b: {} }"),
        ("'%c100%% %s', 'colour: red'", "100% %s"),
        ("'100%%'", "100%%"),
        ("'a', '%s', 'b'", "a %s b"),
        ("new Map([['a', 1]]), new Set(['b'])", "Map(1) { 'a' => 1 } Set(1) { 'b' }"),
        ("new (class Order { constructor() { this.id = 1; } })(), class A {}", "Order { id: 1 } [class A]"),
        ("() => 1, function named() {}", "[Function (anonymous)] [Function: named]"),
        (
            "[undefined, null, 'it\\'s', 10n, -0, /x/g, Symbol('s')]",
            "[ undefined, null, \"it's\", 10n, -0, /x/g, Symbol(s) ]",
        ),
        ("Buffer.from('hi'), new Uint8Array(2)", "<Buffer 68 69> Uint8Array(2) [ 0, 0 ]"),
        ("(() => { const a = { b: {} }; a.b.a = a; return a; })()", "<ref *1> { b: { a: [Circular *1] } }"),
        ("new Date(0), Object.create(null)", "1970-01-01T00:00:00.000Z [Object: null prototype] {}"),
    ] {
        let mut bench = Bench::of("a.mjs", &format!("export const run = async () => console.log({arguments});"));
        bench.run(&json!({})).0.unwrap();
        let lines = bench.said();
        assert_eq!(lines[0].split_once("\tINFO\t").unwrap().1, expected, "{arguments}");
    }
}

#[test]
fn a_rejection_that_nobody_hears_of_ends_the_invocation() {
    for source in [
        "export const run = async () => { Promise.reject(new TypeError('lost')); return 1; };",
        "export const run = async () => { (async () => { throw new TypeError('lost'); })(); await new Promise((done) => setTimeout(done, 50)); };",
        "export const run = () => new Promise(() => { setTimeout(async () => { throw new TypeError('lost'); }, 5); });",
    ] {
        let (name, cause) = error("a.mjs", source);
        assert_eq!(name, "Runtime.UnhandledPromiseRejection", "{source}");
        assert_eq!(cause["errorMessage"], "TypeError: lost");
        assert_eq!(cause["trace"][0], "Runtime.UnhandledPromiseRejection: TypeError: lost");
    }
    for source in [
        "export const run = async () => { const late = Promise.reject(new Error('x')); await null; return late.catch(() => 1); };",
        "export const run = async () => { const [first] = await Promise.allSettled([Promise.reject(1), 2]); return first.reason; };",
        "export const run = async () => { try { await (async () => { throw 1; })(); } catch (e) { return e; } };",
        "export const run = async () => { await import('./none.mjs').catch(() => {}); return 1; };",
    ] {
        assert_eq!(value("a.mjs", source).0, json!(1), "{source}");
    }
}

#[test]
fn the_variables_of_lambda_are_set_but_no_keys() {
    let names = "['AWS_DEFAULT_REGION', 'LAMBDA_TASK_ROOT', 'LAMBDA_RUNTIME_DIR', 'AWS_LAMBDA_LOG_GROUP_NAME', 'AWS_LAMBDA_LOG_STREAM_NAME', 'AWS_LAMBDA_INITIALIZATION_TYPE', 'TZ', 'AWS_ACCESS_KEY_ID']";
    let expected =
        json!(["eu-west-1", "/var/task", "/var/runtime", "/aws/lambda/f", "stepgate", "on-demand", ":UTC", null]);
    assert_eq!(worth(&format!("{names}.map((name) => process.env[name] ?? null)")), expected);
}

#[test]
fn half_of_a_pair_is_printed_as_node_prints_it_and_an_error_keeps_its_name() {
    let source =
        "export const run = async () => { console.log('a😀b'.slice(0, 2)); throw new RangeError('\\ud800'); };";
    let mut bench = Bench::of("a.mjs", source);
    let failed = bench.run(&json!({})).0.unwrap_err();
    assert_eq!(failed.error, "RangeError");
    assert!(bench.said()[0].ends_with("\tINFO\ta\u{fffd}"), "{:?}", bench.said());
}
