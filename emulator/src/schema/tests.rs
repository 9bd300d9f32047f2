use serde_json::{Value, json};

use super::*;
use crate::budget::Budget;

fn faults(schema: &Value, body: &Value) -> Vec<String> {
    faults_of(schema, &body.to_string())
}

fn faults_of(schema: &Value, body: &str) -> Vec<String> {
    let schema = Schema::compile(schema).unwrap_or_else(|why| panic!("{schema}: {why:?}"));
    schema
        .faults_of(body.as_bytes(), ValidationOptions::default(), &Budget::for_body(body.len()))
        .unwrap_or_else(|why| panic!("{body}: {why:?}"))
}

#[test]
fn each_keyword_of_draft_4_accepts_and_refuses() {
    for (schema, good, bad) in [
        (json!({}), json!([1, null, {}]), None),
        (json!({"type": "object"}), json!({}), Some(json!([]))),
        (json!({"type": ["string", "null"]}), json!(null), Some(json!(1))),
        (json!({"type": "number"}), json!(1), Some(json!("1"))),
        (json!({"type": "integer"}), json!(1), Some(json!(1.5))),
        (json!({"enum": ["a", 1]}), json!(1.0), Some(json!("b"))),
        (json!({"required": ["a", "b"]}), json!({"a": 1, "b": 1}), Some(json!({"a": 1}))),
        (json!({"properties": {"a": {"type": "string"}}}), json!({"a": "x", "b": 1}), Some(json!({"a": 1}))),
        (json!({"properties": {"a": {}}, "additionalProperties": false}), json!({"a": 1}), Some(json!({"b": 1}))),
        (json!({"additionalProperties": {"type": "string"}}), json!({"a": "x"}), Some(json!({"a": 1}))),
        (
            json!({"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": false}),
            json!({"x-a": ""}),
            Some(json!({"a": ""})),
        ),
        (json!({"dependencies": {"a": ["b"]}}), json!({"a": 1, "b": 1}), Some(json!({"a": 1}))),
        (json!({"minProperties": 1, "maxProperties": 1}), json!({"a": 1}), Some(json!({}))),
        (json!({"items": {"type": "string"}}), json!(["a"]), Some(json!([1]))),
        (json!({"items": [{"type": "string"}], "additionalItems": false}), json!(["a"]), Some(json!(["a", 1]))),
        (json!({"minItems": 1, "maxItems": 2}), json!([1]), Some(json!([]))),
        (json!({"uniqueItems": true}), json!([1, 2]), Some(json!([1, 1.0]))),
        (json!({"minimum": 1}), json!(1), Some(json!(0.9))),
        (json!({"minimum": 1, "exclusiveMinimum": true}), json!(1.1), Some(json!(1))),
        (json!({"maximum": 1, "exclusiveMaximum": true}), json!(0), Some(json!(1))),
        (json!({"multipleOf": 0.1}), json!(0.3), Some(json!(0.35))),
        (json!({"minLength": 2, "maxLength": 3}), json!("éé"), Some(json!("é"))),
        (json!({"pattern": "b+"}), json!("abba"), Some(json!("a"))),
        (json!({"allOf": [{"type": "string"}, {"minLength": 1}]}), json!("a"), Some(json!(""))),
        (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), json!(null), Some(json!(1))),
        (json!({"oneOf": [{"type": "integer"}, {"type": "number"}]}), json!(1.5), Some(json!(1))),
        (json!({"not": {"type": "string"}}), json!(1), Some(json!("a"))),
    ] {
        assert_eq!(faults(&schema, &good), Vec::<String>::new(), "{schema}");
        if let Some(bad) = bad {
            assert_eq!(faults(&schema, &bad).len(), 1, "{schema} and {bad}");
        }
    }
}

#[test]
fn a_model_may_refer_to_others_and_to_itself() {
    let tree = json!({
        "$ref": "#/definitions/Tree",
        "definitions": {"Tree": {"properties": {"inner": {"$ref": "#/definitions/Tree"}, "n": {"type": "integer"}}}},
    });
    assert!(faults(&tree, &json!({"inner": {"inner": {"n": 1}}})).is_empty());
    assert_eq!(faults(&tree, &json!({"inner": {"inner": {"n": "1"}}})).len(), 1);
    let endless = json!({"$ref": "#"});
    assert_eq!(faults(&endless, &json!(1)), ["the schema refers to itself without end"]);
}

