use std::fs;
use std::io::Write as _;

use super::*;
use crate::states::asl::ReaderAction;
use crate::states::data::Data;

/// What is read of the files of a bucket.
struct Bucket {
    folder: std::path::PathBuf,
    buckets: Buckets,
}

impl Bucket {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("stepgate-reader-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let buckets = Buckets::of("data", folder.clone());
        Self { folder, buckets }
    }

    fn put(&self, key: &str, bytes: &[u8]) {
        fs::write(self.folder.join(key), bytes).unwrap();
    }

    fn read(&self, key: &str, format: ItemFormat, most: i64) -> Result<Vec<Value>, String> {
        self.read_at(key, format, None, most)
    }

    fn read_at(&self, key: &str, format: ItemFormat, pointer: Option<&str>, most: i64) -> Result<Vec<Value>, String> {
        let reading = Reading {
            action: ReaderAction::GetObject,
            parameters: Data::from(json!({"Bucket": "data", "Key": key})),
            contents: Contents { format: Some(format), pointer: pointer.map(str::to_owned) }.into(),
            most,
        };
        read(&self.buckets, &reading).map(|read| read.items).map_err(|failure| failure.cause.unwrap())
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn csv() -> ItemFormat {
    ItemFormat::Csv(Csv { delimiter: b',', headers: None })
}

#[test]
fn items_that_would_take_too_much_are_refused_before_they_are_made() {
    let bucket = Bucket::new("much");
    // Each row would have each header: 60 million fields.
    let headers: Vec<String> = (0..3_000).map(|number| number.to_string()).collect();
    bucket.put("rows", format!("{}{}", headers.join(","), "\n1".repeat(20_000)).as_bytes());
    bucket.put("list", format!("[{}1]", "1,".repeat(4_000_000)).as_bytes());
    bucket.put("line", format!("[{}1]", "1,".repeat(4_000_000)).as_bytes());
    for (key, format) in [("rows", csv()), ("list", ItemFormat::Json), ("line", ItemFormat::JsonLines)] {
        let why = bucket.read(key, format, 0).unwrap_err();
        assert!(why.starts_with("the items take more than 256 MiB of memory here"), "{key}: {why}");
    }
    // What is wanted of them is small.
    assert_eq!(bucket.read("rows", csv(), 1).unwrap()[0].as_object().unwrap().len(), 3_000);
    assert_eq!(bucket.read("list", ItemFormat::Json, 1), Ok(vec![json!(1)]));
}

#[test]
fn an_object_is_read_as_far_as_items_are_wanted_and_a_list_looked_through_to_its_end() {
    let bucket = Bucket::new("far");
    bucket.put("lines", b"1\n2\n\n{");
    assert_eq!(bucket.read("lines", ItemFormat::JsonLines, 2), Ok(vec![json!(1), json!(2)]));
    let why = bucket.read("lines", ItemFormat::JsonLines, 0).unwrap_err();
    assert!(why.starts_with("line 4 is not JSON"), "{why}");
    bucket.put("list", b"[1, 2");
    let why = bucket.read("list", ItemFormat::Json, 1).unwrap_err();
    assert!(why.starts_with("the object is not JSON"), "{why}");
    bucket.put("long", "1".repeat(9 << 20).as_bytes());
    for format in [csv(), ItemFormat::JsonLines] {
        let why = bucket.read("long", format, 0).unwrap_err();
        assert!(why.starts_with("a row or line has more than 8 MiB"), "{why}");
    }
}

#[test]
fn a_list_is_found_by_its_pointer_wherever_it_stands() {
    let bucket = Bucket::new("pointer");
    bucket.put("deep", br#"{"a/b": [0, {"c": [1]}], "n": [9], "n": [{"~": [2, [3]]}], "x": 1}"#);
    let read = |pointer| bucket.read_at("deep", ItemFormat::Json, Some(pointer), 0);
    assert_eq!(read("/a~1b/1/c"), Ok(vec![json!(1)]));
    assert_eq!(read("/n/0/~0"), Ok(vec![json!(2), json!([3])]), "of fields with one name the last counts");
    assert_eq!(read("/n/0/~0/1"), Ok(vec![json!(3)]));
    for nowhere in ["/x", "/n/00", "/n/1", "/y", "n", "/n/0", "/a~1b/+1/c"] {
        assert_eq!(read(nowhere), Err("Attempting to map over non-iterable node.".to_owned()), "{nowhere}");
    }
}

#[test]
fn a_file_of_an_inventory_is_unpacked_as_it_is_read() {
    let bucket = Bucket::new("packed");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"\xef\xbb\xbfa\nb\nc\n").unwrap();
    bucket.put("packed", &packed.finish().unwrap());
    let manifest = json!({"fileFormat": "CSV", "fileSchema": "Key", "destinationBucket": "arn:aws:s3:::data",
        "files": [{"key": "packed"}]});
    bucket.put("manifest", manifest.to_string().as_bytes());
    let named = |key: &str| json!({ "Key": key });
    assert_eq!(bucket.read("manifest", ItemFormat::Inventory, 0), Ok(["a", "b", "c"].map(named).to_vec()));
    assert_eq!(bucket.read("manifest", ItemFormat::Inventory, 2).unwrap().len(), 2);
}
