//! Numbers that a definition writes down, finds in the input or works out.

use std::borrow::Cow;

use serde_json::{Number, Value};

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

impl Amount {
    /// What its path finds, where a text that is a number counts as that number (recorded for `MaxConcurrencyPath` and the
    /// tolerated failures).
    pub(crate) fn found(value: &Value) -> Cow<'_, Value> {
        let Some(text) = value.as_str() else { return Cow::Borrowed(value) };
        let whole = text.parse::<i64>().ok().map(Value::from);
        let number = whole.or_else(|| text.parse().ok().and_then(Number::from_f64).map(Value::Number));
        number.map_or(Cow::Borrowed(value), Cow::Owned)
    }
}
