//! Calls of methods.

use std::borrow::Cow;

use super::super::ast::Call;
use super::super::method::Method;
use super::super::value::{Host, Value, present};
use super::super::{encoding, json, methods};
use super::{OUTPUT, Renderer, Step};
use crate::java;
use crate::jsonpath::{Path, Tree};

/// Room that is made for a text at once: most are no longer.
const SHORT: usize = 256;

impl<'r> Renderer<'r> {
    pub(super) fn call(&mut self, receiver: Value<'r>, call: &'r Call) -> Step<Value<'r>> {
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(if keeps(call.method) { self.stored(argument)? } else { self.value(argument)? });
        }
        let texts = arguments.iter().map(|argument| if let Value::Text(text) = argument { text.len() } else { 0 });
        self.charge(texts.sum())?;
        match &receiver {
            Value::Host(Host::Input) => return self.input(call, arguments),
            Value::Host(Host::Util) => return self.util(call.method, arguments),
            Value::Missing => return Ok(Value::Missing),
            _ => {}
        }
        match (call.method, arguments.as_slice()) {
            (Method::SetValue, [value]) => return self.set_pair(&receiver, value),
            (Method::HashCode, []) => return Ok(Value::Integer(methods::hash(&self.heap, &receiver)?.into())),
            (Method::ToString, []) => return Ok(self.text(receiver)?.map_or(Value::Null, Value::Text)),
            _ => {}
        }
        let stands_alone = !arguments.is_empty() && methods::stands_alone(&receiver, call.method);
        let value = self.method(receiver, call, &arguments)?;
        if stands_alone && matches!(value, Value::Null) {
            return Err("a method without arguments was given some".to_owned().into());
        }
        self.temporary(value)
    }

    fn method(&mut self, receiver: Value<'r>, call: &'r Call, arguments: &[Value<'r>]) -> Step<Value<'r>> {
        match (&receiver, call.method, arguments) {
            (Value::Entry(_), Method::GetKey, []) => return self.property(&receiver, "key"),
            (Value::Entry(_), Method::GetValue, []) => return self.property(&receiver, "value"),
            _ => {}
        }
        let outcome = match receiver {
            Value::Text(text) => {
                self.charge(text.len())?;
                methods::string(&mut self.heap, text, call, arguments, OUTPUT)
            }
            Value::List(id) => {
                self.charge(self.heap.list(id).items.len())?;
                methods::list(&mut self.heap, id, call.method, arguments)
            }
            Value::Map(id) => {
                self.charge(self.heap.map(id).entries.len())?;
                methods::map(&mut self.heap, id, call.method, arguments)
            }
            Value::Bool(value) => methods::boolean(&self.heap, value, call.method, arguments),
            Value::Integer(_) | Value::Double(_) | Value::Exact(_) => {
                methods::number(&self.heap, &receiver, call.method, arguments)
            }
            Value::Host(host) => {
                let map = self.host_map(&host)?;
                match map {
                    Value::Map(id) => methods::map(&mut self.heap, id, call.method, arguments),
                    _ => Ok(Value::Null),
                }
            }
            Value::Entry(_) | Value::Block(_) => match (call.method, arguments) {
                (Method::Equals, [other]) => Ok(Value::Bool(self.heap.equal(&receiver, other)?)),
                _ => Ok(Value::Null),
            },
            Value::Null | Value::Missing => Ok(receiver),
        };
        Ok(outcome?)
    }

    /// `setValue` of a map's pair changes the map.
    pub(super) fn set_pair(&mut self, receiver: &Value<'r>, value: &Value<'r>) -> Step<Value<'r>> {
        let Value::Entry(id) = receiver else { return Ok(Value::Null) };
        let (kept, value) = (self.heap.copy(value)?, self.heap.copy(value)?);
        self.budget.hold(kept.size())?;
        self.budget.work(self.heap.pair(*id).key.len() / 8)?;
        let (key, map) = (self.heap.pair(*id).key.clone(), self.heap.pair(*id).of);
        let before = std::mem::replace(&mut self.heap.pair_mut(*id).value, kept);
        // A pair that has left its map keeps its value for itself.
        if self.heap.find_key(map, &key)?.is_none() {
            return Ok(before);
        }
        Ok(self.heap.put(map, key, value)?)
    }

    pub(super) fn input(&mut self, call: &'r Call, mut arguments: Vec<Value<'r>>) -> Step<Value<'r>> {
        let Some(argument) = arguments.pop() else { return Ok(Value::Host(Host::Parameters)) };
        let argument = self.text(argument)?.unwrap_or_default();
        let facts = self.facts;
        if call.method == Method::Params {
            let all = [&facts.parameters.path, &facts.parameters.query, &facts.parameters.header];
            self.budget.work(all.map(Vec::len).iter().sum::<usize>() * (1 + argument.len() / 16))?;
            let found = facts.parameters.find(&argument);
            return Ok(Value::Text(Cow::Borrowed(found.unwrap_or_default())));
        }
        let root = facts.body.json(self.budget).map_err(ToOwned::to_owned)?;
        let parsed;
        let path = if let Some(path) = &call.path {
            path
        } else {
            parsed = Path::parse_within(&argument, self.budget).map_err(|error| error.to_string())?;
            &parsed
        };
        let before = self.budget.memory_left();
        let found = path.read_within(root, self.budget).map_err(|error| error.to_string())?;
        // What the path has made is gone, or held anew, when this ends.
        let made = before.saturating_sub(self.budget.memory_left());
        let value = if call.method == Method::Path {
            match found {
                None => Value::Missing,
                Some(Cow::Borrowed(found)) => present(self.heap.adopt(found)?, true),
                Some(Cow::Owned(found)) => present(self.heap.adopt_owned(found)?, true),
            }
        } else {
            let mut text = String::with_capacity(SHORT);
            match found {
                Some(found) => found.write_within(&mut text, self.budget)?,
                // Inferred: what AWS gives for a path that names nothing.
                None => json::Json::string(String::new()).write(&mut text),
            }
            Value::Text(Cow::Owned(text))
        };
        self.budget.release(usize::try_from(made).unwrap_or(usize::MAX));
        self.temporary(value)
    }

    pub(super) fn util(&mut self, method: Method, mut arguments: Vec<Value<'r>>) -> Step<Value<'r>> {
        let Some(argument) = arguments.pop() else { return Ok(Value::Null) };
        let Some(text) = self.text(argument)? else { return Ok(Value::Null) };
        self.charge(text.len())?;
        let four_times = |bytes| (4 * bytes, bytes);
        let (work, bytes) = match method {
            Method::EscapeJavaScript => four_times(java::escaped_length(&text)),
            Method::UrlEncode => four_times(java::url_encoded_length(&text)),
            Method::UrlDecode => (8 * text.len(), 2 * text.len()),
            // What is not UTF-8 becomes three bytes for one.
            Method::Base64Encode | Method::Base64Decode => (4 * text.len(), 4 * text.len()),
            _ => (2 * text.len(), text.len()),
        };
        if bytes > 4 * OUTPUT {
            return Err(format!("a text grew past {OUTPUT} bytes").into());
        }
        self.budget.work(work)?;
        self.budget.room(bytes)?;
        let text = match method {
            Method::EscapeJavaScript => match text {
                Cow::Borrowed(text) => java::escape_java_script(text),
                Cow::Owned(text) => Cow::Owned(java::escape_java_script(&text).into_owned()),
            },
            Method::UrlEncode => java::url_encode(&text).into(),
            Method::UrlDecode => java::url_decode(&text)?.into(),
            Method::Base64Encode => encoding::base64_encode(&text).into(),
            Method::Base64Decode => encoding::base64_decode(&text)?.into(),
            Method::ParseJson => {
                let before = self.budget.memory_left();
                let json = json::Json::read(&text, json::Leniency::Lenient, self.budget)?.into_owned();
                let made = before.saturating_sub(self.budget.memory_left());
                let value = present(self.heap.adopt_owned(json)?, true);
                self.budget.release(usize::try_from(made).unwrap_or(usize::MAX));
                return Ok(value);
            }
            _ => return Ok(Value::Null),
        };
        self.temporary(Value::Text(text))
    }
}

/// The methods that keep or print what they are given.
fn keeps(method: Method) -> bool {
    [
        Method::Add,
        Method::Format,
        Method::GetOrDefault,
        Method::Put,
        Method::PutIfAbsent,
        Method::Replace,
        Method::Set,
        Method::SetValue,
        Method::ValueOf,
    ]
    .contains(&method)
}
