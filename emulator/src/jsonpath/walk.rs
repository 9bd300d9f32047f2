//! Walking a tree along a path.

use std::borrow::Cow;

use super::ast::{Argument, Comparison, Filter, FunctionCall, Operand, Route, Step};
use super::compare::compare;
use super::error::ReadError;
use super::function::{apply, element};
use super::tree::{Scalar, Tree};
use crate::budget::{Budget, Exhausted};

/// Units of work that a step costs at a node.
const VISIT: usize = 16;
/// Units of work that the copy of a node costs.
const COPY: usize = 40;

/// What is at the end of a route; `None` when the definite part of it is missing.
pub(super) fn read<'v, T: Tree>(route: &Route, root: &'v T, budget: &Budget) -> Result<Option<Cow<'v, T>>, ReadError> {
    Walk { root, budget, found: Vec::new(), called: route.call.is_some(), strict: false }.read(route, root)
}

/// Why a walk ends early.
enum Halt {
    /// The definite part of a path is missing.
    Missing,
    Error(ReadError),
}

impl<E: Into<ReadError>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

type Walked = Result<(), Halt>;

struct Walk<'v, 'b, T: Tree> {
    root: &'v T,
    budget: &'b Budget,
    found: Vec<Cow<'v, T>>,
    /// A function stands at the end, so that no step is the last.
    called: bool,
    /// A member that is missing anywhere is an error: so does Jayway ask whether something exists.
    strict: bool,
}

