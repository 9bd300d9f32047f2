//! Step Functions: state machines that really run, and the API that starts, stops and shows them.
//!
//! A definition is checked and flattened by `asl`; `run` interprets it as a pure state machine; `engine` is the thread
//! that carries out what runs ask for; `store` keeps the executions; `api` answers calls.

mod api;
mod asl;
mod data;
mod engine;
mod history;
mod jackson;
mod options;
mod quotas;
mod run;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod wire;

pub use options::{Options, Quotas};
pub use service::{Counters, ExecutionStatus, ExecutionSummary, Reply, StepFunctions};
