//! The APIs of a template: which there are, and which one is served.

use std::sync::Arc;

use super::events::{ApiKind, Route, routes};
use super::resource::Resource;
use super::scope::Scope;
use super::types::Type;
use super::{http_api, rest_api};
use crate::deployment::Api;
use crate::document::{LoadError, Notes};

/// An API of the template, not yet read.
enum Candidate<'a> {
    /// A REST API; `None` is the one that SAM makes for events that name none.
    Rest(Option<&'a Resource>),
    /// An HTTP API, likewise.
    Http(Option<&'a Resource>),
}

impl Candidate<'_> {
    /// Its logical id.
    fn name(&self) -> &str {
        match self {
            Self::Rest(resource) => resource.map_or("ServerlessRestApi", |resource| &resource.id),
            Self::Http(resource) => resource.map_or("ServerlessHttpApi", |resource| &resource.id),
        }
    }

    fn load(&self, scope: &Scope<'_>, routes: &[Route<'_>]) -> Result<Api, LoadError> {
        match self {
            Self::Rest(resource) => rest_api::load(scope, *resource, routes).map(|api| Api::Rest(Arc::new(api))),
            Self::Http(resource) => http_api::load(scope, *resource, routes).map(|api| Api::Http(Arc::new(api))),
        }
    }
}

/// The API that is served: the one of the name `wanted`, or else the first one that starts executions, or else the first
/// one. `None` when the template has none.
pub(super) fn served(scope: &Scope<'_>, wanted: Option<&str>) -> Result<Option<Api>, LoadError> {
    let routes = routes(scope)?;
    let candidates = candidates(scope, &routes)?;
    let names = candidates.iter().map(Candidate::name).collect::<Vec<_>>().join(", ");
    if let Some(wanted) = wanted {
        let Some(candidate) = candidates.iter().find(|candidate| candidate.name() == wanted) else {
            let names = if names.is_empty() { "none".to_owned() } else { names };
            return Err(LoadError::nowhere(format!("no API `{wanted}`; this template has: {names}")));
        };
        return candidate.load(scope, &routes).map(Some);
    }
    if let [candidate] = candidates.as_slice() {
        return candidate.load(scope, &routes).map(Some);
    }
    // What is said while an API is read counts only if that one is served.
    let before = scope.notes().clone();
    let mut loaded: Vec<(&Candidate<'_>, Api, Notes)> = Vec::new();
    let mut first_error = None;
    for candidate in &candidates {
        scope.notes().restore(&before);
        match candidate.load(scope, &routes) {
            Ok(api) => loaded.push((candidate, api, scope.notes().clone())),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    let starting = loaded.iter().position(|(_, api, _)| api.start_path().is_some());
    let Some((candidate, api, notes)) = loaded.into_iter().nth(starting.unwrap_or(0)) else {
        return first_error.map_or(Ok(None), Err);
    };
    scope.notes().restore(&notes);
    let served = candidate.name();
    let message = format!("several APIs ({names}), of which one is served: name it with --api");
    let refusal = LoadError::nowhere(message);
    scope.notes().pass_over(format!("API beside `{served}`, of {names}; choose by --api NAME"), refusal)?;
    Ok(Some(api))
}

fn candidates<'a>(scope: &'a Scope<'_>, routes: &[Route<'_>]) -> Result<Vec<Candidate<'a>>, LoadError> {
    let mut candidates = Vec::new();
    for resource in scope.resources() {
        let resource = resource?;
        match resource.kind {
            Type::ServerlessApi | Type::RestApi => candidates.push(Candidate::Rest(Some(resource))),
            Type::ServerlessHttpApi => candidates.push(Candidate::Http(Some(resource))),
            Type::HttpApi => match resource.text(scope, "ProtocolType")?.as_deref() {
                Some("WEBSOCKET") => {
                    let message = "unsupported protocol WEBSOCKET; supported here: HTTP";
                    let refusal = LoadError::unsupported(&resource.position, message);
                    scope.notes().pass_over("WebSocket API", refusal)?;
                }
                _ => candidates.push(Candidate::Http(Some(resource))),
            },
            _ => {}
        }
    }
    let is_implicit = |protocol| routes.iter().any(|route| route.protocol == protocol && route.api.is_none());
    if is_implicit(ApiKind::Rest) {
        candidates.push(Candidate::Rest(None));
    }
    if is_implicit(ApiKind::Http) {
        candidates.push(Candidate::Http(None));
    }
    Ok(candidates)
}
