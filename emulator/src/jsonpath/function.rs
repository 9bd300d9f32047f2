//! `.length()` and its kin: functions at the end of a path.

use super::{Path, Scalar, Tree, filter::convert};

/// A call at the end of a path.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) function: Function,
    pub(crate) arguments: Vec<Argument>,
}

/// An argument of a call.
#[derive(Debug, Clone)]
pub(crate) enum Argument {
    /// A path from the root.
    Path(Path),
    /// A literal.
    Literal(serde_json::Value),
}

/// The functions that Jayway documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
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

impl Function {
    pub(crate) fn named(name: &str) -> Option<Self> {
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

impl Call {
    /// The result on `value`; `None` where Jayway would throw.
    pub(super) fn apply<T: Tree>(&self, value: &T, root: &T) -> Option<T> {
        let arguments: Vec<T> = self.arguments.iter().filter_map(|argument| argument.value(root)).collect();
        let end = |at: i64| value.elements().and_then(|list| super::read::element(list, at)).cloned();
        match self.function {
            Function::Length => {
                let subject = arguments.first().unwrap_or(value);
                let length = match subject.elements() {
                    Some(list) => Some(list.len()),
                    None => subject.members().map(|map| map.len()),
                };
                Some(length.and_then(|length| i64::try_from(length).ok()).map_or_else(T::null, T::integer))
            }
            Function::Keys => {
                Some(T::list(value.members()?.iter().map(|(name, _)| T::string((*name).to_owned())).collect()))
            }
            Function::Concat => Some(T::string(texts(value, &arguments))),
            Function::Append => {
                Some(T::list(value.elements()?.iter().cloned().chain(arguments.iter().cloned()).collect()))
            }
            Function::First => end(0),
            Function::Last => end(-1),
            #[expect(clippy::cast_possible_truncation, reason = "an index beyond i64 is out of range either way")]
            Function::Index => match arguments.first()?.scalar()? {
                Scalar::Number(at) => end(at as i64),
                _ => None,
            },
            Function::Minimum | Function::Maximum | Function::Average | Function::StandardDeviation | Function::Sum => {
                aggregate(self.function, &numbers(value, &arguments)).map(T::double)
            }
        }
    }
}

impl Argument {
    fn value<T: Tree>(&self, root: &T) -> Option<T> {
        match self {
            Self::Path(path) => path.read(root).map(std::borrow::Cow::into_owned),
            Self::Literal(value) => Some(convert(value)),
        }
    }
}

/// The numbers of a list and of the arguments, lists opened.
fn numbers<T: Tree>(value: &T, arguments: &[T]) -> Vec<f64> {
    let own = value.elements().unwrap_or_default().iter();
    let given = arguments.iter().flat_map(|argument| argument.elements().unwrap_or(std::slice::from_ref(argument)));
    own.chain(given)
        .filter_map(|item| match item.scalar() {
            Some(Scalar::Number(number)) => Some(number),
            _ => None,
        })
        .collect()
}

fn texts<T: Tree>(value: &T, arguments: &[T]) -> String {
    let own = value.elements().unwrap_or_default().iter();
    let given = arguments.iter().flat_map(|argument| argument.elements().unwrap_or(std::slice::from_ref(argument)));
    own.chain(given)
        .filter_map(|item| match item.scalar() {
            Some(Scalar::String(text)) => Some(text.to_owned()),
            Some(Scalar::Number(number)) if !arguments.is_empty() => Some(number.to_string()),
            _ => None,
        })
        .collect()
}

/// `None` for no numbers, where Jayway throws.
fn aggregate(function: Function, numbers: &[f64]) -> Option<f64> {
    if numbers.is_empty() {
        return None;
    }
    let count = numbers.len() as f64;
    let sum: f64 = numbers.iter().sum();
    Some(match function {
        Function::Minimum => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        Function::Maximum => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Function::Average => sum / count,
        Function::StandardDeviation => {
            let squares: f64 = numbers.iter().map(|number| number * number).sum();
            (squares / count - (sum / count).powi(2)).max(0.0).sqrt()
        }
        _ => sum,
    })
}
