//! Handlers of more than one file.

use std::sync::Arc;

use super::*;
use crate::functions::with_files;

/// A function whose handler is the first of these files, all below the folder `code`.
fn several(files: &[(&str, &str)]) -> Function {
    let (path, source) = files[0];
    let mut function = function(&format!("code/{path}"), source, "nodejs22.x");
    let FunctionCode::Script(alone) = &function.code else { unreachable!("it is a script") };
    let module = with_files(Module { folder: "code".to_owned(), ..alone.clone() }, |path| {
        let inner = path.strip_prefix("code/").expect("nothing outside of the folder is asked for");
        if inner == "locked.js" {
            return Err("larger than 8 MiB".to_owned());
        }
        Ok(files.iter().find(|(known, _)| *known == inner).map(|(_, source)| (*source).to_owned()))
    });
    function.code = FunctionCode::Script(module);
    function
}

fn answer(files: &[(&str, &str)]) -> Value {
    let mut bench = Bench::with(&several(files), Duration::ZERO, None);
    let first = bench.run(&json!({})).0.unwrap();
    // A new environment, made of what is compiled by then.
    let again = Bench::with(&several(files), Duration::ZERO, None).run(&json!({})).0.unwrap();
    assert_eq!(first, again);
    serde_json::from_str(&first).unwrap()
}

