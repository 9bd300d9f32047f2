//! `java.lang.String`, whose indices count UTF-16 units.

use std::borrow::Cow;

use super::super::ast::Call;
use super::super::heap::Heap;
use super::super::method::Method;
use super::super::print::print;
use super::super::value::{ListKind, Value};
use super::format::format;
use super::outcome::{Outcome, null_pointer};
use super::price::{bytes_of, plain, work_of};
use super::units::{cut, offset, out_of_range, units, utf16};
use crate::java::{self, Pattern, Syntax};

/// Bytes of a list's item that is a short text, beside those of the text.
const ITEM: usize = size_of::<Value<'_>>() + 16;

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
    if counts_in_integers(call.method) && arguments.iter().any(Value::is_long) {
        return Ok(Value::Null);
    }
    heap.budget.work(work_of(call.method, &text, arguments))?;
    heap.budget.room(bytes_of(call.method, &text, arguments))?;
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
            let characters = text.chars().map(|character| owned(character.to_string())).collect();
            heap.list_of(ListKind::Array, characters)?
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
            heap.budget.work(text.len() * times / 8)?;
            heap.budget.room(text.len() * times)?;
            owned(text.repeat(times))
        }
        (Method::Format, [Value::Text(pattern), rest @ ..]) => owned(format(heap, pattern, rest, most)?),
        (Method::Join, [Value::Text(separator), Value::List(id)]) => {
            owned(join(heap, separator, &heap.list(*id).items, most)?)
        }
        (Method::Join, [Value::Text(separator), items @ ..])
            if !matches!(items, [Value::Null])
                && items.iter().all(|item| matches!(item, Value::Null) || plain(item).is_some()) =>
        {
            owned(join(heap, separator, items, most)?)
        }
        (Method::Join, [Value::Null, rest @ ..])
            if rest.iter().all(|item| matches!(item, Value::Null | Value::List(_)) || plain(item).is_some()) =>
        {
            return Err(null_pointer("what joins texts"));
        }
        (Method::ValueOf, [value]) => {
            let mut out = String::new();
            print(heap, value, &mut out, most)?;
            owned(out)
        }
        (Method::CompareTo, [other]) if plain(other).is_none() => {
            return Err("a string can only be compared to a string".to_owned());
        }
        (Method::EqualsIgnoreCase, [Value::Null]) => Value::Bool(false),
        (Method::RegionMatches, [Value::Bool(fold), rest @ ..]) => same_region(&text, *fold, rest),
        (Method::RegionMatches, rest) => same_region(&text, false, rest),
        (Method::IndexOf | Method::LastIndexOf, [Value::Integer(code), rest @ ..]) => {
            let character = u32::try_from(*code).ok().and_then(char::from_u32).map(String::from);
            match (character, rest) {
                (Some(character), [] | [Value::Integer(_)]) => compare(&text, call.method, &character, number(1)),
                (None, [] | [Value::Integer(_)]) => Value::Integer(-1),
                _ => Value::Null,
            }
        }
        (method, _) if lacks_text(method, arguments) => return Err(null_pointer("a string")),
        (_, [first, rest @ ..]) => match plain(first) {
            Some(first) => with_text(heap, &text, call, first, rest, most)?,
            None => Value::Null,
        },
        _ => Value::Null,
    })
}

/// The methods that take an Integer, which a Long is not.
fn counts_in_integers(method: Method) -> bool {
    [
        Method::CharAt,
        Method::CodePointAt,
        Method::CodePointCount,
        Method::IndexOf,
        Method::LastIndexOf,
        Method::RegionMatches,
        Method::Repeat,
        Method::Split,
        Method::StartsWith,
        Method::SubSequence,
        Method::Substring,
    ]
    .contains(&method)
}

