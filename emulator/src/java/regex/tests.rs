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

/// Of a text of 60,000 letters a replacement of 60,000 groups asks for 3.6 GB in one match.
#[test]
fn a_replacement_is_bounded_piece_by_piece() {
    let text = "a".repeat(60_000);
    for (pattern, with, most) in [
        ("(.*)", "$1".repeat(60_000), 10 << 20),
        ("(?<x>.*)", "${x}".repeat(20_000), 10 << 20),
        (".*", "$0".repeat(60_000), 10 << 20),
        ("a*", "$0b".repeat(1_000), 1 << 20),
        ("a", text.clone(), 1 << 20),
        ("", text.clone(), 1 << 20),
    ] {
        for times in [1, usize::MAX] {
            let budget = Budget::for_body(text.len() + with.len());
            let compiled = Pattern::java(pattern).unwrap();
            let replaced = compiled.replace(&text, &with, times, most, &budget);
            let length = replaced.as_ref().map_or(0, String::len);
            assert!(length <= most && (times == 1 || replaced.is_err()), "{pattern}: {length} bytes");
        }
    }
    let budget = Budget::for_body(0);
    let replaced = Pattern::java("(.*)").unwrap().replace(&text, &"$1".repeat(100), 1, 10 << 20, &budget).unwrap();
    assert_eq!(replaced.len(), 6_000_000);
    assert!(budget.work_spent() > 6_000_000 / 4, "every byte is charged");
    let small = Budget::for_body(0);
    small.hold(17 << 20).unwrap();
    assert!(Pattern::java("(.*)").unwrap().replace(&text, &"$1".repeat(100), 1, 10 << 20, &small).is_err());
}

#[test]
fn a_pattern_is_charged_for_the_sets_that_it_makes() {
    for (unit, times) in
        [("[\\p{L}&&[^\\p{Lu}]&&\\p{L}]", 2_000), ("\\P{IsAlphabetic}", 2_000), ("(?iu)[\\x{0}-\\x{10ffff}]", 1_000)]
    {
        let pattern = unit.repeat(times);
        let budget = Budget::for_body(pattern.len());
        assert!(Pattern::compile(&pattern, Syntax::Java, &budget).is_err(), "{unit}");
        assert_eq!(budget.work_left(), 0, "{unit}");
    }
    // Letters of one class are put together once, not one by one.
    let letters: String = (0..10_000).filter_map(|code| char::from_u32(0x4e00 + 2 * code)).collect();
    for flags in ["", "(?i)", "(?iu)"] {
        let pattern = format!("{flags}[{letters}]");
        let budget = Budget::for_body(pattern.len());
        let compiled = Pattern::compile(&pattern, Syntax::Java, &budget).unwrap();
        assert!(compiled.matches("\u{4e02}", &budget).unwrap() && !compiled.matches("\u{4e03}", &budget).unwrap());
    }
    let budget = Budget::default();
    let sets = Pattern::compile("(?iu)[a-c&&[^B]\\Qk\\E]+", Syntax::Java, &budget).unwrap();
    assert!(sets.matches("cAC", &budget).unwrap() && !sets.matches("ab", &budget).unwrap());
}

#[test]
fn a_look_behind_is_charged_for_the_characters_that_it_goes_back() {
    let text = "b".repeat(100_000);
    let budget = Budget::for_body(text.len());
    let pattern = Pattern::java("(?<=a{50000})x").unwrap();
    assert!(pattern.is_in(&text, &budget).is_err());
    assert_eq!(budget.work_left(), 0);
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
