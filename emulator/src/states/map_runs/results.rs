//! What is told of a map run: the output of its state, and the files that `ResultWriter` writes.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::reader::bucket;
use super::record::ChildRecord;
use super::texts::{ResultFile, Texts};
use crate::doubles::{BucketFolder, Buckets};
use crate::java::read_json;
use crate::states::asl::{ResultShape, Transformation};
use crate::states::data::Data;
use crate::states::execution::ExecutionStatus;
use crate::states::run::{Failure, MAX_RESULT, MapRunOrder};

/// Most bytes of results that `ResultWriter` writes.
const MAX_WRITTEN: u64 = 4 << 30;

/// What came of a map run.
#[derive(Debug)]
pub(crate) struct Results {
    arn: String,
    machine_arn: String,
    shape: ResultShape,
    lines_ending: &'static str,
    told: Told,
    /// Why it has failed, if it has.
    pub(super) failure: Option<Failure>,
}

/// Where it is told.
#[derive(Debug)]
enum Told {
    /// Nowhere.
    Nowhere,
    /// In the output of the state; nothing any more once that is too large.
    Output(Option<Texts>),
    /// In the files of that destination; or why it cannot be.
    Files(Data, Result<Texts, String>),
}

impl Results {
    /// Nothing has ended yet.
    pub(super) fn new(order: &MapRunOrder, buckets: &Buckets) -> Self {
        let told = match &order.destination {
            Some(destination) => {
                let kept = folder_of(destination, buckets).and_then(|(_, folder)| folder.unnamed_file());
                Told::Files(destination.clone(), kept.map(Texts::in_file))
            }
            None if order.discards => Told::Nowhere,
            None => Told::Output(Some(Texts::in_memory())),
        };
        Self {
            arn: order.arn.clone(),
            machine_arn: order.machine_arn.clone(),
            shape: order.shape,
            lines_ending: order.lines_ending,
            told,
            failure: None,
        }
    }

    /// Whether executions that have succeeded are told with their inputs.
    pub(super) fn tell_inputs(&self) -> bool {
        self.shape.transformation == Transformation::Whole
    }

    /// An execution has ended.
    pub(super) fn add(&mut self, child: usize, record: &ChildRecord) {
        let separator = self.separator();
        match &mut self.told {
            Told::Nowhere | Told::Output(None) | Told::Files(_, Err(_)) => {}
            Told::Output(kept @ Some(_)) => {
                let text = record.told(self.shape, separator);
                let size = kept.as_ref().map_or(0, Texts::bytes) + text.len() as u64;
                if size > MAX_RESULT as u64 {
                    *kept = None;
                } else if let Some(texts) = kept {
                    texts.add(child, ResultFile::Succeeded, &text).expect("memory takes everything");
                }
            }
            Told::Files(_, kept) => {
                let file = match record.status {
                    ExecutionStatus::Succeeded => ResultFile::Succeeded,
                    _ => ResultFile::Failed,
                };
                write_down(kept, child, file, &record.told(self.shape, separator));
            }
        }
    }

    /// An execution was never begun.
    pub(super) fn add_pending(&mut self, child: usize, input: &Data) {
        let Told::Files(_, kept) = &mut self.told else { return };
        let told = json!({
            "Input": input.text(),
            "InputDetails": { "Included": true },
            "StateMachineArn": self.machine_arn,
            "Status": "PENDING",
        });
        write_down(kept, child, ResultFile::Pending, &told.to_string());
    }

