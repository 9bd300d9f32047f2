//! `Integer`, `Long`, `Double` and `Boolean`, and the static methods that templates reach through any of them.

use super::super::heap::Heap;
use super::super::method::Method;
use super::super::value::Value;
use super::outcome::Outcome;

/// Calls a method of a number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "Java's conversions drop the upper bits of whole numbers, and \
    saturate those of fractions, as these casts do"
)]
pub(in super::super) fn number<'r>(
    heap: &Heap<'r>,
    number: &Value<'r>,
    method: Method,
    arguments: &[Value<'r>],
) -> Outcome<'r> {
    Ok(match (method, arguments) {
        (Method::IntValue, []) => integer(i128::from(match number {
            Value::Integer(number) => *number as i32,
            other => double(other).unwrap_or_default() as i32,
        })),
        (Method::LongValue, []) => integer(i128::from(match number {
            Value::Integer(number) => *number as i64,
            other => double(other).unwrap_or_default() as i64,
        })),
        (Method::ShortValue, []) => integer(i128::from(truncated(number) as i16)),
        (Method::ByteValue, []) => integer(i128::from(truncated(number) as i8)),
        (Method::DoubleValue, []) => double(number).map_or(Value::Null, Value::Double),
        // A Float prints fewer digits than the Double of the same value.
        (Method::FloatValue, []) => double(number)
            .and_then(|number| (number as f32).to_string().parse().ok())
            .map_or(Value::Null, Value::Double),
        (Method::IsNaN, []) => of_double(number, f64::is_nan),
        (Method::IsInfinite, []) => of_double(number, f64::is_infinite),
        (Method::Equals, [other]) => Value::Bool(heap.equal(number, other)?),
        (Method::CompareTo, [other]) | (Method::Compare, [_, other]) => {
            let first = if arguments.len() == 2 { &arguments[0] } else { number };
            match (double(first), double(other)) {
                (Some(left), Some(right)) => {
                    integer(left.partial_cmp(&right).map_or(0, |order| i128::from(order as i8)))
                }
                _ => Value::Null,
            }
        }
        (Method::Max | Method::Min | Method::Sum, [left, right]) => extreme(method, left, right),
        (Method::Signum, [Value::Integer(number)]) => integer(number.signum()),
        (Method::BitCount, [Value::Integer(number)]) => integer(i128::from((*number as i32).count_ones())),
        (Method::ToHexString, [Value::Integer(number)]) => text(format!("{:x}", *number as i32)),
        (Method::ToBinaryString, [Value::Integer(number)]) => text(format!("{:b}", *number as i32)),
        (Method::ToOctalString, [Value::Integer(number)]) => text(format!("{:o}", *number as i32)),
        (Method::ToString, [Value::Integer(number)]) => text(number.to_string()),
        (Method::ToString, [Value::Integer(number), Value::Integer(radix)]) => text(in_radix(*number, *radix)),
        (Method::ParseInt | Method::ParseLong | Method::ValueOf, [Value::Text(text)]) => match number {
            Value::Double(_) => Value::Double(fraction(text)?),
            _ => integer(whole(text, 10, method == Method::ParseLong)?),
        },
        (Method::ParseInt | Method::ParseLong | Method::ValueOf, [Value::Text(text), Value::Integer(radix)]) => {
            integer(whole(text, *radix, method == Method::ParseLong)?)
        }
        (Method::ParseDouble | Method::ParseFloat, [Value::Text(text)]) => Value::Double(fraction(text)?),
        (Method::ValueOf, [value @ (Value::Integer(_) | Value::Double(_))]) => value.clone(),
        _ => Value::Null,
    })
}

/// Calls a method of a boolean.
pub(in super::super) fn boolean<'r>(
    heap: &Heap<'r>,
    value: bool,
    method: Method,
    arguments: &[Value<'r>],
) -> Outcome<'r> {
    Ok(match (method, arguments) {
        (Method::BooleanValue, []) => Value::Bool(value),
        (Method::CompareTo, [Value::Bool(other)]) => integer(i128::from(value) - i128::from(*other)),
        (Method::Compare, [Value::Bool(left), Value::Bool(right)]) => integer(i128::from(*left) - i128::from(*right)),
        (Method::ParseBoolean | Method::ValueOf, [Value::Text(text)]) => Value::Bool(text.eq_ignore_ascii_case("true")),
        (Method::Equals, [other]) => Value::Bool(heap.equal(&Value::Bool(value), other)?),
        _ => Value::Null,
    })
}

fn double(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Double(number) => Some(*number),
        Value::Exact(text) => text.parse().ok(),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "Java saturates a fraction that is too large")]
fn truncated(value: &Value<'_>) -> i128 {
    match value {
        Value::Integer(number) => *number,
        other => i128::from(double(other).unwrap_or_default() as i32),
    }
}

fn of_double<'r>(value: &Value<'_>, is: fn(f64) -> bool) -> Value<'r> {
    match value {
        Value::Double(number) => Value::Bool(is(*number)),
        _ => Value::Null,
    }
}

fn extreme<'r>(method: Method, left: &Value<'r>, right: &Value<'r>) -> Value<'r> {
    match (left, right, method) {
        (Value::Integer(left), Value::Integer(right), Method::Max) => integer(*left.max(right)),
        (Value::Integer(left), Value::Integer(right), Method::Min) => integer(*left.min(right)),
        (Value::Integer(left), Value::Integer(right), _) => left.checked_add(*right).map_or(Value::Null, integer),
        _ => match (double(left), double(right)) {
            (Some(left), Some(right)) => Value::Double(match method {
                Method::Max => left.max(right),
                Method::Min => left.min(right),
                _ => left + right,
            }),
            _ => Value::Null,
        },
    }
}

/// `Integer.parseInt`, or `Long.parseLong`.
fn whole(text: &str, radix: i128, long: bool) -> Result<i128, String> {
    let radix = u32::try_from(radix).ok().filter(|radix| (2..=36).contains(radix));
    let number = radix.and_then(|radix| i64::from_str_radix(text, radix).ok());
    let number = number.filter(|number| long || i32::try_from(*number).is_ok());
    number.map(i128::from).ok_or_else(|| format!("for input string: `{text}`"))
}

/// `Double.parseDouble`.
fn fraction(text: &str) -> Result<f64, String> {
    let trimmed = text.trim().trim_end_matches(['d', 'D', 'f', 'F']);
    let spelled = trimmed.trim_start_matches(['+', '-']);
    let word = spelled.starts_with(|first: char| first.is_ascii_alphabetic());
    let number = if word && !matches!(spelled, "NaN" | "Infinity") { None } else { trimmed.parse().ok() };
    number.ok_or_else(|| format!("for input string: `{text}`"))
}

fn in_radix(number: i128, radix: i128) -> String {
    let radix = u32::try_from(radix).ok().filter(|radix| (2..=36).contains(radix)).unwrap_or(10);
    let mut rest = number.unsigned_abs();
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(rest % u128::from(radix)).ok().and_then(|digit| char::from_digit(digit, radix));
        digits.extend(digit);
        rest /= u128::from(radix);
        if rest == 0 {
            break;
        }
    }
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", digits.into_iter().rev().collect::<String>())
}

fn integer<'r>(number: i128) -> Value<'r> {
    Value::Integer(number)
}

fn text<'r>(text: String) -> Value<'r> {
    Value::Text(text.into())
}
