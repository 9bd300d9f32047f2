//! Documents with positions: YAML and JSON read into one tree whose every node knows where it stands.

use std::fmt;
use std::sync::Arc;

/// A place in a file; lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Position {
    /// The file as the user named it.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Why a deployment cannot be served: what is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// Where it stands; `None` for a file that cannot be read at all.
    pub position: Option<Position>,
    /// What is wrong and what to do, lower-case, without a full stop.
    pub message: String,
}

impl LoadError {
    /// An error at a place.
    pub fn at(position: &Position, message: impl Into<String>) -> Self {
        Self { position: Some(position.clone()), message: message.into() }
    }

    /// An error that has no place in a file.
    pub fn nowhere(message: impl Into<String>) -> Self {
        Self { position: None, message: message.into() }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.position {
            Some(position) => write!(f, "{position}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for LoadError {}

/// A node of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it starts.
    pub position: Position,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false` (YAML 1.2: `yes` is a string).
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
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub position: Position,
    /// The value.
    pub value: Node,
}

/// A piece of text that can say where each of its lines stands in the file: mapping templates and state machines
/// live inside YAML scalars, and their errors must point there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub value: String,
    /// Where the first character stands.
    pub start: Position,
    /// Column at which every later line starts in the file (block scalars are indented); 1 where unknown.
    pub indent: u32,
}

impl Text {
    /// The place in the file of a line and column of this text, both from 1.
    #[must_use]
    pub fn position(&self, line: u32, column: u32) -> Position {
        let base = if line == 1 { self.start.column } else { self.indent };
        Position { file: self.start.file.clone(), line: self.start.line + line - 1, column: base + column - 1 }
    }
}
