//! The steps of one `POST /execute` behind the server, without a socket: `benches/execute.rs` measures them.

use std::borrow::Cow;
use std::fmt;
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::sync::Arc;

use serde_json::json;

use crate::budget::Budget;
use crate::clock::{Clock, SystemClock};
use crate::deployment::{Api, Deployment};
use crate::document::{self, LoadError, Position, Text};
use crate::gateway::{Backend, Gateway, GatewayOptions};
use crate::http::{Arrival, IdSeeds, Request};
use crate::jsonpath::Path;
use crate::states::{StatesOptions, StepFunctions};
use crate::template::{LoadOptions, Source, load};
use crate::vtl::{Body, Context, Facts, Leniency, Overrides, Parameters, Template};

const BODY: &str =
    r#"{"order":"0190e6f2-6f0c-7cc2-a5c8-8c2b1d0f7a11","customer":4711,"items":["a","b"],"note":"it's here"}"#;
const PASS: &str = r#"{"StartAt":"Done","States":{"Done":{"Type":"Pass","End":true}}}"#;

/// One thing to measure.
pub struct Step {
    /// What it is; indented if it is a part of the one above.
    pub name: String,
    /// Does it; each call has a number of its own.
    pub call: Box<dyn FnMut(u32)>,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Step {
    fn new<T>(name: impl Into<String>, mut call: impl FnMut(u32) -> T + 'static) -> Self {
        let call = Box::new(move |number| drop(black_box(call(number))));
        Self { name: name.into(), call }
    }
}

struct NoVariables;

impl Context for NoVariables {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
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

/// All of them, for `deploy/` without authorisation.
///
/// # Errors
/// `deploy/` cannot be loaded, or not with a state machine that only passes its input on.
///
/// # Panics
/// If `deploy/` has no REST API with `POST /execute`.
pub fn steps() -> Result<Vec<Step>, LoadError> {
    let mut options = LoadOptions::default();
    options.parameters.push(("Auth".to_owned(), "NONE".to_owned()));
    let deployment = load(&Source::carried("deploy", stepgate_deploy::CORRECTED), &options)?;
    let mut pass = deployment.clone();
    for machine in &mut pass.machines {
        machine.definition = document::json::parse("pass.asl.json", PASS)?;
    }

    let mut steps = vec![Step::new("a request made (part of each line below)", |_| request())];
    steps.push(served("gateway alone", &deployment, Nothing));
    steps.extend(templates(&deployment)?);
    steps.push(json_path());
    let started = |deployment| StepFunctions::new(deployment, Arc::new(SystemClock::start()), StatesOptions::default());
    steps.push(served("gateway and StartExecution of a Pass machine", &pass, Workflows(started(&pass)?)));
    steps.push(start("StartExecution of a Pass machine", &pass, started(&pass)?));
    steps.push(start("StartExecution of the deployed workflow", &deployment, started(&deployment)?));
    Ok(steps)
}

fn request() -> Request {
    Request {
        method: "POST".to_owned(),
        path: "/prod/execute".to_owned(),
        query: String::new(),
        headers: [("host", "127.0.0.1:8080"), ("content-type", "application/json"), ("accept", "*/*")]
            .into_iter()
            .collect(),
        body: BODY.as_bytes().to_vec(),
    }
}

fn served(name: &str, deployment: &Deployment, backend: impl Backend + 'static) -> Step {
    let gateway = Gateway::new(deployment, GatewayOptions::default());
    let clock = SystemClock::start();
    Step::new(name, move |number| {
        let mut seeds = IdSeeds { request: [0; 16], extended: [0; 11], trace: [0; 12], backend: [0; 16] };
        seeds.request[..4].copy_from_slice(&number.to_be_bytes());
        let arrival = Arrival { at: clock.now(), source: Ipv4Addr::LOCALHOST.into(), seeds };
        gateway.handle(request(), &arrival, &backend)
    })
}

fn start(name: &str, deployment: &Deployment, states: Arc<StepFunctions>) -> Step {
    let machine = deployment.machines[0].arn.clone();
    Step::new(name, move |number| {
        let body = json!({ "input": BODY, "name": format!("run-{number}"), "stateMachineArn": machine }).to_string();
        states.call("StartExecution", body.as_bytes())
    })
}

fn templates(deployment: &Deployment) -> Result<Vec<Step>, LoadError> {
    let Api::Rest(api) = &deployment.api else { panic!("deploy/ has a REST API") };
    let api = api.clone();
    let execute = api.methods.iter().position(|it| it.path == *"/execute" && it.http_method == "POST");
    let execute = execute.expect("deploy/ has `POST /execute`");
    let mut steps = vec![Step::new("  its mapping template", move |_| {
        api.methods[execute].integration.request_templates.first().map(|(_, template)| rendered(template))
    })];
    let start = Position { file: "bench".into(), line: 1, column: 1 };
    for source in ["$input.json('$')", "$util.escapeJavaScript($input.body)"] {
        let template = Template::parse(&Text { value: source.to_owned(), start: start.clone(), indent: 1 })?;
        steps.push(Step::new(format!("    {source}"), move |_| rendered(&template)));
    }
    Ok(steps)
}

/// How long a template's text gets.
fn rendered(template: &Template) -> Option<usize> {
    let parameters = Parameters { header: vec![("host".into(), "x".into())], ..Parameters::default() };
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
    template.render(&facts).ok().map(|rendered| rendered.text.len())
}

fn json_path() -> Step {
    let value = json!({"a": {"b": [1, {"c": 2}]}});
    let path = Path::parse("$.a.b[1].c").expect("a path");
    Step::new("JSONPath, four plain steps", move |_| path.read(&value).is_some())
}
