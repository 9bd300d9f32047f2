//! Who may call: access keys, their secrets, and whom they stand for.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

/// Random bytes that a generated key takes: 16 for the access key, 30 for the secret.
const RANDOM: usize = 46;

/// A caller whose signature was valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The access key, `$context.identity.accessKey`.
    pub access_key: String,
    /// The ARN of the user or assumed role, `$context.identity.userArn`.
    pub arn: String,
    /// The account, twelve digits, `$context.identity.accountId`.
    pub account: String,
}

/// An access key with its secret; a temporary one has a session token too.
///
/// ```
/// use stepgate_emulator::signature::AccessKey;
///
/// let key = AccessKey::generate([7; 46], "aws", "123456789012");
/// assert_eq!((key.access_key().len(), key.secret().len()), (20, 40));
/// assert!(!format!("{key:?}").contains(key.secret()));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    pub(super) identity: CallerIdentity,
    secret: String,
    session: Option<Session>,
}

/// What makes a key temporary.
#[derive(Clone, PartialEq, Eq)]
struct Session {
    token: String,
    expires: Duration,
}

/// What is wrong with a request's session token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenFault {
    /// A temporary key without its token, or with another.
    Invalid,
    /// A token with a key that has none.
    Unexpected,
    /// The right token, too late.
    Expired,
}

impl AccessKey {
    /// A long-term key.
    #[must_use]
    pub fn new(identity: CallerIdentity, secret: impl Into<String>) -> Self {
        Self { identity, secret: secret.into(), session: None }
    }

    /// A key of the user `stepgate` for tests, made of passed-in randomness: `AKID` and 16 characters of base 32, a
    /// secret of 40 characters.
    #[must_use]
    pub fn generate(random: [u8; RANDOM], partition: &str, account: &str) -> Self {
        const BASE_32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let (name, secret) = random.split_at(16);
        let name: String = name.iter().map(|byte| char::from(BASE_32[usize::from(byte & 31)])).collect();
        let identity = CallerIdentity {
            access_key: format!("AKID{name}"),
            arn: format!("arn:{partition}:iam::{account}:user/stepgate"),
            account: account.to_owned(),
        };
        Self::new(identity, STANDARD.encode(secret))
    }

    /// The same key as a temporary one: its session token, and when it expires (since the Unix epoch).
    #[must_use]
    pub fn with_session(mut self, token: impl Into<String>, expires: Duration) -> Self {
        self.session = Some(Session { token: token.into(), expires });
        self
    }

    /// The access key.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.identity.access_key
    }

    /// The secret, to be shown to whoever shall sign with it.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The session token of a temporary key, to be shown to whoever shall sign with it.
    #[must_use]
    pub fn session_token(&self) -> Option<&str> {
        self.session.as_ref().map(|session| session.token.as_str())
    }

    /// Whether `token` is what belongs to this key at `now`.
    pub(super) fn check_token(&self, token: Option<&str>, now: Duration) -> Result<(), TokenFault> {
        match (&self.session, token) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(TokenFault::Unexpected),
            (Some(session), Some(token)) if bool::from(session.token.as_bytes().ct_eq(token.as_bytes())) => {
                if now < session.expires { Ok(()) } else { Err(TokenFault::Expired) }
            }
            (Some(_), _) => Err(TokenFault::Invalid),
        }
    }
}

/// Says whose key it is, never the secret or the token.
impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("identity", &self.identity)
            .field("temporary", &self.session.is_some())
            .finish_non_exhaustive()
    }
}

/// The keys that are known.
#[derive(Debug, Clone, Default)]
pub struct Credentials(HashMap<String, AccessKey>);

impl Credentials {
    /// The key of that name.
    #[must_use]
    pub(crate) fn get(&self, access_key: &str) -> Option<&AccessKey> {
        self.0.get(access_key)
    }
}

impl FromIterator<AccessKey> for Credentials {
    fn from_iter<I: IntoIterator<Item = AccessKey>>(keys: I) -> Self {
        Self(keys.into_iter().map(|key| (key.identity.access_key.clone(), key)).collect())
    }
}

impl From<AccessKey> for Credentials {
    fn from(key: AccessKey) -> Self {
        [key].into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_key_is_made_of_the_randomness_given() {
        let mut random = [0; RANDOM];
        random[15] = 255;
        random[45] = 255;
        let key = AccessKey::generate(random, "aws", "123456789012");
        assert_eq!(key.access_key(), "AKIDAAAAAAAAAAAAAAA7");
        assert_eq!(key.secret(), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD/");
        assert_eq!(key.identity.arn, "arn:aws:iam::123456789012:user/stepgate");
    }

    #[test]
    fn neither_secret_nor_token_is_ever_printed() {
        let key = AccessKey::generate([1; RANDOM], "aws", "123456789012").with_session("the-token", Duration::ZERO);
        let printed = format!("{:?}", Credentials::from(key.clone()));
        assert!(printed.contains(key.access_key()), "{printed}");
        assert!(!printed.contains(key.secret()) && !printed.contains("the-token"), "{printed}");
    }

    #[test]
    fn a_session_ends_at_the_instant_it_expires() {
        let (just_before, expires) = (Duration::from_millis(99_999), Duration::from_secs(100));
        let key = AccessKey::generate([1; RANDOM], "aws", "1").with_session("token", expires);
        assert_eq!(key.check_token(Some("token"), just_before), Ok(()));
        assert_eq!(key.check_token(Some("token"), expires), Err(TokenFault::Expired));
        assert_eq!(key.check_token(Some("Token"), just_before), Err(TokenFault::Invalid));
        assert_eq!(key.check_token(None, just_before), Err(TokenFault::Invalid));
    }
}