/// Whether a method is found for these arguments, but a text among them is null.
fn lacks_text(method: Method, arguments: &[Value<'_>]) -> bool {
    match (method, arguments) {
        (
            Method::CompareTo
            | Method::CompareToIgnoreCase
            | Method::Concat
            | Method::Contains
            | Method::ContentEquals
            | Method::EndsWith
            | Method::IndexOf
            | Method::LastIndexOf
            | Method::Matches
            | Method::Split
            | Method::StartsWith,
            [Value::Null],
        )
        | (
            Method::IndexOf | Method::LastIndexOf | Method::Split | Method::StartsWith,
            [Value::Null, Value::Integer(_)],
        ) => true,
        (Method::Replace | Method::ReplaceAll | Method::ReplaceFirst, [_, _]) => {
            let is_null = |value: &Value<'_>| matches!(value, Value::Null);
            arguments.iter().any(is_null) && arguments.iter().all(|value| is_null(value) || plain(value).is_some())
        }
        _ => false,
    }
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
                let length = text.len().saturating_add(count.saturating_mul(with.len()));
                if length > most {
                    return Err(format!("a text grew past {most} bytes"));
                }
                budget.work(count * (8 + with.len() / 4))?;
                budget.room(2 * length)?;
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
            budget.room(parts.len() * ITEM + text.len())?;
            let parts = parts.into_iter().map(|part| owned(part.to_owned())).collect();
            heap.list_of(ListKind::Array, parts)?
        }
        (Method::Concat, []) if text.len() + first.len() > most => {
            return Err(format!("a text grew past {most} bytes"));
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
            if out.len() + separator.len() > most {
                return Err(format!("a text grew past {most} bytes"));
            }
            heap.budget.work(separator.len() / 4)?;
            out.push_str(separator);
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
    match (method, from) {
        (Method::Contains, None) => Value::Bool(text.contains(other)),
        (Method::StartsWith, None) => Value::Bool(text.starts_with(other)),
        (Method::StartsWith, Some(from)) => {
            Value::Bool(offset(text, from).is_some_and(|at| text[at..].starts_with(other)))
        }
        (Method::EndsWith, None) => Value::Bool(text.ends_with(other)),
        (Method::EqualsIgnoreCase, None) => Value::Bool(same_without_case(text, other)),
        (Method::Concat, None) => owned([text, other].concat()),
        (Method::ContentEquals, None) => Value::Bool(text == other),
        (Method::CompareTo, None) => Value::Integer(distance(utf16(text), utf16(other))),
        (Method::CompareToIgnoreCase, None) => {
            Value::Integer(distance(utf16(text).map(without_case), utf16(other).map(without_case)))
        }
        (Method::IndexOf, from) => {
            let start = offset(text, from.unwrap_or(0).max(0)).unwrap_or(text.len());
            found(text, text[start..].find(other).map(|at| start + at))
        }
        (Method::LastIndexOf, Some(from)) if from < 0 => Value::Integer(-1),
        (Method::LastIndexOf, from) => {
            let end = from.map_or(Some(text.len()), |from| offset(text, from)).unwrap_or(text.len());
            let mut searched = text.len().min(end + other.len());
            while !text.is_char_boundary(searched) {
                searched -= 1;
            }
            found(text, text[..searched].rfind(other))
        }
        _ => Value::Null,
    }
}

/// `regionMatches`: where the text, the other, where in it, and how many units.
fn same_region<'r>(text: &str, fold: bool, arguments: &[Value<'r>]) -> Value<'r> {
    let [Value::Integer(from), Value::Text(other), Value::Integer(at), Value::Integer(length)] = arguments else {
        return Value::Null;
    };
    let length = usize::try_from(*length).unwrap_or(0);
    let within = |text: &str, from: i128| {
        usize::try_from(from).ok().filter(|from| from.checked_add(length).is_some_and(|end| end <= units(text)))
    };
    let (Some(from), Some(at)) = (within(text, *from), within(other, *at)) else { return Value::Bool(false) };
    let mut regions = utf16(text).skip(from).zip(utf16(other).skip(at)).take(length);
    Value::Bool(regions.all(|(left, right)| left == right || fold && without_case(left) == without_case(right)))
}

/// A unit without its case, as Java compares: its upper case in lower case, where those are one character.
fn without_case(unit: u32) -> u32 {
    let Some(character) = char::from_u32(unit) else { return unit };
    if character.is_ascii() {
        return character.to_ascii_lowercase().into();
    }
    let mut upper = character.to_uppercase();
    let upper = upper.next().filter(|_| upper.next().is_none()).unwrap_or(character);
    upper.to_lowercase().next().unwrap_or(upper).into()
}

/// `equalsIgnoreCase`.
fn same_without_case(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    utf16(left).map(without_case).eq(utf16(right).map(without_case))
}

fn found<'r>(text: &str, at: Option<usize>) -> Value<'r> {
    at.map_or(Value::Integer(-1), |at| integer(units(&text[..at])))
}

fn integer<'r>(number: usize) -> Value<'r> {
    Value::Integer(number as i128)
}

/// `compareTo`: the difference of the first units that differ, else of the lengths.
fn distance(left: impl Iterator<Item = u32>, right: impl Iterator<Item = u32>) -> i128 {
    let (mut left, mut right) = (left.fuse(), right.fuse());
    loop {
        match (left.next(), right.next()) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => return i128::from(a) - i128::from(b),
            (None, None) => return 0,
            (Some(_), None) => return 1 + left.count() as i128,
            (None, Some(_)) => return -1 - right.count() as i128,
        }
    }
}
