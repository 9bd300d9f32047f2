//! The way to the backend.

use std::borrow::Cow;
use std::time::Duration;

use super::exchange::Exchange;
use super::failure::{Failure, GatewayResponseType};
use super::mapping::Scope;
use super::served::Served;
use crate::budget::Budget;
use crate::deployment::{Integration, IntegrationKind, Method, Passthrough, media_type};
use crate::vtl::Rendered;

/// What stands before an action in `X-Amz-Target`.
const TARGET: &str = "AWSStepFunctions.";

/// Headers that an integration's request may not be given: API Gateway answers 500 when a mapping sets one (recorded
/// for an AWS integration, one by one).
const ILLEGAL: [&str; 7] =
    ["authorization", "connection", "content-length", "expect", "proxy-authenticate", "te", "transfer-encoding"];

/// What an integration makes of a request.
pub(super) enum IntegrationRequest {
    /// A call of a backend.
    Call { service: String, action: String, body: Vec<u8>, timeout: Duration },
    /// The status of a mock's backend.
    Mock(u16),
}

/// Maps a request for its integration.
pub(super) fn map(served: &Served, method: &Method, exchange: &mut Exchange) -> Result<IntegrationRequest, Failure> {
    let integration = &method.integration;
    let body = match render(served, integration, exchange)? {
        Some(rendered) => {
            exchange.overrides = rendered.overrides;
            rendered.text.into_bytes()
        }
        None => std::mem::take(&mut exchange.request.body),
    };
    let IntegrationKind::Aws { service, action } = &integration.kind else {
        let status = mock_status(&body, &exchange.budget);
        return status
            .map(IntegrationRequest::Mock)
            .ok_or_else(|| Failure::of(GatewayResponseType::ApiConfigurationError));
    };
    if sets_illegal_header(served, integration, exchange) {
        return Err(Failure::of(GatewayResponseType::ApiConfigurationError));
    }
    let action = action.clone().unwrap_or_else(|| target(served, integration, exchange));
    Ok(IntegrationRequest::Call { service: service.clone(), action, body, timeout: integration.timeout })
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
    // Inferred: a template that cannot be rendered is a mistake of the configuration.
    Scope::of_request(served, exchange)
        .render(template, &exchange.request.body)
        .map(Some)
        .map_err(|_| Failure::of(GatewayResponseType::ApiConfigurationError))
}

fn sets_illegal_header(served: &Served, integration: &Integration, exchange: &Exchange) -> bool {
    let is_illegal = |name: &str| ILLEGAL.iter().any(|illegal| name.eq_ignore_ascii_case(illegal));
    let mut mapped = integration.request_headers.iter().filter(|mapping| is_illegal(&mapping.name)).peekable();
    if mapped.peek().is_none() {
        return exchange.overrides.header.iter().any(|(name, _)| is_illegal(name));
    }
    let scope = Scope::of_request(served, exchange);
    mapped.any(|mapping| scope.value(&mapping.source).is_some())
}

/// The action that the `X-Amz-Target` of the integration's request names.
fn target(served: &Served, integration: &Integration, exchange: &Exchange) -> String {
    let is_target = |name: &str| name.eq_ignore_ascii_case("x-amz-target");
    let set = exchange.overrides.header.iter().find(|(name, _)| is_target(name)).map(|(_, value)| value.clone());
    let mapped = || {
        let mapping = integration.request_headers.iter().find(|mapping| is_target(&mapping.name))?;
        Scope::of_request(served, exchange).value(&mapping.source)
    };
    let target = set.or_else(mapped).unwrap_or_default();
    target.strip_prefix(TARGET).unwrap_or_default().to_owned()
}

/// The `statusCode` that a mock integration finds in its request, read as leniently as templates read.
fn mock_status(body: &[u8], budget: &Budget) -> Option<u16> {
    let text: Cow<'_, str> = String::from_utf8_lossy(body);
    crate::vtl::lookup(&text, "statusCode", budget)?.parse().ok()
}
