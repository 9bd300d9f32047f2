//! From a reference to its value.

use std::borrow::Cow;

use super::super::ast::{Access, Own, Reference, Root};
use super::super::facts::Group;
use super::super::method::Method;
use super::super::methods;
use super::super::value::{Host, ListKind, Value, present};
use super::{Renderer, Step};

impl<'r> Renderer<'r> {
    /// The value of a reference. API Gateway's own objects never give null.
    pub(super) fn reference(&mut self, reference: &'r Reference) -> Step<Value<'r>> {
        self.at = Some(&reference.position);
        let value = self.walk(reference.root, &reference.accesses)?;
        let own = match reference.root {
            Root::Own(_) => true,
            Root::Shadowed(slot, _) => matches!(self.variables[slot], Value::Null),
            _ => false,
        };
        Ok(if own && matches!(value, Value::Null) { Value::Missing } else { value })
    }

    pub(super) fn walk(&mut self, root: Root, accesses: &'r [Access]) -> Step<Value<'r>> {
        let mut value = match root {
            Root::Variable(slot) => self.variable(slot)?,
            Root::Shadowed(slot, own) => match self.variable(slot)? {
                Value::Null => Value::Host(object(own)),
                value => value,
            },
            Root::Own(own) => Value::Host(object(own)),
            Root::Nothing => Value::Null,
            Root::HasNext => self.loops.last().map_or(Value::Null, |inner| Value::Bool(inner.index + 1 < inner.length)),
            Root::Loop => self.loops.len().checked_sub(1).map_or(Value::Null, |at| Value::Host(Host::Loop(at))),
            Root::Count => self.loops.last().map_or(Value::Null, |inner| Value::Integer(inner.index as i128 + 1)),
        };
        for access in accesses {
            // What is said of nothing is not looked at.
            if matches!(value, Value::Null) {
                return Ok(value);
            }
            self.charge(0)?;
            value = match access {
                Access::Property(name) => {
                    let value = self.property(&value, name)?;
                    self.temporary(value)?
                }
                Access::Index(index) => {
                    let index = self.value(index)?;
                    let value = self.index(&value, index)?;
                    self.temporary(value)?
                }
                Access::Call(call) => self.call(value, call)?,
            };
        }
        Ok(value)
    }

    fn variable(&mut self, slot: usize) -> Step<Value<'r>> {
        self.hold(self.variables[slot].size())?;
        Ok(self.variables[slot].clone())
    }

    pub(super) fn property(&mut self, value: &Value<'r>, name: &str) -> Step<Value<'r>> {
        Ok(match value {
            Value::Missing => Value::Missing,
            Value::Text(text) if name == "blank" => {
                self.budget.work(2 * text.len())?;
                Value::Bool(text.chars().all(char::is_whitespace))
            }
            Value::Map(id) => {
                let found = match self.heap.find(*id, name)? {
                    Some(value) => self.heap.copy(value)?,
                    None => Value::Null,
                };
                present(found, self.heap.map(*id).json)
            }
            Value::List(id) if name == "empty" && self.heap.list(*id).kind != ListKind::Array => {
                Value::Bool(self.heap.list(*id).items.is_empty())
            }
            Value::List(id) if self.heap.list(*id).is_json() => Value::Missing,
            Value::Text(text) if name == "empty" => Value::Bool(text.is_empty()),
            Value::Entry(id) if name == "key" => {
                self.budget.work(self.heap.pair(*id).key.len() / 8)?;
                self.budget.room(self.heap.pair(*id).key.len())?;
                self.heap.pair(*id).key.clone().into_value()
            }
            Value::Entry(id) if name == "value" => {
                let json = self.heap.map(self.heap.pair(*id).of).json;
                present(self.heap.pair_value(*id)?, json)
            }
            Value::Host(host) => self.host_property(host, name)?,
            _ => Value::Null,
        })
    }

    fn host_property(&mut self, host: &Host, name: &str) -> Step<Value<'r>> {
        let facts = self.facts;
        Ok(match host {
            Host::Input if name == "body" => Value::Text(Cow::Borrowed(facts.body.text())),
            Host::Input | Host::Util => Value::Null,
            Host::Context(prefix) if prefix.is_empty() => self.context_value(name)?,
            Host::Context(prefix) => self.context_value(&format!("{prefix}{name}"))?,
            Host::StageVariables => {
                self.charge(4 * facts.stage_variables.len())?;
                let variable = facts.stage_variables.iter().find(|(key, _)| key == name);
                variable.map_or(Value::Missing, |(_, value)| Value::Text(Cow::Borrowed(value)))
            }
            Host::Parameters => match name {
                "path" => Value::Host(Host::Group(Group::Path)),
                "querystring" => Value::Host(Host::Group(Group::Query)),
                "header" => Value::Host(Host::Group(Group::Header)),
                _ => Value::Missing,
            },
            Host::Group(group) => {
                let parameters = facts.parameters;
                self.budget.work(parameters.group(*group).len() * (1 + name.len() / 16))?;
                parameters.get(*group, name).map_or(Value::Missing, |value| Value::Text(Cow::Borrowed(value)))
            }
            Host::Loop(at) => self.loop_property(*at, name),
        })
    }

    fn loop_property(&self, at: usize, name: &str) -> Value<'r> {
        let Some(inner) = self.loops.get(at) else { return Value::Null };
        match name {
            "index" => Value::Integer(inner.index as i128),
            "count" => Value::Integer(inner.index as i128 + 1),
            "hasNext" => Value::Bool(inner.index + 1 < inner.length),
            "first" => Value::Bool(inner.index == 0),
            "last" => Value::Bool(inner.index + 1 == inner.length),
            "topmost" => Value::Host(Host::Loop(0)),
            "parent" => at.checked_sub(1).map_or(Value::Null, |at| Value::Host(Host::Loop(at))),
            _ => Value::Null,
        }
    }

