//! `Integer`, `Long`, `Double` and `Boolean`, and the static methods that templates reach through any of them.

use std::cmp::Ordering;

use super::super::heap::Heap;
use super::super::method::Method;
use super::super::value::Value;
use super::hash::hash;
use super::outcome::{Outcome, null_pointer};
use crate::java;

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
    let digits: usize =
        arguments.iter().map(|argument| if let Value::Text(text) = argument { text.len() } else { 0 }).sum();
    heap.budget.work(2 * digits)?;
    Ok(match (method, arguments) {
        (Method::IntValue, []) => integer(int_value(number).unwrap_or_default().into()),
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
        (Method::CompareTo, [other]) => match (double(number), double(other)) {
            _ if Class::of(number) != Class::of(other) => {
                return Err("a number can only be compared to one of its own class".to_owned());
            }
            (Some(left), Some(right)) => integer(order(left.partial_cmp(&right))),
            _ => Value::Null,
        },
        (method, arguments) => match Class::of(number) {
            Some(Class::Double) => of_class_double(heap, method, arguments)?,
            Some(Class::Exact) | None => Value::Null,
            Some(class) => of_class_integer(method, arguments, class == Class::Long)?,
        },
    })
}

/// `intValue`: the lower bits of a whole number; a fraction is cut off, and saturates.
#[expect(clippy::cast_possible_truncation, reason = "that is what it is for")]
pub(in super::super) fn int_value(number: &Value<'_>) -> Option<i32> {
    match number {
        Value::Integer(number) => Some(*number as i32),
        other => double(other).map(|number| number as i32),
    }
}

/// Java's classes of numbers: the static methods that a number offers are those of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Integer,
    Long,
    Double,
    /// `BigInteger` or `BigDecimal`.
    Exact,
}

impl Class {
    fn of(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Integer(number) if i32::try_from(*number).is_ok() => Some(Self::Integer),
            Value::Integer(number) if i64::try_from(*number).is_ok() => Some(Self::Long),
            Value::Double(_) => Some(Self::Double),
            Value::Integer(_) | Value::Exact(_) => Some(Self::Exact),
            _ => None,
        }
    }
}

/// The static methods of `Integer`, or of `Long`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an Integer is written in its 32 bits, a Long in 64"
)]
fn of_class_integer<'r>(method: Method, arguments: &[Value<'r>], long: bool) -> Outcome<'r> {
    let fits = |number: i128| if long { i64::try_from(number).is_ok() } else { i32::try_from(number).is_ok() };
    let wrapped = |number: i128| if long { i128::from(number as i64) } else { i128::from(number as i32) };
    // Methods of an Integer are not found for a Long.
    if arguments.iter().any(|argument| matches!(argument, Value::Integer(number) if !fits(*number))) {
        return Ok(Value::Null);
    }
    let bits = |number: i128| if long { number as u64 } else { u64::from(number as u32) };
    let parses = method == Method::ValueOf || method == if long { Method::ParseLong } else { Method::ParseInt };
    Ok(match (method, arguments) {
        (Method::Compare, [Value::Integer(left), Value::Integer(right)]) => integer(order(Some(left.cmp(right)))),
        (Method::Max, [Value::Integer(left), Value::Integer(right)]) => integer(*left.max(right)),
        (Method::Min, [Value::Integer(left), Value::Integer(right)]) => integer(*left.min(right)),
        (Method::Sum, [Value::Integer(left), Value::Integer(right)]) => integer(wrapped(left + right)),
        (Method::Signum, [Value::Integer(number)]) => integer(number.signum()),
        (Method::HashCode, [value @ Value::Integer(_)]) => integer(i128::from(match value {
            Value::Integer(number) if long => (*number ^ (*number >> 32)) as i32,
            value => truncated(value) as i32,
        })),
        (Method::BitCount, [Value::Integer(number)]) => integer(bits(*number).count_ones().into()),
        (Method::ToHexString, [Value::Integer(number)]) => text(format!("{:x}", bits(*number))),
        (Method::ToBinaryString, [Value::Integer(number)]) => text(format!("{:b}", bits(*number))),
        (Method::ToOctalString, [Value::Integer(number)]) => text(format!("{:o}", bits(*number))),
        (Method::ToString, [Value::Integer(number)]) => text(number.to_string()),
        (Method::ToString, [Value::Integer(number), Value::Integer(radix)]) => text(in_radix(*number, *radix)),
        (Method::ToString, _) => return Err("toString does not take such arguments".to_owned()),
        (_, [Value::Null] | [Value::Null, Value::Integer(_)]) if parses => return Err(null_pointer("a text")),
        (_, [Value::Text(text), radix @ ..]) if parses => parsed(text, radix, long)?,
        (Method::ValueOf, [value @ Value::Integer(_)]) => value.clone(),
        _ => Value::Null,
    })
}

