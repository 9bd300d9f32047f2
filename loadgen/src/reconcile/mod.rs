//! Every planned arrival accounted for against the deployment's own records.
//!
//! A run knows what was answered; Step Functions knows what was started, and how it ended. `ListExecutions` is read once,
//! page by page, into sorted runs on disk, and joined with the names of the run: memory does not grow with either. Only
//! what the list cannot tell is described: names that it lacks, what is still open, errors, and a sample.

mod account;
mod api;
mod cost;
mod describe;
mod durations;
mod http;
mod join;
mod listing;
mod names;
mod pace;
mod reconciler;
mod reconciliation;
mod rows;
mod text;

pub(crate) use self::api::ApiClock;
pub use self::api::{CallError, StepFunctionsApi};
pub(crate) use self::http::{HttpApi, states_url};
pub(crate) use self::reconciler::Reconciled;
pub use self::reconciler::Reconciler;
pub(crate) use self::reconciliation::Reconciliation;
