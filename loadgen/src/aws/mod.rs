//! What is known of AWS itself: quotas and prices, as data with the source and date of each; what an execution took, by its
//! history; and what that costs. Pure.

mod bill;
mod bucket;
mod footprint;
mod history;
mod item;
mod logs;
mod prices;
mod quotas;

pub(crate) use self::bill::Bill;
pub(crate) use self::bucket::{Bucket, SourceNote};
pub(crate) use self::footprint::Footprint;
#[cfg(test)]
pub(crate) use self::footprint::Invocation;
pub(crate) use self::history::{ExecutionHistory, HistoryEvent};
pub(crate) use self::item::{GB, Item, Usage};
pub(crate) use self::logs::line_bytes;
pub use self::prices::Prices;
pub(crate) use self::quotas::Quotas;
