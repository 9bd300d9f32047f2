//! What `keySet`, `values` and `entrySet` give of a map: one list each, kept as the map is.

use super::super::value::{ListKind, Pair, Side, Value, present};
use super::{COPY, Heap, Held, MOVE};

impl<'r> Heap<'r> {
    /// Takes what stands at a place out of a map, and out of its views.
    pub(in super::super) fn remove_at(&mut self, id: usize, at: usize) -> Held<Value<'r>> {
        let map = &mut self.maps[id];
        self.budget.work(map.entries.len() * (1 + map.views.len()) * MOVE)?;
        for (_, view) in &map.views {
            self.lists[*view].items.remove(at);
        }
        Ok(map.entries.remove(at).1)
    }

    /// Takes everything out of a map, and out of its views.
    pub(in super::super) fn clear(&mut self, id: usize) {
        let map = &mut self.maps[id];
        map.entries.clear();
        for (_, view) in &map.views {
            self.lists[*view].items.clear();
        }
    }

    /// A view of a map: the same one whenever it is asked for, and it has what the map has by then.
    pub(in super::super) fn view(&mut self, id: usize, side: Side) -> Held<Value<'r>> {
        if let Some((_, view)) = self.maps[id].views.iter().find(|(other, _)| *other == side) {
            return Ok(Value::List(*view));
        }
        let length = self.maps[id].entries.len();
        let mut items = self.room_for(length)?;
        for at in 0..length {
            items.push(self.seen(id, side, at)?);
        }
        let view = self.lists.len();
        let list = self.list_of(ListKind::View { of: id }, items)?;
        self.maps[id].views.push((side, view));
        Ok(list)
    }

    /// Shows a value that replaced another one.
    pub(super) fn show_value(&mut self, id: usize, at: usize) -> Held<()> {
        let view = self.maps[id].views.iter().find(|(side, _)| *side == Side::Values);
        if let Some((_, view)) = view.copied() {
            self.lists[view].items[at] = self.seen(id, Side::Values, at)?;
        }
        Ok(())
    }

    /// Shows an entry that is new, and the last one.
    pub(super) fn show_last(&mut self, id: usize) -> Held<()> {
        for number in 0..self.maps[id].views.len() {
            let (side, view) = self.maps[id].views[number];
            let at = self.lists[view].items.len();
            let item = self.seen(id, side, at)?;
            self.extend(view, at, vec![item])?;
        }
        Ok(())
    }

    /// What a view shows of the entry at a place, charged before it is copied.
    fn seen(&mut self, id: usize, side: Side, at: usize) -> Held<Value<'r>> {
        let map = &self.maps[id];
        let (key, value) = &map.entries[at];
        self.budget.work(COPY)?;
        match side {
            Side::Keys => {
                self.budget.work(key.len() / 8)?;
                self.budget.room(key.len())?;
                Ok(key.clone().into_value())
            }
            Side::Values => self.copy(value),
            Side::Pairs => {
                let (json, bytes) = (map.json, key.len() + value.size());
                self.budget.work(bytes / 8)?;
                self.budget.room(bytes)?;
                let (key, value) = (key.clone(), present(value.clone(), json));
                self.new_pair(Pair { key, value, of: id, at })
            }
        }
    }
}
