//! `TestState`: one state, tried out on its own.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use super::definitions::{DEFINITION, resource_of_role};
use super::diagnosis::check;
use super::members::{Members, TextConstraint, Violations};
use super::start::{ARN, INPUT, NAME, input_of};
use super::test_mock::{self, Structures, invalid};
use super::{Answer, ApiError};
use crate::deployment::MachineKind;
use crate::doubles::{http_headers, with_query};
use crate::states::asl::{Machine, StateId, StateKind};
use crate::states::data::Data;
use crate::states::execution::Waiter;
use crate::states::machines::MachineIdentity;
use crate::states::run::{Findings, Outcome, Plan, Run, TRIED_STATE, Trial, Verdict};
use crate::states::service::Service;
use crate::states::wire::{Object, millis, object};

/// `inspectionLevel` in AWS's order (recorded); the first one is that of calls that choose none.
const LEVELS: &[&str] = &["INFO", "TRACE", "DEBUG"];

impl Service {
    pub(super) fn test_state(&self, members: &Members<'_>, body: &[u8], now: Duration) -> Result<Answer, ApiError> {
        let mut violations = Violations::default();
        let definition = members.required("definition", DEFINITION, &mut violations)?;
        let role_arn = members.text("roleArn", ARN, &mut violations)?;
        let input = members.text("input", INPUT, &mut violations)?;
        let level = members.one_of("inspectionLevel", LEVELS, &mut violations)?.unwrap_or(LEVELS[0]);
        let name = members.text("stateName", TextConstraint { sensitive: true, ..NAME }, &mut violations)?;
        let variables = members.text("variables", INPUT, &mut violations)?;
        let context = members.text("context", INPUT, &mut violations)?;
        let structures = if members.has("mock") || members.has("stateConfiguration") {
            Structures::parse(body, &mut violations)?
        } else {
            Structures::default()
        };
        violations.check()?;
        if let Some(role_arn) = role_arn {
            resource_of_role(role_arn)?;
        }
        if structures.has_mock() && members.flag("revealSecrets")?.unwrap_or(false) {
            return Err(invalid("TestState does not support RevealSecrets when a mock is specified."));
        }
        let machine_name = self.launcher.uuid();
        let plan = self.plan(definition, name, &machine_name, role_arn, now)?;
        let state = named(&plan.machine, name.unwrap_or(TRIED_STATE))
            .ok_or_else(|| invalid("State not found in definition"))?;
        let kind = &plan.machine.state(state).kind;
        let wants_role = !structures.has_mock() && matches!(kind, StateKind::Task(_));
        let is_http = matches!(kind, StateKind::Task(task) if task.resource.name() == "http:invoke");
        let mut trial = Trial { state, ..Trial::default() };
        if let Some(context) = context {
            if !structures.has_mock() {
                return Err(invalid("TestState supports a context object only when a mock is specified."));
            }
            trial.context = Some(test_mock::context(context, plan.machine.state(state))?);
        }
        structures.apply(plan.machine.state(state), &mut trial)?;
        if wants_role && role_arn.is_none() {
            return Err(invalid("RoleArn must be specified when testing a Task state"));
        }
        if let Some(variables) = variables {
            let given = test_mock::object(variables).ok_or_else(|| invalid("Variables must be a JSON object"))?;
            trial.variables = given;
        }
        let input = input_of(input)?;
        let (told, end) = oneshot::channel();
        let http_region = is_http.then(|| self.region.clone());
        let (machine, shown, level) = (Arc::clone(&plan.machine), input.clone(), level.to_owned());
        let waiter = Waiter(Box::new(move |_, run, _| {
            // Whoever waited may have gone.
            let _ = told.send(answer(&machine, &shown, &level, http_region.as_deref(), run));
        }));
        // As many trials are under way as may be: AWS names no such error for them.
        let begun = self.launcher.try_out(&plan, input, trial, now, waiter);
        let (id, effects) = begun.ok_or_else(ApiError::throttled)?;
        self.engine.perform(id, effects);
        Ok(Answer::Later { answer: end, instead: None, trial: Some(id) })
    }

