//! `[?(…)]`: predicates over nodes.

use std::borrow::Cow;

use fancy_regex::Regex;

use super::{Scalar, Step, Tree, read};

/// A predicate.
#[derive(Debug, Clone)]
pub(crate) enum Filter {
    /// Both.
    And(Box<Filter>, Box<Filter>),
    /// Either.
    Or(Box<Filter>, Box<Filter>),
    /// Not.
    Not(Box<Filter>),
    /// `@.a`: it is there, whatever it is.
    Exists(Operand),
    /// A comparison.
    Compare(Operand, Operator, Operand),
    /// `=~ /…/`: the whole text matches.
    Matches(Operand, Box<Regex>),
}

/// What a comparison compares.
#[derive(Debug, Clone)]
pub(crate) enum Operand {
    /// A path from the node at hand.
    Current(Vec<Step>),
    /// A path from the root.
    Root(Vec<Step>),
    /// A literal.
    Literal(serde_json::Value),
}

/// The comparisons that Jayway knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    SubsetOf,
    AnyOf,
    NoneOf,
    Contains,
    Size,
    Empty,
}

impl Operator {
    /// Spelling, longest first where one begins another.
    pub(crate) const SPELLINGS: [(&'static str, Self); 14] = [
        ("==", Self::Equal),
        ("!=", Self::Unequal),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("<", Self::Less),
        (">", Self::Greater),
        ("in", Self::In),
        ("nin", Self::NotIn),
        ("subsetof", Self::SubsetOf),
        ("anyof", Self::AnyOf),
        ("noneof", Self::NoneOf),
        ("contains", Self::Contains),
        ("size", Self::Size),
        ("empty", Self::Empty),
    ];
}

impl Filter {
    /// Whether `node` of the tree below `root` satisfies the predicate.
    pub(super) fn accepts<T: Tree>(&self, node: &T, root: &T) -> bool {
        match self {
            Self::And(left, right) => left.accepts(node, root) && right.accepts(node, root),
            Self::Or(left, right) => left.accepts(node, root) || right.accepts(node, root),
            Self::Not(inner) => !inner.accepts(node, root),
            Self::Exists(operand) => operand.value(node, root).is_some(),
            Self::Matches(operand, regex) => {
                operand.value(node, root).is_some_and(|value| match value.as_ref().scalar() {
                    Some(Scalar::String(text)) => regex.is_match(text).unwrap_or(false),
                    Some(Scalar::Number(number)) => regex.is_match(&number.to_string()).unwrap_or(false),
                    _ => false,
                })
            }
            Self::Compare(left, operator, right) => {
                let (left, right) = (left.value(node, root), right.value(node, root));
                match (left, right) {
                    (Some(left), Some(right)) => compare(left.as_ref(), *operator, right.as_ref()),
                    (left, right) => *operator == Operator::Unequal && (left.is_some() || right.is_some()),
                }
            }
        }
    }
}

impl Operand {
    fn value<'v, T: Tree>(&self, node: &'v T, root: &'v T) -> Option<Cow<'v, T>> {
        match self {
            Self::Current(steps) => read::select(steps, node, root),
            Self::Root(steps) => read::select(steps, root, root),
            Self::Literal(value) => Some(Cow::Owned(convert(value))),
        }
    }
}

/// A literal as a tree of the kind that is walked.
pub(super) fn convert<T: Tree>(value: &serde_json::Value) -> T {
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

fn compare<T: Tree>(left: &T, operator: Operator, right: &T) -> bool {
    use std::cmp::Ordering;
    let holds = |list: &T, item: &T| list.elements().is_some_and(|list| list.iter().any(|other| equal(item, other)));
    match operator {
        Operator::Equal => equal(left, right),
        Operator::Unequal => !equal(left, right),
        Operator::Less => order(left, right) == Some(Ordering::Less),
        Operator::LessOrEqual => order(left, right).is_some_and(Ordering::is_le),
        Operator::Greater => order(left, right) == Some(Ordering::Greater),
        Operator::GreaterOrEqual => order(left, right).is_some_and(Ordering::is_ge),
        Operator::In => holds(right, left),
        Operator::NotIn => !holds(right, left),
        Operator::SubsetOf => left.elements().is_some_and(|list| list.iter().all(|item| holds(right, item))),
        Operator::AnyOf => left.elements().is_some_and(|list| list.iter().any(|item| holds(right, item))),
        Operator::NoneOf => left.elements().is_some_and(|list| !list.iter().any(|item| holds(right, item))),
        Operator::Contains => match (left.scalar(), right.scalar()) {
            (Some(Scalar::String(text)), Some(Scalar::String(part))) => text.contains(part),
            _ => holds(left, right),
        },
        Operator::Size => match right.scalar() {
            Some(Scalar::Number(expected)) => length(left).is_some_and(|length| (length as f64 - expected).abs() < 0.5),
            _ => length(left).is_some() && length(left) == length(right),
        },
        Operator::Empty => match right.scalar() {
            Some(Scalar::Bool(expected)) => length(left).is_some_and(|length| (length == 0) == expected),
            _ => false,
        },
    }
}

fn length<T: Tree>(value: &T) -> Option<usize> {
    match value.scalar() {
        Some(Scalar::String(text)) => Some(text.chars().count()),
        Some(_) => None,
        None => value.elements().map_or_else(|| value.members().map(|map| map.len()), |list| Some(list.len())),
    }
}

/// Jayway compares a number with the text of one.
fn equal<T: Tree>(left: &T, right: &T) -> bool {
    match (left.scalar(), right.scalar()) {
        (Some(Scalar::Number(number)), Some(Scalar::String(text)))
        | (Some(Scalar::String(text)), Some(Scalar::Number(number))) => text.parse() == Ok(number),
        (Some(left), Some(right)) => left == right,
        (None, None) => match (left.elements(), right.elements()) {
            (Some(left), Some(right)) => left.len() == right.len() && left.iter().zip(right).all(|(a, b)| equal(a, b)),
            (None, None) => {
                let left = left.members().unwrap_or_default();
                left.len() == right.members().map_or(0, |map| map.len())
                    && left.iter().all(|(name, value)| right.member(name).is_some_and(|other| equal(*value, other)))
            }
            _ => false,
        },
        _ => false,
    }
}

fn order<T: Tree>(left: &T, right: &T) -> Option<std::cmp::Ordering> {
    match (left.scalar()?, right.scalar()?) {
        (Scalar::Number(left), Scalar::Number(right)) => left.partial_cmp(&right),
        (Scalar::String(left), Scalar::String(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
