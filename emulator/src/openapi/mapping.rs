//! Parameter mappings: which destinations and sources API Gateway accepts.

use crate::deployment::{MethodParameter, Parameter, ParameterLocation};
use crate::document::{LoadError, Node};
use crate::template::scalar;

/// What an import error of API Gateway says of mappings that it does not accept.
pub(super) fn invalid(cause: &str) -> String {
    format!("Invalid mapping expression specified: Validation Result: warnings : [], errors : [{cause}]")
}

/// The cause of [`invalid`] for one destination or source.
pub(super) fn invalid_parameter(expression: &str) -> String {
    invalid(&format!("Invalid mapping expression parameter specified: {expression}"))
}

/// The mappings of a map of destinations to sources.
pub(super) fn all(node: Option<&Node>, what: &str) -> Result<Vec<Parameter>, LoadError> {
    let entries = node.map_or(Ok(&[][..]), |node| node.expect_map(what))?;
    let parameter = |entry: &crate::document::Entry| {
        let source = scalar::text(&entry.value, &format!("the source of `{}`", entry.key))?;
        Ok(Parameter { position: entry.position.clone(), target: entry.key.clone(), source })
    };
    entries.iter().map(parameter).collect()
}

/// Whether a source is static text in single quotes.
fn is_static(source: &str) -> bool {
    source.len() >= 2 && source.starts_with('\'') && source.ends_with('\'')
}

fn is_anywhere(source: &str) -> bool {
    is_static(source)
        || ["context.", "stageVariables."]
            .iter()
            .any(|prefix| source.len() > prefix.len() && source.starts_with(prefix))
}

/// Whether the source may stand in an integration response.
pub(super) fn is_response_source(source: &str) -> bool {
    let prefixes = ["header.", "multivalueheader.", "body."];
    is_anywhere(source)
        || source == "integration.response.body"
        || source.strip_prefix("integration.response.").is_some_and(|rest| is_named(rest, &prefixes))
}

/// Whether the source may stand in a gateway response.
pub(super) fn is_gateway_source(source: &str) -> bool {
    let prefixes = ["header.", "multivalueheader.", "querystring.", "multivaluequerystring.", "path."];
    is_anywhere(source) || source.strip_prefix("method.request.").is_some_and(|rest| is_named(rest, &prefixes))
}

/// Whether the source may stand in an integration request: what it takes from the request must be declared.
pub(super) fn is_request_source(source: &str, declared: &[MethodParameter]) -> bool {
    let Some(rest) = source.strip_prefix("method.request.") else { return is_anywhere(source) };
    if rest == "body" || rest.starts_with("body.") {
        return true;
    }
    let Some((place, name)) = rest.split_once('.') else { return false };
    let location = match place {
        "header" | "multivalueheader" => ParameterLocation::Header,
        "querystring" | "multivaluequerystring" => ParameterLocation::Query,
        "path" => ParameterLocation::Path,
        _ => return false,
    };
    declared.iter().any(|parameter| parameter.location == location && parameter.name == name)
}

fn is_named(rest: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| rest.strip_prefix(prefix).is_some_and(|name| !name.is_empty()))
}
