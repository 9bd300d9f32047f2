//! The headers of an answer.

use std::borrow::Cow;

use super::exchange::Exchange;
use super::mapping::SEEK;
use crate::budget::{Budget, Exhausted};

/// Headers that a mapping may not set under their own name: they come back remapped (recorded).
const REMAPPED: [&str; 14] = [
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "trailer",
    "upgrade",
    "user-agent",
    "www-authenticate",
];

pub(super) type HeaderFields = Vec<(Cow<'static, str>, String)>;

/// The headers that mappings set.
#[derive(Debug)]
pub(super) struct ResponseHeaders(HeaderFields);

impl ResponseHeaders {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    /// Sets a header, under another name where API Gateway keeps that one for itself.
    ///
    /// # Errors
    /// The request may not ask for so many; what the value takes is not charged here.
    pub(super) fn set(&mut self, name: &str, value: Cow<'_, str>, budget: &Budget) -> Result<(), Exhausted> {
        budget.copy(name.len())?;
        budget.work(self.0.len() * SEEK)?;
        if let Some(name) = own_name(name) {
            self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
            self.0.push((Cow::Owned(name), value.into_owned()));
        }
        Ok(())
    }

    /// As [`Self::set`], beside other values of the name.
    pub(super) fn add(&mut self, name: &str, value: String) {
        self.0.extend(own_name(name).map(|name| (Cow::Owned(name), value)));
    }

    /// All headers: the content type, then the gateway's own, which nothing replaces, then these.
    pub(super) fn with(mut self, media: String, own: HeaderFields) -> HeaderFields {
        let set = self.0.iter().position(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let media = set.map_or(media, |at| self.0.remove(at).1);
        self.0.retain(|(name, _)| !own.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)));
        let mut headers = Vec::with_capacity(1 + own.len() + self.0.len());
        headers.push((Cow::Borrowed("Content-Type"), media));
        headers.extend(own);
        headers.extend(self.0);
        headers
    }
}

/// The name under which a header is sent; none for one that is not.
fn own_name(name: &str) -> Option<String> {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    if is("transfer-encoding") || !is_token(name) {
        return None;
    }
    Some(if REMAPPED.iter().any(|other| is(other)) { format!("x-amzn-Remapped-{name}") } else { name.to_owned() })
}

/// RFC 9110, section 5.6.2; anything else cannot be written as the name of a header.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.!#$%&'*+^`|~".contains(&byte))
}

/// The two ids that every answer carries.
pub(super) fn ids(exchange: &Exchange) -> HeaderFields {
    // Mostly the trace id comes behind them.
    let mut ids = Vec::with_capacity(3);
    ids.push((Cow::Borrowed("x-amzn-RequestId"), exchange.ids.request.clone()));
    ids.push((Cow::Borrowed("x-amz-apigw-id"), exchange.ids.extended.clone()));
    ids
}
