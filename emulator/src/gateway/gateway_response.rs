//! The answers that the gateway gives by itself.

use super::exchange::Exchange;
use super::failure::{Failure, GatewayResponseType};
use super::headers::{ResponseHeaders, ids};
use super::mapping::Scope;
use super::served::Served;
use crate::deployment::{GatewayResponse, Substitution, SubstitutionPiece, media_type};
use crate::http::Response;
use crate::switches::Switch;

/// The answer to a failure.
pub(super) fn answer(served: &Served, exchange: &Exchange, failure: &Failure) -> Response {
    let (kind, error_type) = match failure {
        Failure::Response { kind, error_type, .. } => (*kind, error_type.unwrap_or(kind.error_type())),
        Failure::Unserved(message) => {
            let headers = ResponseHeaders::new().with("application/json".to_owned(), ids(exchange));
            let body = serde_json::json!({ "message": message }).to_string().into_bytes();
            return Response { status: 501, headers, body };
        }
        Failure::NoStage => {
            let mut own = ids(exchange);
            own.push(("x-amzn-ErrorType".into(), "ForbiddenException".to_owned()));
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
    let scope = Scope::of_failure(served, exchange, failure);
    let mut own = ids(exchange);
    own.push(("x-amzn-ErrorType".into(), error_type.to_owned()));
    let mut headers = ResponseHeaders::new();
    let custom = customised(&served.api.gateway_responses, kind);
    for mapping in custom.iter().flat_map(|custom| &custom.headers) {
        if let Some(value) = scope.value(&mapping.source) {
            headers.set(&mapping.name, value);
        }
    }
    let status = custom.and_then(|custom| custom.status).unwrap_or(kind.status());
    let template = custom.and_then(|custom| choose(&custom.templates, exchange.request.headers.get("accept")));
    let (media, body) = if let Some((media, template)) = template {
        let text = template.pieces().iter().map(|piece| match piece {
            SubstitutionPiece::Text(text) => text.clone(),
            SubstitutionPiece::Variable(source) => scope.value(source).unwrap_or_default(),
        });
        (media.to_owned(), text.collect::<String>())
    } else {
        let message = scope.context("error.messageString").unwrap_or_default();
        // Recorded: 36 bytes, so there is a blank, which the documented default template does not have.
        let blank = if kind == GatewayResponseType::ApiConfigurationError { " " } else { "" };
        ("application/json".to_owned(), format!("{{\"message\":{blank}{message}}}"))
    };
    Response { status, headers: headers.with(media, own), body: body.into_bytes() }
}

/// The response of a type, else the default of its status.
fn customised(responses: &[GatewayResponse], kind: GatewayResponseType) -> Option<&GatewayResponse> {
    let default = if kind.status() < 500 { "DEFAULT_4XX" } else { "DEFAULT_5XX" };
    [kind.name(), default].into_iter().find_map(|name| responses.iter().find(|response| response.kind == name))
}

fn choose<'t>(templates: &'t [(String, Substitution)], accept: Option<&str>) -> Option<(&'t str, &'t Substitution)> {
    let get = |media: &str| templates.iter().find(|(known, _)| known.eq_ignore_ascii_case(media));
    let accepted = accept.and_then(|accept| accept.rsplit(',').map(str::trim).find_map(|it| get(media_type(Some(it)))));
    let found = accepted.or_else(|| get("application/json")).or_else(|| templates.first());
    found.map(|(media, template)| (media.as_str(), template))
}
