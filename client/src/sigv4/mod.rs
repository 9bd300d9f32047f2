//! IAM authorisation: AWS Signature Version 4 for `execute-api`.
//!
//! [`Signer`] signs any one request through the `aws-sigv4` crate.

mod error;
mod scope;
mod signer;
mod target;

pub use error::SigningError;
pub use scope::Scope;
pub use signer::Signer;

/// The longest URI that is signed, in bytes: what a Regional endpoint of API Gateway accepts (an edge-optimised one
/// accepts 8,192). Source: "Amazon API Gateway quotas", URL length.
pub const MAX_URI: usize = 10_240;
