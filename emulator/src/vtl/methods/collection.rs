//! `java.util.List`, and the views of maps.

use super::super::heap::Heap;
use super::super::method::Method;
use super::super::value::{ListKind, Value, present};
use super::outcome::{Outcome, VOID, null_pointer};

/// Calls a method of a list.
pub(in super::super) fn list<'r>(
    heap: &mut Heap<'r>,
    id: usize,
    method: Method,
    arguments: &[Value<'r>],
) -> Outcome<'r> {
    let (json, length) = (heap.list(id).is_json(), heap.list(id).items.len());
    match heap.list(id).kind {
        ListKind::View { of } => {
            if let Some(outcome) = view(heap, id, of, method, arguments)? {
                return Ok(outcome);
            }
        }
        ListKind::Array if resizes(heap, id, method, arguments)? => {
            return Err("an array can neither grow nor shrink".to_owned());
        }
        ListKind::Array if method == Method::Clone => return Ok(Value::Null),
        _ => {}
    }
    Ok(match (method, arguments) {
        // Places are Integers; a Long is something that may be in the list.
        (Method::Get, [at]) | (Method::Set | Method::Add | Method::AddAll, [at, _]) if at.is_long() => Value::Null,
        (Method::SubList, [from, to]) if from.is_long() || to.is_long() => Value::Null,
        (Method::Size, []) => Value::Integer(length as i128),
        (Method::IsEmpty, []) => Value::Bool(length == 0),
        (Method::Get, [Value::Integer(at)]) => present(heap.copy(&heap.list(id).items[within(*at, length)?])?, json),
        (Method::Add, [item]) => {
            let item = heap.copy(item)?;
            heap.extend(id, length, vec![item])?;
            Value::Bool(true)
        }
        (Method::Add, [Value::Integer(at), item]) => {
            let item = heap.copy(item)?;
            heap.extend(id, within(*at, length + 1)?, vec![item])?;
            VOID
        }
        (Method::AddAll, [Value::List(other)]) => {
            let any = !heap.list(*other).items.is_empty();
            heap.append(id, *other)?;
            Value::Bool(any)
        }
        (Method::AddAll, [Value::Integer(at), Value::List(other)]) => {
            add_all(heap, id, within(*at, length + 1)?, *other)?
        }
        (Method::Set, [Value::Integer(at), item]) => {
            let at = within(*at, length)?;
            let item = heap.copy(item)?;
            heap.budget.hold(item.size())?;
            std::mem::replace(&mut heap.list_mut(id).items[at], item)
        }
        (Method::Remove, [place @ Value::Integer(at)]) if !place.is_long() => {
            let at = within(*at, length)?;
            heap.take(id, at)?
        }
        (Method::Remove, [item]) => {
            let found = find(heap, id, item, false)?;
            if let Some(at) = found {
                heap.take(id, at)?;
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
            for item in &heap.list(*other).items {
                if find(heap, id, item, false)?.is_none() {
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
            let items = heap.copies(items)?;
            heap.new_list(items)?
        }
        (Method::ToArray | Method::Clone, []) => {
            let items = heap.copies(&heap.list(id).items)?;
            let kind = if method == Method::ToArray { ListKind::Array } else { heap.list(id).kind };
            heap.list_of(kind, items)?
        }
        (Method::Equals, [other]) => Value::Bool(heap.equal(&Value::List(id), other)?),
        (
            Method::AddAll | Method::RemoveAll | Method::RetainAll | Method::ContainsAll,
            [Value::Null] | [Value::Integer(_), Value::Null],
        ) => return Err(null_pointer("a list")),
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

/// A list may be added to itself.
fn add_all<'r>(heap: &mut Heap<'r>, id: usize, at: usize, other: usize) -> Outcome<'r> {
    let others = heap.copies(&heap.list(other).items)?;
    let any = !others.is_empty();
    heap.extend(id, at, others)?;
    Ok(Value::Bool(any))
}

/// Keeps what is in the other list, or what is not.
fn keep<'r>(heap: &mut Heap<'r>, id: usize, other: usize, wanted: bool) -> Outcome<'r> {
    let before = heap.list(id).items.len();
    heap.budget.room(before)?;
    let mut stays = Vec::with_capacity(before);
    for item in &heap.list(id).items {
        stays.push(find(heap, other, item, false)?.is_some() == wanted);
    }
    let mut stays = stays.into_iter();
    let items = &mut heap.list_mut(id).items;
    items.retain(|_| stays.next().expect("there is one answer for each item"));
    Ok(Value::Bool(items.len() != before))
}

/// What a view of a map does otherwise than a list.
fn view<'r>(
    heap: &mut Heap<'r>,
    id: usize,
    map: usize,
    method: Method,
    arguments: &[Value<'r>],
) -> Result<Option<Value<'r>>, String> {
    Ok(Some(match (method, arguments) {
        (Method::Remove, [item]) => remove_from_view(heap, id, map, item)?,
        (Method::RemoveAll | Method::RetainAll, [Value::List(other)]) => {
            let items = heap.copies(&heap.list(id).items)?;
            let mut any = false;
            for item in items {
                if find(heap, *other, &item, false)?.is_some() == (method == Method::RemoveAll) {
                    remove_from_view(heap, id, map, &item)?;
                    any = true;
                }
            }
            Value::Bool(any)
        }
        (Method::Clear, []) => {
            heap.clear(map);
            VOID
        }
        (Method::Add, [_]) => return Err("a view of a map takes nothing in".to_owned()),
        (Method::AddAll, [Value::List(other)]) if !heap.list(*other).items.is_empty() => {
            return Err("a view of a map takes nothing in".to_owned());
        }
        (Method::Get | Method::Set | Method::IndexOf | Method::LastIndexOf | Method::SubList | Method::Clone, _)
        | (Method::Add | Method::AddAll, [_, _]) => Value::Null,
        _ => return Ok(None),
    }))
}

/// Whether a method would make a list longer or shorter.
fn resizes<'r>(heap: &Heap<'r>, id: usize, method: Method, arguments: &[Value<'r>]) -> Result<bool, String> {
    Ok(match (method, arguments) {
        (Method::Add, [_]) => true,
        (Method::Add, [at, _]) => matches!(at, Value::Integer(_)) && !at.is_long(),
        (Method::AddAll, [.., Value::List(other)]) => !heap.list(*other).items.is_empty(),
        (Method::Clear, []) => !heap.list(id).items.is_empty(),
        (Method::Remove, [at @ Value::Integer(_)]) if !at.is_long() => true,
        (Method::Remove, [item]) => find(heap, id, item, false)?.is_some(),
        (Method::RemoveAll | Method::RetainAll, [Value::List(other)]) => {
            for item in &heap.list(id).items {
                if find(heap, *other, item, false)?.is_some() == (method == Method::RemoveAll) {
                    return Ok(true);
                }
            }
            false
        }
        _ => false,
    })
}

/// What is taken out of a map's view leaves the map.
fn remove_from_view<'r>(heap: &mut Heap<'r>, id: usize, map: usize, item: &Value<'r>) -> Outcome<'r> {
    let found = find(heap, id, item, false)?;
    if let Some(at) = found {
        heap.remove_at(map, at)?;
    }
    Ok(Value::Bool(found.is_some()))
}

fn index<'r>(at: Option<usize>) -> Value<'r> {
    at.map_or(Value::Integer(-1), |at| Value::Integer(at as i128))
}
