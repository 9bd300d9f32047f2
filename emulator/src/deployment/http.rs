//! An HTTP API: routes that call Step Functions by its integration subtypes.

use std::time::Duration;

use super::{AuthorizationType, IntegrationUri, ParameterChange, ResourcePath, SelectionExpression, ThrottleSettings};

/// An HTTP API with one stage.
#[derive(Debug)]
pub(crate) struct HttpApi {
    /// The API id, ten characters.
    pub(crate) id: String,
    /// The stage, first segment of every path; none for `$default`.
    pub(crate) stage: Option<String>,
    /// `$stageVariables`.
    pub(crate) stage_variables: Vec<(String, String)>,
    /// The routes, in document order.
    pub(crate) routes: Vec<HttpRoute>,
    /// How preflights are answered; `None` leaves them to the routes.
    pub(crate) cors: Option<Cors>,
}

/// A route of an HTTP API.
#[derive(Debug)]
pub(crate) struct HttpRoute {
    /// Upper-case HTTP method, or `ANY`.
    pub(crate) http_method: String,
    /// The path; `None` is the route `$default`.
    pub(crate) path: Option<ResourcePath>,
    /// Who may call it.
    pub(crate) authorization: AuthorizationType,
    /// What it does.
    pub(crate) integration: HttpIntegration,
    /// The stage's throttle for this route.
    pub(crate) throttle: Option<ThrottleSettings>,
}

impl HttpRoute {
    /// Its key: `POST /start`, or `$default`.
    pub(crate) fn key(&self) -> String {
        self.path.as_ref().map_or_else(|| "$default".to_owned(), |path| format!("{} {path}", self.http_method))
    }
}

/// What stands behind a route.
#[derive(Debug)]
pub(crate) enum HttpIntegration {
    /// An action of Step Functions.
    StepFunctions {
        /// The action, such as `StartExecution`.
        action: String,
        /// Its members, as `stateMachineArn`, and where their values come from.
        members: Vec<(String, SelectionExpression)>,
        /// What is changed in the answers of a status.
        answer_changes: Vec<(u16, Vec<ParameterChange>)>,
        /// Longest wait (AWS: 50 ms to 30 s, 30 s by default).
        timeout: Duration,
    },
    /// A function, with the request as an event.
    Lambda {
        /// Its ARN or name.
        function: String,
        /// Whether the event has the format 2.0; else 1.0.
        format_2: bool,
        /// What is changed in the request that the event tells of.
        changes: Vec<ParameterChange>,
        /// What is changed in the answers of a status.
        answer_changes: Vec<(u16, Vec<ParameterChange>)>,
        /// Longest wait (AWS: 50 ms to 30 s, 30 s by default).
        timeout: Duration,
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

impl HttpIntegration {
    /// What is changed in the answers of a status.
    pub(crate) fn answer_changes(&self, status: u16) -> &[ParameterChange] {
        let all = match self {
            Self::StepFunctions { answer_changes, .. }
            | Self::Lambda { answer_changes, .. }
            | Self::Http { answer_changes, .. } => answer_changes.as_slice(),
            Self::Unserved(_) => &[],
        };
        all.iter().find(|(known, _)| *known == status).map_or(&[], |(_, changes)| changes)
    }
}

/// CORS of an HTTP API, which answers preflights by itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cors {
    /// `Access-Control-Allow-Origin`: the origins allowed.
    pub(crate) origins: Vec<String>,
    /// `Access-Control-Allow-Methods`
    pub(crate) methods: Vec<String>,
    /// `Access-Control-Allow-Headers`
    pub(crate) headers: Vec<String>,
    /// `Access-Control-Expose-Headers`
    pub(crate) exposed: Vec<String>,
    /// `Access-Control-Max-Age`, in seconds.
    pub(crate) max_age: Option<u32>,
    /// `Access-Control-Allow-Credentials`
    pub(crate) credentials: bool,
}
