//! What is read, with its places, and what is refused.

use proptest::prelude::*;

use super::*;
use crate::document::Position;

fn node(text: &str) -> Node {
    parse("t.yaml", text).unwrap()
}

fn error(text: &str) -> String {
    parse("t.yaml", text).unwrap_err().to_string()
}

#[test]
fn plain_scalars_have_types_and_keys_are_text() {
    let tree = node("200: yes\non: [true, ~, 1.5, -3, 012345678901, 2010-09-09, '1', !!str 1, 'no', \"010\", 0x10]\n");
    let json = r#"{"200":true,"on":[true,null,1.5,-3,"012345678901","2010-09-09","1","1","no","010",16]}"#;
    assert_eq!(tree.to_json().to_string(), json);
}

#[test]
fn short_tags_become_long_forms() {
    let tree = node("a: !Ref B\nb: !GetAtt A.B.C\nc: !Sub [x, {y: !If [d, 1, 2]}]\nd: !Not [!Condition e]\n");
    let json = r#"{"a":{"Ref":"B"},"b":{"Fn::GetAtt":["A","B.C"]},"c":{"Fn::Sub":["x",{"y":{"Fn::If":["d",1,2]}}]},"d":{"Fn::Not":[{"Condition":"e"}]}}"#;
    assert_eq!(tree.to_json().to_string(), json);
}

#[test]
fn every_node_knows_where_it_stands() {
    let tree = node("a:\n  - b: 'c'\n    d: !Ref E\n");
    let item = &tree.get("a").unwrap().as_list().unwrap()[0];
    let place = |position: &Position| (position.line, position.column);
    assert_eq!(place(&item.entry("b").unwrap().position), (2, 5));
    assert_eq!(place(&item.get("b").unwrap().as_text().unwrap().start), (2, 9));
    assert_eq!(place(&item.get("d").unwrap().get("Ref").unwrap().as_text().unwrap().start), (3, 13));
}

#[test]
fn a_block_scalar_knows_the_places_of_its_lines() {
    for (yaml, line, first, later) in [
        ("a:\n  b: |-\n    one\n      two\n", 3, (3, 5), (4, 7)),
        ("a:\n  b: |\n\n    one\n    two\n", 3, (3, 5), (4, 5)),
        ("a: !Sub |\n {\n  x\n }\n", 2, (2, 2), (3, 3)),
        ("a: !Sub | # says\n {\n  x\n }\n", 2, (2, 2), (3, 3)),
        ("- |2\n    one\n  two\n", 2, (2, 3), (3, 3)),
    ] {
        let tree = node(yaml);
        let mut found = &tree;
        while found.as_text().is_none() {
            found = found.as_map().map_or_else(|| &found.as_list().unwrap()[0], |map| &map[0].value);
        }
        let text = found.as_text().unwrap();
        let place = |position: Position| (position.line, position.column);
        let spaces = |line: u32| {
            let line = text.value.split('\n').nth(line as usize - 1).unwrap();
            u32::try_from(line.len() - line.trim_start().len()).unwrap()
        };
        assert_eq!(text.start.line, line, "{yaml}");
        assert_eq!(place(text.position(1, 1)), first, "{yaml}");
        assert_eq!(place(text.position(2, 1 + spaces(2))), later, "{yaml}");
    }
}

#[test]
fn aliases_and_merge_keys_are_resolved() {
    let tree = node("a: &x {b: 1, c: &y [2]}\nd: *y\ne:\n  b: 3\n  <<: *x\nf: {<<: [{b: 4}, *x]}\ng: {'<<': 1}\n");
    let json = r#"{"a":{"b":1,"c":[2]},"d":[2],"e":{"b":3,"c":[2]},"f":{"b":4,"c":[2]},"g":{"<<":1}}"#;
    assert_eq!(tree.to_json().to_string(), json);
    let bomb = (1..9).fold("a0: &a0 [1]\n".to_owned(), |text, number| {
        let aliases = vec![format!("*a{}", number - 1); 10].join(", ");
        text + &format!("a{number}: &a{number} [{aliases}]\n")
    });
    assert!(error(&bomb).ends_with("aliases copy more than 100000 values"), "{}", error(&bomb));
}

#[test]
fn brackets_may_close_no_deeper_than_their_key() {
    let tree = node("a:\n  b: [\n    1,\n  ]\n  c: {\n    d: 2\n  }\ne: [\n3\n]\nf: 4\ng:\n  h: \"{\n    1\n  }\"\n");
    let json = r#"{"a":{"b":[1],"c":{"d":2}},"e":[3],"f":4,"g":{"h":"{ 1 }"}}"#;
    assert_eq!(tree.to_json().to_string(), json);
    let place = |node: &Node| (node.position.line, node.position.column);
    assert_eq!(place(&tree.get("e").unwrap().as_list().unwrap()[0]), (9, 1));
    assert_eq!(place(tree.get("f").unwrap()), (11, 4));
}

