//! `ItemReader`: the items that an object of a bucket holds, or the objects of the bucket themselves. Objects are read piece
//! by piece, as far as items are wanted, and each item is counted before it is made.

mod list;
mod measure;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::rc::Rc;

use serde::de::DeserializeSeed as _;
use serde_json::{Deserializer, Map, Value, json};

use self::list::{Counted, ListAt, Taken};
use self::measure::{Measure, Measured};

use crate::digest;
use crate::doubles::{BucketFolder, Buckets};
use crate::states::asl::{Contents, Csv, ItemFormat, ReaderAction};
use crate::states::data::Containers;
use crate::states::run::{Failure, ReadItems, Reading};

/// Reads the items of a map run.
pub(crate) fn read(buckets: &Buckets, reading: &Reading) -> Result<ReadItems, Failure> {
    // One after the other: each takes memory.
    let _turn = buckets.turn_to_read();
    items(buckets, reading).map_err(|cause| Failure::new("States.ItemReaderFailed", cause))
}

fn items(buckets: &Buckets, reading: &Reading) -> Result<ReadItems, String> {
    // The words are those of AWS (recorded).
    let most = usize::try_from(reading.most).map_err(|_| "field MaxItems must be positive".to_owned())?;
    let most = if most == 0 { usize::MAX } else { most };
    let parameters = reading.parameters.value();
    let text = |name: &str| parameters.get(name).and_then(Value::as_str);
    let name = text("Bucket").ok_or("the parameters of ItemReader name no `Bucket`")?;
    let bucket = bucket(buckets, name)?;
    let mut reader = Reader { buckets, most, items: Vec::new(), measure: Measure::new() };
    let source = match reading.action {
        ReaderAction::GetObject => {
            let key = text("Key").ok_or("the parameters of ItemReader name no `Key`")?;
            let format = reading.contents.format.as_ref().expect("an object without a format is refused at load");
            reader.object(&bucket, key, format, &reading.contents)?;
            format!("S3://{name}/{key}")
        }
        ReaderAction::ListObjects => {
            for object in bucket.list(text("Prefix").unwrap_or_default())? {
                if reader.is_full() || text("StartAfter").is_some_and(|after| object.key.as_str() <= after) {
                    continue;
                }
                if let Some(format) = &reading.contents.format {
                    reader.object(&bucket, &object.key, format, &reading.contents)?;
                    continue;
                }
                reader.row(["Etag", "Key", "LastModified", "Size", "StorageClass"], &object.key)?;
                let hash = digest::md5_of(bucket.open(&object.key)?).map_err(|error| error.to_string())?;
                reader.items.push(json!({
                    "Etag": format!("\"{hash}\""),
                    "Key": object.key,
                    "LastModified": object.modified,
                    "Size": object.size,
                    "StorageClass": "STANDARD",
                }));
            }
            format!("S3://{name}")
        }
    };
    Ok(ReadItems { items: reader.items, pairs: false, source })
}

/// The folder of a bucket, or how to give it one.
pub(super) fn bucket(buckets: &Buckets, name: &str) -> Result<BucketFolder, String> {
    buckets.find(name).ok_or_else(|| {
        format!("bucket `{name}` has no folder here: give it one by --bucket {name}=FOLDER or in the file of mocks")
    })
}

struct Reader<'b> {
    buckets: &'b Buckets,
    most: usize,
    items: Vec<Value>,
    measure: Rc<Measure>,
}

