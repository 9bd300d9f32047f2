//! Credentials that outlive their expiry: one cache in front of any [`ProvideCredentials`].
//!
//! With the feature `sigv4`.
//!
//! A [`Client`](crate::Client) keeps such a cache for the provider that
//! [`ClientBuilder::credentials`](crate::ClientBuilder::credentials) was given. Whoever signs without a client, such as a
//! load generator, keeps a [`CredentialsCache`] of its own.

mod cache;
#[cfg(feature = "aws-config")]
mod sdk;

pub use aws_credential_types::Credentials;
pub use aws_credential_types::provider::error::CredentialsError;
pub use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
pub use cache::{CredentialsCache, CredentialsUnavailable};
#[cfg(feature = "aws-config")]
pub use sdk::default_chain;

#[cfg(test)]
mod tests;
