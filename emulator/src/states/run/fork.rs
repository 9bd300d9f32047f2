//! Parallel and Map: children of a branch, and their outputs joined.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use super::branch::{Activity, Beginning, Join, Surroundings};
use super::cursor::At;
use super::io::MAX_RESULT;
use super::item::Item;
use super::order::ReadItems;
use super::sight::Sight;
use super::{EventKind, Failure, Note, STATE, TURN};
use crate::states::asl::{Amount, Flow, Items, Map, PayloadTemplate, Processor, StateId, StateKind};
use crate::states::data::Data;
use crate::states::history::MAX_EVENTS;
use crate::switches::Switch;

/// Units of work that a Map state may spend besides for each item that it selects: several expressions.
const WORK_OF_ITEM: u64 = 50_000;
/// Items for which it may.
const MOST_GIVEN: usize = 5_000;
/// Items that are begun at a time at most: a history has no room for more.
const MOST_AT_ONCE: usize = MAX_EVENTS as usize;

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

    /// Begins as many items of a Map state as may run at a time, or a map run.
    pub(super) fn begin_map(&mut self, map: &Map, effective: &Data) -> Result<(), Failure> {
        if let Processor::Distributed(distributed) = &map.processor {
            return self.begin_map_run(map, distributed, effective);
        }
        let items = self.items(map, effective)?.items;
        let limit = self.limit(map, effective)?;
        let length = items.len();
        self.note(Note::new(EventKind::MapStateStarted).number(length));
        let left = if limit == 0 { length } else { limit.min(length) }.min(MOST_AT_ONCE);
        let beginning =
            Box::new(Beginning { left, budget: self.run.budget.clone(), allowance: self.run.allowance.clone() });
        let join = Join {
            in_turn: limit == 1,
            beginning: Some(beginning),
            ..Join::new(length, items.into(), effective.clone())
        };
        self.arm(Activity::Joining(join));
        if length == 0 {
            return self.joined();
        }
        // Before all else that is ready, but for a turn at a time.
        self.run.ready.push_front(self.branch);
        Ok(())
    }

    /// Whether it is items that are begun when it is the branch's turn, not its state.
    pub(super) fn is_beginning(&self) -> bool {
        matches!(&self.here().activity, Activity::Joining(join) if join.beginning.is_some())
    }

    /// Begins the next of the items that are begun together; the units of work that it took.
    pub(super) fn begin_next(&mut self) -> u64 {
        let StateKind::Map(map) = &self.state().kind else { unreachable!("only a Map begins items") };
        let beginning = self.join_mut().beginning.take();
        let mut beginning = beginning.expect("whoever has items begun has seen that some are left");
        // They share what their state may spend, whatever went on meanwhile.
        self.run.budget = beginning.budget;
        self.run.allowance = beginning.allowance;
        let before = self.run.budget.work_spent();
        if let Err(failure) = self.begin_item(map) {
            self.fail_state(failure);
            return STATE;
        }
        let has_expressions = map.item.is_some() && matches!(self.state().flow, Flow::Expressions(_));
        let spent = if has_expressions { TURN + 1 } else { STATE + self.run.budget.work_spent() - before };
        beginning.left -= 1;
        if beginning.left > 0 {
            beginning.budget = self.run.budget.clone();
            beginning.allowance = self.run.allowance.clone();
            self.join_mut().beginning = Some(beginning);
            self.run.ready.push_front(self.branch);
        }
        spent
    }

    /// The items of a Map state that its input has.
    pub(super) fn items(&mut self, map: &Map, effective: &Data) -> Result<ReadItems, Failure> {
        match self.find_items(map, effective) {
            // As recorded on AWS for expressions, but not for paths.
            Err(failure) if !failure.terminal => {
                self.note(Note::new(EventKind::MapStateFailed));
                Err(failure)
            }
            found => found,
        }
    }

    fn find_items(&mut self, map: &Map, effective: &Data) -> Result<ReadItems, Failure> {
        let takes_objects = match map.processor {
            Processor::Distributed(_) => true,
            Processor::Inline(_) => self.plan.switches.is_turned(Switch::InlineMapObjects),
        };
        let pairs = takes_objects.then(|| self.pair_names());
        let list = |value: &Value| ReadItems::of_input(value, pairs);
        match &map.items {
            Items::Path(path) => {
                let found = self.select(path, effective)?;
                list(&found).ok_or_else(|| {
                    let path = path.as_str();
                    self.runtime(&format!("Reference path \"{path}\" must point to array, but got {found}"))
                })
            }
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
    pub(super) fn limit(&mut self, map: &Map, effective: &Data) -> Result<usize, Failure> {
        self.amount(&map.concurrency, effective, "integer", |value| {
            value.as_u64().and_then(|limit| usize::try_from(limit).ok())
        })
    }

    /// A whole number.
    pub(super) fn integer(&mut self, amount: &Amount, effective: &Data) -> Result<i64, Failure> {
        self.amount(amount, effective, "integer", Value::as_i64)
    }

    /// A number that need not be whole.
    pub(super) fn fraction(&mut self, amount: &Amount, effective: &Data) -> Result<f64, Failure> {
        self.amount(amount, effective, "float", Value::as_f64)
    }

    fn amount<T>(
        &mut self,
        amount: &Amount,
        effective: &Data,
        kind: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<T, Failure> {
        match amount {
            Amount::Of(number) => Ok(read(number).expect("amounts were checked when they were loaded")),
            Amount::Formula(formula) => self.evaluate_as(formula, effective, "number", read),
            Amount::Path { field, source } => {
                let value = self.select(source, effective)?;
                let number = Amount::found(&value);
                read(&number).ok_or_else(|| {
                    if field == "MaxConcurrencyPath" && number.as_i64().is_some() {
                        let path = source.as_str();
                        return self.runtime(&format!("`{field}` finds {value} at {path}, which is negative."));
                    }
                    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    let path = source.as_str();
                    self.runtime(&format!(
                        "The {field} field refers to value \"{shown}\" which is not a valid {kind}: {path}"
                    ))
                })
            }
        }
    }

    /// Begins the next item that waits, if one does.
    fn begin_item(&mut self, map: &Map) -> Result<(), Failure> {
        let Processor::Inline(start) = map.processor else { unreachable!("items of map runs are executions") };
        let join = self.join_mut();
        let Some(value) = join.waiting.pop_front() else { return Ok(()) };
        let index = join.children.len() - join.waiting.len() - 1;
        let (effective, value) = (join.input.clone(), Data::from(value));
        let item = Arc::new(Item { index, key: None, value: value.clone(), source: None });
        value.check().map_err(|why| self.out_of_bounds(why))?;
        let input = if map.item.is_some() { self.select_item(map, &effective, Arc::clone(&item))? } else { value };
        let (state, previous) = (self.here().state, self.here().previous);
        // Items follow the start of the Map state, or, one after the other, the last state of the item before.
        let started = self.run.record(Note::new(EventKind::MapIterationStarted).of(state).number(index), previous);
        self.begin_child(index, start, input, started, Some(item));
        Ok(())
    }

    /// `ItemSelector`, which is part of the Map state but sees the item.
    pub(super) fn select_item(&mut self, map: &Map, effective: &Data, item: Arc<Item>) -> Result<Data, Failure> {
        self.run.allowance.add_item();
        if item.index < MOST_GIVEN {
            self.run.budget.add_work(WORK_OF_ITEM);
        }
        let outer = self.here_mut().item.replace(item);
        let selected = self.fill(map.item.as_ref(), effective, Sight::default());
        self.here_mut().item = outer;
        selected
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
        let outputs: Vec<Data> =
            if self.discards_result() { Vec::new() } else { outputs.into_iter().flatten().collect() };
        if outputs.iter().map(|output| output.text().len() + 1).sum::<usize>() > MAX_RESULT {
            return Err(self.too_large());
        }
        let outputs = outputs.iter().map(|output| output.value().clone()).collect::<Value>();
        let outputs = self.made(outputs)?;
        self.conclude(&outputs, self.state().next)
    }
}
