//! Parallel and Map: children of a branch, and their outputs joined.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use super::branch::{Activity, Item, Join};
use super::cursor::At;
use super::{EventKind, Failure, Note};
use crate::states::asl::{Concurrency, Map, StateId, StateKind};
use crate::states::data::Data;

impl At<'_, '_> {
    /// Begins every branch of a Parallel state.
    pub(super) fn fork(&mut self, branches: &[StateId], effective: &Data) -> Result<(), Failure> {
        let input = self.fill(self.state().parameters.as_ref(), effective, None)?;
        let (state, previous, item) = (self.here().state, self.here().previous, self.here().item.clone());
        let started = self.run.record(Note::new(EventKind::ParallelStateStarted).of(state), previous);
        self.arm(Activity::Joining(Join::new(branches.len(), VecDeque::new(), input.clone())));
        for (child, start) in branches.iter().enumerate() {
            self.begin_child(child, *start, input.clone(), started, item.clone());
        }
        Ok(())
    }

    /// Begins as many items of a Map state as may run at a time.
    pub(super) fn begin_map(&mut self, map: &Map, effective: &Data) -> Result<(), Failure> {
        let items = match self.select(&map.items, effective)? {
            Value::Array(items) => items,
            other => {
                let path = map.items.as_str();
                return Err(self.runtime(&format!("Reference path \"{path}\" must point to array, but got {other}")));
            }
        };
        let limit = match &map.concurrency {
            Concurrency::Of(limit) => *limit,
            Concurrency::Path(path) => {
                let value = self.select(path, effective)?;
                value.as_u64().and_then(|limit| usize::try_from(limit).ok()).ok_or_else(|| {
                    self.runtime(&format!("MaxConcurrencyPath must be a non-negative integer, but got {value}"))
                })?
            }
        };
        let length = items.len();
        self.note(Note::new(EventKind::MapStateStarted).number(length));
        self.arm(Activity::Joining(Join::new(length, items.into(), effective.clone())));
        if length == 0 {
            return self.joined();
        }
        let at_once = if limit == 0 { length } else { limit.min(length) };
        for _ in 0..at_once {
            self.begin_item(map)?;
        }
        Ok(())
    }

    /// Begins the next item that waits, if one does.
    fn begin_item(&mut self, map: &Map) -> Result<(), Failure> {
        let join = self.join_mut();
        let Some(value) = join.waiting.pop_front() else { return Ok(()) };
        let index = join.children.len() - join.waiting.len() - 1;
        let effective = join.input.clone();
        let item = Arc::new(Item { index, value: value.clone() });
        // The selector is part of the Map state, but sees the item.
        let input = if map.item.is_some() {
            let outer = self.here_mut().item.replace(Arc::clone(&item));
            let selected = self.fill(map.item.as_ref(), &effective, None);
            self.here_mut().item = outer;
            selected?
        } else {
            Data::from(value)
        };
        let (state, previous) = (self.here().state, self.here().previous);
        // Items start from the Map state, whatever happened in others meanwhile.
        let started = self.run.record(Note::new(EventKind::MapIterationStarted).of(state).number(index), previous);
        self.begin_child(index, map.start, input, started, Some(item));
        Ok(())
    }

    fn begin_child(&mut self, child: usize, start: StateId, input: Data, previous: u32, item: Option<Arc<Item>>) {
        let spawned = self.run.spawn(Some((self.branch, child)), start, input, previous, item);
        self.join_mut().children[child] = Some(spawned);
        self.run.ready.push_back(spawned);
    }

    /// The children that the branch waits for.
    pub(super) fn join_mut(&mut self) -> &mut Join {
        match &mut self.here_mut().activity {
            Activity::Joining(join) => join,
            other => unreachable!("a branch with children waits for them, it is not {other:?}"),
        }
    }

    /// A child has come to its end with the event `exited`.
    pub(super) fn join(&mut self, child: usize, output: Data, exited: u32) {
        let join = self.join_mut();
        join.children[child] = None;
        join.outputs[child] = Some(output);
        join.open -= 1;
        let complete = join.open == 0;
        let StateKind::Map(map) = &self.state().kind else {
            if complete {
                // As recorded on AWS: the exit of the state follows the last event of its branches.
                self.here_mut().previous = exited;
                self.joined_or_fails();
            }
            return;
        };
        let state = self.here().state;
        let last = self.run.record(Note::new(EventKind::MapIterationSucceeded).of(state).number(child), exited);
        if complete {
            self.here_mut().previous = last;
            self.joined_or_fails();
        } else if let Err(failure) = self.begin_item(map) {
            self.fail_state(failure);
        }
    }

    fn joined_or_fails(&mut self) {
        if let Err(failure) = self.joined() {
            self.fail_state(failure);
        }
    }

    /// All children have come to their ends.
    fn joined(&mut self) -> Result<(), Failure> {
        let outputs = std::mem::take(&mut self.join_mut().outputs);
        self.here_mut().activity = Activity::Ready;
        let kind = if matches!(self.state().kind, StateKind::Map(_)) {
            EventKind::MapStateSucceeded
        } else {
            EventKind::ParallelStateSucceeded
        };
        let (state, last) = (self.here().state, self.here().previous);
        self.run.record(Note::new(kind).of(state), last);
        let outputs = outputs.into_iter().flatten().map(|output| output.value().clone()).collect::<Value>();
        self.succeed_state(&Data::from(outputs))
    }
}
