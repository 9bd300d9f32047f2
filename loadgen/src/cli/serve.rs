//! `serve`: the embedded endpoint, for the run that started it as its child.

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr};

use stepgate_emulator::Emulator;

use super::Io;
use super::load::Failure;
use crate::exit::Exit;

/// Prints the URL and serves until stdin closes, which it does when the parent ends in whatever way.
pub(super) fn serve(io: &mut Io<'_>) -> Result<Exit, Failure> {
    // The deployment asks for signed requests; what is served for load is open.
    let emulator = Emulator::builder().parameter("Auth", "NONE").build().map_err(|e| Failure::other(e.to_string()))?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let serving = emulator.serve(address).map_err(|e| Failure::other(format!("cannot listen on {address}: {e}")))?;
    writeln!(io.stdout, "{}", serving.url())
        .and_then(|()| io.stdout.flush())
        .map_err(|e| Failure::other(format!("nobody takes the address: {e}")))?;
    let mut stdin = io::stdin().lock();
    let mut ignored = [0; 64];
    // Whatever ends the stream ends the endpoint.
    while stdin.read(&mut ignored).is_ok_and(|length| length > 0) {}
    Ok(Exit::Pass)
}