/// The static methods of `Double`, which take whole numbers too.
fn of_class_double<'r>(heap: &Heap<'r>, method: Method, arguments: &[Value<'r>]) -> Outcome<'r> {
    let given = (arguments.first().and_then(double), arguments.get(1).and_then(double));
    Ok(match (method, arguments, given) {
        (Method::ParseDouble | Method::ValueOf, [Value::Null], _) => return Err(null_pointer("a text")),
        (Method::ParseDouble | Method::ValueOf, [Value::Text(text)], _) => Value::Double(fraction(text)?),
        (Method::ValueOf, [_], (Some(number), _)) => Value::Double(number),
        (Method::Compare, [_, _], (Some(left), Some(right))) => integer(order(left.partial_cmp(&right))),
        (Method::Max, [_, _], (Some(left), Some(right))) => Value::Double(left.max(right)),
        (Method::Min, [_, _], (Some(left), Some(right))) => Value::Double(left.min(right)),
        (Method::Sum, [_, _], (Some(left), Some(right))) => Value::Double(left + right),
        (Method::IsNaN, [_], (Some(number), _)) => Value::Bool(number.is_nan()),
        (Method::IsInfinite, [_], (Some(number), _)) => Value::Bool(number.is_infinite()),
        (Method::HashCode, [_], (Some(number), _)) => integer(hash(heap, &Value::Double(number))?.into()),
        (Method::ToString, [_], (Some(number), _)) => {
            let mut printed = String::new();
            java::double(number, &mut printed);
            text(printed)
        }
        (Method::ToString, _, _) => return Err("toString does not take such arguments".to_owned()),
        _ => Value::Null,
    })
}

/// Java has no order of what is not a number.
fn order(order: Option<Ordering>) -> i128 {
    order.map_or(0, |order| i128::from(order as i8))
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
        (Method::CompareTo, [_]) => return Err("true and false can only be compared to one another".to_owned()),
        (Method::ToString, [Value::Bool(other)]) => Value::Text(other.to_string().into()),
        (Method::ValueOf, [Value::Bool(other)]) => Value::Bool(*other),
        (Method::Compare, [Value::Bool(left), Value::Bool(right)]) => integer(i128::from(*left) - i128::from(*right)),
        (Method::ParseBoolean | Method::ValueOf, [Value::Null]) => Value::Bool(false),
        (Method::ParseBoolean | Method::ValueOf, [Value::Text(text)]) => Value::Bool(text.eq_ignore_ascii_case("true")),
        (Method::Equals, [other]) => Value::Bool(heap.equal(&Value::Bool(value), other)?),
        (Method::LogicalAnd, [Value::Bool(left), Value::Bool(right)]) => Value::Bool(*left && *right),
        (Method::LogicalOr, [Value::Bool(left), Value::Bool(right)]) => Value::Bool(*left || *right),
        (Method::LogicalXor, [Value::Bool(left), Value::Bool(right)]) => Value::Bool(left != right),
        (Method::HashCode, [Value::Bool(other)]) => integer(hash(heap, &Value::Bool(*other))?.into()),
        _ => Value::Null,
    })
}

fn double(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Double(number) => Some(*number),
        Value::Exact(text) => java::nearest_double(text),
        _ => None,
    }
}

fn truncated(value: &Value<'_>) -> i128 {
    match value {
        Value::Integer(number) => *number,
        other => int_value(other).unwrap_or_default().into(),
    }
}

fn of_double<'r>(value: &Value<'_>, is: fn(f64) -> bool) -> Value<'r> {
    match value {
        Value::Double(number) => Value::Bool(is(*number)),
        _ => Value::Null,
    }
}

/// `parseInt` and its kin, with a radix or without.
fn parsed<'r>(text: &str, radix: &[Value<'r>], long: bool) -> Outcome<'r> {
    match radix {
        [] => whole(text, 10, long).map(integer),
        [Value::Integer(radix)] => whole(text, *radix, long).map(integer),
        _ => Ok(Value::Null),
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
