//! What a template deploys, resolved: plain data between the loader and the parts that serve it.

use std::time::Duration;

use crate::document::{Node, Position, Text};

/// A loaded deployment: every intrinsic resolved, every file read.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The stack's pseudo parameters.
    pub stack: Stack,
    /// The REST API.
    pub api: RestApi,
    /// The state machines.
    pub machines: Vec<StateMachine>,
    /// The functions that tasks may invoke.
    pub functions: Vec<Function>,
    /// What was mended or passed over so that the template loads at all, each said on stderr.
    pub warnings: Vec<String>,
}

/// Pseudo parameters.
#[derive(Debug, Clone)]
pub struct Stack {
    /// `AWS::StackName`.
    pub name: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`.
    pub account: String,
    /// `AWS::Partition`.
    pub partition: String,
}

/// A REST API with one stage.
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone)]
pub struct Method {
    /// Where it stands.
    pub position: Position,
    /// Upper-case HTTP method; `ANY` for `x-amazon-apigateway-any-method`.
    pub http_method: String,
    /// Resource path without the stage, as `/execute` or `/executions/{name}`.
    pub path: String,
    /// Who may call it.
    pub authorization: Authorization,
    /// Whether an API key is required.
    pub api_key_required: bool,
    /// Declared parameters of the request.
    pub parameters: Vec<MethodParameter>,
    /// What is checked before the integration is called; `None` checks nothing.
    pub validator: Option<RequestValidator>,
    /// JSON schemas (draft 4) of the body by content type; each stands alone, with its `definitions`.
    pub models: Vec<(String, serde_json::Value)>,
    /// The stage's throttle for this method.
    pub throttle: Option<Throttle>,
    /// What it does.
    pub integration: Integration,
    /// Declared answers: status and the headers that integration responses may set, lower-case.
    pub responses: Vec<MethodResponse>,
}

/// Who may call a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorization {
    /// Anyone.
    None,
    /// Callers with a valid SigV4 signature.
    Iam,
}

/// One declared parameter of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodParameter {
    /// Where in the request.
    pub location: ParameterLocation,
    /// Its name, as declared.
    pub name: String,
    /// Whether a validator misses it when it is absent.
    pub required: bool,
}

/// Where a parameter stands in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterLocation {
    /// `method.request.header.…`
    Header,
    /// `method.request.querystring.…`
    Query,
    /// `method.request.path.…`
    Path,
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
pub struct Throttle {
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
    /// Header names as declared.
    pub headers: Vec<String>,
}

/// What stands behind a method.
#[derive(Debug, Clone)]
pub struct Integration {
    /// Where it stands.
    pub position: Position,
    /// Its kind.
    pub kind: IntegrationKind,
    /// What becomes of a content type that has no template.
    pub passthrough: Passthrough,
    /// Mapping templates by content type.
    pub request_templates: Vec<(String, Text)>,
    /// `integration.request.…` destinations and their sources (static `'value'`, `method.request.…`, `context.…`).
    pub request_parameters: Vec<Parameter>,
    /// Answers by selection pattern.
    pub responses: Vec<IntegrationResponse>,
    /// Longest wait for the backend (AWS: 50 ms to 29 s, 29 s by default).
    pub timeout: Duration,
}

/// The kind of an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntegrationKind {
    /// Answers by itself.
    Mock,
    /// Calls an action of an AWS service.
    Aws {
        /// The service, such as `states`.
        service: String,
        /// The action named in the URI (`states:action/StartExecution`); `None` for `states:path//`, where the
        /// `X-Amz-Target` header names it.
        action: Option<String>,
    },
}

/// What becomes of a request whose content type has no mapping template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passthrough {
    /// The body goes to the backend as it is.
    WhenNoMatch,
    /// The body goes through only if there is no template at all.
    WhenNoTemplates,
    /// 415.
    Never,
}

/// A parameter mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Where it stands.
    pub position: Position,
    /// Destination, such as `method.response.header.Access-Control-Allow-Origin`.
    pub target: String,
    /// Source, such as `'*'` (static, with its quotes) or `integration.response.header.X`.
    pub source: String,
}

/// One answer of an integration.
#[derive(Debug, Clone)]
pub struct IntegrationResponse {
    /// Where it stands.
    pub position: Position,
    /// Selection pattern, matched against the whole backend status; `None` for `default`.
    pub pattern: Option<String>,
    /// HTTP status of the answer.
    pub status: u16,
    /// `method.response.header.…` mappings.
    pub parameters: Vec<Parameter>,
    /// Mapping templates by content type; none lets the backend's body through.
    pub templates: Vec<(String, Text)>,
}

/// A customised gateway response.
#[derive(Debug, Clone)]
pub struct GatewayResponse {
    /// Where it stands.
    pub position: Position,
    /// Its type, such as `DEFAULT_4XX`.
    pub kind: String,
    /// Another status than the type's own.
    pub status: Option<u16>,
    /// `gatewayresponse.header.…` mappings.
    pub parameters: Vec<Parameter>,
    /// Simple `$context.…` substitution templates by content type (not VTL).
    pub templates: Vec<(String, Text)>,
}

/// A state machine.
#[derive(Debug, Clone)]
pub struct StateMachine {
    /// Its ARN.
    pub arn: String,
    /// Its name, last segment of the ARN.
    pub name: String,
    /// Standard or Express.
    pub kind: MachineKind,
    /// The Amazon States Language document, substitutions made.
    pub definition: Node,
}

/// The two kinds of state machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MachineKind {
    /// Exactly-once, named, kept.
    Standard,
    /// At-least-once, short.
    Express,
}

/// A function that a task may invoke.
#[derive(Debug, Clone)]
pub struct Function {
    /// Where it stands.
    pub position: Position,
    /// Its id in the template, such as `StartFunction`.
    pub logical_id: String,
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// `module.export`, as in `workflow.start`.
    pub handler: String,
    /// The runtime named, such as `nodejs22.x`.
    pub runtime: String,
    /// The handler's module: path below the template and source text.
    pub module: Module,
    /// Time-out (Lambda's default: 3 s).
    pub timeout: Duration,
    /// Memory in MiB (Lambda's default: 128).
    pub memory: u32,
    /// `process.env`.
    pub environment: Vec<(String, String)>,
}

/// A JavaScript file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Path below the template, as in `handlers/workflow.mjs`.
    pub path: String,
    /// Source text.
    pub source: String,
}
