//! Values while a template is rendered. Lists and maps are objects with an identity, as in Java: two variables may
//! name one list.

use std::borrow::Cow;

use super::ast::Block;
use super::facts::Group;

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value<'r> {
    /// Java's `null`: a reference to it is rendered as it was written.
    Null,
    /// What API Gateway's own objects give for what is not there: rendered as nothing, equal to null and to "".
    Missing,
    Bool(bool),
    Integer(i128),
    /// A number of a body that no other kind can hold, printed.
    Exact(Box<str>),
    Double(f64),
    Text(Cow<'r, str>),
    List(usize),
    Map(usize),
    Entry(usize),
    Host(Host),
    /// What `#define` gave a name. Lists and maps hold the text that it is then.
    Block(&'r Block),
}

/// Objects that API Gateway provides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    Input,
    Util,
    /// `$context` or one of its inner objects: the names so far, joined and ended by dots.
    Context(String),
    StageVariables,
    /// `$input.params()`
    Parameters,
    /// `$input.params().header` and its kin.
    Group(Group),
    /// `$foreach`, by nesting from 0.
    Loop(usize),
}

impl Host {
    /// Whether it is a map: of parameters, of stage variables, of the variables of `$context`.
    pub(super) fn is_map(&self) -> bool {
        matches!(self, Self::Context(_) | Self::StageVariables | Self::Parameters | Self::Group(_))
    }
}

impl Value<'_> {
    /// Bytes that it keeps beside its own size.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text(Cow::Owned(text)) => text.len() + ALLOCATION,
            Self::Exact(text) => text.len() + ALLOCATION,
            Self::Host(Host::Context(names)) => names.len() + ALLOCATION,
            _ => 0,
        }
    }

    /// A whole number beyond an Integer.
    pub(super) fn is_long(&self) -> bool {
        matches!(self, Self::Integer(number) if i32::try_from(*number).is_err())
    }
}

/// What is null in a map or list from JSON is rendered as nothing.
pub(super) fn present(value: Value<'_>, json: bool) -> Value<'_> {
    if json && matches!(value, Value::Null) { Value::Missing } else { value }
}

/// What an allocation costs beside what was asked for.
const ALLOCATION: usize = 16;

/// What kind of collection a list stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum ListKind {
    /// An `ArrayList`.
    #[default]
    Plain,
    /// An array: it can neither grow nor shrink, and equals only itself.
    Array,
    /// One that came from JSON, and prints as such.
    Json,
    /// What `keySet`, `values` and `entrySet` give of a map: it has no order to take elements by.
    View { of: usize },
}

/// Which part of a map is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Keys,
    Values,
    Pairs,
}

/// A list.
#[derive(Debug, Default)]
pub(super) struct List<'r> {
    pub(super) kind: ListKind,
    pub(super) items: Vec<Value<'r>>,
}

impl List<'_> {
    pub(super) fn is_json(&self) -> bool {
        self.kind == ListKind::Json
    }

    pub(super) fn is_view(&self) -> bool {
        matches!(self.kind, ListKind::View { .. })
    }
}

/// What a map has a value under.
#[derive(Debug, Clone)]
pub(super) enum Key<'r> {
    Text(Cow<'r, str>),
    /// A number, null or whatever else a template wrote there.
    Other(Box<Value<'r>>),
}

impl<'r> Key<'r> {
    pub(super) fn of(value: Value<'r>) -> Self {
        match value {
            Value::Text(text) => Self::Text(text),
            Value::Missing => Self::Text(Cow::Borrowed("")),
            other => Self::Other(Box::new(other)),
        }
    }

    /// Bytes that it keeps beside its own size.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Other(value) => size_of::<Value<'_>>() + value.size(),
        }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        matches!(self, Self::Text(text) if text == name)
    }

    pub(super) fn into_value(self) -> Value<'r> {
        match self {
            Self::Text(text) => Value::Text(text),
            Self::Other(value) => *value,
        }
    }
}

impl<'r> From<Cow<'r, str>> for Key<'r> {
    fn from(text: Cow<'r, str>) -> Self {
        Self::Text(text)
    }
}

impl<'r> From<&'r str> for Key<'r> {
    fn from(text: &'r str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

/// A key and its value.
pub(super) type MapEntry<'r> = (Key<'r>, Value<'r>);

/// A map in the order of its keys.
#[derive(Debug, Default)]
pub(super) struct Map<'r> {
    pub(super) json: bool,
    pub(super) entries: Vec<MapEntry<'r>>,
    /// The lists that are views of it, once they have been asked for. Their items stand in the order of its entries.
    pub(super) views: Vec<(Side, usize)>,
}

impl<'r> Map<'r> {
    pub(super) fn get(&self, key: &str) -> Option<&Value<'r>> {
        self.entries.iter().find(|(name, _)| name.is(key)).map(|(_, value)| value)
    }
}

/// A pair of a map, which it can change.
#[derive(Debug)]
pub(super) struct Pair<'r> {
    pub(super) key: Key<'r>,
    pub(super) value: Value<'r>,
    /// The map that it is of.
    pub(super) of: usize,
    /// Its place there when it was made.
    pub(super) at: usize,
}
