//! Contract tests of the client: what it makes of every answer, of a broken connection and of time running out.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]
#![expect(clippy::print_stdout, reason = "seeds and figures")]

mod answers;
mod attribution;
mod blocking;
mod bounds;
mod boxes;
mod browsers;
mod chaos;
mod clocks;
mod connections;
mod delivery;
mod executions;
mod faults;
mod frozen;
mod hosts;
mod http2;
mod keys;
mod lifecycle;
mod lookups;
mod matrix;
mod newcomer;
mod openings;
mod payloads;
mod public_api;
mod races;
mod scene;
mod scripted;
mod secrets;
mod server;
mod signatures;
mod strangers;
mod synchronous;
mod telemetry;
mod timeouts;
mod traces;
mod unasked;
mod wires;
