//! The way to the backend.

use std::borrow::Cow;
use std::time::Duration;

use super::backend::BackendTarget;
use super::exchange::{Exchange, named};
use super::failure::{Failure, GatewayResponseType};
use super::mapping::{SEEK, Scope};
use super::served::Served;
use super::web_request::WebRequest;
use crate::budget::{Budget, Exhausted};
use crate::deployment::{Integration, IntegrationKind, Method, Passthrough, media_type};
use crate::switches::Switch;
use crate::vtl::Rendered;

/// What stands before an action in `X-Amz-Target`.
const TARGET: &str = "AWSStepFunctions.";

/// Headers that an integration's request may not be given: API Gateway answers 500 when a mapping sets one (recorded
/// for an AWS integration, one by one).
const ILLEGAL: [&str; 7] =
    ["authorization", "connection", "content-length", "expect", "proxy-authenticate", "te", "transfer-encoding"];

/// The same for the request of a web server.
const ILLEGAL_FOR_WEB: [&str; 4] =
    ["content-length", "transfer-encoding", "x-amzn-trace-id", "x-amzn-apigateway-api-id"];

/// What an integration makes of a request.
pub(super) enum IntegrationRequest {
    /// A call of a backend.
    Call { target: BackendTarget, body: Vec<u8>, timeout: Duration },
    /// The status of a mock's backend.
    Mock(u16),
}

/// Maps a request for its integration.
pub(super) fn map(served: &Served, method: &Method, exchange: &mut Exchange) -> Result<IntegrationRequest, Failure> {
    let integration = &method.integration;
    if let IntegrationKind::Http { proxy: true, .. } = &integration.kind {
        let target = web_server(served, integration, exchange)?;
        let body = std::mem::take(&mut exchange.request.body);
        return Ok(IntegrationRequest::Call { target, body, timeout: integration.timeout });
    }
    let body = match render(served, integration, exchange)? {
        Some(rendered) => {
            exchange.overrides = rendered.overrides.unwrap_or_default();
            rendered.text.into_bytes()
        }
        None => std::mem::take(&mut exchange.request.body),
    };
    if let IntegrationKind::Http { .. } = &integration.kind {
        let target = web_server(served, integration, exchange)?;
        return Ok(IntegrationRequest::Call { target, body, timeout: integration.timeout });
    }
    let IntegrationKind::Aws { service, action } = &integration.kind else {
        let status = mock_status(&body, &exchange.budget);
        return status
            .map(IntegrationRequest::Mock)
            .ok_or_else(|| Failure::of(GatewayResponseType::ApiConfigurationError));
    };
    if sets_illegal_header(served, integration, exchange)? {
        return Err(Failure::of(GatewayResponseType::ApiConfigurationError));
    }
    let action = action.clone().map_or_else(|| target(served, integration, exchange), Ok)?;
    let target = BackendTarget::Action { service: service.clone(), action };
    Ok(IntegrationRequest::Call { target, body, timeout: integration.timeout })
}

/// What the request template makes of the request; `None` lets the body through as it is.
fn render(served: &Served, integration: &Integration, exchange: &Exchange) -> Result<Option<Rendered>, Failure> {
    let media = media_type(exchange.request.headers.get("content-type"));
    let Some((_, template)) = integration.request_templates.get(media) else {
        let through = match integration.passthrough {
            Passthrough::WhenNoMatch => true,
            Passthrough::WhenNoTemplates => integration.request_templates.is_empty(),
            Passthrough::Never => false,
        };
        return if through { Ok(None) } else { Err(Failure::of(GatewayResponseType::UnsupportedMediaType)) };
    };
    Scope::of_request(served, exchange)
        .render(template, &exchange.request.body)
        .map(Some)
        .map_err(|_| Failure::unrenderable(served.is_turned(Switch::UnrenderableTemplate)))
}

