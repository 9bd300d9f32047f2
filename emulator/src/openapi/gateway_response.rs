//! `x-amazon-apigateway-gateway-responses`: the answers that the gateway gives by itself.

use super::integration::{status, templates};
use super::mapping;
use crate::deployment::GatewayResponse;
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
pub(super) fn all(root: &Node) -> Result<Vec<GatewayResponse>, LoadError> {
    let Some(section) = root.get("x-amazon-apigateway-gateway-responses") else { return Ok(Vec::new()) };
    section.expect_map("`x-amazon-apigateway-gateway-responses`")?.iter().map(response).collect()
}

fn response(entry: &Entry) -> Result<GatewayResponse, LoadError> {
    let what = format!("gateway response `{}`", entry.key);
    if !KINDS.contains(&entry.key.as_str()) {
        return Err(entry.unsupported("`x-amazon-apigateway-gateway-responses`", &KINDS));
    }
    entry.value.expect_keys(&what, &["statusCode", "responseParameters", "responseTemplates"])?;
    let parameters = mapping::all(entry.value.get("responseParameters"), "`responseParameters`")?;
    for parameter in &parameters {
        let header = parameter.target.strip_prefix("gatewayresponse.header.");
        if header.is_none_or(str::is_empty) {
            let message = format!("`{}` is no destination; it must be gatewayresponse.header.NAME", parameter.target);
            return Err(LoadError::at(&parameter.position, message));
        }
        if !mapping::is_gateway_source(&parameter.source) {
            return Err(LoadError::at(&parameter.position, mapping::invalid_parameter(&parameter.source)));
        }
    }
    Ok(GatewayResponse {
        position: entry.position.clone(),
        kind: entry.key.clone(),
        status: entry.value.get("statusCode").map(status).transpose()?,
        parameters,
        templates: templates(entry.value.get("responseTemplates"), "`responseTemplates`")?,
    })
}
