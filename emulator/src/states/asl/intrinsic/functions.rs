//! What each intrinsic function does.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Number, Value};

use super::Randomness;
use crate::digest::{self, in_order};

/// Longest text that `Hash` and the Base64 functions take, in characters (States Language developer guide).
const MAX_TEXT: usize = 10_000;
/// Longest list that `ArrayRange` and the other list functions make (developer guide).
const MAX_RANGE: usize = 1_000;

/// An intrinsic function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IntrinsicFunction {
    Format,
    StringToJson,
    JsonToString,
    Array,
    ArrayPartition,
    ArrayContains,
    ArrayRange,
    ArrayGetItem,
    ArrayLength,
    ArrayUnique,
    Base64Encode,
    Base64Decode,
    Hash,
    JsonMerge,
    MathRandom,
    MathAdd,
    StringSplit,
    Uuid,
}

/// Name, function, fewest and most arguments.
const FUNCTIONS: &[(&str, IntrinsicFunction, usize, usize)] = &[
    ("States.Format", IntrinsicFunction::Format, 1, usize::MAX),
    ("States.StringToJson", IntrinsicFunction::StringToJson, 1, 1),
    ("States.JsonToString", IntrinsicFunction::JsonToString, 1, 1),
    ("States.Array", IntrinsicFunction::Array, 0, usize::MAX),
    ("States.ArrayPartition", IntrinsicFunction::ArrayPartition, 2, 2),
    ("States.ArrayContains", IntrinsicFunction::ArrayContains, 2, 2),
    ("States.ArrayRange", IntrinsicFunction::ArrayRange, 3, 3),
    ("States.ArrayGetItem", IntrinsicFunction::ArrayGetItem, 2, 2),
    ("States.ArrayLength", IntrinsicFunction::ArrayLength, 1, 1),
    ("States.ArrayUnique", IntrinsicFunction::ArrayUnique, 1, 1),
    ("States.Base64Encode", IntrinsicFunction::Base64Encode, 1, 1),
    ("States.Base64Decode", IntrinsicFunction::Base64Decode, 1, 1),
    ("States.Hash", IntrinsicFunction::Hash, 2, 2),
    ("States.JsonMerge", IntrinsicFunction::JsonMerge, 3, 3),
    ("States.MathRandom", IntrinsicFunction::MathRandom, 2, 3),
    ("States.MathAdd", IntrinsicFunction::MathAdd, 2, 2),
    ("States.StringSplit", IntrinsicFunction::StringSplit, 2, 2),
    ("States.UUID", IntrinsicFunction::Uuid, 0, 0),
];