fn sets_illegal_header(served: &Served, integration: &Integration, exchange: &Exchange) -> Result<bool, Exhausted> {
    let is_illegal = |name: &str| ILLEGAL.iter().any(|illegal| name.eq_ignore_ascii_case(illegal));
    let mapped: Vec<_> = integration.parameters.headers.iter().filter(|mapping| is_illegal(&mapping.name)).collect();
    if mapped.is_empty() {
        return Ok(exchange.overrides.header.iter().any(|(name, _)| is_illegal(name)));
    }
    let scope = Scope::of_request(served, exchange);
    for mapping in mapped {
        if scope.value(&mapping.source)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The action that the `X-Amz-Target` of the integration's request names.
fn target(served: &Served, integration: &Integration, exchange: &Exchange) -> Result<String, Exhausted> {
    let is_target = |name: &str| name.eq_ignore_ascii_case("x-amz-target");
    let scope = Scope::of_request(served, exchange);
    let set = exchange.overrides.header.iter().find(|(name, _)| is_target(name));
    let mapped = integration.parameters.headers.iter().find(|mapping| is_target(&mapping.name));
    let target = match (set, mapped) {
        (Some((_, value)), _) => Some(value.into()),
        (None, Some(mapping)) => scope.value(&mapping.source)?,
        (None, None) => None,
    };
    Ok(target.as_deref().and_then(|target| target.strip_prefix(TARGET)).unwrap_or_default().to_owned())
}

/// The request of a web server: that of the caller, or one made up of what is mapped (developer guide, "HTTP
/// integrations"; the headers and the way in which queries meet were recorded).
fn web_server(served: &Served, integration: &Integration, exchange: &Exchange) -> Result<BackendTarget, Failure> {
    let IntegrationKind::Http { uri, http_method, proxy } = &integration.kind else {
        unreachable!("only integrations with web servers are asked for their request")
    };
    let (scope, parameters, overrides) =
        (Scope::of_request(served, exchange), &integration.parameters, &exchange.overrides);
    let budget = &exchange.budget;
    let path = |name: &str| {
        budget.work((overrides.path.len() + parameters.paths.len()) * SEEK)?;
        if let Some(value) = named(&overrides.path, name) {
            return Ok(Some(value.into()));
        }
        let mapping = parameters.paths.iter().find(|mapping| mapping.name == name);
        mapping.map_or(Ok(None), |mapping| scope.value(&mapping.source))
    };
    let mut request = WebRequest::of(uri.complete(path, &served.api.stage_variables, budget)?, budget);
    let api = &served.api.id;
    if *proxy {
        request.add_query(&exchange.request.query);
        request.pass_headers(exchange)?;
        for (name, value) in exchange.forwarded(&exchange.request) {
            request.set_header(name, value)?;
        }
    } else {
        request.set_header("Accept", "application/json")?;
        let media = exchange.request.headers.get("content-type").unwrap_or("application/json");
        request.set_header("Content-Type", media)?;
        request.set_header("User-Agent", format!("AmazonAPIGateway_{api}"))?;
    }
    for mapping in &parameters.queries {
        if let Some(value) = scope.value(&mapping.source)? {
            request.add_parameter(&mapping.name, &value)?;
        }
    }
    for (name, value) in &overrides.querystring {
        request.remove_parameter(name)?;
        request.add_parameter(name, value)?;
    }
    let mapped = parameters.headers.iter().map(|it| (&it.name, scope.value(&it.source)));
    let overridden = overrides.header.iter().map(|(name, value)| (name, Ok(Some(value.into()))));
    for (name, value) in mapped.chain(overridden) {
        let Some(value) = value? else { continue };
        if ILLEGAL_FOR_WEB.iter().any(|illegal| name.eq_ignore_ascii_case(illegal)) {
            return Err(Failure::of(GatewayResponseType::ApiConfigurationError));
        }
        request.set_header(name, value)?;
    }
    request.set_header("x-amzn-apigateway-api-id", api)?;
    request.set_header("X-Amzn-Trace-Id", &exchange.ids.trace)?;
    let method = http_method.clone().unwrap_or_else(|| exchange.request.method.clone());
    let (url, headers) = request.finish();
    Ok(BackendTarget::Web { method, url, headers })
}

/// The `statusCode` that a mock integration finds in its request, read as leniently as templates read.
fn mock_status(body: &[u8], budget: &Budget) -> Option<u16> {
    let text: Cow<'_, str> = String::from_utf8_lossy(body);
    crate::vtl::lookup(&text, "statusCode", budget)?.parse().ok()
}
