//! What reads bytes from outside, as functions that must come back whatever they are given. They say whether they
//! understood it. The targets are in `tests/src/fuzz`.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};

use crate::budget::Budget;
use crate::clock::{VirtualClock, at_work, since_start};
use crate::document::{self, Position, Text};
use crate::doubles::Doubles;
use crate::http::{Decoded, Decoder, Request};
use crate::java;
use crate::jsonata::{Allowance, Clocks, Evaluation, ExpressionValue, JsonataExpression, Moment};
use crate::jsonpath;
use crate::signature::{AccessKey, CallerIdentity, Verifier};
use crate::states::{StatesOptions, StepFunctions};
use crate::template::{LoadOptions, Source, load};
use crate::vtl::{Body, Context, Facts, Leniency, Overrides, Parameters, Template};

/// When everything happens.
const NOW: Duration = Duration::from_millis(1_500_000_000_123);

/// Reads YAML in each of the three ways.
#[must_use]
pub fn yaml(text: &str) -> bool {
    let _ = document::yaml::parse_loosely("fuzzed.yaml", text);
    let _ = document::yaml::parse_part("fuzzed.yaml", text);
    document::yaml::parse("fuzzed.yaml", text).is_ok()
}

/// Reads JSON, and writes what it has read.
#[must_use]
pub fn json(text: &str) -> bool {
    document::json::parse("fuzzed.json", text).map(|node| node.to_json()).is_ok()
}

/// Loads a template and the files that it names.
#[must_use]
pub fn template(path: &Path) -> bool {
    load(&Source::file(path), &LoadOptions::default()).is_ok()
}

struct NoVariables;

impl Context for NoVariables {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        (name == "requestId").then_some("9c3d8aab-83bf-4542-8256-36c9f42b6b01".into())
    }
}

fn parsed(template: &str) -> Result<Template, String> {
    let start = Position { file: "fuzzed.yaml".into(), line: 1, column: 1 };
    Template::parse(&Text { value: template.to_owned(), start, indent: 1 }).map_err(|error| error.to_string())
}

fn render(template: &Template, body: &str, leniency: Leniency) -> Result<String, String> {
    let (body, budget) = (Body::new(body, leniency), Budget::for_body(body.len()));
    let facts = Facts {
        body: &body,
        parameters: &Parameters::default(),
        context: &NoVariables,
        stage_variables: &[],
        overrides: &Overrides::default(),
        budget: &budget,
    };
    template.render(&facts).map(|rendered| rendered.text).map_err(|error| error.to_string())
}

/// Renders a mapping template with a body.
#[must_use]
pub fn velocity(template: &str, body: &str) -> bool {
    let Ok(template) = parsed(template) else { return false };
    [Leniency::Lenient, Leniency::Strict].map(|leniency| render(&template, body, leniency).is_ok()) == [true; 2]
}

/// What a mapping template makes of a body, for those who compare it with another's.
///
/// # Errors
/// Where the template is refused, or cannot be rendered.
pub fn rendered(template: &str, body: &str) -> Result<String, String> {
    render(&parsed(template)?, &java::halved(body.into()), Leniency::Lenient)
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!({ "text": text }))
}

/// Looks a `JSONPath` up in a document.
#[must_use]
pub fn jsonpath(path: &str, document: &str) -> bool {
    let budget = Budget::for_body(document.len());
    let path = jsonpath::Path::parse_within(path, &budget);
    path.is_ok_and(|path| path.copy_within(&value(document), &budget).is_ok())
}

/// Evaluates an expression of a state machine.
#[must_use]
pub fn jsonata(expression: &str, input: &str) -> bool {
    let input = value(input);
    let Ok(expression) = JsonataExpression::parse_for_states(expression) else { return false };
    let states = move |name: &str| (name == "states").then(|| ExpressionValue::from(&json!({ "input": input })));
    let allowance = Allowance::new(Clocks { machine: since_start, thread: at_work });
    Evaluation::within(&allowance, Moment { now: NOW, seed: 7 }).with_variables(states).evaluate(&expression).is_ok()
}

fn workflows() -> &'static StepFunctions {
    static WORKFLOWS: OnceLock<Arc<StepFunctions>> = OnceLock::new();
    WORKFLOWS.get_or_init(|| {
        let source = Source::carried("deploy", stepgate_deploy::CORRECTED);
        let deployment = load(&source, &LoadOptions::default()).expect("deploy/ loads");
        let clock = Arc::new(VirtualClock::starting_at(NOW));
        StepFunctions::new(&deployment, clock, StatesOptions::default()).expect("deploy/ is served")
    })
}

/// Runs a state machine with an input. Its clock is virtual, so that what waits for time alone ends at once; an execution
/// that does not come to an end is stopped.
///
/// # Panics
/// If the API answers anything but JSON.
#[must_use]
pub fn states(definition: &str, input: &str) -> bool {
    let call = |action: &str, body: Value| -> Value {
        let reply = workflows().call(action, body.to_string().as_bytes());
        serde_json::from_slice(&reply.body).expect("an API answers JSON")
    };
    let role = "arn:aws:iam::123456789012:role/r";
    let made = call("CreateStateMachine", json!({ "name": "fuzzed", "definition": definition, "roleArn": role }));
    let Some(machine) = made.get("stateMachineArn") else { return false };
    let started = call("StartExecution", json!({ "stateMachineArn": machine, "input": input }));
    if let Some(execution) = started.get("executionArn") {
        let running = || call("DescribeExecution", json!({ "executionArn": execution }))["status"] == "RUNNING";
        if (0..1_000).all(|_| running()) {
            call("StopExecution", json!({ "executionArn": execution }));
        }
        call("GetExecutionHistory", json!({ "executionArn": execution }));
    }
    call("DeleteStateMachine", json!({ "stateMachineArn": machine }));
    started.get("executionArn").is_some()
}

/// Whether one of the requests in these bytes is what is looked for.
fn any_request(bytes: &[u8], mut is_one: impl FnMut(&Request) -> bool) -> bool {
    let (mut decoder, mut found) = (Decoder::default(), false);
    // In two pieces, as they may come.
    let (first, second) = bytes.split_at(bytes.len() / 2);
    for piece in [first, second] {
        decoder.buffer().extend_from_slice(piece);
        loop {
            match decoder.decode() {
                Ok(Decoded::Request { request, .. }) => found |= is_one(&request),
                Ok(Decoded::Continue) => {}
                Ok(Decoded::Incomplete) => break,
                Err(_) => return found,
            }
        }
    }
    found
}

/// Takes requests out of what comes over a connection.
#[must_use]
pub fn request(bytes: &[u8]) -> bool {
    any_request(bytes, |_| true)
}

/// Verifies the signatures of such requests.
#[must_use]
pub fn signature(bytes: &[u8]) -> bool {
    let [access_key, arn, account] = ["AKIDEXAMPLE", "arn:aws:iam::123456789012:user/example", "123456789012"];
    let [access_key, arn, account] = [access_key, arn, account].map(str::to_owned);
    let key = AccessKey::new(CallerIdentity { access_key, arn, account }, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let verifier = Verifier::new(key.into(), "us-east-1", "service");
    // A second after the time of the published test suite.
    any_request(bytes, |request| verifier.verify(request, Duration::from_secs(1_440_938_161)).is_ok())
}

/// Reads a file of mocks.
#[must_use]
pub fn mocks(text: &str) -> bool {
    Doubles::default().read(text, Path::new("folder"), |_| Err("no handlers here".to_owned())).is_ok()
}
