//! Step Functions: state machines that really run, and the API that starts, stops and shows them.
//!
//! A definition is checked and flattened by `asl`; `run` interprets it as a pure state machine; `engine` is the thread
//! that carries out what runs ask for; `store` keeps the executions; `api` answers calls.

mod activities;
mod api;
mod asl;
mod data;
mod definition;
mod engine;
mod execution;
mod functions;
mod history;
mod launch;
mod machines;
mod map_runs;
mod nested;
mod options;
mod panics;
mod quotas;
mod route;
mod run;
mod service;
mod settings;
mod step_functions;
mod store;
#[cfg(test)]
mod tests;
mod wire;

pub use api::Reply;
pub use options::{Quotas, StatesOptions};
pub(crate) use step_functions::{Invoked, StepFunctions};
pub use store::Counters;
