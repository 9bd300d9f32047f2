use std::error::Error as StdError;
use thiserror::Error;

/// Why a request cannot be signed. Nothing of the request is changed then.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The URI is not absolute, so there is no host to sign.
    #[error("the URI has no host to sign: give the endpoint's absolute URL")]
    NoHost,
    /// The URI carries a user or a password, which would be signed as part of the host.
    #[error("the URI carries a user or a password: remove it")]
    UserInfo,
    /// The host is not one of AWS's own, such as that of a custom domain: it does not tell the region.
    #[error("the host {0:?} does not tell the AWS region: name the region of the deployment")]
    UnknownHost(
        /// The host.
        String,
    ),
    /// The URI is longer than API Gateway accepts.
    #[error("the URI has {0} bytes, {max} at most: shorten it", max = super::MAX_URI)]
    UriTooLong(
        /// Its length in bytes.
        usize,
    ),
    /// The escapes of the query stand for bytes that are not UTF-8, which signers and verifiers read differently.
    #[error("the query escapes bytes that are not UTF-8: escape text")]
    QueryNotUtf8,
    /// A header that would be signed holds more than visible ASCII.
    #[error("the header {0} holds more than visible ASCII: encode its value")]
    HeaderNotAscii(
        /// The header.
        http::HeaderName,
    ),
    /// The access key id or the session token holds more than visible ASCII, or the secret access key has a blank at one of
    /// its ends or a line break.
    #[error(
        "the access key id, the secret access key or the session token holds a character that no such key has: look for a \
         blank or a line break at its end where it is configured"
    )]
    UnusableCredentials,
    /// The access key id, the secret access key or the session token is empty. Who has no session token gives none.
    #[error(
        "the access key id, the secret access key or the session token is empty: is the variable set that it comes from?"
    )]
    EmptyCredentials,
    /// The time lies outside the years 1970 to 9999.
    #[error("the time to sign at lies outside the years 1970 to 9999: set the clock")]
    TimeOutOfRange,
    /// The URI cannot be written as it has to travel; the source says why.
    #[error("the request cannot be signed")]
    Refused(
        /// The reason.
        #[source]
        Box<dyn StdError + Send + Sync>,
    ),
}