impl<'v, T: Tree> Walk<'v, '_, T> {
    fn read(self, route: &Route, start: &'v T) -> Result<Option<Cow<'v, T>>, ReadError> {
        let (root, budget) = (self.root, self.budget);
        let Some(value) = self.select(route, start)? else { return Ok(None) };
        let Some(call) = &route.call else { return Ok(Some(value)) };
        let arguments = arguments(call, root, budget)?;
        let of = |value: &T| -> Result<T, ReadError> {
            hold(value, budget)?;
            arguments.iter().try_for_each(|argument| hold(argument, budget))?;
            apply(call.function, value, &arguments)
        };
        if route.is_definite() {
            return of(&value).map(|value| Some(Cow::Owned(value)));
        }
        // One value for each node.
        let results = value.elements().unwrap_or_default().iter().map(of).collect::<Result<_, _>>()?;
        Ok(Some(Cow::Owned(T::list(results))))
    }

    /// What the steps name: the value itself, or the list of all.
    fn select(mut self, route: &Route, start: &'v T) -> Result<Option<Cow<'v, T>>, ReadError> {
        if let Some(node) = self.plain(&route.steps, start)? {
            return Ok(node.map(Cow::Borrowed));
        }
        match self.step(&route.steps, start, true) {
            Ok(()) => {}
            Err(Halt::Missing) => return Ok(None),
            Err(Halt::Error(error)) => return Err(error),
        }
        if route.is_definite() {
            return Ok(self.found.pop());
        }
        let mut list = Vec::with_capacity(self.found.len());
        for node in self.found {
            if let Cow::Borrowed(node) = &node {
                hold(*node, self.budget)?;
            }
            list.push(node.into_owned());
        }
        Ok(Some(Cow::Owned(T::list(list))))
    }

    /// The common case, names and indices only, without a list: `None` when there is more to the path.
    #[expect(clippy::option_option, reason = "not a plain path, a plain path that is missing, a value")]
    fn plain(&self, steps: &[Step], start: &'v T) -> Result<Option<Option<&'v T>>, ReadError> {
        let mut node = Some(start);
        for step in steps {
            self.budget.work(VISIT + node.map_or(0, Tree::breadth))?;
            node = match step {
                Step::Member(name) => node.and_then(|node| node.member(name)),
                Step::Index(index) => node.and_then(|node| element(node.elements()?, *index)),
                _ => return Ok(None),
            };
        }
        Ok(Some(node))
    }

    /// Follows `steps` from `node`. `definite`: nothing before named several nodes, so that a missing one is an error.
    fn step(&mut self, steps: &[Step], node: &'v T, definite: bool) -> Walked {
        self.budget.work(VISIT)?;
        let Some((step, rest)) = steps.split_first() else { return self.add(Cow::Borrowed(node)) };
        match step {
            Step::Member(name) => {
                self.budget.work(node.breadth())?;
                match node.member(name) {
                    Some(child) => self.step(rest, child, definite),
                    None => missing(definite || self.strict && is_map(node)),
                }
            }
            Step::Members(names) => self.members(names, rest, node, definite),
            // An index beyond the end is no error: the rest of the path then names nothing.
            Step::Index(index) => match node.elements().map(|list| element(list, *index)) {
                Some(Some(child)) => self.step(rest, child, definite),
                Some(None) => Ok(()),
                None => missing(definite),
            },
            Step::Indices(indices) => {
                let Some(list) = node.elements() else { return missing(definite) };
                indices
                    .iter()
                    .filter_map(|index| element(list, *index))
                    .try_for_each(|child| self.step(rest, child, false))
            }
            Step::Slice(ends) => {
                let Some(list) = node.elements() else { return missing(definite) };
                self.budget.work(list.len())?;
                slice(list, ends[0], ends[1]).into_iter().try_for_each(|child| self.step(rest, child, false))
            }
            Step::Wildcard => self.children(node, |walk, child| walk.step(rest, child, false)),
            Step::Filter(filter) => match node.elements() {
                Some(list) => list.iter().try_for_each(|child| {
                    if self.accepts(filter, child)? { self.step(rest, child, false) } else { Ok(()) }
                }),
                None if is_map(node) => {
                    if self.accepts(filter, node)? {
                        self.step(rest, node, false)
                    } else {
                        Ok(())
                    }
                }
                None if definite => Err(ReadError::Refused("a filter cannot be applied to a scalar").into()),
                None => Ok(()),
            },
            Step::Descend => self.descend(rest, node),
        }
    }

    fn add(&mut self, node: Cow<'v, T>) -> Walked {
        self.budget.hold(size_of::<Cow<'v, T>>())?;
        self.found.push(node);
        Ok(())
    }

    /// Whether a step before `rest` is the last one.
    fn is_last(&self, rest: &[Step]) -> bool {
        rest.is_empty() && !self.called
    }

    fn members(&mut self, names: &[String], rest: &[Step], node: &'v T, definite: bool) -> Walked {
        if !is_map(node) {
            return missing(definite);
        }
        self.budget.work(names.len() * (VISIT + node.breadth()))?;
        if self.strict && names.iter().any(|name| node.member(name).is_none()) {
            return missing(true);
        }
        let present = names.iter().filter_map(|name| Some((name, node.member(name)?)));
        if !self.is_last(rest) {
            return present.map(|(_, child)| child).try_for_each(|child| self.step(rest, child, false));
        }
        let mut merged = Vec::new();
        for (name, child) in present {
            hold(child, self.budget)?;
            merged.push((name.clone(), child.clone()));
        }
        self.add(Cow::Owned(T::map(merged)))
    }

    /// Applies `rest` at `node` and at every map and list below, parents first.
    fn descend(&mut self, rest: &[Step], node: &'v T) -> Walked {
        if node.scalar().is_some() {
            return Ok(());
        }
        let (next, after) = rest.split_first().expect("the parser asks for a step after `..`");
        let applies = match next {
            Step::Member(name) => {
                self.budget.work(node.breadth())?;
                node.member(name).is_some()
            }
            // At the end of a path only where all of them are.
            Step::Members(names) if self.is_last(after) => {
                self.budget.work(names.len() * (VISIT + node.breadth()))?;
                names.iter().all(|name| node.member(name).is_some())
            }
            Step::Members(_) => is_map(node),
            Step::Index(_) | Step::Indices(_) | Step::Slice(..) => node.elements().is_some(),
            Step::Wildcard => true,
            Step::Filter(filter) => self.accepts(filter, node)?,
            Step::Descend => false,
        };
        match node.elements() {
            _ if !applies => {}
            // Jayway passes over the step itself here: every element goes on, whichever the step names. Since 2.10 an
            // index before the last name counts.
            Some(list) if !self.is_last(after) => {
                let only = match (next, after) {
                    (Step::Index(index), [Step::Member(_)]) if !self.called => usize::try_from(*index).ok(),
                    _ => None,
                };
                list.iter().enumerate().filter(|(at, _)| only.is_none_or(|only| only == *at)).try_for_each(
                    |(_, child)| {
                        self.budget.work(VISIT)?;
                        self.step(after, child, false)
                    },
                )?;
            }
            _ => self.step(rest, node, false)?,
        }
        self.children(node, |walk, child| walk.descend(rest, child))
    }

    fn children(&mut self, node: &'v T, mut visit: impl FnMut(&mut Self, &'v T) -> Walked) -> Walked {
        self.budget.work(VISIT + node.breadth())?;
        if let Some(list) = node.elements() {
            return list.iter().try_for_each(|child| visit(self, child));
        }
        node.members().unwrap_or_default().into_iter().try_for_each(|(_, child)| visit(self, child))
    }

    /// Whether a filter lets a node pass: not when Jayway refuses to evaluate any part of it there.
    fn accepts(&self, filter: &Filter, node: &'v T) -> Result<bool, ReadError> {
        match self.satisfies(filter, node) {
            Err(ReadError::Refused(_)) => Ok(false),
            known => known,
        }
    }

    /// Whether the node satisfies one of the filters, or fails one.
    fn one_is(&self, satisfied: bool, filters: &[Filter], node: &'v T) -> Result<bool, ReadError> {
        for filter in filters {
            if self.satisfies(filter, node)? == satisfied {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn satisfies(&self, filter: &Filter, node: &'v T) -> Result<bool, ReadError> {
        self.budget.work(VISIT)?;
        Ok(match filter {
            Filter::And(parts) => !self.one_is(false, parts, node)?,
            Filter::Or(parts) => self.one_is(true, parts, node)?,
            Filter::Not(inner) => !self.satisfies(inner, node)?,
            // From the node even where the path begins with `$`.
            Filter::Exists(route) => self.at(route, true, |walk| walk.read(route, node))?.is_some(),
            Filter::Matches(operand, pattern) => {
                let value = self.operand(operand, node)?;
                // What is no text is matched as an empty one.
                let number;
                let text = match value.as_deref().and_then(Tree::scalar) {
                    Some(Scalar::String(text)) => text,
                    Some(Scalar::Bool(value)) => {
                        if value {
                            "true"
                        } else {
                            "false"
                        }
                    }
                    Some(Scalar::Number(value)) => {
                        number = value.to_string();
                        &number
                    }
                    Some(Scalar::Null) | None => "",
                };
                pattern.matches(text, self.budget)?
            }
            Filter::Compare(left, comparison, right) => {
                let is_text = left.is_nested_literal();
                let (left, right) = (self.operand(left, node)?, self.operand(right, node)?);
                match comparison {
                    // Jayway holds its text against the other's value.
                    Comparison::Equal | Comparison::SameType if is_text => false,
                    Comparison::Unequal | Comparison::OtherType if is_text => true,
                    _ => compare(left.as_deref(), *comparison, right.as_deref(), self.budget)?,
                }
            }
        })
    }

    fn operand(&self, operand: &Operand, node: &'v T) -> Result<Option<Cow<'v, T>>, ReadError> {
        match operand {
            Operand::Current(route) => self.at(route, self.strict, |walk| walk.read(route, node)),
            Operand::Root(route) => self.at(route, self.strict, |walk| walk.read(route, self.root)),
            Operand::Literal(value) => {
                self.budget.work(COPY * weight(value))?;
                Ok(Some(Cow::Owned(convert(value))))
            }
        }
    }

    /// Another walk for a part of a filter; what it read is gone when it has been compared.
    fn at<R>(&self, route: &Route, strict: bool, read: impl FnOnce(Self) -> R) -> R {
        let before = self.budget.memory_left();
        let walk =
            Walk { root: self.root, budget: self.budget, found: Vec::new(), called: route.call.is_some(), strict };
        let value = read(walk);
        self.budget.release(usize::try_from(before.saturating_sub(self.budget.memory_left())).unwrap_or(usize::MAX));
        value
    }
}

fn is_map<T: Tree>(node: &T) -> bool {
    node.scalar().is_none() && node.elements().is_none()
}

fn missing(definite: bool) -> Walked {
    if definite { Err(Halt::Missing) } else { Ok(()) }
}

/// Charges the copy of a tree, or another walk through the whole of it.
///
/// # Errors
/// When the budget is spent.
pub(crate) fn hold<T: Tree>(node: &T, budget: &Budget) -> Result<(), Exhausted> {
    let mut bytes = size_of::<T>();
    if let Some(Scalar::String(text)) = node.scalar() {
        bytes += text.len();
    }
    budget.work(COPY + bytes / 16)?;
    budget.hold(bytes)?;
    if let Some(list) = node.elements() {
        return list.iter().try_for_each(|child| hold(child, budget));
    }
    for (name, child) in node.members().unwrap_or_default() {
        budget.hold(size_of::<String>() + name.len())?;
        hold(child, budget)?;
    }
    Ok(())
}

fn arguments<T: Tree>(call: &FunctionCall, root: &T, budget: &Budget) -> Result<Vec<T>, ReadError> {
    let mut values = Vec::new();
    for argument in &call.arguments {
        match argument {
            Argument::Path(route) => values.extend(read(route, root, budget)?.map(Cow::into_owned)),
            Argument::Literal(value) => values.push(convert(value)),
        }
    }
    Ok(values)
}

fn weight(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(list) => 1 + list.iter().map(weight).sum::<usize>(),
        serde_json::Value::Object(map) => 1 + map.values().map(weight).sum::<usize>(),
        _ => 1,
    }
}

/// A literal as a tree of the kind that is walked.
fn convert<T: Tree>(value: &serde_json::Value) -> T {
    use serde_json::Value;
    match value {
        Value::Null => T::null(),
        Value::Bool(value) => T::boolean(*value),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| T::double(number.as_f64().unwrap_or(f64::NAN)), T::integer)
        }
        Value::String(text) => T::string(text.clone()),
        Value::Array(list) => T::list(list.iter().map(convert).collect()),
        Value::Object(map) => T::map(map.iter().map(|(name, value)| (name.clone(), convert(value))).collect()),
    }
}

/// Jayway's slices. With both ends, each index between them is taken as it is, so that negative ones come before zero:
/// `[-2:1]` of three elements is the second, the third and the first.
fn slice<T>(list: &[T], from: Option<i64>, to: Option<i64>) -> Vec<&T> {
    let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
    let from_end = |index: i64| if index < 0 { index.saturating_add(length).max(0) } else { index };
    match (from, to) {
        (Some(from), Some(to)) => {
            (from.max(-length)..to.min(length)).filter_map(|index| element(list, index)).collect()
        }
        (from, None) => (from_end(from.unwrap_or(0))..length).filter_map(|index| element(list, index)).collect(),
        (None, Some(to)) => {
            let to = if to < 0 { to.saturating_add(length) } else { to };
            (0..to.min(length)).filter_map(|index| element(list, index)).collect()
        }
    }
}
