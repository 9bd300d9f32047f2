//! `AWS::ApiGateway::RestApi` with its resources and methods, as `cdk synth` writes them: read into the OpenAPI document
//! that API Gateway would export of them, so that there is one import.

use std::collections::HashMap;

use super::parts::parts_of;
use super::resource::Resource;
use super::scope::Scope;
use super::types::Type;
use crate::document::{Entry, LoadError, Node, Position, json, scalar};
use crate::openapi::extension;

/// The document of an API whose methods are resources of the template.
pub(super) fn document(stacks: &[&Scope], scope: &Scope, api: &Resource) -> Result<Node, LoadError> {
    let position = &api.position;
    let parts = parts_of(stacks, "RestApiId", &api.name(scope)?)?;
    let paths = Paths::new(scope, api, &parts)?;
    let mut document = Node::map(position, vec![("openapi", Node::text(position, "3.0.1"))]);
    document.set("paths", position, Node::map(position, Vec::new()));
    for (scope, resource) in parts {
        let position = &resource.position;
        match resource.kind {
            Type::RestModel => {
                let schema = resource.required(scope, "Schema")?;
                let schema = schema.as_text().map_or_else(|| Ok(schema.clone()), json::parse_text)?;
                let schemas = document.get_or_insert("components", position).get_or_insert("schemas", position);
                schemas.set(&resource.name(scope)?, position, schema);
            }
            Type::RestValidator => {
                let keys = [
                    ("ValidateRequestBody", "validateRequestBody"),
                    ("ValidateRequestParameters", "validateRequestParameters"),
                ];
                let validators = document.get_or_insert(extension::REQUEST_VALIDATORS, position);
                let validator = renamed(scope, resource, &keys)?;
                validators.set(&resource.name(scope)?, position, validator);
            }
            Type::RestGatewayResponse => {
                let keys = [
                    ("StatusCode", "statusCode"),
                    ("ResponseParameters", "responseParameters"),
                    ("ResponseTemplates", "responseTemplates"),
                ];
                let kind = resource.required(scope, "ResponseType")?;
                let response = renamed(scope, resource, &keys)?;
                let responses = document.get_or_insert(extension::GATEWAY_RESPONSES, position);
                responses.set(kind.expect_str("`ResponseType`")?, position, response);
            }
            Type::RestMethod => {
                let method = resource.required(scope, "HttpMethod")?;
                let method = method.expect_str("`HttpMethod`")?.to_lowercase();
                let key = if method == "any" { extension::ANY_METHOD } else { &method };
                let path = paths.of(scope, resource, "ResourceId", 0)?;
                let operation = operation(scope, resource)?;
                let paths = document.get_or_insert("paths", position);
                paths.get_or_insert(&path, position).set(key, position, operation);
            }
            _ => {}
        }
    }
    Ok(document)
}

/// The resources of an API that are parts of paths, by their ids.
struct Paths<'a> {
    root: String,
    parts: HashMap<String, (&'a Scope, &'a Resource)>,
}

impl<'a> Paths<'a> {
    fn new(scope: &Scope, api: &Resource, parts: &[(&'a Scope, &'a Resource)]) -> Result<Self, LoadError> {
        let root = api.attribute(scope, "RootResourceId", &api.position)?;
        let parts = parts.iter().filter(|(_, resource)| resource.kind == Type::RestResource);
        let parts = parts.map(|(scope, resource)| Ok((resource.name(*scope)?, (*scope, *resource))));
        Ok(Self { root, parts: parts.collect::<Result<_, LoadError>>()? })
    }

