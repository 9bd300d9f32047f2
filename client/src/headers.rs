//! Headers of the caller's.

use crate::error::Error;
use http::header::{HeaderName, HeaderValue};

/// Headers that say how a connection is used, which is not the caller's to decide (RFC 9110 §7.6.1); and `expect`, which
/// would make the server wait.
const OF_THE_CONNECTION: [&str; 9] = [
    "connection",
    "expect",
    "http2-settings",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
];

/// Headers that would have the answer come in a form that is not read, or say of the payload what is not true.
const OF_THE_CONTENT: [(&str, &str); 9] = [
    ("accept-encoding", "answers are read as they come, and not decoded"),
    ("content-encoding", "the payload is sent as plain JSON"),
    ("content-range", "the payload is sent whole"),
    ("if-match", "an answer without a body would say nothing"),
    ("if-modified-since", "an answer without a body would say nothing"),
    ("if-none-match", "an answer without a body would say nothing"),
    ("if-range", "answers are read whole"),
    ("if-unmodified-since", "an answer without a body would say nothing"),
    ("range", "answers are read whole"),
];

/// What to do in place of setting a header that the client sets itself.
fn own(name: &str) -> Option<&'static str> {
    Some(match name {
        "authorization" => "use `bearer`, `authorization` or `credentials`",
        "x-api-key" => "use `api_key`",
        "idempotency-key" => "use `idempotency_key`",
        "x-amzn-requestid" => "a UUID as `idempotency_key` is sent in it",
        "host" => "use `host`",
        "content-type" | "content-length" | "transfer-encoding" => "the payload is sent as JSON, whole",
        name if name.starts_with("x-amz-") => "only signatures set headers of this kind",
        _ => return None,
    })
}

/// A header of the caller's, unless it is one of the client's own.
pub(crate) fn plain(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Error> {
    let illegal = |what: &str| Error::config(format!("header `{}` has an illegal {what}", name.escape_debug()));
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| illegal("name"))?;
    if let Some(instead) = own(name.as_str()) {
        return Err(Error::config(format!("header `{name}` is the client's own: {instead}")));
    }
    if let Some((_, why)) = OF_THE_CONTENT.iter().find(|(refused, _)| *refused == name.as_str()) {
        return Err(Error::config(format!("header `{name}` cannot be set: {why}")));
    }
    if OF_THE_CONNECTION.contains(&name.as_str()) {
        return Err(Error::config(format!("header `{name}` is the connection's and cannot be set")));
    }
    let value = HeaderValue::from_str(value).map_err(|_| illegal("value"))?;
    Ok((name, value))
}
