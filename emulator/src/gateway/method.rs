//! One method, compiled.

use super::exchange::{self, Exchange};
use super::failure::{Failure, Kind};
use super::integration::{self, Integration, media_type};
use super::route::{Segment, segments};
use super::schema::Schema;
use super::throttle::Bucket;
use crate::deployment::{self, Authorization, MethodParameter, ParameterLocation, RequestValidator};
use crate::document::LoadError;

/// A method of the API.
#[derive(Debug)]
pub(super) struct Method {
    /// `POST` and its kin, or `ANY`.
    pub(super) verb: String,
    pub(super) path: String,
    pub(super) segments: Vec<Segment>,
    /// Six characters that stand for the resource, as `$context.resourceId` does.
    pub(super) resource_id: String,
    pub(super) authorization: Authorization,
    pub(super) api_key_required: bool,
    pub(super) bucket: Option<Bucket>,
    pub(super) integration: Integration,
    /// Declared statuses.
    pub(super) statuses: Vec<u16>,
    validator: Option<RequestValidator>,
    parameters: Vec<MethodParameter>,
    models: Vec<(String, Schema)>,
}

impl Method {
    pub(super) fn compile(method: &deployment::Method, throttled: bool) -> Result<Self, LoadError> {
        let mut parameters = method.parameters.clone();
        // The order in which a validator lists them (recorded).
        parameters.sort_by_key(|parameter| {
            let place = match parameter.location {
                ParameterLocation::Header => 0,
                ParameterLocation::Path => 1,
                ParameterLocation::Query => 2,
            };
            (place, parameter.name.clone())
        });
        let model = |(media, schema): &(String, serde_json::Value)| {
            let schema = Schema::compile(schema)
                .map_err(|why| LoadError::at(&method.position, format!("the model of `{media}`: {why}")))?;
            Ok((media.clone(), schema))
        };
        Ok(Self {
            verb: method.http_method.clone(),
            path: method.path.clone(),
            segments: segments(&method.path),
            resource_id: resource_id(&method.path),
            authorization: method.authorization,
            api_key_required: method.api_key_required,
            bucket: method.throttle.filter(|_| throttled).map(|throttle| Bucket::new(throttle.rate, throttle.burst)),
            integration: integration::compile(&method.integration)?,
            statuses: method.responses.iter().map(|response| response.status).collect(),
            validator: method.validator,
            parameters,
            models: method.models.iter().map(model).collect::<Result<_, LoadError>>()?,
        })
    }

    /// What the method's request validator checks.
    pub(super) fn validate(&self, exchange: &Exchange) -> Result<(), Failure> {
        let Some(validator) = self.validator else { return Ok(()) };
        if validator.parameters {
            let missing: Vec<&str> = self
                .parameters
                .iter()
                .filter(|parameter| parameter.required && !is_present(parameter, exchange))
                .map(|parameter| parameter.name.as_str())
                .collect();
            if !missing.is_empty() {
                let message = format!("Missing required request parameters: [{}]", missing.join(", "));
                return Err(Failure::with(Kind::BadRequestParameters, message));
            }
        }
        if validator.body {
            self.validate_body(exchange)?;
        }
        Ok(())
    }

    /// A body of a content type without model is not looked at (inferred from the default `application/json` model).
    fn validate_body(&self, exchange: &Exchange) -> Result<(), Failure> {
        let media = media_type(exchange.request.headers.get("content-type"));
        let Some((_, schema)) = self.models.iter().find(|(known, _)| known.eq_ignore_ascii_case(media)) else {
            return Ok(());
        };
        let body = if exchange.request.body.is_empty() { b"{}" } else { exchange.request.body.as_slice() };
        let faults = schema.faults_of(body).map_err(|error| Failure::invalid_body(format!("[{error}]")))?;
        if faults.is_empty() { Ok(()) } else { Err(Failure::invalid_body(format!("[{}]", faults.join(", ")))) }
    }
}

fn is_present(parameter: &MethodParameter, exchange: &Exchange) -> bool {
    match parameter.location {
        ParameterLocation::Header => exchange.request.headers.get(&parameter.name).is_some(),
        ParameterLocation::Query => exchange::query(&exchange.request.query).any(|(key, _)| key == parameter.name),
        ParameterLocation::Path => exchange.path_parameters.iter().any(|(key, _)| *key == parameter.name),
    }
}

/// Six characters of the path's FNV-1a hash: AWS draws them, here they must only be stable.
fn resource_id(path: &str) -> String {
    let hash = path
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    (0..6).map(|at| char::from_digit(u32::try_from((hash >> (8 * at)) % 36).unwrap_or(0), 36).unwrap_or('0')).collect()
}
