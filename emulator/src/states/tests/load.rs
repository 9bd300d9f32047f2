//! What is refused when a deployment is loaded: `../vectors/refused.json`.

use super::*;

#[test]
fn what_step_functions_would_refuse_is_refused_with_its_place_and_its_state() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/states/vectors/refused.json");
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut otherwise = Vec::new();
    for case in &cases {
        let definition = case["machine"].as_str().unwrap();
        let deployed = deployment(definition, MachineKind::Standard);
        let refused = StepFunctions::new(&deployed, virtual_clock(), StatesOptions::default());
        let error = refused.err().unwrap_or_else(|| panic!("not refused: {definition}"));
        let expected = format!("machine.asl.json:{}", case["error"].as_str().unwrap());
        if error.to_string() != expected {
            otherwise.push(format!("{definition}\n  gave     {error}\n  in place of {expected}"));
        }
    }
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
}

fn handler_error(path: &str, source: &str, handler: &str, runtime: &str) -> String {
    let pass = json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}});
    let mut deployed = deployment(&pass.to_string(), MachineKind::Standard);
    deployed.functions.truncate(1);
    let function = &mut deployed.functions[0];
    function.code = FunctionCode::Script(Module::alone(path, source));
    function.handler = handler.to_owned();
    function.runtime = runtime.to_owned();
    let strict = StatesOptions { strict: true, ..StatesOptions::default() };
    let error = StepFunctions::new(&deployed, virtual_clock(), strict).unwrap_err().to_string();
    let lenient = StepFunctions::new(&deployed, virtual_clock(), StatesOptions::default()).unwrap();
    assert!(lenient.passed_over()[0].ends_with(&error), "{:?}", lenient.passed_over());
    error
}

#[test]
fn handlers_that_cannot_be_loaded_are_passed_over_and_refused_when_strict_with_their_place() {
    let node = "nodejs22.x";
    for (path, source, start) in [
        (
            "a.mjs",
            "export const run = async () => {\n  return 1 +;\n};",
            "a.mjs:2:13: function `echo` cannot be loaded: SyntaxError: ",
        ),
        ("a.js", "exports.run = () => {\n  let let = 1;\n};", "a.js:2:"),
        ("a.cjs", "exports.run = 1 +;", "a.cjs:1:18: function `echo` cannot be loaded: SyntaxError: "),
        (
            "a.mjs",
            "export const run = 1;\nnothere();",
            "a.mjs:2:1: function `echo` cannot be loaded: ReferenceError: nothere is not defined",
        ),
        (
            "a.js",
            "exports.other = () => {};",
            "template.yaml:1:1: handler `run` of function `echo`: a.js exports no function `run` (it is not there)",
        ),
        (
            "a.mjs",
            "export const run = 5;",
            "template.yaml:1:1: handler `run` of function `echo`: a.mjs exports no function `run` (it is not a function)",
        ),
    ] {
        let error = handler_error(path, source, "a.run", node);
        assert!(error.starts_with(start), "{error}\n{start}");
    }
}

#[test]
fn callbacks_end_with_node_24() {
    let source = "exports.run = (event, context, callback) => callback(null, 1);";
    let error = handler_error("a.js", source, "a.run", "nodejs24.x");
    assert!(error.contains("takes a callback, which Lambda no longer passes from nodejs24.x on"), "{error}");
}

/// A handler that does not run here, and the warning about it.
fn passed_over(source: &str, runtime: &str) -> Vec<String> {
    let pass = json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}});
    let mut deployed = deployment(&pass.to_string(), MachineKind::Standard);
    deployed.functions.truncate(1);
    deployed.functions[0].code = FunctionCode::Script(Module::alone("a.mjs", source));
    deployed.functions[0].handler = "a.run".to_owned();
    deployed.functions[0].runtime = runtime.to_owned();
    StepFunctions::new(&deployed, virtual_clock(), StatesOptions::default()).unwrap().passed_over().to_vec()
}

#[test]
fn functions_that_cannot_run_here_are_passed_over_with_a_word() {
    let warnings = passed_over("import fs from 'node:fs'; export const run = () => {};", "nodejs22.x");
    assert!(
        warnings[0].contains("Cannot find module 'node:fs': functions run here reach no file, network or host"),
        "{warnings:?}"
    );
}
