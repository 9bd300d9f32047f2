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
mod rows;
mod text;

pub use self::account::{Endings, LostAnswers, Reconciliation};
pub use self::api::{ApiClock, CallError, StepFunctionsApi};
pub use self::durations::WorkflowTimes;
pub use self::http::{HttpApi, states_url};
pub use self::reconciler::{Reconciled, Reconciler};
