//! The answers that the gateway gives by itself.

use super::exchange::Exchange;
use super::failure::{Failure, GatewayResponseType};
use super::headers::{HeaderFields, ResponseHeaders, ids};
use super::mapping::Scope;
use super::served::Served;
use crate::budget::Exhausted;
use crate::deployment::{GatewayResponse, Substitution, SubstitutionPiece, media_type};
use crate::http::Response;
use crate::switches::Switch;

/// Units of work, and bytes, that a gateway response may ask for though the request has spent all that it may.
const OWN: usize = 256 * 1024;

/// The answer to a failure; 500 without what the deployment makes of it, where that is too much.
pub(super) fn answer(served: &Served, exchange: &Exchange, failure: &Failure) -> Response {
    let (kind, error_type) = match failure {
        Failure::Response { kind, error_type, .. } => (*kind, error_type.unwrap_or(kind.error_type())),
        Failure::Unserved(message) => {
            let headers = ResponseHeaders::new().with("application/json".to_owned(), ids(exchange));
            let body = serde_json::json!({ "message": message }).to_string().into_bytes();
            return Response { status: 501, headers, body };
        }
        Failure::NoStage => {
            let own = own(exchange, "ForbiddenException");
            let headers = ResponseHeaders::new().with("application/json".to_owned(), own);
            return Response { status: 403, headers, body: br#"{"message":"Forbidden"}"#.to_vec() };
        }
        Failure::Front { status, message } if served.is_turned(Switch::FrontDoor) => {
            let headers = ResponseHeaders::new().with("application/json".to_owned(), ids(exchange));
            let message = if *status == 413 { "Request Too Long" } else { message };
            let body = serde_json::json!({ "message": message }).to_string().into_bytes();
            return Response { status: *status, headers, body };
        }
        Failure::Front { status, message } => {
            let headers = ResponseHeaders::new().with("text/plain".to_owned(), ids(exchange));
            return Response { status: *status, headers, body: message.as_bytes().to_vec() };
        }
    };
    // The failure may be that all was spent.
    exchange.budget.add_work(OWN as u64);
    exchange.budget.release(OWN);
    customised(served, exchange, failure, (kind, error_type)).unwrap_or_else(|_| {
        let kind = GatewayResponseType::ApiConfigurationError;
        let body = body(kind, r#""Internal server error""#);
        let headers = ResponseHeaders::new().with("application/json".to_owned(), own(exchange, kind.error_type()));
        Response { status: kind.status(), headers, body: body.into_bytes() }
    })
}

/// The answer to a failure as the deployment wants it.
fn customised(
    served: &Served,
    exchange: &Exchange,
    failure: &Failure,
    (kind, error_type): (GatewayResponseType, &'static str),
) -> Result<Response, Exhausted> {
    let (scope, budget) = (Scope::of_failure(served, exchange, failure), &exchange.budget);
    let mut headers = ResponseHeaders::new();
    let custom = find(&served.api.gateway_responses, kind);
    for mapping in custom.iter().flat_map(|custom| &custom.headers) {
        if let Some(value) = scope.value(&mapping.source)? {
            headers.set(&mapping.name, value, budget)?;
        }
    }
    let status = custom.and_then(|custom| custom.status).unwrap_or(kind.status());
    let template = custom.and_then(|custom| choose(&custom.templates, exchange.request.headers.get("accept")));
    let (media, body) = if let Some((media, template)) = template {
        let mut text = String::new();
        for piece in template.pieces() {
            match piece {
                SubstitutionPiece::Text(piece) => text.push_str(piece),
                SubstitutionPiece::Variable(source) => text.push_str(&scope.value(source)?.unwrap_or_default()),
            }
        }
        (media.to_owned(), text)
    } else {
        ("application/json".to_owned(), body(kind, &scope.context("error.messageString").unwrap_or_default()))
    };
    let headers = headers.with(media, own(exchange, error_type));
    Ok(Response { status, headers, body: body.into_bytes() })
}

/// The default template with a message, which is JSON.
fn body(kind: GatewayResponseType, message: &str) -> String {
    // Recorded: 36 bytes, so there is a blank, which the documented default template does not have.
    let blank = if kind == GatewayResponseType::ApiConfigurationError { " " } else { "" };
    format!("{{\"message\":{blank}{message}}}")
}

/// The headers that nothing replaces.
fn own(exchange: &Exchange, error_type: &str) -> HeaderFields {
    let mut own = ids(exchange);
    own.push(("x-amzn-ErrorType".into(), error_type.to_owned()));
    own
}

/// The response of a type, else the default of its status.
fn find(responses: &[GatewayResponse], kind: GatewayResponseType) -> Option<&GatewayResponse> {
    let default = if kind.status() < 500 { "DEFAULT_4XX" } else { "DEFAULT_5XX" };
    [kind.name(), default].into_iter().find_map(|name| responses.iter().find(|response| response.kind == name))
}

fn choose<'t>(templates: &'t [(String, Substitution)], accept: Option<&str>) -> Option<(&'t str, &'t Substitution)> {
    let get = |media: &str| templates.iter().find(|(known, _)| known.eq_ignore_ascii_case(media));
    let accepted = accept.and_then(|accept| accept.rsplit(',').map(str::trim).find_map(|it| get(media_type(Some(it)))));
    let found = accepted.or_else(|| get("application/json")).or_else(|| templates.first());
    found.map(|(media, template)| (media.as_str(), template))
}
