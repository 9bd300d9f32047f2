//! How requests of the table show who sends them.

use std::fmt;
use std::time::SystemTime;

use stepgate::credentials::Credentials;
use stepgate::sigv4::{Scope, Signer, SigningError};
use url::Url;

use super::{ExchangeError, Message};

/// Where requests get their authorisation from.
#[derive(Debug, Clone, Default)]
pub enum Authorization {
    /// Nowhere.
    #[default]
    None,
    /// AWS Signature Version 4 on all but preflights, which browsers send without credentials.
    SigV4 {
        /// The client's own signer.
        signer: Signer,
        /// The keys.
        credentials: Credentials,
    },
}

impl Authorization {
    /// Signatures for the host of `url`, with the variables that AWS tools read: `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`; and `AWS_REGION` or `AWS_DEFAULT_REGION`, unless the host is one of
    /// AWS's own and tells its region.
    ///
    /// # Errors
    /// Names the variable that is missing.
    pub fn sigv4(url: &Url, variable: impl Fn(&str) -> Option<String>) -> Result<Self, AuthorizationError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let needed = |name: &'static str| variable(name).ok_or(AuthorizationError::Missing(name));
        let scope = match Scope::from_host(url.host_str().unwrap_or_default()) {
            Ok(scope) => scope,
            Err(_) => match variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")) {
                Some(region) => Scope::execute_api(&region),
                None => return Err(AuthorizationError::Missing("AWS_REGION")),
            },
        };
        let (key, secret) = (needed("AWS_ACCESS_KEY_ID")?, needed("AWS_SECRET_ACCESS_KEY")?);
        let credentials = Credentials::new(key, secret, variable("AWS_SESSION_TOKEN"), None, "environment");
        Ok(Self::SigV4 { signer: Signer::new(scope), credentials })
    }

    /// Whether requests are signed.
    #[must_use]
    pub fn signs(&self) -> bool {
        matches!(self, Self::SigV4 { .. })
    }

    /// Adds the headers of the authorisation, as of now, to a request that has none of its own.
    pub(super) fn apply(&self, message: &mut Message) -> Result<(), ExchangeError> {
        let Self::SigV4 { signer, credentials } = self else { return Ok(()) };
        let has_its_own = message.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if has_its_own || message.method == "OPTIONS" {
            return Ok(());
        }
        sign(signer, credentials, message)
            .map_err(|error| ExchangeError::new(format!("the request cannot be signed: {error}")))
    }
}

fn sign(signer: &Signer, credentials: &Credentials, message: &mut Message) -> Result<(), SigningError> {
    let refused = |error: http::Error| SigningError::Refused(error.into());
    let mut request = http::Request::builder().method(message.method.as_str()).uri(message.url.as_str());
    for (name, value) in &message.headers {
        request = request.header(name, value);
    }
    let mut request = request.body(message.body.as_slice()).map_err(refused)?;
    signer.sign(&mut request, credentials, SystemTime::now())?;
    for name in ["authorization", "x-amz-date", "x-amz-security-token"] {
        if let Some(value) = request.headers().get(name).and_then(|value| value.to_str().ok()) {
            message.headers.push((name.to_owned(), value.to_owned()));
        }
    }
    Ok(())
}

/// Why requests cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorizationError {
    /// An environment variable is not set.
    Missing(&'static str),
}

impl fmt::Display for AuthorizationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Missing(name) = self;
        write!(f, "signatures need the environment variable {name}, which is not set")
    }
}

impl std::error::Error for AuthorizationError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Request;

    const AWS: &str = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/execute";

    fn environment(name: &str) -> Option<String> {
        let value = match name {
            "AWS_ACCESS_KEY_ID" => "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY" => "secret",
            "AWS_SESSION_TOKEN" => "",
            _ => return None,
        };
        Some(value.to_owned())
    }

    fn signed(method: &str) -> Vec<String> {
        let url = Url::parse(AWS).unwrap();
        let request: Request = toml::from_str(&format!("method = \"{method}\"")).unwrap();
        let mut message = request.message(&url, "u-1");
        Authorization::sigv4(&url, environment).unwrap().apply(&mut message).unwrap();
        message.headers.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_preflight_stays_unsigned_and_an_empty_token_is_none() {
        assert_eq!(signed("POST"), ["authorization", "x-amz-date"]);
        assert_eq!(signed("OPTIONS"), [""; 0]);
    }

    #[test]
    fn what_is_missing_in_the_environment_is_named() {
        let missing = |url: &str, lookup: fn(&str) -> Option<String>| {
            Authorization::sigv4(&Url::parse(url).unwrap(), lookup).unwrap_err()
        };
        assert_eq!(missing(AWS, |_| None), AuthorizationError::Missing("AWS_ACCESS_KEY_ID"));
        assert_eq!(missing("https://api.example.com/execute", environment), AuthorizationError::Missing("AWS_REGION"));
    }
}
