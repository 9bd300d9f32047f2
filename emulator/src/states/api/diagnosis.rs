//! What is wrong with a definition, in AWS's words where those are known.

use crate::deployment::MachineKind;
use crate::document::{Node, json};
use crate::java::jackson;
use crate::states::machines::{Machine, MachineIdentity};

/// A definition that Step Functions would refuse.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Diagnosis {
    pub(super) code: &'static str,
    pub(super) message: String,
    /// A JSON pointer.
    pub(super) location: Option<String>,
}

/// The types of states in the order in which AWS names them.
const TYPES: [&str; 8] = ["Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map"];

impl Diagnosis {
    fn schema(message: impl Into<String>, location: impl Into<String>) -> Self {
        Self { code: "SCHEMA_VALIDATION_FAILED", message: message.into(), location: Some(location.into()) }
    }

    /// As the error `InvalidDefinition` says it (recorded).
    pub(super) fn cause(&self) -> String {
        let place = self.location.as_ref().map(|location| format!(" at {location}")).unwrap_or_default();
        format!("Invalid State Machine Definition: '{}: {}{place}'", self.code, self.message)
    }
}

/// Checks a definition; the machine and its processors.
pub(super) fn check(text: &str, identity: &MachineIdentity<'_>, now: u64) -> Result<Vec<Machine>, Diagnosis> {
    if !text.trim_start().starts_with('{')
        && (text.is_empty() || serde_json::from_str::<serde_json::Value>(text).is_ok())
    {
        let message = "Definition must be a valid JSON object".to_owned();
        return Err(Diagnosis { code: "SCHEMA_VALIDATION_FAILED", message, location: None });
    }
    let not_json = || Diagnosis { code: "INVALID_JSON_DESCRIPTION", message: jackson::complaint(text), location: None };
    let definition = json::parse("definition", text).map_err(|_| not_json())?;
    let missing: Vec<&str> = ["States", "StartAt"].into_iter().filter(|key| definition.get(key).is_none()).collect();
    if !missing.is_empty() {
        return Err(Diagnosis::schema(format!("These fields are required: [{}]", missing.join(", ")), "/"));
    }
    let jsonata = definition.get("QueryLanguage").and_then(Node::as_str) == Some("JSONata");
    states(&definition, "", &mut |state, place| {
        if jsonata && state.get("QueryLanguage").and_then(Node::as_str) == Some("JSONPath") {
            let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
            return Err(Diagnosis::schema(message, place));
        }
        if let Some(kind) = state.get("Type").and_then(Node::as_str)
            && !TYPES.contains(&kind)
        {
            let message = format!("The field 'Type' should have one of these values: [{}]", TYPES.join(", "));
            return Err(Diagnosis::schema(message, format!("{place}/Type")));
        }
        if state.get("Branches").and_then(Node::as_list).is_some_and(<[_]>::is_empty) {
            return Err(Diagnosis::schema("Value cannot be empty", format!("{place}/Branches")));
        }
        match state.get("Resource").and_then(Node::as_str) {
            Some(resource) if identity.kind == MachineKind::Express => express(resource, place),
            _ => Ok(()),
        }
    })?;
    Machine::load(identity, &definition, now).map_err(|error| {
        let place =
            error.position.as_ref().map(|position| format!(" (line {}, column {})", position.line, position.column));
        Diagnosis::schema(format!("{}{}", error.message, place.unwrap_or_default()), "/")
    })
}

/// What an Express machine may not call (recorded, blank and all).
fn express(resource: &str, place: &str) -> Result<(), Diagnosis> {
    let what = match resource.rsplit_once('.') {
        Some((_, "waitForTaskToken")) => "'.waitForTaskToken' service integration ",
        Some((_, "sync" | "sync:2")) => "'.sync' service integration",
        _ if resource.contains(":activity:") => "Activity ARN",
        _ => return Ok(()),
    };
    Err(Diagnosis::schema(format!("Express state machine does not support {what}"), format!("{place}/Resource")))
}

/// Looks at every state, those of branches and processors included.
fn states(
    scope: &Node,
    place: &str,
    look: &mut impl FnMut(&Node, &str) -> Result<(), Diagnosis>,
) -> Result<(), Diagnosis> {
    for entry in scope.get("States").and_then(Node::as_map).unwrap_or_default() {
        let place = format!("{place}/States/{}", entry.key);
        look(&entry.value, &place)?;
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
    Ok(())
}
