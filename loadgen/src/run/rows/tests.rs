use std::fs;
use std::path::PathBuf;

use super::*;
use crate::record::{Class, Fate, Interval, Kind, Labelled, Place, Sent, Times};

/// Two seconds with one request each: one that was answered, and one that was not.
fn seconds() -> [Rows; 2] {
    let times = |first_byte| Times {
        intended: 10,
        room: 10,
        ready: 10,
        released: 12,
        unattended: 0,
        written: Some(13),
        first_byte,
    };
    let (mut first, mut second) = (Rows::default(), Rows::default());
    let answered = times(Some(20));
    first.push(&Sent { k: 0, place: Place::default(), times: &answered }, Fate::Ended(Class::Started), Some(200), 25);
    first.name_last("a,\"name\"");
    let given_up = times(None);
    let place = Place { stage: 0, payload: 1 };
    second.push(&Sent { k: 1, place, times: &given_up }, Fate::Unfinished, None, 99);
    [first, second]
}

fn places() -> Places {
    let payload = |name: &str| Labelled { name: name.into(), kind: Kind::Execute };
    Places { stages: vec!["load".into()], payloads: vec![payload("order"), payload("other")] }
}

fn write(format: RowFormat, name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("stepgate-{}-{name}", std::process::id()));
    let sink = format.begin(File::create(&path).unwrap()).unwrap();
    let mut files = RowFiles {
        places: places(),
        secrets: Box::new(Secrets::default),
        open: vec![(path.clone(), sink)],
        lost: Vec::new(),
    };
    for rows in seconds() {
        let interval = Interval { rows, ..Interval::default() };
        let mut warnings = Vec::new();
        files.take(&Handover { thread: 0, interval: &interval, cpu_ns: None, interrupted: false }, &mut warnings);
        assert_eq!(warnings, Vec::<String>::new());
    }
    assert_eq!(files.finish(), Vec::<String>::new());
    path
}

#[test]
fn rows_as_text_are_what_any_reader_of_csv_reads() {
    let path = write(RowFormat::Csv, "rows.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::remove_file(path).unwrap();
    let expected = "k,stage,payload,intended_ns,released_ns,first_byte_ns,end_ns,outcome,http_status,name\n\
        0,load,order,10,12,20,25,started,200,\"a,\"\"name\"\"\"\n\
        1,load,other,10,12,,99,unfinished,,\n";
    assert_eq!(text, expected);
}

#[test]
fn a_name_that_a_spreadsheet_would_run_is_marked_as_text() {
    let path = std::env::temp_dir().join(format!("stepgate-{}-formula.csv", std::process::id()));
    let mut csv = Csv::begin(File::create(&path).unwrap()).unwrap();
    let times = Times { intended: 1, room: 1, ready: 1, released: 1, unattended: 0, written: None, first_byte: None };
    let mut rows = Rows::default();
    for name in ["=cmd|' /C calc'!A0", "@SUM(1)", "plain"] {
        let sent = Sent { k: 0, place: Place::default(), times: &times };
        rows.push(&sent, Fate::Ended(Class::Started), Some(200), 2);
        rows.name_last(name);
    }
    csv.write(&rows, &places()).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    fs::remove_file(path).unwrap();
    let names: Vec<&str> = text.lines().skip(1).map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!(names, ["'=cmd|' /C calc'!A0", "'@SUM(1)", "plain"]);
}

/// A file on a full disk.
struct Full;
impl Sink for Full {
    fn write(&mut self, _: &Rows, _: &Places) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_file_that_cannot_be_written_is_given_up_and_named() {
    let full = File::options().write(true).open("/dev/full");
    let Ok(full) = full else { return };
    assert!(Csv::begin(full).is_err(), "its head does not fit");
    let open: Vec<(PathBuf, Box<dyn Sink>)> = vec![("rows.csv".into(), Box::new(Full))];
    let mut files = RowFiles { places: places(), secrets: Box::new(Secrets::default), open, lost: Vec::new() };
    let mut warnings = Vec::new();
    for rows in seconds() {
        let interval = Interval { rows, ..Interval::default() };
        files.take(&Handover { thread: 0, interval: &interval, cpu_ns: None, interrupted: false }, &mut warnings);
    }
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let lost = files.finish();
    assert!(lost.len() == 1 && lost[0].starts_with("rows.csv lacks requests: "), "{lost:?}");
}

#[cfg(feature = "parquet")]
#[test]
fn rows_in_columns_are_read_back_as_they_were() {
    use ::parquet::file::reader::{FileReader, SerializedFileReader};

    let path = write(RowFormat::Parquet, "rows.parquet");
    let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
    let names: Vec<String> =
        reader.metadata().file_metadata().schema().get_fields().iter().map(|field| field.name().to_owned()).collect();
    assert_eq!(names, COLUMNS);
    let rows: Vec<String> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
    fs::remove_file(path).unwrap();
    let expected = [
        r#"{k: 0, stage: "load", payload: "order", intended_ns: 10, released_ns: 12, first_byte_ns: 20, end_ns: 25, outcome: "started", http_status: 200, name: "a,"name""}"#,
        r#"{k: 1, stage: "load", payload: "other", intended_ns: 10, released_ns: 12, first_byte_ns: null, end_ns: 99, outcome: "unfinished", http_status: null, name: null}"#,
    ];
    assert_eq!(rows, expected);
}
