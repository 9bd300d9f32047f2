//! What a request claims: the `Authorization` header or the query parameters of a presigned URL.

use std::borrow::Cow;
use std::time::Duration;

use super::denial::{self, Denial};
use super::encoding::decode;
use super::timestamp::Timestamp;
use crate::http::Request;

/// A claim as it was made, nothing checked but that its parts are there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization<'r> {
    pub(super) algorithm: Cow<'r, str>,
    pub(super) credential: Cow<'r, str>,
    pub(super) signed_headers: Cow<'r, str>,
    pub(super) signature: Cow<'r, str>,
    pub(super) date: Date<'r>,
    pub(super) token: Option<Cow<'r, str>>,
    /// How long a presigned URL says that it is good for.
    pub(super) expires: Option<Duration>,
}

/// Where the time of signing stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Date<'r> {
    /// `X-Amz-Date`, as header or parameter.
    Amz(Cow<'r, str>),
    /// HTTP's own header.
    Http(&'r str),
}

impl Date<'_> {
    /// `X-Amz-Date` is ISO 8601 in basic form; `Date` may also have HTTP's form, which AWS's older test suite signs
    /// \[D\].
    pub(super) fn timestamp(&self) -> Result<Timestamp, Denial> {
        let (text, timestamp) = match self {
            Self::Amz(text) => (text.as_ref(), Timestamp::parse(text)),
            Self::Http(text) => (*text, Timestamp::parse(text).or_else(|| Timestamp::parse_http(text))),
        };
        timestamp.ok_or_else(|| denial::bad_date(text))
    }
}

impl<'r> Authorization<'r> {
    /// Finds and reads the claim.
    pub(super) fn read(request: &'r Request) -> Result<Self, Denial> {
        let header = request.headers.get("authorization").map(str::trim).filter(|value| !value.is_empty());
        let presigned = parameter(&request.query, "X-Amz-Algorithm").is_some();
        match (header, presigned) {
            (Some(_), true) => Err(denial::two_claims()),
            (Some(header), false) => Self::of_header(header, request),
            (None, true) => Self::of_query(&request.query),
            (None, false) => Err(denial::missing_token()),
        }
    }

    /// `ALGORITHM Credential=…, SignedHeaders=…, Signature=…`. Commas and white space both part the pairs \[W\].
    fn of_header(header: &'r str, request: &'r Request) -> Result<Self, Denial> {
        let (algorithm, pairs) = header.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((header, ""));
        // A lone word without one is an algorithm that lacks its pairs [W].
        if algorithm.contains('=') {
            return Err(denial::algorithm_with_equal_sign());
        }
        let (mut credential, mut signed_headers, mut signature) = ("", None, "");
        for pair in pairs.split(|c: char| c == ',' || c.is_ascii_whitespace()).filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                None => return Err(denial::no_pair(header)),
                Some(("Credential", value)) => credential = value,
                Some(("SignedHeaders", value)) => signed_headers = Some(value),
                Some(("Signature", value)) => signature = value,
                Some(_) => {}
            }
        }
        let amz_date = request.headers.get("x-amz-date").map(|date| Date::Amz(date.trim().into()));
        let date = amz_date.or_else(|| request.headers.get("date").map(|date| Date::Http(date.trim())));
        let parts = [
            ("Credential", credential.is_empty()),
            ("Signature", signature.is_empty()),
            ("SignedHeaders", signed_headers.is_none()),
        ];
        let missing: Vec<&str> = parts.iter().filter(|(_, missing)| *missing).map(|(name, _)| *name).collect();
        let (Some(signed_headers), Some(date), true) = (signed_headers, date, missing.is_empty()) else {
            let no_date = request.headers.get("x-amz-date").or_else(|| request.headers.get("date")).is_none();
            return Err(denial::missing_parts(&missing, no_date, header));
        };
        Ok(Self {
            algorithm: algorithm.into(),
            credential: credential.into(),
            signed_headers: signed_headers.into(),
            signature: signature.into(),
            date,
            token: request.headers.get("x-amz-security-token").map(|token| token.trim().into()),
            expires: None,
        })
    }

    fn of_query(query: &'r str) -> Result<Self, Denial> {
        let names = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"];
        let values = names.map(|name| parameter(query, name).filter(|value| !value.is_empty()));
        let [Some(algorithm), Some(credential), Some(signature), Some(signed_headers), Some(date)] = values else {
            let missing = names.iter().zip(&values).filter(|(_, value)| value.is_none()).map(|(name, _)| *name);
            return Err(denial::missing_parameters(&missing.collect::<Vec<_>>()));
        };
        let token = parameter(query, "X-Amz-Security-Token");
        let expires = match parameter(query, "X-Amz-Expires") {
            Some(seconds) => Some(lifetime(&seconds).ok_or_else(|| denial::bad_lifetime(&seconds))?),
            None => None,
        };
        Ok(Self { algorithm, credential, signed_headers, signature, date: Date::Amz(date), token, expires })
    }
}

/// `X-Amz-Expires`: seconds, from one to those of seven days \[D\].
fn lifetime(seconds: &str) -> Option<Duration> {
    let digits = seconds.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = seconds.parse().ok().filter(|seconds| digits && (1..=604_800).contains(seconds))?;
    Some(Duration::from_secs(seconds))
}

/// The first parameter of a name, decoded.
fn parameter<'r>(query: &'r str, name: &str) -> Option<Cow<'r, str>> {
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let value = pairs.into_iter().find(|(other, _)| *decode(other) == *name.as_bytes()).map(|(_, value)| value)?;
    Some(match decode(value) {
        Cow::Borrowed(_) => Cow::Borrowed(value),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    })
}
