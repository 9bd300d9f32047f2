use super::canonical::Canonical;
use super::check::check;
use super::date::{AmzDate, SECONDS_PER_DAY, amz_date, seconds};
use super::{Scope, SigningError, target};
use aws_credential_types::Credentials;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method, Request, Uri};
use sha2::{Digest, Sha256};
use std::fmt;
use std::ops::Range;
use std::time::SystemTime;

/// Signs requests that differ in nothing but their body and their time, as fast as hashing allows.
///
/// What does not change is hashed beforehand: the signing key once a day, everything up to the body's hash once a
/// second. A signature then costs the hash of the body and a handful of SHA-256 blocks, and allocates nothing. It is
/// byte for byte that of [`Signer`](super::Signer). One thread, one `Prepared`: clone it for others.
///
/// ```
/// use aws_credential_types::Credentials;
/// use std::time::{Duration, SystemTime};
/// use stepgate::sigv4::{Prepared, Scope};
///
/// let request = http::Request::post("https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/execute")
///     .header("content-type", "application/json")
///     .body(())?;
/// let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "example");
/// let mut prepared = Prepared::new(Scope::execute_api("eu-west-1"), &request, credentials)?;
///
/// let mut buffer = Vec::with_capacity(4096);
/// for second in 0..3 {
///     let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + second);
///     buffer.clear();
///     buffer.extend_from_slice(b"POST /prod/execute HTTP/1.1\r\n");
///     buffer.extend_from_slice(prepared.sign(br#"{"order":1}"#, now)?.lines());
///     // … the other headers and the body
/// }
/// assert!(buffer.starts_with(b"POST /prod/execute HTTP/1.1\r\nx-amz-date: 20270115T080002Z\r\nauthorization: AWS4-"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Prepared {
    scope: Scope,
    credentials: Credentials,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    before_date: Vec<u8>,
    after_date: Vec<u8>,
    lines: Lines,
    day: Option<Day>,
    second: Option<Second>,
}

/// What holds for one day.
#[derive(Clone)]
struct Day {
    number: u64,
    /// HMAC that has taken in the signing key.
    key: Hmac<Sha256>,
}

/// What holds for one second.
#[derive(Clone)]
struct Second {
    number: u64,
    /// The canonical request, up to the hash of the body.
    canonical: Sha256,
    /// The string to sign under the signing key, up to the hash of the canonical request.
    to_sign: Hmac<Sha256>,
}

impl Prepared {
    /// A signer for requests with this one's method, URI and headers. The same headers are signed as by
    /// [`Signer::sign`](super::Signer::sign); others may be sent beside them, unsigned.
    ///
    /// # Errors
    /// [`SigningError`], for whatever no signature can be made for.
    pub fn new<B>(scope: Scope, shape: &Request<B>, credentials: Credentials) -> Result<Self, SigningError> {
        check(&credentials)?;
        let uri = target::escaped(shape.uri())?;
        let canonical = Canonical::new(shape.method(), &uri, shape.headers(), credentials.session_token())?;
        let lines = Lines::new(&scope, &credentials, &canonical.signed_headers);
        Ok(Self {
            scope,
            credentials,
            method: shape.method().clone(),
            uri,
            headers: shape.headers().clone(),
            before_date: canonical.before_date,
            after_date: canonical.after_date,
            lines,
            day: None,
            second: None,
        })
    }

    /// Goes on with other credentials, as after a refresh.
    ///
    /// # Errors
    /// [`SigningError::UnusableCredentials`], and the earlier ones stay.
    pub fn set_credentials(&mut self, credentials: Credentials) -> Result<(), SigningError> {
        check(&credentials)?;
        let canonical = Canonical::new(&self.method, &self.uri, &self.headers, credentials.session_token())?;
        self.lines = Lines::new(&self.scope, &credentials, &canonical.signed_headers);
        self.credentials = credentials;
        self.before_date = canonical.before_date;
        self.after_date = canonical.after_date;
        self.day = None;
        self.second = None;
        Ok(())
    }

    /// The credentials in use.
    #[must_use]
    pub const fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The URI to send: the request's, with what RFC 3986 keeps out of a URI escaped.
    pub(super) const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The path and query to send: the request's, with what RFC 3986 keeps out of a URI escaped.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        self.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str)
    }

    /// Signs the request with this body as at `time`.
    ///
    /// # Errors
    /// [`SigningError::TimeOutOfRange`].
    pub fn sign(&mut self, body: &[u8], time: SystemTime) -> Result<Signed<'_>, SigningError> {
        let number = seconds(time)?;
        let second = match &mut self.second {
            Some(second) if second.number == number => second,
            second => {
                let date = amz_date(number);
                let day = match &mut self.day {
                    Some(day) if day.number == number / SECONDS_PER_DAY => day,
                    day => day.insert(Day {
                        number: number / SECONDS_PER_DAY,
                        key: signing_key(self.credentials.secret_access_key(), &date[..8], &self.scope),
                    }),
                };
                self.lines.set_date(&date);
                let mut canonical = Sha256::new();
                canonical.update(&self.before_date);
                canonical.update(date);
                canonical.update(&self.after_date);
                let mut to_sign = day.key.clone();
                to_sign.update(ALGORITHM);
                to_sign.update(b"\n");
                to_sign.update(&date);
                to_sign.update(b"\n");
                to_sign.update(self.lines.credential_scope());
                to_sign.update(b"\n");
                second.insert(Second { number, canonical, to_sign })
            }
        };
        let request = second.canonical.clone().chain_update(hexadecimal(&Sha256::digest(body))).finalize();
        let signature = second.to_sign.clone().chain_update(hexadecimal(&request)).finalize().into_bytes();
        self.lines.set_signature(&hexadecimal(&signature));
        Ok(Signed { lines: &self.lines })
    }
}

