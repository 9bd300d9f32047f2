//! What a method comes to.

use super::super::value::Value;

/// The value, or what a Java method throws.
pub(super) type Outcome<'r> = Result<Value<'r>, String>;

/// A method without a result is rendered as nothing.
pub(super) const VOID: Value<'static> = Value::Text(std::borrow::Cow::Borrowed(""));

/// Where Java throws for want of an object.
pub(super) fn null_pointer(what: &str) -> String {
    format!("{what} cannot be null")
}
