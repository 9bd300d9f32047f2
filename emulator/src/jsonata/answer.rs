//! From JSON to the values of the library, and back within bounds.

use jsonata_core::value::{JValue, with_stack};
use serde::Deserialize as _;
use serde_json::{Map, Number, Value};

use super::error::EvaluationError;

/// Most bytes of an answer: far above what a state may put out (256 KiB), and small enough to hold.
const MAX_ANSWER: usize = 8 * 1024 * 1024;
/// Deepest answer; what is deeper cannot be read again as JSON text.
const MAX_DEPTH: usize = 120;
/// Most parts of an answer: what one takes in memory is several times what it takes as text.
const MAX_PARTS: usize = 400_000;

/// A value of the library.
pub(super) fn to_library(value: &Value) -> JValue {
    JValue::deserialize(value).expect("every JSON value has its counterpart")
}

/// The answer as JSON.
pub(super) fn from_library(value: &JValue) -> Result<Value, EvaluationError> {
    convert(value, 0, &mut Left { bytes: MAX_ANSWER, parts: MAX_PARTS })
}

/// Values may share their parts, so that a small one can stand for an enormous text: every part is paid for.
fn convert(value: &JValue, depth: usize, left: &mut Left) -> Result<Value, EvaluationError> {
    if depth > MAX_DEPTH {
        return Err(EvaluationError::Threw(format!("the result is nested deeper than {MAX_DEPTH} levels")));
    }
    match value {
        JValue::Undefined => Err(EvaluationError::Undefined),
        JValue::Null => pay(4, left).map(|()| Value::Null),
        JValue::Bool(truth) => pay(5, left).map(|()| Value::Bool(*truth)),
        JValue::Number(number) => {
            pay(24, left)?;
            Ok(number_value(*number).map_or_else(|| Value::from(non_finite(*number)), Value::Number))
        }
        JValue::String(text) => pay(text.len() + 2, left).map(|()| Value::String(text.to_string())),
        JValue::Array(items) => {
            pay(2, left)?;
            let items = items.iter().filter(|item| !item.is_undefined());
            with_stack(|| items.map(|item| convert(item, depth + 1, left)).collect())
        }
        JValue::Object(_) => {
            pay(2, left)?;
            let fields = value.as_object().into_iter().flatten().filter(|(_, field)| !field.is_undefined());
            let mut object = Map::new();
            with_stack(|| {
                for (name, field) in fields {
                    pay(name.len() + 4, left)?;
                    object.insert(name.clone(), convert(field, depth + 1, left)?);
                }
                Ok(Value::Object(object))
            })
        }
        _ => Err(EvaluationError::Unsupported),
    }
}

/// What an answer may still have.
struct Left {
    bytes: usize,
    parts: usize,
}

fn pay(bytes: usize, left: &mut Left) -> Result<(), EvaluationError> {
    let too_large = |what: String| EvaluationError::Threw(format!("the result is larger than {what}"));
    left.bytes = left.bytes.checked_sub(bytes).ok_or_else(|| too_large(format!("{MAX_ANSWER} bytes")))?;
    left.parts = left.parts.checked_sub(1).ok_or_else(|| too_large(format!("{MAX_PARTS} parts")))?;
    Ok(())
}

/// What JSON has no number for is the text that JavaScript writes (measured on AWS).
fn non_finite(number: f64) -> &'static str {
    match number {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "NaN",
    }
}

/// Whole numbers are written without a fraction, as JavaScript does.
fn number_value(number: f64) -> Option<Number> {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and well inside")]
    if number.fract() == 0.0 && number.abs() < 9.0e18 {
        return Some(Number::from(number as i64));
    }
    Number::from_f64(number)
}
