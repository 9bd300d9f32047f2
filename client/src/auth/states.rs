//! Where the Step Functions API is, and for whom.

use crate::error::Error;
#[cfg(feature = "sigv4")]
use {super::identity::region, crate::sigv4::Scope};

/// The region of the API at `uri`, by its host or by the name that the caller gives, and whether the host is AWS's own; `None`
/// if neither tells.
#[cfg(feature = "sigv4")]
pub(super) fn region_of(uri: &http::Uri, named: Option<&str>) -> Result<(Option<String>, bool), Error> {
    let named = named.map(|name| region(name, "region")).transpose()?;
    let of_host = Scope::from_host(uri.host().unwrap_or_default()).ok().map(|scope| scope.region().to_owned());
    match (of_host, named) {
        (Some(host), Some(named)) if host != named => {
            Err(Error::config(format!("the host is in `{host}`, not in `{named}`: give one of them")))
        }
        (Some(host), _) => Ok((Some(host), true)),
        (None, named) => Ok((named, false)),
    }
}

/// Whoever signs nothing can ask an emulator, and not AWS.
#[cfg(feature = "sigv4")]
pub(super) fn check_unsigned_states(uri: &http::Uri, named: Option<&str>) -> Result<(), Error> {
    match region_of(uri, named)? {
        (_, true) => {
            Err(Error::config("the Step Functions API of AWS takes signed calls alone: give the client `credentials`"))
        }
        (_, false) => Ok(()),
    }
}

/// Without signatures nobody knows the hosts of AWS.
#[cfg(not(feature = "sigv4"))]
#[expect(clippy::unnecessary_wraps, reason = "its twin that signs fails")]
pub(super) fn check_unsigned_states(_: &http::Uri, _: Option<&str>) -> Result<(), Error> {
    Ok(())
}
