//! Task states.

use std::sync::Arc;

use super::fields;
use super::language::Language;
use crate::document::{LoadError, Node};
use crate::states::asl::{Resource, Seconds, Task};

/// A Task state.
pub(super) fn task(what: &str, node: &Node, language: Language) -> Result<Task, LoadError> {
    let resource_node = node.require(what, "Resource")?;
    let text = resource_node.expect_str(&format!("`Resource` of {what}"))?;
    let resource = Resource::parse(text)
        .map_err(|why| LoadError::at(&resource_node.position, format!("{what}: `{text}` {why}")))?;
    let field = if language == Language::Jsonata { "Arguments" } else { "Parameters" };
    let parameters = node.get(field);
    if resource.invokes_function() {
        invocation(&format!("`{field}` of {what}"), node, parameters)?;
    }
    let timeout = fields::seconds_or_path(what, node, "TimeoutSeconds", 1, language)?;
    let heartbeat = fields::seconds_or_path(what, node, "HeartbeatSeconds", 1, language)?;
    if let (Some(Seconds::Of(timeout)), Some(Seconds::Of(heartbeat))) = (&timeout, &heartbeat)
        && heartbeat >= timeout
    {
        let message = format!("`HeartbeatSeconds` of {what} must be smaller than its `TimeoutSeconds`");
        return Err(LoadError::at(&node.position, message));
    }
    let name = parameters.and_then(|parameters| parameters.get("FunctionName"));
    let names_function = name.is_some_and(|name| language == Language::JsonPath || !is_expression(name));
    Ok(Task { resource: Arc::new(resource), names_function, timeout, heartbeat })
}

/// The parameters of `lambda:invoke`.
fn invocation(what: &str, node: &Node, parameters: Option<&Node>) -> Result<(), LoadError> {
    const KEYS: &[&str] =
        &["FunctionName", "Payload", "InvocationType", "Qualifier", "LogType", "ClientContext", "TenantId"];
    let Some(parameters) = parameters else {
        return Err(LoadError::at(&node.position, format!("{what} must name the function in `FunctionName`")));
    };
    // An expression says later what they are.
    if is_expression(parameters) {
        return Ok(());
    }
    let plain = |key: &str| key.strip_suffix(".$").unwrap_or(key).to_owned();
    let entries = parameters.expect_map(what)?;
    if let Some(entry) = entries.iter().find(|entry| !KEYS.contains(&plain(&entry.key).as_str())) {
        let message = format!("{what}: `{}` is not one of {}", entry.key, KEYS.join(", "));
        return Err(LoadError::at(&entry.position, message));
    }
    if entries.iter().any(|entry| plain(&entry.key) == "FunctionName") {
        return Ok(());
    }
    Err(LoadError::at(&parameters.position, format!("{what} must name the function in `FunctionName`")))
}

/// Whether a value is only known when the task runs.
fn is_expression(node: &Node) -> bool {
    node.as_str().is_some_and(|text| text.starts_with("{%") && text.ends_with("%}"))
}
