//! The comparisons of filters.

use super::ast::Comparison;
use super::error::ReadError;
use super::tree::{Scalar, Tree};
use crate::budget::Budget;

/// Units of work that a comparison of two nodes costs.
const NODE: usize = 8;

type Compared = Result<bool, ReadError>;

/// Compares two values; `None` is one that is not there.
pub(super) fn compare<T: Tree>(
    left: Option<&T>,
    comparison: Comparison,
    right: Option<&T>,
    budget: &Budget,
) -> Compared {
    let (Some(left), Some(right)) = (left, right) else {
        // A value that is not there is none of a list.
        return Ok(match comparison {
            Comparison::Unequal | Comparison::OtherType => true,
            Comparison::NotIn => right.is_some(),
            _ => false,
        });
    };
    let holds = |list: &T, item: &T| contains(list, item, budget);
    Ok(match comparison {
        Comparison::Equal => equal(left, right, budget)?,
        Comparison::Unequal => !equal(left, right, budget)?,
        Comparison::SameType => same_type(left, right) && equal(left, right, budget)?,
        Comparison::OtherType => !(same_type(left, right) && equal(left, right, budget)?),
        Comparison::Less => order(left, right).is_some_and(std::cmp::Ordering::is_lt),
        Comparison::LessOrEqual => order(left, right).is_some_and(std::cmp::Ordering::is_le),
        Comparison::Greater => order(left, right).is_some_and(std::cmp::Ordering::is_gt),
        Comparison::GreaterOrEqual => order(left, right).is_some_and(std::cmp::Ordering::is_ge),
        Comparison::In => holds(right, left)?,
        Comparison::NotIn => !holds(right, left)?,
        Comparison::SubsetOf => every(left, |item| holds(right, item))?,
        Comparison::AnyOf => left.elements().is_some() && !every(left, |item| Ok(!holds(right, item)?))?,
        Comparison::NoneOf => every(left, |item| Ok(!holds(right, item)?))?,
        Comparison::Contains => match (left.scalar(), right.scalar()) {
            (Some(Scalar::String(text)), Some(Scalar::String(part))) => {
                budget.work(text.len() / 8)?;
                text.contains(part)
            }
            _ => holds(left, right)?,
        },
        Comparison::Size => match right.scalar() {
            Some(Scalar::Number(expected)) => length(left).is_some_and(|length| (length as f64 - expected).abs() < 0.5),
            _ => length(left).is_some() && length(left) == length(right),
        },
        Comparison::Empty => match right.scalar() {
            Some(Scalar::Bool(expected)) => length(left).is_some_and(|length| (length == 0) == expected),
            _ => false,
        },
    })
}

/// Whether every element of a list satisfies; false for what is no list.
fn every<T: Tree>(list: &T, mut satisfies: impl FnMut(&T) -> Compared) -> Compared {
    let Some(list) = list.elements() else { return Ok(false) };
    for item in list {
        if !satisfies(item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a list of scalars holds one; Jayway knows no other lists here.
fn contains<T: Tree>(list: &T, item: &T, budget: &Budget) -> Compared {
    let Some(list) = list.elements() else { return Ok(false) };
    budget.work(list.len() * NODE)?;
    if list.iter().any(|other| other.scalar().is_none()) {
        return Err(ReadError::Thrown("a list of lists or maps cannot be searched"));
    }
    for other in list {
        if equal(item, other, budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn length<T: Tree>(value: &T) -> Option<usize> {
    match value.scalar() {
        Some(Scalar::String(text)) => Some(text.chars().count()),
        Some(_) => None,
        None => value.elements().map_or_else(|| value.members().map(|map| map.len()), |list| Some(list.len())),
    }
}

fn same_type<T: Tree>(left: &T, right: &T) -> bool {
    match (left.scalar(), right.scalar()) {
        (Some(left), Some(right)) => std::mem::discriminant(&left) == std::mem::discriminant(&right),
        (None, None) => left.elements().is_some() == right.elements().is_some(),
        _ => false,
    }
}

/// Jayway compares a number with the text of one.
fn equal<T: Tree>(left: &T, right: &T, budget: &Budget) -> Compared {
    budget.work(NODE)?;
    Ok(match (left.scalar(), right.scalar()) {
        (Some(Scalar::Number(number)), Some(Scalar::String(text)))
        | (Some(Scalar::String(text)), Some(Scalar::Number(number))) => text.parse() == Ok(number),
        (Some(Scalar::String(left)), Some(Scalar::String(right))) => {
            budget.work(left.len().min(right.len()) / 8)?;
            left == right
        }
        (Some(left), Some(right)) => left == right,
        (None, None) => match (left.elements(), right.elements()) {
            (Some(left), Some(right)) => {
                left.len() == right.len() && all(left.iter().zip(right), |(a, b)| equal(a, b, budget))?
            }
            (None, None) => {
                let (left, size) = (left.members().unwrap_or_default(), right.members().map_or(0, |map| map.len()));
                budget.work((left.len() + size) * NODE)?;
                left.len() == size
                    && all(left.into_iter(), |(name, value)| match right.member(name) {
                        Some(other) => {
                            budget.work(size)?;
                            equal(value, other, budget)
                        }
                        None => Ok(false),
                    })?
            }
            _ => false,
        },
        _ => false,
    })
}

fn all<I: Iterator>(mut items: I, mut satisfies: impl FnMut(I::Item) -> Compared) -> Compared {
    items.try_fold(true, |so_far, item| if so_far { satisfies(item) } else { Ok(false) })
}

fn order<T: Tree>(left: &T, right: &T) -> Option<std::cmp::Ordering> {
    match (left.scalar()?, right.scalar()?) {
        (Scalar::Number(left), Scalar::Number(right)) => left.partial_cmp(&right),
        (Scalar::String(left), Scalar::String(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
