use super::{SigningError, X_AMZ_DATE, X_AMZ_SECURITY_TOKEN, is_signed, target};
use http::{HeaderMap, Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeMap;
use url::form_urlencoded;

/// A canonical request but for its body's hash, open where the time stands.
pub(super) struct Canonical {
    /// Up to the value of `x-amz-date`.
    pub(super) before_date: Vec<u8>,
    /// From there to the hash of the body.
    pub(super) after_date: Vec<u8>,
    /// The names of the signed headers, joined by `;`.
    pub(super) signed_headers: String,
}

impl Canonical {
    /// `uri` as [`target::escaped`] gives it.
    pub(super) fn new(
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        session_token: Option<&str>,
    ) -> Result<Self, SigningError> {
        let mut signed = signed_headers(uri, headers)?;
        signed.insert(X_AMZ_DATE, String::new());
        if let Some(token) = session_token {
            signed.insert(X_AMZ_SECURITY_TOKEN, token.to_owned());
        }
        let mut text = format!("{method}\n{}\n{}\n", path(uri.path()), query(uri.query().unwrap_or_default()));
        let mut before_date = Vec::new();
        for (name, value) in &signed {
            text.push_str(name);
            text.push(':');
            if *name == X_AMZ_DATE {
                before_date = std::mem::take(&mut text).into_bytes();
            }
            text.push_str(value);
            text.push('\n');
        }
        let names = signed.into_keys().collect::<Vec<_>>().join(";");
        text.push('\n');
        text.push_str(&names);
        text.push('\n');
        Ok(Self { before_date, after_date: text.into_bytes(), signed_headers: names })
    }
}

/// The values of one name joined by commas in the order they stand, each trimmed and with single spaces.
fn signed_headers<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Result<BTreeMap<&'a str, String>, SigningError> {
    let mut signed = BTreeMap::new();
    for name in headers.keys().filter(|name| is_signed(name)) {
        let mut joined = String::new();
        for (index, value) in headers.get_all(name).iter().enumerate() {
            let value = value.to_str().map_err(|_| SigningError::HeaderNotAscii(name.clone()))?;
            if index > 0 {
                joined.push(',');
            }
            push_single_spaced(&mut joined, value.trim_matches(' '));
        }
        signed.insert(name.as_str(), joined);
    }
    signed.entry(http::header::HOST.as_str()).or_insert_with(|| target::host(uri).to_owned());
    Ok(signed)
}

fn push_single_spaced(text: &mut String, value: &str) {
    let mut after_space = false;
    for character in value.chars() {
        if character != ' ' || !after_space {
            text.push(character);
        }
        after_space = character == ' ';
    }
}

/// Every byte but RFC 3986's unreserved ones.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path as sent, without dot segments and empty ones, each byte escaped once more: `%` becomes `%25`.
fn path(sent: &str) -> String {
    let mut segments = Vec::new();
    for segment in sent.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let is_folder = ["/", "/.", "/.."].iter().any(|end| sent.ends_with(end));
    let mut path = String::with_capacity(sent.len() + 8);
    for segment in &segments {
        path.push('/');
        path.extend(utf8_percent_encode(segment, &RESERVED));
    }
    if segments.is_empty() || is_folder {
        path.push('/');
    }
    path
}

/// The parameters read as a form, escaped, and sorted by name and value.
fn query(sent: &str) -> String {
    let escaped = |text: &str| utf8_percent_encode(text, &RESERVED).to_string();
    let mut parameters: Vec<(String, String)> =
        form_urlencoded::parse(sent.as_bytes()).map(|(name, value)| (escaped(&name), escaped(&value))).collect();
    parameters.sort();
    let parameters: Vec<String> = parameters.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    parameters.join("&")
}
