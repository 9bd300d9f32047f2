//! `java.util.Map` and its pairs.

use std::borrow::Cow;

use super::super::heap::Heap;
use super::super::method::Method;
use super::super::print::print;
use super::super::value::{ListKind, Map, Pair, Value};
use super::outcome::{Outcome, VOID, present};

/// Bytes of a key.
const KEY: usize = 1 << 16;

/// Calls a method of a map.
pub(in super::super) fn map<'r>(
    heap: &mut Heap<'r>,
    id: usize,
    method: Method,
    arguments: &[Value<'r>],
) -> Outcome<'r> {
    let json = heap.map(id).json;
    let view = ListKind::View { of: id };
    let key = match arguments.first() {
        Some(key) => key_of(heap, key)?,
        None => None,
    };
    Ok(match (method, arguments, key) {
        (Method::Size, [], _) => Value::Integer(heap.map(id).entries.len() as i128),
        (Method::IsEmpty, [], _) => Value::Bool(heap.map(id).entries.is_empty()),
        (Method::Get, [_], Some(key)) => present(heap.map(id).get(&key).cloned().unwrap_or(Value::Null), json),
        (Method::GetOrDefault, [_, other], key) => key.and_then(|key| heap.map(id).get(&key)).unwrap_or(other).clone(),
        (Method::ContainsKey, [_], key) => Value::Bool(key.is_some_and(|key| heap.map(id).get(&key).is_some())),
        (Method::ContainsValue, [value], _) => {
            for (_, other) in &heap.map(id).entries {
                if heap.equal(other, value)? {
                    return Ok(Value::Bool(true));
                }
            }
            Value::Bool(false)
        }
        (Method::Put, [_, value], Some(key)) => heap.put(id, key, value.clone())?,
        (Method::PutIfAbsent, [_, value], Some(key)) => match heap.map(id).get(&key).cloned() {
            Some(old) => old,
            None => heap.put(id, key, value.clone())?,
        },
        (Method::Replace, [_, value], Some(key)) => match heap.map(id).get(&key) {
            Some(_) => heap.put(id, key, value.clone())?,
            None => Value::Null,
        },
        (Method::Replace, [_, old, value], Some(key)) => {
            let same = match heap.map(id).get(&key) {
                Some(found) => heap.equal(found, old)?,
                None => false,
            };
            if same {
                heap.put(id, key, value.clone())?;
            }
            Value::Bool(same)
        }
        (Method::PutAll, [Value::Map(other)], _) => {
            let others = heap.map(*other).entries.clone();
            for (key, value) in others {
                heap.put(id, key, value)?;
            }
            VOID
        }
        (Method::Remove, [_], Some(key)) => remove(heap, id, &key).unwrap_or(Value::Null),
        (Method::Remove, [_, value], Some(key)) => {
            let same = match heap.map(id).get(&key) {
                Some(old) => heap.equal(old, value)?,
                None => false,
            };
            Value::Bool(same && remove(heap, id, &key).is_some())
        }
        (Method::Clear, [], _) => {
            heap.map_mut(id).entries.clear();
            VOID
        }
        (Method::KeySet, [], _) => {
            let keys = heap.map(id).entries.iter().map(|(key, _)| Value::Text(key.clone())).collect();
            heap.list_of(view, keys)?
        }
        (Method::Values, [], _) => {
            let values = heap.map(id).entries.iter().map(|(_, value)| value.clone()).collect();
            heap.list_of(view, values)?
        }
        (Method::EntrySet, [], _) => {
            let entries = heap.map(id).entries.clone();
            let pairs = entries
                .into_iter()
                .enumerate()
                .map(|(at, (key, value))| heap.new_pair(Pair { key, value: present(value, json), of: id, at }))
                .collect::<Result<_, _>>()?;
            heap.list_of(view, pairs)?
        }
        (Method::Clone, [], _) => {
            let entries = heap.map(id).entries.clone();
            heap.new_map(Map { json, entries })?
        }
        (Method::Equals, [other], _) => Value::Bool(heap.equal(&Value::Map(id), other)?),
        _ => Value::Null,
    })
}

/// Takes a key out of a map.
pub(super) fn remove<'r>(heap: &mut Heap<'r>, id: usize, key: &str) -> Option<Value<'r>> {
    let entries = &mut heap.map_mut(id).entries;
    let at = entries.iter().position(|(name, _)| name == key)?;
    Some(entries.remove(at).1)
}

/// A value as the key of a map: its text.
///
/// # Errors
/// The key is too long.
pub(in super::super) fn key_of<'r>(heap: &Heap<'r>, value: &Value<'r>) -> Result<Option<Cow<'r, str>>, String> {
    Ok(match value {
        Value::Text(text) => Some(text.clone()),
        Value::Null => None,
        other => {
            let mut key = String::new();
            print(heap, other, &mut key, KEY)?;
            Some(Cow::Owned(key))
        }
    })
}

/// A map of texts; the last of several of one name counts.
pub(in super::super) fn map_of<'r>(
    heap: &mut Heap<'r>,
    pairs: impl IntoIterator<Item = (Cow<'r, str>, Cow<'r, str>)>,
) -> Outcome<'r> {
    let made = heap.new_map(Map { json: true, entries: Vec::new() })?;
    if let Value::Map(id) = made {
        for (key, value) in pairs {
            heap.put(id, key, Value::Text(value))?;
        }
    }
    Ok(made)
}
