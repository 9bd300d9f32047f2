//! What a run says: `summary.json` for machines, one screen and one page for people.

mod account;
mod junit;
mod latency;
pub mod page;
mod section;
mod shards;
mod style;
mod summary;
mod text;
mod timeline;

#[cfg(test)]
mod tests;

pub use self::account::Account;
pub use self::junit::junit;
pub use self::latency::{Bounds, Latency};
pub use self::section::{ClassTimes, Section};
pub use self::shards::{Attempt, AttemptEnding, Shards};
pub use self::style::Tone;
pub use self::summary::{Identity, NameCounts, Outcomes, Plan, Summary, Workflows};
pub use self::text::{Surroundings, screen, show_microseconds};
pub use self::timeline::{Bin, Spread, Timeline};
