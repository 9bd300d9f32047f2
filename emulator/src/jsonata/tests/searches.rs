//! What the library would do in one go: searches, and what else is bounded before it begins.

use super::*;

#[test]
fn what_is_searched_for_is_found_as_the_language_has_it() {
    let input = json!({ "text": "ab-abc", "items": [{"a": 1}, {"b": 1, "a": 2}, 5] });
    for (text, value) in [
        ("$match($states.input.text, /ab(c)?/).[match, index]", json!([["ab", 0], ["abc", 3]])),
        ("$match($states.input.text, /ab(c)/)", json!({"match": "abc", "index": 3, "groups": ["c"]})),
        ("$count($match($states.input.text, /[ab]/, 3))", json!(3)),
        ("$count($match($states.input.text, /b/, 0))", json!(0)),
        ("$states.input.text.$match(/c/).index", json!(5)),
        ("$contains('x', /X/i)", json!(true)),
        ("['a', 'b'][$contains(/a/)]", json!("a")),
        ("$filter(['a', 'b'], $contains(?, /a|c/))", json!("a")),
        ("'a' ~> $contains('b')", json!(false)),
        ("$split('a1b22c', /[0-9]/)", json!(["a", "b", "", "c"])),
        ("$split('a1b22c', /[0-9]+/, 2)", json!(["a", "b"])),
        ("$split('aé', '')", json!(["a", "é"])),
        ("$split('a, b, c', ', ', 2)", json!(["a", "b"])),
        ("$map(['a,b', 'c'], $split(?, ','))", json!([["a", "b"], ["c"]])),
        ("$replace('abcabc', /b(c)/, '[$1$$$0]', 1)", json!("a[c$bc]abc")),
        ("$replace('abc', /[ac]/, function($m){ $uppercase($m.match) })", json!("AbC")),
        ("$replace('aaa', 'a', 'b', 2)", json!("bba")),
        ("$states.input.text ~> $replace(/-/, '')", json!("ababc")),
        ("/b./('abc').match", json!("bc")),
        ("($re := /b/; [$contains('abc', $re), $replace('abc', $re, '')])", json!([true, "ac"])),
        ("$keys($states.input.items)", json!(["a", "b"])),
        ("$keys({'a': 1})", json!("a")),
        ("$string([1, 'a', {'b': null}])", json!("[1,\"a\",{\"b\":null}]")),
        ("($re := /[a-z]{3}-[a-z]{3}[0-9]{9}|b/; $replace('abc', $re, ''))", json!("ac")),
        ("$string({'a': [1]}, true)", json!("{\n  \"a\": [\n    1\n  ]\n}")),
        ("$map([1, true], $string)", json!(["1", "true"])),
        ("(5).$string()", json!("5")),
        ("[1..3].$string()", json!(["1", "2", "3"])),
        ("('a' ~> $string()) & (5 ~> $string)", json!("a5")),
        ("'a-b' ~> $replace(/-/, '+', 1)", json!("a+b")),
        ("($string := function($x){ 'own' }; $string(1))", json!("own")),
        ("[3, 1, 2]^($)", json!([1, 2, 3])),
        ("$states.input.items[$type($) = 'object']^(>a, b).a", json!([2, 1])),
        ("($l := [1, 2]; $l@$i.$l@$j[$i < $j].($i & $j))", json!("12")),
        ("$states.input.items@$i.($i.b)", json!(1)),
        ("$states.input.items[0]#$at.a.($at + $)", json!(1)),
        ("$distinct([[1, 2], [1, 2], [2]])", json!([[1, 2], [2]])),
    ] {
        assert_eq!(evaluate(text, &input), Ok(value), "{text}");
    }
    assert_eq!(evaluate("$match('b', /a/)", &input), Err(EvaluationError::Undefined));
    assert_eq!(evaluate("$contains($states.input.no, /a/)", &input), Err(EvaluationError::Undefined));
    assert!(threw("$match('aab', /a*/)").starts_with("D1004: "));
    assert!(threw("$match('a', /a/, -1)").starts_with("D3040: "));
    assert!(threw("$split('a', /a/, -1)").starts_with("D3020: "));
    assert!(threw("$contains('a', 1)").starts_with("T0410: "));
}

