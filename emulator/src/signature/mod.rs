//! AWS Signature Version 4, verified: written from the AWS specification with a hash and an HMAC, and with no line in
//! common with the client's signer, so that each is the other's referee.
//!
//! A request flows through it once: `authorization` reads what is claimed, `canonical` rebuilds what was signed, and
//! [`Verifier::verify`] makes the checks in AWS's order and answers in AWS's words.
//!
//! Evidence of the words: \[W\] seen on the wire of AWS by third parties, \[D\] documented, \[I\] inferred. The order of
//! the checks is the one that DynamoDB was seen to keep \[W\]; that API Gateway keeps it too is \[I\].

mod authorization;
mod canonical;
mod credentials;
mod denial;
mod encoding;
mod timestamp;
mod verifier;

pub use credentials::{AccessKey, CallerIdentity, Credentials};
pub use denial::{Denial, Reason};
pub use verifier::Verifier;
pub(crate) use verifier::VerifierOptions;

#[cfg(test)]
mod tests;
