//! The distributed mode of Map states: what is read, how items are put into batches, and where results go.

use std::sync::Arc;

use super::{Amount, Machine, PayloadTemplate};

/// What a distributed Map state has that an inline one has not.
#[derive(Debug)]
pub(crate) struct Distributed {
    /// The processor: a machine of its own, of which every item or batch is an execution.
    pub(crate) machine: Arc<Machine>,
    /// Whether `ExecutionType` is `EXPRESS`.
    pub(crate) express: bool,
    /// `Label`, or one made up: it stands in the ARNs of map runs and of their executions.
    pub(crate) label: String,
    /// `ItemReader`
    pub(crate) reader: Option<ItemReader>,
    /// `ItemBatcher`
    pub(crate) batcher: Option<ItemBatcher>,
    /// `ResultWriter`
    pub(crate) writer: Option<ResultWriter>,
    /// `ToleratedFailureCount` or its path.
    pub(crate) tolerated_count: Option<Amount>,
    /// `ToleratedFailurePercentage` or its path.
    pub(crate) tolerated_percentage: Option<Amount>,
}

/// `ItemReader`
#[derive(Debug)]
pub(crate) struct ItemReader {
    /// `Resource`
    pub(crate) action: ReaderAction,
    /// `Parameters` or `Arguments`
    pub(crate) arguments: Option<PayloadTemplate>,
    /// `MaxItems` or its path; 0 for all.
    pub(crate) most: Option<Amount>,
    /// What is found, and how it is read.
    pub(crate) contents: Arc<Contents>,
}

/// What an `ItemReader` calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReaderAction {
    /// `s3:getObject`
    GetObject,
    /// `s3:listObjectsV2`
    ListObjects,
}

/// `ReaderConfig`: what an object holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contents {
    /// `InputType`; none where objects are listed and not opened.
    pub(crate) format: Option<ItemFormat>,
    /// `ItemsPointer`: where the list stands in a JSON document.
    pub(crate) pointer: Option<String>,
}

/// `InputType`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ItemFormat {
    /// A list.
    Json,
    /// A document on every line.
    JsonLines,
    /// Text in columns.
    Csv(Csv),
    /// A columnar file, which is not read here.
    Parquet,
    /// `MANIFEST` by S3 Inventory: files that list objects.
    Inventory,
    /// `MANIFEST` by Athena: a file that lists files of this format.
    Athena(Box<ItemFormat>),
}

/// How text in columns is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Csv {
    /// `CSVDelimiter`
    pub(crate) delimiter: u8,
    /// `CSVHeaders`; `None` takes them from the first row.
    pub(crate) headers: Option<Vec<String>>,
}

/// `ItemBatcher`
#[derive(Debug)]
pub(crate) struct ItemBatcher {
    /// `MaxItemsPerBatch` or its path.
    pub(crate) items: Option<Amount>,
    /// `MaxInputBytesPerBatch` or its path.
    pub(crate) bytes: Option<Amount>,
    /// `BatchInput`
    pub(crate) input: Option<PayloadTemplate>,
}

/// `ResultWriter`
#[derive(Debug)]
pub(crate) struct ResultWriter {
    /// `Parameters` or `Arguments`, where results are written to a bucket.
    pub(crate) arguments: Option<PayloadTemplate>,
    /// `WriterConfig`
    pub(crate) shape: ResultShape,
}

/// `WriterConfig`: what is told of the executions of a map run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ResultShape {
    /// `Transformation`
    pub(crate) transformation: Transformation,
    /// Whether `OutputType` is `JSONL`.
    pub(crate) lines: bool,
}

/// `Transformation`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Transformation {
    /// Each execution with its input, its output and its times.
    Whole,
    /// Outputs alone.
    #[default]
    Compact,
    /// Outputs alone; a list is told by its elements.
    Flatten,
}
