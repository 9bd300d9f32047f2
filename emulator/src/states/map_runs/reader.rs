//! `ItemReader`: the items that an object of a bucket holds, or the objects of the bucket themselves.

use std::collections::HashSet;
use std::io::Read as _;

use serde_json::{Map, Value, json};

use crate::digest;
use crate::doubles::{BucketFolder, Buckets};
use crate::states::asl::{Contents, Csv, ItemFormat, ReaderAction};
use crate::states::run::{Failure, ReadItems, Reading};

/// The largest compressed file of an inventory, unpacked, in bytes.
const MAX_UNPACKED: u64 = 256 * 1024 * 1024;

/// Reads the items of a map run.
pub(crate) fn read(buckets: &Buckets, reading: &Reading) -> Result<ReadItems, Failure> {
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
    let mut reader = Reader { buckets, most, items: Vec::new() };
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
                let hash = digest::digits("MD5", &bucket.get(&object.key)?)?;
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
}

impl Reader<'_> {
    fn is_full(&self) -> bool {
        self.items.len() >= self.most
    }

    /// Adds an item, as long as some are wanted.
    fn add(&mut self, item: Value) {
        if !self.is_full() {
            self.items.push(item);
        }
    }

    fn object(&mut self, bucket: &BucketFolder, key: &str, format: &ItemFormat, how: &Contents) -> Result<(), String> {
        let bytes = bucket.get(key)?;
        match format {
            ItemFormat::Json => self.json(&bytes, how.pointer.as_deref()),
            ItemFormat::JsonLines => self.lines(&bytes),
            ItemFormat::Csv(csv) => self.csv(&bytes, csv),
            ItemFormat::Parquet => {
                Err(format!("`{key}` is a Parquet file, which is not read here: convert it to JSONL"))
            }
            ItemFormat::Inventory => self.inventory(&bytes),
            ItemFormat::Athena(format) => self.athena(&bytes, format, how),
        }
    }

    fn json(&mut self, bytes: &[u8], pointer: Option<&str>) -> Result<(), String> {
        let document: Value =
            serde_json::from_slice(bytes).map_err(|error| format!("the object is not JSON: {error}"))?;
        let list = match pointer {
            None => Some(&document),
            Some(pointer) => document.pointer(pointer),
        };
        // The words are those of AWS (recorded).
        let list = list.and_then(Value::as_array).ok_or("Attempting to map over non-iterable node.")?;
        for item in list {
            self.add(item.clone());
        }
        Ok(())
    }

    fn lines(&mut self, bytes: &[u8]) -> Result<(), String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "the object is not UTF-8 text")?;
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let item =
                serde_json::from_str(line).map_err(|error| format!("line {} is not JSON: {error}", number + 1))?;
            self.add(item);
        }
        Ok(())
    }

    fn csv(&mut self, bytes: &[u8], how: &Csv) -> Result<(), String> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(how.delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
        let mut rows = reader.records().map(|row| row.map_err(|error| format!("the object is not CSV: {error}")));
        let headers: Vec<String> = match &how.headers {
            Some(headers) => headers.clone(),
            None => match rows.next() {
                Some(row) => row?.iter().map(str::to_owned).collect(),
                None => return Ok(()),
            },
        };
        // The words are those of AWS (recorded).
        let mut known = HashSet::new();
        if !headers.iter().all(|header| known.insert(header)) {
            return Err("CSV headers cannot contain duplicates.".to_owned());
        }
        for row in rows {
            let row = row?;
            // As recorded on AWS: what is missing is empty, and what has no header is left out.
            let fields = headers.iter().enumerate();
            let item = fields.map(|(at, header)| (header.clone(), Value::from(row.get(at).unwrap_or_default())));
            self.add(Value::Object(item.collect::<Map<_, _>>()));
            if self.is_full() {
                break;
            }
        }
        Ok(())
    }

    /// An inventory names its columns and files; each row of these describes an object.
    fn inventory(&mut self, bytes: &[u8]) -> Result<(), String> {
        let manifest: Value =
            serde_json::from_slice(bytes).map_err(|error| format!("the manifest is not JSON: {error}"))?;
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
            self.csv(&unpacked(bucket.get(key)?)?, &csv)?;
        }
        Ok(())
    }

    /// Athena lists the files that a query has written, one on each line.
    fn athena(&mut self, bytes: &[u8], format: &ItemFormat, how: &Contents) -> Result<(), String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "the manifest is not UTF-8 text")?;
        for line in text.lines().map(|line| line.trim().trim_matches('"')).filter(|line| !line.is_empty()) {
            let place = line.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
            let (name, key) = place.ok_or_else(|| format!("`{line}` in the manifest is not s3://BUCKET/KEY"))?;
            if self.is_full() {
                break;
            }
            let bucket = bucket(self.buckets, name)?;
            self.object(&bucket, key, format, how)?;
        }
        Ok(())
    }
}

/// What gzip has packed; anything else as it is.
fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    let read = flate2::read::MultiGzDecoder::new(&*bytes).take(MAX_UNPACKED + 1).read_to_end(&mut unpacked);
    read.map_err(|error| format!("a file of the inventory cannot be unpacked: {error}"))?;
    if unpacked.len() as u64 > MAX_UNPACKED {
        return Err(format!("a file of the inventory has more than {MAX_UNPACKED} bytes when it is unpacked"));
    }
    Ok(unpacked)
}
