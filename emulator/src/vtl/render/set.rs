//! What `#set` does.

use std::borrow::Cow;

use super::super::ast::{Access, Reference, Root};
use super::super::methods;
use super::super::value::Value;
use super::access::place;
use super::{Renderer, Step};

impl<'r> Renderer<'r> {
    /// Sets; null leaves everything as it was, as Velocity 1.7 does.
    pub(super) fn set(&mut self, target: &'r Reference, value: Value<'r>) -> Step<()> {
        self.at = Some(&target.position);
        if matches!(value, Value::Null) {
            return Ok(());
        }
        let Some((last, before)) = target.accesses.split_last() else {
            if let Root::Variable(slot) = target.root {
                self.variables[slot] = value;
            }
            return Ok(());
        };
        if target.root == Root::Context {
            return self.set_override(before, last, value);
        }
        let holder = self.walk(target.root, before)?;
        match (holder, last) {
            (Value::Map(id), Access::Property(name)) => {
                self.heap.map_mut(id).put(Cow::Borrowed(name), value);
            }
            (Value::Map(id), Access::Index(index)) => {
                let index = self.value(index)?;
                if let Some(key) = methods::key_of(&self.heap, &index) {
                    self.heap.map_mut(id).put(key, value);
                }
            }
            (Value::List(id), Access::Index(index)) => {
                let index = self.value(index)?;
                let length = self.heap.list(id).items.len();
                let at = place(&index, length)?;
                self.heap.list_mut(id).items[at] = value;
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn set_override(&mut self, before: &'r [Access], last: &'r Access, value: Value<'r>) -> Step<()> {
        let name = match last {
            Access::Property(name) => name.to_string(),
            Access::Index(index) => {
                let index = self.value(index)?;
                self.text(index)?.unwrap_or_default().into_owned()
            }
            Access::Call(_) => return Ok(()),
        };
        let text = self.text(value)?.unwrap_or_default().into_owned();
        let properties: Vec<&str> = before
            .iter()
            .filter_map(|access| match access {
                Access::Property(name) => Some(name.as_ref()),
                _ => None,
            })
            .collect();
        let pairs = match properties.as_slice() {
            ["responseOverride"] => {
                let status = text.trim().parse().ok().filter(|status| (100..600).contains(status));
                self.overrides.status = Some(status.ok_or_else(|| format!("`{text}` is not an HTTP status"))?);
                return Ok(());
            }
            ["responseOverride", "header"] => &mut self.overrides.response_header,
            ["requestOverride", "header"] => &mut self.overrides.header,
            ["requestOverride", "path"] => &mut self.overrides.path,
            _ => &mut self.overrides.querystring,
        };
        pairs.retain(|(known, _)| *known != name);
        pairs.push((name, text));
        Ok(())
    }
}
