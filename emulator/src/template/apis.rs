//! The APIs of a deployment's stacks: which there are, and which one is served.

use std::sync::Arc;

use super::events::{ApiKind, Route, routes};
use super::resource::Resource;
use super::scope::Scope;
use super::types::Type;
use super::{http_api, rest_api};
use crate::deployment::Api;
use crate::document::{LoadError, Notes};

/// An API, not yet read.
struct Candidate<'a> {
    scope: &'a Scope,
    kind: ApiKind,
    /// `None` is the one that SAM makes for events that name none.
    resource: Option<&'a Resource>,
}

impl Candidate<'_> {
    fn logical_id(&self) -> &str {
        match (self.resource, self.kind) {
            (Some(resource), _) => &resource.id,
            (None, ApiKind::Rest) => "ServerlessRestApi",
            (None, ApiKind::Http) => "ServerlessHttpApi",
        }
    }

    /// Its logical id, after those of the nested stacks that it is in.
    fn name(&self) -> String {
        self.scope.qualified(self.logical_id())
    }

    fn load(&self, stacks: &[&Scope], routes: &[Route<'_>]) -> Result<Api, LoadError> {
        let routes: Vec<_> = routes.iter().filter(|route| std::ptr::eq(route.scope, self.scope)).collect();
        Ok(match self.kind {
            ApiKind::Rest => Api::Rest(Arc::new(rest_api::load(stacks, self.scope, self.resource, &routes)?)),
            ApiKind::Http => Api::Http(Arc::new(http_api::load(stacks, self.scope, self.resource, &routes)?)),
        })
    }
}

/// The API that is served: the one of the name `wanted`, or else the first one that starts executions, or else the first
/// one. `None` when there is none.
pub(super) fn served(stacks: &[&Scope], wanted: Option<&str>) -> Result<Option<Api>, LoadError> {
    let mut all = Vec::new();
    for scope in stacks {
        all.extend(routes(scope)?);
    }
    let routes = all;
    let candidates = candidates(stacks, &routes)?;
    let names = candidates.iter().map(Candidate::name).collect::<Vec<_>>().join(", ");
    if let Some(wanted) = wanted {
        let mut alike = candidates.iter().filter(|candidate| candidate.logical_id() == wanted);
        let alone = alike.next().filter(|_| alike.next().is_none());
        let Some(candidate) = candidates.iter().find(|candidate| candidate.name() == wanted).or(alone) else {
            let names = if names.is_empty() { "none".to_owned() } else { names };
            return Err(LoadError::nowhere(format!("no API `{wanted}`; this template has: {names}")));
        };
        return candidate.load(stacks, &routes).map(Some);
    }
    if let [candidate] = candidates.as_slice() {
        return candidate.load(stacks, &routes).map(Some);
    }
    let Some(notes) = stacks.first().map(|scope| scope.notes()) else { return Ok(None) };
    // What is said while an API is read counts only if that one is served.
    let before = notes.clone();
    let mut loaded: Vec<(&Candidate<'_>, Api, Notes)> = Vec::new();
    let mut first_error = None;
    for candidate in &candidates {
        notes.restore(&before);
        match candidate.load(stacks, &routes) {
            Ok(api) => loaded.push((candidate, api, notes.clone())),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    let starting = loaded.iter().position(|(_, api, _)| api.start_path().is_some());
    let Some((candidate, api, said)) = loaded.into_iter().nth(starting.unwrap_or(0)) else {
        notes.restore(&before);
        return first_error.map_or(Ok(None), Err);
    };
    notes.restore(&said);
    let served = candidate.name();
    let message = format!("several APIs ({names}), of which one is served: name it with --api");
    let refusal = LoadError::nowhere(message);
    notes.pass_over(format!("API beside `{served}`, of {names}; choose by --api NAME"), refusal)?;
    Ok(Some(api))
}

fn candidates<'a>(stacks: &[&'a Scope], routes: &[Route<'_>]) -> Result<Vec<Candidate<'a>>, LoadError> {
    let mut candidates = Vec::new();
    let mut ids = Vec::new();
    for &scope in stacks {
        for resource in scope.resources() {
            let resource = resource?;
            let kind = match resource.kind {
                Type::ServerlessApi | Type::RestApi => ApiKind::Rest,
                Type::ServerlessHttpApi | Type::HttpApi => ApiKind::Http,
                _ => continue,
            };
            ids.push(resource.name(scope)?);
            if resource.kind == Type::HttpApi && resource.text(scope, "ProtocolType")?.as_deref() == Some("WEBSOCKET") {
                let message = "unsupported protocol WEBSOCKET; supported here: HTTP";
                let refusal = LoadError::unsupported(&resource.position, message);
                scope.notes().pass_over("WebSocket API", refusal)?;
            } else {
                candidates.push(Candidate { scope, kind, resource: Some(resource) });
            }
        }
        let is_implicit = |kind: ApiKind| {
            routes.iter().any(|it| std::ptr::eq(it.scope, scope) && it.protocol == kind && it.api.is_none())
        };
        let implicit = [ApiKind::Rest, ApiKind::Http].into_iter().filter(|kind| is_implicit(*kind));
        candidates.extend(implicit.map(|kind| Candidate { scope, kind, resource: None }));
    }
    for &scope in stacks {
        for resource in scope.resources() {
            let resource = resource?;
            let key = match resource.kind {
                Type::RestMethod => "RestApiId",
                Type::HttpRoute => "ApiId",
                _ => continue,
            };
            if !resource.text(scope, key)?.is_some_and(|id| ids.contains(&id)) {
                let message = format!("`{key}` of {} names no API of this deployment", resource.what());
                let refusal = LoadError::unsupported(&resource.position, message);
                scope.notes().pass_over(format!("{} of an API of another deployment", resource.type_name), refusal)?;
            }
        }
    }
    Ok(candidates)
}
