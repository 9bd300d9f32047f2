//! What templates ask for is charged before it is done. Nothing is timed.

use super::{render, rendered};

/// What one call costs is charged before it, so that a million of them do not go through.
#[test]
fn every_method_of_a_text_is_charged_for_what_it_looks_at() {
    let ascii = format!("{}b", "a".repeat(1 << 15));
    let wide = format!("{}b", "é".repeat(1 << 14));
    for (text, other) in [(&ascii, &ascii), (&wide, &wide)] {
        let body = serde_json::json!({ "s": text, "t": other, "n": &text[text.len() / 2..], "w": " ".repeat(1 << 15) });
        for call in [
            "$s.lastIndexOf($n)",
            "$s.lastIndexOf($n, 20000)",
            "$s.indexOf($n)",
            "$s.indexOf('ab')",
            "$s.contains($n)",
            "$s.replace('ab', 'x')",
            "$s.replaceAll('ab', 'x')",
            "$s.split('ab')",
            "$s.equalsIgnoreCase($t)",
            "$s.compareTo($t)",
            "$s.compareToIgnoreCase($t)",
            "$s.regionMatches(true, 0, $t, 0, 16000)",
            "$s.regionMatches(0, $t, 0, 16000)",
            "$s.toUpperCase()",
            "$s.toLowerCase()",
            "$s.hashCode()",
            "$s.concat($t)",
            "$s.substring(1)",
            "$s.format('%S', $s)",
            "$s.format('%.1s', $s)",
            "$w.blank",
            "$w.isBlank()",
            "$w.trim()",
            "$w.stripTrailing()",
            "$l.get(0).isEmpty()",
            "$l[0].isEmpty()",
            "$m.k.isEmpty()",
            "$m.get('k').isEmpty()",
            "$m.getOrDefault('k', 1).isEmpty()",
            "$m.values()",
            "$m.clone()",
            "$l.toArray()",
            "$input.json('$.s')",
            "$input.json('$')",
            "$util.escapeJavaScript($s)",
            "$util.urlEncode($s)",
            "$util.base64Encode($s)",
        ] {
            let template = format!(
                "#set($s = $input.path('$.s'))#set($t = $input.path('$.t'))#set($n = $input.path('$.n'))\
                 #set($w = $input.path('$.w'))#set($l = [$s.concat('x')])#set($m = {{'k': $s.concat('y')}})\
                 #foreach($i in [1..1000])#foreach($j in [1..1000])#set($x = {call})#end#end"
            );
            let error = rendered(&template, &body.to_string()).expect_err(call);
            assert!(error.contains("this needs more"), "{call}: {error}");
        }
    }
}

#[test]
fn what_is_charged_for_nothing_to_speak_of_is_spent_too() {
    let numbers: Vec<usize> = (0..4_000).collect();
    let digits = format!("0.{}", "9".repeat(100_000));
    let body = serde_json::json!({ "l": numbers, "m": numbers.iter().map(|n| n + 4_000).collect::<Vec<_>>() });
    for (call, body) in [
        ("$l.retainAll($m)", body.to_string()),
        ("$l.removeAll($m)", body.to_string()),
        ("$l.containsAll($l)", body.to_string()),
        ("$l.size().format('%,.9999f', 1.0E308)", body.to_string()),
        ("$util.parseJson('x').format('%09999d %9999s', 1, 2)", body.to_string()),
        ("$input.path('$.n').toString()", format!("{{\"n\":{digits}}}")),
    ] {
        let template = format!(
            "#set($l = $input.path('$.l'))#set($m = $input.path('$.m'))\
             #foreach($i in [1..1000])#foreach($j in [1..1000])#set($x = {call})#end#end"
        );
        let error = rendered(&template, &body).expect_err(call);
        assert!(error.contains("this needs more"), "{call}: {error}");
    }
}

/// 65,535 is the widest that Rust formats.
#[test]
fn numbers_of_any_length_are_printed() {
    for digits in [format!("0.{}", "9".repeat(70_000)), format!("0.00000{}1", "3".repeat(70_000)), "9".repeat(70_000)] {
        let body = format!("{{\"n\":{digits}}}");
        assert_eq!(render("$input.path('$.n')", &body), digits);
        assert_eq!(render("$input.json('$')", &body), body);
        let compared = render("#set($n = $input.path('$.n'))#if($n > 2)large#end#if($n < 2)small#end", &body);
        assert_eq!(compared, if digits.starts_with('0') { "small" } else { "large" });
    }
}

#[test]
fn a_replacement_that_multiplies_is_refused_before_it_is_made() {
    let body = serde_json::json!({ "s": "a".repeat(60_000), "p": "(.*)", "r": "$1".repeat(60_000) }).to_string();
    for template in [
        "$input.path('$.s').replaceAll($input.path('$.p'), $input.path('$.r'))",
        "$input.path('$.s').replaceFirst($input.path('$.p'), $input.path('$.r'))",
        "$input.path('$.s').replace('a', $input.path('$.s'))",
        "#set($l = [1..1000])#set($s = $input.path('$.s'))#set($m = [])#foreach($i in $l)#set($d = $m.add(''))#end$s.join($s, $m)",
        "$input.path('$.s').repeat(1000)",
    ] {
        let error = rendered(template, &body).expect_err(template);
        assert!(error.contains("grew past") || error.contains("this needs more"), "{template}: {error}");
    }
}

#[test]
fn case_does_not_count_as_it_does_not_in_java() {
    for (call, expected) in [
        ("$a.equalsIgnoreCase('ÄB')", "true"),
        ("$a.equalsIgnoreCase('ÄBC')", "false"),
        ("$a.compareToIgnoreCase('ÄC')", "-1"),
        ("$a.compareToIgnoreCase('ÄBCD')", "-2"),
        ("$a.compareTo('äbc')", "-1"),
        ("$a.regionMatches(true, 1, 'xxB', 2, 1)", "true"),
        ("$a.regionMatches(false, 1, 'xxB', 2, 1)", "false"),
        ("$a.regionMatches(true, 1, 'xxB', 2, 2)", "false"),
        ("$a.lastIndexOf('b')", "1"),
        ("$a.lastIndexOf('b', 0)", "-1"),
        ("$a.lastIndexOf('')", "2"),
        ("$a.lastIndexOf('ä', 1)", "0"),
        ("$a.lastIndexOf('äbä')", "-1"),
    ] {
        assert_eq!(render(&format!("#set($a = 'äb'){call}"), ""), expected, "{call}");
    }
    assert_eq!(render("#set($a = 'ςΣ')$a.equalsIgnoreCase('σσ') $a.compareToIgnoreCase('σς')", ""), "true 0");
}