    fn index(&mut self, value: &Value<'r>, index: Value<'r>) -> Step<Value<'r>> {
        Ok(match (value, &index) {
            (Value::Missing, _) => Value::Missing,
            (Value::List(id), _) if self.heap.list(*id).is_view() => Value::Null,
            (Value::List(id), Value::Integer(at)) if !index.is_long() => {
                let list = self.heap.list(*id);
                present(self.heap.copy(&list.items[place(*at, list.items.len())?])?, list.is_json())
            }
            (
                Value::Text(_)
                | Value::Bool(_)
                | Value::Integer(_)
                | Value::Double(_)
                | Value::Exact(_)
                | Value::Entry(_)
                | Value::Block(_),
                Value::Integer(at),
            ) if *at < 0 && !index.is_long() => {
                return Err(format!("index {at} counts from the end of what has none").into());
            }
            (Value::Map(id), Value::Text(name)) => self.property(&Value::Map(*id), name)?,
            (Value::Map(id), _) => {
                let index = from_end(index, self.heap.map(*id).entries.len());
                methods::map(&mut self.heap, *id, Method::Get, &[index])?
            }
            (Value::Host(_), Value::Text(name)) => self.property(value, name)?,
            _ => Value::Null,
        })
    }
}

/// An index, counted from the end where it is negative.
pub(super) fn from_end(index: Value<'_>, length: usize) -> Value<'_> {
    match index {
        Value::Integer(at) if at < 0 && !index.is_long() => Value::Integer(at + length as i128),
        other => other,
    }
}

/// A place in a list; negative counts from the end.
pub(super) fn place(index: i128, length: usize) -> Step<usize> {
    let at = if index < 0 { index + length as i128 } else { index };
    usize::try_from(at)
        .ok()
        .filter(|at| *at < length)
        .ok_or_else(|| format!("index {index} is out of bounds for length {length}").into())
}

fn object(own: Own) -> Host {
    match own {
        Own::Input => Host::Input,
        Own::Util => Host::Util,
        Own::Context => Host::Context(String::new()),
        Own::StageVariables => Host::StageVariables,
    }
}