#[test]
fn a_handler_loads_the_files_of_its_folder() {
    let json = ("data.json", r#"{"__proto__": 1, "a": [1, "\u2028"]}"#);
    for (files, expected) in [
        (
            &[("a.js", "const l = require('./lib'); exports.run = async () => l.x;"), ("lib.js", "exports.x = 1;")]
                as &[_],
            json!(1),
        ),
        (
            &[
                ("a.mjs", "import d, { y } from './l.mjs'; export const run = async () => [d, y];"),
                ("l.mjs", "export const y = 2; export default 3;"),
            ],
            json!([3, 2]),
        ),
        (
            &[
                ("h/a.js", "const x = require('../shared/x'); exports.run = async () => x();"),
                ("shared/x.js", "module.exports = () => require('./y').y;"),
                ("shared/y/index.js", "'use strict'; exports.y = 4;"),
            ],
            json!(4),
        ),
        (
            &[("a.js", "exports.run = async () => require('./data.json').a[0] + require('./data').a.length;"), json],
            json!(3),
        ),
        (
            &[
                (
                    "a.mjs",
                    "import d from './data.json' with { type: 'json' }; export const run = async () => Object.keys(d);",
                ),
                json,
            ],
            json!(["__proto__", "a"]),
        ),
        (
            &[
                (
                    "a.mjs",
                    "import c, { x } from './c.cjs'; import { y } from './s.js'; export const run = async () => [c.x, x, y, c === (await import('./c.cjs')).default];",
                ),
                ("c.cjs", "exports.x = 1; exports['no name'] = 2;"),
                ("s.js", "'use strict'; exports.y = 5;"),
            ],
            json!([1, 1, 5, true]),
        ),
        (
            &[
                ("a.js", "const { y } = require('./l.mjs'); exports.run = async () => y;"),
                ("l.mjs", "import { z } from './z.mjs'; export const y = z + 1;"),
                ("z.mjs", "export const z = 1;"),
            ],
            json!(2),
        ),
        (
            &[
                ("a.js", "exports.run = async () => (await import('./l.mjs')).y;"),
                ("l.mjs", "export const y = await Promise.resolve(7);"),
            ],
            json!(7),
        ),
        (
            &[
                ("a.js", "exports.run = async () => require('./p').m;"),
                ("p/package.json", r#"{"main": "lib/m"}"#),
                ("p/lib/m.js", "exports.m = __filename + __dirname;"),
            ],
            json!("/var/task/p/lib/m.js/var/task/p/lib"),
        ),
        (
            &[
                (
                    "a.js",
                    "exports.run = async () => [require('./l') === require('./l.js'), require('/var/task/l').n, require.resolve('./l')];",
                ),
                ("l.js", "exports.n = (globalThis.n = (globalThis.n ?? 0) + 1);"),
            ],
            json!([true, 1, "/var/task/l.js"]),
        ),
        (
            &[(
                "a.js",
                "try { require('./none'); } catch (e) { exports.code = e.code; } exports.run = async () => exports.code;",
            )],
            json!("MODULE_NOT_FOUND"),
        ),
    ] {
        assert_eq!(answer(files), expected, "{files:?}");
    }
}

#[test]
fn files_may_load_each_other() {
    let common = [
        (
            "a.js",
            "exports.early = 1; const b = require('./b'); exports.late = 2; exports.run = async () => [b.seen, b.now()];",
        ),
        ("b.js", "const a = require('./a'); exports.seen = Object.keys(a); exports.now = () => Object.keys(a);"),
    ];
    assert_eq!(answer(&common), json!([["early"], ["early", "late", "run"]]));
    let modules = [
        (
            "a.mjs",
            "import { twice } from './b.mjs'; export let loads = 0; loads += 1; export const run = async () => [twice(2), loads];",
        ),
        ("b.mjs", "import { loads } from './a.mjs'; export const twice = (n) => n * 2 + loads;"),
    ];
    assert_eq!(answer(&modules), json!([5, 1]));
}

fn refusal(files: &[(&str, &str)]) -> String {
    Library::load(&options(&[several(files)])).unwrap_err().to_string()
}

#[test]
fn what_a_handler_cannot_load_is_named_with_the_way_out() {
    for (source, expected) in [
        ("require('./none')", "there is no code/none, code/none.js, code/none.json or code/none/index.js"),
        (
            "require('../../etc/passwd')",
            "it lies outside of the handler's code folder code, which is all that it is given",
        ),
        ("require('/etc/passwd')", "it lies outside of the handler's code folder code"),
        ("require('./locked')", "code/locked.js cannot be read: larger than 8 MiB"),
        ("require('uuid')", "packages are not looked for; provided are assert, assert/strict, buffer, "),
        (
            "require('@aws-sdk/client-s3')",
            "Bundle the handler into one file, run the function elsewhere and name it with --lambda-endpoint, or mock its task with --mocks",
        ),
        ("require('node:fs')", "functions run here reach no file, network or host; provided are assert, "),
        (
            "fetch('http://localhost/')",
            "fetch is not defined: the emulator runs handlers without fetch. Run the function elsewhere",
        ),
    ] {
        let error = refusal(&[("a.js", source)]);
        assert!(error.starts_with("code/a.js:1:") && error.contains(expected), "{error}");
    }
    let error = refusal(&[("a.mjs", "import './lib';"), ("lib.js", "")]);
    assert!(
        error.contains("there is no code/lib; `import` wants the whole name of a file, here code/lib.js"),
        "{error}"
    );
    let error = refusal(&[("a.js", "require('./bad')"), ("bad.js", "\nconst x = ;")]);
    assert!(error.starts_with("code/bad.js:2:11: function `f` cannot be loaded: SyntaxError: "), "{error}");
    let error = refusal(&[("a.mjs", "import './bad.mjs'"), ("bad.mjs", "\n\nnothing();")]);
    assert!(error.starts_with("code/bad.mjs:3:1: "), "{error}");
    let error = refusal(&[("a.js", "require('./bad.json')"), ("bad.json", "{")]);
    assert!(error.contains("/var/task/bad.json: "), "{error}");
}

#[test]
fn a_running_handler_reads_no_file_that_was_not_read_before() {
    let files = [
        (
            "a.js",
            "exports.run = async () => { const name = './later'; try { return require(name).x; } catch (e) { return e.message; } };",
        ),
        ("later.js", "exports.x = 1;"),
    ];
    let told = answer(&files);
    assert!(told.as_str().unwrap().contains("files are read when the template is loaded"), "{told}");
}

#[test]
fn the_number_of_files_is_bounded() {
    let module = Module::alone("a.js", "require('./0')");
    let endless = with_files(module, |path| {
        let number = path.strip_suffix(".js").and_then(|number| number.parse::<u32>().ok());
        Ok(number.map(|number| format!("require('./{}')", number + 1)))
    });
    let read = endless.files.values().filter(|text| text.is_ok()).count();
    assert_eq!(read, 1_000);
    let refused: Vec<&Result<Arc<str>, String>> = endless.files.values().filter(|text| text.is_err()).collect();
    assert!(!refused.is_empty() && refused.len() < 10, "{refused:?}");
}