impl IntrinsicFunction {
    /// The function of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|row| row.0 == name).map(|row| row.1)
    }

    /// `States.…`
    pub(super) fn name(self) -> &'static str {
        self.row().0
    }

    fn row(self) -> &'static (&'static str, Self, usize, usize) {
        FUNCTIONS.iter().find(|row| row.1 == self).expect("the table has a row for each function")
    }

    /// Whether it may have that many arguments.
    pub(super) fn check_arguments(self, count: usize) -> Result<(), String> {
        let (name, _, fewest, most) = self.row();
        if (*fewest..=*most).contains(&count) {
            return Ok(());
        }
        let wanted = match (*fewest, *most) {
            (fewest, usize::MAX) => format!("at least {fewest}"),
            (fewest, most) if fewest == most => format!("{fewest}"),
            (fewest, most) => format!("{fewest} to {most}"),
        };
        Err(format!("{name} takes {wanted} arguments, not {count}"))
    }

    /// Applies it; the number of arguments has been checked.
    pub(super) fn apply(self, arguments: Vec<Value>, randomness: &mut Randomness) -> Result<Value, String> {
        let mut rest = arguments.into_iter();
        let mut next = || rest.next().unwrap_or_default();
        match self {
            Self::Format => {
                let template = text(next())?;
                format(&template, rest)
            }
            Self::StringToJson => match next() {
                // As recorded on AWS.
                Value::String(text) if text.trim().is_empty() => Ok(Value::Null),
                Value::String(text) if text.trim() == "-0" => Ok(0.into()),
                Value::String(text) => serde_json::from_str(&text).map_err(|_| "the string is not JSON".to_owned()),
                Value::Null => Ok(Value::Null),
                other => Err(format!("{other} is not a string")),
            },
            Self::JsonToString => Ok(Value::String(next().to_string())),
            Self::Array => Ok(rest.collect()),
            Self::ArrayPartition => {
                let (items, size) = (list(next())?, integer(&next())?);
                let size =
                    usize::try_from(size).ok().filter(|size| *size > 0).ok_or("the chunk size must be positive")?;
                Ok(items.chunks(size).map(<[Value]>::to_vec).map(Value::Array).collect())
            }
            Self::ArrayContains => {
                let (items, item) = (list(next())?, next());
                Ok(items.iter().any(|other| same(other, &item)).into())
            }
            Self::ArrayRange => range(integer(&next())?, integer(&next())?, integer(&next())?),
            Self::ArrayGetItem => {
                let (items, index) = (list(next())?, integer(&next())?);
                usize::try_from(index)
                    .ok()
                    .and_then(|index| items.into_iter().nth(index))
                    .ok_or_else(|| format!("there is no element {index}"))
            }
            Self::ArrayLength => Ok(list(next())?.len().into()),
            Self::ArrayUnique => {
                let mut seen = HashSet::new();
                Ok(list(next())?.into_iter().filter(|item| seen.insert(identity(item))).collect())
            }
            Self::Base64Encode => Ok(STANDARD.encode(short(text(next())?)?).into()),
            Self::Base64Decode => {
                let bytes = STANDARD.decode(short(text(next())?)?).map_err(|_| "the string is not Base64")?;
                String::from_utf8(bytes).map(Value::String).map_err(|_| "the decoded bytes are not UTF-8".to_owned())
            }
            Self::Hash => {
                let (data, algorithm) = (next(), text(next())?);
                let data = if let Value::String(text) = data { text } else { data.to_string() };
                digest::digits(&algorithm, short(data)?.as_bytes()).map(Value::String)
            }
            Self::JsonMerge => merge(next(), next(), &next()),
            Self::MathRandom => {
                let (low, high) = (integer(&next())?, integer(&next())?);
                let span = high.checked_sub(low).filter(|span| *span > 0).ok_or("the end must be above the start")?;
                let mut seeded = rest
                    .next()
                    .map(|seed| integer(&seed))
                    .transpose()?
                    .map(|seed| Randomness::seeded(seed.cast_unsigned()));
                let draw = seeded.as_mut().unwrap_or(randomness).fraction();
                #[expect(clippy::cast_possible_truncation, reason = "a fraction of the span is below the span")]
                Ok((low + (draw * span as f64) as i64).into())
            }
            Self::MathAdd => {
                let (left, right) = (integer(&next())?, integer(&next())?);
                left.checked_add(right).map(Value::from).ok_or_else(|| format!("{left} + {right} is out of range"))
            }
            Self::StringSplit => {
                let (text, splitters) = (text(next())?, text(next())?);
                let splitters: HashSet<char> = splitters.chars().collect();
                let parts = text.split(|symbol| splitters.contains(&symbol)).filter(|part| !part.is_empty());
                Ok(parts.map(Value::from).collect())
            }
            Self::Uuid => Ok(randomness.uuid().to_string().into()),
        }
    }
}

fn text(value: Value) -> Result<String, String> {
    if let Value::String(text) = value { Ok(text) } else { Err(format!("{value} is not a string")) }
}

fn list(value: Value) -> Result<Vec<Value>, String> {
    if let Value::Array(items) = value { Ok(items) } else { Err(format!("{value} is not an array")) }
}

/// Rounded to the nearest integer, halves upwards as Java's `Math.round` does: recorded for 21 pairs of `MathAdd`.
fn integer(value: &Value) -> Result<i64, String> {
    let Value::Number(number) = value else { return Err(format!("{value} is not a number")) };
    number
        .as_i64()
        .or_else(|| {
            let rounded = (number.as_f64()? + 0.5).floor();
            #[expect(clippy::cast_possible_truncation, reason = "checked to lie well inside")]
            (rounded.abs() < 9.0e18).then_some(rounded as i64)
        })
        .ok_or_else(|| format!("{number} is out of range"))
}

