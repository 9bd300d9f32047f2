//! Whether and when to send again. Pure: time and randomness are passed in.

mod backoff;
mod budget;
mod decision;
mod hint;

pub use backoff::Backoff;
pub use budget::RetryBudget;

pub(crate) use decision::{Decision, Event, Pause, decide};
#[cfg(feature = "sigv4")]
pub(crate) use hint::http_date;
pub(crate) use hint::wait_hint;
