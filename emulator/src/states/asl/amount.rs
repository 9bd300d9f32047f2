//! Numbers that a definition writes down, finds in the input or works out.

use serde_json::Value;

use super::{Formula, StatePath};

/// A number, such as `MaxConcurrency` or `ToleratedFailurePercentagePath`.
#[derive(Debug)]
pub(crate) enum Amount {
    /// Written down.
    Of(Value),
    /// To be found in the input; the field is kept for messages.
    Path { field: String, source: StatePath },
    /// To be worked out.
    Formula(Formula),
}
