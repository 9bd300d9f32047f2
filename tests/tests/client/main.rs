//! Contract tests of the client: what it makes of every answer, of a broken connection and of time running out.

mod answers;
mod delivery;
mod faults;
mod payloads;
mod server;
mod timeouts;
