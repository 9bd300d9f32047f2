//! The tokio runtime that a call is awaited in.

use crate::error::Error;
use std::cell::Cell;
use std::panic::{UnwindSafe, catch_unwind};
use std::time::Duration;
use tokio::runtime::{Handle, Id};

thread_local! {
    /// The last one of this thread that was found fit.
    static FIT: Cell<Option<Id>> = const { Cell::new(None) };
}

/// Tells before anything is sent that tokio would panic: outside of a runtime, and in one without timers or I/O.
pub(crate) fn check() -> Result<(), Error> {
    let handle = Handle::try_current().map_err(|_| {
        Error::config(
            "a call outside of a tokio runtime: await it inside one, or wait for it with `stepgate::blocking`",
        )
    })?;
    if FIT.get() == Some(handle.id()) {
        return Ok(());
    }
    let missing = |what: &str, how: &str| {
        Err(Error::config(format!("the tokio runtime has no {what}: build it with `{how}` or `enable_all`")))
    };
    if panics(|| drop(tokio::time::sleep(Duration::ZERO))) {
        return missing("timers", "enable_time");
    }
    #[cfg(any(feature = "hyper", feature = "reqwest-0_13"))]
    if let Some(socket) = socket()
        && panics(|| drop(tokio::net::UdpSocket::from_std(socket)))
    {
        return missing("I/O", "enable_io");
    }
    FIT.set(Some(handle.id()));
    Ok(())
}

/// tokio says what a runtime lacks by a panic alone. The process's hook shows its words beside our error, once a thread: to
/// silence it for a moment would silence other threads' panics too.
fn panics(probe: impl FnOnce() + UnwindSafe) -> bool {
    catch_unwind(probe).is_err()
}

/// A socket to ask with, where one can be had.
#[cfg(any(feature = "hyper", feature = "reqwest-0_13"))]
fn socket() -> Option<std::net::UdpSocket> {
    let socket = std::net::UdpSocket::bind(("127.0.0.1", 0)).ok()?;
    socket.set_nonblocking(true).ok().map(|()| socket)
}
