//! What became of executions: through the deployment's own `GET /executions/{name}`, or through the Step Functions API.

mod action;
mod api;
mod description;
mod find;
mod model;
mod name;
mod pages;
mod poll;

pub use api::Executions;
pub use find::FindExecution;
pub use model::{Execution, Status};
#[cfg(feature = "wiremock-0_6")]
pub(crate) use name::is_execution_name;
pub use pages::ListPages;
