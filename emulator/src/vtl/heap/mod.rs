//! Every list, map and pair of one rendering. They end with it, so that no cycle outlives it; each is charged to the
//! request's budget.

mod view;

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::json::{Json, Number};
use super::value::{Key, List, ListKind, Map, MapEntry, Pair, Value};
use crate::budget::{Budget, Exhausted};

/// Lists in lists deeper than this are not compared.
const DEPTH: usize = 450;
/// Units of work that making, printing or comparing one value costs.
pub(super) const VALUE: usize = 24;

/// Units that making or extending a list or a map costs besides.
const CONTAINER: usize = 40;
/// Units that it costs to remember what a list or a map of the body has become.
const ADOPTED: usize = 60;
/// Units of work that copying one costs beside its bytes.
const COPY: usize = 8;
/// Units that moving one to another place of its list or map costs.
const MOVE: usize = 8;

/// The heap of one rendering.
#[derive(Debug)]
pub(super) struct Heap<'r> {
    pub(super) budget: &'r Budget,
    lists: Vec<List<'r>>,
    maps: Vec<Map<'r>>,
    pairs: Vec<Pair<'r>>,
    /// What lists and maps of the body have become, by their address: reading a body again and again makes it once.
    adopted: HashMap<usize, Value<'r>, RandomState>,
}

type Held<T> = Result<T, Exhausted>;

impl<'r> Heap<'r> {
    pub(super) fn new(budget: &'r Budget) -> Self {
        Self { budget, lists: Vec::new(), maps: Vec::new(), pairs: Vec::new(), adopted: HashMap::default() }
    }

