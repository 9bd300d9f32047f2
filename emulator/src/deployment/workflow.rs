//! State machines and the functions that their tasks invoke.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::settings::MachineSettings;
use crate::document::{Node, Position};

/// A state machine.
#[derive(Debug, Clone)]
pub(crate) struct StateMachine {
    /// Its ARN.
    pub(crate) arn: String,
    /// Its name, last segment of the ARN.
    pub(crate) name: String,
    /// Standard or Express.
    pub(crate) kind: MachineKind,
    /// ARN of the role that its executions have; `None` where no template names one.
    pub(crate) role_arn: Option<String>,
    /// What is logged and traced, and how it is encrypted.
    pub(crate) settings: MachineSettings,
    /// The Amazon States Language document, substitutions made.
    pub(crate) definition: Node,
    /// The aliases and versions that may stand behind its ARN.
    pub(crate) qualifiers: Vec<String>,
}

/// The two kinds of state machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MachineKind {
    /// Exactly-once, named, kept.
    Standard,
    /// At-least-once, short.
    Express,
}

/// A function that a task may invoke.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    /// Where it stands.
    pub(crate) position: Position,
    /// Its id in the template, such as `StartFunction`.
    pub(crate) logical_id: String,
    /// Its ARN.
    pub(crate) arn: String,
    /// Its name.
    pub(crate) name: String,
    /// `module.export`, as in `workflow.start`.
    pub(crate) handler: String,
    /// The runtime named, such as `nodejs22.x`.
    pub(crate) runtime: String,
    /// What runs when it is invoked.
    pub(crate) code: FunctionCode,
    /// Time-out (Lambda's default: 3 s).
    pub(crate) timeout: Duration,
    /// Memory in MiB (Lambda's default: 128).
    pub(crate) memory: u32,
    /// `process.env`.
    pub(crate) environment: Vec<(String, String)>,
}

/// The code of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FunctionCode {
    /// The handler's module.
    Script(Module),
    /// It does not run here, for this reason: a double answers.
    Elsewhere(String),
}

/// A JavaScript file, and the files that it may load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Path below the template, as in `handlers/workflow.mjs`.
    pub path: String,
    /// Source text.
    pub source: String,
    /// The code folder, which the handler knows as `/var/task`: where `path` begins, or `""`.
    pub folder: String,
    /// The other files of that folder that it may load, or why they cannot be read, by paths like `path`.
    pub files: BTreeMap<String, Result<Arc<str>, String>>,
}

impl Module {
    /// A file that loads no others.
    #[must_use]
    pub fn alone(path: impl Into<String>, source: impl Into<String>) -> Self {
        Self { path: path.into(), source: source.into(), folder: String::new(), files: BTreeMap::new() }
    }
}
