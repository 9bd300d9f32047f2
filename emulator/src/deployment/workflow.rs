//! State machines and the functions that their tasks invoke.

use std::time::Duration;

use crate::document::{Node, Position};

/// A state machine.
#[derive(Debug, Clone)]
pub struct StateMachine {
    /// Its ARN.
    pub arn: String,
    /// Its name, last segment of the ARN.
    pub name: String,
    /// Standard or Express.
    pub kind: MachineKind,
    /// ARN of the role that its executions have; `None` where no template names one.
    pub role_arn: Option<String>,
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
    /// What runs when it is invoked.
    pub code: FunctionCode,
    /// Time-out (Lambda's default: 3 s).
    pub timeout: Duration,
    /// Memory in MiB (Lambda's default: 128).
    pub memory: u32,
    /// `process.env`.
    pub environment: Vec<(String, String)>,
}

/// The code of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionCode {
    /// The handler's module.
    Script(Module),
    /// It does not run here, for this reason: a double answers.
    Elsewhere(String),
}

/// A JavaScript file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Path below the template, as in `handlers/workflow.mjs`.
    pub path: String,
    /// Source text.
    pub source: String,
}
