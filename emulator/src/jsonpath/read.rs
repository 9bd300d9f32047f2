//! Walking a tree along a path.

use std::borrow::Cow;

use super::{Path, Step, Tree};

/// Nodes that one read may visit: `$..*..*` on a large body would otherwise run for hours.
const VISITS: usize = 4_000_000;

pub(super) fn is_definite(steps: &[Step]) -> bool {
    steps.iter().enumerate().all(|(at, step)| match step {
        Step::Member(_) | Step::Index(_) => true,
        Step::Members(_) => at + 1 == steps.len(),
        _ => false,
    })
}

pub(super) fn read<'v, T: Tree>(path: &Path, root: &'v T) -> Option<Cow<'v, T>> {
    let value = select(&path.steps, root, root)?;
    match &path.call {
        Some(call) => call.apply(value.as_ref(), root).map(Cow::Owned),
        None => Some(value),
    }
}

/// What `steps` name below `start`; filters may look at `root`.
pub(super) fn select<'v, T: Tree>(steps: &[Step], start: &'v T, root: &'v T) -> Option<Cow<'v, T>> {
    if let Some(node) = plain(steps, start) {
        return node.map(Cow::Borrowed);
    }
    let mut walk = Walk { root, found: Vec::new(), visits: VISITS };
    walk.step(steps, start, true).ok()?;
    if is_definite(steps) {
        return walk.found.pop();
    }
    Some(Cow::Owned(T::list(walk.found.into_iter().map(Cow::into_owned).collect())))
}

/// The common case, names and indices only, without a list: `None` when there is more to the path.
#[expect(clippy::option_option, reason = "not a plain path, a plain path that is missing, a value")]
fn plain<'v, T: Tree>(steps: &[Step], start: &'v T) -> Option<Option<&'v T>> {
    let mut node = Some(start);
    for step in steps {
        node = match step {
            Step::Member(name) => node.and_then(|node| node.member(name)),
            Step::Index(index) => node.and_then(|node| element(node.elements()?, *index)),
            _ => return None,
        };
    }
    Some(node)
}

/// The definite part of a path is missing, or the walk took too long.
struct Missing;

struct Walk<'v, T: Tree> {
    root: &'v T,
    found: Vec<Cow<'v, T>>,
    visits: usize,
}

impl<'v, T: Tree> Walk<'v, T> {
    /// Follows `steps` from `node`. `definite`: nothing before named several nodes, so that a missing one is an error.
    fn step(&mut self, steps: &[Step], node: &'v T, definite: bool) -> Result<(), Missing> {
        self.visits = self.visits.checked_sub(1).ok_or(Missing)?;
        let Some((step, rest)) = steps.split_first() else {
            self.found.push(Cow::Borrowed(node));
            return Ok(());
        };
        match step {
            Step::Member(name) => match node.member(name) {
                Some(child) => self.step(rest, child, definite),
                None => missing(definite),
            },
            Step::Members(names) => self.members(names, rest, node, definite),
            Step::Index(index) => match node.elements().and_then(|list| element(list, *index)) {
                Some(child) => self.step(rest, child, definite),
                None => missing(definite),
            },
            Step::Indices(indices) => {
                let Some(list) = node.elements() else { return missing(definite) };
                indices
                    .iter()
                    .filter_map(|index| element(list, *index))
                    .try_for_each(|child| self.step(rest, child, false))
            }
            Step::Slice(from, to) => {
                let Some(list) = node.elements() else { return missing(definite) };
                slice(list, *from, *to).iter().try_for_each(|child| self.step(rest, child, false))
            }
            Step::Wildcard => self.children(node, |walk, child| walk.step(rest, child, false)),
            Step::Filter(filter) => match node.elements() {
                Some(list) => list
                    .iter()
                    .filter(|child| filter.accepts(*child, self.root))
                    .try_for_each(|child| self.step(rest, child, false)),
                None if filter.accepts(node, self.root) => self.step(rest, node, false),
                None => Ok(()),
            },
            Step::Descend => self.descend(rest, node),
        }
    }

    fn members(&mut self, names: &[String], rest: &[Step], node: &'v T, definite: bool) -> Result<(), Missing> {
        if node.members().is_none() {
            return missing(definite);
        }
        let present = names.iter().filter_map(|name| Some((name, node.member(name)?)));
        if rest.is_empty() {
            let merged = present.map(|(name, child)| (name.clone(), child.clone())).collect();
            self.found.push(Cow::Owned(T::map(merged)));
            return Ok(());
        }
        present.map(|(_, child)| child).try_for_each(|child| self.step(rest, child, false))
    }

    /// Applies `rest` at `node` and at every node below, parents first.
    fn descend(&mut self, rest: &[Step], node: &'v T) -> Result<(), Missing> {
        match rest {
            // Jayway tests the nodes themselves here, not the elements of each list.
            [Step::Filter(filter), after @ ..] => {
                if filter.accepts(node, self.root) {
                    self.step(after, node, false)?;
                }
            }
            [] => self.found.push(Cow::Borrowed(node)),
            _ => self.step(rest, node, false)?,
        }
        self.children(node, |walk, child| walk.descend(rest, child))
    }

    fn children(
        &mut self,
        node: &'v T,
        mut visit: impl FnMut(&mut Self, &'v T) -> Result<(), Missing>,
    ) -> Result<(), Missing> {
        self.visits = self.visits.checked_sub(1).ok_or(Missing)?;
        if let Some(list) = node.elements() {
            return list.iter().try_for_each(|child| visit(self, child));
        }
        node.members().unwrap_or_default().into_iter().try_for_each(|(_, child)| visit(self, child))
    }
}

fn missing(definite: bool) -> Result<(), Missing> {
    if definite { Err(Missing) } else { Ok(()) }
}

/// The element at `index`, counted from the end when negative.
pub(super) fn element<T>(list: &[T], index: i64) -> Option<&T> {
    list.get(position(index, list.len())?)
}

fn position(index: i64, length: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

fn slice<T>(list: &[T], from: Option<i64>, to: Option<i64>) -> &[T] {
    let clamp = |index: i64| position(index, list.len()).unwrap_or(0).min(list.len());
    let (from, to) = (from.map_or(0, clamp), to.map_or(list.len(), clamp));
    list.get(from..to).unwrap_or_default()
}
