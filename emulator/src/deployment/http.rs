//! An HTTP API: routes that call Step Functions by its integration subtypes.

use std::time::Duration;

use super::{AuthorizationType, IntegrationUri, ParameterChange, ResourcePath, SelectionExpression};

/// An HTTP API with one stage.
#[derive(Debug)]
pub struct HttpApi {
    /// The API id, ten characters.
    pub id: String,
    /// The stage, first segment of every path; none for `$default`.
    pub stage: Option<String>,
    /// `$stageVariables`.
    pub stage_variables: Vec<(String, String)>,
    /// The routes, in document order.
    pub routes: Vec<HttpRoute>,
    /// How preflights are answered; `None` leaves them to the routes.
    pub cors: Option<Cors>,
}

/// A route of an HTTP API.
#[derive(Debug)]
pub struct HttpRoute {
    /// Upper-case HTTP method, or `ANY`.
    pub http_method: String,
    /// The path; `None` is the route `$default`.
    pub path: Option<ResourcePath>,
    /// Who may call it.
    pub authorization: AuthorizationType,
    /// What it does.
    pub integration: HttpIntegration,
}

/// What stands behind a route.
#[derive(Debug)]
pub enum HttpIntegration {
    /// An action of Step Functions.
    StepFunctions {
        /// The action, such as `StartExecution`.
        action: String,
        /// Its members, as `stateMachineArn`, and where their values come from.
        members: Vec<(String, SelectionExpression)>,
        /// Longest wait (AWS: 50 ms to 30 s, 30 s by default).
        timeout: Duration,
    },
    /// A function, with the request as an event.
    Lambda {
        /// Its ARN or name.
        function: String,
        /// Whether the event has the format 2.0; else 1.0.
        format_2: bool,
    },
    /// A web server.
    Http {
        /// Where.
        uri: IntegrationUri,
        /// How; `None` by the method of the request.
        http_method: Option<String>,
        /// What is changed in the request.
        changes: Vec<ParameterChange>,
        /// What is changed in the answers of a status.
        answer_changes: Vec<(u16, Vec<ParameterChange>)>,
        /// Longest wait (AWS: 50 ms to 30 s, 30 s by default).
        timeout: Duration,
    },
    /// Not answered here, and why.
    Unserved(String),
}

/// CORS of an HTTP API, which answers preflights by itself.
#[derive(Debug, Clone, Default)]
pub struct Cors {
    /// `Access-Control-Allow-Origin`: the origins allowed.
    pub origins: Vec<String>,
    /// `Access-Control-Allow-Methods`
    pub methods: Vec<String>,
    /// `Access-Control-Allow-Headers`
    pub headers: Vec<String>,
    /// `Access-Control-Expose-Headers`
    pub exposed: Vec<String>,
    /// `Access-Control-Max-Age`, in seconds.
    pub max_age: Option<u32>,
    /// `Access-Control-Allow-Credentials`
    pub credentials: bool,
}
