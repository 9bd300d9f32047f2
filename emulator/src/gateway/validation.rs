//! What a method's request validator checks.

use super::exchange::{self, Exchange};
use super::failure::{Failure, GatewayResponseType};
use super::served::Served;
use crate::deployment::{Method, MethodParameter, ParameterLocation, media_type};
use crate::schema::{Refusal, ValidationOptions};
use crate::switches::Switch;

/// Checks a request before the integration is called.
pub(super) fn check(served: &Served, method: &Method, exchange: &Exchange) -> Result<(), Failure> {
    let Some(validator) = method.validator else { return Ok(()) };
    if validator.parameters {
        let missing =
            method.parameters.iter().filter(|parameter| parameter.required && !is_present(parameter, exchange));
        let mut missing: Vec<_> = missing.map(|parameter| (parameter.location, parameter.name.as_str())).collect();
        if !missing.is_empty() {
            missing.sort_unstable();
            let names: Vec<_> = missing.into_iter().map(|(_, name)| name).collect();
            let message = format!("Missing required request parameters: [{}]", names.join(", "));
            return Err(Failure::with(GatewayResponseType::BadRequestParameters, message));
        }
    }
    if validator.body { check_body(served, method, exchange) } else { Ok(()) }
}

/// A body of a content type without model is not looked at (inferred from the default `application/json` model).
fn check_body(served: &Served, method: &Method, exchange: &Exchange) -> Result<(), Failure> {
    let media = media_type(exchange.request.headers.get("content-type"));
    let Some((_, schema)) = method.models.iter().find(|(known, _)| known.eq_ignore_ascii_case(media)) else {
        return Ok(());
    };
    let body = if exchange.request.body.is_empty() { b"{}" } else { exchange.request.body.as_slice() };
    let options = ValidationOptions {
        lenient: served.is_turned(Switch::ValidatorParser),
        formats: !served.is_turned(Switch::ModelFormats),
    };
    let faults = schema.faults_of(body, options, &exchange.budget).map_err(|refusal| match refusal {
        Refusal::NotJson(why) => Failure::invalid_body(format!("[{why}]")),
        // Inferred: what takes API Gateway too long is its own failure.
        Refusal::Exhausted => Failure::of(GatewayResponseType::ApiConfigurationError),
    })?;
    if faults.is_empty() { Ok(()) } else { Err(Failure::invalid_body(format!("[{}]", faults.join(", ")))) }
}

fn is_present(parameter: &MethodParameter, exchange: &Exchange) -> bool {
    match parameter.location {
        ParameterLocation::Header => exchange.request.headers.get(&parameter.name).is_some(),
        ParameterLocation::Query => exchange::query(&exchange.request.query).any(|(key, _)| key == parameter.name),
        ParameterLocation::Path => exchange.path_parameters.iter().any(|(key, _)| *key == parameter.name),
    }
}
