//! Calls of methods.

use std::borrow::Cow;

use super::super::facts::Group;
use super::super::methods::{self, Call, Method};
use super::super::value::{Host, Map, Value};
use super::super::{host, json};
use super::{OUTPUT, Renderer, Step};
use crate::jsonpath::{Path, Tree};

impl<'r> Renderer<'r> {
    pub(super) fn call(&mut self, receiver: Value<'r>, call: &'r Call) -> Step<Value<'r>> {
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(self.value(argument)?);
        }
        match &receiver {
            Value::Host(Host::Input) => return self.input(call, arguments),
            Value::Host(Host::Util) => return self.util(call.method, arguments),
            Value::Null => return Ok(Value::Null),
            Value::Missing => return Ok(Value::Missing),
            _ => {}
        }
        match (call.method, arguments.as_slice()) {
            (Method::ToString, []) => return Ok(self.text(receiver)?.map_or(Value::Null, Value::Text)),
            (Method::GetKey, []) => return self.property(&receiver, "key"),
            (Method::GetValue, []) => return self.property(&receiver, "value"),
            _ => {}
        }
        match receiver {
            Value::Text(text) => {
                self.charge(text.len())?;
                let value = methods::string(&mut self.heap, text, call, &arguments, OUTPUT)?;
                if let Value::Text(text) = &value {
                    self.charge(text.len())?;
                }
                Ok(value)
            }
            Value::List(id) => {
                self.charge(self.heap.list(id).items.len())?;
                methods::list(&mut self.heap, id, call.method, &arguments)
            }
            Value::Map(id) => {
                self.charge(self.heap.map(id).entries.len())?;
                Ok(methods::map(&mut self.heap, id, call.method, &arguments))
            }
            Value::Integer(_) | Value::Double(_) => methods::number(&self.heap, &receiver, call.method, &arguments),
            Value::Bool(_) | Value::Exact(_) | Value::Entry(_) => match (call.method, arguments.as_slice()) {
                (Method::Equals, [other]) => Ok(Value::Bool(self.heap.equal(&receiver, other))),
                _ => Ok(Value::Null),
            },
            Value::Host(host) => {
                let map = self.host_map(&host);
                match map {
                    Value::Map(id) => Ok(methods::map(&mut self.heap, id, call.method, &arguments)),
                    _ => Ok(Value::Null),
                }
            }
            Value::Block(_) => Ok(Value::Null),
            Value::Null | Value::Missing => Ok(receiver),
        }
    }

    /// A map of what an object holds, to call a map's methods on.
    pub(super) fn host_map(&mut self, host: &Host) -> Value<'r> {
        let facts = self.facts;
        match host {
            Host::StageVariables => {
                let pairs: Vec<_> = facts
                    .stage_variables
                    .iter()
                    .map(|(key, value)| (Cow::Borrowed(key.as_str()), Cow::Borrowed(value.as_str())))
                    .collect();
                methods::map_of(&mut self.heap, &pairs)
            }
            Host::Group(group) => methods::map_of(&mut self.heap, facts.parameters.group(*group)),
            Host::Parameters => {
                let groups = [("path", Group::Path), ("querystring", Group::Query), ("header", Group::Header)];
                let entries = groups
                    .into_iter()
                    .map(|(name, group)| {
                        (Cow::Borrowed(name), methods::map_of(&mut self.heap, facts.parameters.group(group)))
                    })
                    .collect();
                self.heap.new_map(Map { json: true, entries })
            }
            _ => Value::Null,
        }
    }

    pub(super) fn input(&mut self, call: &'r Call, mut arguments: Vec<Value<'r>>) -> Step<Value<'r>> {
        let Some(argument) = arguments.pop() else { return Ok(Value::Host(Host::Parameters)) };
        let argument = self.text(argument)?.unwrap_or_default();
        let facts = self.facts;
        if call.method == Method::Params {
            let found = facts.parameters.find(&argument);
            return Ok(Value::Text(Cow::Borrowed(found.unwrap_or_default())));
        }
        let root = facts.body.json()?;
        self.charge(facts.body.text().len())?;
        let parsed;
        let path = if let Some(path) = &call.path {
            path
        } else {
            parsed = Path::parse(&argument).map_err(|error| error.to_string())?;
            &parsed
        };
        let found = path.read(root);
        if call.method == Method::Path {
            // Results of functions and filters are made here and may borrow from the body alone.
            return Ok(found.map_or(Value::Missing, |found| methods::present(self.heap.adopt(&found), true)));
        }
        let mut text = String::with_capacity(facts.body.text().len());
        match found {
            Some(found) => found.write(&mut text),
            // Inferred: what AWS gives for a path that names nothing.
            None => json::Json::string(String::new()).write(&mut text),
        }
        Ok(Value::Text(Cow::Owned(text)))
    }

    pub(super) fn util(&mut self, method: Method, mut arguments: Vec<Value<'r>>) -> Step<Value<'r>> {
        let Some(argument) = arguments.pop() else { return Ok(Value::Null) };
        let Some(text) = self.text(argument)? else { return Ok(Value::Null) };
        self.charge(text.len())?;
        let text = match method {
            Method::EscapeJavaScript => match text {
                Cow::Borrowed(text) => host::escape_java_script(text),
                Cow::Owned(text) => Cow::Owned(host::escape_java_script(&text).into_owned()),
            },
            Method::UrlEncode => host::url_encode(&text).into(),
            Method::UrlDecode => host::url_decode(&text)?.into(),
            Method::Base64Encode => host::base64_encode(&text).into(),
            Method::Base64Decode => host::base64_decode(&text)?.into(),
            _ => {
                let json = json::Json::read(&text, json::Leniency::Lenient)?.into_owned();
                return Ok(methods::present(self.heap.adopt(&json), true));
            }
        };
        Ok(Value::Text(text))
    }
}
