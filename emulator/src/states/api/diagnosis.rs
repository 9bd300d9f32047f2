//! What is wrong with a definition, in AWS's words where those are known.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::ControlFlow;

use super::ApiError;
use crate::deployment::MachineKind;
use crate::document::{Kind, LoadError, Node, Position, json};
use crate::java::jackson;
use crate::states::asl::{Resource, is_state_name, never_ends, timestamp_since_epoch};
use crate::states::machines::{Machine, MachineIdentity};

/// Something about a definition that its author should know.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Diagnosis {
    pub(super) severity: Severity,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Where it stands, as `/States/Name/Field`.
    pub(super) location: Option<String>,
    /// The state that it is about, in the same form.
    state: Option<String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    /// Step Functions would refuse the definition.
    Error,
    /// It may well be a mistake.
    Warning,
}

/// What is asked of a definition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Nobody wants to hear of more.
    pub(super) most: usize,
    /// Whether warnings are wanted too.
    pub(super) warnings: bool,
}

/// What has come of checking a definition.
pub(super) struct Diagnosed {
    /// The machine and its processors; none if there are errors.
    pub(super) machines: Vec<Machine>,
    /// What was asked for, errors first. One more than was asked for says that there are more.
    pub(super) found: Vec<Diagnosis>,
}

/// The types of states in the order in which AWS names them.
const TYPES: [&str; 8] = ["Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map"];
/// Most mistakes that an error names. AWS's bound is not known; a diagnosis has at most as many (API reference of
/// `ValidateStateMachineDefinition`).
const MISTAKES: usize = 100;
const SCHEMA: &str = "SCHEMA_VALIDATION_FAILED";
const TARGET: &str = "MISSING_TRANSITION_TARGET";
const END: &str = "MISSING_END_STATE";

impl Severity {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warning => "WARNING",
        }
    }
}

impl Diagnosis {
    /// A mistake of the whole definition.
    fn whole(code: &'static str, message: impl Into<String>, location: Option<&str>) -> Self {
        let location = location.map(str::to_owned);
        Self { severity: Severity::Error, code, message: message.into(), location, state: None }
    }

    /// A mistake of a state, below `field` if that is not empty.
    fn of_state(message: impl Into<String>, state: &str, field: &str) -> Self {
        let location = if field.is_empty() { state.to_owned() } else { format!("{state}/{field}") };
        let state = Some(state.to_owned());
        Self { severity: Severity::Error, code: SCHEMA, message: message.into(), location: Some(location), state }
    }

    /// A mistake that the loader has found. A field that is not known is told in AWS's words, at what has it (measured).
    fn of_loader(definition: &Node, mistake: LoadError) -> Self {
        let (location, state) = mistake.position.map_or(("/".to_owned(), None), |it| located(definition, &it));
        if let Some((parent, field)) = location.rsplit_once('/').filter(|_| mistake.is_unsupported) {
            let (message, location) = (format!("Field '{field}' is not supported"), Some(parent.to_owned()));
            return Self { severity: Severity::Error, code: SCHEMA, message, location, state };
        }
        let (severity, location) = (Severity::Error, Some(location));
        Self { severity, code: SCHEMA, message: mistake.message, location, state }
    }

    /// As errors say it (recorded; that no place is `null`, measured).
    fn cause(&self) -> String {
        let place = self.location.as_deref().unwrap_or("null");
        // What is no JSON says itself where.
        if self.message.ends_with(place) {
            return format!("{}: {}", self.code, self.message);
        }
        format!("{}: {} at {place}", self.code, self.message)
    }
}

/// Checks a definition; the machine and its processors, or an error that names the mistakes.
pub(super) fn check(text: &str, identity: &MachineIdentity<'_>, now: u64) -> Result<Vec<Machine>, ApiError> {
    let Diagnosed { machines, found } = diagnose(text, identity, now, Asked { most: MISTAKES, warnings: false });
    if found.is_empty() {
        return Ok(machines);
    }
    let causes: Vec<String> = found.iter().take(MISTAKES).map(Diagnosis::cause).collect();
    let why = format!("Invalid State Machine Definition: '{}'", causes.join(", "));
    Err(ApiError::model("InvalidDefinition", why))
}

