use crate::error::{Error, ErrorKind};
use std::fmt;
use std::str::FromStr;

/// A key that may become an execution's name: 1 to 80 of `A-Z a-z 0-9 ! ' ( ) + . = @ _ -`, the characters that both
/// Step Functions' names and a header allow; but neither `.` nor `..`, which no URL can ask for.
///
/// ```
/// use stepgate::IdempotencyKey;
///
/// let key: IdempotencyKey = "order-17.attempt-1".parse()?;
/// assert_eq!(String::from(key), "order-17.attempt-1");
/// assert!(IdempotencyKey::new("order 17").is_err());
/// # Ok::<(), stepgate::Error>(())
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
        if key.is_empty() || key.len() > 80 || !key.bytes().all(legal) || key == "." || key == ".." {
            return Err(Error::new(
                ErrorKind::Config,
                format!(
                    "idempotency key `{}` cannot be an execution's name: use 1 to 80 of A-Z a-z 0-9 ! ' ( ) + . = @ _ -",
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

impl FromStr for IdempotencyKey {
    type Err = Error;

    fn from_str(key: &str) -> Result<Self, Error> {
        Self::new(key)
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = Error;

    fn try_from(key: String) -> Result<Self, Error> {
        Self::new(key)
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> Self {
        key.0
    }
}

impl AsRef<str> for IdempotencyKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_legal_execution_name() {
        for legal in ["a", "...", "Order_17-b.c=d@e+f(g)!'", &"x".repeat(80)] {
            assert!(IdempotencyKey::new(legal).is_ok(), "{legal}");
        }
        for illegal in ["", ".", "..", "a b", "a/b", "ä", "a:b", "a\n", &"x".repeat(81)] {
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
