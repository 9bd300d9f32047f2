//! Plain calls of the functions of payload templates: the fast way, which allocates nothing.

use std::io::Write;
use std::sync::Arc;

use super::context::{Arriving, TemplateContext};
use super::data::{Cell, Data};
use super::functions::{self, FUNCTIONS, MOST_DIGITS, write_escaped};
use crate::mistake::Mistake;
use crate::random::Random;

/// A call in a template, with its arguments checked.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
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

/// What a text between `{{` and `}}` is.
pub(super) enum Reading {
    /// A plain call.
    Plain(Expression),
    /// A plain call that is wrong.
    Wrong(Mistake),
    /// Something else, such as a filter or a sum.
    Other,
}

impl Expression {
    /// Reads `name(arguments)`, the arguments being numbers and texts.
    pub(super) fn read(text: &str, around: &TemplateContext<'_>) -> Reading {
        let text = text.trim();
        let Some((name, arguments)) = call(text) else { return Reading::Other };
        let Some((_, example)) = FUNCTIONS.iter().find(|(n, _)| *n == name) else { return Reading::Other };
        let number = |i: usize| arguments.get(i).and_then(serde_json::Value::as_f64);
        let integer = |i: usize| arguments.get(i).and_then(serde_json::Value::as_i64);
        let digits = |n: i64| usize::try_from(n).ok().filter(|n| *n <= MOST_DIGITS);
        let parsed = match (name, arguments.len()) {
            ("uuid", 0) => Some(Self::Uuid),
            ("seq", 0) => Some(Self::Seq),
            ("int", 2) => integer(0).zip(integer(1)).filter(|(l, h)| l <= h).map(|(l, h)| Self::Int(l, h)),
            ("float", 2) => number(0)
                .zip(number(1))
                .filter(|(low, high)| functions::is_span(*low, *high))
                .map(|(low, high)| Self::Float(low, high)),
            ("hex", 1) => integer(0).and_then(digits).map(Self::Hex),
            ("choice", 1..) => {
                let texts: Option<_> = arguments.iter().map(|a| a.as_str().map(String::from)).collect();
                match texts {
                    Some(texts) => Some(Self::Choice(texts)),
                    // Numbers stay numbers on the other way.
                    None => return Reading::Other,
                }
            }
            ("now", 0) => Some(Self::Now),
            // A whole row is a value for the other way.
            ("data", 1) => return Reading::Other,
            ("env", 1) | ("data", 2) => {
                let names: Option<Vec<&str>> = arguments.iter().map(serde_json::Value::as_str).collect();
                let found = names.map(|names| match names.as_slice() {
                    [table, column] => row(table, column, around),
                    names => environment(names.first().unwrap_or(&""), around),
                });
                match found {
                    Some(Ok(expression)) => Some(expression),
                    Some(Err(mistake)) => return Reading::Wrong(mistake),
                    None => None,
                }
            }
            _ => None,
        };
        match parsed {
            Some(expression) => Reading::Plain(expression),
            None => Reading::Wrong(
                Mistake::usage(format!("`{text}` is not a call of `{name}`"))
                    .with_help(format!("write it as {{{{ {example} }}}}")),
            ),
        }
    }

    /// Whether it yields a number, which a JSON string that holds nothing else becomes.
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Int(..) | Self::Float(..) | Self::Seq)
    }

    /// Writes its value.
    ///
    /// # Errors
    /// A table has no row for the arrival, or cannot be read any more: in words.
    pub(super) fn write(&self, arriving: &Arriving, random: &mut Random, out: &mut Vec<u8>) -> Result<(), Mistake> {
        // Writing to a `Vec` cannot fail.
        match self {
            Self::Uuid => functions::uuid(random, out),
            Self::Int(low, high) => {
                let _ = write!(out, "{}", functions::int(*low, *high, random));
            }
            Self::Float(low, high) => {
                let _ = write!(out, "{}", functions::float(*low, *high, random));
            }
            Self::Choice(texts) => write_escaped(&texts[functions::choice(texts.len(), random)], out),
            Self::Seq => {
                let _ = write!(out, "{}", arriving.k);
            }
            Self::Hex(digits) => functions::hex(*digits, random, out),
            Self::Now => functions::now(arriving.unix_ms, out),
            Self::Env(value) => write_escaped(value, out),
            Self::Data { table, column, alone } => {
                return table.look(arriving.k, arriving.seed, |row| write_cell(row.get(*column), *alone, out));
            }
        }
        Ok(())
    }
}

fn write_cell(cell: Cell<'_>, alone: bool, out: &mut Vec<u8>) {
    match cell {
        Cell::Text(text) if alone => {
            out.push(b'"');
            write_escaped(text, out);
            out.push(b'"');
        }
        Cell::Json(json) if alone => out.extend_from_slice(json.as_bytes()),
        Cell::Text(text) => write_escaped(text, out),
        Cell::Json(json) => match json.strip_prefix('"').and_then(|json| json.strip_suffix('"')) {
            Some(within) => out.extend_from_slice(within.as_bytes()),
            None => write_escaped(json, out),
        },
    }
}

/// The name and the arguments of a call whose arguments are numbers and texts in either kind of quotes.
fn call(text: &str) -> Option<(&str, Vec<serde_json::Value>)> {
    let (name, rest) = text.split_once('(')?;
    let inner = rest.strip_suffix(')')?;
    let mut json = String::from("[");
    let mut pieces = inner.split('\'');
    json += pieces.next()?;
    while let Some(quoted) = pieces.next() {
        if quoted.contains(['\\', '"']) {
            return None;
        }
        json.extend(["\"", quoted, "\"", pieces.next()?]);
    }
    json.push(']');
    let arguments: Vec<serde_json::Value> = serde_json::from_str(&json).ok()?;
    let literal = |argument: &serde_json::Value| argument.is_number() || argument.is_string();
    arguments.iter().all(literal).then_some((name.trim(), arguments))
}

fn environment(name: &str, around: &TemplateContext<'_>) -> Result<Expression, Mistake> {
    let value = (around.variable)(name);
    value.map(Expression::Env).ok_or_else(|| Mistake::usage(unset(name)))
}

/// What to say of a variable that is not there.
pub(super) fn unset(name: &str) -> String {
    format!("the environment variable {name} is not set")
}

fn row(table: &str, column: &str, around: &TemplateContext<'_>) -> Result<Expression, Mistake> {
    let data = find_table(table, around.tables)?;
    let column = find_column(data, column)?;
    Ok(Expression::Data { table: Arc::clone(data), column, alone: false })
}

pub(super) fn find_table<'t>(name: &str, tables: &'t [Arc<Data>]) -> Result<&'t Arc<Data>, Mistake> {
    tables.iter().find(|data| data.name == name).ok_or_else(|| {
        let names: Vec<&str> = tables.iter().map(|data| data.name.as_str()).collect();
        let help = match crate::spelling::nearest(name, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => format!("add [data.{name}] with a file"),
            None => format!("there are {}", names.join(", ")),
        };
        Mistake::usage(format!("there is no table `{name}`")).with_help(help)
    })
}

pub(super) fn find_column(data: &Data, name: &str) -> Result<usize, Mistake> {
    data.columns().iter().position(|column| column == name).ok_or_else(|| {
        let names = data.columns().join(", ");
        let help = match data.columns() {
            [all] if all.contains([';', '\t']) => format!("its only column is `{names}`: put commas between columns"),
            _ => format!("there are {names}"),
        };
        Mistake::usage(format!("`{}` has no column `{name}`", data.name)).with_help(help)
    })
}
