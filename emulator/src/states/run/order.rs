//! What a distributed Map state wants done outside of its run: items read, and executions begun for them.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::states::asl::{Contents, ReaderAction, ResultShape};
use crate::states::data::Data;

/// `$$.Map.Item.Source` of items that come from the input (developer guide, "Context object").
const STATE_DATA: &str = "STATE_DATA";

/// Items to be read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    /// What is called.
    pub(crate) action: ReaderAction,
    /// Its parameters: the bucket, and a key or a prefix.
    pub(crate) parameters: Data,
    /// How objects are read.
    pub(crate) contents: Arc<Contents>,
    /// Most items that are wanted; 0 for all.
    pub(crate) most: i64,
}

/// The items of a map run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReadItems {
    /// In their order.
    pub(crate) items: Vec<Value>,
    /// Whether they are the pairs of an object: `{"Key": …, "Value": …}`.
    pub(crate) pairs: bool,
    /// `$$.Map.Item.Source`
    pub(crate) source: String,
}

impl ReadItems {
    /// The items of a list, or the pairs of an object under these names where those are wanted.
    pub(super) fn of_input(value: &Value, pairs: Option<[&str; 2]>) -> Option<Self> {
        let (items, pairs) = match value {
            Value::Array(items) => (items.clone(), false),
            Value::Object(object) => {
                let [name, content] = pairs?;
                (object.iter().map(|(key, value)| json!({ name: key, content: value })).collect(), true)
            }
            _ => return None,
        };
        Some(Self { items, pairs, source: STATE_DATA.to_owned() })
    }
}

/// A map run to be begun.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MapRunOrder {
    /// Its ARN.
    pub(crate) arn: String,
    /// The state machine whose executions process the items.
    pub(crate) machine_arn: String,
    /// How many items there are.
    pub(crate) items: u64,
    /// Bytes that the items take while they are left, about.
    pub(crate) held: usize,
    /// Whether several items may share an execution, so that nobody knows yet how many executions there will be.
    pub(crate) in_batches: bool,
    /// The inputs of the first executions.
    pub(crate) inputs: ChildInputs,
    pub(crate) limits: MapRunLimits,
    /// `Bucket` and `Prefix`, where results are written.
    pub(crate) destination: Option<Data>,
    /// What is told of the executions.
    pub(crate) shape: ResultShape,
    /// The ending of files with a document on every line.
    pub(crate) lines_ending: &'static str,
    /// Whether the state does not look at its result.
    pub(crate) discards: bool,
}

/// Inputs of executions of a map run. They are made some at a time, as executions begin.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChildInputs {
    /// In the order of the items; there may be none when a large batch is not yet complete.
    pub(crate) made: Vec<ChildInput>,
    /// Whether there are no more.
    pub(crate) are_last: bool,
}

/// The input of one execution of a map run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChildInput {
    pub(crate) input: Data,
    /// How many items are in it.
    pub(crate) items: u64,
}

/// What bounds a map run; `UpdateMapRun` changes it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct MapRunLimits {
    /// Executions at a time; 0 for as many as AWS runs.
    pub(crate) concurrency: u64,
    /// Items that may fail; `None` where only a percentage is given.
    pub(crate) tolerated_count: Option<u64>,
    /// The share of all items that may fail, in percent; `None` where only a number is given.
    pub(crate) tolerated_percentage: Option<f64>,
}

impl MapRunLimits {
    /// Whether more items have failed than may; where both a number and a share are given, the smaller one decides
    /// (developer guide, "Setting failure thresholds").
    pub(crate) fn are_exceeded(&self, failed: u64, total: u64) -> bool {
        let above_count = |most| failed > most;
        let above_share = |most: f64| failed as f64 * 100.0 > most * total as f64;
        match (self.tolerated_count, self.tolerated_percentage) {
            (None, None) => failed > 0,
            (count, share) => count.is_some_and(above_count) || share.is_some_and(above_share),
        }
    }
}