#[test]
fn faults_are_told_in_the_validators_words() {
    let schema = json!({"type": "object", "required": ["a", "b"]});
    assert_eq!(faults(&schema, &json!({})), [r#"object has missing required properties (["a","b"])"#]);
    assert_eq!(
        faults(&schema, &json!([])),
        [r#"instance type (array) does not match any allowed primitive type (allowed: ["object"])"#]
    );
}

#[test]
fn what_is_no_model_is_refused() {
    for (schema, why) in [
        (json!({"type": "text"}), "`type`: `text` is not one of"),
        (json!({"const": 1}), "`const`: not a keyword"),
        (json!({"exclusiveMinimum": 1}), "as in draft 4"),
        (json!({"$ref": "#/definitions/Nope"}), "names nothing"),
        (json!({"items": {"$ref": "https://example.com/x"}}), "must be #/definitions/NAME"),
        (json!({"pattern": "("}), "`pattern`"),
        (json!([]), "must be a map"),
    ] {
        let refused = Schema::compile(&schema).unwrap_err();
        assert!(refused.message.contains(why), "{schema}: {refused:?}");
    }
}

#[test]
fn a_model_that_only_describes_still_wants_json() {
    for model in [
        json!({ "title": "Payload", "description": "Any JSON value" }),
        json!({ "$ref": "#/definitions/P", "definitions": { "P": { "title": "Payload" } } }),
    ] {
        let model = Schema::compile(&model).unwrap();
        for body in [r#"{"a":[1,"é"]}"#, "null", r#""\u00e9""#] {
            assert_eq!(
                model.faults_of(body.as_bytes(), ValidationOptions::default(), &Budget::default()).unwrap(),
                Vec::<String>::new(),
                "{body}"
            );
        }
        for body in [&b"{"[..], b"", b"nothing", b"\"\xff\""] {
            assert!(model.faults_of(body, ValidationOptions::default(), &Budget::default()).is_err(), "{body:?}");
        }
    }
    let picky = json!({ "$ref": "#/definitions/P", "definitions": { "P": { "type": "object" } } });
    let picky = Schema::compile(&picky).unwrap();
    assert!(!picky.faults_of(b"[]", ValidationOptions::default(), &Budget::default()).unwrap().is_empty());
}

#[test]
fn formats_dependencies_and_references_are_checked() {
    for (schema, good, bad) in [
        (json!({"format": "email"}), json!("a@example.com"), json!("nobody")),
        (json!({"properties": {"a": {"format": "date-time"}}}), json!({"a": 1}), json!({"a": "today"})),
        (json!({"dependencies": {"a": {"required": ["b"]}}}), json!({"a": 1, "b": 1}), json!({"a": 1})),
        (json!({"additionalItems": false}), json!([1, 2]), Value::Null),
        (
            json!({"$ref": "#/definitions/a~0b%22c", "definitions": {"a~b\"c": {"type": "string"}}}),
            json!("x"),
            json!(1),
        ),
        (json!({"pattern": "^\\d+$"}), json!("12"), json!("\u{661}")),
    ] {
        assert_eq!(faults(&schema, &good), Vec::<String>::new(), "{schema}");
        if !bad.is_null() {
            assert_eq!(faults(&schema, &bad).len(), 1, "{schema}");
        }
    }
    assert_eq!(faults(&json!({"format": "phone"}), &json!(1)), [r#"format attribute "phone" not supported"#]);
}

#[test]
fn long_integers_are_integers_and_half_of_a_pair_is_a_character() {
    for (schema, body) in [
        (json!({"type": "integer"}), "123456789012345678901234567890"),
        (json!({"type": "string", "minLength": 1, "maxLength": 1}), r#""\ud800""#),
    ] {
        assert_eq!(faults_of(&schema, body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn a_recursive_model_is_worked_out_once_for_each_value() {
    let node = json!({"$ref": "#/definitions/Node"});
    for choice in ["oneOf", "anyOf"] {
        let schema = json!({
            "$ref": "#/definitions/Node",
            "definitions": {"Node": {choice: [
                {"properties": {"l": node, "a": {"type": "string"}}, "required": ["a"]},
                {"properties": {"l": node, "b": {"type": "string"}}, "required": ["b"]},
            ]}},
        });
        let body = (0..60).fold(json!({"c": 1}), |inner, _| json!({"l": inner, "a": "x", "b": "y"})).to_string();
        let budget = Budget::for_body(body.len());
        let before = budget.work_left();
        let schema = Schema::compile(&schema).unwrap();
        assert!(!schema.faults_of(body.as_bytes(), ValidationOptions::default(), &budget).unwrap().is_empty());
        assert!(before - budget.work_left() < 1_000_000, "{choice}: {}", before - budget.work_left());
    }
}

#[test]
fn a_model_that_refers_to_itself_without_end_is_told() {
    let schema = json!({
        "$ref": "#/definitions/a",
        "definitions": {"a": {"anyOf": [{"$ref": "#/definitions/a"}, {"$ref": "#/definitions/a"}]}},
    });
    assert!(faults(&schema, &json!(1)).contains(&"the schema refers to itself without end".to_owned()));
}

#[test]
fn mistakes_are_told_up_to_a_bound() {
    let many = |item: Value, count: usize| Value::Array(vec![item; count]);
    let long: Vec<String> = (0..2_000).map(|n| format!("{n}{}", "x".repeat(50))).collect();
    let names: Vec<String> = (0..1_000).map(|n| format!("name-{n}")).collect();
    for (schema, body) in [
        (json!({"items": {"type": "string"}}), many(json!(1), 200_000)),
        (json!({"items": {"enum": long}}), many(json!("y"), 100)),
        (json!({"items": {"minLength": 1_000_000}}), many(json!("y".repeat(10_000)), 100)),
        (json!({"items": {"format": "ipv4"}}), many(json!("y".repeat(10_000)), 100)),
        (json!({"items": {"required": names}}), many(json!({}), 10_000)),
    ] {
        let schema = Schema::compile(&schema).unwrap();
        let body = body.to_string();
        let budget = Budget::for_body(body.len());
        let faults = schema.faults_of(body.as_bytes(), ValidationOptions::default(), &budget).unwrap();
        let bytes: usize = faults.iter().map(String::len).sum();
        assert!((1..=1_000).contains(&faults.len()) && bytes < 512 << 10, "{} of {bytes} bytes", faults.len());
        assert!(budget.work_spent() < 12_000_000 + 16 * body.len() as u64, "{}", budget.work_spent());
    }
}

#[test]
fn whether_one_of_several_schemas_fits_is_told_without_words() {
    let long: Vec<String> = (0..2_000).map(|n| format!("{n}{}", "x".repeat(50))).collect();
    let schema = json!({"items": {"anyOf": [{"enum": long}, {"type": "number"}]}});
    let schema = Schema::compile(&schema).unwrap();
    let body = Value::Array(vec![json!(true); 400]).to_string();
    let budget = Budget::for_body(body.len());
    let faults = schema.faults_of(body.as_bytes(), ValidationOptions::default(), &budget).unwrap();
    assert_eq!(faults.len(), 400);
    assert!(budget.memory_left() == Budget::for_body(body.len()).memory_left(), "all is given back");
}

#[test]
fn a_number_of_a_hundred_thousand_digits_is_checked_as_fast_as_a_short_one() {
    let rules: Vec<Value> = (0..500).map(|n| json!({"maximum": n, "multipleOf": 7})).collect();
    let schema = Schema::compile(&json!({"anyOf": rules, "maximum": 1e300, "enum": [1, 2.5]})).unwrap();
    let body = "9".repeat(100_000);
    let budget = Budget::for_body(body.len());
    let faults = schema.faults_of(body.as_bytes(), ValidationOptions::default(), &budget).unwrap();
    assert!(faults.len() >= 2 && budget.work_spent() < 2_000_000, "{}", budget.work_spent());
}

#[test]
fn numbers_of_many_digits_are_compared_within_the_budget() {
    let schema = Schema::compile(&json!({"uniqueItems": true})).unwrap();
    let list = |number: &dyn Fn(usize) -> String| format!("[{}]", (0..3_000).map(number).collect::<Vec<_>>().join(","));
    for (body, expected) in [
        (list(&|n| format!("{}{n:05}", "9".repeat(1_000))), 1),
        (list(&|n| format!("1{}e-{n}", "0".repeat(n))), 1),
        (list(&|n| format!("0.{n:05}{}", "3".repeat(1_000))), 0),
    ] {
        let budget = Budget::for_body(body.len());
        let faults = schema.faults_of(body.as_bytes(), ValidationOptions::default(), &budget).unwrap();
        assert_eq!(faults.len(), expected);
        let most = 4 * body.len() as u64 + 3_000 * 1_000;
        assert!(budget.work_spent() < most, "{} of {most}", budget.work_spent());
    }
}
