//! One call of a function.

use std::time::Duration;

use super::qualifier::Qualifier;

/// What one invocation is told about itself.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    /// `context.awsRequestId`
    pub(crate) request_id: String,
    /// Which version of the function was called, and by which name.
    pub(crate) qualifier: Qualifier,
    /// When it began.
    pub(crate) begun: Duration,
    /// When it times out.
    pub(crate) deadline: Duration,
}