    /// The machine that the state is part of, or one that is made around it.
    fn plan(
        &self,
        definition: &str,
        name: Option<&str>,
        machine_name: &str,
        role_arn: Option<&str>,
        now: Duration,
    ) -> Result<Arc<Plan>, ApiError> {
        let around = if name.is_none() { around(definition)? } else { None };
        let arn = format!("{}:stateMachine:{machine_name}", self.arn_prefix);
        let role_arn = role_arn.unwrap_or_default();
        let (kind, switches) = (MachineKind::Standard, self.switches);
        let identity = MachineIdentity { arn: &arn, name: machine_name, role_arn, kind, switches };
        let checked = check(around.as_deref().unwrap_or(definition), &identity, millis(now))?;
        let wanted = name.unwrap_or(TRIED_STATE);
        let has_it = checked.iter().find(|machine| named(&machine.plan.machine, wanted).is_some());
        let found = has_it.or(checked.first()).expect("the machine stands before its processors");
        Ok(Arc::new(Plan {
            machine: Arc::clone(&found.plan.machine),
            arn,
            name: machine_name.to_owned(),
            role_arn: role_arn.to_owned(),
            // As recorded on AWS.
            express: true,
            switches,
        }))
    }
}

/// A machine of one state, with the states that it names as those that come next; none around what is no JSON object.
fn around(definition: &str) -> Result<Option<String>, ApiError> {
    let Ok(Value::Object(state)) = serde_json::from_str(definition) else { return Ok(None) };
    if state.contains_key("States") && !state.contains_key("Type") {
        // Documented; the words are not known.
        let why = "The definition is a whole state machine: name the state to test in 'stateName'";
        return Err(invalid(why));
    }
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut next: Vec<String> =
        ["Next", "Default"].iter().filter_map(|key| Some(state.get(*key)?.as_str()?.to_owned())).collect();
    for list in ["Choices", "Catch"] {
        next.extend(state.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(|it| text(it, "Next")));
    }
    let mut states = Map::new();
    states.insert(TRIED_STATE.to_owned(), Value::Object(state.clone()));
    for name in next {
        states.entry(name).or_insert_with(|| json!({ "Type": "Succeed" }));
    }
    Ok(Some(json!({ "StartAt": TRIED_STATE, "States": states }).to_string()))
}

/// The place of a state, within branches and inline Maps too; the processors of distributed ones are machines of their own.
fn named(machine: &Machine, name: &str) -> Option<StateId> {
    let place = machine.states.iter().position(|state| &*state.name == name)?;
    u32::try_from(place).ok().map(StateId)
}

fn answer(machine: &Machine, input: &Data, level: &str, http_region: Option<&str>, run: &Run) -> Vec<u8> {
    let findings = run.findings().expect("the run tries out a state");
    let verdict = findings.verdict.unwrap_or(Verdict::Failed);
    let failure = match run.outcome() {
        Some(Outcome::Failed(failure) | Outcome::TimedOut(failure) | Outcome::Aborted(failure)) => Some(failure),
        _ => findings.failure.as_ref(),
    };
    let status = match verdict {
        Verdict::Succeeded => "SUCCEEDED",
        Verdict::Failed => "FAILED",
        Verdict::Retriable => "RETRIABLE",
        Verdict::Caught => "CAUGHT_ERROR",
    };
    object(|answer| {
        answer
            .maybe_text("cause", failure.and_then(|failure| failure.cause.as_deref()))
            .maybe_text("error", failure.and_then(|failure| failure.error.as_deref()));
        if level != LEVELS[0] {
            let http_region = http_region.filter(|_| level == "TRACE");
            answer.object("inspectionData", |data| inspection(data, findings, input, http_region));
        }
        answer
            .maybe_text("nextState", findings.next.map(|next| &*machine.state(next).name))
            .maybe_text("output", findings.output.as_ref().map(Data::text))
            .text("status", status);
    })
}

