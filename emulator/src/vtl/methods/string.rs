//! `java.lang.String`, whose indices count UTF-16 units.

use std::borrow::Cow;

use super::super::pattern::Match;
use super::super::value::{Heap, Value};
use super::{Call, Method, Outcome};

/// Calls a method of a string; texts may not grow past `limit` bytes.
pub(in super::super) fn string<'r>(
    heap: &mut Heap<'r>,
    text: Cow<'r, str>,
    call: &Call,
    arguments: &[Value<'r>],
    limit: usize,
) -> Outcome<'r> {
    let first = arguments.first().and_then(plain);
    let second = arguments.get(1).and_then(plain);
    let number = |at: usize| match arguments.get(at) {
        Some(Value::Integer(number)) => Some(*number),
        _ => None,
    };
    Ok(match (call.method, arguments.len()) {
        (Method::Length, 0) => integer(units(&text)),
        (Method::IsEmpty, 0) => Value::Bool(text.is_empty()),
        (Method::ToString | Method::Intern, 0) => Value::Text(text),
        (Method::Trim, 0) => Value::Text(text.trim_matches(|character| character <= ' ').to_owned().into()),
        (Method::ToUpperCase, 0) => Value::Text(text.to_uppercase().into()),
        (Method::ToLowerCase, 0) => Value::Text(text.to_lowercase().into()),
        (Method::ToCharArray, 0) => {
            let characters = text.chars().map(|character| Value::Text(character.to_string().into())).collect();
            heap.new_list(characters)
        }
        (Method::Equals, 1) => Value::Bool(heap.equal(&Value::Text(text), &arguments[0])),
        (Method::CharAt, 1) => match number(0) {
            Some(at) => Value::Text(cut(&text, at, Some(at + 1))?.into()),
            None => Value::Null,
        },
        (Method::CodePointAt, 1) => match number(0) {
            Some(at) => {
                let rest = cut(&text, at, None)?;
                let first = rest.chars().next().ok_or_else(|| out_of_range(at, units(&text)))?;
                Value::Integer(u32::from(first).into())
            }
            None => Value::Null,
        },
        (Method::Substring, 1) => match number(0) {
            Some(from) => Value::Text(cut(&text, from, None)?.into()),
            None => Value::Null,
        },
        (Method::Substring | Method::SubSequence, 2) => match (number(0), number(1)) {
            (Some(from), Some(to)) => Value::Text(cut(&text, from, Some(to))?.into()),
            _ => Value::Null,
        },
        (Method::Replace, 2) => match (first, second) {
            (Some(from), Some(to)) => {
                let count = if from.is_empty() { text.len() + 1 } else { text.matches(from).count() };
                if text.len() + count * to.len() > limit {
                    return Err(format!("a text grew past {limit} bytes"));
                }
                Value::Text(text.replace(from, to).into())
            }
            _ => Value::Null,
        },
        (Method::Matches, 1) => match first {
            Some(pattern) => Value::Bool(call.pattern(pattern, Match::Whole)?.is_match(&text)?),
            None => Value::Null,
        },
        (Method::ReplaceAll | Method::ReplaceFirst, 2) => match (first, second) {
            (Some(pattern), Some(with)) => {
                let times = if call.method == Method::ReplaceAll { usize::MAX } else { 1 };
                let pattern = call.pattern(pattern, Match::Part)?;
                Value::Text(pattern.replace(&text, with, times, limit)?.into())
            }
            _ => Value::Null,
        },
        (Method::Split, 1 | 2) => match first {
            Some(pattern) => {
                let pattern = call.pattern(pattern, Match::Part)?;
                let parts = pattern.split(&text, number(1).unwrap_or(0))?;
                let parts = parts.into_iter().map(|part| Value::Text(part.to_owned().into())).collect();
                heap.new_list(parts)
            }
            None => Value::Null,
        },
        (method, 1 | 2) => match first {
            Some(other) => compare(&text, method, other, number(1)),
            None => Value::Null,
        },
        _ => Value::Null,
    })
}

/// The methods that look for one string in another, or compare the two.
fn compare<'r>(text: &str, method: Method, other: &str, from: Option<i128>) -> Value<'r> {
    let ordering = |left: &str, right: &str| Value::Integer(distance(left, right));
    match (method, from) {
        (Method::Contains, None) => Value::Bool(text.contains(other)),
        (Method::StartsWith, None) => Value::Bool(text.starts_with(other)),
        (Method::StartsWith, Some(from)) => {
            Value::Bool(offset(text, from).is_some_and(|at| text[at..].starts_with(other)))
        }
        (Method::EndsWith, None) => Value::Bool(text.ends_with(other)),
        (Method::EqualsIgnoreCase, None) => Value::Bool(text.to_lowercase() == other.to_lowercase()),
        (Method::Concat, None) => Value::Text(format!("{text}{other}").into()),
        (Method::CompareTo, None) => ordering(text, other),
        (Method::CompareToIgnoreCase, None) => ordering(&text.to_lowercase(), &other.to_lowercase()),
        (Method::IndexOf, from) => {
            let start = offset(text, from.unwrap_or(0).max(0)).unwrap_or(text.len());
            found(text, text[start..].find(other).map(|at| start + at))
        }
        (Method::LastIndexOf, from) => {
            let end = from.map_or(Some(text.len()), |from| offset(text, from)).unwrap_or(text.len());
            let last = text.char_indices().map(|(at, _)| at).chain([text.len()]).rev();
            found(text, last.filter(|at| *at <= end).find(|at| text[*at..].starts_with(other)))
        }
        _ => Value::Null,
    }
}

fn found<'r>(text: &str, at: Option<usize>) -> Value<'r> {
    at.map_or(Value::Integer(-1), |at| integer(units(&text[..at])))
}

/// A text argument; what is missing counts as empty.
fn plain<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    match value {
        Value::Text(text) => Some(text),
        Value::Missing => Some(""),
        _ => None,
    }
}

fn integer<'r>(number: usize) -> Value<'r> {
    Value::Integer(number as i128)
}

fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// The byte at which the UTF-16 unit `at` begins; one inside of a pair belongs to the pair.
fn offset(text: &str, at: i128) -> Option<usize> {
    let at = usize::try_from(at).ok()?;
    if text.is_ascii() {
        return (at <= text.len()).then_some(at);
    }
    let mut seen = 0;
    for (byte, character) in text.char_indices() {
        if seen >= at {
            return Some(byte);
        }
        seen += character.len_utf16();
    }
    (seen >= at).then_some(text.len())
}

fn cut(text: &str, from: i128, to: Option<i128>) -> Result<String, String> {
    let error = || out_of_range(from, units(text));
    let start = offset(text, from).ok_or_else(error)?;
    let end = to.map_or(Some(text.len()), |to| offset(text, to)).ok_or_else(error)?;
    text.get(start..end).map(str::to_owned).ok_or_else(error)
}

fn out_of_range(at: i128, length: usize) -> String {
    format!("index {at} is out of range for length {length}")
}

/// `compareTo`: the difference of the first units that differ, else of the lengths.
fn distance(left: &str, right: &str) -> i128 {
    let differing = left.encode_utf16().zip(right.encode_utf16()).find(|(a, b)| a != b);
    differing.map_or_else(|| units(left) as i128 - units(right) as i128, |(a, b)| i128::from(a) - i128::from(b))
}
