//! What the measured data can tell, and how surely. Pure: numbers in, numbers out.
//!
//! - [`Series`] holds times in order of time and gives percentiles with confidence intervals;
//! - [`Ladder`] holds anything that adds up, in bounded memory, as batches of equal length;
//! - [`effective_size`] is how many independent observations dependent ones are worth;
//! - [`proportion`] is the interval of a rate, [`mean`] that of an average;
//! - [`warmup`] finds where a run becomes steady;
//! - [`Shift`] compares runs with runs.
//!
//! The reasons and the measured coverage stand in `docs/benchmarks.md`.

mod binomial;
mod confidence;
mod effective;
mod ladder;
mod mean;
mod outline;
mod proportion;
mod quantile;
mod series;
mod shift;
pub mod simulation;
mod times;
mod warmup;

pub use self::confidence::{Confidence, Interval};
pub use self::effective::{Tally, effective_size};
pub use self::ladder::Ladder;
pub use self::mean::{Total, mean};
pub use self::outline::Outline;
pub use self::proportion::proportion;
pub use self::quantile::{needed, ranks};
pub use self::series::Series;
pub use self::shift::Shift;
pub use self::times::{Estimate, Reading, Times};
pub use self::warmup::{Steady, warmup};
