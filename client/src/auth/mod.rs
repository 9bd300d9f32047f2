//! Who the caller is, to the gateway.

#[cfg(feature = "sigv4")]
mod iam;

#[cfg(feature = "sigv4")]
pub(crate) use iam::Iam;

use crate::clock::Clock;
use crate::error::Error;
use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};

#[derive(Debug, Clone, Default)]
pub(crate) struct Auth {
    pub(crate) authorization: Authorization,
    /// A usage plan's key, in `x-api-key`.
    pub(crate) api_key: Option<HeaderValue>,
}

#[derive(Debug, Clone, Default)]
pub(crate) enum Authorization {
    #[default]
    None,
    /// A token for an authorizer, with its scheme.
    Bearer(HeaderValue),
    #[cfg(feature = "sigv4")]
    Iam(std::sync::Arc<Iam>),
}

/// What a request was authorised with, to be held against the answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Authorized {
    #[cfg(feature = "sigv4")]
    pub(crate) credentials: Option<crate::credentials::Credentials>,
}

impl Auth {
    #[cfg(feature = "sigv4")]
    pub(crate) fn iam(&self) -> Option<&Iam> {
        if let Authorization::Iam(iam) = &self.authorization { Some(iam) } else { None }
    }

    /// The same caller to the Step Functions API, which knows neither API keys nor tokens.
    pub(crate) fn for_states(
        &self,
        #[cfg_attr(not(feature = "sigv4"), expect(unused_variables, reason = "only signatures have a region"))]
        uri: &http::Uri,
    ) -> Self {
        let authorization = match &self.authorization {
            Authorization::None | Authorization::Bearer(_) => Authorization::None,
            #[cfg(feature = "sigv4")]
            Authorization::Iam(iam) => Authorization::Iam(std::sync::Arc::new(iam.for_states(uri))),
        };
        Self { authorization, api_key: None }
    }

    /// The headers that [`apply`](Self::apply) adds.
    pub(crate) fn header_names(&self) -> impl Iterator<Item = &'static str> {
        let authorization: &[&str] = match &self.authorization {
            Authorization::None => &[],
            Authorization::Bearer(_) => &["authorization"],
            // Temporary credentials, the usual ones, need the token.
            #[cfg(feature = "sigv4")]
            Authorization::Iam(_) => &["authorization", "x-amz-date", "x-amz-security-token"],
        };
        authorization.iter().copied().chain(self.api_key.as_ref().map(|_| "x-api-key"))
    }

    /// Adds what identifies the caller; each attempt anew, since a signature has a time.
    #[cfg_attr(not(feature = "sigv4"), expect(unused_variables, clippy::unused_async, reason = "only signing waits"))]
    pub(crate) async fn apply(
        &self,
        request: &mut http::Request<Bytes>,
        clock: &dyn Clock,
    ) -> Result<Authorized, Error> {
        if let Some(key) = &self.api_key {
            request.headers_mut().insert(HeaderName::from_static("x-api-key"), key.clone());
        }
        match &self.authorization {
            Authorization::None => Ok(Authorized::default()),
            Authorization::Bearer(value) => {
                request.headers_mut().insert(AUTHORIZATION, value.clone());
                Ok(Authorized::default())
            }
            #[cfg(feature = "sigv4")]
            Authorization::Iam(iam) => Ok(Authorized { credentials: Some(iam.sign(request, clock).await?) }),
        }
    }
}

/// A header value that neither logs nor HPACK tables keep.
pub(crate) fn secret(value: &str, what: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(value)
        .map_err(|_| Error::config(format!("the {what} holds characters that a header cannot carry")))?;
    value.set_sensitive(true);
    Ok(value)
}