fn short(text: String) -> Result<String, String> {
    if text.chars().count() > MAX_TEXT {
        return Err(format!("the string is longer than {MAX_TEXT} characters"));
    }
    Ok(text)
}

/// What a number counts, however it is written.
#[derive(Debug, PartialEq)]
enum Worth {
    /// An integer that doubles no longer tell from its neighbours.
    Exact(i128),
    Double(Option<f64>),
}

fn worth(number: &Number) -> Worth {
    match number.as_i128() {
        Some(whole) if whole.unsigned_abs() > 1 << f64::MANTISSA_DIGITS => Worth::Exact(whole),
        // Zero has two signs and counts the same.
        _ => Worth::Double(number.as_f64().map(|number| number + 0.0)),
    }
}

/// Numbers are the same when they count the same.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => worth(left) == worth(right),
        _ => left == right,
    }
}

/// A text that is the same for values that are the same, so that a list is gone through once.
fn identity(value: &Value) -> String {
    match value {
        Value::Number(number) => format!("{:?}", worth(number)),
        other => in_order(other).to_string(),
    }
}

fn format(template: &str, mut arguments: impl Iterator<Item = Value>) -> Result<Value, String> {
    let mut output = String::with_capacity(template.len());
    let mut symbols = template.chars().peekable();
    while let Some(symbol) = symbols.next() {
        match symbol {
            '\\' if matches!(symbols.peek(), Some('{' | '}')) => output.extend(symbols.next()),
            '{' if symbols.peek() == Some(&'}') => {
                symbols.next();
                match arguments.next().ok_or("there are more {} than arguments")? {
                    Value::String(text) => output.push_str(&text),
                    other => put_as_java(&other, &mut output),
                }
            }
            '{' | '}' => return Err(format!("a lone `{symbol}` must be written `\\{symbol}`")),
            _ => output.push(symbol),
        }
    }
    if arguments.next().is_some() {
        return Err("there are more arguments than {}".to_owned());
    }
    Ok(Value::String(output))
}

/// Lists and objects as Java prints its collections, as recorded on AWS: `{a=1, b=[]}`.
fn put_as_java(value: &Value, output: &mut String) {
    match value {
        Value::String(text) => output.push_str(text),
        Value::Array(items) => {
            output.push('[');
            for (index, item) in items.iter().enumerate() {
                output.push_str(if index > 0 { ", " } else { "" });
                put_as_java(item, output);
            }
            output.push(']');
        }
        Value::Object(fields) => {
            output.push('{');
            for (index, (name, field)) in fields.iter().enumerate() {
                output.push_str(if index > 0 { ", " } else { "" });
                output.push_str(name);
                output.push('=');
                put_as_java(field, output);
            }
            output.push('}');
        }
        scalar => output.push_str(&scalar.to_string()),
    }
}

fn range(first: i64, last: i64, step: i64) -> Result<Value, String> {
    if step == 0 {
        return Err("the step must not be 0".to_owned());
    }
    let mut items = Vec::new();
    let mut at = first;
    while if step > 0 { at <= last } else { at >= last } {
        if items.len() == MAX_RANGE {
            return Err(format!("the range has more than {MAX_RANGE} elements"));
        }
        items.push(Value::from(at));
        let Some(next) = at.checked_add(step) else { break };
        at = next;
    }
    Ok(items.into())
}

fn merge(left: Value, right: Value, deep: &Value) -> Result<Value, String> {
    if deep != &Value::Bool(false) {
        return Err("only shallow merging (false) is supported by Step Functions".to_owned());
    }
    match (left, right) {
        (Value::Object(mut left), Value::Object(right)) => {
            left.extend(right);
            Ok(Value::Object(left))
        }
        (left, right) => Err(format!("both arguments must be objects, not {left} and {right}")),
    }
}
