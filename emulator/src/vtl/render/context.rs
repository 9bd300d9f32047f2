//! `$context`: looked up name by name, until a template asks for more; then it is a map that lives on into the answer's
//! template.

use std::borrow::Cow;

use super::super::methods;
use super::super::overrides::{Kept, Overrides};
use super::super::value::{Host, Key, ListKind, Value};
use super::super::vocabulary::CONTEXT;
use super::{Renderer, Step};
use crate::java;

/// The objects below `$context`.
const OBJECTS: [&str; 11] = [
    "authenticate",
    "authorize",
    "authorizer",
    "authorizer.claims",
    "customDomain",
    "error",
    "identity",
    "identity.clientCert",
    "identity.clientCert.validity",
    "integration",
    "waf",
];
/// What `$context.identity` may hold.
const IDENTITY: [&str; 14] = [
    "accountId",
    "apiKey",
    "apiKeyId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "sourceIp",
    "user",
    "userAgent",
    "userArn",
    "accessKey",
];
/// What `$context.error` may hold.
const ERROR: [&str; 4] = ["message", "messageString", "responseType", "validationErrorString"];
/// The two that templates set, and the maps in them.
const OVERRIDES: [(&str, &[&str]); 2] =
    [("requestOverride", &["header", "path", "querystring"]), ("responseOverride", &["header"])];
/// Values within each other deeper than this are not kept for the next template.
const DEPTH: usize = 64;

