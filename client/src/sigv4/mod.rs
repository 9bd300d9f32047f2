//! IAM authorisation: AWS Signature Version 4 for `execute-api`.
//!
//! [`Signer`] signs any one request through the `aws-sigv4` crate.

mod canonical;
mod date;
mod error;
mod prepared;
mod scope;
mod signer;
mod target;

pub use error::SigningError;
pub use prepared::{Prepared, Signed};
pub use scope::Scope;
pub use signer::Signer;

/// The longest URI that is signed, in bytes: what a Regional endpoint of API Gateway accepts (an edge-optimised one
/// accepts 8,192). Source: "Amazon API Gateway quotas", URL length.
pub const MAX_URI: usize = 10_240;

/// Headers that are sent unsigned: the signature itself, what connections, proxies and tracing rewrite (botocore and the
/// AWS SDKs leave the same ones out), and `x-amzn-requestid`, which the way to the gateway may replace.
pub const UNSIGNED: [&str; 16] = [
    "authorization",
    "baggage",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-requestid",
    "x-amzn-trace-id",
];

#[cfg(test)]
mod tests;
