//! Values while a template is rendered. Lists and maps are objects with an identity, as in Java: two variables may
//! name one list. They live in a heap that ends with the rendering, so that no cycle outlives it.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::ast::Block;
use super::json::{Json, Number, double, write_string};

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value<'r> {
    /// Java's `null`: a reference to it is rendered as it was written.
    Null,
    /// What API Gateway's own objects give for what is not there: rendered as nothing, equal to null and to "".
    Missing,
    Bool(bool),
    Integer(i128),
    /// A number of a body that no other kind can hold, printed.
    Exact(Box<str>),
    Double(f64),
    Text(Cow<'r, str>),
    List(usize),
    Map(usize),
    Entry(usize),
    Host(Host),
    /// What `#define` gave a name. Only variables hold it: in every expression it is text.
    Block(&'r Block),
}

/// Objects that API Gateway provides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    Input,
    Util,
    /// `$context` or one of its inner objects: the names so far, joined and ended by dots.
    Context(String),
    StageVariables,
    /// `$input.params()`
    Parameters,
    /// `$input.params().header` and its kin.
    Group(super::Group),
    /// `$foreach`, by nesting from 0.
    Loop(usize),
}

/// A list: an `ArrayList`, or one that came from JSON and prints as such.
#[derive(Debug, Default)]
pub(super) struct List<'r> {
    pub(super) json: bool,
    pub(super) items: Vec<Value<'r>>,
}

/// A map in the order of its keys.
#[derive(Debug, Default)]
pub(super) struct Map<'r> {
    pub(super) json: bool,
    pub(super) entries: Vec<(Cow<'r, str>, Value<'r>)>,
}

impl<'r> Map<'r> {
    pub(super) fn get(&self, key: &str) -> Option<&Value<'r>> {
        self.entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Puts and gives what was there.
    pub(super) fn put(&mut self, key: Cow<'r, str>, value: Value<'r>) -> Value<'r> {
        if let Some((_, old)) = self.entries.iter_mut().find(|(name, _)| *name == key) {
            return std::mem::replace(old, value);
        }
        self.entries.push((key, value));
        Value::Null
    }
}

/// Every list, map and entry of one rendering.
#[derive(Debug, Default)]
pub(super) struct Heap<'r> {
    lists: Vec<List<'r>>,
    maps: Vec<Map<'r>>,
    entries: Vec<(Value<'r>, Value<'r>)>,
}

/// Lists in lists deeper than this are not printed or compared.
const DEPTH: usize = 450;

impl<'r> Heap<'r> {
    pub(super) fn new_list(&mut self, items: Vec<Value<'r>>) -> Value<'r> {
        self.lists.push(List { json: false, items });
        Value::List(self.lists.len() - 1)
    }

    pub(super) fn new_map(&mut self, map: Map<'r>) -> Value<'r> {
        self.maps.push(map);
        Value::Map(self.maps.len() - 1)
    }

    pub(super) fn new_entry(&mut self, key: Value<'r>, value: Value<'r>) -> Value<'r> {
        self.entries.push((key, value));
        Value::Entry(self.entries.len() - 1)
    }

    pub(super) fn list(&self, id: usize) -> &List<'r> {
        &self.lists[id]
    }

