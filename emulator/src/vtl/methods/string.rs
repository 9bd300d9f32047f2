//! `java.lang.String`, whose indices count UTF-16 units.

use std::borrow::Cow;

use super::super::ast::Call;
use super::super::heap::Heap;
use super::super::method::Method;
use super::super::print::print;
use super::super::value::Value;
use super::format::format;
use super::outcome::{Outcome, null_pointer};
use crate::java::{self, Pattern, Syntax};

/// Calls a method of a string; texts may not grow past `most` bytes.
pub(in super::super) fn string<'r>(
    heap: &mut Heap<'r>,
    text: Cow<'r, str>,
    call: &Call,
    arguments: &[Value<'r>],
    most: usize,
) -> Outcome<'r> {
    let number = |at: usize| match arguments.get(at) {
        Some(Value::Integer(number)) => Some(*number),
        _ => None,
    };
    Ok(match (call.method, arguments) {
        (Method::Length, []) => integer(units(&text)),
        (Method::IsEmpty, []) => Value::Bool(text.is_empty()),
        (Method::IsBlank, []) => Value::Bool(text.chars().all(char::is_whitespace)),
        (Method::ToString | Method::Intern, []) => Value::Text(text),
        (Method::Trim, []) => owned(text.trim_matches(|character| character <= ' ').to_owned()),
        (Method::Strip, []) => owned(text.trim().to_owned()),
        (Method::StripLeading, []) => owned(text.trim_start().to_owned()),
        (Method::StripTrailing, []) => owned(text.trim_end().to_owned()),
        (Method::ToUpperCase, []) => owned(text.to_uppercase()),
        (Method::ToLowerCase, []) => owned(text.to_lowercase()),
        (Method::ToCharArray, []) => {
            heap.budget.hold(text.len() * size_of::<Value<'_>>())?;
            let characters = text.chars().map(|character| owned(character.to_string())).collect();
            let list = heap.new_list(characters)?;
            heap.budget.release(text.len() * size_of::<Value<'_>>());
            list
        }
        (Method::Equals, [other]) => Value::Bool(heap.equal(&Value::Text(text), other)?),
        (Method::CharAt, [Value::Integer(at)]) => owned(cut(&text, *at, Some(*at + 1))?),
        (Method::CodePointAt, [Value::Integer(at)]) => {
            let rest = cut(&text, *at, None)?;
            let first = rest.chars().next().ok_or_else(|| out_of_range(*at, units(&text)))?;
            Value::Integer(java::half(first).unwrap_or_else(|| u32::from(first)).into())
        }
        (Method::CodePointCount, [Value::Integer(from), Value::Integer(to)]) => {
            integer(cut(&text, *from, Some(*to))?.chars().count())
        }
        (Method::Substring, [Value::Integer(from)]) => owned(cut(&text, *from, None)?),
        (Method::Substring | Method::SubSequence, [Value::Integer(from), Value::Integer(to)]) => {
            owned(cut(&text, *from, Some(*to))?)
        }
        (Method::Repeat, [Value::Integer(times)]) => {
            let times = usize::try_from(*times).map_err(|_| format!("count is negative: {times}"))?;
            if text.len().saturating_mul(times) > most {
                return Err(format!("a text grew past {most} bytes"));
            }
            owned(text.repeat(times))
        }
        (Method::Format, [Value::Text(pattern), rest @ ..]) => owned(format(heap, pattern, rest, most)?),
        (Method::Join, [Value::Text(separator), Value::List(id)]) => {
            let items = heap.list(*id).items.clone();
            owned(join(heap, separator, &items, most)?)
        }
        (Method::Join, [Value::Text(separator), items @ ..]) if items.len() != 1 => {
            owned(join(heap, separator, items, most)?)
        }
        (Method::ValueOf, [value]) => {
            let mut out = String::new();
            print(heap, value, &mut out, most)?;
            owned(out)
        }
        (Method::CompareTo, [Value::Integer(_) | Value::Double(_) | Value::Bool(_)]) => {
            return Err("a string can only be compared to a string".to_owned());
        }
        (Method::EqualsIgnoreCase, [Value::Null]) => Value::Bool(false),
        (Method::RegionMatches, [Value::Bool(fold), rest @ ..]) => same_region(&text, *fold, rest),
        (Method::RegionMatches, rest) => same_region(&text, false, rest),
        (Method::IndexOf, [Value::Integer(code), rest @ ..]) => {
            let character = u32::try_from(*code).ok().and_then(char::from_u32).map(String::from);
            match (character, rest) {
                (Some(character), [] | [Value::Integer(_)]) => compare(&text, call.method, &character, number(1)),
                _ => Value::Integer(-1),
            }
        }
        (method, [Value::Null, ..] | [_, Value::Null]) if takes_text(method) => return Err(null_pointer("a string")),
        (_, [first, rest @ ..]) => match plain(first) {
            Some(first) => with_text(heap, &text, call, first, rest, most)?,
            None => Value::Null,
        },
        _ => Value::Null,
    })
}

/// The methods whose arguments are texts, which may not be null.
fn takes_text(method: Method) -> bool {
    [
        Method::CompareTo,
        Method::CompareToIgnoreCase,
        Method::Concat,
        Method::Contains,
        Method::ContentEquals,
        Method::EndsWith,
        Method::IndexOf,
        Method::LastIndexOf,
        Method::Matches,
        Method::Replace,
        Method::ReplaceAll,
        Method::ReplaceFirst,
        Method::Split,
        Method::StartsWith,
    ]
    .contains(&method)
}

/// The methods whose first argument is a text.
fn with_text<'r>(
    heap: &mut Heap<'r>,
    text: &str,
    call: &Call,
    first: &str,
    rest: &[Value<'r>],
    most: usize,
) -> Outcome<'r> {
    let budget = heap.budget;
    let pattern = |source: &str| -> Result<Cow<'_, Pattern>, String> {
        match &call.pattern {
            Some(pattern) => Ok(Cow::Borrowed(pattern)),
            None => Pattern::compile(source, Syntax::Java, budget).map(Cow::Owned),
        }
    };
    Ok(match (call.method, rest) {
        (Method::Replace, [with]) => match plain(with) {
            Some(with) => {
                let count = if first.is_empty() { text.len() + 1 } else { text.matches(first).count() };
                if text.len() + count * with.len() > most {
                    return Err(format!("a text grew past {most} bytes"));
                }
                budget.work(count * (8 + with.len() / 4))?;
                owned(text.replace(first, with))
            }
            None => Value::Null,
        },
        (Method::Matches, []) => Value::Bool(pattern(first)?.matches(text, budget)?),
        (Method::ReplaceAll | Method::ReplaceFirst, [with]) => match plain(with) {
            Some(with) => {
                let times = if call.method == Method::ReplaceAll { usize::MAX } else { 1 };
                owned(pattern(first)?.replace(text, with, times, most, budget)?)
            }
            None => Value::Null,
        },
        (Method::Split, [] | [Value::Integer(_)]) => {
            let limit = match rest {
                [Value::Integer(limit)] => *limit,
                _ => 0,
            };
            let parts = pattern(first)?;
            let parts = parts.split(text, limit, budget)?;
            let size = parts.len() * size_of::<Value<'_>>();
            budget.hold(size)?;
            let parts = parts.into_iter().map(|part| owned(part.to_owned())).collect();
            let list = heap.new_list(parts)?;
            budget.release(size);
            list
        }
        (method, []) => compare(text, method, first, None),
        (method, [Value::Integer(from)]) => compare(text, method, first, Some(*from)),
        _ => Value::Null,
    })
}

