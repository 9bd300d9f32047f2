//! Parallel and Map: children of a branch, and their outputs joined.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use super::branch::{Activity, Item, Join, Surroundings};
use super::cursor::At;
use super::sight::Sight;
use super::{EventKind, Failure, Note};
use crate::states::asl::{Concurrency, Items, Map, PayloadTemplate, StateId, StateKind};
use crate::states::data::Data;

impl At<'_, '_> {
    /// Begins every branch of a Parallel state.
    pub(super) fn fork(&mut self, branches: &[StateId], effective: &Data) -> Result<(), Failure> {
        let input = self.fill(self.state().flow.arguments(), effective, Sight::default())?;
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
        if let Some(field) = &map.missing {
            return Err(self.runtime(&format!("`{field}` of a distributed Map is not carried out here.")));
        }
        let items = match self.items(map, effective) {
            // As recorded on AWS for expressions, but not for paths.
            Err(failure) if !failure.terminal => {
                self.note(Note::new(EventKind::MapStateFailed));
                return Err(failure);
            }
            items => items?,
        };
        let limit = self.limit(map, effective)?;
        let length = items.len();
        self.note(Note::new(EventKind::MapStateStarted).number(length));
        let join = Join { in_turn: limit == 1, ..Join::new(length, items.into(), effective.clone()) };
        self.arm(Activity::Joining(join));
        if length == 0 {
            return self.joined();
        }
        let at_once = if limit == 0 { length } else { limit.min(length) };
        for _ in 0..at_once {
            self.begin_item(map)?;
        }
        Ok(())
    }

    fn items(&mut self, map: &Map, effective: &Data) -> Result<Vec<Value>, Failure> {
        let list = |value: &Value| value.as_array().cloned();
        match &map.items {
            Items::Path(path) => match self.select(path, effective)? {
                Value::Array(items) => Ok(items),
                other => {
                    let path = path.as_str();
                    Err(self.runtime(&format!("Reference path \"{path}\" must point to array, but got {other}")))
                }
            },
            Items::Listed(PayloadTemplate::Evaluate(formula)) => self.evaluate_as(formula, effective, "array", list),
            Items::Listed(template) => {
                let filled = self.fill(Some(template), effective, Sight::default())?;
                Ok(list(filled.value()).expect("`Items` without an expression was read as a list"))
            }
            Items::Input => list(effective.value()).ok_or_else(|| {
                self.query_failed(None, &format!("Map state input must be an array but was: {}", effective.text()))
            }),
        }
    }

    /// How many items may run at a time; 0 for no limit.
    fn limit(&mut self, map: &Map, effective: &Data) -> Result<usize, Failure> {
        let whole = |value: &Value| value.as_u64().and_then(|limit| usize::try_from(limit).ok());
        match &map.concurrency {
            Concurrency::Of(limit) => Ok(*limit),
            Concurrency::Formula(formula) => self.evaluate_as(formula, effective, "number", whole),
            Concurrency::Path(path) => {
                let value = self.select(path, effective)?;
                whole(&value).ok_or_else(|| {
                    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    self.runtime(&format!(
                        "The MaxConcurrencyPath field refers to value \"{shown}\" which is not a valid integer: {}",
                        path.as_str()
                    ))
                })
            }
        }
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
            let selected = self.fill(map.item.as_ref(), &effective, Sight::default());
            self.here_mut().item = outer;
            selected?
        } else {
            Data::from(value)
        };
        let (state, previous) = (self.here().state, self.here().previous);
        // Items follow the start of the Map state, or, one after the other, the last state of the item before.
        let started = self.run.record(Note::new(EventKind::MapIterationStarted).of(state).number(index), previous);
        self.begin_child(index, map.start, input, started, Some(item));
        Ok(())
    }

    fn begin_child(&mut self, child: usize, start: StateId, input: Data, previous: u32, item: Option<Arc<Item>>) {
        let around = Surroundings { variables: self.here().variables.clone(), item };
        let spawned = self.run.spawn(Some((self.branch, child)), start, input, previous, around);
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
        let (complete, in_turn) = (join.open == 0, join.in_turn);
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
        if in_turn {
            self.here_mut().previous = exited;
        }
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
        self.conclude(&Data::from(outputs), self.state().next)
    }
}
