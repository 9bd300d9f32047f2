//! The items of a map run of which no input has been made yet, and how they are put into batches.

use std::sync::Arc;

use serde_json::Value;

use super::item::Item;
use super::order::{ChildInput, ReadItems};
use crate::states::data::{Data, OutOfBounds, in_memory};

/// How items are put into batches.
#[derive(Debug)]
pub(super) struct Batching {
    /// Most items in one.
    pub(super) items: usize,
    /// Most bytes of one, as JSON.
    pub(super) bytes: usize,
    /// `BatchInput`, which may stand one level below the top.
    pub(super) input: Option<Data>,
}

/// The items of a map run of which no input has been made yet.
#[derive(Debug)]
pub(super) struct ItemsLeft {
    pub(super) items: std::vec::IntoIter<Value>,
    /// The index of the next one.
    index: usize,
    pairs: bool,
    source: Arc<str>,
    pub(super) batches: Option<Batches>,
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
        self.items.as_slice().iter().map(in_memory).sum()
    }

    /// The next one; `names` are those of the two parts of a pair.
    pub(super) fn next(&mut self, names: [&str; 2]) -> Option<Item> {
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

/// Items on their way into batches, in their order. An item that is too large for any batch has one of its own.
#[derive(Debug)]
pub(super) struct Batches {
    /// Most items in one.
    most: usize,
    /// Most bytes of one, as JSON.
    most_bytes: usize,
    /// The text of a batch up to its first item.
    head: String,
    /// The text of the batch that is being filled, if there is anything in it. Trees would take more by far.
    text: String,
    /// How many items are in it.
    count: usize,
}

/// The text of a batch after its last item.
const TAIL: &str = "]}";

impl Batches {
    fn new(batching: Batching) -> Self {
        let Batching { items: most, bytes: most_bytes, input } = batching;
        let shared = input.map(|input| format!(r#""BatchInput":{},"#, input.text()));
        let head = format!(r#"{{{}"Items":["#, shared.unwrap_or_default());
        Self { most, most_bytes, head, text: String::new(), count: 0 }
    }

    /// Takes an item; a batch, if it has no room for this one.
    pub(super) fn add(&mut self, item: &Data) -> Result<Option<ChildInput>, OutOfBounds> {
        item.check_below(2)?;
        // With the comma before it.
        let size = self.text.len() + 1 + item.text().len() + TAIL.len();
        let full = if self.count >= self.most || size > self.most_bytes { self.complete() } else { None };
        self.text.push_str(if self.count == 0 { &self.head } else { "," });
        self.text.push_str(item.text());
        self.count += 1;
        Ok(full)
    }

    /// The batch as it is, if there is anything in it.
    pub(super) fn complete(&mut self) -> Option<ChildInput> {
        let (mut text, count) = (std::mem::take(&mut self.text), std::mem::take(&mut self.count));
        if count == 0 {
            return None;
        }
        text.push_str(TAIL);
        Some(ChildInput { input: Data::joined(text), items: count as u64 })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// More than these items take together.
    const MUCH: usize = 1 << 18;

    fn sizes(items: usize, bytes: usize) -> Vec<u64> {
        let mut batches = Batches::new(Batching { items, bytes, input: Some(Data::from(json!({"a": 1}))) });
        let all = (0..7).map(|number| Data::from(json!({ "n": number })));
        let mut full: Vec<ChildInput> = all.filter_map(|item| batches.add(&item).unwrap()).collect();
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
        assert_eq!(sizes(3, MUCH), [3, 3, 1]);
        assert_eq!(sizes(usize::MAX, MUCH), [7]);
        // `{"BatchInput":{"a":1},"Items":[]}` is 34 bytes, an item with its comma 8.
        assert_eq!(sizes(usize::MAX, 34 + 7 + 8), [2, 2, 2, 1]);
        assert_eq!(sizes(1, 34 + 7 + 8), [1; 7]);
        assert_eq!(sizes(usize::MAX, 1), [1; 7], "an item that fits nowhere stands alone");
    }
}
