//! The endpoint over raw HTTP: the contract table on both deployments, and what was asked for byte for byte.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

mod bytes;
mod faults;
mod table;

use std::time::Duration;

use stepgate_emulator::{Emulator, Serving};
use stepgate_loadgen::contract::Http;

/// The corrected deployment, open to everyone.
fn corrected() -> Serving {
    let emulator = Emulator::builder().parameter("Auth", "NONE").build().unwrap();
    emulator.serve("127.0.0.1:0".parse().unwrap()).unwrap()
}

/// The deployment as it was posted.
fn as_posted() -> Serving {
    Emulator::builder().as_posted().build().unwrap().serve("127.0.0.1:0".parse().unwrap()).unwrap()
}

/// Waits long enough for a busy machine; nothing here takes time by itself.
fn http() -> Http {
    Http { timeout: Duration::from_secs(30) }
}
