//! `Integer`, `Long` and `Double`, and the static parsers that templates reach through any number.

use super::super::value::{Heap, Value};
use super::{Method, Outcome};

/// Calls a method of a number.
pub(in super::super) fn number<'r>(
    heap: &Heap<'r>,
    number: &Value<'r>,
    method: Method,
    arguments: &[Value<'r>],
) -> Outcome<'r> {
    let double = |value: &Value<'_>| match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Double(number) => Some(*number),
        _ => None,
    };
    Ok(match (method, arguments) {
        (Method::IntValue | Method::LongValue, []) => match number {
            #[expect(clippy::cast_possible_truncation, reason = "Java truncates and saturates, as this cast does")]
            Value::Double(number) => Value::Integer((*number as i64).into()),
            other => other.clone(),
        },
        (Method::DoubleValue, []) => double(number).map_or(Value::Null, Value::Double),
        (Method::Equals, [other]) => Value::Bool(heap.equal(number, other)),
        (Method::CompareTo, [other]) => match (double(number), double(other)) {
            (Some(left), Some(right)) => {
                Value::Integer(left.partial_cmp(&right).map_or(0, |order| i128::from(order as i8)))
            }
            _ => Value::Null,
        },
        (Method::ParseInt | Method::ParseLong | Method::ValueOf, [Value::Text(text)]) => {
            Value::Integer(text.parse().map_err(|_| format!("for input string: `{text}`"))?)
        }
        (Method::ParseDouble | Method::ParseFloat, [Value::Text(text)]) => {
            Value::Double(text.trim().parse().map_err(|_| format!("for input string: `{text}`"))?)
        }
        (Method::ValueOf, [value @ (Value::Integer(_) | Value::Double(_))]) => value.clone(),
        _ => Value::Null,
    })
}
