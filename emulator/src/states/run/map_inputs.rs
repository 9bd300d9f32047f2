//! The inputs of a map run's executions, made some at a time: others go on in between, and few wait to be used.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::branch::{Batching, Item};
use super::cursor::At;
use super::io::MAX_DATA;
use super::order::{ChildInput, ChildInputs, ReadItems};
use super::sight::Sight;
use super::{Effect, Failure, Key, STATE, TURN};
use crate::states::asl::{Flow, PayloadTemplate};
use crate::states::data::Data;

/// Bytes of inputs that are made at a time.
const SLICE: usize = 1 << 20;
/// What an input takes besides its text, in bytes.
const INPUT: usize = 256;

/// The items of a map run of which no input has been made yet.
#[derive(Debug)]
pub(super) struct ItemsLeft {
    items: std::vec::IntoIter<Value>,
    /// The index of the next one.
    index: usize,
    pairs: bool,
    source: Arc<str>,
    batches: Option<Batches>,
}

impl ItemsLeft {
    /// All of them.
    pub(super) fn all(read: ReadItems, batching: Option<Batching>) -> Self {
        let ReadItems { items, pairs, source } = read;
        let batches = batching.map(Batches::new);
        Self { items: items.into_iter(), index: 0, pairs, source: source.into(), batches }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.items.len()
    }

    /// The bytes that they take, about.
    pub(super) fn size(&self) -> usize {
        self.items.as_slice().iter().map(size).sum()
    }

    /// The next one; `names` are those of the two parts of a pair.
    fn next(&mut self, names: [&str; 2]) -> Option<Item> {
        let value = self.items.next()?;
        let index = self.index;
        self.index += 1;
        let (key, value) = match value {
            Value::Object(mut pair) if self.pairs => {
                let [key, value] = names;
                (pair.get(key).and_then(Value::as_str).map(str::to_owned), pair.remove(value).unwrap_or_default())
            }
            value => (None, value),
        };
        Some(Item { index, key, value: value.into(), source: Some(Arc::clone(&self.source)) })
    }
}

impl At<'_, '_> {
    /// More inputs are wanted.
    pub(super) fn inputs_wanted(&mut self) {
        if self.wait_mut().left.is_none() {
            return;
        }
        let made = self.make_inputs();
        let key = Key { branch: self.branch, serial: self.here().serial };
        self.run.effects.push(Effect::Inputs(key, made));
    }

    /// The next inputs: as many as a turn makes.
    pub(super) fn make_inputs(&mut self) -> Result<ChildInputs, Failure> {
        let mut left = self.wait_mut().left.take().expect("whoever asks for inputs has seen that items are left");
        let outer = self.here_mut().item.take();
        let made = self.make_slice(&mut left);
        self.here_mut().item = outer;
        if made.as_ref().is_ok_and(|made| !made.are_last) {
            self.wait_mut().left = Some(left);
        }
        made
    }

    fn make_slice(&mut self, left: &mut ItemsLeft) -> Result<ChildInputs, Failure> {
        let (map, _) = self.distributed();
        let effective = self.wait_mut().input.clone();
        let (mut made, mut bytes, mut spent) = (Vec::new(), 0, 0);
        while bytes <= SLICE && spent <= TURN {
            let Some(input) = self.next_input(left, map.item.as_ref(), &effective, &mut spent)? else {
                made.extend(left.batches.take().and_then(|mut batches| batches.complete()));
                self.check_inputs(&made)?;
                return Ok(ChildInputs { made, are_last: true });
            };
            bytes += input.text().len() + INPUT;
            match &mut left.batches {
                None => made.push(ChildInput { input, items: 1 }),
                Some(batches) => made.extend(batches.add(input)),
            }
        }
        self.check_inputs(&made)?;
        Ok(ChildInputs { made, are_last: left.count() == 0 && left.batches.is_none() })
    }

    /// Whether all of these may be the inputs of executions.
    fn check_inputs(&self, inputs: &[ChildInput]) -> Result<(), Failure> {
        for child in inputs {
            child.input.check().map_err(|why| self.out_of_bounds(why))?;
            if child.input.text().len() > MAX_DATA {
                let why = "an item is larger than the input of an execution may be";
                return Err(Failure::new("States.DataLimitExceeded", why));
            }
        }
        Ok(())
    }

    /// What `ItemSelector` makes of the next item, or the item itself; `spent` grows by what that costs.
    fn next_input(
        &mut self,
        left: &mut ItemsLeft,
        selector: Option<&PayloadTemplate>,
        effective: &Data,
        spent: &mut u64,
    ) -> Result<Option<Data>, Failure> {
        let Some(selector) = selector else { return left.items.next().map(|item| self.made(item)).transpose() };
        let Some(item) = left.next(self.pair_names()) else { return Ok(None) };
        self.here_mut().item = Some(Arc::new(item));
        // Each item is the input of an execution of its own.
        self.run.begin_budget(self.branch);
        let before = self.run.budget.work_spent();
        let selected = self.fill(Some(selector), effective, Sight::default())?;
        let has_expressions = matches!(self.state().flow, Flow::Expressions(_));
        *spent += if has_expressions { TURN + 1 } else { STATE + self.run.budget.work_spent() - before };
        Ok(Some(selected))
    }
}

/// The bytes that a document takes, about.
fn size(value: &Value) -> usize {
    let inside = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| 2 * size_of::<String>() + name.len() + size(value)).sum()
        }
        _ => 0,
    };
    size_of::<Value>() + inside
}

/// Items on their way into batches, in their order. An item that is too large for any batch has one of its own.
#[derive(Debug)]
struct Batches {
    batching: Batching,
    /// Bytes of a batch without items.
    frame: usize,
    /// What is in the batch that is being filled.
    items: Vec<Data>,
    /// Its bytes.
    size: usize,
}

impl Batches {
    fn new(batching: Batching) -> Self {
        let frame = batching.batch(&[]).input.text().len();
        Self { batching, frame, items: Vec::new(), size: frame }
    }

    /// Takes an item; a batch, if it has no room for this one.
    fn add(&mut self, item: Data) -> Option<ChildInput> {
        // With the comma before it.
        let more = item.text().len() + usize::from(!self.items.is_empty());
        let is_full = self.items.len() >= self.batching.items || self.size + more > self.batching.bytes;
        let full = if is_full { self.complete() } else { None };
        self.size += more;
        self.items.push(item);
        full
    }

    /// The batch as it is, if there is anything in it.
    fn complete(&mut self) -> Option<ChildInput> {
        self.size = self.frame;
        let items = std::mem::take(&mut self.items);
        (!items.is_empty()).then(|| self.batching.batch(&items))
    }
}

impl Batching {
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
        let mut batches = Batches::new(Batching { items, bytes, input: Some(Data::from(json!({"a": 1}))) });
        let all = (0..7).map(|number| Data::from(json!({ "n": number })));
        let mut full: Vec<ChildInput> = all.filter_map(|item| batches.add(item)).collect();
        full.extend(batches.complete());
        let numbers: Vec<Value> =
            full.iter().flat_map(|batch| batch.input.value()["Items"].as_array().unwrap().clone()).collect();
        assert_eq!(numbers, (0..7).map(|number| json!({ "n": number })).collect::<Vec<_>>(), "none lost, all in order");
        assert!(full.iter().all(|batch| batch.input.value()["BatchInput"] == json!({"a": 1})));
        assert!(full.iter().all(|batch| batch.items == 1 || batch.input.text().len() <= bytes));
        full.iter().map(|batch| batch.items).collect()
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
