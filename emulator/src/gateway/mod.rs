//! API Gateway: one request to one answer. Route, authorise, check, map, call, select, map back.
//!
//! It does no I/O of its own and keeps no state but the token buckets: time, random bytes and the backend come from
//! outside, the backend in the middle of the work (`Gateway::receive`, a `BackendCall`, `Gateway::finish`), so that
//! whoever serves it may wait for a backend as it likes.

#[cfg(any(test, feature = "fuzzing"))]
mod at_once;
mod backend;
mod context;
mod exchange;
mod failure;
mod front;
mod gateway_response;
mod headers;
mod http_api;
mod http_proxy;
mod ids;
mod lambda_event;
mod lambda_response;
mod mapping;
mod options;
mod parameter_changes;
mod request;
mod response;
mod rest;
mod route;
mod selection;
mod served;
#[cfg(test)]
mod tests;
mod throttle;
mod validation;
mod web_request;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use at_once::Backend;
pub(crate) use backend::{BackendAnswer, BackendCall, BackendReply, BackendTarget, Received};
pub(crate) use context::common_log_time;
pub(crate) use front::Gateway;
pub use options::GatewayOptions;
