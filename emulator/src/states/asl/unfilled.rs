//! What can go wrong when a field is filled in.

use crate::budget::Exhausted;

/// Why a field cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unfilled {
    /// A path finds nothing (`States.Runtime`).
    Path {
        /// The field it was to fill.
        field: String,
        /// The path.
        path: String,
    },
    /// An intrinsic function cannot be applied (`States.IntrinsicFailure`).
    Intrinsic(String),
    /// A JSONata expression gives no value, or none of the right type (`States.QueryEvaluationError`).
    Query {
        /// The field, where one is to blame.
        location: Option<String>,
        /// What is wrong.
        why: String,
    },
    /// It would cost more than a state may (`States.Runtime`).
    Exhausted(Exhausted),
}

impl From<Exhausted> for Unfilled {
    fn from(exhausted: Exhausted) -> Self {
        Self::Exhausted(exhausted)
    }
}
