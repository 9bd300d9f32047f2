//! One run: a target, generator threads, a collector that keeps the run directory, and the summary at the end.

mod collector;
mod conclusion;
mod directory;
mod embedded;
mod exposition;
mod log;
mod merge;
mod metrics;
mod names;
mod page;
mod planner;
mod processor;
mod progress;
mod rebuild;
mod recording;
mod repeat;
mod rows;
mod session;
mod start;

#[cfg(test)]
mod tests;

pub use self::collector::Collector;
pub use self::conclusion::Conclusion;
pub use self::directory::{Ending, Host, LONGEST_RUN, Manifest, RunDirectory};
pub use self::embedded::Embedded;
pub use self::merge::{Refusal as MergeRefusal, merge};
pub use self::names::{NameStore, Sorted, count_names};
pub use self::page::{baseline, page};
pub use self::progress::Form;
pub use self::rebuild::rebuild;
pub use self::recording::Recording;
pub(crate) use self::repeat::{kept, repeat};
pub use self::rows::{RowFile, RowFormat};
pub use self::session::{Options, Session};
pub use self::start::{Beginning, Instant, Late, Party, Refusal, Start};
