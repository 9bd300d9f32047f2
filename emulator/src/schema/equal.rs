//! Equality of JSON: numbers by value, so that `1` is `1.0`.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, Hasher};

use foldhash::fast::RandomState;

use crate::budget::{Budget, Exhausted};
use crate::jsonpath::{Scalar, Tree};
use crate::vtl::{Json, Number};

/// Units of work that a value costs to compare.
const VALUE: usize = 20;

/// Whether two values are equal.
pub(super) fn equal(left: &Json<'_>, right: &Json<'_>, budget: &Budget) -> Result<bool, Exhausted> {
    budget.work(VALUE)?;
    Ok(match (left, right) {
        (Json::Number(Number::Integer(left)), Json::Number(Number::Integer(right))) => left == right,
        (Json::Number(Number::Exact(left)), Json::Number(Number::Exact(right))) if left == right => true,
        (Json::Number(left), Json::Number(right)) => left.as_f64().total_cmp(&right.as_f64()).is_eq(),
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
            let members: HashMap<&str, &Json<'_>> = right.iter().map(|(name, value)| (&**name, value)).collect();
            budget.work(left.len() * VALUE)?;
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
    let mut differ = true;
    for same in by_hash.chunk_by(|left, right| left.0 == right.0) {
        for (place, (_, left)) in same.iter().enumerate() {
            for (_, right) in &same[place + 1..] {
                differ &= !equal(&list[*left], &list[*right], budget)?;
            }
        }
    }
    budget.release(bytes);
    Ok(differ)
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
                name.hash(&mut member);
                hash(value, &mut member, state, budget)?;
                sum = sum.wrapping_add(member.finish());
            }
            (1_u8, sum).hash(hasher);
        }
        scalar => match scalar.scalar() {
            Some(Scalar::Bool(value)) => (2_u8, value).hash(hasher),
            Some(Scalar::Number(number)) => (3_u8, number.to_bits()).hash(hasher),
            Some(Scalar::String(text)) => {
                budget.work(text.len() / 4)?;
                (4_u8, text).hash(hasher);
            }
            Some(Scalar::Null) | None => 5_u8.hash(hasher),
        },
    }
    Ok(())
}