#[test]
fn quotes_are_read_to_their_end_however_their_lines_are_indented() {
    let lines = "x\n".repeat(3_000);
    let tree = node(&format!("a:\n  b: \"\\\"\n{lines}\\\\\"\n  c: 'it''s\n{lines}'\nd: 1\n"));
    let text = |key: &str| tree.get("a").and_then(|map| map.get(key)).and_then(Node::as_str).unwrap();
    assert_eq!((text("b").len(), text("c").len()), (6_003, 6_005));
    assert_eq!(tree.get("d").unwrap().position.line, 6_006);
    // Those without an end are read once.
    assert!(error(&format!("a:\n  b: \"x\n{lines}")).starts_with("t.yaml:2:6: not YAML: "));
}

#[test]
fn what_cloudformation_does_not_read_is_refused_with_its_place() {
    for (yaml, message) in [
        ("a: 1\nb: 2\na: 3\n", "t.yaml:3:1: key `a` stands twice in this map"),
        ("a: &x [*x]\n", "t.yaml:1:8: an alias of something that contains it"),
        ("<<: 1\n", "t.yaml:1:5: what a merge key names must be a map, found the number 1"),
        ("? [a]\n: b\n", "t.yaml:1:3: a key must be plain text"),
        ("a: 1\n---\nb: 2\n", "t.yaml:2:1: a second document; keep one document in a file"),
    ] {
        assert_eq!(error(yaml), message);
    }
    assert!(error("a: !Reff B\n").starts_with("t.yaml:1:4: unknown tag `!Reff`; the short forms are !Ref, "));
    let part = parse_part("p.yaml", "a: !Sub b\n").unwrap_err().to_string();
    assert_eq!(part, "p.yaml:1:4: short tags are read in the template itself only; write `Fn::Sub:` for `!Sub`");
    assert!(error("a: [1, 2\n").starts_with("t.yaml:2:1: not YAML: "));
    assert!(error(&"[".repeat(MAX_DEPTH + 1)).ends_with("nested deeper than 128"));
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "(?s).{0,80}") {
        let _ = parse("t.yaml", &text);
    }

    #[test]
    fn arbitrary_yaml_never_panics(text in "(a|!Sub|!|\\||>|-|:|\\?|#|&|\\*|,|'|\"|\\[|\\]|\\{|\\}|\n| |  |é|\t|1|---|\\.\\.\\.|%|\r){0,40}") {
        let _ = parse("t.yaml", &text);
    }

    #[test]
    fn json_is_yaml(text in "[a-z '!&*#|>%@`]{0,20}", number in any::<i64>()) {
        let json = serde_json::json!({ "k": [text, number, null, true, { "n": 1.5 }] });
        prop_assert_eq!(node(&json.to_string()).to_json(), json);
    }
}

/// Quadratic, these would keep a test for minutes.
#[test]
fn what_stands_twice_and_long_lines_and_blocks_are_read_once() {
    let (tree, twice) = parse_loosely("t.yaml", "a: 1\nb: 2\na: 3\n'<<': 4\n").unwrap();
    assert_eq!((tree.to_json().to_string(), twice.len()), (r#"{"a":3,"b":2,"<<":4}"#.to_owned(), 1));
    let many = (0..60_000).map(|number| format!("k{number}: 1")).collect::<Vec<_>>().join("\n");
    let (tree, twice) = parse_loosely("t.yaml", &format!("a: 1\na: 2\n{many}")).unwrap();
    assert_eq!((tree.as_map().unwrap().len(), twice.len()), (60_001, 1));
    let tree = node(&format!("é: [{}]", "!Ref Pé, ".repeat(40_000)));
    let last = tree.get("é").unwrap().as_list().unwrap().last().unwrap().get("Ref").unwrap().as_text().unwrap();
    assert_eq!((last.start.line, last.start.column), (1, 5 + 39_999 * 9 + 5));
    let tree = node(&"- !Sub >\n  a\n  b\n".repeat(30_000));
    assert_eq!(tree.as_list().unwrap()[29_999].get("Fn::Sub").unwrap().as_str(), Some("a b\n"));
}

#[test]
fn what_anchors_and_aliases_copy_is_bounded_in_values_and_bytes() {
    let long = format!("a: &x {}\nb: [{}]\n", "x".repeat(1 << 20), "*x, ".repeat(100));
    assert!(error(&long).ends_with("anchors and aliases copy more than 33554432 bytes of text"), "{}", error(&long));
    let list = format!("[{}]", "1, ".repeat(2_000));
    let nested = (0..60).fold(list, |inner, number| format!("&a{number} [{inner}]"));
    let refused = error(&format!("a: {nested}"));
    assert!(refused.ends_with("anchors and aliases copy more than 100000 values"), "{refused}");
}
