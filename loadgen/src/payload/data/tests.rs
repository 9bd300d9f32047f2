use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

fn text(text: &str) -> Box<dyn Source> {
    Box::new(text.as_bytes().to_vec())
}

fn cell(data: &Data, column: usize, k: u64) -> String {
    let shown = data.look(k, k * 7 + 1, |row| match row.get(column) {
        Cell::Text(text) => format!("{text:?}"),
        Cell::Json(json) => json.to_owned(),
    });
    shown.unwrap()
}

#[test]
fn csv_is_text_and_json_lines_keep_their_types() {
    let users = "id,name\n7,\"a \"\"b\"\"\"\r\n\n8,\"x\ny\"";
    let data = Data::csv("users", Order::Sequential, text(users)).unwrap();
    assert_eq!(data.rows(), 2);
    assert_eq!(
        [cell(&data, 0, 0), cell(&data, 1, 0), cell(&data, 1, 3)],
        [r#""7""#, r#""a \"b\"""#, r#""x\ny""#],
        "after the last row comes the first"
    );
    let users = "{\"id\":7,\"tags\":[ \"a\" ]}\n\n{\"tags\":[],\"more\":1,\"id\":8.10}\n";
    let data = Data::json_lines("users", Order::Sequential, text(users)).unwrap();
    assert_eq!((cell(&data, 0, 1), cell(&data, 1, 0)), ("8.10".into(), "[ \"a\" ]".into()), "as written");
}

#[test]
fn random_rows_follow_from_the_seed_and_reach_all() {
    let data = Data::csv("n", Order::Random, text("n\n0\n1\n2\n3\n")).unwrap();
    let drawn: Vec<String> = (0..100).map(|k| cell(&data, 0, k)).collect();
    assert_eq!(drawn, (0..100).map(|k| cell(&data, 0, k)).collect::<Vec<_>>());
    for n in ["\"0\"", "\"1\"", "\"2\"", "\"3\""] {
        assert!(drawn.iter().filter(|d| *d == n).count() > 10, "{drawn:?}");
    }
}

#[test]
fn lines_that_do_not_fit_are_named() {
    assert!(
        Data::csv("x", Order::Unique, text("a,b\n1,2\n3\n")).unwrap_err().message.starts_with("line 3 has 1 columns")
    );
    let json = |lines: &str| Data::json_lines("x", Order::Unique, text(lines)).unwrap_err().message;
    assert!(json("{\"a\":1}\n{\"b\":1}\n").contains("line 2 has no `a`"));
    assert!(json("[1]").contains("line 1 is not a JSON object"));
    assert_eq!(json("{\"a\":1}\n\n{\"a\":1} x"), "line 3 is not a JSON object: trailing characters (column 9)");
    assert_eq!(Data::csv("x", Order::Unique, text("a,b\n")).unwrap_err().message, "it has no rows");
    let unclosed = |rows: &str| Data::csv("x", Order::Unique, text(rows)).unwrap_err().message;
    for (rows, line) in [
        ("a,b\n1,2\n3,\"4\n5,6\n", 3),
        ("a,b\n\"1,2\n3,4\n", 2),
        ("a\n\n\"1\n\"\n\"say \"\"so\"\"\n7\n", 5),
        ("\"a\n1\n", 1),
    ] {
        assert_eq!(unclosed(rows), format!("a quote that opens on line {line} is never closed"), "{rows}");
    }
    assert_eq!(
        Data::csv("x", Order::Unique, text("a,b\n5\" pipe,\"1\"\"\"\n")).unwrap().rows(),
        1,
        "no field begins with it"
    );
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(LONGEST_ROW));
    assert!(json(&long).contains("line 1 is longer than 1048576 bytes"));
}

#[test]
fn columns_of_the_same_name_and_byte_order_marks_are_read_or_named() {
    let twice = Data::csv("x", Order::Unique, text("a,b,a\n1,2,3\n")).unwrap_err().message;
    assert!(twice.contains("`a` is there twice"), "{twice}");
    let marked = Data::csv("x", Order::Unique, text("\u{feff}a,b\n1,2\n")).unwrap();
    assert_eq!((marked.columns(), cell(&marked, 0, 0).as_str()), (&["a".to_owned(), "b".to_owned()][..], "\"1\""));
    let json = Data::json_lines("x", Order::Unique, text("\u{feff}{\"a\":1}\r\n\r\n{\"a\":2}")).unwrap();
    assert_eq!((json.rows(), cell(&json, 0, 0), cell(&json, 0, 1)), (2, "1".into(), "2".into()));
    // As a spreadsheet writes empty columns, and lines that end as elsewhere.
    let trailing = Data::csv("x", Order::Unique, text("a,b,,\r\n1,2,,\r\n\r\n3,4,,\r\n")).unwrap();
    assert_eq!((trailing.rows(), cell(&trailing, 1, 1).as_str()), (2, "\"4\""));
    for utf16 in [&[0xff, 0xfe, b'a', 0][..], &[0xfe, 0xff, 0, b'a']] {
        for open in [Data::csv, Data::json_lines] {
            let refused = open("x", Order::Unique, Box::new(utf16.to_vec())).unwrap_err().message;
            assert!(refused.contains("UTF-8"), "{refused}");
        }
    }
}

