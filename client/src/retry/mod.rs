//! Whether and when to send again. Pure: time and randomness are passed in.

mod backoff;
mod budget;
mod decision;
mod hint;

pub use backoff::Backoff;
pub use budget::RetryBudget;

pub(crate) use decision::{Decision, Pause, decide};
pub(crate) use hint::{http_date, wait_hint};
