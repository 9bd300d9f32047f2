//! What the measured data can tell, and how surely. Pure: numbers in, numbers out.
//!
//! - [`TimeSeries`] holds times in order of time and gives percentiles with confidence intervals;
//! - [`Ladder`] holds anything that adds up, in bounded memory, as batches of equal length;
//! - [`effective_size`] is how many independent observations dependent ones are worth;
//! - [`proportion`] is the interval of a rate, [`mean`] that of an average;
//! - `warmup` finds where a run becomes steady;
//! - [`Shift`] compares runs with runs.
//!
//! The reasons and the measured coverage stand in `docs/benchmarks.md`.

mod binomial;
mod confidence;
mod effective;
mod ladder;
mod mean;
mod proportion;
mod quantile;
mod series;
mod shift;
mod sparse_histogram;
mod times;
mod warmup;

/// Simulated measurements of which the truth is known: the coverage example prints what its own tests check.
#[cfg(test)]
#[path = "../../examples/coverage/simulation.rs"]
pub(crate) mod simulation;

pub use self::confidence::Confidence;
pub(crate) use self::confidence::ConfidenceInterval;
pub use self::effective::{Trials, effective_size};
pub use self::ladder::Ladder;
pub use self::mean::{Total, mean};
pub use self::proportion::proportion;
pub(crate) use self::quantile::{needed, ranks};
pub use self::series::TimeSeries;
pub use self::shift::Shift;
pub use self::sparse_histogram::SparseHistogram;
pub(crate) use self::times::CensoredTime;
pub use self::times::{CensoredTimes, Estimate};
pub(crate) use self::warmup::{Steady, warmup};