    /// The path that `key` of a method or resource names.
    fn of(&self, scope: &Scope, resource: &Resource, key: &str, depth: usize) -> Result<String, LoadError> {
        let unknown = || {
            let message = format!("`{key}` of {} names no resource of this API", resource.what());
            LoadError::at(&resource.position, message)
        };
        let id = resource.text(scope, key)?.ok_or_else(unknown)?;
        if id == self.root {
            return Ok("/".to_owned());
        }
        // API Gateway's own limit on the depth of resources is far below.
        let (scope, parent) = self.parts.get(&id).filter(|_| depth <= 64).ok_or_else(unknown)?;
        let above = self.of(scope, parent, "ParentId", depth + 1)?;
        let part = parent.required(*scope, "PathPart")?;
        Ok(format!("{}/{}", above.trim_end_matches('/'), scalar::text(&part, "`PathPart`")?))
    }
}

/// The properties of a resource under other names.
fn renamed(scope: &Scope, resource: &Resource, keys: &[(&str, &str)]) -> Result<Node, LoadError> {
    let mut map = Node::map(&resource.position, Vec::new());
    for (key, name) in keys {
        if let Some(value) = resource.property(scope, key)? {
            map.set(name, &value.position.clone(), value);
        }
    }
    Ok(map)
}

fn operation(scope: &Scope, method: &Resource) -> Result<Node, LoadError> {
    let position = &method.position;
    let mut operation = Node::map(position, Vec::new());
    if let Some(kind) = method.property(scope, "AuthorizationType")? {
        let auth = Node::map(position, vec![("type", kind)]);
        operation.set(extension::AUTH, position, auth);
    }
    if let Some(needed) = method.property(scope, "ApiKeyRequired")? {
        operation.set(extension::API_KEY_REQUIRED, position, needed);
    }
    if let Some(validator) = method.text(scope, "RequestValidatorId")? {
        operation.set(extension::REQUEST_VALIDATOR, position, Node::text(position, validator));
    }
    if let Some(parameters) = method.property(scope, "RequestParameters")? {
        let parameters = parameters.expect_map("`RequestParameters`")?.iter().map(parameter);
        operation.set("parameters", position, Node::list(position, parameters.collect::<Result<_, _>>()?));
    }
    if let Some(models) = method.property(scope, "RequestModels")? {
        let mut content = Node::map(position, Vec::new());
        for entry in models.expect_map("`RequestModels`")? {
            let name = entry.value.expect_str("the name of a model")?;
            // Both are there without being declared, and take anything.
            if name == "Empty" || name == "Error" {
                continue;
            }
            let reference = Node::text(&entry.position, format!("#/components/schemas/{name}"));
            let schema = Node::map(position, vec![("$ref", reference)]);
            content.set(&entry.key, &entry.position, Node::map(position, vec![("schema", schema)]));
        }
        operation.set("requestBody", position, Node::map(position, vec![("content", content)]));
    }
    let mut responses = Node::map(position, Vec::new());
    if let Some(declared) = method.property(scope, "MethodResponses")? {
        for response in declared.expect_list("`MethodResponses`")? {
            expect_keys(scope, response, "a method response", &["ResponseModels", "ResponseParameters", "StatusCode"])?;
            let status = scalar::text(response.require("a method response", "StatusCode")?, "`StatusCode`")?;
            let mut headers = Node::map(position, Vec::new());
            let parameters = response.get("ResponseParameters");
            for entry in parameters.map_or(Ok(&[][..]), |node| node.expect_map("`ResponseParameters`"))? {
                let header = entry.key.strip_prefix("method.response.header.").unwrap_or(&entry.key);
                headers.set(header, &entry.position, Node::map(position, Vec::new()));
            }
            responses.set(&status, &response.position, Node::map(position, vec![("headers", headers)]));
        }
    }
    operation.set("responses", position, responses);
    if let Some(integration) = method.property(scope, "Integration")? {
        let integration = self::integration(scope, &integration)?;
        operation.set(extension::INTEGRATION, position, integration);
    }
    Ok(operation)
}

