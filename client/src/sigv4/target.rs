use super::{MAX_URI, SigningError};
use http::Uri;
use http::uri::{PathAndQuery, Scheme};
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

/// Whether the escapes of a query stand for UTF-8: `aws-sigv4` signs another character in place of what does not.
fn is_text(query: &str) -> bool {
    let mut decoded = Vec::with_capacity(query.len());
    let mut rest = query.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        rest = if let (b'%', Some(high), Some(low)) = (byte, digit(0), digit(1)) {
            decoded.extend(u8::try_from(high << 4 | low));
            &after[2..]
        } else {
            decoded.push(byte);
            after
        };
    }
    str::from_utf8(&decoded).is_ok()
}

fn escape(path_and_query: &str) -> Cow<'_, str> {
    if path_and_query.bytes().all(is_uri_byte) {
        return Cow::Borrowed(path_and_query);
    }
    let mut escaped = String::with_capacity(path_and_query.len() * 2);
    for byte in path_and_query.bytes() {
        if is_uri_byte(byte) {
            escaped.push(char::from(byte));
        } else {
            push_escape(&mut escaped, byte);
        }
    }
    Cow::Owned(escaped)
}

/// RFC 3986 §3.3 and §3.4: `pchar`, `/`, `?`, and the `%` of what is escaped already.
const fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')')
        || matches!(byte, b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@' | b'/' | b'?' | b'%')
}

/// Appends one byte as RFC 3986 escapes it.
pub(super) fn push_escape(text: &mut String, byte: u8) {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    text.extend(['%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
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
