//! Why a text is not a path, and why a path cannot be read.

use std::fmt;

use crate::budget::Exhausted;

/// Why a text is not a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathError {
    /// The text.
    pub(crate) path: String,
    /// Character at which it stops being a path, from 1.
    pub(crate) column: usize,
    /// What was expected there.
    pub(crate) message: String,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JSONPath `{}`, character {}: {}", self.path, self.column, self.message)
    }
}

impl std::error::Error for PathError {}

/// Why a path cannot be read, other than that nothing is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadError {
    /// Jayway throws.
    Thrown(&'static str),
    /// Jayway refuses the path here, which in a filter only passes over the node.
    Refused(&'static str),
    /// The request has spent its budget.
    Exhausted(Exhausted),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Thrown(why) | Self::Refused(why) => f.write_str(why),
            Self::Exhausted(exhausted) => exhausted.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<Exhausted> for ReadError {
    fn from(exhausted: Exhausted) -> Self {
        Self::Exhausted(exhausted)
    }
}
