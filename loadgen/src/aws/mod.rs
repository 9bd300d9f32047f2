//! What is known of AWS itself: quotas, as data with the source and date of each. Pure.

mod quotas;

pub use self::quotas::{Bucket, Quotas, SourceNote};