/// `method.request.header.NAME: true` as a declared parameter.
fn parameter(entry: &Entry) -> Result<Node, LoadError> {
    let place = entry.key.strip_prefix("method.request.").and_then(|rest| rest.split_once('.'));
    let (place, name) = place.ok_or_else(|| {
        let message = format!("`{}` is not a request parameter, as method.request.header.NAME is", entry.key);
        LoadError::at(&entry.position, message)
    })?;
    let place = place.trim_start_matches("multivalue");
    let place = if place == "querystring" { "query" } else { place };
    let position = &entry.position;
    let fields = vec![
        ("name", Node::text(position, name)),
        ("in", Node::text(position, place)),
        ("required", entry.value.clone()),
    ];
    Ok(Node::map(position, fields))
}

/// Passes over what no method has.
fn expect_keys(scope: &Scope, node: &Node, what: &str, known: &[&str]) -> Result<(), LoadError> {
    scope.notes().pass_over_keys(node.expect_map(what)?, what, what, known)
}

/// An integration under the names of the OpenAPI extension.
fn integration(scope: &Scope, node: &Node) -> Result<Node, LoadError> {
    const KEYS: [&str; 16] = [
        "CacheKeyParameters",
        "CacheNamespace",
        "ConnectionId",
        "ConnectionType",
        "ContentHandling",
        "Credentials",
        "IntegrationHttpMethod",
        "IntegrationResponses",
        "IntegrationTarget",
        "PassthroughBehavior",
        "RequestParameters",
        "RequestTemplates",
        "ResponseTransferMode",
        "TimeoutInMillis",
        "Type",
        "Uri",
    ];
    expect_keys(scope, node, "an integration", &KEYS)?;
    let mut integration = Node::map(&node.position, Vec::new());
    for entry in node.expect_map("`Integration`")?.iter().filter(|entry| KEYS.contains(&entry.key.as_str())) {
        match entry.key.as_str() {
            // A load balancer's listener, beside the URI that is called.
            "IntegrationTarget" => {}
            "IntegrationHttpMethod" => integration.set("httpMethod", &entry.position, entry.value.clone()),
            "IntegrationResponses" => {
                let responses = responses(scope, &entry.value, &entry.position)?;
                integration.set("responses", &entry.position, responses);
            }
            key => integration.set(&camel(key), &entry.position, entry.value.clone()),
        }
    }
    Ok(integration)
}

fn responses(scope: &Scope, node: &Node, position: &Position) -> Result<Node, LoadError> {
    const KEYS: [&str; 5] =
        ["ContentHandling", "ResponseParameters", "ResponseTemplates", "SelectionPattern", "StatusCode"];
    let mut responses = Node::map(position, Vec::new());
    for response in node.expect_list("`IntegrationResponses`")? {
        let pattern = response.get("SelectionPattern").map(|node| scalar::text(node, "`SelectionPattern`"));
        let pattern = pattern.transpose()?.filter(|pattern| !pattern.is_empty());
        expect_keys(scope, response, "an integration response", &KEYS)?;
        let mut answer = Node::map(&response.position, Vec::new());
        for entry in response.expect_map("an integration response")? {
            if entry.key != "SelectionPattern" && KEYS.contains(&entry.key.as_str()) {
                answer.set(&camel(&entry.key), &entry.position, entry.value.clone());
            }
        }
        responses.set(pattern.as_deref().unwrap_or("default"), &response.position, answer);
    }
    Ok(responses)
}

/// A property's name as OpenAPI extensions write it.
fn camel(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The stage of an API, with the stack that has it, and its name: of its `AWS::ApiGateway::Stage`, or the one that its
/// deployment gives.
pub(super) fn stage<'s>(stacks: &[&'s Scope], scope: &Scope, api: &Resource) -> Result<Stage<'s>, LoadError> {
    let mut named = None;
    for (scope, resource) in parts_of(stacks, "RestApiId", &api.name(scope)?)? {
        match resource.kind {
            Type::RestStage => return Ok((Some((scope, resource)), resource.text(scope, "StageName")?)),
            Type::RestDeployment => named = named.or(resource.text(scope, "StageName")?),
            _ => {}
        }
    }
    Ok((None, named))
}

type Stage<'s> = (Option<(&'s Scope, &'s Resource)>, Option<String>);
