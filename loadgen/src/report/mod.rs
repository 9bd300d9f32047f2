//! What a run says: `summary.json` for machines, one screen for people.

mod account;
mod latency;
mod section;
mod summary;
mod text;

pub use self::account::Account;
pub use self::latency::{Bounds, Latency};
pub use self::section::{ClassTimes, Section};
pub use self::summary::{Identity, NameCounts, Outcomes, Plan, Summary, Workflows};
pub use self::text::{screen, show_microseconds};
