//! `java.util.Map` and its pairs.

use std::borrow::Cow;

use super::super::heap::Heap;
use super::super::method::Method;
use super::super::value::{Key, Side, Value, present};
use super::outcome::{Outcome, VOID, null_pointer};

/// Calls a method of a map.
pub(in super::super) fn map<'r>(
    heap: &mut Heap<'r>,
    id: usize,
    method: Method,
    arguments: &[Value<'r>],
) -> Outcome<'r> {
    let json = heap.map(id).json;
    let key = arguments.first().map(|key| key_of(heap, key)).transpose()?;
    Ok(match (method, arguments, key) {
        (Method::Size, [], _) => Value::Integer(heap.map(id).entries.len() as i128),
        (Method::IsEmpty, [], _) => Value::Bool(heap.map(id).entries.is_empty()),
        (Method::Get, [_], Some(key)) => match heap.find_key(id, &key)? {
            Some(value) => present(heap.copy(value)?, json),
            None => present(Value::Null, json),
        },
        (Method::GetOrDefault, [_, other], Some(key)) => heap.copy(heap.find_key(id, &key)?.unwrap_or(other))?,
        (Method::ContainsKey, [_], Some(key)) => Value::Bool(heap.find_key(id, &key)?.is_some()),
        (Method::ContainsValue, [value], _) => {
            for (_, other) in &heap.map(id).entries {
                if heap.equal(other, value)? {
                    return Ok(Value::Bool(true));
                }
            }
            Value::Bool(false)
        }
        (Method::Put, [_, value], Some(key)) => put(heap, id, key, value)?,
        (Method::PutIfAbsent, [_, value], Some(key)) => match heap.find_key(id, &key)? {
            Some(old) => heap.copy(old)?,
            None => put(heap, id, key, value)?,
        },
        (Method::Replace, [_, value], Some(key)) => match heap.find_key(id, &key)? {
            Some(_) => put(heap, id, key, value)?,
            None => Value::Null,
        },
        (Method::Replace, [_, old, value], Some(key)) => {
            let same = match heap.find_key(id, &key)? {
                Some(found) => heap.equal(found, old)?,
                None => false,
            };
            if same {
                put(heap, id, key, value)?;
            }
            Value::Bool(same)
        }
        (Method::PutAll, [Value::Map(other)], _) => {
            let others = heap.entries(*other)?;
            for (key, value) in others {
                heap.put(id, key, value)?;
            }
            VOID
        }
        (Method::PutAll, [Value::Null], _) => return Err(null_pointer("a map")),
        (Method::Remove, [_], Some(key)) => heap.remove(id, &key)?.unwrap_or(Value::Null),
        (Method::Remove, [_, value], Some(key)) => {
            let same = match heap.find_key(id, &key)? {
                Some(old) => heap.equal(old, value)?,
                None => false,
            };
            Value::Bool(same && heap.remove(id, &key)?.is_some())
        }
        (Method::Clear, [], _) => {
            heap.clear(id);
            VOID
        }
        (Method::KeySet, [], _) => heap.view(id, Side::Keys)?,
        (Method::Values, [], _) => heap.view(id, Side::Values)?,
        (Method::EntrySet, [], _) => heap.view(id, Side::Pairs)?,
        (Method::Clone, [], _) => {
            let entries = heap.entries(id)?;
            heap.new_map(json, entries)?
        }
        (Method::Equals, [other], _) => Value::Bool(heap.equal(&Value::Map(id), other)?),
        _ => Value::Null,
    })
}

/// Puts a copy of a value into a map.
fn put<'r>(heap: &mut Heap<'r>, id: usize, key: Key<'r>, value: &Value<'r>) -> Outcome<'r> {
    let value = heap.copy(value)?;
    Ok(heap.put(id, key, value)?)
}

/// A value as the key of a map.
///
/// # Errors
/// The budget is spent.
pub(in super::super) fn key_of<'r>(heap: &Heap<'r>, value: &Value<'r>) -> Result<Key<'r>, String> {
    Ok(Key::of(heap.copy(value)?))
}

/// A map of texts; the last of several of one name counts.
pub(in super::super) fn map_of<'r>(
    heap: &mut Heap<'r>,
    pairs: impl IntoIterator<Item = (Cow<'r, str>, Cow<'r, str>)>,
) -> Outcome<'r> {
    let made = heap.new_map(true, Vec::new())?;
    if let Value::Map(id) = made {
        for (key, value) in pairs {
            heap.put(id, key, Value::Text(value))?;
        }
    }
    Ok(made)
}
