//! Distributed Map states: items are selected and put into batches here, and processed by executions of their own.

use std::sync::Arc;

use super::branch::{Activity, MapRunWait};
use super::cursor::At;
use super::io::MAX_DATA;
use super::items_left::{Batching, ItemsLeft};
use super::order::{ChildInputs, MapRunLimits, MapRunOrder, ReadItems, Reading};
use super::sight::Sight;
use super::{Effect, EventKind, Failure, Note};
use crate::states::asl::{Amount, Distributed, ItemBatcher, Map as MapState, Processor, StateKind};
use crate::states::data::Data;
use crate::switches::Switch;

impl<'p> At<'_, 'p> {
    /// Begins a map run: its items are read, or taken from the input.
    pub(super) fn begin_map_run(
        &mut self,
        map: &MapState,
        distributed: &Distributed,
        effective: &Data,
    ) -> Result<(), Failure> {
        let given = if distributed.reader.is_none() { Some(self.items(map, effective)?) } else { None };
        // As recorded on AWS: nobody knows yet how many items a reader will find.
        let length = given.as_ref().map_or(0, |given| given.items.len());
        self.note(Note::new(EventKind::MapStateStarted).number(length));
        let limits = self.limits(map, distributed, effective)?;
        let reading = match &distributed.reader {
            None => None,
            Some(reader) => Some(Reading {
                action: reader.action,
                parameters: self.fill(reader.arguments.as_ref(), effective, Sight::default())?,
                contents: Arc::clone(&reader.contents),
                most: reader.most.as_ref().map_or(Ok(0), |most| self.integer(most, effective))?,
            }),
        };
        let batches = distributed.batcher.as_ref().map(|batcher| self.batching(batcher, effective)).transpose()?;
        let destination = match distributed.writer.as_ref().and_then(|writer| writer.arguments.as_ref()) {
            None => None,
            Some(arguments) => Some(self.fill(Some(arguments), effective, Sight::default())?),
        };
        let machine_arn = format!("{}/{}", self.plan.arn, distributed.label);
        let id = self.run.randomness.uuid();
        let arn = format!("{}:{id}", machine_arn.replacen(":stateMachine:", ":mapRun:", 1));
        let started = self.note(Note::new(EventKind::MapRunStarted).first(&arn));
        let order = MapRunOrder {
            arn,
            machine_arn,
            items: 0,
            held: 0,
            in_batches: batches.is_some(),
            inputs: ChildInputs { made: Vec::new(), are_last: false },
            limits,
            destination,
            shape: distributed.writer.as_ref().map(|writer| writer.shape).unwrap_or_default(),
            lines_ending: self.plan.switches.way(Switch::ResultLines),
            discards: self.discards_result(),
        };
        let wait = MapRunWait { started, input: effective.clone(), batches, order: Some(Box::new(order)), left: None };
        let key = self.arm(Activity::MapRun(Box::new(wait)));
        match (reading, given) {
            (Some(reading), _) => self.run.effects.push(Effect::Read(key, Box::new(reading))),
            (None, Some(given)) => self.items_read(Ok(given)),
            (None, None) => unreachable!("items come from a reader or from the input"),
        }
        Ok(())
    }

    /// What bounds the map run.
    pub(super) fn limits(
        &mut self,
        map: &MapState,
        distributed: &Distributed,
        effective: &Data,
    ) -> Result<MapRunLimits, Failure> {
        let concurrency = u64::try_from(self.limit(map, effective)?).unwrap_or(u64::MAX);
        let tolerated_count = match &distributed.tolerated_count {
            None => None,
            Some(count) => Some(
                u64::try_from(self.integer(count, effective)?)
                    .map_err(|_| self.runtime("ToleratedFailureCount cannot be negative."))?,
            ),
        };
        let tolerated_percentage = match &distributed.tolerated_percentage {
            None => None,
            Some(percentage) => {
                let percentage = self.fraction(percentage, effective)?;
                if !(0.0..=100.0).contains(&percentage) {
                    return Err(self.runtime("ToleratedFailurePercentage must be between 0 and 100."));
                }
                Some(percentage)
            }
        };
        Ok(MapRunLimits { concurrency, tolerated_count, tolerated_percentage })
    }

    fn batching(&mut self, batcher: &ItemBatcher, effective: &Data) -> Result<Batching, Failure> {
        let positive = |at: &mut Self, amount: &Option<Amount>, field: &str| match amount {
            None => Ok(usize::MAX),
            Some(amount) => match usize::try_from(at.integer(amount, effective)?) {
                Ok(number @ 1..) => Ok(number),
                _ => Err(at.runtime(&format!("{field} must be positive."))),
            },
        };
        let items = positive(self, &batcher.items, "MaxItemsPerBatch")?;
        let bytes = positive(self, &batcher.bytes, "MaxInputBytesPerBatch")?.min(MAX_DATA);
        let input = match &batcher.input {
            None => None,
            Some(template) => {
                let input = self.fill(Some(template), effective, Sight::default())?;
                input.check_below(1).map_err(|why| self.out_of_bounds(why))?;
                Some(input)
            }
        };
        Ok(Batching { items, bytes, input })
    }

    pub(super) fn wait_mut(&mut self) -> &mut MapRunWait {
        match &mut self.here_mut().activity {
            Activity::MapRun(wait) => wait,
            other => unreachable!("only map runs hand out keys for items and results, not {other:?}"),
        }
    }

    pub(super) fn distributed(&self) -> (&'p MapState, &'p Distributed) {
        match &self.state().kind {
            StateKind::Map(map) => match &map.processor {
                Processor::Distributed(distributed) => (map, distributed),
                Processor::Inline(_) => unreachable!("an inline Map has no map run"),
            },
            other => unreachable!("only a Map has map runs, not a {} state", other.name()),
        }
    }

    /// The items are there, or cannot be read.
    pub(super) fn items_read(&mut self, read: Result<ReadItems, Failure>) {
        let begun = read.and_then(|read| {
            let wait = self.wait_mut();
            let left = ItemsLeft::all(read, wait.batches.take());
            let (items, held) = (left.count() as u64, left.size());
            wait.left = Some(left);
            Ok((items, held, self.make_inputs()?))
        });
        match begun {
            Err(failure) => self.map_run_failed(&failure),
            Ok((items, held, inputs)) => {
                let mut wait = match std::mem::replace(&mut self.here_mut().activity, Activity::Ready) {
                    Activity::MapRun(wait) => wait,
                    other => unreachable!("the items of a map run have just come, not of {other:?}"),
                };
                let order = wait.order.take().expect("items are read once");
                let key = self.arm(Activity::MapRun(wait));
                self.run.effects.push(Effect::MapRun(key, Box::new(MapRunOrder { items, held, inputs, ..*order })));
            }
        }
    }

    /// What the two parts of a pair of an object are called.
    pub(super) fn pair_names(&self) -> [&'static str; 2] {
        if self.plan.switches.is_turned(Switch::MapItemPairs) { ["key", "value"] } else { ["Key", "Value"] }
    }

    /// All executions have ended: the result, `None` if it is larger than what is kept, or why there is none.
    pub(super) fn map_run_ended(&mut self, result: Result<Option<Data>, Failure>) {
        let bounded = result.and_then(|output| output.map(|output| self.bounded(output)).transpose());
        let output = match bounded {
            Ok(output) => output,
            Err(failure) => return self.map_run_failed(&failure),
        };
        let started = self.wait_mut().started;
        self.here_mut().activity = Activity::Ready;
        self.note(Note::new(EventKind::MapRunSucceeded));
        self.note(Note::new(EventKind::MapStateSucceeded));
        // As recorded on AWS since November 2024: the exit of the state follows the start of its map run.
        self.here_mut().previous = started;
        let concluded = match output {
            Some(output) => self.conclude(&output, self.state().next),
            None => Err(self.too_large()),
        };
        if let Err(failure) = concluded {
            self.fail_state(failure);
        }
    }

    fn map_run_failed(&mut self, failure: &Failure) {
        self.here_mut().activity = Activity::Ready;
        self.note(failure.note(EventKind::MapRunFailed));
        self.fail_map(failure.clone());
    }
}
