//! What an expression can come to besides a value.

use std::fmt;

/// Why an expression gave no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvaluationError {
    /// It came to nothing, which JSON cannot say.
    Undefined,
    /// It came to a function or to a number that JSON does not have.
    Unsupported,
    /// It failed; the message begins with JSONata's code where there is one.
    Threw(String),
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undefined => f.write_str("returned nothing (undefined)"),
            Self::Unsupported => f.write_str("returned an unsupported result type"),
            Self::Threw(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for EvaluationError {}
