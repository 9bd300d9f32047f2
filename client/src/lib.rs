//! Starts AWS Step Functions workflows through an API Gateway `POST /execute` wired straight to `StartExecution`.
//!
//! The pure centre is [`wire`]: it decides what one answer of the endpoint means, and above all whether a workflow may
//! have been started by it.

#[cfg(feature = "sigv4")]
pub mod credentials;
#[cfg(feature = "sigv4")]
pub mod sigv4;
pub mod wire;
