//! The class of an operating system's error, and times that are over, in words.

use std::fmt;
use std::io::{Error, ErrorKind};
use std::time::Duration;

use rustix::io::Errno;

use crate::record::{Class, Unsent};
use crate::units::show_duration;

/// The class of a connection that did not come about.
pub(super) fn connect_failure(error: &Error) -> Class {
    match error.kind() {
        ErrorKind::ConnectionRefused => Class::ConnectRefused,
        ErrorKind::TimedOut => Class::ConnectTimeout,
        ErrorKind::InvalidData => Class::Tls,
        _ => Class::ConnectFailed,
    }
}

/// What this process or machine has run out of, if that is why a connection cannot even be attempted.
pub(super) fn exhaustion(error: &Error) -> Option<Unsent> {
    match Errno::from_io_error(error)? {
        Errno::MFILE | Errno::NFILE => Some(Unsent::Descriptors),
        Errno::ADDRNOTAVAIL => Some(Unsent::Ports),
        _ => None,
    }
}

/// The class of a connection that was lost with a request on it.
pub(super) fn exchange_failure(error: &Error) -> Class {
    match error.kind() {
        // TLS 1.3 tells of a refused certificate only now. Any other flaw says nothing about the request before it.
        ErrorKind::InvalidData if refuses_certificate(error) => Class::Tls,
        ErrorKind::UnexpectedEof => Class::Closed,
        _ => Class::Reset,
    }
}

/// Whether the peer refused who we are, and so never looked at a request.
fn refuses_certificate(error: &Error) -> bool {
    use rustls::AlertDescription as Alert;
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(
        inner,
        Some(rustls::Error::AlertReceived(
            Alert::CertificateRequired
                | Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::AccessDenied
        ))
    )
}

/// Nanoseconds in which nothing came, for people.
#[derive(Clone, Copy)]
pub(super) struct Patience(pub(super) u64);

impl fmt::Display for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&show_duration(Duration::from_nanos(self.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_that_breaks_after_the_request_leaves_open_whether_it_started_unless_the_certificate_was_refused() {
        let class = |error: rustls::Error| exchange_failure(&Error::new(ErrorKind::InvalidData, error));
        let refused = class(rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired));
        assert!(refused == Class::Tls && !refused.may_have_started());
        for broken in
            [rustls::Error::DecryptError, rustls::Error::AlertReceived(rustls::AlertDescription::InternalError)]
        {
            assert!(class(broken).may_have_started());
        }
    }

    #[test]
    fn exhaustion_of_this_machine_is_not_blamed_on_the_target() {
        let reason = |errno: Errno| exhaustion(&Error::from(errno));
        assert_eq!(reason(Errno::MFILE), Some(Unsent::Descriptors));
        assert_eq!(reason(Errno::NFILE), Some(Unsent::Descriptors));
        assert_eq!(reason(Errno::ADDRNOTAVAIL), Some(Unsent::Ports));
        for errno in [Errno::CONNREFUSED, Errno::NETUNREACH] {
            assert_eq!(reason(errno), None);
        }
        assert_eq!(connect_failure(&Error::from(Errno::CONNREFUSED)), Class::ConnectRefused);
        assert_eq!(connect_failure(&Error::from(Errno::NETUNREACH)), Class::ConnectFailed);
    }
}
