//! What `#set` does.

use super::super::ast::{Access, Reference, Root};
use super::super::methods;
use super::super::value::Value;
use super::access::{from_end, place};
use super::{Renderer, Step};

impl<'r> Renderer<'r> {
    /// Sets; null leaves everything as it was, as Velocity 1.7 does.
    pub(super) fn set(&mut self, target: &'r Reference, value: Value<'r>) -> Step<()> {
        self.at = Some(&target.position);
        if matches!(value, Value::Null) {
            return Ok(());
        }
        let Some((last, before)) = target.accesses.split_last() else {
            return match target.root {
                // Velocity 1.7 sets nothing by `#set(${x} = …)` and `#set($!x = …)`.
                _ if target.formal || target.quiet => Ok(()),
                Root::Variable(slot) | Root::Shadowed(slot, _) => self.assign(slot, value),
                _ => Ok(()),
            };
        };
        let holder = self.walk(target.root, before)?;
        match (holder, last) {
            (Value::Map(id), Access::Property(name)) => {
                self.heap.put(id, &**name, value)?;
            }
            (Value::Map(id), Access::Index(index)) => {
                let index = from_end(self.value(index)?, self.heap.map(id).entries.len());
                let key = methods::key_of(&self.heap, &index)?;
                self.heap.put(id, key, value)?;
            }
            // Views have no places to set.
            (Value::List(id), Access::Index(index)) if !self.heap.list(id).is_view() => {
                let index = self.value(index)?;
                // What is no whole number is no place, and sets nothing.
                if let Value::Integer(at) = index
                    && !index.is_long()
                {
                    let at = place(at, self.heap.list(id).items.len())?;
                    self.budget.hold(value.size())?;
                    self.heap.list_mut(id).items[at] = value;
                }
            }
            (pair @ Value::Entry(_), Access::Property(name)) if matches!(&**name, "value" | "Value") => {
                self.set_pair(&pair, &value)?;
            }
            _ => {}
        }
        Ok(())
    }
}
