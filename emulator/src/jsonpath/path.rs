//! A compiled path, and what is told of one.

use std::borrow::Cow;
use std::fmt;

use super::ast::{Route, Step};
use super::error::{PathError, ReadError};
use super::parser::{Backslash, parse};
use super::tree::Tree;
use super::walk::{hold, read};
use crate::budget::Budget;

/// A compiled path.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    source: Box<str>,
    route: Route,
}

impl Path {
    /// Compiles `source`. A path that begins with neither `$` nor `@` is taken to lie below `$`, as Jayway does.
    ///
    /// # Errors
    /// When `source` is not a path; the error says where.
    pub(crate) fn parse(source: &str) -> Result<Self, PathError> {
        Self::parse_within(source, &Budget::default())
    }

    /// Compiles a path that came with a request.
    ///
    /// # Errors
    /// When `source` is not a path, or its regular expressions ask for more work than `budget` has left.
    pub(crate) fn parse_within(source: &str, budget: &Budget) -> Result<Self, PathError> {
        parse(source, Backslash::Escapes, budget).map(|route| Self { source: source.into(), route })
    }

    /// Compiles a path of the States Language, which is `written` with another beginning where it does not lead into the data. As
    /// recorded on AWS, a backslash in a name in quotes stands for itself, where Jayway would take it away.
    ///
    /// # Errors
    /// When `source` is not a path; the error says where.
    pub(crate) fn parse_for_states(source: &str, written: &str) -> Result<Self, PathError> {
        let route = parse(source, Backslash::Stands, &Budget::default())?;
        Ok(Self { source: written.into(), route })
    }

    /// As it is written.
    pub(crate) fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether the path can name at most one value.
    #[must_use]
    pub(crate) fn is_definite(&self) -> bool {
        self.route.is_definite()
    }

    /// Whether the path is plain `$`.
    #[must_use]
    pub(crate) fn is_root(&self) -> bool {
        self.route.call.is_none() && self.route.steps.is_empty()
    }

    /// The names and indices of the path when it is made of nothing else (what a Step Functions *reference path* may
    /// be); `None` otherwise.
    #[must_use]
    pub(crate) fn segments(&self) -> Option<Vec<Segment<'_>>> {
        if self.route.call.is_some() {
            return None;
        }
        self.route
            .steps
            .iter()
            .map(|step| match step {
                Step::Member(name) => Some(Segment::Name(name)),
                Step::Index(index) => usize::try_from(*index).ok().map(Segment::Index),
                _ => None,
            })
            .collect()
    }

    /// The names that the path begins with.
    pub(crate) fn leading_names(&self) -> impl Iterator<Item = &str> {
        self.route.steps.iter().map_while(|step| match step {
            Step::Member(name) => Some(&**name),
            _ => None,
        })
    }

    /// The rest of the path, to be read from the value below these names; `None` when the path does not begin with them,
    /// or may look back at its root.
    #[must_use]
    pub(crate) fn below(&self, names: &[&str]) -> Option<Self> {
        let leads_there = self.leading_names().take(names.len()).eq(names.iter().copied());
        let looks_back =
            self.route.call.is_some() || self.route.steps.iter().any(|step| matches!(step, Step::Filter(_)));
        (leads_there && !looks_back).then(|| {
            let route = Route { steps: self.route.steps[names.len()..].into(), call: None };
            Self { source: self.source.clone(), route }
        })
    }

    /// [`Path::read_within`] a budget of its own; what cannot be read counts as missing.
    #[must_use]
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn read<'v, T: Tree>(&self, root: &'v T) -> Option<Cow<'v, T>> {
        self.read_within(root, &Budget::default()).ok().flatten()
    }

    /// The value at a definite path, a list of values for any other; `None` when a definite path, or the definite
    /// beginning of another, is missing. The nodes visited and copied are charged to `budget`; what the result keeps
    /// stays held there.
    ///
    /// # Errors
    /// Where Jayway throws anything but that nothing is there, and when the budget is spent.
    pub(crate) fn read_within<'v, T: Tree>(
        &self,
        root: &'v T,
        budget: &Budget,
    ) -> Result<Option<Cow<'v, T>>, ReadError> {
        read(&self.route, root, budget)
    }

    /// [`Path::read_within`], as a value of its own: the copy is charged too.
    ///
    /// # Errors
    /// As [`Path::read_within`].
    pub(crate) fn copy_within<T: Tree>(&self, root: &T, budget: &Budget) -> Result<Option<T>, ReadError> {
        let Some(value) = self.read_within(root, budget)? else { return Ok(None) };
        if let Cow::Borrowed(value) = value {
            hold(value, budget)?;
        }
        Ok(Some(value.into_owned()))
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
pub(crate) enum Segment<'p> {
    /// A member of a map.
    Name(&'p str),
    /// An element of a list, from 0.
    Index(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_one_value_and_a_filter_a_list() {
        use serde_json::json;

        let order = json!({"items": [{"sku": "a", "price": 2}, {"sku": "b", "price": 12}]});
        let first = Path::parse("$.items[0].sku").unwrap();
        assert_eq!(first.read(&order).as_deref(), Some(&json!("a")));
        let dear = Path::parse("$.items[?(@.price > 10)].sku").unwrap();
        assert_eq!(dear.read(&order).as_deref(), Some(&json!(["b"])));
    }
}
