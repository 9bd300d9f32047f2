//! The way back from the backend.

use std::borrow::Cow;

use super::backend::BackendAnswer;
use super::exchange::Exchange;
use super::failure::{Failure, GatewayResponseType};
use super::headers::{ResponseHeaders, ids};
use super::lambda_response::LambdaResponse;
use super::mapping::Scope;
use super::served::Served;
use crate::deployment::{IntegrationKind, MappingTemplates, media_type};
use crate::http::Response;
use crate::vtl::Template;

/// The answer to a backend's; a mock has nothing but a status.
pub(super) fn answer(
    served: &Served,
    exchange: &Exchange,
    status: u16,
    backend: Option<&BackendAnswer>,
) -> Result<Response, Failure> {
    let misconfigured = || Failure::of(GatewayResponseType::ApiConfigurationError);
    let method = served.method(exchange.method.expect("only a routed request is sent to a backend"));
    let answer = method.integration.responses.select(status).ok_or_else(misconfigured)?;
    if !method.responses.iter().any(|declared| declared.status == answer.status) {
        return Err(misconfigured());
    }
    let scope = Scope::of_response(served, exchange, backend);
    let budget = &exchange.budget;
    let mut headers = ResponseHeaders::new();
    for mapping in &answer.headers {
        if let Some(value) = scope.value(&mapping.source)? {
            headers.set(&mapping.name, value, budget)?;
        }
    }
    let mut overrides = Cow::Borrowed(&exchange.overrides);
    let body = backend.map_or(&[][..], |answer| &answer.body);
    let accept = exchange.request.headers.get("accept");
    let (media, body) = match choose(&answer.templates, accept) {
        Some((media, template)) => {
            let rendered = scope.render(template, body).map_err(|_| misconfigured())?;
            if let Some(set) = rendered.overrides {
                overrides = Cow::Owned(set);
            }
            (media.to_owned(), rendered.text.into_bytes())
        }
        None => ("application/json".to_owned(), body.to_vec()),
    };
    // What the request's template set counts too: both see one `$context` (recorded: a status).
    for (name, value) in &overrides.response_header {
        budget.copy(value.len())?;
        headers.set(name, value.into(), budget)?;
    }
    let status = overrides.status.unwrap_or(answer.status);
    let mut own = ids(exchange);
    if matches!(method.integration.kind, IntegrationKind::Aws { .. } | IntegrationKind::Http { .. }) {
        own.push((Cow::Borrowed("X-Amzn-Trace-Id"), exchange.ids.trace.clone()));
    }
    Ok(Response { status, headers: headers.with(media, own), body })
}

/// The answer of a web server, passed through.
pub(super) fn of_web_server(exchange: &Exchange, answer: BackendAnswer) -> Response {
    let ids = ids(exchange);
    let fields = answer.headers.iter().map(|(name, value)| {
        // As recorded on AWS: the ids of the server come back under another name.
        let is_own = ids.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let name = if is_own { format!("x-amzn-Remapped-{name}") } else { name.clone().into_owned() };
        (name, value.clone().into_owned())
    });
    pass(exchange, answer.status, fields, answer.body)
}

/// The answer of a function.
pub(super) fn of_function(exchange: &Exchange, answer: LambdaResponse) -> Response {
    pass(exchange, answer.status, answer.headers.into_iter(), answer.body)
}

fn pass(exchange: &Exchange, status: u16, fields: impl Iterator<Item = (String, String)>, body: Vec<u8>) -> Response {
    let mut own = ids(exchange);
    own.push((Cow::Borrowed("X-Amzn-Trace-Id"), exchange.ids.trace.clone()));
    let mut headers = ResponseHeaders::new();
    for (name, value) in fields {
        headers.add(&name, value);
    }
    Response { status, headers: headers.with("application/json".to_owned(), own), body }
}

/// The template of the last media type that the caller accepts, else that of JSON, else any.
fn choose<'t>(templates: &'t MappingTemplates, accept: Option<&str>) -> Option<(&'t str, &'t Template)> {
    let accepted =
        accept.and_then(|accept| accept.rsplit(',').map(str::trim).find_map(|it| templates.get(media_type(Some(it)))));
    accepted.or_else(|| templates.get("application/json")).or_else(|| templates.first())
}
