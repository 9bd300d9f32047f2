//! What the endpoint reads.

use std::borrow::Cow;
use std::fs;
use std::path::Path as FilePath;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};
use stepgate_emulator::budget::Budget;
use stepgate_emulator::clock::VirtualClock;
use stepgate_emulator::document::{self, Position, Text};
use stepgate_emulator::doubles::Doubles;
use stepgate_emulator::faults::FaultPlan;
use stepgate_emulator::http::{Decoded, Decoder};
use stepgate_emulator::jsonata::{Evaluation, JsonataExpression, Moment};
use stepgate_emulator::jsonpath::Path;
use stepgate_emulator::signature::{AccessKey, CallerIdentity, Verifier};
use stepgate_emulator::states::{StatesOptions, StepFunctions};
use stepgate_emulator::template::{LoadOptions, Source, load};
use stepgate_emulator::vtl::{Body, Context, Facts, Leniency, Overrides, Parameters, Template};

/// When everything happens.
const NOW: Duration = Duration::from_millis(1_500_000_000_123);

/// Loads whatever `openapi.yaml` beside it says.
const TEMPLATE: &str = "Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      DefinitionBody:
        Fn::Transform: {Name: AWS::Include, Parameters: {Location: openapi.yaml}}
";

pub(super) fn yaml(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = document::yaml::parse("fuzzed.yaml", text);
    let _ = document::yaml::parse_loosely("fuzzed.yaml", text);
    let _ = document::yaml::parse_part("fuzzed.yaml", text);
}

pub(super) fn json(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(node) = document::json::parse("fuzzed.json", text) {
        let _ = node.to_json();
    }
}

fn load_files(files: &[(&str, &[u8])]) {
    let folder = super::scratch("template");
    let _ = fs::create_dir_all(&folder);
    if files.iter().all(|(name, text)| fs::write(folder.join(name), text).is_ok()) {
        let _ = load(&Source::file(&folder.join("template.yaml")), &LoadOptions::default());
    }
    let _ = fs::remove_dir_all(&folder);
}

pub(super) fn template(bytes: &[u8]) {
    load_files(&[("template.yaml", bytes)]);
}

pub(super) fn openapi(bytes: &[u8]) {
    load_files(&[("template.yaml", TEMPLATE.as_bytes()), ("openapi.yaml", bytes)]);
}

struct NoVariables;

impl Context for NoVariables {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        (name == "requestId").then_some("9c3d8aab-83bf-4542-8256-36c9f42b6b01".into())
    }
}

/// A mapping template and, after a zero byte, a body.
pub(super) fn velocity(bytes: &[u8]) {
    let Some((template, body)) = super::two_texts(bytes) else { return };
    let start = Position { file: "fuzzed.yaml".into(), line: 1, column: 1 };
    let Ok(template) = Template::parse(&Text { value: template.to_owned(), start, indent: 1 }) else { return };
    for leniency in [Leniency::Lenient, Leniency::Strict] {
        let (body, budget) = (Body::new(body, leniency), Budget::for_body(body.len()));
        let facts = Facts {
            body: &body,
            parameters: &Parameters::default(),
            context: &NoVariables,
            stage_variables: &[],
            overrides: &Overrides::default(),
            budget: &budget,
        };
        let _ = template.render(&facts);
    }
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!({ "text": text }))
}

/// A path and, after a zero byte, what it is read from.
pub(super) fn jsonpath(bytes: &[u8]) {
    let Some((path, document)) = super::two_texts(bytes) else { return };
    let budget = Budget::for_body(document.len());
    if let Ok(path) = Path::parse_within(path, &budget) {
        let _ = path.copy_within(&value(document), &budget);
    }
}

/// An expression and, after a zero byte, its input.
pub(super) fn jsonata(bytes: &[u8]) {
    let Some((expression, input)) = super::two_texts(bytes) else { return };
    let input = value(input);
    let Ok(expression) = JsonataExpression::parse_for_states(expression) else { return };
    let mut evaluation = Evaluation::new(Moment { now: NOW, seed: 7 });
    evaluation.bind_with("states", move || json!({ "input": input }));
    let _ = evaluation.evaluate(&expression);
}

fn workflows() -> &'static StepFunctions {
    static WORKFLOWS: OnceLock<Arc<StepFunctions>> = OnceLock::new();
    WORKFLOWS.get_or_init(|| {
        let source = Source::file(&FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/template.yaml"));
        let deployment = load(&source, &LoadOptions::default()).expect("deploy/ loads");
        let clock = Arc::new(VirtualClock::starting_at(NOW));
        StepFunctions::new(&deployment, clock, StatesOptions::default()).expect("deploy/ is served")
    })
}

/// A definition and, after a zero byte, the input of an execution, which is stopped if it does not come to an end.
pub(super) fn states(bytes: &[u8]) {
    let Some((definition, input)) = super::two_texts(bytes) else { return };
    let call = |action: &str, body: Value| -> Value {
        let reply = workflows().call(action, body.to_string().as_bytes());
        serde_json::from_slice(&reply.body).expect("an API answers JSON")
    };
    let role = "arn:aws:iam::123456789012:role/r";
    let made = call("CreateStateMachine", json!({ "name": "fuzzed", "definition": definition, "roleArn": role }));
    let Some(machine) = made.get("stateMachineArn") else { return };
    let started = call("StartExecution", json!({ "stateMachineArn": machine, "input": input }));
    if let Some(execution) = started.get("executionArn") {
        let running = || call("DescribeExecution", json!({ "executionArn": execution }))["status"] == "RUNNING";
        // Its clock is virtual: what waits for time alone ends at once.
        if (0..1_000).all(|_| running()) {
            call("StopExecution", json!({ "executionArn": execution }));
        }
        call("GetExecutionHistory", json!({ "executionArn": execution }));
    }
    call("DeleteStateMachine", json!({ "stateMachineArn": machine }));
}

fn requests(bytes: &[u8], mut each: impl FnMut(&stepgate_emulator::http::Request)) {
    let mut decoder = Decoder::default();
    // In two pieces, as they may come.
    let (first, second) = bytes.split_at(bytes.len() / 2);
    for piece in [first, second] {
        decoder.buffer().extend_from_slice(piece);
        loop {
            match decoder.decode() {
                Ok(Decoded::Request { request, .. }) => each(&request),
                Ok(Decoded::Continue) => {}
                Ok(Decoded::Incomplete) => break,
                Err(_) => return,
            }
        }
    }
}

pub(super) fn request(bytes: &[u8]) {
    requests(bytes, |_| ());
}

pub(super) fn signature(bytes: &[u8]) {
    let [access_key, arn, account] = ["AKIDEXAMPLE", "arn:aws:iam::123456789012:user/example", "123456789012"];
    let [access_key, arn, account] = [access_key, arn, account].map(str::to_owned);
    let key = AccessKey::new(CallerIdentity { access_key, arn, account }, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let verifier = Verifier::new(key.into(), "us-east-1", "service");
    requests(bytes, |request| {
        // A second after the time of the published test suite.
        let _ = verifier.verify(request, Duration::from_secs(1_440_938_161));
    });
}

pub(super) fn mocks(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = Doubles::default().read(text, FilePath::new("folder"), |_| Err("no handlers here".to_owned()));
}

pub(super) fn faults(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = FaultPlan::read(text);
}
