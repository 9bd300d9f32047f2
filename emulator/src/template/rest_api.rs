//! REST APIs: the document that defines the methods, the stage and its settings.

use std::ops::RangeInclusive;

use super::events::{ApiKind, Route};
use super::resource::Resource;
use super::scope::Scope;
use super::throttle::Throttle;
use super::types::Type;
use super::{include, rest_document, sam_document};
use crate::deployment::{Method, RestApi};
use crate::document::{Entry, LoadError, Node, Position, scalar};
use crate::openapi;

/// The stage of APIs that SAM makes, and of those that have none.
const IMPLICIT_STAGE: &str = "Prod";
const NO_STAGE: &str = "prod";

/// Reads an API; `None` is the one that SAM makes for events that name none.
pub(super) fn load(
    stacks: &[&Scope],
    scope: &Scope,
    resource: Option<&Resource>,
    routes: &[&Route<'_>],
) -> Result<RestApi, LoadError> {
    let mut api = read(stacks, scope, resource, routes)?;
    if api.methods.iter().any(|method| method.api_key_required) {
        api.api_keys = api_keys(stacks)?;
    }
    Ok(api)
}

fn read(
    stacks: &[&Scope],
    scope: &Scope,
    resource: Option<&Resource>,
    routes: &[&Route<'_>],
) -> Result<RestApi, LoadError> {
    let id = resource.map(|resource| resource.id.as_str());
    let is_of = |route: &&&Route<'_>| route.protocol == ApiKind::Rest && route.api.as_deref() == id;
    let routes: Vec<_> = routes.iter().filter(is_of).copied().collect();
    let Some(resource) = resource else {
        let position = routes.first().map(|route| route.position.clone());
        let position = position.expect("SAM makes an API only for events");
        let mut document = sam_document::empty(&position);
        sam_document::add_routes(scope, &mut document, &routes)?;
        if let Some(globals) = scope.implicit_api(&position) {
            sam_document::add_settings(scope, &mut document, &globals)?;
        }
        let name = "ServerlessRestApi";
        return import(scope, &document, scope.stack().api_id(name), IMPLICIT_STAGE.to_owned());
    };
    if let Some(source) = resource.property(scope, "ApiKeySourceType")?.filter(|node| node.as_str() != Some("HEADER")) {
        scope.notes().pass_over(openapi::KEYS_OF_AUTHORIZERS, source.unexpected("`ApiKeySourceType`", "HEADER"))?;
    }
    let (staged, stage) = if resource.kind == Type::RestApi {
        let (staged, named) = rest_document::stage(stacks, scope, resource)?;
        let position = staged.map_or(&resource.position, |(_, staged)| &staged.position);
        let named = named.map(|name| checked(name, position)).transpose()?;
        if named.is_none() {
            scope.warn(format!("{} has no stage; it is served as `{NO_STAGE}`", resource.what()));
        }
        (staged, named.unwrap_or_else(|| NO_STAGE.to_owned()))
    } else {
        let stage = resource.required(scope, "StageName")?;
        (Some((scope, resource)), checked(scalar::text(&stage, "`StageName`")?, &stage.position)?)
    };
    let mut document = openapi::upgraded(&document(stacks, scope, resource, routes.is_empty())?)?;
    if resource.kind == Type::ServerlessApi {
        sam_document::add_routes(scope, &mut document, &routes)?;
        sam_document::add_settings(scope, &mut document, resource)?;
    }
    let mut api = import_of(scope, &document, resource, stage)?;
    if let Some((scope, staged)) = staged {
        settings(scope, staged, &mut api.methods)?;
        api.stage_variables = variables(scope, staged)?;
    }
    Ok(api)
}

/// A stage's name, which is the first segment of every path.
fn checked(name: String, position: &Position) -> Result<String, LoadError> {
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        let message = format!("`StageName` must be letters, digits, `_` and `-`, found `{name}`");
        return Err(LoadError::at(position, message));
    }
    Ok(name)
}

fn import_of(scope: &Scope, document: &Node, resource: &Resource, stage: String) -> Result<RestApi, LoadError> {
    let fail_on_warnings = resource.property(scope, "FailOnWarnings")?;
    let fails = fail_on_warnings.as_ref().map_or(Ok(false), |flag| scalar::flag(flag, "`FailOnWarnings`"))?;
    let imported = openapi::import(document, scope.stack(), scope.notes(), scope.import_options())?;
    if let (true, Some(flag), Some(warning)) = (fails, fail_on_warnings, imported.warnings.first()) {
        let message = format!("`FailOnWarnings` is set, and the import warns: {warning}");
        return Err(LoadError::at(&flag.position, message));
    }
    Ok(finished(scope, imported, resource.name(scope)?, stage))
}

fn import(scope: &Scope, document: &Node, id: String, stage: String) -> Result<RestApi, LoadError> {
    Ok(finished(scope, openapi::import(document, scope.stack(), scope.notes(), scope.import_options())?, id, stage))
}

fn finished(scope: &Scope, imported: openapi::Imported, id: String, stage: String) -> RestApi {
    imported.warnings.into_iter().for_each(|warning| scope.warn(warning));
    let (methods, gateway_responses) = (imported.methods, imported.gateway_responses);
    RestApi { id, stage, stage_variables: Vec::new(), api_keys: Vec::new(), methods, gateway_responses }
}

/// The values of the enabled keys of all stacks, whichever usage plan they belong to. One without a value would get a
/// secret one on AWS.
fn api_keys(stacks: &[&Scope]) -> Result<Vec<String>, LoadError> {
    const LENGTHS: RangeInclusive<usize> = 20..=128;
    let mut keys = Vec::new();
    for &scope in stacks {
        for resource in scope.resources() {
            let resource = resource?;
            if resource.kind != Type::GatewayKey {
                continue;
            }
            let Some(value) = resource.property(scope, "Value")? else { continue };
            let key = scalar::text(&value, "`Value`")?;
            let enabled = resource.property(scope, "Enabled")?;
            if !enabled.as_ref().map_or(Ok(false), |flag| scalar::flag(flag, "`Enabled`"))? {
                scope.warn(format!(
                    "{} is not enabled: whoever sends it is refused; set `Enabled: true`",
                    resource.what()
                ));
            } else if LENGTHS.contains(&key.chars().count()) {
                keys.push(key);
            } else {
                let message = format!("`Value` of {} must have 20 to 128 characters", resource.what());
                return Err(LoadError::at(&value.position, message));
            }
        }
    }
    Ok(keys)
}

/// The document of an API. SAM makes one for an API that has only events.
fn document(stacks: &[&Scope], scope: &Scope, resource: &Resource, without_events: bool) -> Result<Node, LoadError> {
    let in_s3 = |instead: &str| {
        let message = format!("the document of {} lies in S3; {instead}", resource.what());
        LoadError::unsupported(&resource.position, message)
    };
    let is_elsewhere = |key: &str| resource.properties.get(key).is_some_and(include::is_elsewhere);
    if resource.kind == Type::RestApi {
        if let Some(body) = resource.property(scope, "Body")? {
            return Ok(body);
        }
        let location = resource.property(scope, "BodyS3Location")?;
        return match scope.assets().of(resource, "BodyS3Location", location.as_ref()) {
            Some(path) => scope.source().named_document(path.expect_str("an asset")?, &path.position, scope.notes()),
            None if location.is_some() || is_elsewhere("Body") => Err(in_s3("put it into `Body`")),
            None => rest_document::document(stacks, scope, resource),
        };
    }
    if is_elsewhere("DefinitionBody") {
        return Err(in_s3("put it into `DefinitionBody`"));
    }
    match (resource.property(scope, "DefinitionBody")?, resource.property(scope, "DefinitionUri")?) {
        (Some(body), None) => Ok(body),
        // A file that is uploaded as it is: no intrinsic function in it is computed.
        (None, Some(uri)) => {
            let Some(named) = uri.as_str().filter(|named| !named.starts_with("s3://")) else {
                return Err(in_s3("name a local file"));
            };
            scope.source().named_document(named, &uri.position, scope.notes())
        }
        (None, None) if !without_events => Ok(sam_document::empty(&resource.position)),
        _ => {
            let message = format!("{} needs either `DefinitionBody` or `DefinitionUri`", resource.what());
            Err(LoadError::at(&resource.position, message))
        }
    }
}

fn variables(scope: &Scope, resource: &Resource) -> Result<Vec<(String, String)>, LoadError> {
    let Some(variables) = resource.property(scope, "Variables")? else { return Ok(Vec::new()) };
    let text = |entry: &Entry| scalar::text(&entry.value, &format!("stage variable `{}`", entry.key));
    variables.expect_map("`Variables`")?.iter().map(|entry| Ok((entry.key.clone(), text(entry)?))).collect()
}

/// `MethodSettings`: throttles, of which one for a single method wins over one for all.
fn settings(scope: &Scope, resource: &Resource, methods: &mut [Method]) -> Result<(), LoadError> {
    const WITHOUT_EFFECT: [&str; 3] = ["LoggingLevel", "MetricsEnabled", "DataTraceEnabled"];
    const INTERPRETED: [&str; 4] = ["ResourcePath", "HttpMethod", "ThrottlingRateLimit", "ThrottlingBurstLimit"];
    let Some(settings) = resource.property(scope, "MethodSettings")? else { return Ok(()) };
    let mut throttles = Vec::new();
    for setting in settings.expect_list("`MethodSettings`")? {
        const WHAT: &str = "a method setting";
        let known = [&INTERPRETED[..], &WITHOUT_EFFECT[..]].concat();
        for entry in setting.expect_map(WHAT)?.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let refusal = entry.unsupported(WHAT, &known);
            scope.notes().pass_over(format!("`{}` of method settings", entry.key), refusal)?;
        }
        let path = setting.require(WHAT, "ResourcePath")?.expect_str("`ResourcePath`")?;
        let method = setting.require(WHAT, "HttpMethod")?.expect_str("`HttpMethod`")?;
        let (path, method) = (path.replace("~1", "/").replacen("//", "/", 1), method.to_owned());
        throttles.extend(Throttle::read(setting)?.settings().map(|throttle| (path, method, throttle)));
    }
    for method in methods {
        let of = |path: &str, http_method: &str| {
            throttles.iter().find(|(p, m, _)| p == path && m == http_method).map(|(_, _, throttle)| *throttle)
        };
        method.throttle = of(method.path.as_str(), &method.http_method).or_else(|| of("/*", "*"));
    }
    Ok(())
}