    /// How many bytes of them are in memory.
    pub(super) fn in_memory(&self) -> usize {
        match &self.told {
            Told::Output(Some(texts)) => usize::try_from(texts.bytes()).unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    /// Whether files are to be written.
    pub(crate) fn is_exported(&self) -> bool {
        matches!(self.told, Told::Files(..))
    }

    /// What stands between two documents.
    fn separator(&self) -> &'static str {
        if self.shape.lines { "\n" } else { "," }
    }

    /// Writes what is to be written; the output of the state, `None` if that is too large, or why it has none.
    pub(crate) fn conclude(mut self, buckets: &Buckets) -> Result<Option<Data>, Failure> {
        let failure = self.failure.take();
        let exported = match &self.told {
            Told::Files(destination, Ok(texts)) => Some(self.export(buckets, destination, texts)),
            Told::Files(_, Err(cause)) => Some(Err(cause.clone())),
            _ => None,
        };
        match (failure, exported) {
            (Some(failure), _) => Err(failure),
            (None, Some(exported)) => exported
                .map(|told| Some(Data::from(told)))
                .map_err(|cause| Failure::new("States.ResultWriterFailed", cause)),
            (None, None) => Ok(self.output()),
        }
    }

    /// All that is told, as the output of the state.
    fn output(&self) -> Option<Data> {
        let texts = match &self.told {
            Told::Output(None) => return None,
            Told::Output(Some(texts)) => texts,
            Told::Nowhere | Told::Files(..) => &Texts::in_memory(),
        };
        let mut all = Vec::new();
        let all_files = [ResultFile::Failed, ResultFile::Pending, ResultFile::Succeeded];
        self.write(texts, &all_files, &mut all).expect("memory takes everything");
        let text = String::from_utf8(all).expect("texts were put together");
        let told = if self.shape.lines {
            Value::String(text)
        } else {
            read_json(&text).expect("documents were put together to a list")
        };
        Some(Data::from(told))
    }

    /// Writes the documents of these files as a list, or each on a line of its own; whether there were any.
    fn write(&self, texts: &Texts, files: &[ResultFile], out: &mut impl Write) -> io::Result<bool> {
        let (open, between, close) = if self.shape.lines { ("", "\n", "\n") } else { ("[", ",", "]") };
        let mut before = open;
        let some = texts.each(files, |text| {
            out.write_all(before.as_bytes())?;
            before = between;
            out.write_all(text)
        })?;
        if some {
            out.write_all(close.as_bytes())?;
        } else if !self.shape.lines {
            out.write_all(b"[]")?;
        }
        Ok(some)
    }

    fn export(&self, buckets: &Buckets, destination: &Data, texts: &Texts) -> Result<Value, String> {
        let (name, bucket) = folder_of(destination, buckets)?;
        let prefix = destination.value().get("Prefix").and_then(Value::as_str).map(|prefix| prefix.trim_matches('/'));
        let id = self.arn.rsplit(':').next().unwrap_or_default();
        let folder = match prefix.filter(|prefix| !prefix.is_empty()) {
            Some(prefix) => format!("{prefix}/{id}"),
            None => id.to_owned(),
        };
        let ending = if self.shape.lines { self.lines_ending } else { "json" };
        let mut files = Map::new();
        for (status, file) in
            [("FAILED", ResultFile::Failed), ("PENDING", ResultFile::Pending), ("SUCCEEDED", ResultFile::Succeeded)]
        {
            let mut listed = Vec::new();
            if texts.has(file) {
                let key = format!("{folder}/{status}_0.{ending}");
                let size = bucket.write(&key, |out| self.write(texts, &[file], out).map(drop))?;
                listed.push(json!({ "Key": key, "Size": size }));
            }
            files.insert(status.to_owned(), listed.into());
        }
        let key = format!("{folder}/manifest.json");
        let manifest = json!({ "DestinationBucket": name, "MapRunArn": self.arn, "ResultFiles": files });
        bucket.put(&key, manifest.to_string().as_bytes())?;
        Ok(json!({ "MapRunArn": self.arn, "ResultWriterDetails": { "Bucket": name, "Key": key } }))
    }
}

/// The bucket of a destination: its name and its folder.
fn folder_of<'d>(destination: &'d Data, buckets: &Buckets) -> Result<(&'d str, BucketFolder), String> {
    let name = destination.value().get("Bucket").and_then(Value::as_str);
    let name = name.ok_or("the parameters of ResultWriter name no `Bucket`")?;
    Ok((name, bucket(buckets, name)?))
}

/// Keeps a text for a file, as long as all before could be kept.
fn write_down(kept: &mut Result<Texts, String>, child: usize, file: ResultFile, text: &str) {
    let Ok(texts) = kept else { return };
    if texts.bytes() + text.len() as u64 > MAX_WRITTEN {
        let gib = MAX_WRITTEN >> 30;
        *kept = Err(format!("the results of the map run are larger than the {gib} GiB that are written here"));
    } else if let Err(error) = texts.add(child, file, text) {
        *kept = Err(format!("the results of the map run cannot be kept: {error}"));
    }
}
