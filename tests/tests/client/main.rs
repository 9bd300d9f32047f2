//! Contract tests of the client: what it makes of every answer, of a broken connection and of time running out.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]
#![expect(clippy::print_stdout, reason = "seeds and figures")]

mod answers;
mod blocking;
mod browsers;
mod chaos;
mod delivery;
mod executions;
mod faults;
mod lookups;
mod payloads;
mod public_api;
mod scripted;
mod server;
mod signatures;
mod synchronous;
mod telemetry;
mod timeouts;
