//! `hashCode`.

use super::super::heap::{Heap, VALUE};
use super::super::value::{ListKind, Value};

/// Lists in lists deeper than this have no hash here.
const DEPTH: usize = 450;

/// The hash of a value, as Java computes it; an object's own, which differs from run to run, is 0.
///
/// # Errors
/// The value is nested too deep, or the budget is spent.
pub(in super::super) fn hash<'r>(heap: &Heap<'r>, value: &Value<'r>) -> Result<i32, String> {
    hash_at(heap, value, 0)
}

fn hash_at<'r>(heap: &Heap<'r>, value: &Value<'r>, depth: usize) -> Result<i32, String> {
    heap.budget.work(VALUE)?;
    if depth > DEPTH {
        return Err("a value is nested too deep".to_owned());
    }
    let inner = |value: &Value<'r>| hash_at(heap, value, depth + 1);
    Ok(match value {
        Value::Bool(true) => 1231,
        Value::Bool(false) => 1237,
        #[expect(clippy::cast_possible_truncation, reason = "the hash of a Long folds its halves into an Integer")]
        Value::Integer(number) => match i32::try_from(*number) {
            Ok(number) => number,
            Err(_) => (*number ^ (*number >> 32)) as i32,
        },
        #[expect(clippy::cast_possible_truncation, reason = "the hash of a Double folds its halves into an Integer")]
        Value::Double(number) => (number.to_bits() ^ (number.to_bits() >> 32)) as i32,
        Value::Text(text) => text_hash(heap, text)?,
        Value::List(id) if matches!(heap.list(*id).kind, ListKind::View { .. }) => {
            let items = heap.list(*id).items.iter();
            items.map(inner).try_fold(0_i32, |sum, hash| Ok::<_, String>(sum.wrapping_add(hash?)))?
        }
        Value::List(id) => {
            let items = heap.list(*id).items.iter();
            items.map(inner).try_fold(1_i32, |sum, hash| Ok::<_, String>(sum.wrapping_mul(31).wrapping_add(hash?)))?
        }
        Value::Map(id) => {
            let entries = heap.map(*id).entries.iter();
            entries
                .map(|(key, value)| Ok::<_, String>(text_hash(heap, key)? ^ inner(value)?))
                .try_fold(0_i32, |sum, hash| Ok::<_, String>(sum.wrapping_add(hash?)))?
        }
        Value::Entry(id) => {
            let pair = heap.pair(*id);
            text_hash(heap, &pair.key)? ^ inner(&pair.value)?
        }
        Value::Null | Value::Missing | Value::Exact(_) | Value::Host(_) | Value::Block(_) => 0,
    })
}

fn text_hash(heap: &Heap<'_>, text: &str) -> Result<i32, String> {
    heap.budget.work(2 * text.len())?;
    Ok(text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into())))
}
