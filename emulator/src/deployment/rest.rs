//! A REST API: its methods, and the answers that the gateway gives by itself.

use super::{Integration, Mapping, MethodParameter, ResourcePath, Substitution};
use crate::schema::Schema;

/// A REST API with one stage.
#[derive(Debug)]
pub struct RestApi {
    /// The API id, ten characters as in `https://{id}.execute-api.…`.
    pub id: String,
    /// The stage, first segment of every path.
    pub stage: String,
    /// `$stageVariables`.
    pub stage_variables: Vec<(String, String)>,
    /// The methods, in document order.
    pub methods: Vec<Method>,
    /// Customised gateway responses.
    pub gateway_responses: Vec<GatewayResponse>,
}

/// One method of one resource.
#[derive(Debug)]
pub struct Method {
    /// Upper-case HTTP method; `ANY` for `x-amazon-apigateway-any-method`.
    pub http_method: String,
    /// Resource path without the stage, as `/execute` or `/executions/{name}`.
    pub path: ResourcePath,
    /// Who may call it.
    pub authorization: AuthorizationType,
    /// Whether an API key is required.
    pub api_key_required: bool,
    /// Declared parameters of the request.
    pub parameters: Vec<MethodParameter>,
    /// What is checked before the integration is called; `None` checks nothing.
    pub validator: Option<RequestValidator>,
    /// Models of the body by content type.
    pub models: Vec<(String, Schema)>,
    /// The stage's throttle for this method.
    pub throttle: Option<ThrottleSettings>,
    /// What it does.
    pub integration: Integration,
    /// Declared answers: only these statuses may be answered with.
    pub responses: Vec<MethodResponse>,
}

/// Who may call a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorizationType {
    /// Anyone.
    None,
    /// Callers with a valid SigV4 signature.
    Iam,
}

/// What a request validator checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestValidator {
    /// That the body is JSON and fits its model.
    pub body: bool,
    /// That required parameters are there.
    pub parameters: bool,
}

/// A token bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThrottleSettings {
    /// Requests a second, in the long run.
    pub rate: f64,
    /// Requests at once.
    pub burst: u32,
}

/// One declared answer of a method.
#[derive(Debug, Clone)]
pub struct MethodResponse {
    /// HTTP status.
    pub status: u16,
    /// Names of the headers that an integration response may set, as declared.
    pub headers: Vec<String>,
}

/// A customised gateway response.
#[derive(Debug, Clone)]
pub struct GatewayResponse {
    /// Its type, such as `DEFAULT_4XX`.
    pub kind: String,
    /// Another status than the type's own.
    pub status: Option<u16>,
    /// The headers that it sets.
    pub headers: Vec<Mapping>,
    /// Templates by content type.
    pub templates: Vec<(String, Substitution)>,
}