/// Finds what is wrong with a definition: one mistake of each state at least, until there are more than was asked for.
pub(super) fn diagnose(text: &str, identity: &MachineIdentity<'_>, now: u64, asked: Asked) -> Diagnosed {
    let refused = |diagnosis| Diagnosed { machines: Vec::new(), found: vec![diagnosis] };
    if !text.trim_start().starts_with('{')
        && (text.trim().is_empty() || serde_json::from_str::<serde_json::Value>(text).is_ok())
    {
        return refused(Diagnosis::whole(SCHEMA, "Definition must be a valid JSON object", None));
    }
    let Ok(definition) = json::parse("definition", text) else {
        let (why, place) = jackson::complaint_at(text);
        return refused(Diagnosis::whole("INVALID_JSON_DESCRIPTION", format!("{why}\n at {place}"), Some(&place)));
    };
    let missing: Vec<&str> = ["States", "StartAt"].into_iter().filter(|key| definition.get(key).is_none()).collect();
    if !missing.is_empty() {
        let message = format!("These fields are required: [{}]", missing.join(", "));
        return refused(Diagnosis::whole(SCHEMA, message, Some("/")));
    }
    let jsonata = definition.get("QueryLanguage").and_then(Node::as_str) == Some("JSONata");
    let express = identity.kind == MachineKind::Express;
    let (mut found, mut warnings) = (Vec::new(), Vec::new());
    let more_than_asked = |found: &[Diagnosis]| {
        if found.len() > asked.most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let endless = never_ends(&definition);
    let looked_at = states(&definition, "", &mut |scope, state, place| {
        match mistake(state, place, jsonata) {
            Some(mistake) => found.push(mistake),
            None => scope.doubts(state, place, endless, asked.most + 1 - found.len(), &mut found),
        }
        if let Some(resource) = state.get("Resource").and_then(Node::as_str) {
            found.extend(express.then(|| not_of_express(resource, place)).flatten());
            let wanted = if asked.warnings { asked.most + 1 - warnings.len() } else { 0 };
            doubts(state, resource, place, wanted, &mut warnings);
        }
        more_than_asked(&found)
    });
    if looked_at.is_break() {
        return Diagnosed { machines: Vec::new(), found };
    }
    if endless {
        found.push(Diagnosis::whole(END, "Workflow has no terminal state", None));
    }
    // What has been said in AWS's words is not said again in ours.
    let said: HashSet<Option<String>> = found.iter().map(|diagnosis| diagnosis.state.clone()).collect();
    let machines = Machine::load(identity, &definition, || text.to_owned(), now, &mut |mistake| {
        let mistake = Diagnosis::of_loader(&definition, mistake);
        let of_the_whole = mistake.location.as_deref() == Some("/");
        if !said.contains(&mistake.state) && (said.is_empty() || !of_the_whole) {
            found.push(mistake);
        }
        more_than_asked(&found)
    });
    found.extend(warnings);
    found.truncate(asked.most + 1);
    Diagnosed { machines: machines.unwrap_or_default(), found }
}

/// What is wrong with a state, where AWS's words for it are known (recorded).
fn mistake(state: &Node, place: &str, jsonata: bool) -> Option<Diagnosis> {
    if jsonata && state.get("QueryLanguage").and_then(Node::as_str) == Some("JSONPath") {
        let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
        return Some(Diagnosis::of_state(message, place, ""));
    }
    if let Some(kind) = state.get("Type").and_then(Node::as_str)
        && !TYPES.contains(&kind)
    {
        let message = format!("The field 'Type' should have one of these values: [{}]", TYPES.join(", "));
        return Some(Diagnosis::of_state(message, place, "Type"));
    }
    if state.get("Type").and_then(Node::as_str) == Some("Wait")
        && let Some(text) = state.get("Timestamp").and_then(Node::as_str)
        && !(text.starts_with("{%") && text.ends_with("%}"))
        && timestamp_since_epoch(text).is_none()
    {
        return Some(Diagnosis::of_state("String does not match RFC3339 timestamp", place, "Timestamp"));
    }
    if let Some(credentials) = state.get("Credentials").filter(|it| it.as_map().is_some())
        && !["RoleArn", "RoleArn.$"].iter().any(|name| credentials.get(name).is_some())
    {
        let message = "The field 'RoleArn' is required but was missing";
        return Some(Diagnosis::of_state(message, place, "Credentials"));
    }
    if let Some(resource) = state.get("Resource").and_then(Node::as_str).filter(|it| Resource::is_not_recognised(it)) {
        let message = format!(
            "The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the \
             resource is not available in this region."
        );
        return Some(Diagnosis::of_state(message, place, "Resource"));
    }
    let branches = state.get("Branches").and_then(Node::as_list);
    branches.is_some_and(<[_]>::is_empty).then(|| Diagnosis::of_state("Value cannot be empty", place, "Branches"))
}

/// The states among which transitions are made.
struct Scope<'n> {
    states: HashMap<&'n str, &'n Node>,
    /// Those that can be come to; all of them, where it does not begin with one of them.
    reached: HashSet<&'n str>,
}

