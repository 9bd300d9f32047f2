//! IAM authorisation: AWS Signature Version 4, as API Gateway wants it.
//!
//! With the feature `sigv4`.
//!
//! A [`Client`](crate::Client) with
//! [`credentials`](crate::ClientBuilder::credentials) signs every attempt by itself. This module is for those who send
//! on their own: [`Signer`] signs any request; [`Prepared`] signs requests of one shape at load, and hashes beforehand what
//! does not change. Both write the same bytes, by the same code.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use stepgate::credentials::Credentials;
//! use stepgate::sigv4::{Scope, Signer};
//!
//! // The region of a custom domain has to be said; `Signer::for_uri` reads it off AWS's own hosts.
//! let signer = Signer::new(Scope::execute_api("eu-west-1"));
//! let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("token".into()), None, "example");
//! let mut request = http::Request::post("https://api.example.com/orders/execute")
//!     .header("content-type", "application/json")
//!     .body(r#"{"order":1}"#)?;
//! signer.sign(&mut request, &credentials, SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000))?;
//! assert_eq!(request.headers()["x-amz-date"], "20270115T080000Z");
//! assert!(request.headers().contains_key("x-amz-security-token"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is signed
//!
//! - The method; the path as it is sent, stage or base path included, with `%` escaped a second time and without dot
//!   segments; the query, sorted.
//! - `host`, `x-amz-date`, with temporary credentials `x-amz-security-token`, and every header that the request has when
//!   it is signed, save [`UNSIGNED`].
//! - The exact bytes of the body. No header repeats their hash: only S3 asks for it.
//!
//! Write a space in a query as `%20` and a plus as `%2B`: a bare `+` is signed as a space, and how the gateway reads it is
//! not documented.
//!
//! # How long a signature holds
//!
//! Five minutes before and after its time, by the gateway's clock (IAM user guide, "Signature Version 4 for API requests").
//! So each attempt is signed anew. A clock that is further off is answered with `InvalidSignatureException`; a client
//! corrects it once, from the answer's `Date`.
//!
//! # Who checks this
//!
//! A property test holds both against the crate `aws-sigv4`. So do vectors signed by botocore, and the test suite that AWS
//! publishes with its signers.

mod canonical;
mod check;
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

use http::HeaderName;

/// The longest URI that is signed, in bytes: what a Regional endpoint of API Gateway accepts (an edge-optimised one
/// accepts 8,192). Source: "Amazon API Gateway quotas", URL length.
pub const MAX_URI: usize = 10_240;

/// Headers that are sent unsigned: what connections, proxies and tracing rewrite (botocore leaves the same ones out);
/// `x-amzn-requestid`, which the way to the gateway may replace; and what authenticates by itself.
pub const UNSIGNED: &[&str] = &[
    "authorization",
    "baggage",
    "connection",
    "cookie",
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
    "x-api-key",
];

const X_AMZ_DATE: &str = "x-amz-date";
const X_AMZ_SECURITY_TOKEN: &str = "x-amz-security-token";

/// Whether a request's own header is signed. The two that a signature brings along are not the request's own.
fn is_signed(name: &HeaderName) -> bool {
    let name = name.as_str();
    !UNSIGNED.contains(&name) && name != X_AMZ_DATE && name != X_AMZ_SECURITY_TOKEN
}

#[cfg(test)]
mod tests;
