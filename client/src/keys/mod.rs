//! Idempotency keys: their form, whether the deployment honours them, and which payload each belongs to.

mod pins;
mod support;

pub(crate) use pins::Pins;
pub(crate) use support::{KeySupport, Support};

use crate::error::{Error, ErrorKind};
use std::fmt;

/// A key that may become an execution's name: 1 to 80 of `A-Z a-z 0-9 ! ' ( ) + . = @ _ -`, the characters that both
/// Step Functions' names and a header allow.
///
/// ```
/// use stepgate::IdempotencyKey;
///
/// assert!(IdempotencyKey::new("order-17.attempt-1").is_ok());
/// assert!(IdempotencyKey::new("order 17").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Checks `key`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for a key that cannot be a name.
    pub fn new(key: impl Into<String>) -> Result<Self, Error> {
        let key = key.into();
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"!'()+.=@_-".contains(&byte);
        if key.is_empty() || key.len() > 80 || !key.bytes().all(legal) {
            return Err(Error::new(
                ErrorKind::Config,
                format!(
                    "idempotency key `{}` is no legal execution name: use 1 to 80 of A-Z a-z 0-9 ! ' ( ) + . = @ _ -",
                    key.escape_debug()
                ),
            ));
        }
        Ok(Self(key))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the gateway takes it as a request id: a UUID. Only the canonical form in lower case counts, because the
    /// name has to come back as it was sent.
    #[must_use]
    pub fn is_uuid(&self) -> bool {
        let bytes = self.0.as_bytes();
        bytes.len() == 36
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => *byte == b'-',
                _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            })
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_legal_execution_name() {
        for legal in ["a", "Order_17-b.c=d@e+f(g)!'", &"x".repeat(80)] {
            assert!(IdempotencyKey::new(legal).is_ok(), "{legal}");
        }
        for illegal in ["", "a b", "a/b", "ä", "a:b", "a\n", &"x".repeat(81)] {
            let error = IdempotencyKey::new(illegal).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{illegal}");
        }
    }

    #[test]
    fn only_a_canonical_uuid_can_be_a_request_id() {
        let is_uuid = |key: &str| IdempotencyKey::new(key).unwrap().is_uuid();
        assert!(is_uuid("9c3d8aab-83bf-4542-8256-36c9f42b6b01"));
        assert!(!is_uuid("9C3D8AAB-83BF-4542-8256-36C9F42B6B01"));
        assert!(!is_uuid("9c3d8aab083bf-4542-8256-36c9f42b6b01"));
        assert!(!is_uuid("order-17"));
    }
}
