//! One state tried out on its own: what stands in for its work, and what is seen of it on the way.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::cursor::At;
use super::item::Item;
use super::{Failure, MapRunLimits};
use crate::states::asl::{Flow, Map as MapState, Next, Processor, StateId, StateKind};
use crate::states::data::Data;

/// How long a state may take that is tried out (API reference of `TestState`).
pub(super) const TIMEOUT: Duration = Duration::from_mins(5);

/// The name of every state that is tried out, as its context tells it (recorded), and of one that is given without one.
pub(crate) const TRIED_STATE: &str = "StateName";

/// What `TestState` asks for.
#[derive(Debug, Default)]
pub(crate) struct Trial {
    /// The state.
    pub(crate) state: StateId,
    /// What its task, its branches or its items come to, without being carried out.
    pub(crate) mock: Option<Result<Data, Failure>>,
    /// The context object in the place of the one that would be made.
    pub(crate) context: Option<Value>,
    /// The variables that are there already.
    pub(crate) variables: Map<String, Value>,
    /// How often the state was retried already.
    pub(crate) retries: u32,
    /// How many items of a Map state have failed.
    pub(crate) failed_items: Option<u64>,
    /// The items that a reader would find.
    pub(crate) items: Option<Vec<Value>>,
    pub(crate) findings: Findings,
}

/// How a state that was tried out ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Succeeded,
    Failed,
    /// Its `Retry` would try again.
    Retriable,
    /// Its `Catch` goes on.
    Caught,
}

/// What was seen of a state. What it has no use for is not there.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) after_input_path: Option<Data>,
    pub(crate) after_parameters: Option<Data>,
    pub(crate) after_arguments: Option<Data>,
    pub(crate) after_items_path: Option<Data>,
    pub(crate) after_item_selector: Option<Data>,
    pub(crate) result: Option<Data>,
    pub(crate) after_result_selector: Option<Data>,
    pub(crate) after_result_path: Option<Data>,
    pub(crate) limits: Option<MapRunLimits>,
    pub(crate) variables: Map<String, Value>,
    /// The entry of `Retry` that the failure met.
    pub(crate) retry: Option<usize>,
    /// In seconds, before the next attempt.
    pub(crate) backoff: Option<u64>,
    /// The entry of `Catch` that the failure met.
    pub(crate) catch: Option<usize>,
    pub(crate) output: Option<Data>,
    pub(crate) failure: Option<Failure>,
    pub(crate) next: Option<StateId>,
    pub(crate) verdict: Option<Verdict>,
}

impl At<'_, '_> {
    /// Takes note of something, if the state is only tried out.
    pub(super) fn observe(&mut self, note: impl FnOnce(&mut Findings)) {
        if let Some(trial) = &mut self.run.trial {
            note(&mut trial.findings);
        }
    }

    /// What the branches or items of the state come to, if that is made up; a Map state is looked at as far as it would go.
    pub(super) fn mocked(&mut self, effective: &Data) -> Result<Option<Data>, Failure> {
        let Some(trial) = &self.run.trial else { return Ok(None) };
        let Some(mock) = trial.mock.clone() else { return Ok(None) };
        if let StateKind::Map(map) = &self.state().kind {
            let limits = match &map.processor {
                Processor::Inline(_) => {
                    let concurrency = u64::try_from(self.limit(map, effective)?).unwrap_or(u64::MAX);
                    MapRunLimits { concurrency, ..MapRunLimits::default() }
                }
                Processor::Distributed(distributed) => self.limits(map, distributed, effective)?,
            };
            self.observe(|findings| findings.limits = Some(limits));
            let read = matches!(&map.processor, Processor::Distributed(distributed) if distributed.reader.is_some());
            let given = self.run.trial.as_mut().and_then(|trial| trial.items.take());
            let items = match given {
                Some(items) => Some(items),
                None if read => None,
                None => Some(self.items(map, effective)?.items),
            };
            if let Some(items) = items {
                self.select_mocked(map, effective, items, &limits)?;
            }
        }
        mock.map(Some)
    }

    /// The inputs of the items, and whether too many of them have failed.
    fn select_mocked(
        &mut self,
        map: &MapState,
        effective: &Data,
        items: Vec<Value>,
        limits: &MapRunLimits,
    ) -> Result<(), Failure> {
        let by_path = matches!(self.state().flow, Flow::Paths(_));
        let count = items.len() as u64;
        if by_path {
            self.observe(|findings| findings.after_items_path = Some(Data::from(Value::Array(items.clone()))));
        }
        if map.item.is_some() {
            let mut selected = Vec::with_capacity(items.len());
            for (index, value) in items.into_iter().enumerate() {
                let item = Arc::new(Item { index, key: None, value: value.into(), source: None });
                selected.push(self.select_item(map, effective, item)?.value().clone());
            }
            self.observe(|findings| findings.after_item_selector = Some(Data::from(Value::Array(selected))));
        }
        let failed = self.run.trial.as_ref().and_then(|trial| trial.failed_items).unwrap_or(0);
        let is_distributed = matches!(map.processor, Processor::Distributed(_));
        // As recorded on AWS: only a threshold that the state has can be exceeded.
        let has_threshold = limits.tolerated_count.is_some() || limits.tolerated_percentage.is_some();
        if is_distributed && has_threshold && limits.are_exceeded(failed, count) {
            let why = "The specified tolerated failure threshold was exceeded";
            return Err(Failure::new("States.ExceedToleratedFailureThreshold", why));
        }
        Ok(())
    }

    /// The state has an output: the end, if it was only tried out.
    pub(super) fn is_tried_out(&mut self, output: &Data, next: Next) -> bool {
        if self.run.trial.is_none() || self.here().parent.is_some() {
            return false;
        }
        let variables = self.here().variables.iter();
        let variables = variables.map(|(name, data)| (name.to_owned(), data.value().clone())).collect();
        self.observe(|findings| {
            findings.output = Some(output.clone());
            findings.variables = variables;
            findings.next = if let Next::State(next) = next { Some(next) } else { None };
            let verdict = if findings.failure.is_some() { Verdict::Caught } else { Verdict::Succeeded };
            findings.verdict = Some(verdict);
        });
        true
    }

    /// Whether the pause before another attempt is the end, since the state was only tried out.
    pub(super) fn would_retry(&mut self, delay: Duration) -> bool {
        self.observe(|findings| {
            findings.backoff = Some(delay.as_secs());
            findings.verdict = Some(Verdict::Retriable);
        });
        self.run.trial.is_some()
    }

    /// The context of a state that is tried out.
    pub(super) fn tried_context(&self) -> Option<&Value> {
        self.run.trial.as_ref()?.context.as_ref()
    }

    /// The arguments of the state, filled in.
    pub(super) fn observe_arguments(&mut self, input: &Data) {
        let by_path = matches!(self.state().flow, Flow::Paths(_));
        self.observe(|findings| {
            let place = if by_path { &mut findings.after_parameters } else { &mut findings.after_arguments };
            *place = Some(input.clone());
        });
    }
}
