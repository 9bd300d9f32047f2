//! `hashCode`.

use super::super::heap::{Heap, VALUE};
use super::super::value::{Key, Value};
use super::units::utf16;

/// Digits of a number that cost as much to hash as the first one for each of the others.
const BIG: usize = 64;
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
    let of_key = |key: &Key<'r>| match key {
        Key::Text(text) => text_hash(heap, text),
        Key::Other(value) => inner(value),
    };
    Ok(match value {
        Value::Bool(true) => 1231,
        Value::Bool(false) => 1237,
        #[expect(clippy::cast_possible_truncation, reason = "the hash of a Long folds its halves into an Integer")]
        Value::Integer(number) => match (i32::try_from(*number), i64::try_from(*number)) {
            (Ok(number), _) => number,
            (_, Ok(number)) => (number ^ (number >> 32)) as i32,
            _ => big_hash(&number.to_string()),
        },
        Value::Exact(text) => {
            heap.budget.work(text.len() * (1 + text.len() / BIG))?;
            exact_hash(text)
        }
        #[expect(clippy::cast_possible_truncation, reason = "the hash of a Double folds its halves into an Integer")]
        Value::Double(number) => (number.to_bits() ^ (number.to_bits() >> 32)) as i32,
        Value::Text(text) => text_hash(heap, text)?,
        Value::List(id) if heap.list(*id).is_view() => {
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
                .map(|(key, value)| Ok::<_, String>(of_key(key)? ^ inner(value)?))
                .try_fold(0_i32, |sum, hash| Ok::<_, String>(sum.wrapping_add(hash?)))?
        }
        Value::Entry(id) => {
            let pair = heap.pair(*id);
            of_key(&pair.key)? ^ inner(&heap.pair_value(*id)?)?
        }
        Value::Null | Value::Missing | Value::Host(_) | Value::Block(_) => 0,
    })
}

/// The hash of a `BigInteger`: of its 32-bit digits from the first, with its sign.
#[expect(clippy::cast_possible_truncation, reason = "a digit is 32 bits, what is above them is carried")]
fn big_hash(text: &str) -> i32 {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let mut magnitude: Vec<u32> = Vec::new();
    for digits in digits.as_bytes().chunks(9) {
        let mut carry = digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
        let scale = (0..digits.len()).fold(1, |scale, _| scale * 10_u64);
        for part in &mut magnitude {
            let grown = u64::from(*part) * scale + carry;
            *part = grown as u32;
            carry = grown >> 32;
        }
        magnitude.extend((carry > 0).then_some(carry as u32));
    }
    let hash = magnitude.iter().rev().fold(0_i32, |hash, part| hash.wrapping_mul(31).wrapping_add(part.cast_signed()));
    if negative { hash.wrapping_neg() } else { hash }
}

/// The hash of a `BigInteger` or, where there is a point or an exponent, a `BigDecimal`, as it prints.
fn exact_hash(text: &str) -> i32 {
    let (number, exponent) = text.split_once('E').unwrap_or((text, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() == text.len() {
        return big_hash(text);
    }
    let unscaled = [whole, fraction].concat();
    let scale = i32::try_from(fraction.len()).unwrap_or(i32::MAX).wrapping_sub(exponent.parse().unwrap_or(0));
    big_hash(&unscaled).wrapping_mul(31).wrapping_add(scale)
}

fn text_hash(heap: &Heap<'_>, text: &str) -> Result<i32, String> {
    heap.budget.work(2 * text.len())?;
    Ok(utf16(text).fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.cast_signed())))
}
