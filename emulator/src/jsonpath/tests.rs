use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Path, Segment};
use crate::budget::Budget;

fn store() -> Value {
    json!({
        "store": {
            "book": [
                {"title": "Sayings", "price": 8.95, "isbn": null, "tags": ["a", "b"]},
                {"title": "Sword", "price": 12.99, "tags": []},
                {"title": "Moby Dick", "price": 8.99, "isbn": "0-553"},
            ],
            "bicycle": {"color": "red", "price": 19.95},
        },
        "x-y": 1,
        "$x": 2,
        "limit": 9,
        "o'k": {"a": 1, "b": 2, "c": 3},
    })
}

fn read(path: &str) -> Option<Value> {
    let store = store();
    Path::parse(path).unwrap_or_else(|error| panic!("{error}")).read(&store).map(std::borrow::Cow::into_owned)
}

#[test]
fn a_definite_path_gives_the_value_itself() {
    for (path, expected) in [
        ("$", store()),
        ("$.store.bicycle.color", json!("red")),
        ("$['store']['bicycle'][\"color\"]", json!("red")),
        ("$.store.book[0].title", json!("Sayings")),
        ("$.store.book[-1].title", json!("Moby Dick")),
        ("$.x-y", json!(1)),
        ("$.$x", json!(2)),
        ("store.bicycle.color", json!("red")),
        ("$['o\\'k'].a", json!(1)),
        ("$['o\\'k']['a','c']", json!({"a": 1, "c": 3})),
        ("$.store.book[0].isbn", json!(null)),
    ] {
        assert!(Path::parse(path).unwrap().is_definite(), "{path}");
        assert_eq!(read(path), Some(expected), "{path}");
    }
}

#[test]
fn an_indefinite_path_gives_a_list() {
    for (path, expected) in [
        ("$.store.book[*].title", json!(["Sayings", "Sword", "Moby Dick"])),
        ("$..price", json!([8.95, 12.99, 8.99, 19.95])),
        ("$.store.book[0,2].title", json!(["Sayings", "Moby Dick"])),
        ("$.store.book[:2].title", json!(["Sayings", "Sword"])),
        ("$.store.book[-2:].title", json!(["Sword", "Moby Dick"])),
        ("$.store.book[1:2].title", json!(["Sword"])),
        ("$.store.book[9:].title", json!([])),
        ("$.store..color", json!(["red"])),
        ("$..book[0].title", json!(["Sayings"])),
        ("$..nothing", json!([])),
        ("$.store.book[*].isbn", json!([null, "0-553"])),
        ("$.store.book[?(@.price > 8.98)].title", json!(["Sword", "Moby Dick"])),
        ("$.store.book[?(@.price < $.limit)].title", json!(["Sayings", "Moby Dick"])),
        ("$.store.book[?(@.isbn)].title", json!(["Sayings", "Moby Dick"])),
        ("$.store.book[?(!@.isbn)].title", json!(["Sword"])),
        ("$.store.book[?(@.title =~ /s.*/i)].title", json!(["Sayings", "Sword"])),
        ("$.store.book[?(@.title in ['Sword', 'x'])].price", json!([12.99])),
        ("$.store.book[?(@.title == 'Sword' || @.price == '8.99')].price", json!([12.99, 8.99])),
        ("$.store.book[?((@.price > 8) && !(@.title contains 'Dick'))].title", json!(["Sayings", "Sword"])),
        ("$.store.book[?(@.tags empty true)].title", json!(["Sword"])),
        ("$.store.book[?(@.tags size 2)].title", json!(["Sayings"])),
        ("$..[?(@.color == 'red')].price", json!([19.95])),
    ] {
        assert!(!Path::parse(path).unwrap().is_definite(), "{path}");
        assert_eq!(read(path), Some(expected), "{path}");
    }
}

#[test]
fn functions_end_a_path() {
    for (path, expected) in [
        ("$.store.book.length()", json!(3)),
        ("$.store.bicycle.length()", json!(2)),
        ("$.store.bicycle.color.length()", json!(null)),
        ("$.store.bicycle.keys()", json!(["color", "price"])),
        ("$.store.book[0].tags.last()", json!("b")),
        ("$.store.book[0].tags.append(\"c\")", json!(["a", "b", "c"])),
        ("$.sum($..price)", json!(50.879_999_999_999_995)),
        ("$.concat($.store.bicycle.color, \"-\", \"x\")", json!("red-x")),
    ] {
        assert_eq!(read(path), Some(expected), "{path}");
    }
}

