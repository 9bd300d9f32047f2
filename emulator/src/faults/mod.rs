//! Faults on purpose: declared, seeded rules that make the endpoint slow, lossy or wrong, and count what they did, so
//! that a test knows the truth.
//!
//! A [`FaultPlan`] decides and counts; it reads no clock and no socket. Whoever serves asks it at four moments: when a
//! connection is accepted ([`FaultPlan::for_connection`]), when a request has arrived ([`FaultPlan::for_request`]), and, since a
//! stalled endpoint neither reads nor writes, before an answer is written ([`FaultPlan::hold`]).
//!
//! ```
//! use std::time::Duration;
//! use stepgate_emulator::faults::FaultPlan;
//!
//! let plan = FaultPlan::read(
//!     r#"
//!     seed = 7
//!
//!     [[rule]]                                   # every answer a little late
//!     latency = { log-normal = { median = "20ms", sigma = 0.5 } }
//!
//!     [[rule]]                                   # started, then 504: every hundredth POST
//!     name = "lost"
//!     method = "POST"
//!     every = 100
//!     reply = { status = 504 }
//!
//!     [[rule]]                                   # one second of silence every five
//!     stall = { every = "5s", for = "1s" }
//!     "#,
//! )?;
//! assert_eq!(plan.hold(Duration::from_millis(5_250)), Duration::from_millis(750));
//! for _ in 0..1_000 {
//!     let _ = plan.for_request("POST", "/prod/execute", Duration::ZERO);
//! }
//! assert_eq!(plan.counts()[1].applied, 10);
//! # Ok::<(), stepgate_emulator::faults::InvalidFaults>(())
//! ```

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