fn text(value: Cow<'_, str>) -> Value<'_> {
    Value::Text(java::halved(value))
}

impl<'r> Renderer<'r> {
    /// A variable, or an object of variables.
    pub(super) fn context_value(&mut self, name: &str) -> Step<Value<'r>> {
        if let Some(id) = self.context {
            let mut value = Value::Map(id);
            for part in name.split('.') {
                value = self.property(&value, part)?;
            }
            return Ok(value);
        }
        if OBJECTS.contains(&name) {
            return Ok(Value::Host(Host::Context(format!("{name}."))));
        }
        if OVERRIDES.iter().any(|(known, _)| *known == name) {
            let id = self.live_context()?;
            return self.property(&Value::Map(id), name);
        }
        let facts = self.facts;
        Ok(facts.context.value(name).map_or(Value::Missing, text))
    }

    /// The map of all variables that have a value.
    pub(super) fn live_context(&mut self) -> Step<usize> {
        if let Some(id) = self.context {
            return Ok(id);
        }
        let root = self.new_context_map()?;
        for name in CONTEXT {
            let value = match (name, OBJECTS.contains(&name)) {
                (_, false) => self.facts.context.value(name).map(text),
                ("identity", _) => Some(self.context_object("identity", &IDENTITY)?),
                ("error", _) => Some(self.context_object("error", &ERROR)?),
                _ => None,
            };
            if let Some(value) = value {
                self.heap.put(root, name, value)?;
            }
        }
        let facts = self.facts;
        for (name, value) in &facts.overrides.kept {
            let value = self.restored(value)?;
            self.heap.put(root, name.as_str(), value)?;
        }
        for (name, inner) in OVERRIDES {
            let object = match self.heap.map(root).get(name) {
                Some(Value::Map(id)) => *id,
                _ => self.new_context_map()?,
            };
            for part in inner {
                if self.heap.map(object).get(part).is_none() {
                    let map = self.new_context_map()?;
                    self.heap.put(object, *part, Value::Map(map))?;
                }
            }
            self.heap.put(root, name, Value::Map(object))?;
        }
        self.context = Some(root);
        Ok(root)
    }

    fn context_object(&mut self, object: &str, names: &'static [&'static str]) -> Step<Value<'r>> {
        let id = self.new_context_map()?;
        let facts = self.facts;
        for name in names {
            if let Some(value) = facts.context.value(&format!("{object}.{name}")) {
                self.heap.put(id, *name, text(value))?;
            }
        }
        Ok(Value::Map(id))
    }

    fn new_context_map(&mut self) -> Step<usize> {
        match self.heap.new_map(true, Vec::new())? {
            Value::Map(id) => Ok(id),
            _ => Err("a new map is a map".to_owned().into()),
        }
    }

    fn restored(&mut self, kept: &'r Kept) -> Step<Value<'r>> {
        Ok(match kept {
            Kept::Null => Value::Null,
            Kept::Bool(value) => Value::Bool(*value),
            Kept::Integer(number) => Value::Integer(*number),
            Kept::Number(text) => text.parse().map_or_else(|_| Value::Exact(text.as_str().into()), Value::Double),
            Kept::Text(text) => Value::Text(Cow::Borrowed(text)),
            Kept::List(items) => {
                let items = items.iter().map(|item| self.restored(item)).collect::<Step<_>>()?;
                self.heap.new_list(items)?
            }
            Kept::Map(members) => {
                let id = self.new_context_map()?;
                for (key, value) in members {
                    let value = self.restored(value)?;
                    self.heap.put(id, key.as_str(), value)?;
                }
                Value::Map(id)
            }
        })
    }

    /// What the template has set, and what was set before it; `None` if it has not asked for either.
    pub(super) fn overrides(&mut self) -> Step<Option<Overrides>> {
        let Some(root) = self.context else { return Ok(None) };
        let mut overrides = Overrides::default();
        for (name, _) in OVERRIDES {
            let Some(value @ Value::Map(id)) = self.heap.map(root).get(name).cloned() else { continue };
            overrides.kept.push((name.to_owned(), self.kept(&value, 0)?));
            if name == "responseOverride" {
                overrides.status = self.status(id)?;
                overrides.response_header = self.pairs(id, "header")?;
            } else {
                overrides.header = self.pairs(id, "header")?;
                overrides.path = self.pairs(id, "path")?;
                overrides.querystring = self.pairs(id, "querystring")?;
            }
        }
        Ok(Some(overrides))
    }

    fn status(&mut self, id: usize) -> Step<Option<u16>> {
        let Some(value) = self.heap.map(id).get("status").cloned() else { return Ok(None) };
        let text = self.text(value)?.unwrap_or_default();
        let status = text.trim().parse().ok().filter(|status| (200..600).contains(status));
        status.map(Some).ok_or_else(|| format!("`{text}` is not an HTTP status").into())
    }

    fn pairs(&mut self, id: usize, name: &str) -> Step<Vec<(String, String)>> {
        let Some(Value::Map(id)) = self.heap.map(id).get(name) else { return Ok(Vec::new()) };
        let entries = self.heap.entries(*id)?;
        let mut pairs = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let text = self.owned(value)?;
            pairs.push((self.owned(key.into_value())?, java::without_lone(text)));
        }
        Ok(pairs)
    }

    /// A value in text that outlives the template.
    fn owned(&mut self, value: Value<'r>) -> Step<String> {
        let text = self.text(value)?.unwrap_or_default();
        self.budget.copy(text.len())?;
        Ok(text.into_owned())
    }

    fn kept(&mut self, value: &Value<'r>, depth: usize) -> Step<Kept> {
        self.charge(0)?;
        self.budget.hold(size_of::<Kept>())?;
        if depth > DEPTH {
            return Err("a value of $context is nested too deep".to_owned().into());
        }
        Ok(match value {
            Value::Null | Value::Missing => Kept::Null,
            Value::Bool(value) => Kept::Bool(*value),
            Value::Integer(number) => Kept::Integer(*number),
            Value::List(id) if matches!(self.heap.list(*id).kind, ListKind::Plain | ListKind::Array) => {
                let items = self.heap.copies(&self.heap.list(*id).items)?;
                Kept::List(items.iter().map(|item| self.kept(item, depth + 1)).collect::<Step<_>>()?)
            }
            Value::Map(id) => {
                let entries = self.heap.entries(*id)?;
                let members = entries
                    .into_iter()
                    .map(|(key, value)| Ok((self.owned(key.into_value())?, self.kept(&value, depth + 1)?)));
                Kept::Map(members.collect::<Step<_>>()?)
            }
            Value::Double(_) | Value::Exact(_) => Kept::Number(self.owned(value.clone())?),
            _ => Kept::Text(self.owned(value.clone())?),
        })
    }

    /// A map of what an object holds, to call a map's methods on.
    pub(super) fn host_map(&mut self, host: &Host) -> Step<Value<'r>> {
        use super::super::facts::Group;
        let facts = self.facts;
        let pairs = |group: Group| {
            facts.parameters.group(group).iter().map(|(key, value)| (Cow::Borrowed(&**key), Cow::Borrowed(&**value)))
        };
        Ok(match host {
            Host::StageVariables => {
                let variables = facts.stage_variables.iter();
                let variables =
                    variables.map(|(key, value)| (Cow::Borrowed(key.as_str()), Cow::Borrowed(value.as_str())));
                methods::map_of(&mut self.heap, variables)?
            }
            Host::Group(group) => methods::map_of(&mut self.heap, pairs(*group))?,
            Host::Parameters => {
                let groups = [("path", Group::Path), ("querystring", Group::Query), ("header", Group::Header)];
                let mut entries = Vec::new();
                for (name, group) in groups {
                    entries.push((Key::Text(Cow::Borrowed(name)), methods::map_of(&mut self.heap, pairs(group))?));
                }
                self.heap.new_map(true, entries)?
            }
            Host::Context(prefix) => {
                let root = self.live_context()?;
                let mut value = Value::Map(root);
                for part in prefix.split('.').filter(|part| !part.is_empty()) {
                    value = self.property(&value, part)?;
                }
                value
            }
            _ => Value::Null,
        })
    }
}
