use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::document::Position;
use crate::java::{escape_java_script, halved};

mod charges;

struct Variables;

impl Context for Variables {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(match name {
            "requestId" => "6d9f1c5e-0000-4000-8000-000000000000",
            "identity.sourceIp" => "127.0.0.1",
            "error.messageString" => "\"Forbidden\"",
            _ => return None,
        }))
    }
}

fn text(value: &str) -> Text {
    let start = Position { file: "openapi.yaml".into(), line: 10, column: 15 };
    Text { value: value.to_owned(), start, indent: 17 }
}

fn rendered(template: &str, body: &str) -> Result<Rendered, String> {
    rendered_after(template, body, &Overrides::default())
}

/// Rendered with what an earlier template left in `$context`.
fn rendered_after(template: &str, body: &str, before: &Overrides) -> Result<Rendered, String> {
    let template = Template::parse(&text(template)).map_err(|error| error.to_string())?;
    let body = halved(body.into());
    let body = Body::new(&body, Leniency::Lenient);
    let parameters = Parameters {
        path: vec![("name".into(), "n1".into())],
        query: vec![("q".into(), "one".into()), ("q".into(), "two".into())],
        header: vec![("Idempotency-Key".into(), "k-1".into()), ("name".into(), "from the header".into())],
    };
    let stage_variables = [("table".to_owned(), "orders".to_owned())];
    let budget = Budget::for_body(body.text().len());
    let facts = Facts {
        body: &body,
        parameters: &parameters,
        context: &Variables,
        stage_variables: &stage_variables,
        overrides: before,
        budget: &budget,
    };
    template.render(&facts).map_err(|error| error.to_string())
}

fn render(template: &str, body: &str) -> String {
    rendered(template, body).unwrap_or_else(|error| panic!("{error}")).text
}