/// `String.join`.
fn join<'r>(heap: &Heap<'r>, separator: &str, items: &[Value<'r>], most: usize) -> Result<String, String> {
    let mut out = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(separator);
            heap.budget.work(separator.len() / 4)?;
        }
        match item {
            Value::Null | Value::Text(_) | Value::Missing => print(heap, item, &mut out, most)?,
            _ => return Err("only texts can be joined".to_owned()),
        }
    }
    Ok(out)
}

fn owned<'r>(text: String) -> Value<'r> {
    Value::Text(text.into())
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
        (Method::Concat, None) => owned([text, other].concat()),
        (Method::ContentEquals, None) => Value::Bool(text == other),
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

/// `regionMatches`: where the text, the other, where in it, and how many units.
fn same_region<'r>(text: &str, fold: bool, arguments: &[Value<'r>]) -> Value<'r> {
    let [Value::Integer(from), Value::Text(other), Value::Integer(at), Value::Integer(length)] = arguments else {
        return Value::Null;
    };
    let region = |text: &str, from: i128| cut(text, from, Some(from + (*length).max(0))).ok();
    Value::Bool(match (region(text, *from), region(other, *at)) {
        (Some(left), Some(right)) if fold => left.to_lowercase() == right.to_lowercase(),
        (Some(left), Some(right)) => left == right,
        _ => false,
    })
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

/// Units of a character; half of a pair is one.
fn width(character: char) -> usize {
    if java::half(character).is_some() { 1 } else { character.len_utf16() }
}

fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(width).sum() }
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
        seen += width(character);
    }
    (seen >= at).then_some(text.len())
}

/// The units from `from` up to `to`. A pair that is cut in two leaves its half.
fn cut(text: &str, from: i128, to: Option<i128>) -> Result<String, String> {
    let error = || out_of_range(from, units(text));
    let length = units(text);
    let (from, to) = (usize::try_from(from).map_err(|_| error())?, to.unwrap_or(length as i128));
    let to = usize::try_from(to).ok().filter(|to| from <= *to && *to <= length).ok_or_else(error)?;
    if text.is_ascii() {
        return Ok(text[from..to].to_owned());
    }
    let mut out = String::new();
    let mut at = 0;
    for character in text.chars() {
        let units = width(character);
        if at >= from && at + units <= to {
            out.push(character);
        } else if units == 2 {
            let mut halves = [0; 2];
            character.encode_utf16(&mut halves);
            for (half, place) in halves.iter().zip(at..) {
                if (from..to).contains(&place) {
                    out.push(java::lone((*half).into()));
                }
            }
        }
        at += units;
        if at >= to {
            break;
        }
    }
    Ok(out)
}

fn out_of_range(at: i128, length: usize) -> String {
    format!("index {at} is out of range for length {length}")
}

/// `compareTo`: the difference of the first units that differ, else of the lengths.
fn distance(left: &str, right: &str) -> i128 {
    let differing = left.encode_utf16().zip(right.encode_utf16()).find(|(a, b)| a != b);
    differing.map_or_else(|| units(left) as i128 - units(right) as i128, |(a, b)| i128::from(a) - i128::from(b))
}
