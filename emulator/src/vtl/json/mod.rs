//! JSON as API Gateway's mapping templates read and write it: integers of any size exact, key order kept, the last of
//! two equal keys winning, and much that is not JSON at all taken for it.

mod number;
mod reader;
mod writer;

use std::borrow::Cow;
use std::cell::Cell;
use std::convert::Infallible;

use crate::budget::{Budget, Exhausted};
use crate::jsonpath::{Scalar, Tree};

pub(crate) use number::Number;
pub(crate) use writer::{quoted_length, write_string};

/// Units of work that a value costs to write beside its bytes.
const WRITE: usize = 24;

/// How much that is not JSON a body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Leniency {
    /// As API Gateway reads bodies: single quotes, bare keys and words, spare commas, and a bare text is a string.
    /// Inferred from what deployed templates rely on; measured in detail on json-smart 2.2, which is the parser of
    /// Jayway's JSONPath.
    #[default]
    Lenient,
    /// RFC 8259 only.
    Strict,
}

/// A JSON value that borrows what it can from the text it was read from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'b> {
    Null,
    Bool(bool),
    Number(Number),
    String(Cow<'b, str>),
    List(Vec<Json<'b>>),
    Map(Vec<(Cow<'b, str>, Json<'b>)>),
}

impl<'b> Json<'b> {
    /// Reads `text`; the error is the reader's own words, which API Gateway shows nobody.
    pub(crate) fn read(text: &'b str, leniency: Leniency, budget: &Budget) -> Result<Self, String> {
        budget.work(text.len() * 2)?;
        if leniency == Leniency::Strict {
            serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| error.to_string())?;
        }
        reader::read(text, budget)
    }

    /// A copy that borrows nothing.
    pub(crate) fn into_owned(self) -> Json<'static> {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(value),
            Self::Number(number) => Json::Number(number),
            Self::String(text) => Json::String(Cow::Owned(text.into_owned())),
            Self::List(list) => Json::List(list.into_iter().map(Json::into_owned).collect()),
            Self::Map(members) => Json::Map(
                members.into_iter().map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned())).collect(),
            ),
        }
    }

    /// Writes it compactly.
    pub(crate) fn write(&self, out: &mut String) {
        let Ok(()) = writer::write(self, out, &|_| Ok::<_, Infallible>(()));
    }

    /// Writes it compactly. What that takes is charged before each part of it; what is held for it, in the end, is the
    /// caller's to charge.
    ///
    /// # Errors
    /// The budget is spent.
    pub(crate) fn write_within(&self, out: &mut String, budget: &Budget) -> Result<(), Exhausted> {
        let held = Cell::new(0);
        let charge = |bytes: usize| {
            budget.work(WRITE + bytes)?;
            budget.hold(bytes)?;
            held.set(held.get() + bytes);
            Ok(())
        };
        let written = writer::write(self, out, &charge);
        budget.release(held.get());
        written
    }
}

impl Tree for Json<'_> {
    fn scalar(&self) -> Option<Scalar<'_>> {
        match self {
            Self::Null => Some(Scalar::Null),
            Self::Bool(value) => Some(Scalar::Bool(*value)),
            Self::Number(number) => Some(Scalar::Number(number.as_f64())),
            Self::String(text) => Some(Scalar::String(text)),
            Self::List(_) | Self::Map(_) => None,
        }
    }

    fn elements(&self) -> Option<&[Self]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    fn members(&self) -> Option<Vec<(&str, &Self)>> {
        match self {
            Self::Map(members) => Some(members.iter().map(|(key, value)| (key.as_ref(), value)).collect()),
            _ => None,
        }
    }

    fn list(elements: Vec<Self>) -> Self {
        Self::List(elements)
    }

    fn map(members: Vec<(String, Self)>) -> Self {
        Self::Map(members.into_iter().map(|(key, value)| (Cow::Owned(key), value)).collect())
    }

    fn string(text: String) -> Self {
        Self::String(Cow::Owned(text))
    }

    fn integer(number: i64) -> Self {
        Self::Number(Number::Integer(number))
    }

    fn double(number: f64) -> Self {
        Self::Number(Number::Double(number))
    }

    fn boolean(value: bool) -> Self {
        Self::Bool(value)
    }

    fn null() -> Self {
        Self::Null
    }
}
