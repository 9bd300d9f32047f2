//! What a run says: `summary.json` for machines, one screen and one page for people.

mod account;
mod cost;
mod failures;
mod junit;
mod latency;
pub mod page;
mod remarks;
mod screen;
mod section;
mod shards;
mod statistic;
mod style;
mod summary;
mod timeline;
mod workflows;

#[cfg(test)]
mod tests;

pub use self::account::Account;
pub use self::cost::{CostBasis, RunCost};
pub use self::failures::{Failures, SampleAnswer};
pub use self::junit::junit;
pub use self::latency::{Bounds, Latency};
pub use self::screen::{ScreenContext, screen};
pub use self::section::{ClassTimes, Section};
pub use self::shards::{Attempt, AttemptEnding, Shards};
pub use self::statistic::Statistic;
pub use self::style::Tone;
pub use self::summary::{Identity, NameCounts, Outcomes, PlanFigures, Simulated, Summary};
pub use self::timeline::{Bin, BinTimes, Pauses, Timeline};
pub use self::workflows::Workflows;
pub use crate::units::show_microseconds;