impl Reader<'_> {
    fn is_full(&self) -> bool {
        self.items.len() >= self.most
    }

    fn open(&self, bucket: &BucketFolder, key: &str, in_records: bool) -> Result<BufReader<Measured<File>>, String> {
        Ok(BufReader::new(Measured::new(bucket.open(key)?, &self.measure, in_records)?))
    }

    /// Room for an object with these fields, whose values are texts with so many bytes together.
    fn row<'n>(&self, names: impl IntoIterator<Item = &'n str>, texts: &str) -> Result<(), String> {
        self.measure.item(texts.len())?;
        for name in names {
            self.measure.field(name.len())?;
            self.measure.item(0)?;
        }
        Ok(())
    }

    fn object(&mut self, bucket: &BucketFolder, key: &str, format: &ItemFormat, how: &Contents) -> Result<(), String> {
        match format {
            ItemFormat::Json => self.json(self.open(bucket, key, false)?, how.pointer.as_deref()),
            ItemFormat::JsonLines => {
                let lines = self.open(bucket, key, false)?;
                self.lines(lines, |reader, number, line| {
                    let item = reader.value(line);
                    reader.items.push(item.map_err(|error| format!("line {number} is not JSON: {error}"))?);
                    Ok(())
                })
            }
            ItemFormat::Csv(csv) => self.csv(self.open(bucket, key, true)?, csv),
            ItemFormat::Parquet => {
                Err(format!("`{key}` is a Parquet file, which is not read here: convert it to JSONL"))
            }
            ItemFormat::Inventory => self.inventory(self.open(bucket, key, false)?),
            ItemFormat::Athena(format) => {
                let lines = self.open(bucket, key, false)?;
                self.lines(lines, |reader, _, line| reader.result_of_query(line, format, how))
            }
        }
    }

    /// A document that is one JSON value.
    fn value(&self, from: impl Read) -> Result<Value, serde_json::Error> {
        let mut document = Deserializer::from_reader(from);
        let value = Counted(&self.measure).deserialize(&mut document)?;
        document.end()?;
        Ok(value)
    }

    fn json(&mut self, from: impl Read, pointer: Option<&str>) -> Result<(), String> {
        let pointer = pointer.unwrap_or_default();
        let unescape = |step: &str| step.replace("~1", "/").replace("~0", "~");
        let steps: Vec<String> = pointer.split('/').skip(1).map(unescape).collect();
        let begins = pointer.is_empty() || pointer.starts_with('/');
        let mut taken = Taken { items: &mut self.items, most: self.most, measure: &self.measure, found: false };
        let mut document = Deserializer::from_reader(from);
        let list = Containers(ListAt { steps: &steps, taken: &mut taken });
        let read = list.deserialize(&mut document).and_then(|()| document.end());
        let found = taken.found && begins;
        read.map_err(|error| self.measure.told(|| format!("the object is not JSON: {error}")))?;
        // The words are those of AWS (recorded).
        if found { Ok(()) } else { Err("Attempting to map over non-iterable node.".to_owned()) }
    }

    /// Lines that are not blank, with their numbers, as long as items are wanted.
    fn lines(
        &mut self,
        mut from: BufReader<impl Read>,
        mut take: impl FnMut(&mut Self, usize, &[u8]) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut line = Vec::new();
        let mut number = 1;
        while !self.is_full() {
            let piece = from.fill_buf().map_err(|error| self.measure.told(|| error.to_string()))?;
            let end = piece.iter().position(|byte| *byte == b'\n').map(|end| end + 1);
            line.extend_from_slice(&piece[..end.unwrap_or(piece.len())]);
            let (is_over, read) = (piece.is_empty(), end.unwrap_or(piece.len()));
            from.consume(read);
            self.measure.record_goes_on(read)?;
            if end.is_none() && !is_over {
                continue;
            }
            self.measure.record_ends();
            if str::from_utf8(&line).map_err(|_| "the object is not UTF-8 text")?.trim() != "" {
                take(self, number, &line).map_err(|why| self.measure.told(|| why))?;
            }
            if is_over {
                break;
            }
            number += 1;
            line.clear();
        }
        Ok(())
    }

    fn csv(&mut self, from: impl Read, how: &Csv) -> Result<(), String> {
        let mut rows =
            csv::ReaderBuilder::new().delimiter(how.delimiter).has_headers(false).flexible(true).from_reader(from);
        let measure = Rc::clone(&self.measure);
        let mut row = csv::StringRecord::new();
        let mut next = |row: &mut csv::StringRecord| {
            let read = rows.read_record(row);
            measure.record_ends();
            read.map_err(|error| measure.told(|| format!("the object is not CSV: {error}")))
        };
        let headers: Vec<String> = match &how.headers {
            Some(headers) => headers.clone(),
            None if next(&mut row)? => row.iter().map(str::to_owned).collect(),
            None => return Ok(()),
        };
        // The words are those of AWS (recorded).
        let mut known = HashSet::new();
        if !headers.iter().all(|header| known.insert(header)) {
            return Err("CSV headers cannot contain duplicates.".to_owned());
        }
        while !self.is_full() && next(&mut row)? {
            self.row(headers.iter().map(String::as_str), row.as_slice())?;
            // As recorded on AWS: what is missing is empty, and what has no header is left out.
            let fields = headers.iter().enumerate();
            let item = fields.map(|(at, header)| (header.clone(), Value::from(row.get(at).unwrap_or_default())));
            self.items.push(Value::Object(item.collect::<Map<_, _>>()));
        }
        Ok(())
    }

    /// An inventory names its columns and files; each row of these describes an object.
    fn inventory(&mut self, from: impl Read) -> Result<(), String> {
        let manifest = self.value(from);
        let manifest = manifest.map_err(|error| self.measure.told(|| format!("the manifest is not JSON: {error}")))?;
        let text = |name: &str| manifest.get(name).and_then(Value::as_str);
        if let Some(format) = text("fileFormat").filter(|format| *format != "CSV") {
            return Err(format!("the inventory's files are {format}; only CSV is read here"));
        }
        let schema = text("fileSchema").ok_or("the manifest names no `fileSchema`")?;
        let headers = schema.split(',').map(|column| column.trim().to_owned()).collect();
        let csv = Csv { delimiter: b',', headers: Some(headers) };
        let destination = text("destinationBucket").ok_or("the manifest names no `destinationBucket`")?;
        let bucket = bucket(self.buckets, destination.rsplit(':').next().unwrap_or(destination))?;
        let files = manifest.get("files").and_then(Value::as_array).ok_or("the manifest lists no `files`")?;
        for file in files {
            let key = file.get("key").and_then(Value::as_str).ok_or("a file of the manifest has no `key`")?;
            if self.is_full() {
                break;
            }
            let file = unpacked(bucket.open(key)?).map_err(|error| error.to_string())?;
            self.csv(Measured::new(file, &self.measure, true)?, &csv)?;
        }
        Ok(())
    }

    /// Athena lists the files that a query has written, one on each line.
    fn result_of_query(&mut self, line: &[u8], format: &ItemFormat, how: &Contents) -> Result<(), String> {
        let line = String::from_utf8_lossy(line);
        let line = line.trim().trim_matches('"');
        if line.is_empty() {
            return Ok(());
        }
        let place = line.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
        let (name, key) = place.ok_or_else(|| format!("`{line}` in the manifest is not s3://BUCKET/KEY"))?;
        let bucket = bucket(self.buckets, name)?;
        self.object(&bucket, key, format, how)
    }
}

/// What gzip has packed, unpacked as it is read; anything else as it is.
fn unpacked(file: File) -> io::Result<Box<dyn Read>> {
    let mut file = BufReader::new(file);
    Ok(if file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        Box::new(flate2::bufread::MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    })
}

#[cfg(test)]
mod tests;
