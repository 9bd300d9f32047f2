//! Refusals, in AWS's words.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::timestamp::Timestamp;

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nothing claims an identity.
    MissingToken,
    /// The claim cannot be read.
    IncompleteSignature,
    /// The claim is wrong: another signature, time or scope.
    InvalidSignature,
    /// The access key or the session token is not known.
    UnrecognizedClient,
    /// The session token has expired.
    ExpiredToken,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Why.
    pub reason: Reason,
    /// AWS's text. After a wrong signature it holds the canonical request with the values of all signed headers.
    pub message: String,
}

impl Denial {
    pub(super) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }

    /// The value of `x-amzn-ErrorType`.
    #[must_use]
    pub(crate) fn error_type(&self) -> &'static str {
        match self.reason {
            Reason::MissingToken => "MissingAuthenticationTokenException",
            Reason::IncompleteSignature => "IncompleteSignatureException",
            Reason::InvalidSignature => "InvalidSignatureException",
            Reason::UnrecognizedClient => "UnrecognizedClientException",
            Reason::ExpiredToken => "ExpiredTokenException",
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type(), self.message)
    }
}

impl std::error::Error for Denial {}

/// \[W\], API Gateway.
pub(super) fn missing_token() -> Denial {
    Denial::new(Reason::MissingToken, "Missing Authentication Token")
}

/// \[W\], DynamoDB.
pub(super) fn two_claims() -> Denial {
    let message = "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.";
    Denial::new(Reason::InvalidSignature, message)
}

/// \[W\], API Gateway, perhaps cut off by whoever wrote it down.
pub(super) fn algorithm_with_equal_sign() -> Denial {
    let message = "Authorization header must begin with the algorithm name, which cannot include an equal-sign";
    Denial::new(Reason::IncompleteSignature, message)
}

/// \[W\], API Gateway; that it hashes the whole header is \[I\] (the older text quoted the whole header).
pub(super) fn no_pair(authorization: &str) -> Denial {
    let message = format!(
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with \
         Base64): '{}'.",
        digest(authorization)
    );
    Denial::new(Reason::IncompleteSignature, message)
}

/// \[W\], API Gateway. `missing` holds parameters, `date` whether a date is missing too.
pub(super) fn missing_parts(missing: &[&str], date: bool, authorization: &str) -> Denial {
    let mut message = String::new();
    for name in missing {
        message.extend(["Authorization header requires '", name, "' parameter. "]);
    }
    if date {
        message.push_str("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
    }
    message.push_str("(Hashed with SHA-256 and encoded with Base64) Authorization=");
    message.push_str(&digest(authorization));
    Denial::new(Reason::IncompleteSignature, message)
}

/// \[W\], DynamoDB and Kinesis.
pub(super) fn missing_parameters(missing: &[&str]) -> Denial {
    let mut message = String::new();
    for name in missing {
        message.extend(["AWS query-string parameters must include '", name, "'. "]);
    }
    message.push_str("Re-examine the query-string parameters.");
    Denial::new(Reason::IncompleteSignature, message)
}

/// \[W\], DynamoDB.
pub(super) fn bad_date(date: &str) -> Denial {
    let message =
        format!("Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601");
    Denial::new(Reason::IncompleteSignature, message)
}

/// \[I\]: the limits are documented, the words are not.
pub(super) fn bad_lifetime(seconds: &str) -> Denial {
    let message = format!("X-Amz-Expires must be a number of seconds from 1 to 604800. Got '{seconds}'.");
    Denial::new(Reason::IncompleteSignature, message)
}

/// \[W\], API Gateway.
pub(super) fn expired(signed: Timestamp, earliest: Timestamp, now: Timestamp, minutes: u64) -> Denial {
    let message = format!("Signature expired: {signed} is now earlier than {earliest} ({now} - {minutes} min.)");
    Denial::new(Reason::InvalidSignature, message)
}

/// \[W\], API Gateway.
pub(super) fn not_yet_current(signed: Timestamp, latest: Timestamp, now: Timestamp, minutes: u64) -> Denial {
    let message = format!("Signature not yet current: {signed} is still later than {latest} ({now} + {minutes} min.)");
    Denial::new(Reason::InvalidSignature, message)
}

/// \[W\] for the host, of several services; \[I\] for `x-amz-` headers (see `VerifierOptions::require_amz_headers`).
pub(super) fn unsigned_header(name: &str) -> Denial {
    let name = if name == "host" { "'Host' or ':authority'".to_owned() } else { format!("'{name}'") };
    Denial::new(Reason::InvalidSignature, format!("{name} must be a 'SignedHeader' in the AWS Authorization."))
}

/// \[W\], AppSync.
pub(super) fn absent_header(name: &str) -> Denial {
    let message = format!("'{name}' is named as a SignedHeader, but it does not exist in the HTTP request.");
    Denial::new(Reason::IncompleteSignature, message)
}

/// \[W\], DynamoDB.
pub(super) fn unsupported_algorithm(algorithm: &str) -> Denial {
    let message = format!("Unsupported AWS 'algorithm': '{algorithm}' (only AWS4-HMAC-SHA256 for now). ");
    Denial::new(Reason::IncompleteSignature, message)
}

/// \[W\], DynamoDB.
pub(super) fn bad_credential(credential: &str) -> Denial {
    let message = format!(
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
    );
    Denial::new(Reason::IncompleteSignature, message)
}

/// All that is wrong with a scope is said at once \[W\], DynamoDB.
pub(super) fn wrong_scope(faults: impl IntoIterator<Item = Option<String>>) -> Denial {
    Denial::new(Reason::InvalidSignature, faults.into_iter().flatten().collect::<String>())
}

/// \[W\], API Gateway. (Other services name the region that was wrong.)
pub(super) fn wrong_region() -> String {
    "Credential should be scoped to a valid region. ".to_owned()
}

/// \[W\], API Gateway.
pub(super) fn wrong_service(service: &str) -> String {
    format!("Credential should be scoped to correct service: '{service}'. ")
}

/// \[W\], DynamoDB, which also names the terminator that was wrong; that API Gateway leaves it out is \[I\].
pub(super) fn wrong_terminator() -> String {
    "Credential should be scoped with a valid terminator: 'aws4_request'. ".to_owned()
}

/// \[D\], and \[W\], DynamoDB.
pub(super) fn wrong_day(date: &str, signed_at: Timestamp) -> String {
    format!(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{date}' != '{}', \
         from '{signed_at}'.",
        signed_at.date()
    )
}

/// \[W\], API Gateway, for an unknown access key and for a temporary one without its token.
pub(super) fn unrecognized_client() -> Denial {
    Denial::new(Reason::UnrecognizedClient, "The security token included in the request is invalid.")
}

/// \[W\], DynamoDB, without the full stop: a session token with a key that has none.
pub(super) fn unexpected_token() -> Denial {
    Denial::new(Reason::UnrecognizedClient, "The security token included in the request is invalid")
}

/// \[D\].
pub(super) fn expired_token() -> Denial {
    Denial::new(Reason::ExpiredToken, "The security token included in the request is expired")
}

/// \[W\], API Gateway, its line ends included.
pub(super) fn wrong_signature(canonical_request: &str, string_to_sign: &str) -> Denial {
    let message = format!(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
         Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this \
         request should have been\n'{canonical_request}'\n\nThe String-to-Sign should have been\n'{string_to_sign}'\n"
    );
    Denial::new(Reason::InvalidSignature, message)
}

fn digest(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text))
}
