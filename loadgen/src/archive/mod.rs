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

pub use self::claim::{Claim, Location, fresh, remove_folders};
pub use self::collector::Collector;
pub use self::conclusion::RunResult;
pub(crate) use self::conclusion::conclude;
pub use self::counters::counts_by_second;
pub(crate) use self::directory::write_whole;
pub use self::directory::{Ending, LONGEST_RUN, Manifest, Missing, RunDirectory};
pub use self::host::Host;
pub use self::merge::merge;
pub use self::names::{NameStore, Sorted, count_names};
pub use self::page::{baseline, page};
pub use self::rebuild::rebuild;
pub use self::recording::Recording;
pub(crate) use self::repeat::repeat;
pub use self::start::Start;