#[test]
fn a_unique_row_is_dealt_out_once() {
    let data = Data::csv("x", Order::Unique, text("a\n1\n2\n")).unwrap();
    assert_eq!([cell(&data, 0, 0), cell(&data, 0, 1)], ["\"1\"", "\"2\""]);
    let error = data.look(2, 1, |_| ()).unwrap_err().message;
    assert_eq!(error, "the table `x` has 2 rows, and none for arrival 2");
}

/// A file that is made as it is read, and counts what is asked of it: row r is r and its square, in ten digits each.
#[derive(Clone, Default)]
struct Made {
    rows: u64,
    reads: Arc<AtomicU64>,
    largest: Arc<AtomicU64>,
}

/// Bytes of a row: two numbers of ten digits with a comma and a line feed.
const ROW: u64 = 22;
const HEAD: &[u8] = b"n,square\n";

impl Source for Made {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.largest.fetch_max(buffer.len() as u64, Ordering::Relaxed);
        for (at, (filled, byte)) in (offset..).zip(buffer.iter_mut().enumerate()) {
            let head = HEAD.len() as u64;
            *byte = match at.checked_sub(head) {
                None => HEAD[usize::try_from(at).unwrap()],
                Some(place) if place / ROW < self.rows => {
                    let (row, column) = (place / ROW, place % ROW);
                    let digit = |n: u64, place: u64| {
                        b'0' + u8::try_from(n / 10_u64.pow(9 - u32::try_from(place).unwrap()) % 10).unwrap()
                    };
                    match column {
                        10 => b',',
                        21 => b'\n',
                        0..10 => digit(row, column),
                        _ => digit(row * row % 10_000_000_000, column - 11),
                    }
                }
                Some(_) => return Ok(filled),
            };
        }
        Ok(buffer.len())
    }
}

#[test]
fn a_table_far_larger_than_its_memory_gives_every_row() {
    // 4.4 MB, of which at most a chunk is asked for at a time.
    let made = Made { rows: 200_000, ..Made::default() };
    for order in [Order::Sequential, Order::Random] {
        let data = Data::csv("made", order, Box::new(made.clone())).unwrap();
        assert_eq!(data.rows(), 200_000);
        made.reads.store(0, Ordering::Relaxed);
        made.largest.store(0, Ordering::Relaxed);
        let rows: Vec<u64> = match order {
            // Four generators that are a little apart.
            Order::Sequential => (0..25_000).flat_map(|k| [k, k + 12_000, k + 500, k + 199_000]).collect(),
            _ => (0..500).collect(),
        };
        for k in &rows {
            let [n, square] =
                [cell(&data, 0, *k), cell(&data, 1, *k)].map(|c| c.trim_matches('"').parse::<u64>().unwrap());
            assert_eq!(square, n * n % 10_000_000_000);
            assert!(order == Order::Random || n == k % 200_000, "{n} for {k}");
        }
        let (reads, largest) = (made.reads.load(Ordering::Relaxed), made.largest.load(Ordering::Relaxed));
        assert!(largest <= 256 << 10, "{largest}");
        let most = if order == Order::Random { 500 } else { 50 };
        assert!(reads <= most, "{reads} reads");
    }
}

#[test]
fn the_digest_is_that_of_the_values() {
    let digest = |name: &str, order, lines: &str| {
        let mut all = Vec::new();
        Data::csv(name, order, text(lines)).unwrap().digest(|bytes| all.extend_from_slice(bytes));
        all
    };
    let own = digest("x", Order::Sequential, "a,b\n1,2\n");
    assert_eq!(own, digest("x", Order::Sequential, "a,b\r\n\"1\",2"), "how they are written does not matter");
    for other in [
        digest("y", Order::Sequential, "a,b\n1,2\n"),
        digest("x", Order::Random, "a,b\n1,2\n"),
        digest("x", Order::Sequential, "a,c\n1,2\n"),
        digest("x", Order::Sequential, "a,b\n12,\n"),
    ] {
        assert_ne!(own, other);
    }
}
