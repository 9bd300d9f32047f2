//! The comparisons of filters.

use super::ast::Comparison;
use super::error::ReadError;
use super::tree::{Scalar, Tree};
use crate::budget::Budget;

/// Units of work that a comparison of two nodes costs.
const NODE: usize = 8;

type Compared = Result<bool, ReadError>;

/// Compares two values; `None` is one that is not there.
///
/// # Errors
/// Where Jayway throws, or refuses the comparison of such values.
pub(super) fn compare<T: Tree>(
    left: Option<&T>,
    comparison: Comparison,
    right: Option<&T>,
    budget: &Budget,
) -> Compared {
    match comparison {
        Comparison::In => return among(left, right, budget),
        Comparison::NotIn => return Ok(!among(left, right, budget)?),
        Comparison::SubsetOf | Comparison::AnyOf | Comparison::NoneOf => {
            // In this order: which of two refusals comes first decides.
            let Some(right) = listed(right)? else { return Ok(false) };
            searchable(right, budget)?;
            let Some(left) = listed(left)? else { return Ok(false) };
            searchable(left, budget)?;
            return Ok(match comparison {
                Comparison::SubsetOf => all(left.iter(), |item| holds(right, item, budget))?,
                Comparison::AnyOf => !all(left.iter(), |item| Ok(!holds(right, item, budget)?))?,
                _ => all(left.iter(), |item| Ok(!holds(right, item, budget)?))?,
            });
        }
        Comparison::All => return Err(ReadError::Refused("`all` takes no list that a path can hold")),
        _ => {}
    }
    if let (Comparison::Contains, Some(list)) = (comparison, left.and_then(Tree::elements)) {
        searchable(list, budget)?;
        return right.map_or(Ok(false), |item| holds(list, item, budget));
    }
    let (Some(left), Some(right)) = (left, right) else {
        return Ok(matches!(comparison, Comparison::Unequal | Comparison::OtherType));
    };
    Ok(match comparison {
        Comparison::Equal => equal(left, right, budget)?,
        Comparison::Unequal => !equal(left, right, budget)?,
        Comparison::SameType => same_type(left, right) && equal(left, right, budget)?,
        Comparison::OtherType => !(same_type(left, right) && equal(left, right, budget)?),
        Comparison::Less => order(left, right).is_some_and(std::cmp::Ordering::is_lt),
        Comparison::LessOrEqual => order(left, right).is_some_and(std::cmp::Ordering::is_le),
        Comparison::Greater => order(left, right).is_some_and(std::cmp::Ordering::is_gt),
        Comparison::GreaterOrEqual => order(left, right).is_some_and(std::cmp::Ordering::is_ge),
        Comparison::Contains => match (left.scalar(), right.scalar()) {
            (Some(Scalar::String(text)), Some(Scalar::String(part))) => {
                budget.work(text.len() / 8)?;
                text.contains(part)
            }
            _ => false,
        },
        Comparison::Size => match right.scalar() {
            Some(Scalar::Number(expected)) => {
                length(left).is_some_and(|length| (length as f64 - expected.trunc()).abs() < 0.5)
            }
            _ => false,
        },
        Comparison::Empty => {
            let empty = match (left.scalar(), left.elements()) {
                (Some(Scalar::String(text)), _) => text.is_empty(),
                (_, Some(list)) => list.is_empty(),
                (Some(_), _) => return Ok(false),
                (None, None) => return Err(ReadError::Thrown("a map is neither empty nor not")),
            };
            match right.scalar() {
                Some(Scalar::Bool(expected)) => empty == expected,
                _ => return Err(ReadError::Refused("`empty` takes true or false")),
            }
        }
        // Lists were searched above.
        _ => false,
    })
}

/// `in`: false of a map, refused of anything else that is no list.
fn among<T: Tree>(item: Option<&T>, list: Option<&T>, budget: &Budget) -> Compared {
    let Some(list) = listed(list)? else { return Ok(false) };
    searchable(list, budget)?;
    item.map_or(Ok(false), |item| holds(list, item, budget))
}

/// The elements of a list; `None` for a map.
fn listed<T: Tree>(value: Option<&T>) -> Result<Option<&[T]>, ReadError> {
    match value {
        Some(value) if value.scalar().is_none() => Ok(value.elements()),
        _ => Err(ReadError::Refused("a list is expected")),
    }
}

/// Jayway searches lists of scalars only.
fn searchable<T: Tree>(list: &[T], budget: &Budget) -> Result<(), ReadError> {
    budget.work(list.len() * NODE)?;
    if list.iter().any(|other| other.scalar().is_none()) {
        return Err(ReadError::Thrown("a list of lists or maps cannot be searched"));
    }
    Ok(())
}

fn holds<T: Tree>(list: &[T], item: &T, budget: &Budget) -> Compared {
    for other in list {
        if equal(item, other, budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The length of a text, in Java's units, or of a list; that of a map is none.
fn length<T: Tree>(value: &T) -> Option<usize> {
    match value.scalar() {
        Some(Scalar::String(text)) => Some(text.encode_utf16().count()),
        Some(_) => None,
        None => value.elements().map(<[T]>::len),
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
        (Some(Scalar::Number(number)), Some(Scalar::String(text))) => text.parse() == Ok(number),
        // As texts, so that '1.0' is not 1.
        (Some(Scalar::String(text)), Some(Scalar::Number(number))) => text == number.to_string(),
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
