//! `java.util.List` and `java.util.Map`.

use std::borrow::Cow;

use super::super::value::{Heap, Map, Value};
use super::{Method, Outcome};

/// A method without a result is rendered as nothing.
const VOID: Value<'static> = Value::Text(Cow::Borrowed(""));

/// Calls a method of a list.
pub(in super::super) fn list<'r>(
    heap: &mut Heap<'r>,
    id: usize,
    method: Method,
    arguments: &[Value<'r>],
) -> Outcome<'r> {
    let json = heap.list(id).json;
    let length = heap.list(id).items.len();
    let place = |value: &Value<'r>, length: usize| match value {
        Value::Integer(at) => usize::try_from(*at)
            .ok()
            .filter(|at| *at < length)
            .ok_or_else(|| format!("index {at} is out of bounds for length {length}")),
        _ => Err("an index is a whole number".to_owned()),
    };
    let find = |heap: &Heap<'r>, wanted: &Value<'r>, last: bool| {
        let items = &heap.list(id).items;
        let mut places = items.iter().enumerate().filter(|(_, item)| heap.equal(item, wanted)).map(|(at, _)| at);
        if last { places.next_back() } else { places.next() }
    };
    Ok(match (method, arguments) {
        (Method::Size | Method::Length, []) => Value::Integer(length as i128),
        (Method::IsEmpty, []) => Value::Bool(length == 0),
        (Method::Get, [at]) => present(heap.list(id).items[place(at, length)?].clone(), json),
        (Method::Add, [item]) => {
            heap.list_mut(id).items.push(item.clone());
            Value::Bool(true)
        }
        (Method::Add, [at, item]) => {
            let at = place(at, length + 1)?;
            heap.list_mut(id).items.insert(at, item.clone());
            VOID
        }
        (Method::AddAll, [other]) => match elements(heap, other) {
            Some(others) => {
                let changed = !others.is_empty();
                heap.list_mut(id).items.extend(others);
                Value::Bool(changed)
            }
            None => Value::Null,
        },
        (Method::Set, [at, item]) => {
            let at = place(at, length)?;
            std::mem::replace(&mut heap.list_mut(id).items[at], item.clone())
        }
        (Method::Remove, [at @ Value::Integer(_)]) => {
            let at = place(at, length)?;
            heap.list_mut(id).items.remove(at)
        }
        (Method::Remove, [item]) => {
            let found = find(heap, item, false);
            if let Some(at) = found {
                heap.list_mut(id).items.remove(at);
            }
            Value::Bool(found.is_some())
        }
        (Method::Clear, []) => {
            heap.list_mut(id).items.clear();
            VOID
        }
        (Method::Contains, [item]) => Value::Bool(find(heap, item, false).is_some()),
        (Method::ContainsAll, [other]) => match elements(heap, other) {
            Some(others) => Value::Bool(others.iter().all(|item| find(heap, item, false).is_some())),
            None => Value::Null,
        },
        (Method::IndexOf, [item]) => index(find(heap, item, false)),
        (Method::LastIndexOf, [item]) => index(find(heap, item, true)),
        (Method::SubList, [from, to]) => {
            let (from, to) = (place(from, length + 1)?, place(to, length + 1)?);
            let items =
                heap.list(id).items.get(from..to).ok_or("the ends of a sublist are the wrong way round")?.to_vec();
            heap.new_list(items)
        }
        (Method::ToArray, []) => {
            let items = heap.list(id).items.clone();
            heap.new_list(items)
        }
        (Method::Equals, [other]) => Value::Bool(heap.equal(&Value::List(id), other)),
        _ => Value::Null,
    })
}

/// Calls a method of a map.
pub(in super::super) fn map<'r>(heap: &mut Heap<'r>, id: usize, method: Method, arguments: &[Value<'r>]) -> Value<'r> {
    let json = heap.map(id).json;
    let key = arguments.first().and_then(|key| key_of(heap, key));
    match (method, arguments, key) {
        (Method::Size, [], _) => Value::Integer(heap.map(id).entries.len() as i128),
        (Method::IsEmpty, [], _) => Value::Bool(heap.map(id).entries.is_empty()),
        (Method::Get, [_], Some(key)) => present(heap.map(id).get(&key).cloned().unwrap_or(Value::Null), json),
        (Method::GetOrDefault, [_, other], Some(key)) => heap.map(id).get(&key).unwrap_or(other).clone(),
        (Method::ContainsKey, [_], Some(key)) => Value::Bool(heap.map(id).get(&key).is_some()),
        (Method::ContainsValue, [value], _) => {
            Value::Bool(heap.map(id).entries.iter().any(|(_, other)| heap.equal(other, value)))
        }
        (Method::Put, [_, value], Some(key)) => heap.map_mut(id).put(key, value.clone()),
        (Method::PutIfAbsent, [_, value], Some(key)) => match heap.map(id).get(&key).cloned() {
            Some(old) => old,
            None => heap.map_mut(id).put(key, value.clone()),
        },
        (Method::PutAll, [Value::Map(other)], _) => {
            let others = heap.map(*other).entries.clone();
            for (key, value) in others {
                heap.map_mut(id).put(key, value);
            }
            VOID
        }
        (Method::Remove, [_], Some(key)) => {
            let entries = &mut heap.map_mut(id).entries;
            let at = entries.iter().position(|(name, _)| *name == key);
            at.map_or(Value::Null, |at| entries.remove(at).1)
        }
        (Method::Clear, [], _) => {
            heap.map_mut(id).entries.clear();
            VOID
        }
        (Method::KeySet, [], _) => {
            let keys = heap.map(id).entries.iter().map(|(key, _)| Value::Text(key.clone())).collect();
            heap.new_list(keys)
        }
        (Method::Values, [], _) => {
            let values = heap.map(id).entries.iter().map(|(_, value)| value.clone()).collect();
            heap.new_list(values)
        }
        (Method::EntrySet, [], _) => {
            let entries = heap.map(id).entries.clone();
            let entries = entries
                .into_iter()
                .map(|(key, value)| heap.new_entry(Value::Text(key), present(value, json)))
                .collect();
            heap.new_list(entries)
        }
        (Method::Equals, [other], _) => Value::Bool(heap.equal(&Value::Map(id), other)),
        _ => Value::Null,
    }
}

/// What is null in a map or list from JSON is rendered as nothing.
pub(in super::super) fn present(value: Value<'_>, json: bool) -> Value<'_> {
    if json && matches!(value, Value::Null) { Value::Missing } else { value }
}

/// A value as the key of a map: its text.
pub(in super::super) fn key_of<'r>(heap: &Heap<'r>, value: &Value<'r>) -> Option<Cow<'r, str>> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Null => None,
        other => {
            let mut key = String::new();
            heap.print(other, &mut key, 1 << 16).then_some(Cow::Owned(key))
        }
    }
}

pub(in super::super) fn map_of<'r>(heap: &mut Heap<'r>, pairs: &[(Cow<'r, str>, Cow<'r, str>)]) -> Value<'r> {
    let mut map = Map { json: true, entries: Vec::new() };
    for (key, value) in pairs {
        map.put(key.clone(), Value::Text(value.clone()));
    }
    heap.new_map(map)
}

fn elements<'r>(heap: &Heap<'r>, value: &Value<'r>) -> Option<Vec<Value<'r>>> {
    match value {
        Value::List(id) => Some(heap.list(*id).items.clone()),
        _ => None,
    }
}

fn index<'r>(at: Option<usize>) -> Value<'r> {
    at.map_or(Value::Integer(-1), |at| Value::Integer(at as i128))
}
