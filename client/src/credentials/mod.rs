//! Credentials that outlive their expiry: one cache in front of any [`ProvideCredentials`].

mod cache;

pub use aws_credential_types::Credentials;
pub use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
pub use cache::{CredentialsCache, CredentialsUnavailable};
