//! What HTTP/2 and TLS say about requests that were not processed.

use super::TransportError;
use std::error::Error as StdError;

/// Whether the peer guarantees that the stream was not processed: RFC 9113 §8.7 names `REFUSED_STREAM`, and `GOAWAY` for
/// the streams above the last one that it names. h2 gives a stream the peer's `GOAWAY` as its error in that case only.
fn is_refusal(error: &h2::Error) -> bool {
    error.is_remote()
        && (error.is_go_away() || (error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM)))
}

/// Whether a TLS peer refused the caller's certificate, or that there is none. It does so at that place of the handshake,
/// and reads nothing of what comes after (RFC 8446 §4.4.2.4, §6.2); in TLS 1.3 the first request has been written by then.
#[cfg(feature = "hyper")]
pub(super) fn is_certificate_refusal(error: &std::io::Error) -> bool {
    use rustls::AlertDescription::{
        BadCertificate, CertificateExpired, CertificateRequired, CertificateRevoked, CertificateUnknown, DecryptError,
        UnknownCA, UnsupportedCertificate,
    };
    let Some(rustls::Error::AlertReceived(alert)) = error.get_ref().and_then(|inner| inner.downcast_ref()) else {
        return false;
    };
    matches!(
        alert,
        BadCertificate
            | CertificateExpired
            | CertificateRequired
            | CertificateRevoked
            | CertificateUnknown
            // Of a signature in the handshake, "not record layer" (RFC 8446 §6.2).
            | DecryptError
            | UnknownCA
            | UnsupportedCertificate
    )
}

/// Sorts an error of the HTTP stack by its chain: a time limit of the operating system's own, such as `ETIMEDOUT`, and
/// HTTP/2's refusals stand below the top.
pub(super) fn sorted(error: impl Into<Box<dyn StdError + Send + Sync>>, mut timed_out: bool) -> TransportError {
    let error = error.into();
    let mut refused = false;
    let mut link: Option<&(dyn StdError + 'static)> = Some(error.as_ref());
    while let Some(cause) = link {
        timed_out |= cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::TimedOut);
        refused |= cause.downcast_ref::<h2::Error>().is_some_and(is_refusal);
        link = cause.source();
    }
    match (refused, timed_out) {
        (true, _) => TransportError::refused(error),
        (_, true) => TransportError::time_out(error),
        _ => TransportError::new(error),
    }
}
