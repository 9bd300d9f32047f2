//! What a method of a string costs in the worst case: charged before it is called.

use super::super::method::Method;
use super::super::value::Value;
use crate::java::search_work;

/// Units of work for each byte of a text beyond ASCII whose characters are counted.
const CHARACTER: usize = 3;
/// Units for each byte of one whose letters change their case.
const CASE: usize = 6;
/// Units for each byte of one whose letters are compared without regard to case.
const FOLD: usize = 30;
/// Bytes that a text of one character keeps.
const SHORT: usize = 17;

/// The work of a method, besides what it charges for itself.
pub(super) fn work_of(method: Method, text: &str, arguments: &[Value<'_>]) -> usize {
    let all = |price: fn(&str) -> usize| {
        let others = arguments.iter().filter_map(plain).map(price);
        price(text).saturating_add(others.sum())
    };
    match method {
        Method::Length
        | Method::CharAt
        | Method::CodePointAt
        | Method::CodePointCount
        | Method::Substring
        | Method::SubSequence => counted(text),
        Method::IsBlank | Method::Trim | Method::Strip | Method::StripLeading | Method::StripTrailing => 2 * text.len(),
        Method::ToUpperCase | Method::ToLowerCase => cased(text),
        Method::EqualsIgnoreCase | Method::CompareToIgnoreCase | Method::RegionMatches => all(folded),
        Method::CompareTo => all(str::len) + all(counted),
        Method::Contains | Method::IndexOf | Method::LastIndexOf | Method::Replace => {
            let wanted = arguments.first().and_then(plain).unwrap_or("?");
            counted(text) + 2 * search_work(text.len(), wanted)
        }
        Method::StartsWith => all(counted),
        Method::Format => 4 * arguments.first().and_then(plain).map_or(0, str::len),
        _ => all(|text| text.len() / 4),
    }
}

/// The bytes that a method makes at most, besides what it asks for itself.
pub(super) fn bytes_of(method: Method, text: &str, arguments: &[Value<'_>]) -> usize {
    match method {
        Method::Trim
        | Method::Strip
        | Method::StripLeading
        | Method::StripTrailing
        | Method::Substring
        | Method::SubSequence => text.len(),
        Method::ToUpperCase | Method::ToLowerCase if text.is_ascii() => text.len(),
        // One character of two bytes becomes three of two.
        Method::ToUpperCase | Method::ToLowerCase => 3 * text.len(),
        Method::ToCharArray => text.len() * (size_of::<Value<'_>>() + SHORT),
        Method::Concat => text.len() + arguments.first().and_then(plain).map_or(0, str::len),
        _ => 0,
    }
}

fn counted(text: &str) -> usize {
    if text.is_ascii() { text.len() / 8 } else { CHARACTER * text.len() }
}

fn cased(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { CASE * text.len() }
}

fn folded(text: &str) -> usize {
    if text.is_ascii() { 2 * text.len() } else { FOLD * text.len() }
}

/// A text argument; what is missing counts as empty.
pub(super) fn plain<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    match value {
        Value::Text(text) => Some(text),
        Value::Missing => Some(""),
        _ => None,
    }
}
