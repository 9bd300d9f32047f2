use std::cell::Cell;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::clock::{at_work, since_start};

mod searches;

const MOMENT: Moment = Moment { now: Duration::from_millis(1_458_000_000_123), seed: 7 };

fn evaluation(input: &Value) -> Evaluation<'_> {
    Evaluation::new(MOMENT).with_variables(states(input))
}

fn states(input: &Value) -> impl Fn(&str) -> Option<ExpressionValue> {
    move |name| (name == "states").then(|| ExpressionValue::from(&json!({ "input": input })))
}

fn evaluate(text: &str, input: &Value) -> Result<Value, EvaluationError> {
    let expression = JsonataExpression::parse_for_states(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    evaluation(input).evaluate(&expression)
}

fn threw(text: &str) -> String {
    match evaluate(text, &Value::Null) {
        Err(EvaluationError::Threw(why)) => why,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn every_vector_has_its_value() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    assert!(vectors.len() > 30);
    for vector in vectors {
        let text = vector["expression"].as_str().unwrap();
        assert_eq!(evaluate(text, &vector["input"]), Ok(vector["value"].clone()), "{text} of {}", vector["input"]);
    }
}

#[test]
fn what_comes_to_nothing_or_to_no_json_is_told_apart() {
    assert_eq!(evaluate("$doesNotExist", &Value::Null), Err(EvaluationError::Undefined));
    assert_eq!(evaluate("$states.input.a", &json!({})), Err(EvaluationError::Undefined));
    assert_eq!(evaluate("$distinct($states.input.a)", &json!({})), Err(EvaluationError::Undefined));
    assert_eq!(evaluate("$fn := function($x){$x}", &Value::Null), Err(EvaluationError::Unsupported));
}

#[test]
fn an_expression_that_fails_says_the_code_of_the_language() {
    // Recorded on AWS, with these words.
    assert_eq!(threw("$randomSeeded(1)"), "T1006: Attempted to invoke a non-function");
    assert!(threw("'a' + 1").starts_with("T2001: "));
    assert!(threw("$error('no')").starts_with("D3137: "));
    assert!(threw("$parse('{')").starts_with("D3137: Invalid JSON"));
    assert!(threw("$random('x')").starts_with("T0410: "));
    assert_eq!(threw("$partition([1], -1)"), "D3137: Second argument must be zero or greater");
    assert!(threw("$hash('a', 'SHA-3')").starts_with("D3137: "));
    assert!(threw("$hash(42, 'MD5')").starts_with("T0410: "));
}

#[test]
fn functions_of_step_functions_answer_what_was_measured_where_arguments_are_missing_or_odd() {
    let value = |text: &str| evaluate(text, &Value::Null);
    for nothing in [
        "$partition([], 2)",
        "$partition([1, 2], 0)",
        "$partition([1, 2], -0.5)",
        "$range(5, 1, 1)",
        "$range(1, 5, 0)",
        "$range(1, 5)",
        "$hash('a')",
        "$parse()",
    ] {
        assert_eq!(value(nothing), Err(EvaluationError::Undefined), "{nothing}");
    }
    for (text, expected) in [
        ("$partition([1, 2, 3])", json!([[1, 2, 3]])),
        ("$partition([1, 2, 3], 2.9)", json!([[1, 2], [3]])),
        ("$range(-1.7, 2, 1)", json!([-1, 0, 1, 2])),
        ("$range(5, 1, -1.5)", json!([5, 4, 3, 2, 1])),
        ("1/0", json!("Infinity")),
        ("[-1/0]", json!(["-Infinity"])),
        ("{'k': 0/0}", json!({"k": "NaN"})),
        ("$parseInteger('abc', '0')", json!("NaN")),
    ] {
        assert_eq!(value(text), Ok(expected), "{text}");
    }
}

#[test]
fn eval_is_no_function_however_it_is_reached() {
    for text in ["$eval('1')", "($e := $eval; $e('1'))", "'1' ~> $eval", "$map(['1'], $eval)"] {
        assert_eq!(threw(text), "T1006: Attempted to invoke a non-function", "{text}");
    }
}

#[test]
fn what_step_functions_does_not_have_is_refused_when_it_is_read() {
    for text in [
        "$",
        "$$",
        "foo",
        "foo.bar",
        "*",
        "**",
        "$sum(foo)",
        "{'a': foo}",
        "[foo]",
        "a ? 1 : 2",
        "$x[0] & foo",
        "$x[$$.a]",
        "$ ~> |a|{}|",
        "1 ?: 2",
        "$x ?? 2",
        "$x.(a ?? b)",
        "(",
        "1 +",
        "'",
        "{% 1 %}",
        "",
    ] {
        assert!(JsonataExpression::parse_for_states(text).is_err(), "{text}");
    }
    for text in [
        "$x[name = 'a']",
        "$x.(name & $)",
        "$map($x, function($v){ $v.a })",
        "$x^(>age).name",
        "$x{name: age}",
        "$x.*",
        "$x ~> |a|{'b': c}|",
        "$states.input.a[0]",
        "$x#$i[$i > 1]",
        "$x@$y.b[$y.c = d]",
        "'foo'",
        "$x.a.%.b",
    ] {
        assert_eq!(JsonataExpression::parse_for_states(text).map(drop), Ok(()), "{text}");
    }
}

#[test]
fn members_of_states_that_an_expression_reads_are_known() {
    let expression = JsonataExpression::parse_for_states(" $uppercase($states.result.a) & $states.input.b ").unwrap();
    assert_eq!(expression.text(), "$uppercase($states.result.a) & $states.input.b");
    assert!(expression.reads_member("result") && expression.reads_member("input"));
    assert!(!expression.reads_member("errorOutput"));
}

#[test]
fn variables_hide_functions_and_are_made_once_if_an_expression_mentions_them() {
    let made = std::cell::RefCell::new(Vec::new());
    let evaluation = Evaluation::new(MOMENT).with_variables(|name| {
        made.borrow_mut().push(name.to_owned());
        (name != "count").then(|| ExpressionValue::from(&json!(name)))
    });
    for _ in 0..2 {
        let expression = JsonataExpression::parse_for_states("$hash & $count([$other])").unwrap();
        assert_eq!(evaluation.evaluate(&expression), Ok(json!("hash1")));
    }
    assert_eq!(*made.borrow(), ["count", "hash", "other"]);
}

#[test]
fn time_and_chance_are_those_that_were_passed_in() {
    let input = json!({ "list": [1, 2, 3, 4, 5, 6, 7, 8] });
    let all = "[$now(), $millis(), $random(), $uuid(), $shuffle($states.input.list)]";
    let first = evaluate(all, &input).unwrap();
    assert_eq!(first, evaluate(all, &input).unwrap());
    assert_eq!(first[0], "2016-03-15T00:00:00.123Z");
    assert_eq!(first[1], 1_458_000_000_123_i64);
    assert_eq!(first[3].as_str().map(str::len), Some(36));
    let other = Evaluation::new(Moment { seed: 8, ..MOMENT });
    assert_ne!(other.evaluate(&JsonataExpression::parse_for_states("$random()").unwrap()), Ok(first[2].clone()));
    assert_eq!(evaluate("$random(5) = $random(5)", &input), Ok(json!(true)));
    assert_eq!(evaluate("$random() = $random()", &input), Ok(json!(false)));
}

#[test]
fn no_expression_takes_more_than_it_is_given() {
    let big = "x".repeat(100_000);
    let input = json!({ "big": big, "width": 1e12, "list": vec!["y"; 100_000] });
    for text in [
        "($f := function(){ $f() }; $f())",
        "($f := function($n){ $n + $f($n - 1) }; $f(5))",
        "$pad('x', $states.input.width)",
        "'x' ~> $pad(-$states.input.width)",
        "$states.input.big.$pad(100000000, 'abc')",
        "$replace($states.input.big, 'x', $states.input.big)",
        "$replace($states.input.big, /x/, '$0$0$0' & $states.input.big)",
        "$states.input.big.$replace(/./, $states.input.big)",
        "$join($states.input.list, $states.input.big)",
        "$count([1..10000000])",
        "$range(1, 10000000, 1)",
        "$reduce([1..40], function($a, $v){ $append($a, $a) }, [1])",
        "$reduce([1..40], function($a, $v){ [$a, $a] }, [[1]])",
        "$reduce([1..60], function($a, $v){ {'a': $a, 'b': $a} }, {})",
        "$reduce([1..300], function($a, $v){ {'a': $a} }, {})",
        "$map([1..1000], function($n){ $pad('x', 5000000) })",
    ] {
        let answer = evaluate(text, &input);
        assert!(matches!(answer, Err(EvaluationError::Threw(_))), "{text}: {answer:?}");
    }
    for depth in ["(", "[", "-", "function($x){"] {
        assert!(JsonataExpression::parse(&depth.repeat(100_000)).is_err());
    }
}

#[test]
fn what_is_late_because_others_have_the_processor_is_evaluated_again() {
    let expression = JsonataExpression::parse_for_states(
        "[$random(), $count([1..100000].($ * 2 + 1)[$ > 5]), $length($pad('', 8000000))]",
    );
    let expression = expression.unwrap();
    // No time goes by for this thread, and by the machine's clock it has a millisecond.
    let allowance = Allowance::lasting(Duration::from_millis(1), Clocks::of(|| Duration::ZERO));
    let late = Evaluation::within(&allowance, MOMENT);
    let on_time =
        Evaluation::within(&Allowance::lasting(Duration::from_mins(1), Clocks::of(|| Duration::ZERO)), MOMENT)
            .evaluate(&expression);
    assert!(on_time.is_ok(), "{on_time:?}");
    assert_eq!(late.evaluate(&expression), on_time, "with the same chance and the same room");
}

#[test]
fn whatever_has_no_end_ends_by_the_time_of_its_thread() {
    let list = (0..20_000).map(|number| json!({ "a": number })).collect::<Vec<_>>();
    let input = json!({ "list": list });
    let many = |part: &str, between: &str, times| vec![part; times].join(between);
    for text in [
        "($f := function(){ $f() }; $f())".to_owned(),
        "($f := function($n){ $f($n + 1) }; $f(1))".to_owned(),
        "$map([1..400000], function($n){ $sum([1..1000]) })".to_owned(),
        "$sift({'a': 1, 'b': 2}, function($v){ $count($filter([1..400000], function($n){ $n > $sum([1..1000]) })) > 1 })"
            .to_owned(),
        "[1..400000]^($sum([1..1000]), $)".to_owned(),
        "$sort([1..400000], function($l, $r){ $sum([1..1000]) > $l })".to_owned(),
        format!("[1..400000].({})", many("$", " + ", 300)),
        format!("[1..400000][{} > 1]", many("$", " + ", 300)),
        format!("($l := $states.input.list; [{}])", many("$l.a", ", ", 2_000)),
        format!("($l := $states.input.list; {})", many("$l = $states.input.list", " and ", 300)),
    ] {
        let allowance = Allowance::lasting(Duration::from_millis(100), Clocks { machine: since_start, thread: at_work });
        let expression = JsonataExpression::parse_for_states(&text).unwrap_or_else(|why| panic!("{text:.100}: {why}"));
        let ended = Evaluation::within(&allowance, MOMENT).with_variables(states(&input)).evaluate(&expression);
        let is_late = matches!(&ended, Err(EvaluationError::Threw(why)) if why.starts_with("D1012: "));
        assert!(is_late, "{text:.100}: {ended:?}");
    }
}

#[test]
fn all_expressions_of_a_state_share_their_time() {
    thread_local! { static TIME: Cell<Duration> = const { Cell::new(Duration::ZERO) }; }
    // A clock by which each expression takes a third of what a state has in a build without optimisation.
    let thread = || TIME.replace(TIME.get() + Duration::from_millis(270));
    let allowance = Allowance::new(Clocks { machine: || Duration::ZERO, thread });
    let expression = JsonataExpression::parse_for_states("1 + 1").unwrap();
    let evaluate = || Evaluation::within(&allowance, MOMENT).evaluate(&expression);
    let succeed = || (0..10).take_while(|_| evaluate().is_ok()).count();
    let count = succeed();
    assert!((1..=3).contains(&count), "{count}");
    assert!(matches!(evaluate(), Err(EvaluationError::Threw(why)) if why.starts_with("D1012: ")));
    allowance.renew();
    assert_eq!(succeed(), count, "another state begins anew");
    allowance.add_item();
    assert!(evaluate().is_ok(), "an item has time of its own");
    (0..1_000).for_each(|_| allowance.add_item());
    assert_eq!(succeed(), count, "which adds up to no more than a state has");
}

#[test]
fn what_the_library_does_in_one_go_is_charged_before_it_begins() {
    let nested = "$d := function($n, $x){ $n = 0 ? $x : $d($n - 1, {'a': $x, 'b': $x}) }";
    let doubled = "$d := function($n, $x){ $n = 0 ? $length($x) : $d($n - 1, $x & $x) }";
    for text in [
        format!("({nested}; $d(60, 1) = $d(60, 1))"),
        format!("({nested}; $d(60, 1) in [$d(60, 1)])"),
        format!("({nested}; $string($d(60, 1)))"),
        format!("({nested}; $d(60, 1) & '')"),
        format!("({nested}; $x := $d(60, 1); $x.**)"),
        format!("({nested}; $distinct([$d(60, 1), $d(60, 1)]))"),
        format!("({doubled}; $d(60, 'x'))"),
        "$map([1..1000], function($n){ [1..400000] })".to_owned(),
        "($l := [1..400000]; $map([1..1000], function($n){ $append($l, $n) }))".to_owned(),
    ] {
        let why = stopped(&text);
        assert!(why.contains("parts") || why.contains("copies"), "{text}: {why}");
    }
    let input = json!({ "list": (0..20_000).map(|number| format!("{}", number % 15_000)).collect::<Vec<_>>() });
    assert_eq!(evaluate("$count($distinct($states.input.list))", &input), Ok(json!(15_000)));
    assert_eq!(
        evaluate("$distinct([{'a': 1, 'b': [2]}, {'b': [2], 'a': 1.0}, 1, '1', 1])", &input).unwrap(),
        json!([{"a": 1, "b": [2]}, 1, "1"])
    );
    assert_eq!(evaluate("$distinct('a')", &input), Ok(json!("a")));
}

/// What it failed with, with all the time in the world: what is charged is to stop it, however slow the machine is.
fn stopped(text: &str) -> String {
    let patience = Allowance::lasting(Duration::from_hours(1), Clocks::of(|| Duration::ZERO));
    let expression = JsonataExpression::parse_for_states(text).unwrap_or_else(|why| panic!("{text}: {why}"));
    match Evaluation::within(&patience, MOMENT).with_variables(states(&Value::Null)).evaluate(&expression) {
        Err(EvaluationError::Threw(why)) => why,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_value_that_stands_for_too_much_is_never_made_whatever_is_done_with_it() {
    let objects = "$d := function($x, $n){ $n = 0 ? $x : $d({'a': $x, 'b': $x}, $n - 1) }; $v := $d(1, 60);";
    let lists = "$d := function($x, $n){ $n = 0 ? $x : $d([[$x], [$x]], $n - 1) }; $v := $d([1], 60);";
    let ways = [
        "$v",
        "$f := $string; $length($f($v))",
        "$v ~> $string ~> $length",
        "$f := $string(?); $f($v)",
        "$map([$v], $string)",
        "$filter([$v], $boolean)",
        "$v ? 1 : 2",
        "$v and true",
        "[1, 2][$v]",
        "$v < $v",
        "($v).**",
        "$count($v.**.**)",
        "$v.a",
        "$v.*.*",
        "[$v, $v]^(a)",
        "$v{'a': b}",
        "$v ~> |$|{'z': 1}|",
        "$v ~> |a.a.a|{'z': 1}|",
        "$v ~> |**|{'z': 1}|",
        "$t := |$|{'z': 1}|; $map([$v], $t)",
        "[$v, $v][$ = $v]",
        "$v@$i.a",
        "$distinct([$v, $v])",
        "$lookup($v, 'a')",
        "$spread($v)",
        "$merge([$v, $v])",
        "$error($v)",
    ];
    let doubling = [
        "$reduce([1..60], function($a, $n){ {'a': $a, 'b': $a} }, 1)",
        "$reduce([1..60], function($a, $n){ [[$a], [$a]] }, 1)",
        "$reduce([1..60], function($a, $n){ $append([$a], [$a]) }, 1)",
        "$reduce([1..60], function($a, $n){ $map([1, 2], function(){ $a }) }, [1])",
        "$reduce([1..60], function($a, $n){ [1, 2].([$a]) }, [1])",
        "$reduce([1..60], function($a, $n){ $merge([{'a': $a}, {'b': $a}]) }, 1)",
        "$reduce([1..60], function($a, $n){ {'c': 1} ~> |$|{'a': $a, 'b': $a}| }, 1)",
        "$reduce([1..60], function($a, $n){ [1, 2]{$string($): $a} }, 1)",
        "$reduce([1..60], function($a, $n){ $zip([$a], [$a]) }, 1)",
        "($d := function($x, $n){ $n = 0 ? $x : ($y := [$x, $x]; $d([$y], $n - 1)) }; $d([1], 60))",
        "$map([1..400000], function($n){ [1..400000] })",
        "($l := [1..400000]; $map([1..1000], function($n){ $append($l, $n) }))",
        "($l := [1..400000]; $z := $append; $map([1..1000], function($n){ $z($l, $n) }))",
        "($l := [1..400000]; $z := $reverse; $map([1..1000], function($n){ $count($l ~> $z) }))",
        "($l := [1..400000]; [1..400000].($l))",
        "($l := [1..400000]; [1..400000].$l.a)",
        "($l := [1..400000]; [1..400000].{'a': $l}.a)",
        "($l := [1..400000]; [1..400000].[$l].a)",
    ];
    let texts = ways.iter().flat_map(|way| [format!("({objects} {way})"), format!("({lists} {way})")]);
    let long = format!("({{'a': 1}}{})", ".{'a': $, 'b': $}".repeat(60));
    for text in texts.chain(doubling.map(str::to_owned)).chain([long]) {
        let why = stopped(&text);
        let told = ["parts", "copies", "D2015"].iter().any(|word| why.contains(word));
        assert!(told, "{text}: {why}");
    }
    assert!(stopped("([1..3000].{'a': $}) ~> |**|{'z': 1}|").contains("compares"));
}

#[test]
fn functions_that_call_each_other_through_the_library_come_to_an_end() {
    for text in [
        "($a := function($m){ $replace('a', /a/, $a) }; $a(1))",
        "($a := function($m){ $replace('a', /a/, function($m){ $a(1) & '' }) & '' }; $a(1))",
    ] {
        assert!(stopped(text).starts_with("D1011"), "{text}");
    }
}

#[test]
fn numbers_and_pictures_are_bounded_before_the_library_sees_them() {
    for text in [
        "$formatInteger(1e15, 'I')",
        "$formatInteger(1e15, 'i')",
        "($f := $formatInteger; $f(1e15, 'i'))",
        "1e15 ~> $formatInteger('I')",
        "$map([1e15], $formatInteger(?, 'I'))",
        "$formatInteger(1, $pad('', 100000, '0'))",
        "$formatNumber(1e300, '#,##0.' & $pad('0', 100000, '0'))",
        "$fromMillis(0, '[f,999999999-999999999]')",
        "$fromMillis(0, '[Y,1-*][F,*-1][f,999999999-999999999][Z0]')",
        "$fromMillis(0, '[Y,70000-70000]')",
        "$fromMillis(0, '[Y000000000000000000000000000001]')",
        "$now('[f,999999999]')",
        "$toMillis('1', '[Y,1-99999999]')",
        "$toMillis($pad('', 100000, '9'), '[Y]')",
        "$parseInteger($pad('', 100000, 'M'), 'I')",
    ] {
        let why = stopped(text);
        assert!(["picture", "Roman"].iter().any(|word| why.contains(word)), "{text}: {why}");
    }
    let texts = "[$formatInteger(1999, 'I'), $fromMillis(0, '[Y0001]-[M01]-[D01] [FNn,3-3] [f001]'), \
                 $formatNumber(0.5, '00.0%'), $string($toMillis('1970-01-02', '[Y0001]-[M01]-[D01]'))]";
    let values = json!(["MCMXCIX", "1970-01-01 Thu 000", "50.0%", "86400000"]);
    assert_eq!(evaluate(texts, &Value::Null), Ok(values));
}

#[test]
fn what_is_counted_is_what_it_was() {
    let input = json!({
        "items": [{"id": 1, "tags": ["a", "b"], "sub": {"id": 7}}, {"id": 2, "tags": [], "sub": {"id": 8}}],
        "nested": [[1, 2], [3]],
        "config": {"name": "n", "list": [[1], [2]]},
    });
    for (text, value) in [
        ("[$states.input.items.id, 3]", json!([1, 2, 3])),
        ("[[1, 2], [3]]", json!([[1, 2], [3]])),
        ("[[$states.input.items.id], $states.input.nested]", json!([[1, 2], [1, 2], [3]])),
        ("$states.input.items.[id, tags]", json!([[1, "a", "b"], [2]])),
        ("$states.input.items.[[id], tags]", json!([[[1], "a", "b"], [[2]]])),
        (
            "$states.input.items.{'i': id, 'c': $states.input.config.name}",
            json!([{"i": 1, "c": "n"}, {"i": 2, "c": "n"}]),
        ),
        ("($c := $states.input.config; $states.input.items.$c.name)", json!(["n", "n"])),
        ("($c := $states.input.config; $states.input.items[0].$c.list)", json!([[1], [2]])),
        ("($states.input.items).($count(tags))", json!([2, 0])),
        ("$states.input.**.id", json!([1, 7, 2, 8])),
        ("$states.input.items.sub.%.id", json!([1, 2])),
        ("$states.input.items@$i.$states.input.items[id = $i.id].sub.id", json!([7, 8])),
        ("$states.input.items#$i.($i)", json!([0, 1])),
        ("$states.input.items^(>id).id", json!([2, 1])),
        ("($states.input.items){$string(id): $count(tags)}", json!({"1": 2, "2": 0})),
        ("([1, 2]).($ * 2)", json!([2, 4])),
        ("[1..3].([$, $ * 2])", json!([1, 2, 2, 4, 3, 6])),
        ("$map([1..3], function($n){ [$n] })", json!([[1], [2], [3]])),
        ("$map(['a', 'b'], $uppercase)", json!(["A", "B"])),
        ("$filter([0, 5], function($n){ $n > 0 })[]", json!([5])),
        ("$map([1], function($n){ $n })[]", json!([1])),
        ("{'a': $map([1], function($n){ $n })[]}", json!({"a": [1]})),
        ("($f := function(){ $filter([0, 5], function($n){ $n > 0 })[] }; $f())", json!([5])),
        ("$states.input.items[id = 1].$string(id)[]", json!(["1"])),
        ("$append([], 5)[]", json!([5])),
        ("('a,b' ~> $split(','))[1]", json!("b")),
        ("($f := $split(?, ','); $f('a,b'))", json!(["a", "b"])),
        ("($f := $trim ~> $uppercase; $f(' a '))", json!("A")),
        ("($append := function($a, $b){ $a + $b }; [$append(1, 2), $reduce([1, 2], $append)])", json!([3, 3])),
        ("($z := $zip; $z([1, 2], [3, 4]))", json!([[1, 3], [2, 4]])),
        ("($f := function($n, $s){ $n = 0 ? $s : $f($n - 1, $s + $n) }; $f(3000, 0))", json!(4_501_500)),
        ("(function($x){ [$x] })(1)", json!([1])),
        (
            "$states.input ~> |items.sub|{'id': id + 1}| ~> $lookup('items')",
            json!([
            {"id": 1, "tags": ["a", "b"], "sub": {"id": 8}}, {"id": 2, "tags": [], "sub": {"id": 9}}]),
        ),
        ("$sort($states.input.items, function($l, $r){ $l.id < $r.id }).id", json!([2, 1])),
        (
            "{'a': [], 'b': [1], 'c': {'d': $states.input.nested}}",
            json!({"a": [], "b": [1], "c": {"d": [[1, 2], [3]]}}),
        ),
    ] {
        assert_eq!(evaluate(text, &input), Ok(value), "{text}");
    }
}

#[test]
fn bounds_do_not_stand_in_the_way_of_ordinary_work() {
    let big = "x ".repeat(50_000);
    let input = json!({ "big": big, "list": vec!["y"; 10_000] });
    assert_eq!(evaluate("$length($replace($states.input.big, 'q', $states.input.big))", &input), Ok(json!(100_000)));
    assert_eq!(evaluate("$length($replace($states.input.big, / /, '123456789'))", &input), Ok(json!(500_000)));
    assert_eq!(evaluate("$length($join($states.input.list, ', '))", &input), Ok(json!(29_998)));
    assert_eq!(evaluate("$length('a' ~> $pad(100000))", &input), Ok(json!(100_000)));
    assert_eq!(evaluate("$count($states.input.list.($ & 'z'))", &input), Ok(json!(10_000)));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[$a-c0-9 .(){}\\[\\],:;?+*/%<>=~^@#|&'\"`-]{0,60}", number in proptest::num::f64::ANY) {
        if let Ok(expression) = JsonataExpression::parse(&text) {
            let _ = Evaluation::new(MOMENT).with_input(&json!({ "a": [number, {"b": "c"}], "b": number })).evaluate(&expression);
        }
    }
}
