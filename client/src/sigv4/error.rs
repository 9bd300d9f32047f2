use std::error::Error as StdError;
use std::fmt;

/// Why a request cannot be signed. Nothing of the request is changed then.
#[derive(Debug)]
#[non_exhaustive]
pub enum SigningError {
    /// The URI is not absolute, so there is no host to sign.
    NoHost,
    /// The URI carries a user or a password, which would be signed as part of the host.
    UserInfo,
    /// The host is not one of AWS's own, such as that of a custom domain: it does not tell the region.
    UnknownHost(
        /// The host.
        String,
    ),
    /// The URI is longer than API Gateway accepts.
    UriTooLong(
        /// Its length in bytes.
        usize,
    ),
    /// The escapes of the query stand for bytes that are not UTF-8, which signers and verifiers read differently.
    QueryNotUtf8,
    /// A header that would be signed holds more than visible ASCII.
    HeaderNotAscii(
        /// The header.
        http::HeaderName,
    ),
    /// The access key id or the session token holds characters that no header may carry.
    UnusableCredentials,
    /// The time lies outside the years 1970 to 9999.
    TimeOutOfRange,
    /// `aws-sigv4` refused, and says why as the source.
    Refused(
        /// The reason.
        Box<dyn StdError + Send + Sync>,
    ),
}

impl fmt::Display for SigningError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHost => formatter.write_str("the URI has no host to sign: give the endpoint's absolute URL"),
            Self::UserInfo => formatter.write_str("the URI carries a user or a password: remove it"),
            Self::UnknownHost(host) => {
                write!(formatter, "the host {host:?} does not tell the AWS region: name the region of the deployment")
            }
            Self::UriTooLong(length) => {
                write!(formatter, "the URI has {length} bytes, {} at most: shorten it", super::MAX_URI)
            }
            Self::QueryNotUtf8 => formatter.write_str("the query escapes bytes that are not UTF-8: escape text"),
            Self::HeaderNotAscii(name) => {
                write!(formatter, "the header {name} holds more than visible ASCII: encode its value")
            }
            Self::UnusableCredentials => formatter.write_str(
                "the access key id or the session token holds characters that no header may carry: \
                 look for a line break where they are configured",
            ),
            Self::TimeOutOfRange => {
                formatter.write_str("the time to sign at lies outside the years 1970 to 9999: set the clock")
            }
            Self::Refused(_) => formatter.write_str("the request cannot be signed"),
        }
    }
}

impl StdError for SigningError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Refused(source) => Some(source.as_ref()),
            _ => None,
        }
    }
}
