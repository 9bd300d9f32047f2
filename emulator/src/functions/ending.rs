//! How a function's process ends on Lambda when it does not answer.

use super::error::FunctionError;
use super::invocation::Invocation;

/// An end of the process, before it is told of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// It ran into the function's `Timeout`.
    TimedOut,
    /// `process.exit` was called with this status.
    Exited(u8),
    /// It needed more memory than the function has.
    OutOfMemory,
    /// Something was thrown that nobody caught: the error as JSON.
    Threw(String),
}

impl Ending {
    /// As Lambda tells it; `out_of_memory` is the type that running out of memory has.
    pub(super) fn error(self, invocation: &Invocation, out_of_memory: &str) -> FunctionError {
        let exited = |error_type: &str, how: &str| {
            let message = format!("RequestId: {} Error: Runtime exited {how}", invocation.request_id);
            FunctionError::new(error_type, message)
        };
        match self {
            Self::TimedOut => FunctionError::timed_out(invocation),
            Self::Exited(0) => exited("Runtime.ExitError", "without providing a reason"),
            Self::Exited(status) => exited("Runtime.ExitError", &format!("with error: exit status {status}")),
            Self::OutOfMemory => exited(out_of_memory, "with error: signal: killed"),
            Self::Threw(error) => FunctionError::from_payload(error),
        }
    }
}