    /// Charges so many values that are kept, and what they hold.
    fn hold<'v>(&self, values: impl Iterator<Item = &'v Value<'r>>) -> Held<()>
    where
        'r: 'v,
    {
        let (mut count, mut bytes) = (1, 0);
        for value in values {
            count += 1;
            bytes += value.size();
        }
        self.budget.work(CONTAINER + count * VALUE)?;
        self.budget.hold(count * size_of::<Value<'r>>() + bytes)
    }

    pub(super) fn new_list(&mut self, items: Vec<Value<'r>>) -> Held<Value<'r>> {
        self.list_of(ListKind::Plain, items)
    }

    pub(super) fn list_of(&mut self, kind: ListKind, items: Vec<Value<'r>>) -> Held<Value<'r>> {
        self.hold(items.iter())?;
        self.lists.push(List { kind, items });
        Ok(Value::List(self.lists.len() - 1))
    }

    pub(super) fn new_map(&mut self, json: bool, entries: Vec<MapEntry<'r>>) -> Held<Value<'r>> {
        self.hold(entries.iter().map(|(_, value)| value))?;
        let keys = entries.iter().map(|(key, _)| size_of::<Key<'_>>() + key.len()).sum();
        self.budget.hold(keys)?;
        self.maps.push(Map { json, entries, views: Vec::new() });
        Ok(Value::Map(self.maps.len() - 1))
    }

    pub(super) fn new_pair(&mut self, pair: Pair<'r>) -> Held<Value<'r>> {
        self.budget.work(VALUE)?;
        self.budget.hold(size_of::<Pair<'r>>() + pair.key.len() + pair.value.size())?;
        self.pairs.push(pair);
        Ok(Value::Entry(self.pairs.len() - 1))
    }

    pub(super) fn list(&self, id: usize) -> &List<'r> {
        &self.lists[id]
    }

    /// A list to take from or to change within its length; [`Heap::extend`] adds to it.
    pub(super) fn list_mut(&mut self, id: usize) -> &mut List<'r> {
        &mut self.lists[id]
    }

    pub(super) fn map(&self, id: usize) -> &Map<'r> {
        &self.maps[id]
    }

    /// What a map has under a key, which is compared with all of its keys.
    pub(super) fn find(&self, id: usize, key: &str) -> Held<Option<&Value<'r>>> {
        self.budget.work(self.search(id, key))?;
        Ok(self.maps[id].get(key))
    }

    /// What a map has under a key of any kind.
    pub(super) fn find_key(&self, id: usize, key: &Key<'r>) -> Held<Option<&Value<'r>>> {
        Ok(self.place(id, key)?.map(|at| &self.maps[id].entries[at].1))
    }

    /// Where a map has a key, which is compared with all of its keys.
    fn place(&self, id: usize, key: &Key<'r>) -> Held<Option<usize>> {
        let entries = &self.maps[id].entries;
        match key {
            Key::Text(text) => {
                self.budget.work(self.search(id, text))?;
                Ok(entries.iter().position(|(name, _)| name.is(text)))
            }
            Key::Other(value) => {
                for (at, (name, _)) in entries.iter().enumerate() {
                    if let Key::Other(name) = name
                        && self.equal(name, value)?
                    {
                        return Ok(Some(at));
                    }
                }
                Ok(None)
            }
        }
    }

    /// What it costs to look for a key in a map.
    fn search(&self, id: usize, key: &str) -> usize {
        self.maps[id].entries.len() * (1 + key.len() / 16)
    }

    /// A copy of a value; what it takes is charged before.
    pub(super) fn copy(&self, value: &Value<'r>) -> Held<Value<'r>> {
        let bytes = value.size();
        if bytes > 0 {
            self.budget.work(VALUE + bytes / 8)?;
            self.budget.room(bytes)?;
        }
        Ok(value.clone())
    }

    /// Copies of values, charged before they are made.
    pub(super) fn copies(&self, values: &[Value<'r>]) -> Held<Vec<Value<'r>>> {
        self.charge_copies(values)?;
        Ok(values.to_vec())
    }

    fn charge_copies(&self, values: &[Value<'r>]) -> Held<()> {
        let bytes = values.iter().map(Value::size).sum::<usize>() + size_of_val(values);
        self.budget.work(values.len() * COPY + bytes / 8)?;
        self.budget.room(bytes)
    }

    /// A copy of what is in a map, charged before it is made.
    pub(super) fn entries(&self, id: usize) -> Held<Vec<MapEntry<'r>>> {
        let entries = &self.maps[id].entries;
        let bytes =
            entries.iter().map(|(key, value)| key.len() + value.size()).sum::<usize>() + size_of_val(&**entries);
        self.budget.work(entries.len() * COPY + bytes / 8)?;
        self.budget.room(bytes)?;
        Ok(entries.clone())
    }

    /// Takes an item out of a list; those behind it move.
    pub(super) fn take(&mut self, id: usize, at: usize) -> Held<Value<'r>> {
        let items = &mut self.lists[id].items;
        self.budget.work((items.len() - at) * MOVE)?;
        Ok(items.remove(at))
    }

    /// Takes a key out of a map.
    pub(super) fn remove(&mut self, id: usize, key: &Key<'r>) -> Held<Option<Value<'r>>> {
        self.place(id, key)?.map(|at| self.remove_at(id, at)).transpose()
    }

    pub(super) fn pair(&self, id: usize) -> &Pair<'r> {
        &self.pairs[id]
    }

    /// The value of a pair, as its map has it by now.
    pub(super) fn pair_value(&self, id: usize) -> Held<Value<'r>> {
        let pair = &self.pairs[id];
        let entries = &self.maps[pair.of].entries;
        let same = |key: &Key<'r>| matches!((key, &pair.key), (Key::Text(one), Key::Text(other)) if one == other);
        let value = match entries.get(pair.at).filter(|(key, _)| same(key)) {
            Some((_, value)) => Some(value),
            None => self.find_key(pair.of, &pair.key)?,
        };
        self.copy(value.unwrap_or(&pair.value))
    }

    pub(super) fn pair_mut(&mut self, id: usize) -> &mut Pair<'r> {
        &mut self.pairs[id]
    }

    /// Inserts items into a list at a place.
    pub(super) fn extend(&mut self, id: usize, at: usize, items: Vec<Value<'r>>) -> Held<()> {
        self.hold(items.iter())?;
        let list = &mut self.lists[id].items;
        self.budget.work((list.len() - at) * MOVE)?;
        list.splice(at..at, items);
        Ok(())
    }

    /// Adds the items of another list, or of the same one, at the end of a list: they are copied there, and nowhere else.
    pub(super) fn append(&mut self, id: usize, other: usize) -> Held<()> {
        let items = &self.lists[other].items;
        self.charge_copies(items)?;
        self.hold(items.iter())?;
        match self.lists.get_disjoint_mut([id, other]) {
            Ok([list, other]) => list.items.extend_from_slice(&other.items),
            Err(_) => self.lists[id].items.extend_from_within(..),
        }
        Ok(())
    }

    /// Puts into a map and gives what was there.
    pub(super) fn put(&mut self, id: usize, key: impl Into<Key<'r>>, value: Value<'r>) -> Held<Value<'r>> {
        let key = key.into();
        self.budget.work(VALUE)?;
        let known = self.place(id, &key)?;
        self.budget.hold(value.size())?;
        if let Some(at) = known {
            let old = std::mem::replace(&mut self.maps[id].entries[at].1, value);
            self.show_value(id, at)?;
            return Ok(old);
        }
        self.budget.hold(size_of::<MapEntry<'_>>() + key.len())?;
        self.maps[id].entries.push((key, value));
        self.show_last(id)?;
        Ok(Value::Null)
    }

    /// The value of a tree of the body. The template may change it; the body stays as it is.
    pub(super) fn adopt(&mut self, json: &'r Json<'r>) -> Held<Value<'r>> {
        let address = std::ptr::from_ref(json).addr();
        if let Some(known) = self.adopted.get(&address) {
            return Ok(known.clone());
        }
        let value = match json {
            Json::List(list) => {
                let mut items = self.room_for(list.len())?;
                for item in list {
                    items.push(self.adopt(item)?);
                }
                self.list_of(ListKind::Json, items)?
            }
            Json::Map(members) => {
                let mut entries = self.room_for(members.len())?;
                for (key, value) in members {
                    entries.push((Key::Text(Cow::Borrowed(&**key)), self.adopt(value)?));
                }
                self.new_map(true, entries)?
            }
            Json::String(text) => return Ok(Value::Text(Cow::Borrowed(text))),
            scalar => return Ok(Self::scalar(scalar)),
        };
        self.budget.work(ADOPTED)?;
        self.budget.hold(2 * size_of::<(usize, Value<'_>)>())?;
        self.adopted.insert(address, value.clone());
        Ok(value)
    }

    /// The value of a tree that was made for it.
    pub(super) fn adopt_owned(&mut self, json: Json<'r>) -> Held<Value<'r>> {
        match json {
            Json::List(list) => {
                let mut items = self.room_for(list.len())?;
                for item in list {
                    items.push(self.adopt_owned(item)?);
                }
                self.list_of(ListKind::Json, items)
            }
            Json::Map(members) => {
                let mut entries = self.room_for(members.len())?;
                for (key, value) in members {
                    entries.push((Key::Text(key), self.adopt_owned(value)?));
                }
                self.new_map(true, entries)
            }
            Json::String(text) => Ok(Value::Text(text)),
            scalar => Ok(Self::scalar(&scalar)),
        }
    }

    /// An empty list with room for so many, if they may be kept.
    fn room_for<T>(&self, count: usize) -> Held<Vec<T>> {
        self.budget.room(count * size_of::<T>())?;
        Ok(Vec::with_capacity(count))
    }

    fn scalar(json: &Json<'_>) -> Value<'r> {
        match json {
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(Number::Integer(number)) => Value::Integer((*number).into()),
            Json::Number(Number::Exact(text)) => {
                text.parse().map_or_else(|_| Value::Exact(text.clone()), Value::Integer)
            }
            Json::Number(Number::Double(number)) => Value::Double(*number),
            _ => Value::Null,
        }
    }

    /// Java's `equals`.
    pub(super) fn equal(&self, left: &Value<'r>, right: &Value<'r>) -> Held<bool> {
        self.equal_at(left, right, 0)
    }

    fn equal_at(&self, left: &Value<'r>, right: &Value<'r>, depth: usize) -> Held<bool> {
        self.budget.work(VALUE)?;
        if depth > DEPTH {
            return Ok(false);
        }
        Ok(match (left, right) {
            (Value::Null | Value::Missing, Value::Null | Value::Missing) => true,
            (Value::Missing, Value::Text(text)) | (Value::Text(text), Value::Missing) => text.is_empty(),
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (Value::Integer(left), Value::Integer(right)) => left == right,
            (Value::Double(left), Value::Double(right)) => left.to_bits() == right.to_bits(),
            (Value::Exact(left), Value::Exact(right)) => {
                self.budget.work(left.len().min(right.len()) / 8)?;
                left == right
            }
            (Value::Text(left), Value::Text(right)) => {
                self.budget.work(left.len().min(right.len()) / 8)?;
                left == right
            }
            (Value::List(left), Value::List(right)) => {
                let array = [left, right].iter().any(|id| self.list(**id).kind == ListKind::Array);
                if left == right || array {
                    return Ok(left == right);
                }
                let (left, right) = (&self.list(*left).items, &self.list(*right).items);
                if left.len() != right.len() {
                    return Ok(false);
                }
                for (left, right) in left.iter().zip(right) {
                    if !self.equal_at(left, right, depth + 1)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Value::Map(left), Value::Map(right)) => {
                if self.map(*left).entries.len() != self.map(*right).entries.len() {
                    return Ok(false);
                }
                for (key, left) in &self.map(*left).entries {
                    match self.find_key(*right, key)? {
                        Some(right) if self.equal_at(left, right, depth + 1)? => {}
                        _ => return Ok(false),
                    }
                }
                true
            }
            (Value::Entry(left), Value::Entry(right)) => {
                let values = (self.pair_value(*left)?, self.pair_value(*right)?);
                let keys = (self.pair(*left).key.clone().into_value(), self.pair(*right).key.clone().into_value());
                self.equal_at(&keys.0, &keys.1, depth + 1)? && self.equal_at(&values.0, &values.1, depth + 1)?
            }
            (Value::Block(left), Value::Block(right)) => std::ptr::eq(*left, *right),
            _ => false,
        })
    }
}
