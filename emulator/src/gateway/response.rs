//! The way back from the backend.

use std::borrow::Cow;

use super::exchange::Exchange;
use super::failure::{Failure, GatewayResponseType};
use super::headers::{ResponseHeaders, ids};
use super::mapping::Scope;
use super::served::Served;
use crate::deployment::{IntegrationKind, MappingTemplates, media_type};
use crate::http::Response;
use crate::vtl::Template;

/// The answer to a backend's status and body; a mock has no body.
pub(super) fn answer(
    served: &Served,
    exchange: &Exchange,
    status: u16,
    body: Option<&[u8]>,
) -> Result<Response, Failure> {
    let misconfigured = || Failure::of(GatewayResponseType::ApiConfigurationError);
    let method = served.method(exchange.method.expect("only a routed request is sent to a backend"));
    let answer = method.integration.responses.select(status).ok_or_else(misconfigured)?;
    if !method.responses.iter().any(|declared| declared.status == answer.status) {
        return Err(misconfigured());
    }
    let scope = Scope::of_response(served, exchange, body);
    let mut headers = ResponseHeaders::new();
    for mapping in &answer.headers {
        if let Some(value) = scope.value(&mapping.source) {
            headers.set(&mapping.name, value);
        }
    }
    let mut overrides = Cow::Borrowed(&exchange.overrides);
    let accept = exchange.request.headers.get("accept");
    let (media, body) = match choose(&answer.templates, accept) {
        Some((media, template)) => {
            let rendered = scope.render(template, body.unwrap_or_default()).map_err(|_| misconfigured())?;
            overrides = Cow::Owned(rendered.overrides);
            (media.to_owned(), rendered.text.into_bytes())
        }
        None => ("application/json".to_owned(), body.unwrap_or_default().to_vec()),
    };
    // What the request's template set counts too: both see one `$context` (recorded: a status).
    for (name, value) in &overrides.response_header {
        headers.set(name, value.clone());
    }
    let status = overrides.status.unwrap_or(answer.status);
    let mut own = ids(exchange);
    if matches!(method.integration.kind, IntegrationKind::Aws { .. }) {
        own.push((Cow::Borrowed("X-Amzn-Trace-Id"), exchange.ids.trace.clone()));
    }
    Ok(Response { status, headers: headers.with(media, own), body })
}

/// The template of the last media type that the caller accepts, else that of JSON, else any.
fn choose<'t>(templates: &'t MappingTemplates, accept: Option<&str>) -> Option<(&'t str, &'t Template)> {
    let accepted =
        accept.and_then(|accept| accept.rsplit(',').map(str::trim).find_map(|it| templates.get(media_type(Some(it)))));
    accepted.or_else(|| templates.get("application/json")).or_else(|| templates.first())
}
