//! Documents with positions: YAML and JSON read into one tree whose every node knows where it stands.

mod growth;
pub(crate) mod json;
mod nearest;
mod node;
mod notes;
pub(crate) mod scalar;
pub(crate) mod yaml;

use std::fmt;
use std::sync::Arc;

pub(crate) use growth::{fitted, read_each};
pub(crate) use nearest::did_you_mean;
pub(crate) use node::{Entry, Kind, Node, Size, Text};
pub(crate) use notes::Notes;
pub use notes::PassedOver;

/// How deep a document may be nested; deeper ones are refused, so that walking a tree never exhausts the stack.
pub(crate) const MAX_DEPTH: usize = 128;

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
    /// Whether it is legal on AWS, and only not interpreted here.
    pub is_unsupported: bool,
}

impl LoadError {
    /// An error at a place.
    pub(crate) fn at(position: &Position, message: impl Into<String>) -> Self {
        Self { position: Some(position.clone()), message: message.into(), is_unsupported: false }
    }

    /// An error at something that is legal on AWS, and not interpreted here.
    pub(crate) fn unsupported(position: &Position, message: impl Into<String>) -> Self {
        Self { is_unsupported: true, ..Self::at(position, message) }
    }

    /// An error that has no place in a file.
    pub(crate) fn nowhere(message: impl Into<String>) -> Self {
        Self { position: None, message: message.into(), is_unsupported: false }
    }
}

impl LoadError {
    /// The message, and below it the line it speaks of with a caret under its place.
    #[must_use]
    pub(crate) fn render(&self, line: Option<&str>) -> String {
        let (Some(position), Some(line)) = (&self.position, line) else { return format!("error: {self}") };
        let number = position.line.to_string();
        let margin = " ".repeat(number.len());
        // Tabs stay, so that the caret stands where the terminal puts the character.
        let before = line.chars().take(position.column.saturating_sub(1) as usize);
        let before: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        format!("error: {self}\n {margin} |\n {number} | {line}\n {margin} | {before}^")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_its_line_with_a_caret_under_the_place() {
        let position = Position { file: Arc::from("t.yaml"), line: 12, column: 4 };
        let error = LoadError::at(&position, "no such thing");
        let shown = "error: t.yaml:12:4: no such thing\n    |\n 12 | \té: x\n    | \t  ^";
        assert_eq!(error.render(Some("\té: x")), shown);
        assert_eq!(error.render(None), "error: t.yaml:12:4: no such thing");
        assert_eq!(LoadError::nowhere("no file").render(None), "error: no file");
    }
}
