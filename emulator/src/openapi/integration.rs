//! `x-amazon-apigateway-integration`: what stands behind a method.

use std::time::Duration;

use super::document::Document;
use super::mapping;
use crate::deployment::{
    Integration, IntegrationKind, IntegrationResponse, MethodParameter, MethodResponse, Parameter, Passthrough,
};
use crate::document::{Entry, LoadError, Node, Text};
use crate::template::scalar;

const KEYS: [&str; 14] = [
    "type",
    "httpMethod",
    "uri",
    "credentials",
    "passthroughBehavior",
    "requestTemplates",
    "requestParameters",
    "responses",
    "timeoutInMillis",
    // Their one supported value changes nothing.
    "connectionType",
    "cacheKeyParameters",
    "cacheNamespace",
    "contentHandling",
    "responseTransferMode",
];

/// Milliseconds; the longest is what a Regional API may raise its quota to.
const TIMEOUT: u32 = 29_000;
const TIMEOUTS: std::ops::RangeInclusive<u32> = 50..=300_000;

/// A method and its path, as import errors name them.
pub(super) struct Place<'a> {
    pub(super) http_method: &'a str,
    pub(super) path: &'a str,
}

impl Place<'_> {
    /// An import error of API Gateway: what it could not put where, and why.
    pub(super) fn unable(&self, thing: &str, cause: &str) -> String {
        format!("Unable to put {thing} on '{}' for resource at path '{}': {cause}", self.http_method, self.path)
    }
}

/// Reads an integration; `declared` are the parameters and answers of its method.
pub(super) fn load(
    document: &Document<'_>,
    place: &Place<'_>,
    node: &Node,
    declared: (&[MethodParameter], &[MethodResponse]),
) -> Result<Integration, LoadError> {
    const WHAT: &str = "`x-amazon-apigateway-integration`";
    node.expect_keys(WHAT, &KEYS)?;
    only(node, "connectionType", &["INTERNET"])?;
    only(node, "responseTransferMode", &["BUFFERED"])?;
    for key in ["contentHandling", "cacheNamespace"] {
        only(node, key, &[])?;
    }
    if let Some(keys) = node.get("cacheKeyParameters").filter(|node| node.as_list().is_none_or(|keys| !keys.is_empty()))
    {
        return Err(keys.unexpected("`cacheKeyParameters`", "an empty list, since nothing is cached"));
    }
    let timeout =
        node.get("timeoutInMillis").map(|node| scalar::whole(node, "`timeoutInMillis`", TIMEOUTS)).transpose()?;
    Ok(Integration {
        position: node.position.clone(),
        kind: kind(place, node)?,
        passthrough: passthrough(node)?,
        request_templates: templates(node.get("requestTemplates"), "`requestTemplates`")?,
        request_parameters: request_parameters(place, node, declared.0)?,
        responses: responses(document, place, node, declared.1)?,
        timeout: Duration::from_millis(timeout.unwrap_or(TIMEOUT).into()),
    })
}

/// Refuses any value of `key` but the `allowed` ones.
fn only(node: &Node, key: &str, allowed: &[&str]) -> Result<(), LoadError> {
    match node.get(key) {
        Some(value) if !value.as_str().is_some_and(|text| allowed.contains(&text)) => {
            let expected = if allowed.is_empty() { "left out".to_owned() } else { allowed.join(" or ") };
            Err(value.unexpected(&format!("`{key}`"), &expected))
        }
        _ => Ok(()),
    }
}

fn kind(place: &Place<'_>, node: &Node) -> Result<IntegrationKind, LoadError> {
    let kind = node.require("an integration", "type")?;
    match kind.expect_str("the type of an integration")?.to_ascii_lowercase().as_str() {
        "mock" => Ok(IntegrationKind::Mock),
        "aws" => aws(place, node),
        _ => Err(kind.unexpected("the type of an integration", "mock or aws")),
    }
}

fn aws(place: &Place<'_>, node: &Node) -> Result<IntegrationKind, LoadError> {
    const NEED: &str = "an integration of type aws";
    let method = node.require(NEED, "httpMethod")?;
    if method.as_str() != Some("POST") {
        return Err(method.unexpected("`httpMethod`", "POST, as Step Functions asks"));
    }
    let credentials = node.require(NEED, "credentials")?;
    let role = credentials.as_str().is_some_and(|arn| arn.starts_with("arn:") && arn.contains(":role/"));
    if !role {
        return Err(credentials.unexpected("`credentials`", "the ARN of a role that API Gateway may assume"));
    }
    let uri = node.require(NEED, "uri")?;
    let invalid = || {
        let cause = "AWS ARN for integration must contain path or action";
        LoadError::at(&uri.position, place.unable("integration", cause))
    };
    let parts: Vec<_> = uri.expect_str("`uri`")?.splitn(6, ':').collect();
    let ["arn", _, "apigateway", _, service, target] = parts.as_slice() else { return Err(invalid()) };
    if *service != "states" {
        return Err(LoadError::at(
            &uri.position,
            format!("unsupported service `{service}` in `uri`; supported here: states"),
        ));
    }
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
    let action = match target.split_once('/').ok_or_else(invalid)? {
        ("action", name) if is_name(&name) => Some(name.to_owned()),
        ("path", "" | "/") => None,
        ("action" | "path", _) => {
            return Err(uri.unexpected("`uri`", "states:action/NAME, or states:path// with the header X-Amz-Target"));
        }
        _ => return Err(invalid()),
    };
    Ok(IntegrationKind::Aws { service: (*service).to_owned(), action })
}

