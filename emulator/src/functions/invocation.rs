//! One call of a function.

use std::time::Duration;

/// What one invocation is told about itself.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    /// `context.awsRequestId`
    pub(crate) request_id: String,
    /// When it began.
    pub(crate) begun: Duration,
    /// When it times out.
    pub(crate) deadline: Duration,
}