impl<'n> Scope<'n> {
    fn of(node: &'n Node) -> Self {
        let entries = node.get("States").and_then(Node::as_map).unwrap_or_default();
        let states: HashMap<_, _> = entries.iter().map(|entry| (entry.key.as_str(), &entry.value)).collect();
        let start = node.get("StartAt").and_then(Node::as_str).filter(|start| states.contains_key(start));
        let Some(start) = start else {
            // The one mistake is that nothing begins here: what would be come to, nobody knows.
            return Self { reached: states.keys().copied().collect(), states };
        };
        let (mut reached, mut open) = (HashSet::new(), vec![start]);
        while let Some(name) = open.pop() {
            if let Some(state) = states.get(name).filter(|_| reached.insert(name)) {
                open.extend(transitions(state).map(|(_, target)| target));
            }
        }
        Self { states, reached }
    }

    /// The transitions of a state to none that there is, and whether nothing comes to it (measured, with the one word for
    /// all transitions, and that the latter is not told of an endless machine).
    fn doubts(&self, state: &Node, place: &str, endless: bool, wanted: usize, told: &mut Vec<Diagnosis>) {
        let of =
            |message: String, field: &str| Diagnosis { code: TARGET, ..Diagnosis::of_state(message, place, field) };
        let missing = transitions(state).filter(|(_, target)| !self.states.contains_key(target));
        let missing = missing.map(|(field, target)| of(format!("Missing 'Next' target: {target}"), &field.to_string()));
        let name = place.rsplit_once("/States/").map_or(place, |(_, name)| name);
        let is_lost = !endless && !self.reached.contains(name) && self.states.contains_key(name);
        let lost = is_lost.then(|| of(format!("State \"{name}\" is not reachable."), ""));
        told.extend(missing.chain(lost).take(wanted));
    }
}

/// A field that names another state. Tens of thousands are looked at, and few are named.
#[derive(Clone, Copy)]
enum Transition {
    Field(&'static str),
    NextOf(&'static str, usize),
}

impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => f.write_str(field),
            Self::NextOf(list, index) => write!(f, "{list}[{index}]/Next"),
        }
    }
}

/// The fields of a state that name another one, and which.
fn transitions(state: &Node) -> impl Iterator<Item = (Transition, &str)> {
    let fields = ["Next", "Default"].map(|field| (Transition::Field(field), state.get(field)));
    let rules = ["Choices", "Catch"].into_iter().flat_map(|list| {
        let items = state.get(list).and_then(Node::as_list).unwrap_or_default().iter().enumerate();
        items.map(move |(index, item)| (Transition::NextOf(list, index), item.get("Next")))
    });
    fields.into_iter().chain(rules).filter_map(|(field, target)| Some((field, target?.as_str()?)))
}

