//! What a run says: `summary.json` for machines, one screen and one page for people.

mod account;
mod cost;
mod failures;
mod junit;
mod latency;
pub(crate) mod page;
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

pub(crate) use self::account::Account;
pub(crate) use self::cost::{CostBasis, RunCost};
pub(crate) use self::failures::Failures;
#[cfg(test)]
pub(crate) use self::failures::SampleAnswer;
pub(crate) use self::junit::junit;
#[cfg(test)]
pub(crate) use self::latency::Bounds;
pub(crate) use self::latency::Latency;
pub(crate) use self::screen::{ScreenContext, screen};
pub(crate) use self::section::Section;
pub(crate) use self::shards::{Attempt, AttemptEnding, Shards};
pub(crate) use self::statistic::Statistic;
pub(crate) use self::style::Tone;
pub use self::summary::Identity;
#[cfg(test)]
pub(crate) use self::summary::SettledOutcomes;
pub(crate) use self::summary::{Outcomes, Simulated, Summary};
pub(crate) use self::timeline::{Bin, BinTimes, Pauses, Timeline};
pub(crate) use self::workflows::Workflows;
pub(crate) use crate::units::show_microseconds;
