//! Distributed Map states: items are selected and put into batches here, and processed by executions of their own.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::branch::{Activity, Batching, Item, MapRunWait};
use super::cursor::At;
use super::io::MAX_DATA;
use super::order::{ChildInput, MapRunLimits, MapRunOrder, ReadItems, Reading};
use super::sight::Sight;
use super::{Effect, EventKind, Failure, Note};
use crate::states::asl::{Amount, Distributed, ItemBatcher, Map as MapState, Processor, StateKind};
use crate::states::data::Data;
use crate::switches::Switch;

/// Most bytes of the inputs of a map run's executions together. All are made before the first begins; AWS is not known to
/// have such a limit.
const MAX_INPUTS: usize = 256 << 20;

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
            inputs: Vec::new(),
            limits,
            destination,
            shape: distributed.writer.as_ref().map(|writer| writer.shape).unwrap_or_default(),
            lines_ending: self.plan.switches.way(Switch::ResultLines),
        };
        let wait = MapRunWait { started, input: effective.clone(), batches, order: Some(Box::new(order)) };
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
            Some(template) => Some(self.fill(Some(template), effective, Sight::default())?),
        };
        Ok(Batching { items, bytes, input })
    }

    fn wait_mut(&mut self) -> &mut MapRunWait {
        match &mut self.here_mut().activity {
            Activity::MapRun(wait) => wait,
            other => unreachable!("only map runs hand out keys for items and results, not {other:?}"),
        }
    }

    fn distributed(&self) -> (&'p MapState, &'p Distributed) {
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
            let inputs = self.select_items(read)?;
            let inputs = match self.wait_mut().batches.take() {
                None => inputs.into_iter().map(|input| ChildInput { input, items: 1 }).collect(),
                Some(batching) => batching.apply(inputs)?,
            };
            for child in &inputs {
                child.input.check().map_err(|why| self.out_of_bounds(why))?;
            }
            if inputs.iter().any(|child| child.input.text().len() > MAX_DATA) {
                let why = "an item is larger than the input of an execution may be";
                return Err(Failure::new("States.DataLimitExceeded", why));
            }
            Ok(inputs)
        });
        match begun {
            Err(failure) => self.map_run_failed(&failure),
            Ok(inputs) => {
                let mut wait = match std::mem::replace(&mut self.here_mut().activity, Activity::Ready) {
                    Activity::MapRun(wait) => wait,
                    other => unreachable!("the items of a map run have just come, not of {other:?}"),
                };
                let order = wait.order.take().expect("items are read once");
                let key = self.arm(Activity::MapRun(wait));
                self.run.effects.push(Effect::MapRun(key, Box::new(MapRunOrder { inputs, ..*order })));
            }
        }
    }

    /// What the two parts of a pair of an object are called.
    pub(super) fn pair_names(&self) -> [&'static str; 2] {
        if self.plan.switches.is_turned(Switch::MapItemPairs) { ["key", "value"] } else { ["Key", "Value"] }
    }

    /// `ItemSelector`, for every item.
    fn select_items(&mut self, read: ReadItems) -> Result<Vec<Data>, Failure> {
        let (map, _) = self.distributed();
        let ReadItems { items, pairs, source } = read;
        let Some(selector) = &map.item else { return Ok(items.into_iter().map(Data::from).collect()) };
        let effective = self.wait_mut().input.clone();
        let source: Arc<str> = source.into();
        let outer = self.here_mut().item.take();
        let (mut selected, mut bytes) = (Vec::with_capacity(items.len()), 0);
        for (index, value) in items.into_iter().enumerate() {
            let (key, value) = match value {
                Value::Object(mut pair) if pairs => {
                    let [key, value] = self.pair_names();
                    (pair.get(key).and_then(Value::as_str).map(str::to_owned), pair.remove(value).unwrap_or_default())
                }
                value => (None, value),
            };
            let item = Item { index, key, value, source: Some(Arc::clone(&source)) };
            self.here_mut().item = Some(Arc::new(item));
            // Each item is the input of an execution of its own.
            self.run.begin_budget(self.branch);
            let filled = self.fill(Some(selector), &effective, Sight::default());
            match filled.and_then(|input| add_bytes(&mut bytes, input.text().len()).map(|()| input)) {
                Ok(input) => selected.push(input),
                Err(failure) => {
                    self.here_mut().item = outer;
                    return Err(failure);
                }
            }
        }
        self.here_mut().item = outer;
        Ok(selected)
    }

    /// All executions have ended: the result, or why there is none.
    pub(super) fn map_run_ended(&mut self, result: Result<Data, Failure>) {
        let output = match result.and_then(|output| self.bounded(output)) {
            Ok(output) => output,
            Err(failure) => return self.map_run_failed(&failure),
        };
        let started = self.wait_mut().started;
        self.here_mut().activity = Activity::Ready;
        self.note(Note::new(EventKind::MapRunSucceeded));
        self.note(Note::new(EventKind::MapStateSucceeded));
        // As recorded on AWS since November 2024: the exit of the state follows the start of its map run.
        self.here_mut().previous = started;
        if let Err(failure) = self.conclude(&output, self.state().next) {
            self.fail_state(failure);
        }
    }

    fn map_run_failed(&mut self, failure: &Failure) {
        self.here_mut().activity = Activity::Ready;
        self.note(failure.note(EventKind::MapRunFailed));
        self.fail_map(failure.clone());
    }
}

