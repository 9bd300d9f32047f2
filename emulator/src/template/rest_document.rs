//! `AWS::ApiGateway::RestApi` with its resources and methods, as `cdk synth` writes them: read into the OpenAPI document
//! that API Gateway would export of them, so that there is one import.

use super::resource::Resource;
use super::scope::Scope;
use super::types::Type;
use crate::document::{Entry, LoadError, Node, Position, json, scalar};

/// The document of an API whose methods are resources of the template.
pub(super) fn document(scope: &Scope<'_>, api: &Resource) -> Result<Node, LoadError> {
    let position = &api.position;
    let mut document = Node::map(position, vec![("openapi", Node::text(position, "3.0.1"))]);
    document.set("paths", position, Node::map(position, Vec::new()));
    for resource in scope.resources() {
        let resource = resource?;
        if resource.refers_to("RestApiId") != Some(api.id.as_str()) {
            continue;
        }
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
                let validators = document.get_or_insert("x-amazon-apigateway-request-validators", position);
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
                let responses = document.get_or_insert("x-amazon-apigateway-gateway-responses", position);
                responses.set(kind.expect_str("`ResponseType`")?, position, response);
            }
            Type::RestMethod => {
                let method = resource.required(scope, "HttpMethod")?;
                let method = method.expect_str("`HttpMethod`")?.to_lowercase();
                let key = if method == "any" { "x-amazon-apigateway-any-method" } else { &method };
                let path = path_of(scope, api, resource, "ResourceId", 0)?;
                let operation = operation(scope, resource)?;
                let paths = document.get_or_insert("paths", position);
                paths.get_or_insert(&path, position).set(key, position, operation);
            }
            _ => {}
        }
    }
    Ok(document)
}

/// The path that `key` of a method or resource names.
fn path_of(
    scope: &Scope<'_>,
    api: &Resource,
    resource: &Resource,
    key: &str,
    depth: usize,
) -> Result<String, LoadError> {
    let unknown = || {
        let message = format!("`{key}` of {} names no resource of this API", resource.what());
        LoadError::at(&resource.position, message)
    };
    let parent = resource.refers_to(key).ok_or_else(unknown)?;
    if parent == api.id {
        return Ok("/".to_owned());
    }
    let parent = scope.resources().find_map(|it| it.ok().filter(|it| it.id == parent)).ok_or_else(unknown)?;
    // API Gateway's own limit on the depth of resources is far below.
    if depth > 64 || parent.kind != Type::RestResource {
        return Err(unknown());
    }
    let above = path_of(scope, api, parent, "ParentId", depth + 1)?;
    let part = parent.required(scope, "PathPart")?;
    Ok(format!("{}/{}", above.trim_end_matches('/'), scalar::text(&part, "`PathPart`")?))
}

/// The properties of a resource under other names.
fn renamed(scope: &Scope<'_>, resource: &Resource, keys: &[(&str, &str)]) -> Result<Node, LoadError> {
    let mut map = Node::map(&resource.position, Vec::new());
    for (key, name) in keys {
        if let Some(value) = resource.property(scope, key)? {
            map.set(name, &value.position.clone(), value);
        }
    }
    Ok(map)
}

fn operation(scope: &Scope<'_>, method: &Resource) -> Result<Node, LoadError> {
    let position = &method.position;
    let mut operation = Node::map(position, Vec::new());
    if let Some(kind) = method.property(scope, "AuthorizationType")? {
        let auth = Node::map(position, vec![("type", kind)]);
        operation.set("x-amazon-apigateway-auth", position, auth);
    }
    if let Some(needed) = method.property(scope, "ApiKeyRequired")? {
        operation.set("x-amazon-apigateway-api-key-required", position, needed);
    }
    if let Some(validator) = method.text(scope, "RequestValidatorId")? {
        operation.set("x-amazon-apigateway-request-validator", position, Node::text(position, validator));
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
        operation.set("x-amazon-apigateway-integration", position, integration);
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
fn expect_keys(scope: &Scope<'_>, node: &Node, what: &str, known: &[&str]) -> Result<(), LoadError> {
    scope.notes().pass_over_keys(node.expect_map(what)?, what, what, known)
}

/// An integration under the names of the OpenAPI extension.
fn integration(scope: &Scope<'_>, node: &Node) -> Result<Node, LoadError> {
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

fn responses(scope: &Scope<'_>, node: &Node, position: &Position) -> Result<Node, LoadError> {
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

/// The stage of an API: its `AWS::ApiGateway::Stage`, or the name that its deployment gives.
pub(super) fn stage<'s>(
    scope: &'s Scope<'_>,
    api: &Resource,
) -> Result<(Option<&'s Resource>, Option<String>), LoadError> {
    let mut named = None;
    for resource in scope.resources() {
        let resource = resource?;
        if resource.refers_to("RestApiId") != Some(api.id.as_str()) {
            continue;
        }
        match resource.kind {
            Type::RestStage => return Ok((Some(resource), resource.text(scope, "StageName")?)),
            Type::RestDeployment => named = named.or(resource.text(scope, "StageName")?),
            _ => {}
        }
    }
    Ok((None, named))
}