/// What was seen of the state; with a region, the request and the answer of an HTTP task too.
fn inspection(data: &mut Object<'_>, findings: &Findings, input: &Data, http_region: Option<&str>) {
    for (name, found) in [
        ("afterArguments", &findings.after_arguments),
        ("afterInputPath", &findings.after_input_path),
        ("afterItemSelector", &findings.after_item_selector),
        ("afterItemsPath", &findings.after_items_path),
        ("afterParameters", &findings.after_parameters),
        ("afterResultPath", &findings.after_result_path),
        ("afterResultSelector", &findings.after_result_selector),
    ] {
        data.maybe_text(name, found.as_ref().map(Data::text));
    }
    let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    if findings.retry.is_some() || findings.catch.is_some() {
        data.object("errorDetails", |details| {
            if let Some(entry) = findings.catch {
                details.number("catchIndex", number(entry));
            }
            if let Some(seconds) = findings.backoff {
                details.number("retryBackoffIntervalSeconds", seconds);
            }
            if let Some(entry) = findings.retry {
                details.number("retryIndex", number(entry));
            }
        });
    }
    data.text("input", input.text());
    if let Some(limits) = &findings.limits {
        data.number("maxConcurrency", limits.concurrency);
    }
    if let Some(region) = http_region {
        http_task(data, findings, region);
    }
    data.maybe_text("result", findings.result.as_ref().map(Data::text));
    if let Some(limits) = &findings.limits {
        if let Some(count) = limits.tolerated_count {
            data.number("toleratedFailureCount", count);
        }
        if let Some(share) = limits.tolerated_percentage {
            data.fraction("toleratedFailurePercentage", share);
        }
    }
    if !findings.variables.is_empty() {
        data.text("variables", &Value::Object(findings.variables.clone()).to_string());
    }
}

/// The request and the answer of an HTTP task, as its arguments and its result tell of them (developer guide, "Testing state
/// machines with `TestState`", the example).
fn http_task(data: &mut Object<'_>, findings: &Findings, region: &str) {
    let arguments = findings.after_arguments.as_ref().or(findings.after_parameters.as_ref());
    let arguments = arguments.map(Data::value);
    let url = arguments.and_then(|arguments| arguments.get("ApiEndpoint")?.as_str());
    let (Some(arguments), Some(url)) = (arguments, url) else { return };
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    data.object("request", |request| {
        request
            .maybe_text("body", arguments.get("RequestBody").map(shown).as_deref())
            .text("headers", &listed(&http_headers(arguments, region)))
            .maybe_text("method", arguments.get("Method").map(shown).as_deref())
            .text("protocol", "https")
            .text("url", &with_query(url, arguments));
    });
    let Some(result) = findings.result.as_ref().map(Data::value).filter(|it| it.get("StatusCode").is_some()) else {
        return;
    };
    let headers = result.get("Headers").and_then(Value::as_object).map(|headers| {
        let one = |(name, values): (&String, &Value)| {
            let values = values.as_array().map_or(std::slice::from_ref(values), Vec::as_slice);
            values.iter().map(|value| (name.clone(), shown(value))).collect::<Vec<_>>()
        };
        listed(&headers.iter().flat_map(one).collect::<Vec<_>>())
    });
    data.object("response", |response| {
        response
            .maybe_text("body", result.get("ResponseBody").map(shown).as_deref())
            .maybe_text("headers", headers.as_deref())
            .text("protocol", "https")
            .maybe_text("statusCode", result.get("StatusCode").map(shown).as_deref())
            .maybe_text("statusMessage", result.get("StatusText").map(shown).as_deref());
    });
}

/// Headers in one text, as Java writes a list.
fn listed(headers: &[(String, String)]) -> String {
    let headers = headers.iter().map(|(name, value)| format!("{name}: {value}"));
    format!("[{}]", headers.collect::<Vec<_>>().join(", "))
}
