//! What a path is made of.

use crate::java::Pattern;

/// Steps from the root, and perhaps a function at their end.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) steps: Box<[Step]>,
    pub(super) call: Option<Box<FunctionCall>>,
}

/// One step from a set of nodes to the next. A path may have hundreds of thousands, and a definition as many paths: what is rare
/// stands apart, so that a name takes no more for it.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// `.name` or `['name']`.
    Member(Box<str>),
    /// `['a','b']`: one map of both at the end of a path, each in turn before it.
    Members(Box<[String]>),
    /// `[0]`; negative counts from the end.
    Index(i64),
    /// `[0,2]`.
    Indices(Box<[i64]>),
    /// `[1:3]`, `[:2]`, `[-2:]`.
    Slice(Box<[Option<i64>; 2]>),
    /// `.*` or `[*]`.
    Wildcard,
    /// `..`: the next step at every node below.
    Descend,
    /// `[?(…)]`.
    Filter(Box<Filter>),
}

/// A predicate.
#[derive(Debug, Clone)]
pub(super) enum Filter {
    /// All of them. A list, since a chain of thousands must not be as many levels deep.
    And(Box<[Filter]>),
    /// Any of them.
    Or(Box<[Filter]>),
    /// Not.
    Not(Box<Filter>),
    /// `@.a`: it is there, whatever it is.
    Exists(Route),
    /// A comparison.
    Compare(Operand, Comparison, Operand),
    /// `=~ /…/`: the whole text matches.
    Matches(Operand, Pattern),
}

/// What a comparison compares.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    /// A path from the node at hand.
    Current(Route),
    /// A path from the root.
    Root(Route),
    /// A literal.
    Literal(serde_json::Value),
}

impl Operand {
    /// Whether it is a list or a map that is written out.
    pub(super) fn is_nested_literal(&self) -> bool {
        matches!(self, Self::Literal(serde_json::Value::Array(_) | serde_json::Value::Object(_)))
    }
}

/// The comparisons that Jayway knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    SameType,
    OtherType,
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
    /// Known to the grammar; Jayway cannot evaluate it with what a path can hold.
    All,
}

impl Comparison {
    /// Spellings in any case, longest first where one begins another.
    pub(super) const SPELLINGS: [(&'static str, Self); 17] = [
        ("===", Self::SameType),
        ("!==", Self::OtherType),
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
        ("all", Self::All),
    ];
}

/// A function at the end of a path.
#[derive(Debug, Clone)]
pub(super) struct FunctionCall {
    pub(super) function: PathFunction,
    pub(super) arguments: Vec<Argument>,
}

/// An argument of a function.
#[derive(Debug, Clone)]
pub(super) enum Argument {
    /// A path from the root.
    Path(Route),
    /// A literal.
    Literal(serde_json::Value),
}

/// The functions that Jayway documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathFunction {
    Length,
    Minimum,
    Maximum,
    Average,
    StandardDeviation,
    Sum,
    Keys,
    Concat,
    Append,
    First,
    Last,
    Index,
}

impl PathFunction {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "length" | "size" => Self::Length,
            "min" => Self::Minimum,
            "max" => Self::Maximum,
            "avg" => Self::Average,
            "stddev" => Self::StandardDeviation,
            "sum" => Self::Sum,
            "keys" => Self::Keys,
            "concat" => Self::Concat,
            "append" => Self::Append,
            "first" => Self::First,
            "last" => Self::Last,
            "index" => Self::Index,
            _ => return None,
        })
    }
}

impl Route {
    /// Whether it can name at most one value.
    pub(super) fn is_definite(&self) -> bool {
        self.steps.iter().enumerate().all(|(at, step)| match step {
            Step::Member(_) | Step::Index(_) => true,
            Step::Members(_) => at + 1 == self.steps.len() && self.call.is_none(),
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_many_names_takes_little_for_each() {
        assert!(size_of::<Step>() <= 24, "{}", size_of::<Step>());
    }
}
