//! JSONPath as Jayway's library reads it: the dialect of API Gateway's `$input.path` and of Step Functions' paths.
//!
//! It parts from RFC 9535 where Jayway does: a definite path gives the value itself, `$.x-y` and `$.$x` are names,
//! `.length()` and its kin are functions, and filters know `=~`, `in`, `nin`, `size` and `empty`.

mod filter;
mod function;
mod parser;
mod read;
#[cfg(test)]
mod tests;
mod tree;

use std::borrow::Cow;
use std::fmt;

pub use tree::{Scalar, Tree};

use function::Call;

/// A compiled path.
///
/// ```
/// use serde_json::json;
/// use stepgate_emulator::jsonpath::Path;
///
/// let order = json!({"items": [{"sku": "a", "price": 2}, {"sku": "b", "price": 12}]});
/// let first = Path::parse("$.items[0].sku")?;
/// assert_eq!(first.read(&order).as_deref(), Some(&json!("a")));
/// let dear = Path::parse("$.items[?(@.price > 10)].sku")?;
/// assert_eq!(dear.read(&order).as_deref(), Some(&json!(["b"])));
/// # Ok::<(), stepgate_emulator::jsonpath::PathError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Path {
    source: String,
    steps: Vec<Step>,
    call: Option<Call>,
}

/// One step from a set of nodes to the next.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// `.name` or `['name']`.
    Member(String),
    /// `['a','b']`: one map of both at the end of a path, each in turn before it.
    Members(Vec<String>),
    /// `[0]`; negative counts from the end.
    Index(i64),
    /// `[0,2]`.
    Indices(Vec<i64>),
    /// `[1:3]`, `[:2]`, `[-2:]`.
    Slice(Option<i64>, Option<i64>),
    /// `.*` or `[*]`.
    Wildcard,
    /// `..`: the next step at every node below.
    Descend,
    /// `[?(…)]`.
    Filter(filter::Filter),
}

impl Path {
    /// Compiles `source`. A path that begins with neither `$` nor `@` is taken to lie below `$`, as Jayway does.
    ///
    /// # Errors
    /// When `source` is not a path; the error says where.
    pub fn parse(source: &str) -> Result<Self, PathError> {
        parser::parse(source)
    }

    /// Whether the path can name at most one value.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        self.call.is_some() || read::is_definite(&self.steps)
    }

    /// Whether the path is plain `$`.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.call.is_none() && self.steps.is_empty()
    }

    /// The names and indices of the path when it is made of nothing else (what a Step Functions *reference path* may
    /// be); `None` otherwise.
    #[must_use]
    pub fn segments(&self) -> Option<Vec<Segment<'_>>> {
        if self.call.is_some() {
            return None;
        }
        self.steps
            .iter()
            .map(|step| match step {
                Step::Member(name) => Some(Segment::Name(name)),
                Step::Index(index) => usize::try_from(*index).ok().map(Segment::Index),
                _ => None,
            })
            .collect()
    }

    /// The value at a definite path, a list of values for any other; `None` when a definite path, or the definite
    /// beginning of another, is missing.
    #[must_use]
    pub fn read<'v, T: Tree>(&self, root: &'v T) -> Option<Cow<'v, T>> {
        read::read(self, root)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl PartialEq for Path {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

/// One segment of a plain path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment<'p> {
    /// A member of a map.
    Name(&'p str),
    /// An element of a list, from 0.
    Index(usize),
}

/// Why a text is not a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError {
    /// The text.
    pub path: String,
    /// Character at which it stops being a path, from 1.
    pub column: usize,
    /// What was expected there.
    pub message: String,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JSONPath `{}`, character {}: {}", self.path, self.column, self.message)
    }
}

impl std::error::Error for PathError {}