fn passthrough(node: &Node) -> Result<Passthrough, LoadError> {
    let Some(behavior) = node.get("passthroughBehavior") else { return Ok(Passthrough::WhenNoMatch) };
    match behavior.expect_str("`passthroughBehavior`")?.to_ascii_lowercase().as_str() {
        "when_no_match" => Ok(Passthrough::WhenNoMatch),
        "when_no_templates" => Ok(Passthrough::WhenNoTemplates),
        "never" => Ok(Passthrough::Never),
        _ => Err(behavior.unexpected("`passthroughBehavior`", "when_no_match, when_no_templates or never")),
    }
}

/// Mapping templates by content type.
pub(super) fn templates(node: Option<&Node>, what: &str) -> Result<Vec<(String, Text)>, LoadError> {
    let entries = node.map_or(Ok(&[][..]), |node| node.expect_map(what))?;
    let text = |entry: &Entry| entry.value.expect_text(&format!("the template of `{}`", entry.key)).cloned();
    entries.iter().map(|entry| Ok((entry.key.clone(), text(entry)?))).collect()
}

/// An HTTP status, as a number or as text.
pub(super) fn status(node: &Node) -> Result<u16, LoadError> {
    let status = scalar::whole(node, "a status", 100..=599)?;
    u16::try_from(status).map_err(|_| node.unexpected("a status", "a whole number from 100 to 599"))
}

fn request_parameters(
    place: &Place<'_>,
    node: &Node,
    declared: &[MethodParameter],
) -> Result<Vec<Parameter>, LoadError> {
    let parameters = mapping::all(node.get("requestParameters"), "`requestParameters`")?;
    for Parameter { position, target, source } in &parameters {
        if target.strip_prefix("integration.request.header.").is_none_or(str::is_empty) {
            let message =
                format!("unsupported destination `{target}`; supported here: integration.request.header.NAME");
            return Err(LoadError::at(position, message));
        }
        if !mapping::is_request_source(source, declared) {
            let cause = mapping::invalid_parameter(source);
            return Err(LoadError::at(position, place.unable("integration", &cause)));
        }
    }
    Ok(parameters)
}

fn responses(
    document: &Document<'_>,
    place: &Place<'_>,
    node: &Node,
    declared: &[MethodResponse],
) -> Result<Vec<IntegrationResponse>, LoadError> {
    let entries = node.get("responses").map_or(Ok(&[][..]), |node| node.expect_map("`responses` of an integration"))?;
    entries.iter().map(|entry| response(document, place, entry, declared)).collect()
}

fn response(
    document: &Document<'_>,
    place: &Place<'_>,
    entry: &Entry,
    declared: &[MethodResponse],
) -> Result<IntegrationResponse, LoadError> {
    let what = format!("integration response `{}`", entry.key);
    let node = &entry.value;
    node.expect_keys(&what, &["statusCode", "responseParameters", "responseTemplates", "contentHandling"])?;
    only(node, "contentHandling", &[])?;
    let pattern = (entry.key != "default").then(|| entry.key.clone());
    if pattern.as_ref().is_some_and(|pattern| fancy_regex::Regex::new(pattern).is_err()) {
        return Err(LoadError::at(&entry.position, format!("`{}` is not a regular expression", entry.key)));
    }
    let status = status(node.require(&what, "statusCode")?)?;
    let parameters = mapping::all(node.get("responseParameters"), "`responseParameters`")?;
    let method_response = declared.iter().find(|response| response.status == status);
    for Parameter { position, target, source } in &parameters {
        let unable = |cause: &str| LoadError::at(position, place.unable("integration response", cause));
        let Some(method_response) = method_response else {
            return Err(unable(&mapping::invalid("No method response exists for method.")));
        };
        let Some(header) = target.strip_prefix("method.response.header.") else {
            return Err(unable(&mapping::invalid_parameter(target)));
        };
        if !mapping::is_response_source(source) {
            return Err(unable(&mapping::invalid_parameter(source)));
        }
        if !method_response.headers.iter().any(|declared| declared == header) {
            let error = unable(&mapping::invalid_parameter(target));
            if !document.lenient_headers {
                return Err(error);
            }
            document.warn(position, &format!("let pass: {}", error.message));
        }
    }
    let templates = templates(node.get("responseTemplates"), "`responseTemplates`")?;
    Ok(IntegrationResponse { position: entry.position.clone(), pattern, status, parameters, templates })
}
