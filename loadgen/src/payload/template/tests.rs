use serde_json::json;

use super::super::Order;
use super::*;

fn rendered(template: &Template, k: u64, seed: u64) -> String {
    let mut out = Vec::new();
    template.render(&Arriving { k, seed, unix_ms: 1_767_225_600_123 }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_body_is_a_function_of_the_arrival_and_its_seed() {
    let template = Template::json(&json!({
        "id": "{{ uuid() }}", "n": "{{ int(-5, 5) }}", "f": "{{ float(0, 1) }}", "c": "{{ choice(\"a\", \"b\\\"\") }}",
        "k": "{{ seq() }}", "h": "x{{ hex(7) }}y", "plain": [1, true, null, "ü"]
    }))
    .unwrap();
    assert_eq!(rendered(&template, 9, 1), rendered(&template, 9, 1));
    assert_ne!(rendered(&template, 9, 1), rendered(&template, 9, 2));
    let body: serde_json::Value = serde_json::from_str(&rendered(&template, 9, 1)).unwrap();
    assert_eq!(body["k"], 9);
    assert!((-5..=5).contains(&body["n"].as_i64().unwrap()));
    assert_eq!(body["h"].as_str().unwrap().len(), 9);
    assert_eq!(body["id"].as_str().unwrap().len(), 36);
    assert_eq!(body["id"].as_str().unwrap().as_bytes()[14], b'4');
    assert_eq!(body["plain"], json!([1, true, null, "ü"]));
}

#[test]
fn bodies_are_pinned_across_platforms() {
    let template = Template::json(&json!(["{{ uuid() }}", "{{ int(1, 100000) }}", "{{ hex(4) }}"])).unwrap();
    assert_eq!(rendered(&template, 0, 42), PINNED);
}

const PINNED: &str = r#"["bdd73226-2feb-4e95-a8ef-e333b266f103",27861,"493e"]"#;

#[test]
fn time_environment_and_data_come_from_outside() {
    let users = b"{\"id\":7,\"name\":\"a\\\"b\"}\n".to_vec();
    let users = Data::json_lines("users", Order::Sequential, Box::new(users)).unwrap();
    let variable = |name: &str| (name == "REGION").then(|| "eu \"west\"".to_owned());
    let around = TemplateContext { variable, tables: &[users.into()] };
    let body = json!({
        "at": "{{ now() }}", "where": "{{ env(\"REGION\") }}", "id": "{{ data(\"users\", \"id\") }}",
        "who": "user {{ data(\"users\", \"id\") }} {{ data(\"users\", \"name\") }}"
    });
    let template = Template::within(&body, &around).unwrap();
    let rendered: serde_json::Value = serde_json::from_str(&rendered(&template, 3, 1)).unwrap();
    let at = "2026-01-01T00:00:00.123Z";
    assert_eq!(rendered, json!({"at": at, "where": "eu \"west\"", "id": 7, "who": "user 7 a\"b"}));
    assert_eq!(template.tables().count(), 1);
    for (text, message) in [
        ("{{ env(\"HOME\") }}", "the environment variable HOME is not set"),
        ("{{ data(\"user\", \"id\") }}", "there is no table `user`"),
        ("{{ data(\"users\", \"ids\") }}", "`users` has no column `ids`"),
        ("{{ data(\"users\", 1) }}", "`data(\"users\", 1)` is not a call of `data`"),
    ] {
        assert_eq!(Template::within(&json!(text), &around).unwrap_err().mistake.message, message);
    }
}

#[test]
fn a_body_without_expressions_is_constant() {
    let template = Template::json(&json!({"a": [1, "two"]})).unwrap();
    assert_eq!(template.as_constant().unwrap(), br#"{"a":[1,"two"]}"#);
}

#[test]
fn both_ends_of_the_widest_int_can_be_reached() {
    let template = Template::json(&json!("{{ int(-9223372036854775808, 9223372036854775807) }}")).unwrap();
    for seed in 0..100 {
        rendered(&template, 0, seed).parse::<i64>().unwrap();
    }
}

#[test]
fn mistakes_are_named_with_what_to_write_instead() {
    let error = |text: &str| Template::json(&json!(text)).unwrap_err();
    assert_eq!(error("{{ uid() }}").mistake.help.unwrap(), "did you mean `uuid`?");
    assert_eq!(error("{{ int(5) }}").mistake.message, "`int(5)` is not a call of `int`");
    assert_eq!(error("{{ int(5, 1) }}").mistake.help.unwrap(), "write it as {{ int(1, 100) }}");
    assert_eq!(error("a {{ uuid()").mistake.message, "`{{` without its `}}`");
    assert!(Template::json(&json!("{{ hex(99999999) }}")).is_err());
}

fn rows() -> Arc<Data> {
    let rows =
        b"{\"id\":7,\"name\":\"ada\",\"tags\":[\"a\",\"b\"]}\n{\"id\":8,\"name\":\"bob\",\"tags\":[]}\n".to_vec();
    Data::json_lines("users", Order::Sequential, Box::new(rows)).unwrap().into()
}

fn value(text: &str, k: u64) -> serde_json::Value {
    let tables = [rows()];
    let around = TemplateContext { variable: |name| (name == "REGION").then(|| "eu".to_owned()), tables: &tables };
    let template = Template::within(&json!(text), &around).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    serde_json::from_str(&rendered(&template, k, k + 1)).unwrap_or_else(|e| panic!("{text}: {e}"))
}

#[test]
fn whatever_minijinja_knows_can_stand_in_a_string() {
    for (text, expected) in [
        ("{{ 2 * seq() + 1 }}", json!(7)),
        ("{{ seq() % 2 == 1 }}", json!(true)),
        ("{{ none }}", json!(null)),
        ("{{ seq() / 2 }}", json!(1.5)),
        ("{{ [1, \"two\", {\"three\": 3}] }}", json!([1, "two", {"three": 3}])),
        ("{{ data(\"users\", \"name\") | upper }}", json!("BOB")),
        ("{{ data('users', 'tags') | length }}", json!(0)),
        ("{{ data(\"users\") }}", json!({"id": 8, "name": "bob", "tags": []})),
        ("{% set user = data(\"users\") %}{{ user.name }} has {{ user.tags }}", json!("bob has []")),
        ("{% if seq() > 2 %}many{% else %}few{% endif %}", json!("many")),
        ("{% for i in range(3) %}{{ i }};{% endfor %}", json!("0;1;2;")),
        ("{{ \"%05d\" | format(seq()) }}", json!("00003")),
        ("{{ env('REGION') ~ '-' ~ seq() }}", json!("eu-3")),
        ("{{ choice([\"only\"]) }}", json!("only")),
        ("{{ choice(5, 5) }}", json!(5)),
        ("{{ now()[:10] }}", json!("2026-01-01")),
        ("a \"quoted\" {{ \"ü\\n\" | upper }}", json!("a \"quoted\" Ü\n")),
        ("{# nothing #}", json!("")),
        ("{{ '{{' }}", json!("{{")),
    ] {
        assert_eq!(value(text, 3), expected, "{text}");
    }
}

#[test]
fn both_ways_of_rendering_draw_the_same() {
    for call in [
        "uuid()",
        "int(-5, 100000)",
        "float(2, 3)",
        "choice(\"a\", \"b\", \"c\")",
        "seq()",
        "hex(33)",
        "now()",
        "env(\"REGION\")",
        "data(\"users\", \"id\")",
    ] {
        for k in 0..20 {
            let plain = value(&format!("{{{{ {call} }}}}"), k);
            let rendered = value(&format!("{{{{ [{call}] }}}}"), k);
            assert_eq!(json!([plain]), rendered, "{call} of arrival {k}");
        }
    }
}

#[test]
fn parts_draw_one_after_the_other_whatever_way_they_take() {
    let template = |middle: &str| Template::json(&json!(["{{ hex(8) }}", middle, "{{ hex(8) }}"])).unwrap();
    let (plain, other) = (template("{{ hex(8) }}"), template("{{ hex(8) | lower }}"));
    assert_eq!(rendered(&plain, 0, 5), rendered(&other, 0, 5));
}

#[test]
fn what_minijinja_refuses_is_shown_with_its_place_when_the_scenario_is_read() {
    for (text, about, message, help) in [
        ("{{ uid() | upper }}", "uid", "unknown function `uid`", "did you mean `uuid`?"),
        ("{{ seq() + uid }}", "uid", "unknown name `uid`", "did you mean `uuid`?"),
        ("{{ seq() | uper }}", "uper", "unknown filter", "did you mean `upper`?"),
        ("{% if seq() %}", "", "syntax error", ""),
        ("x {{ seq( }}", "", "syntax error", ""),
        ("{{ seq() + \"a\" }}", "seq() + \"a\"", "", ""),
        ("{{ 1 // seq() }}", "1 // seq()", "", ""),
        ("{{ {\"a\": 1}.b.c }}", "", "undefined", ""),
        ("{{ int(5, 1) + 1 }}", "int(5, 1)", "int(5, 1) has its ends in the wrong order", ""),
        ("{{ data(\"user\", \"id\") ~ 1 }}", "data(\"user\", \"id\")", "there is no table `user`: did you mean", ""),
        ("{{ env(\"HOME\") ~ 1 }}", "env(\"HOME\")", "the environment variable HOME is not set", ""),
        ("{% for i in range(99999) %}{% for j in range(99) %}{% endfor %}{% endfor %}", "", "fuel", "100000 steps"),
    ] {
        let tables = [rows()];
        let around = TemplateContext { tables: &tables, ..TemplateContext::default() };
        let error = Template::within(&json!(text), &around).unwrap_err();
        assert!(error.mistake.message.contains(message), "{text}: {error:?}");
        assert!(error.text.contains(about) && text.contains(&error.text), "{text}: {error:?}");
        assert!(error.mistake.help.clone().unwrap_or_default().contains(help), "{text}: {error:?}");
    }
}

#[test]
fn an_arrival_whose_body_cannot_be_made_is_an_error_in_words() {
    let template = Template::json(&json!("{{ 100 // (seq() - 70) }}")).unwrap();
    let mut out = Vec::new();
    let error = template.render(&Arriving { k: 70, seed: 1, unix_ms: 0 }, &mut out).unwrap_err().message;
    assert_eq!(error, "unable to calculate 100 // 0");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic_and_what_is_read_is_json(text in "[{}%#a-z0-9()\"', |.+*-]{0,40}", seed: u64) {
        if let Ok(template) = Template::json(&json!({"a": text})) {
            let mut out = Vec::new();
            if template.render(&Arriving { k: 1, seed, unix_ms: 0 }, &mut out).is_ok() {
                proptest::prop_assert!(serde_json::from_slice::<serde_json::Value>(&out).is_ok(), "{}", String::from_utf8_lossy(&out));
            }
        }
    }
}

#[test]
fn a_template_in_a_key_is_refused_for_keys_are_sent_as_they_stand() {
    let error = Template::json(&serde_json::json!({"a": [{"{{ uuid() }}": 1}]})).unwrap_err();
    assert_eq!(error.text, "{{ uuid() }}");
    assert!(error.mistake.message.contains("keys are sent as they are"), "{error:?}");
}
