//! An HTTP API: routes that call Step Functions by its integration subtypes.

use std::time::Duration;

use super::{AuthorizationType, IntegrationUri, ParameterChange, ResourcePath};
use crate::jsonpath::Path;

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

/// A value that is selected from a request: text with `${…}` places, or one place alone.
#[derive(Debug, Clone)]
pub struct SelectionExpression(Vec<SelectionPiece>);

/// A piece of such an expression.
#[derive(Debug, Clone)]
pub enum SelectionPiece {
    /// Text that stands as it is.
    Text(String),
    /// `$request.body` or `$request.body.path`
    Body(Option<Path>),
    /// `$request.header.name`
    Header(String),
    /// `$request.querystring.name`
    Query(String),
    /// `$request.path.name`
    PathParameter(String),
    /// `$request.path`
    Path,
    /// `$response.header.name`
    ResponseHeader(String),
    /// `$response.body` or `$response.body.path`
    ResponseBody(Option<Path>),
    /// `$context.name`
    Context(String),
    /// `$stageVariables.name`
    StageVariable(String),
}

impl SelectionExpression {
    /// Reads an expression.
    ///
    /// # Errors
    /// At a place that selects nothing that is known; says which.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with('$') && !text.starts_with("${") {
            return Ok(Self(vec![SelectionPiece::parse(text)?]));
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, behind)) = after.split_once('}') else { break };
            pieces.push(SelectionPiece::Text(before.to_owned()));
            pieces.push(SelectionPiece::parse(&format!("${name}"))?);
            rest = behind;
        }
        pieces.push(SelectionPiece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// Its pieces.
    #[must_use]
    pub fn pieces(&self) -> &[SelectionPiece] {
        &self.0
    }
}

impl SelectionPiece {
    fn parse(text: &str) -> Result<Self, String> {
        let unknown = || format!("`{text}` selects nothing of a request");
        if let Some(name) = text.strip_prefix("$context.") {
            return Ok(Self::Context(name.to_owned()));
        }
        if let Some(name) = text.strip_prefix("$stageVariables.") {
            return Ok(Self::StageVariable(name.to_owned()));
        }
        let body = |path: &str| match path.strip_prefix('.') {
            None if path.is_empty() => Ok(None),
            Some(path) => Path::parse(&format!("$.{path}")).map(Some).map_err(|why| why.to_string()),
            None => Err(unknown()),
        };
        if let Some(rest) = text.strip_prefix("$response.") {
            return match rest.strip_prefix("header.") {
                Some(name) => Ok(Self::ResponseHeader(name.to_owned())),
                None => body(rest.strip_prefix("body").ok_or_else(unknown)?).map(Self::ResponseBody),
            };
        }
        let rest = text.strip_prefix("$request.").ok_or_else(unknown)?;
        if let Some(path) = rest.strip_prefix("body") {
            return body(path).map(Self::Body);
        }
        match rest.split_once('.') {
            None if rest == "path" => Ok(Self::Path),
            Some(("header", name)) => Ok(Self::Header(name.to_owned())),
            Some(("querystring", name)) => Ok(Self::Query(name.to_owned())),
            Some(("path", name)) => Ok(Self::PathParameter(name.to_owned())),
            _ => Err(unknown()),
        }
    }
}
