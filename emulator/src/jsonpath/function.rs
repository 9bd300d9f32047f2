//! What `.length()` and its kin make of a value.

use super::ast::PathFunction;
use super::error::ReadError;
use super::tree::{Scalar, Tree};

/// The result on `value`.
///
/// # Errors
/// Where Jayway throws.
pub(super) fn apply<T: Tree>(function: PathFunction, value: &T, arguments: &[T]) -> Result<T, ReadError> {
    let end = |at: i64| {
        let list = value.elements().ok_or(ReadError::Thrown("only a list has elements"))?;
        element(list, at).cloned().ok_or(ReadError::Thrown("the list has no such element"))
    };
    match function {
        PathFunction::Length => {
            let length = match value.elements() {
                Some(list) => Some(list.len()),
                None => value.members().map(|map| map.len()),
            };
            Ok(length.and_then(|length| i64::try_from(length).ok()).map_or_else(T::null, T::integer))
        }
        PathFunction::Keys => Ok(value.members().map_or_else(T::null, |members| {
            T::list(members.iter().map(|(name, _)| T::string((*name).to_owned())).collect())
        })),
        PathFunction::Concat => Ok(T::string(texts(value, arguments))),
        PathFunction::Append => Ok(match value.elements() {
            Some(list) => T::list(list.iter().chain(arguments).cloned().collect()),
            None => value.clone(),
        }),
        PathFunction::First => end(0),
        PathFunction::Last => end(-1),
        #[expect(clippy::cast_possible_truncation, reason = "an index beyond i64 is out of range either way")]
        PathFunction::Index => match arguments.first().and_then(Tree::scalar) {
            Some(Scalar::Number(at)) => end(at as i64),
            _ => Err(ReadError::Thrown("index() needs a number")),
        },
        PathFunction::Minimum
        | PathFunction::Maximum
        | PathFunction::Average
        | PathFunction::StandardDeviation
        | PathFunction::Sum => aggregate(function, &numbers(value, arguments)).map(T::double),
    }
}

/// The element at `index`, counted from the end when negative.
pub(super) fn element<T>(list: &[T], index: i64) -> Option<&T> {
    list.get(match usize::try_from(index) {
        Ok(index) => index,
        Err(_) => list.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
    })
}

/// The scalars of arguments, lists opened.
fn given<T: Tree>(arguments: &[T]) -> impl Iterator<Item = Scalar<'_>> {
    let opened = arguments.iter().flat_map(|argument| argument.elements().unwrap_or(std::slice::from_ref(argument)));
    opened.filter_map(Tree::scalar)
}

fn own<T: Tree>(value: &T) -> impl Iterator<Item = Scalar<'_>> {
    value.elements().unwrap_or_default().iter().filter_map(Tree::scalar)
}

fn numbers<T: Tree>(value: &T, arguments: &[T]) -> Vec<f64> {
    own(value)
        .chain(given(arguments))
        .filter_map(|item| match item {
            Scalar::Number(number) => Some(number),
            _ => None,
        })
        .collect()
}

/// The texts of the list itself, and the arguments as texts.
fn texts<T: Tree>(value: &T, arguments: &[T]) -> String {
    let mut joined = String::new();
    for item in own(value) {
        if let Scalar::String(text) = item {
            joined.push_str(text);
        }
    }
    for item in given(arguments) {
        match item {
            Scalar::String(text) => joined.push_str(text),
            Scalar::Number(number) => joined.push_str(&number.to_string()),
            Scalar::Bool(value) => joined.push_str(if value { "true" } else { "false" }),
            Scalar::Null => {}
        }
    }
    joined
}

fn aggregate(function: PathFunction, numbers: &[f64]) -> Result<f64, ReadError> {
    if numbers.is_empty() {
        return Err(ReadError::Thrown("a function of numbers was given none"));
    }
    let count = numbers.len() as f64;
    let sum: f64 = numbers.iter().sum();
    Ok(match function {
        PathFunction::Minimum => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        // Java's smallest double is the one above zero, and Jayway begins there.
        PathFunction::Maximum => numbers.iter().copied().fold(f64::from_bits(1), f64::max),
        PathFunction::Average => sum / count,
        PathFunction::StandardDeviation => {
            let squares: f64 = numbers.iter().map(|number| number * number).sum();
            (squares / count - (sum / count).powi(2)).max(0.0).sqrt()
        }
        _ => sum,
    })
}
