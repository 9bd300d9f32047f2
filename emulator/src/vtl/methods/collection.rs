//! `java.util.List`, and the views of maps.

use super::super::heap::Heap;
use super::super::method::Method;
use super::super::value::{ListKind, Value};
use super::map::remove;
use super::outcome::{Outcome, VOID, present};

/// Calls a method of a list.
pub(in super::super) fn list<'r>(
    heap: &mut Heap<'r>,
    id: usize,
    method: Method,
    arguments: &[Value<'r>],
) -> Outcome<'r> {
    let (json, length) = (heap.list(id).is_json(), heap.list(id).items.len());
    if let ListKind::View { of } = heap.list(id).kind {
        if let (Method::Remove, [item]) = (method, arguments) {
            return remove_from_view(heap, id, of, item);
        }
        let ordered = [Method::Get, Method::Set, Method::IndexOf, Method::LastIndexOf, Method::SubList, Method::Add];
        if ordered.contains(&method) {
            return Ok(Value::Null);
        }
    }
    Ok(match (method, arguments) {
        (Method::Size, []) => Value::Integer(length as i128),
        (Method::IsEmpty, []) => Value::Bool(length == 0),
        (Method::Get, [Value::Integer(at)]) => present(heap.list(id).items[within(*at, length)?].clone(), json),
        (Method::Add, [item]) => {
            heap.extend(id, length, vec![item.clone()])?;
            Value::Bool(true)
        }
        (Method::Add, [Value::Integer(at), item]) => {
            heap.extend(id, within(*at, length + 1)?, vec![item.clone()])?;
            VOID
        }
        (Method::AddAll, [Value::List(other)]) => add_all(heap, id, length, *other)?,
        (Method::AddAll, [Value::Integer(at), Value::List(other)]) => {
            add_all(heap, id, within(*at, length + 1)?, *other)?
        }
        (Method::Set, [Value::Integer(at), item]) => {
            let at = within(*at, length)?;
            heap.budget.hold(item.size())?;
            std::mem::replace(&mut heap.list_mut(id).items[at], item.clone())
        }
        (Method::Remove, [Value::Integer(at)]) => {
            let at = within(*at, length)?;
            heap.list_mut(id).items.remove(at)
        }
        (Method::Remove, [item]) => {
            let found = find(heap, id, item, false)?;
            if let Some(at) = found {
                heap.list_mut(id).items.remove(at);
            }
            Value::Bool(found.is_some())
        }
        (Method::RemoveAll, [Value::List(other)]) => keep(heap, id, *other, false)?,
        (Method::RetainAll, [Value::List(other)]) => keep(heap, id, *other, true)?,
        (Method::Clear, []) => {
            heap.list_mut(id).items.clear();
            VOID
        }
        (Method::Contains, [item]) => Value::Bool(find(heap, id, item, false)?.is_some()),
        (Method::ContainsAll, [Value::List(other)]) => {
            for at in 0..heap.list(*other).items.len() {
                let item = heap.list(*other).items[at].clone();
                if find(heap, id, &item, false)?.is_none() {
                    return Ok(Value::Bool(false));
                }
            }
            Value::Bool(true)
        }
        (Method::IndexOf, [item]) => index(find(heap, id, item, false)?),
        (Method::LastIndexOf, [item]) => index(find(heap, id, item, true)?),
        (Method::SubList, [Value::Integer(from), Value::Integer(to)]) => {
            let (from, to) = (within(*from, length + 1)?, within(*to, length + 1)?);
            let items = heap.list(id).items.get(from..to).ok_or("the ends of a sublist are the wrong way round")?;
            let items = items.to_vec();
            heap.new_list(items)?
        }
        (Method::ToArray | Method::Clone, []) => {
            let items = heap.list(id).items.clone();
            heap.new_list(items)?
        }
        (Method::Equals, [other]) => Value::Bool(heap.equal(&Value::List(id), other)?),
        _ => Value::Null,
    })
}

fn within(at: i128, length: usize) -> Result<usize, String> {
    let place = usize::try_from(at).ok().filter(|at| *at < length);
    place.ok_or_else(|| format!("index {at} is out of bounds for length {length}"))
}

fn find<'r>(heap: &Heap<'r>, id: usize, wanted: &Value<'r>, last: bool) -> Result<Option<usize>, String> {
    let items = &heap.list(id).items;
    for step in 0..items.len() {
        let at = if last { items.len() - 1 - step } else { step };
        if heap.equal(&items[at], wanted)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn add_all<'r>(heap: &mut Heap<'r>, id: usize, at: usize, other: usize) -> Outcome<'r> {
    let count = heap.list(other).items.len();
    // A list may be added to itself: what that takes is asked for before it is copied.
    heap.budget.hold(count * size_of::<Value<'_>>())?;
    let others = heap.list(other).items.clone();
    heap.extend(id, at, others)?;
    heap.budget.release(count * size_of::<Value<'_>>());
    Ok(Value::Bool(count > 0))
}

/// Keeps what is in the other list, or what is not.
fn keep<'r>(heap: &mut Heap<'r>, id: usize, other: usize, wanted: bool) -> Outcome<'r> {
    let items = std::mem::take(&mut heap.list_mut(id).items);
    let before = items.len();
    let others = if id == other { items.clone() } else { heap.list(other).items.clone() };
    let mut kept = Vec::with_capacity(before);
    for item in items {
        let mut is_in = false;
        for candidate in &others {
            if heap.equal(candidate, &item)? {
                is_in = true;
                break;
            }
        }
        if is_in == wanted {
            kept.push(item);
        }
    }
    let changed = kept.len() != before;
    heap.list_mut(id).items = kept;
    Ok(Value::Bool(changed))
}

/// What is taken out of `keySet` or `entrySet` leaves the map.
fn remove_from_view<'r>(heap: &mut Heap<'r>, id: usize, map: usize, item: &Value<'r>) -> Outcome<'r> {
    let Some(at) = find(heap, id, item, false)? else { return Ok(Value::Bool(false)) };
    let key = match heap.list_mut(id).items.remove(at) {
        Value::Text(key) => key,
        Value::Entry(pair) => heap.pair(pair).key.clone(),
        _ => return Ok(Value::Bool(true)),
    };
    remove(heap, map, &key);
    Ok(Value::Bool(true))
}

fn index<'r>(at: Option<usize>) -> Value<'r> {
    at.map_or(Value::Integer(-1), |at| Value::Integer(at as i128))
}
