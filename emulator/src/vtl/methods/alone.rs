//! Methods without arguments.

use super::super::method::Method;
use super::super::value::Value;

/// Whether a value has a method that takes no arguments. Velocity calls that one with those which no other of its name
/// takes, and fails.
pub(in super::super) fn stands_alone(receiver: &Value<'_>, method: Method) -> bool {
    let own: &[Method] = match receiver {
        Value::Text(_) => &[
            Method::Intern,
            Method::IsBlank,
            Method::IsEmpty,
            Method::Length,
            Method::Strip,
            Method::StripLeading,
            Method::StripTrailing,
            Method::ToCharArray,
            Method::ToLowerCase,
            Method::ToUpperCase,
            Method::Trim,
        ],
        Value::List(_) => &[Method::Clear, Method::Clone, Method::IsEmpty, Method::Size],
        Value::Map(_) => &[
            Method::Clear,
            Method::Clone,
            Method::EntrySet,
            Method::IsEmpty,
            Method::KeySet,
            Method::Size,
            Method::Values,
        ],
        Value::Entry(_) => &[Method::GetKey, Method::GetValue],
        Value::Bool(_) => &[Method::BooleanValue],
        Value::Double(_) if [Method::IsInfinite, Method::IsNaN].contains(&method) => return true,
        Value::Integer(_) | Value::Exact(_) | Value::Double(_) => &NUMBERS,
        Value::Host(_) | Value::Block(_) | Value::Null | Value::Missing => return false,
    };
    own.contains(&method) || [Method::HashCode, Method::ToString].contains(&method)
}

const NUMBERS: [Method; 6] = [
    Method::ByteValue,
    Method::DoubleValue,
    Method::FloatValue,
    Method::IntValue,
    Method::LongValue,
    Method::ShortValue,
];
