//! What became of executions: through the deployment's own `GET /executions/{name}`, or through the Step Functions API.

mod api;
mod model;
mod pace;
mod route;

pub use api::{Executions, ListPages};
pub use model::{Execution, Status};
