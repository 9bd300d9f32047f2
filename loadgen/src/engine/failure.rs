//! The class of an operating system's error.

use std::io::{Error, ErrorKind};

use rustix::io::Errno;

use crate::record::Class;

/// The class of a connection that did not come about.
pub(super) fn connect_failure(error: &Error) -> Class {
    match (error.kind(), Errno::from_io_error(error)) {
        (_, Some(Errno::MFILE | Errno::NFILE)) => Class::ClientDescriptors,
        (ErrorKind::AddrNotAvailable, _) => Class::ClientPorts,
        (ErrorKind::ConnectionRefused, _) => Class::ConnectRefused,
        (ErrorKind::TimedOut, _) => Class::ConnectTimeout,
        (ErrorKind::InvalidData, _) => Class::Tls,
        _ => Class::ConnectFailed,
    }
}

/// The class of a connection that was lost with a request on it.
pub(super) fn exchange_failure(error: &Error) -> Class {
    match error.kind() {
        ErrorKind::InvalidData => Class::Tls,
        ErrorKind::UnexpectedEof => Class::Closed,
        _ => Class::Reset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exhaustion_of_this_machine_is_not_blamed_on_the_target() {
        let class = |errno: Errno| connect_failure(&Error::from(errno));
        assert_eq!(class(Errno::MFILE), Class::ClientDescriptors);
        assert_eq!(class(Errno::NFILE), Class::ClientDescriptors);
        assert_eq!(class(Errno::ADDRNOTAVAIL), Class::ClientPorts);
        assert_eq!(class(Errno::CONNREFUSED), Class::ConnectRefused);
        assert_eq!(class(Errno::NETUNREACH), Class::ConnectFailed);
    }
}
