use super::date::seconds;
use super::{Scope, SigningError, X_AMZ_DATE, X_AMZ_SECURITY_TOKEN, is_signed, target};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use http::header::{HeaderName, HeaderValue};
use http::{Request, Uri};
use std::time::SystemTime;
use tracing::Dispatch;
use tracing::dispatcher::with_default;

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
    settings: SigningSettings,
}

impl Signer {
    /// A signer for one service in one region.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        // The defaults are those of every service but S3: `%` of the path escaped a second time, dot segments removed,
        // the session token among the signed headers, and no header of the body's hash.
        let mut settings = SigningSettings::default();
        // It is handed only what is to be signed: it traces the rest too.
        settings.excluded_headers = None;
        Self { scope, settings }
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
    /// unsigned. Nothing of it is traced, at whatever level: `aws-sigv4` would trace the query and the signed headers.
    /// What RFC 3986 keeps out of a URI is escaped in the request's, so that it travels as it was signed.
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
        check(credentials)?;
        let uri = target::escaped(request.uri())?;
        let mut headers = Vec::with_capacity(request.headers().len());
        for (name, value) in request.headers().iter().filter(|(name, _)| is_signed(name)) {
            let value = value.to_str().map_err(|_| SigningError::HeaderNotAscii(name.clone()))?;
            headers.push((name.as_str(), value));
        }
        let identity = credentials.clone().into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(self.scope.region())
            .name(self.scope.service())
            .time(time)
            .settings(self.settings.clone())
            .build()
            .map_err(|error| SigningError::Refused(error.into()))?
            .into();
        let body = SignableBody::Bytes(request.body().as_ref());
        let signable = SignableRequest::new(request.method().as_str(), uri.to_string(), headers.into_iter(), body)
            .map_err(|error| SigningError::Refused(error.into()))?;
        let signed = with_default(&Dispatch::none(), || sign(signable, &params));
        let signed = signed.map_err(|error| SigningError::Refused(error.into()))?;
        let (headers, _) = signed.into_parts().0.into_parts();
        let headers = headers
            .iter()
            .map(|header| {
                let mut value = HeaderValue::from_str(header.value()).map_err(|_| SigningError::UnusableCredentials)?;
                value.set_sensitive(header.name() != X_AMZ_DATE);
                Ok((HeaderName::from_static(header.name()), value))
            })
            .collect::<Result<Vec<_>, SigningError>>()?;
        *request.uri_mut() = uri;
        request.headers_mut().remove(X_AMZ_SECURITY_TOKEN);
        for (name, value) in headers {
            request.headers_mut().insert(name, value);
        }
        Ok(())
    }
}

/// What travels in headers is visible ASCII. A line break at the end of a key is the usual accident.
pub(super) fn check(credentials: &Credentials) -> Result<(), SigningError> {
    let mut sent = credentials.access_key_id().bytes().chain(credentials.session_token().unwrap_or_default().bytes());
    if sent.all(|byte| byte.is_ascii_graphic()) { Ok(()) } else { Err(SigningError::UnusableCredentials) }
}