/// What an Express machine may not call (recorded, blank and all).
fn not_of_express(resource: &str, place: &str) -> Option<Diagnosis> {
    let what = match resource.rsplit_once('.') {
        Some((_, "waitForTaskToken")) => "'.waitForTaskToken' service integration ",
        Some((_, "sync" | "sync:2")) => "'.sync' service integration",
        _ if resource.contains(":activity:") => "Activity ARN",
        _ => return None,
    };
    Some(Diagnosis::of_state(format!("Express state machine does not support {what}"), place, "Resource"))
}

/// At most so many of: an integration that AWS does not document, and errors that it does not have.
fn doubts(state: &Node, resource: &str, place: &str, wanted: usize, told: &mut Vec<Diagnosis>) {
    let Some(read) = (wanted > 0).then(|| Resource::parse(resource).ok()).flatten() else { return };
    let warning = |code, message: String, field: &str| Diagnosis {
        severity: Severity::Warning,
        code,
        ..Diagnosis::of_state(message, place, field)
    };
    let doubt = read.doubt().map(|it| warning("RESOURCE_NOT_DOCUMENTED", format!("{resource}: {it}"), "Resource"));
    let entries = |field: &'static str| {
        let entries = state.get(field).and_then(Node::as_list).unwrap_or_default();
        entries.iter().enumerate().map(move |(index, entry)| (format!("{field}[{index}]/ErrorEquals"), entry))
    };
    let misnamed = entries("Retry").chain(entries("Catch")).flat_map(|(field, entry)| {
        let errors = entry.get("ErrorEquals").and_then(Node::as_list).unwrap_or_default().iter();
        let right = errors.filter_map(|error| Some((error.as_str()?, read.right_error_name(error.as_str()?)?)));
        right.map(move |(error, right)| {
            warning("ERROR_NOT_DOCUMENTED", format!("`{error}` is called `{right}`"), &field)
        })
    });
    told.extend(doubt.into_iter().chain(misnamed).take(wanted));
}

/// Looks at every state with its scope, those of branches and processors included, until `look` has seen enough.
fn states(
    node: &Node,
    place: &str,
    look: &mut impl FnMut(&Scope<'_>, &Node, &str) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let scope = Scope::of(node);
    let entries = node.get("States").and_then(Node::as_map).unwrap_or_default().iter();
    // The loader says that a name is too long, and leaves the state at that.
    for entry in entries.filter(|entry| is_state_name(&entry.key)) {
        let place = format!("{place}/States/{}", entry.key);
        look(&scope, &entry.value, &place)?;
        for field in ["ItemProcessor", "Iterator"] {
            if let Some(processor) = entry.value.get(field) {
                states(processor, &format!("{place}/{field}"), look)?;
            }
        }
        let branches = entry.value.get("Branches").and_then(Node::as_list).unwrap_or_default();
        for (index, branch) in branches.iter().enumerate() {
            states(branch, &format!("{place}/Branches[{index}]"), look)?;
        }
    }
    ControlFlow::Continue(())
}

/// The path of what stands at a place of a definition, and that of the state around it.
fn located(definition: &Node, place: &Position) -> (String, Option<String>) {
    let at = (place.line, place.column);
    // What stands in a definition is in the order of its places.
    let begins_before = |position: &Position| (position.line, position.column) <= at;
    let last = |count: usize| count.checked_sub(1);
    let (mut node, mut path, mut state, mut among_states) = (definition, String::new(), None, false);
    while (node.position.line, node.position.column) < at {
        match &node.kind {
            Kind::Map(entries) => {
                let Some(entry) = last(entries.partition_point(|entry| begins_before(&entry.position))) else { break };
                let entry = &entries[entry];
                path.extend(["/", &entry.key]);
                if among_states {
                    state = Some(path.clone());
                }
                among_states = !among_states && entry.key == "States";
                node = &entry.value;
            }
            Kind::List(items) => {
                let Some(index) = last(items.partition_point(|item| begins_before(&item.position))) else { break };
                path.extend(["[", &index.to_string(), "]"]);
                among_states = false;
                node = &items[index];
            }
            _ => break,
        }
    }
    (if path.is_empty() { "/".to_owned() } else { path }, state)
}
