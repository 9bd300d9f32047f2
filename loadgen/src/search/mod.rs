//! The greatest rate that holds: which level to try next, and when enough is known. Pure.
//!
//! Every level is a run of its own; its result goes in, the next level or the answer comes out. So a search that was broken
//! off goes on from the results that it left, and the law runs on virtual time in tests.

mod bucket;
mod law;
mod level;
mod page;
mod report;

#[cfg(test)]
mod tests;

pub(crate) use self::bucket::{SecondCounts, measure_bucket};
pub(crate) use self::law::{NextLevel, SearchEnd, SearchLaw, SearchOptions};
pub(crate) use self::level::{LevelOutcome, LevelPlan, LevelResult};
pub(crate) use self::page::page;
pub(crate) use self::report::{LEVEL_HEADING, SearchReport};
