//! Import of an OpenAPI 3.0 document as API Gateway imports a REST API: paths, methods, integrations and answers.
//!
//! Every key that changes an answer is honoured or refused with its place, and others are passed over; refusals that API Gateway also makes carry
//! its own words. The document comes with its intrinsic functions already computed.

mod document;
pub(crate) mod extension;
mod gateway_response;
mod integration;
mod mapping;
mod method;
mod model;
mod parameter;
mod security;
mod swagger;
mod validator;
mod variables;

use crate::deployment::{GatewayResponse, Method, Stack};
use crate::document::{LoadError, Node, Notes};
use document::Document;
pub(crate) use document::ImportOptions;
pub(crate) use method::METHODS;
pub(crate) use swagger::upgraded;

/// What an import gives.
#[derive(Debug)]
pub(crate) struct Imported {
    /// The methods, in document order.
    pub(crate) methods: Vec<Method>,
    /// Customised gateway responses.
    pub(crate) gateway_responses: Vec<GatewayResponse>,
    /// What API Gateway would warn of, or was let pass, each with its place.
    pub(crate) warnings: Vec<String>,
}

const INTERPRETED: [&str; 8] = [
    "openapi",
    "paths",
    "components",
    extension::REQUEST_VALIDATORS,
    extension::REQUEST_VALIDATOR,
    extension::GATEWAY_RESPONSES,
    extension::API_KEY_SOURCE,
    extension::BINARY_MEDIA_TYPES,
];

const WITHOUT_EFFECT: [&str; 8] = [
    "info",
    "servers",
    "tags",
    "externalDocs",
    extension::DOCUMENTATION,
    extension::IMPORTEXPORT_VERSION,
    extension::ENDPOINT_CONFIGURATION,
    extension::POLICY,
];

/// What is said where an authorizer is to tell a caller's API key: none is asked here.
pub(crate) const KEYS_OF_AUTHORIZERS: &str = "API keys that an authorizer tells; the header x-api-key tells them here";

/// Imports a document. AWS variables are those of `stack`.
///
/// # Errors
/// With the place of what API Gateway would refuse, or of what is not supported.
pub(crate) fn import(root: &Node, stack: &Stack, notes: &Notes, options: ImportOptions) -> Result<Imported, LoadError> {
    let mut root = root.clone();
    variables::resolve(&mut root, stack);
    let root = &root;
    let document = Document::new(root, notes, options);
    root.expect_map("an OpenAPI document")?;
    document.expect_keys(root, "an OpenAPI document", &INTERPRETED, &WITHOUT_EFFECT)?;
    let version = root.require("an OpenAPI document", "openapi")?;
    if !version.as_str().is_some_and(|version| version == "3.0" || version.starts_with("3.0.")) {
        return Err(version.unexpected("`openapi`", "3.0.x, in quotes"));
    }
    if let Some(source) = root.get(extension::API_KEY_SOURCE).filter(|node| node.as_str() != Some("HEADER")) {
        notes.pass_over(KEYS_OF_AUTHORIZERS, source.unexpected("the source of API keys", "HEADER"))?;
    }
    let binary = root.get(extension::BINARY_MEDIA_TYPES);
    if let Some(types) = binary.filter(|node| node.as_list().is_none_or(|types| !types.is_empty())) {
        let refusal = types.unexpected("the binary media types", "an empty list, since bodies are text");
        notes.pass_over("binary media types; bodies are text", refusal)?;
    }
    let models = root.get("components").and_then(|components| components.get("schemas")).and_then(Node::as_map);
    let is_model = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric());
    if let Some(entry) = models.unwrap_or_default().iter().find(|entry| !is_model(&entry.key)) {
        return Err(LoadError::at(&entry.position, format!("Model name must be alphanumeric: {}", entry.key)));
    }
    Ok(Imported {
        methods: method::all(&document)?,
        gateway_responses: gateway_response::all(&document)?,
        warnings: document.into_warnings(),
    })
}
