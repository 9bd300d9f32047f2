//! The events of SAM's functions and state machines: those of an API are routes, others change no answer.

use super::evaluator::Evaluator as _;
use super::resource::{Resource, referred};
use super::scope::Scope;
use super::types::Type;
use crate::document::{Entry, LoadError, Node, Position, scalar};

/// A route that an event adds to an API.
pub(super) struct Route<'a> {
    /// The stack that has it.
    pub(super) scope: &'a Scope,
    /// The function or state machine that answers.
    pub(super) target: &'a Resource,
    /// Where the event stands.
    pub(super) position: Position,
    /// The event's name, of which SAM makes the names of what it adds.
    pub(super) event: String,
    pub(super) protocol: ApiKind,
    /// The logical id of its API; `None` is the one that SAM makes.
    pub(super) api: Option<String>,
    pub(super) path: String,
    /// Lower-case; `any` for all.
    pub(super) method: String,
    /// The event's properties, resolved.
    pub(super) properties: Node,
}

/// The two kinds of APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ApiKind {
    Rest,
    Http,
}

/// The routes of all functions and state machines that are created.
pub(super) fn routes(scope: &Scope) -> Result<Vec<Route<'_>>, LoadError> {
    let mut routes = Vec::new();
    for resource in scope.resources() {
        let resource = resource?;
        if !matches!(resource.kind, Type::ServerlessFunction | Type::ServerlessStateMachine) {
            continue;
        }
        let Some(events) = resource.properties.get("Events").filter(|node| !node.is_null()) else { continue };
        for event in events.expect_map("`Events`")? {
            routes.extend(route(scope, resource, event)?);
        }
    }
    Ok(routes)
}

fn route<'a>(scope: &'a Scope, target: &'a Resource, event: &Entry) -> Result<Option<Route<'a>>, LoadError> {
    const OF_REST: [&str; 8] = [
        "Auth",
        "Method",
        "Path",
        "RequestModel",
        "RequestParameters",
        "RestApiId",
        "TimeoutInMillis",
        "UnescapeMappingTemplate",
    ];
    const OF_HTTP: [&str; 7] =
        ["ApiId", "Auth", "Method", "Path", "PayloadFormatVersion", "RouteSettings", "TimeoutInMillis"];
    let what = format!("event `{}`", event.key);
    let kind = event.value.require(&what, "Type")?;
    let protocol = match kind.expect_str("the type of an event")? {
        "Api" => ApiKind::Rest,
        "HttpApi" => ApiKind::Http,
        other => {
            let refusal = LoadError::unsupported(&kind.position, format!("unsupported event `{other}`"));
            scope.notes().pass_over(format!("event {other}, which starts nothing here"), refusal)?;
            return Ok(None);
        }
    };
    let notes = scope.notes();
    notes.pass_over_keys(event.value.expect_map(&what)?, &what, "events of APIs", &["Properties", "Type"])?;
    let empty = Node::map(&event.position, Vec::new());
    let raw = event.value.get("Properties").unwrap_or(&empty);
    let key = if protocol == ApiKind::Rest { "RestApiId" } else { "ApiId" };
    let api = raw.get(key).map(|node| (node, referred(node)));
    let is_here = |id: &str| scope.declared().iter().any(|resource| resource.id == id && resource.kind.is_api());
    if let Some((node, _)) = api.filter(|(_, id)| !id.is_some_and(is_here)) {
        let message = format!("`{key}` of {what} must refer to an API of this template");
        scope
            .notes()
            .pass_over("event of an API of another template", LoadError::unsupported(&node.position, message))?;
        return Ok(None);
    }
    let api = api.and_then(|(_, id)| id).map(str::to_owned);
    let properties = scope.required(raw, &what)?;
    let (kind, known) = match protocol {
        ApiKind::Rest => ("the properties of events of REST APIs", &OF_REST[..]),
        ApiKind::Http => ("the properties of events of HTTP APIs", &OF_HTTP[..]),
    };
    notes.pass_over_keys(properties.expect_map(&what)?, &what, kind, known)?;
    if let Some(auth) = properties.get("Auth").and_then(Node::as_map) {
        let known: &[&str] = match protocol {
            ApiKind::Rest => &["ApiKeyRequired", "AuthorizationScopes", "Authorizer", "InvokeRole"],
            ApiKind::Http => &["AuthorizationScopes", "Authorizer"],
        };
        notes.pass_over_keys(auth, &format!("`Auth` of {what}"), "`Auth` of events", known)?;
    }
    // Without path and method, an HTTP API's event is its default route.
    let text = |key: &str, default: Option<&str>| match (properties.get(key), default) {
        (Some(node), _) => scalar::text(node, &format!("`{key}` of {what}")),
        (None, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(LoadError::at(&event.position, format!("{what} needs `{key}`"))),
    };
    let (path, method) = match protocol {
        ApiKind::Rest => (text("Path", None)?, text("Method", None)?),
        ApiKind::Http => (text("Path", Some("$default"))?, text("Method", Some("any"))?),
    };
    let method = method.to_lowercase();
    let (position, event) = (event.position.clone(), event.key.clone());
    Ok(Some(Route { scope, target, position, event, protocol, api, path, method, properties }))
}
