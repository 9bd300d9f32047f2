//! What is left of a run: its directory, written second by second, read back, and made one of many.

mod attempt;
mod claim;
mod collector;
mod conclusion;
mod counters;
mod directory;
mod examples;
mod host;
mod log;
mod merge;
mod names;
mod page;
mod rebuild;
mod recording;
mod repeat;
mod start;
mod tag;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use self::claim::{Claim, Location, fresh, remove_folders};
pub use self::collector::Collector;
pub(crate) use self::conclusion::{RunResult, conclude};
pub(crate) use self::counters::counts_by_second;
pub use self::directory::{Ending, Manifest, RunDirectory};
pub(crate) use self::directory::{LONGEST_RUN, Missing, RunState, write_whole};
pub use self::host::Host;
pub(crate) use self::merge::merge;
pub use self::names::NameStore;
pub(crate) use self::names::Sorted;
pub(crate) use self::page::baseline;
pub use self::page::page;
pub use self::rebuild::rebuild;
pub(crate) use self::repeat::repeat;
pub use self::start::Start;
