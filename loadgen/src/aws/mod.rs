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

pub use self::bill::{Bill, BillLine};
pub use self::bucket::{Bucket, SourceNote};
pub use self::footprint::{Footprint, Invocation};
pub use self::history::{ExecutionHistory, HistoryEvent, ScheduledFunction, ScheduledTask};
pub(crate) use self::item::GB;
pub use self::item::{Item, Usage};
pub use self::logs::line_bytes;
pub use self::prices::{GivenBucket, GivenLimit, Price, Prices};
pub use self::quotas::Quotas;
