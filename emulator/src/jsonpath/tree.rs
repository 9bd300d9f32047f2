//! What a path can walk over.

use serde_json::Value;

/// A JSON tree. Step Functions walks `serde_json::Value`; mapping templates walk a tree that also keeps integers of any
/// size and remembers how numbers were written.
pub(crate) trait Tree: Clone {
    /// The node when it is neither a list nor a map.
    fn scalar(&self) -> Option<Scalar<'_>>;
    /// The elements of a list.
    fn elements(&self) -> Option<&[Self]>;
    /// The member of a map of that name.
    fn member(&self, name: &str) -> Option<&Self>;
    /// The members of a map in their order; `None` when it is not a map.
    fn members(&self) -> Option<Vec<(&str, &Self)>>;
    /// How many elements or members there are.
    fn breadth(&self) -> usize {
        self.elements().map_or_else(|| self.members().map_or(0, |members| members.len()), <[Self]>::len)
    }
    /// A list.
    fn list(elements: Vec<Self>) -> Self;
    /// A map.
    fn map(members: Vec<(String, Self)>) -> Self;
    /// A string.
    fn string(text: String) -> Self;
    /// A whole number.
    fn integer(number: i64) -> Self;
    /// A number with a fraction.
    fn double(number: f64) -> Self;
    /// A boolean.
    fn boolean(value: bool) -> Self;
    /// `null`.
    fn null() -> Self;
}

/// A node that has no children.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scalar<'v> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as near as a double comes.
    Number(f64),
    /// A string.
    String(&'v str),
}

impl Tree for Value {
    fn scalar(&self) -> Option<Scalar<'_>> {
        match self {
            Self::Null => Some(Scalar::Null),
            Self::Bool(value) => Some(Scalar::Bool(*value)),
            Self::Number(number) => Some(Scalar::Number(number.as_f64().unwrap_or(f64::NAN))),
            Self::String(text) => Some(Scalar::String(text)),
            Self::Array(_) | Self::Object(_) => None,
        }
    }

    fn elements(&self) -> Option<&[Self]> {
        self.as_array().map(Vec::as_slice)
    }

    fn member(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name)
    }

    fn members(&self) -> Option<Vec<(&str, &Self)>> {
        Some(self.as_object()?.iter().map(|(name, value)| (name.as_str(), value)).collect())
    }

    fn breadth(&self) -> usize {
        match self {
            Self::Array(list) => list.len(),
            Self::Object(map) => map.len(),
            _ => 0,
        }
    }

    fn list(elements: Vec<Self>) -> Self {
        Self::Array(elements)
    }

    fn map(members: Vec<(String, Self)>) -> Self {
        Self::Object(members.into_iter().collect())
    }

    fn string(text: String) -> Self {
        Self::String(text)
    }

    fn integer(number: i64) -> Self {
        Self::from(number)
    }

    fn double(number: f64) -> Self {
        Self::from(number)
    }

    fn boolean(value: bool) -> Self {
        Self::Bool(value)
    }

    fn null() -> Self {
        Self::Null
    }
}