/// Counts the bytes of one more input.
fn add_bytes(all: &mut usize, more: usize) -> Result<(), Failure> {
    *all += more;
    if *all <= MAX_INPUTS {
        return Ok(());
    }
    let mib = MAX_INPUTS >> 20;
    let why = format!(
        "the inputs of the map run's executions have more than {mib} MiB together; select less for each, or fewer items"
    );
    Err(Failure::new("States.Runtime", why).terminal())
}

impl Batching {
    /// The batches, in the order of the items. An item that is too large for any batch has one of its own.
    fn apply(&self, items: Vec<Data>) -> Result<Vec<ChildInput>, Failure> {
        let frame = self.batch(&[]).input.text().len();
        let (mut batches, mut batch, mut size, mut bytes) = (Vec::new(), Vec::new(), frame, 0);
        for item in items {
            // With the comma before it.
            let more = item.text().len() + usize::from(!batch.is_empty());
            if !batch.is_empty() && (batch.len() >= self.items || size + more > self.bytes) {
                add_bytes(&mut bytes, size)?;
                batches.push(self.batch(&batch));
                batch.clear();
                size = frame;
            }
            size += more;
            batch.push(item);
        }
        if !batch.is_empty() {
            batches.push(self.batch(&batch));
        }
        Ok(batches)
    }

    fn batch(&self, items: &[Data]) -> ChildInput {
        let mut input = Map::new();
        if let Some(shared) = &self.input {
            input.insert("BatchInput".to_owned(), shared.value().clone());
        }
        input.insert("Items".to_owned(), items.iter().map(|item| item.value().clone()).collect());
        ChildInput { input: Data::from(Value::Object(input)), items: items.len() as u64 }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sizes(items: usize, bytes: usize) -> Vec<u64> {
        let batching = Batching { items, bytes, input: Some(Data::from(json!({"a": 1}))) };
        let all: Vec<Data> = (0..7).map(|number| Data::from(json!({ "n": number }))).collect();
        let batches = batching.apply(all).unwrap();
        let numbers: Vec<Value> =
            batches.iter().flat_map(|batch| batch.input.value()["Items"].as_array().unwrap().clone()).collect();
        assert_eq!(numbers, (0..7).map(|number| json!({ "n": number })).collect::<Vec<_>>(), "none lost, all in order");
        assert!(batches.iter().all(|batch| batch.input.value()["BatchInput"] == json!({"a": 1})));
        assert!(batches.iter().all(|batch| batch.items == 1 || batch.input.text().len() <= bytes));
        batches.iter().map(|batch| batch.items).collect()
    }

    #[test]
    fn what_the_batches_of_a_map_run_hold_together_is_bounded() {
        let batching = Batching { items: 1, bytes: MAX_DATA, input: Some(Data::from(json!("x".repeat(200_000)))) };
        let items = |count| (0..count).map(|number| Data::from(json!(number))).collect::<Vec<_>>();
        assert_eq!(batching.apply(items(10)).unwrap().len(), 10);
        let failure = batching.apply(items(2_000)).unwrap_err();
        assert!(failure.cause.is_some_and(|cause| cause.contains("256 MiB")));
    }

    #[test]
    fn batches_end_at_whichever_limit_comes_first() {
        assert_eq!(sizes(3, MAX_DATA), [3, 3, 1]);
        assert_eq!(sizes(usize::MAX, MAX_DATA), [7]);
        // `{"BatchInput":{"a":1},"Items":[]}` is 34 bytes, an item with its comma 8.
        assert_eq!(sizes(usize::MAX, 34 + 7 + 8), [2, 2, 2, 1]);
        assert_eq!(sizes(1, 34 + 7 + 8), [1; 7]);
        assert_eq!(sizes(usize::MAX, 1), [1; 7], "an item that fits nowhere stands alone");
    }
}
