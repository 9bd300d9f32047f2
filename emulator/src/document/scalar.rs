//! Values as CloudFormation coerces them: text, numbers and truth values stand for one another.

use super::{Kind, LoadError, Node};

/// Text of a scalar; `what` names it in the error.
pub(crate) fn text(node: &Node, what: &str) -> Result<String, LoadError> {
    match &node.kind {
        Kind::String(text) => Ok(text.value.clone()),
        Kind::Number(number) => Ok(number.to_string()),
        Kind::Bool(value) => Ok(value.to_string()),
        _ => Err(node.unexpected(what, "text")),
    }
}

/// A whole number within `range`, given as a number or as text; `what` names it in the error.
pub(crate) fn whole(node: &Node, what: &str, range: std::ops::RangeInclusive<u32>) -> Result<u32, LoadError> {
    let expected = || format!("a whole number from {} to {}", range.start(), range.end());
    let value = text(node, what).ok().and_then(|text| text.parse().ok());
    value.filter(|value| range.contains(value)).ok_or_else(|| node.unexpected(what, &expected()))
}

/// A number from 0, given as a number or as text; `what` names it in the error.
pub(crate) fn rate(node: &Node, what: &str) -> Result<f64, LoadError> {
    let value = text(node, what).ok().and_then(|text| text.parse::<f64>().ok());
    let value = value.filter(|value| value.is_finite() && *value >= 0.0);
    value.ok_or_else(|| node.unexpected(what, "a number from 0"))
}

/// A truth value, given as such or as text; `what` names it in the error.
pub(crate) fn flag(node: &Node, what: &str) -> Result<bool, LoadError> {
    match text(node, what).ok().as_deref() {
        Some("true" | "True" | "TRUE") => Ok(true),
        Some("false" | "False" | "FALSE") => Ok(false),
        _ => Err(node.unexpected(what, "true or false")),
    }
}
