//! The functions of payload templates.

use std::io::Write;
use std::sync::Arc;

use jiff::Timestamp;

use super::data::Data;
use super::template::{Arriving, Surroundings};
use crate::random::Random;

/// A call in a template, with its arguments checked.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// `uuid()`: a version 4 UUID.
    Uuid,
    /// `int(low, high)`: a whole number, both ends included.
    Int(i64, i64),
    /// `float(low, high)`: a number from low to below high.
    Float(f64, f64),
    /// `choice("a", "b", …)`: one of the texts.
    Choice(Vec<String>),
    /// `seq()`: the number of the arrival, from 0.
    Seq,
    /// `hex(n)`: n hexadecimal digits.
    Hex(usize),
    /// `now()`: the instant at which the arrival is due, RFC 3339 in UTC with milliseconds.
    Now,
    /// `env("NAME")`: an environment variable, read with the scenario.
    Env(String),
    /// `data("table", "column")`: a value of the row that the arrival gets.
    Data {
        /// The table.
        table: Arc<Data>,
        /// The column.
        column: usize,
        /// Whether it is the whole of a JSON value, and not a part of a string.
        alone: bool,
    },
}

/// Every function with an example of its use.
pub(super) const FUNCTIONS: [(&str, &str); 9] = [
    ("uuid", "uuid()"),
    ("int", "int(1, 100)"),
    ("float", "float(0, 1)"),
    ("choice", "choice(\"a\", \"b\")"),
    ("seq", "seq()"),
    ("hex", "hex(16)"),
    ("now", "now()"),
    ("env", "env(\"NAME\")"),
    ("data", "data(\"table\", \"column\")"),
];

impl Expression {
    /// Reads `name(arguments)`.
    pub(super) fn parse(text: &str, around: &Surroundings<'_>) -> Result<Self, (String, Option<String>)> {
        let text = text.trim();
        let open = text.find('(').unwrap_or(text.len());
        let name = text[..open].trim();
        let Some((_, example)) = FUNCTIONS.iter().find(|(n, _)| *n == name) else {
            let names = FUNCTIONS.map(|(n, _)| n);
            let help = match crate::scenario::nearest(name, &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the functions are {}", names.join(", ")),
            };
            return Err((format!("unknown function `{name}`"), Some(help)));
        };
        let wrong =
            || (format!("`{text}` is not a call of `{name}`"), Some(format!("write it as {{{{ {example} }}}}")));
        let inner = text[open..].strip_prefix('(').and_then(|t| t.strip_suffix(')')).ok_or_else(wrong)?;
        let arguments: Vec<serde_json::Value> = serde_json::from_str(&format!("[{inner}]")).map_err(|_| wrong())?;
        let number = |i: usize| arguments.get(i).and_then(serde_json::Value::as_f64);
        let integer = |i: usize| arguments.get(i).and_then(serde_json::Value::as_i64);
        let parsed = match (name, arguments.len()) {
            ("uuid", 0) => Some(Self::Uuid),
            ("seq", 0) => Some(Self::Seq),
            ("int", 2) => integer(0).zip(integer(1)).filter(|(l, h)| l <= h).map(|(l, h)| Self::Int(l, h)),
            ("float", 2) => number(0).zip(number(1)).filter(|(l, h)| l < h).map(|(l, h)| Self::Float(l, h)),
            ("hex", 1) => integer(0).and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= 262_144).map(Self::Hex),
            ("choice", 1..) => {
                arguments.iter().map(|a| a.as_str().map(String::from)).collect::<Option<_>>().map(Self::Choice)
            }
            ("now", 0) => Some(Self::Now),
            ("env", 1) => arguments[0].as_str().map(|name| environment(name, around)).transpose()?,
            ("data", 2) => {
                let names = arguments[0].as_str().zip(arguments[1].as_str());
                names.map(|(table, column)| row(table, column, around)).transpose()?
            }
            _ => None,
        };
        parsed.ok_or_else(wrong)
    }

    /// Whether it yields a number, which a JSON string that holds nothing else becomes.
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Int(..) | Self::Float(..) | Self::Seq)
    }

    /// Writes its value. Writing to a `Vec` cannot fail.
    pub(super) fn write(&self, arriving: &Arriving, random: &mut Random, out: &mut Vec<u8>) {
        match self {
            Self::Uuid => uuid(random, out),
            Self::Int(low, high) => {
                let span = high.abs_diff(*low);
                let offset = if span == u64::MAX { random.next_u64() } else { random.below(span + 1) };
                let _ = write!(out, "{}", low.wrapping_add_unsigned(offset));
            }
            Self::Float(low, high) => {
                let _ = write!(out, "{}", low + (high - low) * random.unit());
            }
            Self::Choice(texts) => {
                let chosen = random.below(texts.len() as u64);
                let text = &texts[usize::try_from(chosen).unwrap_or(0)];
                write_escaped(text, out);
            }
            Self::Seq => {
                let _ = write!(out, "{}", arriving.k);
            }
            Self::Hex(digits) => hex(*digits, random, out),
            Self::Now => {
                let at = Timestamp::from_millisecond(arriving.unix_ms).unwrap_or_default();
                let _ = write!(out, "{}", at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"));
            }
            Self::Env(value) => write_escaped(value, out),
            Self::Data { table, column, alone } => table.write(*column, *alone, arriving.k, arriving.seed, out),
        }
    }
}

fn environment(name: &str, around: &Surroundings<'_>) -> Result<Expression, (String, Option<String>)> {
    let value = (around.variable)(name);
    value.map(Expression::Env).ok_or_else(|| (format!("the environment variable {name} is not set"), None))
}

fn row(table: &str, column: &str, around: &Surroundings<'_>) -> Result<Expression, (String, Option<String>)> {
    let known = |names: &[&str]| match crate::scenario::nearest(table, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => format!("add [data.{table}] with a file"),
        None => format!("there are {}", names.join(", ")),
    };
    let Some(data) = around.tables.iter().find(|data| data.name == table) else {
        let names: Vec<&str> = around.tables.iter().map(|data| data.name.as_str()).collect();
        return Err((format!("there is no table `{table}`"), Some(known(&names))));
    };
    let index = data.columns().iter().position(|name| name == column).ok_or_else(|| {
        let help = format!("there are {}", data.columns().join(", "));
        (format!("`{table}` has no column `{column}`"), Some(help))
    })?;
    Ok(Expression::Data { table: Arc::clone(data), column: index, alone: false })
}

/// A version 4 UUID (RFC 9562) in lower case.
pub(crate) fn uuid(random: &mut Random, out: &mut Vec<u8>) {
    let high = random.next_u64() & 0xffff_ffff_ffff_0fff | 0x4000;
    let low = random.next_u64() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    let bytes = u128::from(high) << 64 | u128::from(low);
    for digit in 0..32_u32 {
        if matches!(digit, 8 | 12 | 16 | 20) {
            out.push(b'-');
        }
        out.push(HEX[(bytes >> (124 - 4 * digit) & 15) as usize]);
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn hex(digits: usize, random: &mut Random, out: &mut Vec<u8>) {
    let mut bits = 0;
    for digit in 0..digits {
        if digit % 16 == 0 {
            bits = random.next_u64();
        }
        out.push(HEX[(bits & 15) as usize]);
        bits >>= 4;
    }
}

/// A text within a JSON string.
fn write_escaped(text: &str, out: &mut Vec<u8>) {
    let start = out.len();
    // The serialiser writes the quotes as well: they are taken off again.
    if serde_json::to_writer(&mut *out, text).is_ok() {
        out.remove(start);
        out.pop();
    }
}
