//! What a method comes to.

use super::super::value::Value;

/// The value, or what a Java method throws.
pub(super) type Outcome<'r> = Result<Value<'r>, String>;

/// A method without a result is rendered as nothing.
pub(super) const VOID: Value<'static> = Value::Text(std::borrow::Cow::Borrowed(""));

/// What is null in a map or list from JSON is rendered as nothing.
pub(in super::super) fn present(value: Value<'_>, json: bool) -> Value<'_> {
    if json && matches!(value, Value::Null) { Value::Missing } else { value }
}

/// Where Java throws for want of an object.
pub(super) fn null_pointer(what: &str) -> String {
    format!("{what} cannot be null")
}
