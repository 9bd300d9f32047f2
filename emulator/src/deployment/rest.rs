//! A REST API: its methods, and the answers that the gateway gives by itself.

use super::{Integration, Mapping, MethodParameter, ResourcePath, Substitution};
use crate::schema::Schema;

/// A REST API with one stage.
#[derive(Debug)]
pub(crate) struct RestApi {
    /// The API id, ten characters as in `https://{id}.execute-api.…`.
    pub(crate) id: String,
    /// The stage, first segment of every path.
    pub(crate) stage: String,
    /// `$stageVariables`.
    pub(crate) stage_variables: Vec<(String, String)>,
    /// The API keys that the templates themselves say.
    pub(crate) api_keys: Vec<String>,
    /// The methods, in document order.
    pub(crate) methods: Vec<Method>,
    /// Customised gateway responses.
    pub(crate) gateway_responses: Vec<GatewayResponse>,
}

/// One method of one resource.
#[derive(Debug)]
pub(crate) struct Method {
    /// Upper-case HTTP method; `ANY` for `x-amazon-apigateway-any-method`.
    #[expect(clippy::struct_field_names, reason = "API Gateway calls it so")]
    pub(crate) http_method: String,
    /// Resource path without the stage, as `/execute` or `/executions/{name}`.
    pub(crate) path: ResourcePath,
    /// Who may call it.
    pub(crate) authorization: AuthorizationType,
    /// Whether an API key is required.
    pub(crate) api_key_required: bool,
    /// Declared parameters of the request.
    pub(crate) parameters: Vec<MethodParameter>,
    /// What is checked before the integration is called; `None` checks nothing.
    pub(crate) validator: Option<RequestValidator>,
    /// Models of the body by content type.
    pub(crate) models: Vec<(String, Schema)>,
    /// The stage's throttle for this method.
    pub(crate) throttle: Option<ThrottleSettings>,
    /// What it does.
    pub(crate) integration: Integration,
    /// Declared answers: only these statuses may be answered with.
    pub(crate) responses: Vec<MethodResponse>,
}

/// Who may call a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthorizationType {
    /// Anyone.
    None,
    /// Callers with a valid SigV4 signature.
    Iam,
}

/// What a request validator checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestValidator {
    /// That the body is JSON and fits its model.
    pub(crate) body: bool,
    /// That required parameters are there.
    pub(crate) parameters: bool,
}

/// A token bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ThrottleSettings {
    /// Requests a second, in the long run.
    pub(crate) rate: f64,
    /// Requests at once.
    pub(crate) burst: u32,
}

impl ThrottleSettings {
    /// The account's own in the larger regions, which hold where nothing else is said ("Amazon API Gateway quotas").
    pub(crate) const ACCOUNT: Self = Self { rate: 10_000.0, burst: 5_000 };
}

/// One declared answer of a method.
#[derive(Debug, Clone)]
pub(crate) struct MethodResponse {
    /// HTTP status.
    pub(crate) status: u16,
    /// Names of the headers that an integration response may set, as declared.
    pub(crate) headers: Vec<String>,
}

/// A customised gateway response.
#[derive(Debug, Clone)]
pub(crate) struct GatewayResponse {
    /// Its type, such as `DEFAULT_4XX`.
    pub(crate) kind: String,
    /// Another status than the type's own.
    pub(crate) status: Option<u16>,
    /// The headers that it sets.
    pub(crate) headers: Vec<Mapping>,
    /// Templates by content type.
    pub(crate) templates: Vec<(String, Substitution)>,
}
