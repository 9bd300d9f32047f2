//! `x-amazon-apigateway-gateway-responses`: the answers that the gateway gives by itself.

use super::document::Document;
use super::extension;
use super::integration::status;
use super::mapping;
use crate::deployment::{GatewayResponse, MappingSource, Substitution};
use crate::document::{Entry, LoadError, Node};

/// The types that API Gateway documents.
const KINDS: [&str; 21] = [
    "ACCESS_DENIED",
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "BAD_REQUEST_BODY",
    "BAD_REQUEST_PARAMETERS",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "EXPIRED_TOKEN",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "QUOTA_EXCEEDED",
    "REQUEST_TOO_LARGE",
    "RESOURCE_NOT_FOUND",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNSUPPORTED_MEDIA_TYPE",
    "WAF_FILTERED",
];

/// The customised gateway responses of a document.
pub(super) fn all(document: &Document<'_>) -> Result<Vec<GatewayResponse>, LoadError> {
    let Some(section) = document.root.get(extension::GATEWAY_RESPONSES) else { return Ok(Vec::new()) };
    section
        .expect_map("`x-amazon-apigateway-gateway-responses`")?
        .iter()
        .map(|entry| response(document, entry))
        .collect()
}

fn response(document: &Document<'_>, entry: &Entry) -> Result<GatewayResponse, LoadError> {
    let what = format!("gateway response `{}`", entry.key);
    if !KINDS.contains(&entry.key.as_str()) {
        return Err(entry.unsupported("`x-amazon-apigateway-gateway-responses`", &KINDS));
    }
    document.expect_keys(&entry.value, &what, &["statusCode", "responseParameters", "responseTemplates"], &[])?;
    let header = |destination: &Entry| {
        let header = destination.key.strip_prefix("gatewayresponse.header.").filter(|name| !name.is_empty());
        let message = || format!("`{}` is not a destination; it must be gatewayresponse.header.NAME", destination.key);
        header.map(str::to_owned).ok_or_else(|| LoadError::at(&destination.position, message()))
    };
    let accepts = MappingSource::may_stand_in_gateway_response;
    Ok(GatewayResponse {
        kind: entry.key.clone(),
        status: entry.value.get("statusCode").map(status).transpose()?,
        headers: mapping::all(entry.value.get("responseParameters"), header, accepts, str::to_owned)?,
        templates: templates(entry.value.get("responseTemplates"))?,
    })
}

fn templates(node: Option<&Node>) -> Result<Vec<(String, Substitution)>, LoadError> {
    let entries = node.map_or(Ok(&[][..]), |node| node.expect_map("`responseTemplates`"))?;
    let template = |entry: &Entry| {
        let text = entry.value.expect_str(&format!("the template of `{}`", entry.key))?;
        let substitution = Substitution::parse(text).map_err(|why| LoadError::at(&entry.value.position, why))?;
        Ok((entry.key.clone(), substitution))
    };
    entries.iter().map(template).collect()
}
