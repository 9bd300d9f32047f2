//! Parallel and Map: children of a branch, and their outputs joined.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use super::branch::{Activity, Item, Join};
use super::{Event, EventKind, Failure, Plan, Run};
use crate::states::asl::{Concurrency, Map, State, StateId, StateKind};
use crate::states::data::Data;

impl Run {
    /// Begins every branch of a Parallel state.
    pub(super) fn fork(
        &mut self,
        plan: &Plan,
        index: u32,
        state: &State,
        branches: &[StateId],
        effective: &Data,
    ) -> Result<(), Failure> {
        let input = self.fill(plan, index, state.parameters.as_ref(), effective, None)?;
        let Some(branch) = self.branch(index) else { return Ok(()) };
        let (previous, item) = (branch.previous, branch.item.clone());
        let started = self.record(self.event(EventKind::ParallelStateStarted, previous));
        self.arm(
            index,
            Activity::Joining(Join {
                children: vec![None; branches.len()],
                outputs: vec![None; branches.len()],
                open: branches.len(),
                waiting: VecDeque::new(),
                input: input.clone(),
            }),
        );
        for (child, start) in branches.iter().enumerate() {
            let spawned = self.spawn(Some((index, child)), *start, input.clone(), started, item.clone());
            self.adopt(index, child, spawned);
        }
        Ok(())
    }

    /// Begins as many items of a Map state as may run at a time.
    pub(super) fn begin_map(&mut self, plan: &Plan, index: u32, map: &Map, effective: &Data) -> Result<(), Failure> {
        let items = match self.select(plan, index, &map.items, effective)? {
            Value::Array(items) => items,
            other => {
                let why = format!("Reference path \"{}\" must point to array, but got {other}", map.items.as_str());
                return Err(self.runtime(plan, index, &why));
            }
        };
        let limit = match &map.concurrency {
            Concurrency::Of(limit) => *limit,
            Concurrency::Path(path) => {
                let value = self.select(plan, index, path, effective)?;
                value.as_u64().and_then(|limit| usize::try_from(limit).ok()).ok_or_else(|| {
                    self.runtime(
                        plan,
                        index,
                        &format!("MaxConcurrencyPath must be a non-negative integer, but got {value}"),
                    )
                })?
            }
        };
        let length = items.len();
        let Some(branch) = self.branch_mut(index) else { return Ok(()) };
        let event = Event::new(EventKind::MapStateStarted, 0, branch.previous);
        let started =
            self.record(Event { number: u32::try_from(length).ok(), ..self.event(event.kind, event.previous) });
        if let Some(branch) = self.branch_mut(index) {
            branch.previous = started;
        }
        let join = Join {
            children: vec![None; length],
            outputs: vec![None; length],
            open: length,
            waiting: items.into(),
            input: effective.clone(),
        };
        self.arm(index, Activity::Joining(join));
        if length == 0 {
            return self.joined(plan, index, started);
        }
        let at_once = if limit == 0 { length } else { limit.min(length) };
        for _ in 0..at_once {
            self.begin_item(plan, index, map)?;
        }
        Ok(())
    }

    /// Begins the next item that waits.
    fn begin_item(&mut self, plan: &Plan, index: u32, map: &Map) -> Result<(), Failure> {
        let Some(branch) = self.branch_mut(index) else { return Ok(()) };
        let (state, previous) = (branch.state, branch.previous);
        let Activity::Joining(join) = &mut branch.activity else { return Ok(()) };
        let child = join.children.len() - join.waiting.len();
        let Some(value) = join.waiting.pop_front() else { return Ok(()) };
        let effective = join.input.clone();
        let item = Arc::new(Item { index: child, value: value.clone() });
        let outer = branch.item.replace(Arc::clone(&item));
        // The selector is part of the Map state, but sees the item.
        let input = match &map.item {
            None => Ok(Data::from(value)),
            Some(selector) => self.fill(plan, index, Some(selector), &effective, None),
        };
        if let Some(branch) = self.branch_mut(index) {
            branch.item = outer;
        }
        let input = input?;
        let event = self.event(EventKind::MapIterationStarted, previous);
        let started = self.record(Event { state: Some(state.0), number: u32::try_from(child).ok(), ..event });
        let spawned = self.spawn(Some((index, child)), map.start, input, started, Some(item));
        self.adopt(index, child, spawned);
        Ok(())
    }

    fn adopt(&mut self, index: u32, child: usize, spawned: u32) {
        if let Some(Activity::Joining(join)) = self.branch_mut(index).map(|branch| &mut branch.activity) {
            join.children[child] = Some(spawned);
        }
        self.ready.push_back(spawned);
    }

    /// A child has come to its end.
    pub(super) fn join(&mut self, plan: &Plan, index: u32, child: usize, output: Data, exited: u32) {
        let Some(branch) = self.branch_mut(index) else { return };
        let state = branch.state;
        let Activity::Joining(join) = &mut branch.activity else { return };
        join.children[child] = None;
        join.outputs[child] = Some(output);
        join.open -= 1;
        let complete = join.open == 0;
        let mut last = exited;
        let map = if let StateKind::Map(map) = &plan.machine.state(state).kind { Some(map) } else { None };
        if map.is_some() {
            let event = self.event(EventKind::MapIterationSucceeded, exited);
            last = self.record(Event { state: Some(state.0), number: u32::try_from(child).ok(), ..event });
        }
        let result = match map {
            _ if complete => self.joined(plan, index, last),
            Some(map) => self.begin_item(plan, index, map),
            None => Ok(()),
        };
        if let Err(failure) = result {
            self.fail_state(plan, index, failure);
        }
    }

    /// All children have come to their ends.
    fn joined(&mut self, plan: &Plan, index: u32, last: u32) -> Result<(), Failure> {
        let Some(branch) = self.branch_mut(index) else { return Ok(()) };
        let is_map = matches!(plan.machine.state(branch.state).kind, StateKind::Map(_));
        let Activity::Joining(join) = std::mem::replace(&mut branch.activity, Activity::Ready) else { return Ok(()) };
        // As recorded on AWS: the exit of the state follows the last event of its branches.
        branch.previous = last;
        let kind = if is_map { EventKind::MapStateSucceeded } else { EventKind::ParallelStateSucceeded };
        self.record(self.event(kind, last));
        let outputs = join.outputs.into_iter().flatten().map(|output| output.value().clone()).collect::<Value>();
        self.succeed_state(plan, index, &Data::from(outputs))
    }
}
