//! What a template deploys, resolved and parsed: plain data between the loader and the parts that serve it.
//!
//! Whatever can be wrong with a template is found while this is made; what reads it has no error left to report.

mod change;
mod expression;
mod http;
mod integration;
mod mapping;
mod parameter;
mod path;
mod rest;
mod selection;
mod settings;
mod stack;
mod substitution;
mod uri;
mod workflow;

use std::sync::Arc;

use crate::budget::Budget;
use crate::document::PassedOver;

pub(crate) use change::{ChangeOperation, ChangeTarget, ParameterChange};
pub(crate) use expression::{SelectionExpression, SelectionPiece};
pub(crate) use http::{Cors, HttpApi, HttpIntegration, HttpRoute};
pub(crate) use integration::media_type;
pub(crate) use integration::{
    Integration, IntegrationKind, IntegrationParameters, IntegrationResponse, IntegrationResponses, MappingTemplates,
    Passthrough,
};
pub(crate) use mapping::{Mapping, MappingSource};
pub(crate) use parameter::{MethodParameter, ParameterLocation};
pub(crate) use path::parts;
pub(crate) use path::{PathPart, ResourcePath};
pub(crate) use rest::{
    AuthorizationType, GatewayResponse, Method, MethodResponse, RequestValidator, RestApi, ThrottleSettings,
};
pub(crate) use selection::SelectionPattern;
pub(crate) use settings::{
    EncryptionConfiguration, LogDestination, LogGroup, LoggingConfiguration, MachineSettings, TracingConfiguration,
};
pub use stack::Stack;
pub(crate) use substitution::{Substitution, SubstitutionPiece};
pub(crate) use uri::{ENCODED, IntegrationUri};
pub use workflow::Module;
pub(crate) use workflow::{Function, FunctionCode, MachineKind, StateMachine};

/// A loaded deployment: every intrinsic resolved, every file read, every template compiled.
#[derive(Debug, Clone)]
pub(crate) struct Deployment {
    /// The stack's pseudo parameters.
    pub(crate) stack: Stack,
    /// The API that is served.
    pub(crate) api: Api,
    /// The state machines.
    pub(crate) machines: Vec<StateMachine>,
    /// The functions that tasks may invoke.
    pub(crate) functions: Vec<Function>,
    /// What was mended so that the template loads at all, each said on stderr.
    pub(crate) warnings: Vec<String>,
    /// What was passed over since it changes no answer here, one entry a kind.
    pub(crate) passed_over: Vec<PassedOver>,
}

/// An API of either kind.
#[derive(Debug, Clone)]
pub(crate) enum Api {
    /// A REST API, with mapping templates.
    Rest(Arc<RestApi>),
    /// An HTTP API.
    Http(Arc<HttpApi>),
}

impl Api {
    /// The path of the route that starts executions, such as `/prod/execute`; of the first one where several do.
    #[must_use]
    pub(crate) fn start_path(&self) -> Option<String> {
        let starts = |action: &str| action.starts_with("Start");
        match self {
            Self::Rest(api) => {
                let method = api.methods.iter().find(|method| match &method.integration.kind {
                    IntegrationKind::Aws { action, .. } => action.as_deref().is_none_or(starts),
                    _ => false,
                })?;
                Some(format!("/{}{}", api.stage, method.path))
            }
            Self::Http(api) => {
                let route = api.routes.iter().find(|route| match &route.integration {
                    HttpIntegration::StepFunctions { action, .. } => starts(action),
                    _ => false,
                })?;
                let path = route.path.as_ref().map_or("/", ResourcePath::as_str);
                Some(api.stage.as_ref().map_or_else(|| path.to_owned(), |stage| format!("/{stage}{path}")))
            }
        }
    }

    /// The path below which everything lies, such as `/prod`.
    #[must_use]
    pub(crate) fn base_path(&self) -> String {
        match self {
            Self::Rest(api) => format!("/{}", api.stage),
            Self::Http(api) => api.stage.as_ref().map_or_else(String::new, |stage| format!("/{stage}")),
        }
    }

    /// The routes behind which web servers stand, as `GET /orders`, and the URL of each with its path parameters open.
    #[must_use]
    pub(crate) fn web_servers(&self) -> Vec<(String, String)> {
        let named = |method: &str, path: &str, uri: &IntegrationUri, variables: &[(String, String)]| {
            let url = uri.complete(|_| Ok(None), variables, &Budget::default());
            (format!("{method} {path}"), url.unwrap_or_default())
        };
        match self {
            Self::Rest(api) => api
                .methods
                .iter()
                .filter_map(|method| match &method.integration.kind {
                    IntegrationKind::Http { uri, .. } => {
                        Some(named(&method.http_method, method.path.as_str(), uri, &api.stage_variables))
                    }
                    _ => None,
                })
                .collect(),
            Self::Http(api) => api
                .routes
                .iter()
                .filter_map(|route| match &route.integration {
                    HttpIntegration::Http { uri, .. } => {
                        let path = route.path.as_ref().map_or("$default", ResourcePath::as_str);
                        Some(named(&route.http_method, path, uri, &api.stage_variables))
                    }
                    _ => None,
                })
                .collect(),
        }
    }

    /// Whether a route asks for signatures.
    #[must_use]
    pub(crate) fn wants_signatures(&self) -> bool {
        match self {
            Self::Rest(api) => api.methods.iter().any(|method| method.authorization == AuthorizationType::Iam),
            Self::Http(api) => api.routes.iter().any(|route| route.authorization == AuthorizationType::Iam),
        }
    }

    /// Whether a route asks for an API key.
    #[must_use]
    pub(crate) fn wants_api_keys(&self) -> bool {
        match self {
            Self::Rest(api) => api.methods.iter().any(|method| method.api_key_required),
            Self::Http(_) => false,
        }
    }
}
