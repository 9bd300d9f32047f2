use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::budget::Budget;

const MOST: usize = 100_000;

/// Offsets in UTF-16 units, as Java counts them.
fn units(text: &str, byte: usize) -> usize {
    text[..byte].encode_utf16().count()
}

fn answer(vector: &[serde_json::Value]) -> Result<String, String> {
    let part = |at: usize| vector[at].as_str().unwrap();
    let (text, budget) = (part(2), Budget::default());
    let pattern = Pattern::java(part(1))?;
    Ok(match part(0) {
        "matches" => pattern.matches(text, &budget)?.to_string(),
        "replaceAll" => pattern.replace(text, part(3), usize::MAX, MOST, &budget)?,
        "replaceFirst" => pattern.replace(text, part(3), 1, MOST, &budget)?,
        "split" => {
            let parts = pattern.split(text, vector[3].as_i64().unwrap().into(), &budget)?;
            serde_json::to_string(&parts).unwrap()
        }
        _ => {
            let mut out = String::new();
            pattern.each(text, usize::MAX, &budget, |places| {
                let (start, end) = places[0].unwrap();
                write!(out, "{}-{}", units(text, start), units(text, end)).unwrap();
                for group in &places[1..] {
                    write!(out, "|{}", group.map_or("null", |(from, to)| &text[from..to])).unwrap();
                }
                out.push(';');
                Ok(())
            })?;
            out
        }
    })
}

#[test]
fn patterns_match_replace_and_split_as_java_does() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for line in include_str!("vectors.jsonl").lines() {
        let vector: Vec<serde_json::Value> = serde_json::from_str(line).unwrap();
        let expected = vector.last().and_then(serde_json::Value::as_str).unwrap();
        let answered = answer(&vector);
        // Java's text of a list is JSON in the vectors, written by another library.
        let same = match (&answered, expected) {
            (Err(_), expected) => expected == "!",
            (Ok(answered), expected) if vector[0] == "split" && expected != "!" => {
                let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
                read(answered) == read(expected)
            }
            (Ok(answered), expected) => answered == expected,
        };
        if !same {
            wrong.push(format!("{line}\n  here {answered:?}"));
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "{} of {seen} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen > 300);
}

#[test]
fn what_never_ends_is_stopped_by_the_budget() {
    let long = "a".repeat(100_000);
    for (pattern, text) in [
        ("(?=(a+)+b)x", long.as_str()),
        ("(x+x+)+\\1y", &"x".repeat(64)),
        ("(a|aa)+$", &format!("{}b", "a".repeat(60))),
        ("(a*)*b", &long),
        ("(.*)(.*)(.*)(.*)(.*)x", &long),
    ] {
        let budget = Budget::for_body(text.len());
        let pattern = Pattern::java(pattern).unwrap();
        assert!(pattern.is_in(text, &budget).is_err(), "{}", pattern.as_str());
        assert_eq!(budget.work_left(), 0);
    }
}

#[test]
fn a_match_of_many_groups_keeps_within_the_memory_of_its_request() {
    let text = "ab".repeat(2_000_000);
    let budget = Budget::for_body(0);
    assert!(Pattern::java("(ab)*").unwrap().matches(&text, &budget).is_err());
    assert!(Pattern::java(".*").unwrap().matches(&text, &Budget::for_body(text.len())).unwrap());
}

#[test]
fn ecmascript_is_read_as_such() {
    for (pattern, text, found) in [
        ("^[\\w\\-]+$", "a-b", true),
        ("[[]", "[", true),
        ("[a&&b]", "&", true),
        ("a{,2}", "a{,2}", true),
        ("^\\d+$", "\u{661}", false),
        ("a$", "a\n", false),
        ("\\/", "/", true),
        ("[^]", "\n", true),
        ("[]", "a", false),
        ("\\a", "a", true),
        ("\\s", "\u{feff}", true),
    ] {
        let pattern = Pattern::compile(pattern, Syntax::Ecma, &Budget::default()).unwrap();
        assert_eq!(pattern.is_in(text, &Budget::default()), Ok(found), "{}", pattern.as_str());
    }
    for pattern in ["(", "(?<=a)b", "(?i)a", "*", "[b-a]"] {
        assert!(Pattern::compile(pattern, Syntax::Ecma, &Budget::default()).is_err(), "{pattern}");
    }
}

proptest! {
    #[test]
    fn no_pattern_panics(
        pattern in r"[ab.*+?()\[\]{}|^$\\\-&,0-3dwsQEkpbBGZRx<>:=!i]{0,24}",
        text in "[abc\n -]{0,12}",
        with in r"[$\\a-c0-3{}]{0,6}",
    ) {
        for syntax in [Syntax::Java, Syntax::Ecma] {
            let budget = Budget::default();
            if let Ok(pattern) = Pattern::compile(&pattern, syntax, &budget) {
                let _ = pattern.replace(&text, &with, usize::MAX, MOST, &budget);
                let _ = pattern.split(&text, 0, &budget);
                let _ = pattern.matches(&text, &budget);
            }
        }
    }
}
