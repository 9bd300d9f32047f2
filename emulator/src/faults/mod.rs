//! Faults on purpose: declared, seeded rules that make the endpoint slow, lossy or wrong, and count what they did, so
//! that a test knows the truth.
//!
//! A [`FaultPlan`] decides and counts; it reads no clock and no socket. Whoever serves asks it at three moments: when a
//! connection is accepted (`for_connection`), when a request has arrived (`for_request`), and, since a
//! stalled endpoint neither reads nor writes, before an answer is written (`hold`).

mod draw;
mod file;
mod law;
mod plan;
mod rule;

pub use file::InvalidFaults;
pub use law::Law;
pub use plan::{Count, FaultPlan};
pub(crate) use plan::{Decision, Instead};
pub use rule::{Fault, FaultRule, InvalidRule, Share};

#[cfg(test)]
mod tests;