fn lines(vectors: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    vectors.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn unquoted(json: &str) -> String {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

#[test]
fn templates_render_as_velocity_renders_them() {
    let prelude = "#set($s = 'text')#set($n = 7)#set($list = ['a', 'b', 'c'])#set($map = {'k': 'v', 'two': 2})\
                   #set($yes = true)#set($no = false)#set($empty = '')$!{prelude}";
    let mut seen = 0;
    let mut wrong = Vec::new();
    for line in lines(include_str!("vectors/velocity.tsv")) {
        let (template, body) = (unquoted(line[0]), unquoted(line[1]));
        let result = rendered(&format!("{prelude}{template}"), &body).map(|rendered| rendered.text);
        let expected = (line[2] != "!").then(|| unquoted(line[2]));
        if result.clone().ok() != expected {
            wrong.push(format!("{template:?}\n  expected {expected:?}\n  rendered {result:?}"));
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "{} of {seen} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen > 150);
}

#[test]
fn api_gateways_own_objects_answer_as_recorded() {
    let mut seen = 0;
    for line in lines(include_str!("vectors/api-gateway.tsv")) {
        let (template, body) = (unquoted(line[1]), unquoted(line[2]));
        let result = rendered(&template, &body).map(|rendered| rendered.text);
        let expected = (line[3] != "!").then(|| unquoted(line[3]));
        assert_eq!(result.clone().ok(), expected, "{template:?} with {body:?}: {result:?}");
        seen += 1;
    }
    assert!(seen > 40);
}

#[test]
fn a_template_can_override_status_headers_and_the_integrations_request() {
    let overrides = rendered(
        "#set($context.responseOverride.status = 429)\n\
         #set($context.responseOverride.header.Retry-After = 3)\
         #set($context.responseOverride.header['X-A'] = 'b')\
         #set($context.requestOverride.header.X-Amz-Target = 'AWSStepFunctions.StartExecution')\
         #set($context.requestOverride.path.p = 'x')#set($context.requestOverride.querystring.q = \"${context.responseOverride.status}\")",
        "",
    )
    .unwrap()
    .overrides
    .unwrap();
    let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    assert_eq!(overrides.status, Some(429));
    assert_eq!(overrides.response_header, [pair("Retry-After", "3"), pair("X-A", "b")].concat());
    assert_eq!(overrides.header, pair("X-Amz-Target", "AWSStepFunctions.StartExecution"));
    assert_eq!((overrides.path, overrides.querystring), (pair("p", "x"), pair("q", "429")));
    assert!(rendered("#set($context.responseOverride.status = 'teapot')", "").is_err());
}

#[test]
fn what_is_not_supported_is_refused_with_its_place() {
    for (template, place, what) in [
        ("a\n  #macro(x)#end", "11:19", "#macro is not supported"),
        ("#set($x = $util.nope('a'))", "10:31", "$util has no method `nope`"),
        ("$input.body $input.form", "10:34", "$input has no property `form`"),
        ("$x.wait(3)", "10:18", "the method `wait` is not supported"),
        ("$input.json('$[')", "10:22", "JSONPath `$[`"),
        ("$x.replaceAll('(', '')", "10:18", "is not a regular expression"),
        ("#set($foreach = 1)", "10:20", "$foreach cannot be set"),
        ("#set($context.stage = 1)", "10:20", "$context.stage cannot be set"),
        ("#evaluate('x')", "10:15", "#evaluate is not supported"),
        ("#parse('x')", "10:15", "#parse is not supported"),
        ("#define(x)#end", "10:23", "#define needs a variable"),
        ("#define($x)", "10:15", "#define is never closed"),
        ("#iffy($x)", "10:15", "#iffy is not supported"),
        ("#if($x)\n", "10:15", "#if is never closed"),
        ("#set($x = \"a $input.nope b\")", "10:35", "$input has no property `nope`"),
        ("#foreach($i in $x)\nabc", "10:15", "#foreach is never closed"),
        ("{\n #set($x = )", "11:28", "a value is expected"),
    ] {
        let error = Template::parse(&text(template)).expect_err(template).to_string();
        assert!(error.contains(&format!("openapi.yaml:{place}:")) && error.contains(what), "{template:?}: {error}");
    }
}

/// The shape of the request template that the Serverless Framework deploys by default.
#[test]
fn a_defined_block_is_rendered_where_its_name_stands_with_the_variables_of_then() {
    let template = "#define( $loop )\n{#foreach($key in $map.keySet())\"$key\":\"$map.get($key)\"#if($foreach.hasNext),#end#end}\n\
                    #end\n#set( $map = $input.params().path ){\"path\":$loop\
                    #set( $map = $input.params().querystring ),\"query\":$loop}";
    assert_eq!(render(template, ""), "{\"path\":{\"name\":\"n1\"}\n,\"query\":{\"q\":\"two\"}\n}");
    assert_eq!(render("#define($a)[$x]#end#set($b = $a)#set($t = \"$a\")#set($x = 1)$a$b$t", ""), "[1][1][$x]");
    assert_eq!(render("#define($a)x#end#set($m = {})#set($m.b = $a)$m $a.toString().length()", ""), "{b=x} 1");
    assert_eq!(render("#define($a)1#break 2#end$a 3#define($a)4#stop 5#end$a 6", ""), "1 34");
    assert_eq!(
        render("#define($a)x#end#set($l = [$a, 'y'])$l#if($a) t#end $a.length() $!a.length()", ""),
        "[x, y] t $a.length() "
    );
    assert!(rendered("#define($a)$a#end$a", "").unwrap_err().contains("deeper than 8"));
    assert!(rendered("#define($a)#set($y = $a + 'x')#end$a", "").unwrap_err().contains("deeper than 8"));
}

#[test]
fn operators_in_any_number_are_no_deeper_than_one() {
    let nested = |inner: &str, chain: &str| format!("({inner}{})", chain.repeat(2_000));
    for (chain, value) in [("+1", "50001"), ("*1", "1"), ("||false", "false"), ("&&true", "false"), ("==1", "false")] {
        let expression = (0..25).fold("1".to_owned(), |inner, _| nested(&inner, chain));
        assert_eq!(rendered(&format!("#set($x = {expression})$x"), "").unwrap().text, value, "{chain}");
    }
}

#[test]
fn a_template_that_does_too_much_ends() {
    let nested = "#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])x#end#end#end";
    assert!(rendered(nested, "").unwrap_err().contains("more work"));
    let doubling = "#set($x = 'xxxxxxxxxxxxxxxx')#foreach($i in [1..1000])#set($x = \"$x$x\")#end$x";
    assert!(rendered(doubling, "").is_err());
    let cycle = "#set($x = [])#set($d = $x.add([$x]))$x";
    assert!(rendered(cycle, "").unwrap_err().contains("nested too deep"));
    let tower = "#set($x = [])#foreach($i in [1..1000])#set($x = [$x])#end#if($x == [$x])a#end$x.size()";
    assert_eq!(rendered(tower, "").unwrap().text, "1");
    assert_eq!(render("#foreach($i in [1..2000])#set($last = $i)#end$last", ""), "1000");
    assert!(rendered("#set($x = [1..100000000])", "").is_err());
    assert!(Template::parse(&text(&"#if($a)".repeat(10_000))).is_err());
    assert!(Template::parse(&text(&format!("#set($x = {}1{})", "(".repeat(10_000), ")".repeat(10_000)))).is_err());
}

/// Each of these once ran for minutes or took gigabytes. Nothing is timed: each must spend its budget and stop.
#[test]
fn an_attack_spends_its_budget_and_ends() {
    let megabyte = format!("{{\"s\":\"{}\",\"l\":[{}0]}}", "a".repeat(1_000_000), "1,".repeat(1_000));
    for (template, body) in [
        // 2^60 comparisons of lists that are shared.
        (
            "#set($a = ['x'])#set($b = ['x'])#foreach($i in [1..60])#set($a = [$a, $a])#set($b = [$b, $b])#end#if($a == $b)y#end",
            "",
        ),
        ("#set($a = {})#foreach($i in [1..60])#set($a = {'k': $a, 'l': $a})#end$a.hashCode()", ""),
        ("#set($a = ['x'])#foreach($i in [1..60])#set($a = [$a, $a])#end$a", ""),
        ("#foreach($i in [1..1000])#set($x = $input.path('$..*'))#end", &megabyte),
        ("#foreach($i in [1..50])#set($x = $input.path('$.s').split(''))#end", &megabyte),
        ("#foreach($i in [1..50])#set($x = $input.path('$.s').toCharArray())#end", &megabyte),
        ("$input.path('$.s').replaceAll('(?=(a+)+b)x', '')", &megabyte),
        ("$input.path('$.s').matches('(a+)+b')", &megabyte),
        ("$input.path('$..[?(@ != $..*)]')", &megabyte),
        ("#foreach($i in [1..1000])$input.path('$..[?(@ nin $.l)]')#end", &megabyte),
        ("#set($l = ['x'])#foreach($i in [1..60])#set($d = $l.addAll($l))#end", ""),
        ("#set($l = ['x'])#foreach($i in [1..60])#set($d = $l.addAll(0, $l))#end", ""),
        ("#foreach($i in [1..1000])#set($r = [1..99999])#end", ""),
        ("#set($x = 'xxxxxxxxxxxxxxxx')#foreach($i in [1..1000])#set($x = $x.replace('x', 'xx'))#end", ""),
        ("#set($l = [])#foreach($i in [1..1000])#set($d = $l.add($input.path('$.s').concat('b')))#end", &megabyte),
        ("#set($m = {})#foreach($i in [1..1000])#foreach($j in [1..1000])#set($m[\"$i-$j\"] = $j)#end#end", ""),
        ("#foreach($i in [1..1000])#set($x = $util.parseJson($input.json('$')))#end", &megabyte),
        ("#foreach($i in [1..1000])#set($x = $util.base64Encode($input.body))#end", &megabyte),
        ("#foreach($i in [1..1000])#set($x = $input.json('$.l[?(@ =~ /(1*)*2/)]'))#end", &megabyte),
    ] {
        let error = rendered(template, body).err().unwrap_or_else(|| panic!("it went through: {template}"));
        assert!(error.contains("this needs more") || error.contains("grew past"), "{template}: {error}");
    }
}

/// 900 items of a body of 76 KB in a loop, each read by a path of its own: an honest template.
#[test]
fn a_template_that_reads_nine_hundred_items_is_rendered() {
    let item = |at: usize| format!("{{\"sku\":\"item-{at:04}\",\"note\":\"{}\"}}", "n".repeat(50));
    let items: Vec<String> = (0..900).map(item).collect();
    let body = format!("{{\"items\":[{}]}}", items.join(","));
    assert!(body.len() > 70_000);
    for template in [
        "#foreach($i in [0..899])$input.path(\"$.items[$i].sku\"),#end",
        "#foreach($item in $input.path('$.items'))$input.path('$').items.size()$item.sku,#end",
        "#foreach($item in $input.path('$.items'))$input.path('$.items')[$foreach.index].sku $util.escapeJavaScript($item.note),#end",
        "#set($out = '')#foreach($item in $input.path('$.items'))#set($out = \"$out$item.sku;\")#end$out",
    ] {
        let text = render(template, &body);
        assert!(text.contains("item-0899") && text.len() >= 9_000, "{template}");
    }
}

#[test]
fn the_answers_template_sees_what_the_requests_template_put_aside() {
    let before = rendered(
        "#set($context.responseOverride.status = 444)#set($context.requestOverride.path.x = ['a', {'k': 1}])\
         #set($d = $context.responseOverride.header.put('X-A', 'one'))",
        "",
    )
    .unwrap()
    .overrides
    .unwrap();
    assert_eq!(before.status, Some(444));
    let after = rendered_after(
        "$context.responseOverride.status $context.requestOverride.path.x[1].k $context.requestOverride.path.get('x')\
         #foreach($k in $context.responseOverride.header.keySet()) $k=$context.responseOverride.header[$k]#end\
         #set($context.responseOverride.header['X-B'] = 2)#if($context.requestOverride.path.containsKey('y'))y#end",
        "",
        &before,
    )
    .unwrap();
    assert_eq!(after.text, "444 1 [a, {k=1}] X-A=one");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let overrides = after.overrides.unwrap();
    assert_eq!(overrides.response_header, [pair("X-A", "one"), pair("X-B", "2")]);
    assert_eq!((overrides.status, overrides.path), (Some(444), vec![pair("x", "[a, {k=1}]")]));
    assert_eq!(
        render("$context.identity.sourceIp $context.identity.get('sourceIp') $context.containsKey('stage')", ""),
        "127.0.0.1 127.0.0.1 false"
    );
    assert_eq!(render("#foreach($k in $context.identity.keySet())$k#end", ""), "sourceIp");
}

#[test]
fn a_template_may_use_the_names_of_the_gateways_objects_for_itself() {
    assert_eq!(render("#set($input = $input.path('$'))$input.a $input.a.length()", r#"{"a":"b"}"#), "b 1");
    assert_eq!(render("$input.json('$')#set($util = 'u')$util.toUpperCase()", "[1]"), "[1]U");
}

#[test]
fn half_of_a_pair_is_kept() {
    assert_eq!(render("$util.escapeJavaScript($input.json('$'))", r#"{"a":"\ud800"}"#), r#"{\"a\":\"\uD800\"}"#);
    assert_eq!(render("$input.path('$.a').length()", r#"{"a":"\ud800x"}"#), "2");
    assert_eq!(render("#set($s = $input.path('$'))$s.substring(0, 1)$s.substring(1)", "\"😀\""), "😀");
    assert_eq!(render("$input.path('$').substring(1)", "\"😀\""), "?");
    assert_eq!(render("$input.path('$')", "\"\u{10d800}\""), "\u{10d800}");
}

#[test]
fn the_documented_mending_of_quotes_gives_back_any_body() {
    let template = r#"{"input": "$util.escapeJavaScript($input.json('$')).replaceAll("\\'", "'")"}"#;
    let body = r#"{"a":"it's \\' \" / é 😀 </script>\n","b":[1,2.5,null,true]}"#;
    let envelope: serde_json::Value = serde_json::from_str(&render(template, body)).unwrap();
    let input: serde_json::Value = serde_json::from_str(envelope["input"].as_str().unwrap()).unwrap();
    assert_eq!(input, serde_json::from_str::<serde_json::Value>(body).unwrap());
}

/// Text made of the pieces that mean something to the parser.
fn template() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "$",
        "!",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "\"",
        "'",
        "#",
        "##",
        "#*",
        "*#",
        "\\",
        ".",
        ",",
        ":",
        " ",
        "\n",
        "=",
        "..",
        "#set",
        "#define($x)",
        "#set(",
        "#if(",
        "#elseif(",
        "#else",
        "#end",
        "#foreach($i in ",
        "#stop",
        "#break",
        "#[[",
        "]]#",
        "$x",
        "$!y",
        "${x}",
        "$input",
        ".json('$')",
        ".path('$.a')",
        ".params('q')",
        "$input.body",
        "$util.escapeJavaScript(",
        "$context",
        ".responseOverride.status",
        ".requestId",
        "$stageVariables.table",
        ".get(0)",
        ".put('a', 1)",
        ".size()",
        ".add(",
        "$foreach",
        ".hasNext",
        ".substring(1)",
        ".split('')",
        ".replaceAll('a', '$1')",
        "1",
        "-2",
        "1.5",
        "true",
        "&&",
        "||",
        "==",
        "<",
        "+",
        "-",
        "*",
        "/",
        "%",
        "not ",
        "é",
        "😀",
        "text",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_template_panics_or_hangs(template in template(), body in r#"[{}\[\]":,a0-9' ]{0,20}"#) {
        let _ = rendered(&template, &body);
    }

    #[test]
    fn no_text_panics(template in ".{0,60}") {
        let _ = rendered(&template, "{}");
    }

    #[test]
    fn text_without_dollar_hash_and_backslash_is_rendered_as_it_is(template in r"[^$#\\]{0,60}") {
        prop_assert_eq!(render(&template, ""), template);
    }

    #[test]
    fn escaping_and_mending_makes_a_json_string(value in ".{0,40}") {
        let escaped = escape_java_script(&halved(value.as_str().into())).replace("\\'", "'");
        let read: String = serde_json::from_str(&format!("\"{escaped}\"")).unwrap();
        prop_assert_eq!(read, value);
    }
}
