//! The tree that every document is read into, and what loaders ask of it.

use std::fmt;

use super::{LoadError, Position};

/// A node of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// Where it starts.
    pub(crate) position: Position,
    /// What it is.
    pub(crate) kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`; in YAML also `yes` and `off`.
    Bool(bool),
    /// A number, kept as JSON keeps it.
    Number(serde_json::Number),
    /// Text, of any scalar style.
    String(Text),
    /// A list.
    List(Vec<Node>),
    /// A map in document order; keys are text whatever their scalar type was (`200:` is `"200"`).
    Map(Vec<Entry>),
}

/// One entry of a map.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: String,
    /// Where the key stands.
    pub(crate) position: Position,
    /// The value.
    pub(crate) value: Node,
}

/// A piece of text that can say where each of its lines stands in the file: mapping templates and state machines
/// live inside YAML scalars, and their errors must point there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// The text.
    pub(crate) value: String,
    /// Where the first character stands.
    pub(crate) start: Position,
    /// Column at which every later line starts in the file (block scalars are indented); 1 where unknown.
    pub(crate) indent: u32,
}

impl Text {
    /// The place in the file of a line and column of this text, both from 1.
    #[must_use]
    pub(crate) fn position(&self, line: u32, column: u32) -> Position {
        let base = if line == 1 { self.start.column } else { self.indent };
        Position { file: self.start.file.clone(), line: self.start.line + line - 1, column: base + column - 1 }
    }
}

/// How large a node is, with all below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Size {
    /// How many nodes there are.
    pub(crate) nodes: usize,
    /// Bytes of their texts and keys.
    pub(crate) bytes: usize,
    /// How deep they are nested.
    pub(crate) depth: usize,
}

impl Size {
    /// What so many nodes with so many bytes of text take in memory, about.
    pub(crate) const fn in_memory(self) -> usize {
        self.nodes.saturating_mul(size_of::<Entry>()).saturating_add(self.bytes)
    }

    fn with(self, below: Self) -> Self {
        Self {
            nodes: self.nodes + below.nodes,
            bytes: self.bytes + below.bytes,
            depth: self.depth.max(below.depth + 1),
        }
    }
}

impl Node {
    /// How large it is.
    pub(crate) fn size(&self) -> Size {
        let own = |bytes| Size { nodes: 1, bytes, depth: 1 };
        match &self.kind {
            Kind::String(text) => own(text.value.len()),
            Kind::List(items) => items.iter().fold(own(0), |size, item| size.with(item.size())),
            Kind::Map(entries) => entries.iter().fold(own(0), |size, entry| {
                let Size { nodes, bytes, depth } = entry.value.size();
                size.with(Size { nodes, bytes: bytes + entry.key.len(), depth })
            }),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => own(0),
        }
    }

    /// Text in a place.
    #[must_use]
    pub(crate) fn text(position: &Position, value: impl Into<String>) -> Self {
        let text = Text { value: value.into(), start: position.clone(), indent: 1 };
        Self { position: position.clone(), kind: Kind::String(text) }
    }

    /// A list in a place.
    #[must_use]
    pub(crate) fn list(position: &Position, items: Vec<Self>) -> Self {
        Self { position: position.clone(), kind: Kind::List(items) }
    }

    /// A map in a place, whose keys stand there too.
    #[must_use]
    pub(crate) fn map(position: &Position, entries: Vec<(&str, Self)>) -> Self {
        let entry = |(key, value): (&str, Self)| Entry { key: key.to_owned(), position: position.clone(), value };
        Self { position: position.clone(), kind: Kind::Map(entries.into_iter().map(entry).collect()) }
    }

    /// The entries to change; none if this is not a map.
    pub(crate) fn entries_mut(&mut self) -> &mut [Entry] {
        if let Kind::Map(entries) = &mut self.kind { entries } else { &mut [] }
    }

    /// The value of `key` to change, if this is a map that has it.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        self.entries_mut().iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
    }

    /// Sets the value of `key`; what is not a map becomes one.
    pub(crate) fn set(&mut self, key: &str, position: &Position, value: Self) {
        *self.get_or_insert(key, position) = value;
    }

    /// The value of `key`, an empty map at first; what is not a map becomes one.
    pub(crate) fn get_or_insert(&mut self, key: &str, position: &Position) -> &mut Self {
        if self.as_map().is_none() {
            self.kind = Kind::Map(Vec::new());
        }
        let Kind::Map(entries) = &mut self.kind else { unreachable!("it was made a map above") };
        let at = entries.iter().position(|entry| entry.key == key).unwrap_or_else(|| {
            let value = Self::map(position, Vec::new());
            entries.push(Entry { key: key.to_owned(), position: position.clone(), value });
            entries.len() - 1
        });
        &mut entries[at].value
    }

    /// Takes `key` out of a map.
    pub(crate) fn remove(&mut self, key: &str) {
        if let Kind::Map(entries) = &mut self.kind {
            entries.retain(|entry| entry.key != key);
        }
    }

    /// The value of `key`, if this is a map that has it.
    #[must_use]
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of `key`, if this is a map that has it.
    #[must_use]
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_map()?.iter().find(|entry| entry.key == key)
    }

    /// The entries, if this is a map.
    #[must_use]
    pub(crate) fn as_map(&self) -> Option<&[Entry]> {
        if let Kind::Map(entries) = &self.kind { Some(entries) } else { None }
    }

    /// The items, if this is a list.
    #[must_use]
    pub(crate) fn as_list(&self) -> Option<&[Self]> {
        if let Kind::List(items) = &self.kind { Some(items) } else { None }
    }

    /// The text with its place, if this is text.
    #[must_use]
    pub(crate) fn as_text(&self) -> Option<&Text> {
        if let Kind::String(text) = &self.kind { Some(text) } else { None }
    }

    /// The text, if this is text.
    #[must_use]
    pub(crate) fn as_str(&self) -> Option<&str> {
        self.as_text().map(|text| text.value.as_str())
    }

    /// The truth value, if this is one.
    #[must_use]
    pub(crate) fn as_bool(&self) -> Option<bool> {
        if let Kind::Bool(value) = self.kind { Some(value) } else { None }
    }

    /// The number, if this is one.
    #[must_use]
    pub(crate) fn as_number(&self) -> Option<&serde_json::Number> {
        if let Kind::Number(number) = &self.kind { Some(number) } else { None }
    }

    /// Whether this is `null`.
    #[must_use]
    pub(crate) fn is_null(&self) -> bool {
        self.kind == Kind::Null
    }

    /// The entries; `what` names this node in the error.
    pub(crate) fn expect_map(&self, what: &str) -> Result<&[Entry], LoadError> {
        self.as_map().ok_or_else(|| self.unexpected(what, "a map"))
    }

    /// The items; `what` names this node in the error.
    pub(crate) fn expect_list(&self, what: &str) -> Result<&[Self], LoadError> {
        self.as_list().ok_or_else(|| self.unexpected(what, "a list"))
    }

    /// The text with its place; `what` names this node in the error.
    pub(crate) fn expect_text(&self, what: &str) -> Result<&Text, LoadError> {
        self.as_text().ok_or_else(|| self.unexpected(what, "text"))
    }

    /// The text; `what` names this node in the error.
    pub(crate) fn expect_str(&self, what: &str) -> Result<&str, LoadError> {
        self.as_str().ok_or_else(|| self.unexpected(what, "text"))
    }

    /// The truth value; `what` names this node in the error.
    pub(crate) fn expect_bool(&self, what: &str) -> Result<bool, LoadError> {
        self.as_bool().ok_or_else(|| self.unexpected(what, "true or false"))
    }

    /// The number; `what` names this node in the error.
    pub(crate) fn expect_f64(&self, what: &str) -> Result<f64, LoadError> {
        self.as_number().and_then(serde_json::Number::as_f64).ok_or_else(|| self.unexpected(what, "a number"))
    }

    /// The whole number from 0; `what` names this node in the error.
    pub(crate) fn expect_u64(&self, what: &str) -> Result<u64, LoadError> {
        self.as_number()
            .and_then(serde_json::Number::as_u64)
            .ok_or_else(|| self.unexpected(what, "a whole number, not negative"))
    }

    /// The value of `key`, which must be there; `what` names this node in the error.
    pub(crate) fn require(&self, what: &str, key: &str) -> Result<&Self, LoadError> {
        self.expect_map(what)?;
        self.get(key).ok_or_else(|| LoadError::at(&self.position, format!("{what} needs `{key}`")))
    }

    /// Refuses every key that is not among `supported`; `what` names this node in the error.
    pub(crate) fn expect_keys(&self, what: &str, supported: &[&str]) -> Result<(), LoadError> {
        match self.expect_map(what)?.iter().find(|entry| !supported.contains(&entry.key.as_str())) {
            Some(entry) => Err(entry.unsupported(what, supported)),
            None => Ok(()),
        }
    }

    /// The error for a node that is not what it must be; `what` names it, `expected` says what it must be.
    #[must_use]
    pub(crate) fn unexpected(&self, what: &str, expected: &str) -> LoadError {
        LoadError::at(&self.position, format!("{what} must be {expected}, found {}", self.kind))
    }

    /// The value as JSON; places are lost, the order of keys is kept.
    #[must_use]
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match &self.kind {
            Kind::Null => serde_json::Value::Null,
            Kind::Bool(value) => (*value).into(),
            Kind::Number(number) => number.clone().into(),
            Kind::String(text) => text.value.clone().into(),
            Kind::List(items) => items.iter().map(Self::to_json).collect(),
            Kind::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect(),
        }
    }
}

impl Entry {
    /// The error for a key that is not among `supported`; `what` names the map that has it.
    #[must_use]
    pub(crate) fn unsupported(&self, what: &str, supported: &[&str]) -> LoadError {
        let supported = supported.join(", ");
        LoadError::unsupported(
            &self.position,
            format!("unsupported key `{}` in {what}; supported here: {supported}", self.key),
        )
    }
}

/// How an error message calls what it found.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("nothing"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => write!(f, "the number {number}"),
            Self::String(text) if text.value.chars().count() <= 40 => write!(f, "`{}`", text.value.escape_debug()),
            Self::String(_) => f.write_str("text"),
            Self::List(_) => f.write_str("a list"),
            Self::Map(entries) => match entries.first() {
                Some(entry) => write!(f, "a map with `{}`", entry.key),
                None => f.write_str("an empty map"),
            },
        }
    }
}