/// Paths and what Jayway 2.4 and 2.10 read at them; where the two part, a line has both, and either will do.
#[test]
fn paths_are_read_as_jayway_reads_them() {
    let document: Value = serde_json::from_str(include_str!("vectors/document.json")).unwrap();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for line in include_str!("vectors/jayway.jsonl").lines() {
        let vector: Vec<String> = serde_json::from_str(line).unwrap();
        let budget = Budget::default();
        let read = Path::parse(&vector[0]).map_err(|error| error.to_string());
        let read = read.and_then(|path| path.read_within(&document, &budget).map_err(|error| error.to_string()));
        let is = |expected: &String| match &read {
            Ok(Some(value)) => serde_json::from_str(expected).is_ok_and(|expected: Value| expected == **value),
            Ok(None) | Err(_) => expected == "!",
        };
        let same = is(&vector[1]) || vector.get(3).is_some_and(is);
        if !same {
            wrong.push(format!("{line}\n  here {read:?}"));
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "{} of {seen} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen > 250);
}

#[test]
fn what_is_missing_is_none_and_not_null() {
    for path in ["$.nope", "$.store.nope.deeper", "$.store.book[7]", "$.limit.x", "$.nope[*].a", "$.store.book[-4]"] {
        assert_eq!(read(path), None, "{path}");
    }
}

#[test]
fn a_plain_path_shows_its_segments() {
    let path = Path::parse("$.a['b c'][2]").unwrap();
    assert_eq!(path.segments().unwrap(), [Segment::Name("a"), Segment::Name("b c"), Segment::Index(2)]);
    assert_eq!(Path::parse("$.a[*]").unwrap().segments(), None);
    assert_eq!(Path::parse("$.a.length()").unwrap().segments(), None);
}

#[test]
fn a_faulty_path_says_where() {
    for (path, column) in [
        ("", 1),
        ("$.", 3),
        ("$..", 4),
        ("$.a[", 5),
        ("$.a['b", 7),
        ("$.a b", 4),
        ("$[?(@.a ==)]", 11),
        ("$.nope()", 3),
    ] {
        assert_eq!(Path::parse(path).unwrap_err().column, column, "{path}");
    }
    assert!(Path::parse(&format!("$[?({}@.a{})]", "(".repeat(5_000), ")".repeat(5_000))).is_err());
}

#[test]
fn a_path_that_multiplies_without_end_is_cut_off() {
    let deep = (0..200).fold(json!(1), |inner, _| json!([inner, 2]));
    assert_eq!(Path::parse("$..*..*..*..*").unwrap().read(&deep), None);
}

#[test]
fn a_chain_of_any_length_is_no_deeper_than_a_short_one() {
    let document = json!([{"a": 1}, {"b": 1}]);
    for (operator, found) in [(" || ", json!([{"a": 1}])), (" && ", json!([]))] {
        let chain = |length: usize| format!("$[?(@.b == 2{})]", format!("{operator}@.a").repeat(length));
        let short = Path::parse(&chain(20)).unwrap();
        assert_eq!(short.read(&document).as_deref(), Some(&found), "{operator}");
        let long = Path::parse_within(&chain(200_000), &Budget::for_body(8_000_000)).unwrap();
        assert!(long.clone().read_within(&document, &Budget::for_body(8_000_000)).is_ok(), "{operator}");
    }
}

#[test]
fn the_reads_within_a_filter_are_charged_to_the_same_budget() {
    let list: Vec<Value> = (0..3_000).map(|at| json!({"x": at, "y": at})).collect();
    let body = json!({ "list": list });
    for path in ["$..[?(@.x == $..x)]", "$..[?(@.y in $..y)]", "$..[?($..x == $..y)]"] {
        let budget = Budget::for_body(0);
        assert!(Path::parse(path).unwrap().read_within(&body, &budget).is_err(), "{path}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in r#"[$@.\[\]'"?(){}*:,0-9a-z=~!<>&|/ \\-]{0,60}"#) {
        if let Ok(path) = Path::parse(&text) {
            let _ = path.read(&store());
        }
    }

    #[test]
    fn a_member_of_any_name_is_found(name in ".{1,20}") {
        let escaped = name.replace('\\', "\\\\").replace('\'', "\\'");
        let path = Path::parse(&format!("$['{escaped}']")).unwrap();
        let value = json!({ name: 7 });
        prop_assert_eq!(path.read(&value).map(std::borrow::Cow::into_owned), Some(json!(7)));
    }
}