    pub(super) fn list_mut(&mut self, id: usize) -> &mut List<'r> {
        &mut self.lists[id]
    }

    pub(super) fn map(&self, id: usize) -> &Map<'r> {
        &self.maps[id]
    }

    pub(super) fn map_mut(&mut self, id: usize) -> &mut Map<'r> {
        &mut self.maps[id]
    }

    pub(super) fn entry(&self, id: usize) -> &(Value<'r>, Value<'r>) {
        &self.entries[id]
    }

    /// A copy of a JSON tree that the template may change.
    pub(super) fn adopt(&mut self, json: &Json<'r>) -> Value<'r> {
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(Number::Integer(number)) => Value::Integer((*number).into()),
            Json::Number(Number::Exact(text)) => {
                text.parse().map_or_else(|_| Value::Exact(text.clone()), Value::Integer)
            }
            Json::Number(Number::Double(number)) => Value::Double(*number),
            Json::String(text) => Value::Text(text.clone()),
            Json::List(list) => {
                let items = list.iter().map(|item| self.adopt(item)).collect();
                self.lists.push(List { json: true, items });
                Value::List(self.lists.len() - 1)
            }
            Json::Map(members) => {
                let entries = members.iter().map(|(key, value)| (key.clone(), self.adopt(value))).collect();
                self.new_map(Map { json: true, entries })
            }
        }
    }

    /// `toString`, appended; what is too deep or too long is cut off and told by `false`.
    pub(super) fn print(&self, value: &Value<'r>, out: &mut String, limit: usize) -> bool {
        self.print_at(value, out, limit, 0)
    }

    fn print_at(&self, value: &Value<'r>, out: &mut String, limit: usize, depth: usize) -> bool {
        if depth > DEPTH || out.len() > limit {
            return false;
        }
        match value {
            Value::Null => out.push_str("null"),
            Value::Missing | Value::Host(_) | Value::Block(_) => {}
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Integer(number) => {
                let _ = write!(out, "{number}");
            }
            Value::Exact(text) => out.push_str(text),
            Value::Double(number) => double(*number, out),
            Value::Text(text) => out.push_str(text),
            Value::List(id) if self.list(*id).json => return self.print_json(value, out, limit, depth),
            Value::List(id) => {
                out.push('[');
                for (at, item) in self.list(*id).items.iter().enumerate() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    if !self.print_at(item, out, limit, depth + 1) {
                        return false;
                    }
                }
                out.push(']');
            }
            Value::Map(id) => {
                out.push('{');
                for (at, (key, item)) in self.map(*id).entries.iter().enumerate() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    out.push_str(key);
                    out.push('=');
                    if !self.print_at(item, out, limit, depth + 1) {
                        return false;
                    }
                }
                out.push('}');
            }
            Value::Entry(id) => {
                let (key, item) = self.entry(*id);
                let whole = self.print_at(key, out, limit, depth + 1);
                out.push('=');
                return whole && self.print_at(item, out, limit, depth + 1);
            }
        }
        true
    }

    /// A list that came from JSON prints as JSON with all that is in it.
    fn print_json(&self, value: &Value<'r>, out: &mut String, limit: usize, depth: usize) -> bool {
        if depth > DEPTH || out.len() > limit {
            return false;
        }
        match value {
            Value::Null | Value::Missing => out.push_str("null"),
            Value::Text(text) => write_string(text, out),
            Value::List(id) => {
                out.push('[');
                for (at, item) in self.list(*id).items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    if !self.print_json(item, out, limit, depth + 1) {
                        return false;
                    }
                }
                out.push(']');
            }
            Value::Map(id) => {
                out.push('{');
                for (at, (key, item)) in self.map(*id).entries.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_string(key, out);
                    out.push(':');
                    if !self.print_json(item, out, limit, depth + 1) {
                        return false;
                    }
                }
                out.push('}');
            }
            other => return self.print_at(other, out, limit, depth),
        }
        true
    }

    /// Java's `equals`.
    pub(super) fn equal(&self, left: &Value<'r>, right: &Value<'r>) -> bool {
        self.equal_at(left, right, 0)
    }

    fn equal_at(&self, left: &Value<'r>, right: &Value<'r>, depth: usize) -> bool {
        if depth > DEPTH {
            return false;
        }
        match (left, right) {
            (Value::Null | Value::Missing, Value::Null | Value::Missing) => true,
            (Value::Missing, Value::Text(text)) | (Value::Text(text), Value::Missing) => text.is_empty(),
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (Value::Integer(left), Value::Integer(right)) => left == right,
            (Value::Double(left), Value::Double(right)) => left.to_bits() == right.to_bits(),
            (Value::Exact(left), Value::Exact(right)) => left == right,
            (Value::Text(left), Value::Text(right)) => left == right,
            (Value::List(left), Value::List(right)) => {
                let (left, right) = (&self.list(*left).items, &self.list(*right).items);
                left.len() == right.len() && left.iter().zip(right).all(|(a, b)| self.equal_at(a, b, depth + 1))
            }
            (Value::Map(left), Value::Map(right)) => {
                let (left, right) = (self.map(*left), self.map(*right));
                left.entries.len() == right.entries.len()
                    && left
                        .entries
                        .iter()
                        .all(|(key, value)| right.get(key).is_some_and(|other| self.equal_at(value, other, depth + 1)))
            }
            (Value::Entry(left), Value::Entry(right)) => left == right,
            _ => false,
        }
    }
}