/// Tells nothing of the credentials, and no query, which may hold secrets too.
impl fmt::Debug for Prepared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Prepared")
            .field("scope", &self.scope)
            .field("method", &self.method)
            .field("path", &self.uri.path())
            .finish_non_exhaustive()
    }
}

/// The headers that authorise one request. They stand in the [`Prepared`] until it signs again.
pub struct Signed<'a> {
    lines: &'a Lines,
}

impl<'a> Signed<'a> {
    /// All of them as lines of HTTP/1.1, each ended by CR LF: `x-amz-date`, `authorization` and, with temporary
    /// credentials, `x-amz-security-token`.
    #[must_use]
    pub fn lines(&self) -> &'a [u8] {
        &self.lines.text
    }

    /// The value of `authorization`.
    #[must_use]
    pub fn authorization(&self) -> &'a [u8] {
        &self.lines.text[self.lines.authorization.clone()]
    }

    /// The value of `x-amz-date`.
    #[must_use]
    pub fn amz_date(&self) -> &'a [u8] {
        &self.lines.text[Lines::DATE]
    }

    /// The value of `x-amz-security-token`; `None` with lasting credentials.
    #[must_use]
    pub fn security_token(&self) -> Option<&'a [u8]> {
        self.lines.token.clone().map(|token| &self.lines.text[token])
    }
}

impl fmt::Debug for Signed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Signed").finish_non_exhaustive()
    }
}

/// The header lines, written once. Date and signature have a fixed length and are written over.
#[derive(Clone)]
struct Lines {
    text: Vec<u8>,
    /// From the day to `aws4_request`.
    credential_scope: Range<usize>,
    authorization: Range<usize>,
    token: Option<Range<usize>>,
}

impl Lines {
    const DATE: Range<usize> = 12..28;
    const SIGNATURE: usize = 64;

    fn new(scope: &Scope, credentials: &Credentials, signed_headers: &str) -> Self {
        let mut text = b"x-amz-date: 00000000T000000Z\r\nauthorization: ".to_vec();
        let start = text.len();
        text.extend_from_slice(ALGORITHM);
        text.extend_from_slice(b" Credential=");
        text.extend_from_slice(credentials.access_key_id().as_bytes());
        text.push(b'/');
        let scope_start = text.len();
        text.extend_from_slice(format!("00000000/{}/{}/aws4_request", scope.region(), scope.service()).as_bytes());
        let credential_scope = scope_start..text.len();
        text.extend_from_slice(format!(", SignedHeaders={signed_headers}, Signature=").as_bytes());
        text.extend_from_slice(&[b'0'; Self::SIGNATURE]);
        let authorization = start..text.len();
        text.extend_from_slice(b"\r\n");
        let token = credentials.session_token().map(|token| {
            text.extend_from_slice(b"x-amz-security-token: ");
            let start = text.len();
            text.extend_from_slice(token.as_bytes());
            let end = text.len();
            text.extend_from_slice(b"\r\n");
            start..end
        });
        Self { text, credential_scope, authorization, token }
    }

    fn set_date(&mut self, date: &AmzDate) {
        self.text[Self::DATE].copy_from_slice(date);
        self.text[self.credential_scope.start..][..8].copy_from_slice(&date[..8]);
    }

    fn set_signature(&mut self, signature: &[u8; Self::SIGNATURE]) {
        self.text[self.authorization.end - Self::SIGNATURE..self.authorization.end].copy_from_slice(signature);
    }

    fn credential_scope(&self) -> &[u8] {
        &self.text[self.credential_scope.clone()]
    }
}

const ALGORITHM: &[u8] = b"AWS4-HMAC-SHA256";

fn signing_key(secret: &str, day: &[u8], scope: &Scope) -> Hmac<Sha256> {
    let mut mac = keyed(format!("AWS4{secret}").as_bytes());
    for part in [day, scope.region().as_bytes(), scope.service().as_bytes(), b"aws4_request"] {
        mac.update(part);
        mac = keyed(&mac.finalize().into_bytes());
    }
    mac
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// A digest in lower-case hexadecimal.
fn hexadecimal(digest: &[u8]) -> [u8; 64] {
    let mut text = [0; 64];
    hex::encode_to_slice(digest, &mut text).expect("a digest of SHA-256 has 32 bytes");
    text
}
