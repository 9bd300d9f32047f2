use super::date::seconds;
use super::{Prepared, Scope, SigningError, X_AMZ_DATE, X_AMZ_SECURITY_TOKEN};
use aws_credential_types::Credentials;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::{Request, Uri};
use std::time::SystemTime;

/// Signs one request at a time, whatever it is.
///
/// ```
/// use aws_credential_types::Credentials;
/// use std::time::{Duration, SystemTime};
/// use stepgate::sigv4::Signer;
///
/// let mut request = http::Request::post("https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/execute")
///     .header("content-type", "application/json")
///     .body(r#"{"order":1}"#)?;
/// let signer = Signer::for_uri(request.uri())?;
/// let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "example");
/// signer.sign(&mut request, &credentials, SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000))?;
/// let authorization = request.headers()["authorization"].to_str()?;
/// assert!(authorization.starts_with(
///     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20270115/eu-west-1/execute-api/aws4_request, \
///      SignedHeaders=content-type;host;x-amz-date, Signature="
/// ));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Signer {
    scope: Scope,
}

impl Signer {
    /// A signer for one service in one region.
    #[must_use]
    pub const fn new(scope: Scope) -> Self {
        Self { scope }
    }

    /// A signer for the region and service that the URI's host names ([`Scope::from_host`]).
    ///
    /// # Errors
    /// [`SigningError::UnknownHost`] for a host that is not of AWS, [`SigningError::NoHost`] without one.
    pub fn for_uri(uri: &Uri) -> Result<Self, SigningError> {
        Scope::from_host(uri.host().ok_or(SigningError::NoHost)?).map(Self::new)
    }

    /// What the signatures are valid for.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Signs `request` as at `time`, replacing an earlier signature.
    ///
    /// Every header that the request has is signed, except [`UNSIGNED`](super::UNSIGNED); headers added later stay
    /// unsigned. Nothing of it is traced or logged. What RFC 3986 keeps out of a URI is escaped in the request's, so that it
    /// travels as it was signed.
    ///
    /// # Errors
    /// [`SigningError`], and the request is as it was.
    pub fn sign<B: AsRef<[u8]>>(
        &self,
        request: &mut Request<B>,
        credentials: &Credentials,
        time: SystemTime,
    ) -> Result<(), SigningError> {
        seconds(time)?;
        let mut prepared = Prepared::new(self.scope.clone(), request, credentials.clone())?;
        let signed = prepared.sign(request.body().as_ref(), time)?;
        let date = header(signed.amz_date())?;
        let mut authorization = header(signed.authorization())?;
        authorization.set_sensitive(true);
        let token = signed.security_token().map(header).transpose()?;
        *request.uri_mut() = prepared.uri().clone();
        let headers = request.headers_mut();
        headers.insert(HeaderName::from_static(X_AMZ_DATE), date);
        headers.insert(AUTHORIZATION, authorization);
        headers.remove(X_AMZ_SECURITY_TOKEN);
        if let Some(mut token) = token {
            token.set_sensitive(true);
            headers.insert(HeaderName::from_static(X_AMZ_SECURITY_TOKEN), token);
        }
        Ok(())
    }
}

fn header(value: &[u8]) -> Result<HeaderValue, SigningError> {
    HeaderValue::from_bytes(value).map_err(|_| SigningError::UnusableCredentials)
}