#[test]
fn what_the_library_would_do_in_one_go_is_bounded_before_it_begins() {
    let names = |count: usize| vec!["a"; count].join(",");
    let long = "$t := $pad('', 8000000, 'a')";
    for (text, why) in [
        (format!("({long}; $contains($t, /[ab]{{20}}c/))"), "too large for a text"),
        (format!("({long}; $count($match($t, /a{{9}}b/)))"), "too large for a text"),
        (format!("({long}; $r := /a{{9}}b/; $replace($t, $r, ''))"), "too large for a text"),
        (format!("({long}; $count($split($t, '')))"), "D2015"),
        (format!("({long}; $count($split($t, 'a')))"), "D2015"),
        (format!("({long}; $count($split($t, /a/)))"), "D2015"),
        ("($t := $pad('', 8000000, '\\u0001'); $length($string([$t, $t, $t, $t])))".to_owned(), "copies"),
        ("($t := $pad('', 8000000, '\\u0001'); $length([$t, $t, $t, $t] & ''))".to_owned(), "copies"),
        (
            "($d := $reduce([1..400], function($a, $n){ {'a': $a} }, 1); $l := [1..2000].{'d': $d}; $string($l, true))"
                .to_owned(),
            "copies",
        ),
        (format!("[1..20000]^({})", names(300)), "parts"),
        (format!("[1..20000]{{{}}}", (0..300).map(|n| format!("'{n}': 1")).collect::<Vec<_>>().join(",")), "parts"),
        ("($l := [1..1500]; $count($l@$i.$l@$j))".to_owned(), "copies"),
        ("($o := {'l': [1..1500]}; $count([1..1500]#$i.$o.l))".to_owned(), "copies"),
        ("($o := {'l': [1..1500]}; $count($o.l.%.l.%.l))".to_owned(), "copies"),
        ("$replace('aaa', /a/, $pad('', 8000000, '$0'))".to_owned(), "longer than"),
    ] {
        let stopped = stopped(&text);
        assert!(stopped.contains(why), "{text:.100}: {stopped}");
    }
    for (text, why) in [
        ("$contains('a', /(a{100}){100}/)".to_owned(), "too large"),
        ("(/a{9}/)('a')".to_owned(), "called as a function"),
        ("$map(['a'], /[a-z]{9}/)".to_owned(), "called as a function"),
        ("($r := /[a-z]{9}/; $contains('a', $r) and $exists($r('a')))".to_owned(), "called as a function"),
        ("($r := /[a-z]{9}/; $f := $r; $match('a', $r))".to_owned(), "called as a function"),
        (format!("(function($x)<{}>{{ $x }})(1)", "s?".repeat(200)), "signature"),
    ] {
        let refused = JsonataExpression::parse_for_states(&text).map(drop).unwrap_err().to_string();
        assert!(refused.contains(why), "{text:.100}: {refused}");
    }
}

#[test]
fn what_the_library_would_do_in_one_go_ends_when_the_time_is_over() {
    thread_local! { static TIME: Cell<Duration> = const { Cell::new(Duration::ZERO) }; }
    // A clock by which a millisecond goes by whenever somebody looks at it.
    let clock = || TIME.replace(TIME.get() + Duration::from_millis(1));
    let input = json!({ "text": "a".repeat(20_000), "items": (0..20_000).map(|n| json!([n])).collect::<Vec<_>>() });
    for text in [
        "$count($match($states.input.text, /a*b|a/))",
        "$length($replace($states.input.text, /a*b|a/, 'c'))",
        "$count($split($states.input.text, /a*b|a/))",
        "$count($distinct($states.input.items))",
    ] {
        let allowance = Allowance::new(Clocks::of(clock));
        let expression = JsonataExpression::parse_for_states(text).unwrap();
        let ended = Evaluation::within(&allowance, MOMENT).with_variables(states(&input)).evaluate(&expression);
        assert!(matches!(&ended, Err(EvaluationError::Threw(why)) if why.starts_with("D1012: ")), "{text}: {ended:?}");
    }
}
