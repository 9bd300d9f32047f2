//! What a template deploys, resolved and parsed: plain data between the loader and the parts that serve it.
//!
//! Whatever can be wrong with a template is found while this is made; what reads it has no error left to report.

mod integration;
mod mapping;
mod path;
mod rest;
mod selection;
mod stack;
mod substitution;
mod workflow;

use std::sync::Arc;

pub(crate) use integration::media_type;
pub use integration::{Integration, IntegrationKind, IntegrationResponse, MappingTemplates, Passthrough};
pub use mapping::{Mapping, MappingSource};
pub(crate) use path::parts;
pub use path::{PathPart, ResourcePath};
pub use rest::{
    Authorization, GatewayResponse, Method, MethodParameter, MethodResponse, ParameterLocation, RequestValidator,
    RestApi, Throttle,
};
pub use selection::{IntegrationResponses, SelectionPattern};
pub use stack::Stack;
pub use substitution::{Substitution, SubstitutionPiece};
pub use workflow::{Function, MachineKind, Module, StateMachine};

/// A loaded deployment: every intrinsic resolved, every file read, every template compiled.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The stack's pseudo parameters.
    pub stack: Stack,
    /// The REST API.
    pub api: Arc<RestApi>,
    /// The state machines.
    pub machines: Vec<StateMachine>,
    /// The functions that tasks may invoke.
    pub functions: Vec<Function>,
    /// What was mended so that the template loads at all, each said on stderr.
    pub warnings: Vec<String>,
}
