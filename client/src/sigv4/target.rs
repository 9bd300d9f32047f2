use super::{MAX_URI, SigningError};
use http::Uri;
use http::uri::{PathAndQuery, Scheme};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use std::borrow::Cow;

/// A URI whose path and query travel exactly as they are written.
///
/// A path is signed as the bytes that are sent, and senders escape what RFC 3986 keeps out of a URI (`{`, `"`, letters
/// beyond ASCII) on their own account. So it is escaped here, before it is signed.
pub(super) fn escaped(uri: &Uri) -> Result<Uri, SigningError> {
    let authority = uri.authority().ok_or(SigningError::NoHost)?.as_str();
    if authority.contains('@') {
        return Err(SigningError::UserInfo);
    }
    if !uri.query().is_none_or(is_text) {
        return Err(SigningError::QueryNotUtf8);
    }
    let path_and_query = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let escaped = escape(path_and_query);
    let length = uri.scheme_str().map_or(0, |scheme| scheme.len() + 3) + authority.len() + escaped.len();
    if length > MAX_URI {
        return Err(SigningError::UriTooLong(length));
    }
    let Cow::Owned(escaped) = escaped else { return Ok(uri.clone()) };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(escaped.parse().map_err(refused)?);
    Uri::from_parts(parts).map_err(refused)
}

fn refused(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SigningError {
    SigningError::Refused(error.into())
}

/// Whether the escapes of a query stand for UTF-8: signers put another character in place of what does not.
fn is_text(query: &str) -> bool {
    percent_decode_str(query).decode_utf8().is_ok()
}

/// What RFC 3986 §3.3 and §3.4 keep out of a path and a query: all but `pchar`, `/`, `?`, and the `%` of what is escaped
/// already.
const NOT_IN_A_URI: AsciiSet = CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

fn escape(path_and_query: &str) -> Cow<'_, str> {
    utf8_percent_encode(path_and_query, &NOT_IN_A_URI).into()
}

/// The `Host` header that HTTP stacks send for a URI: without the scheme's own port (RFC 9110 §7.2 allows both).
pub(super) fn host(uri: &Uri) -> &str {
    let own_port = match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTP => "80",
        Some(scheme) if *scheme == Scheme::HTTPS => "443",
        _ => "",
    };
    match uri.port() {
        Some(port) if port.as_str() == own_port => uri.host().unwrap_or_default(),
        _ => uri.authority().map_or("", |authority| authority.as_str()),
    }
}
