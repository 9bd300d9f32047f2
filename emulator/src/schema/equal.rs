//! Equality of JSON: numbers by value, so that `1` is `1.0`.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, Hasher};

use foldhash::fast::RandomState;

use crate::budget::{Budget, Exhausted};
use crate::jsonpath::{Scalar, Tree};
use crate::vtl::{Json, Number};

/// Units of work that a value costs to compare.
const VALUE: usize = 20;
/// Units of work, and bytes, that a member costs to find by its name.
const MEMBER: usize = 60;
/// Units of work that a number costs that is kept in digits: the first hundred of them are read.
const DIGITS: usize = 600;

/// What a number costs to compare.
pub(super) fn number_work(number: &Number) -> usize {
    if matches!(number, Number::Exact(_)) { DIGITS } else { 0 }
}

/// Whether two values are equal.
pub(super) fn equal(left: &Json<'_>, right: &Json<'_>, budget: &Budget) -> Result<bool, Exhausted> {
    budget.work(VALUE)?;
    Ok(match (left, right) {
        (Json::Number(Number::Integer(left)), Json::Number(Number::Integer(right))) => left == right,
        (Json::Number(left), Json::Number(right)) => {
            if let (Number::Exact(left), Number::Exact(right)) = (left, right) {
                budget.work(left.len().min(right.len()) / 8)?;
                if left == right {
                    return Ok(true);
                }
            }
            budget.work(number_work(left) + number_work(right))?;
            left.as_f64().total_cmp(&right.as_f64()).is_eq()
        }
        (Json::String(left), Json::String(right)) => {
            budget.work(left.len().min(right.len()) / 8)?;
            left == right
        }
        (Json::List(left), Json::List(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.iter().zip(right) {
                if !equal(left, right, budget)? {
                    return Ok(false);
                }
            }
            true
        }
        (Json::Map(left), Json::Map(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            let bytes: usize = right.iter().map(|(name, _)| name.len()).sum();
            budget.work(left.len() * MEMBER + 2 * bytes)?;
            budget.room(left.len() * MEMBER)?;
            let members: HashMap<&str, &Json<'_>> = right.iter().map(|(name, value)| (&**name, value)).collect();
            for (name, left) in left {
                match members.get(&**name) {
                    Some(right) if equal(left, right, budget)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        _ => left.scalar().is_some() && left.scalar() == right.scalar(),
    })
}

/// Whether no two values of a list are equal: only those of one hash are compared.
pub(super) fn all_differ(list: &[Json<'_>], budget: &Budget) -> Result<bool, Exhausted> {
    let bytes = list.len() * size_of::<(u64, usize)>();
    budget.hold(bytes)?;
    let state = RandomState::default();
    let mut by_hash = Vec::with_capacity(list.len());
    for (index, item) in list.iter().enumerate() {
        let mut hasher = state.build_hasher();
        hash(item, &mut hasher, &state, budget)?;
        by_hash.push((hasher.finish(), index));
    }
    budget.work(list.len() * VALUE)?;
    by_hash.sort_unstable();
    let differ = differ_within_hashes(list, &by_hash, budget)?;
    budget.release(bytes);
    Ok(differ)
}

/// The first two that are equal decide: mostly they are the first two of one hash.
fn differ_within_hashes(list: &[Json<'_>], by_hash: &[(u64, usize)], budget: &Budget) -> Result<bool, Exhausted> {
    for same in by_hash.chunk_by(|left, right| left.0 == right.0) {
        for (place, (_, left)) in same.iter().enumerate() {
            for (_, right) in &same[place + 1..] {
                if equal(&list[*left], &list[*right], budget)? {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}

/// Equal values have equal hashes; the order of members does not count.
fn hash(value: &Json<'_>, hasher: &mut impl Hasher, state: &RandomState, budget: &Budget) -> Result<(), Exhausted> {
    budget.work(VALUE)?;
    match value {
        Json::List(list) => {
            (0_u8, list.len()).hash(hasher);
            for item in list {
                hash(item, hasher, state, budget)?;
            }
        }
        Json::Map(members) => {
            let mut sum = 0_u64;
            for (name, value) in members {
                let mut member = state.build_hasher();
                budget.work(name.len() / 4)?;
                name.hash(&mut member);
                hash(value, &mut member, state, budget)?;
                sum = sum.wrapping_add(member.finish());
            }
            (1_u8, sum).hash(hasher);
        }
        Json::Number(number) => {
            budget.work(number_work(number))?;
            (3_u8, number.as_f64().to_bits()).hash(hasher);
        }
        scalar => match scalar.scalar() {
            Some(Scalar::Bool(value)) => (2_u8, value).hash(hasher),
            Some(Scalar::String(text)) => {
                budget.work(text.len() / 4)?;
                (4_u8, text).hash(hasher);
            }
            Some(Scalar::Null | Scalar::Number(_)) | None => 5_u8.hash(hasher),
        },
    }
    Ok(())
}
