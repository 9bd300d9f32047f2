//! Paths and operations.

use super::document::Document;
use super::integration::{self, Place, status};
use super::validator::{self, Validator};
use super::{extension, model, parameter, security};
use crate::deployment::{AuthorizationType, Integration, Method, MethodResponse, ResourcePath};
use crate::document::{Entry, LoadError, Node};

/// The keys of a path that are methods.
pub(crate) const METHODS: [&str; 8] =
    ["delete", "get", "head", "options", "patch", "post", "put", extension::ANY_METHOD];

/// The methods of a document.
pub(super) fn all(document: &Document<'_>) -> Result<Vec<Method>, LoadError> {
    let paths = document.root.require("an OpenAPI document", "paths")?.expect_map("`paths`")?;
    let validators = validator::all(document)?;
    let mut methods = Vec::new();
    for (index, entry) in paths.iter().enumerate() {
        check_path(entry, &paths[..index])?;
        let what = format!("path `{}`", entry.key);
        let interpreted = [&METHODS[..], &["parameters"]].concat();
        document.expect_keys(&entry.value, &what, &interpreted, &["summary", "description", "servers"])?;
        let operations = entry.value.expect_map(&what)?;
        for operation in operations.iter().filter(|operation| METHODS.contains(&operation.key.as_str())) {
            let method = method(document, &validators, entry, operation);
            methods.push(method.or_else(|error| unserved(document, entry, operation, error))?);
        }
    }
    Ok(methods)
}

/// A method that is not answered here: what is behind it is legal on AWS, or concerns no state machine.
fn unserved(document: &Document<'_>, path: &Entry, entry: &Entry, error: LoadError) -> Result<Method, LoadError> {
    let integration = entry.value.get(extension::INTEGRATION);
    let uri = integration.and_then(|node| node.get("uri")).and_then(Node::as_str);
    let starts = uri.is_some_and(|uri| uri.contains(":states:")) || entry.value.get(extension::INTEGRATION).is_none();
    if starts && !error.is_unsupported {
        return Err(error);
    }
    let http_method = if entry.key == extension::ANY_METHOD { "ANY".to_owned() } else { entry.key.to_uppercase() };
    let why = error.to_string();
    document.notes.pass_over(format!("route {http_method} {}, answered 501: {why}", path.key), error)?;
    Ok(Method {
        http_method,
        path: ResourcePath::new(&path.key),
        authorization: AuthorizationType::None,
        api_key_required: false,
        parameters: Vec::new(),
        validator: None,
        models: Vec::new(),
        throttle: None,
        integration: Integration::unserved(why),
        responses: Vec::new(),
    })
}

/// The rules of API Gateway for resource paths.
fn check_path(entry: &Entry, earlier: &[Entry]) -> Result<(), LoadError> {
    let fail = |message: String| Err(LoadError::at(&entry.position, message));
    let Some(path) = entry.key.strip_prefix('/') else {
        return fail(format!("path `{}` must start with a slash", entry.key));
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-:".contains(c);
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    for (index, part) in parts.iter().enumerate() {
        let variable = variable(part);
        let name = variable.unwrap_or(part);
        if name.is_empty()
            || !name.strip_suffix('+').filter(|_| variable.is_some()).unwrap_or(name).chars().all(allowed)
        {
            return fail(format!(
                "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the \
                 beginning and the end, found `{part}`"
            ));
        }
        if variable.is_some_and(|name| name.ends_with('+')) && index + 1 < parts.len() {
            return fail(format!("greedy path variable `{part}` must be the last part of its path"));
        }
    }
    for earlier in earlier {
        let others: Vec<_> = earlier.key.split('/').filter(|part| !part.is_empty()).collect();
        let differing = parts.iter().zip(&others).find(|(part, other)| part != other);
        if let Some((part, other)) = differing.filter(|(part, other)| variable(part).and(variable(other)).is_some()) {
            return fail(format!(
                "A sibling ({other}) of this resource already has a variable path part -- only one is allowed, found `{part}`"
            ));
        }
        if parts == others {
            return fail(format!("path `{}` stands twice", entry.key));
        }
    }
    Ok(())
}

fn variable(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

fn method(document: &Document<'_>, validators: &[Validator], path: &Entry, entry: &Entry) -> Result<Method, LoadError> {
    let http_method = if entry.key == extension::ANY_METHOD { "ANY".to_owned() } else { entry.key.to_uppercase() };
    let place = Place { http_method: &http_method, path: &path.key };
    let what = format!("{http_method} {}", path.key);
    let operation = &entry.value;
    document.expect_keys(
        operation,
        &what,
        &[
            "parameters",
            "requestBody",
            "responses",
            "security",
            extension::AUTH,
            extension::API_KEY_REQUIRED,
            extension::INTEGRATION,
            extension::REQUEST_VALIDATOR,
        ],
        &["summary", "description", "operationId", "tags", "externalDocs", "deprecated", "servers"],
    )?;
    let (authorization, api_key_required) = security::of(document, operation)?;
    let parameters = parameter::all(document, &path.value, operation)?;
    let responses = responses(document, operation)?;
    let Some(node) = operation.get(extension::INTEGRATION) else {
        let message = format!(
            "{what} needs `x-amazon-apigateway-integration`; a deployment answers: No integration defined for method"
        );
        return Err(LoadError::at(&entry.position, message));
    };
    Ok(Method {
        integration: integration::load(document, &place, node, (&parameters, &responses))?,
        path: ResourcePath::new(&path.key),
        authorization,
        api_key_required,
        parameters,
        validator: validator::of(validators, document, operation)?,
        models: model::models(document, operation)?,
        throttle: None,
        responses,
        http_method,
    })
}

/// The answers that a method declares.
fn responses(document: &Document<'_>, operation: &Node) -> Result<Vec<MethodResponse>, LoadError> {
    let entries = operation.get("responses").map_or(Ok(&[][..]), |node| node.expect_map("`responses`"))?;
    let mut responses = Vec::new();
    for entry in entries {
        // A method response has one status: `default` and `2XX` declare none.
        let Ok(status) = status(&code(entry)) else { continue };
        if let Some(reference) = entry.value.get("$ref") {
            let message = "API Gateway documents a response by `$ref` as not supported; write it inline";
            document.warn(&reference.position, message);
        }
        let response = document.follow(&entry.value, "responses")?;
        let what = format!("response `{}`", entry.key);
        document.expect_keys(response, &what, &["headers"], &["description", "content", "links"])?;
        let headers = response.get("headers").map_or(Ok(&[][..]), |node| node.expect_map("`headers`"))?;
        responses.push(MethodResponse { status, headers: headers.iter().map(|entry| entry.key.clone()).collect() });
    }
    Ok(responses)
}

/// The key of an entry as a node in its place.
fn code(entry: &Entry) -> Node {
    use crate::document::{Kind, Text};
    let text = Text { value: entry.key.clone(), start: entry.position.clone(), indent: 1 };
    Node { position: entry.position.clone(), kind: Kind::String(text) }
}
