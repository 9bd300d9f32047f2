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
    let parameters_name = format!("`{field}` of {what}");
    if resource.invokes_function() {
        invocation(&parameters_name, node, parameters)?;
    } else if resource.calls_web_server() {
        required(&parameters_name, node, parameters, &["ApiEndpoint", "Method"])?;
    }
    if let Some(credentials) = node.get("Credentials") {
        required(&format!("`Credentials` of {what}"), node, Some(credentials), &["RoleArn"])?;
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
    let entries = parameters.and_then(Node::as_map).unwrap_or_default();
    if let Some(entry) = entries.iter().find(|entry| !KEYS.contains(&plain(&entry.key))) {
        let message = format!("{what}: `{}` is not one of {}", entry.key, KEYS.join(", "));
        return Err(LoadError::at(&entry.position, message));
    }
    required(what, node, parameters, &["FunctionName"])
}

/// Members that must be there, unless an expression says later what there is.
fn required(what: &str, node: &Node, members: Option<&Node>, names: &[&str]) -> Result<(), LoadError> {
    let entries = match members {
        Some(members) if is_expression(members) => return Ok(()),
        Some(members) => members.expect_map(what)?,
        None => &[],
    };
    match names.iter().find(|name| !entries.iter().any(|entry| plain(&entry.key) == **name)) {
        None => Ok(()),
        Some(missing) => {
            let position = &members.unwrap_or(node).position;
            Err(LoadError::at(position, format!("{what} must have `{missing}`")))
        }
    }
}

/// A name without the ending that says that a path fills it in.
fn plain(key: &str) -> &str {
    key.strip_suffix(".$").unwrap_or(key)
}

/// Whether a value is only known when the task runs.
fn is_expression(node: &Node) -> bool {
    node.as_str().is_some_and(|text| text.starts_with("{%") && text.ends_with("%}"))
}
