//! What requests carry: templates, tables of data, and what happens when a body cannot be made.

use serde_json::{Value, json};

use super::loadgen::{Run, Scratch, output};
use super::server::Server;

/// A scenario in a folder of its own, with tables beside it.
fn scenario(scratch: &Scratch, load: &str, more: &str) -> String {
    let text = format!("schema = 1\nname = \"carried\"\nseed = 9\n[load]\n{load}\n{more}\n");
    scratch.write("carried.toml", &text).to_str().unwrap().to_owned()
}

const CLOSED: &str = "executor = \"closed\"\nclients = 2";

#[test]
fn bodies_are_rendered_with_whatever_minijinja_knows_and_rows_of_data() {
    let scratch = Scratch::new();
    scratch.write("users.csv", "id,name\n7,ada\n8,bob\n9,eve\n");
    scratch.write("orders.jsonl", "{\"sku\":\"tea\",\"price\":1.50}\n{\"sku\":\"cocoa\",\"price\":2.25}\n");
    let more = r#"
[data.users]
file = "users.csv"
order = "unique"
[data.orders]
file = "orders.jsonl"
[[payload]]
name = "order"
json = { id = '{{ data("users", "id") | int }}', who = '{{ data("users", "name") | upper }}', order = '{{ data("orders") }}', even = '{{ seq() % 2 == 0 }}', note = "{% if seq() > 1 %}late{% else %}soon{% endif %}", plain = "{{ seq() }}" }
"#;
    let path = scenario(&scratch, &format!("{CLOSED}\nrequests = 3"), more);
    let server = Server::healthy();
    let run = Run::of(&[&path, "--url", &server.url]);
    assert_eq!(run.exit, 0, "{}{}", run.stdout, run.stderr);
    let mut bodies: Vec<Value> = server.requests().iter().map(|r| serde_json::from_str(&r.body).unwrap()).collect();
    bodies.sort_by_key(|body| body["plain"].as_u64());
    let tea = json!({"sku": "tea", "price": 1.5});
    let cocoa = json!({"sku": "cocoa", "price": 2.25});
    assert_eq!(
        bodies,
        [
            json!({"id": 7, "who": "ADA", "order": tea, "even": true, "note": "soon", "plain": 0}),
            json!({"id": 8, "who": "BOB", "order": cocoa, "even": false, "note": "soon", "plain": 1}),
            json!({"id": 9, "who": "EVE", "order": tea, "even": true, "note": "late", "plain": 2}),
        ]
    );
    let refused = output(&[&path, "--url", &server.url, "-n", "4"]);
    assert_eq!(refused.status.code(), Some(2));
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains("has 3 rows for 4 arrivals"), "{error}");
}

#[test]
fn a_body_that_cannot_be_made_ends_the_run_with_its_arrival_and_its_reason() {
    let scratch = Scratch::new();
    let more = "[[payload]]\nname = \"p\"\njson = { share = \"{{ 100 // (seq() - 70) }}\" }";
    let path = scenario(&scratch, "executor = \"constant-arrival-rate\"\nrate = 200\nrequests = 400", more);
    let server = Server::healthy();
    let run = Run::of(&[&path, "--url", &server.url]);
    assert_eq!((run.exit, &run.summary["verdict"]), (108, &json!("aborted")), "{}{}", run.stdout, run.stderr);
    assert_eq!(run.summary["reason"], "payload p of arrival 70: unable to calculate 100 // 0");
    assert_eq!(run.summary["plan"]["sent"], 70);
    run.assert_conserved();
    let own = std::fs::read_to_string(run.directory.join("summary.json")).unwrap();
    output(&["report", run.directory.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(run.directory.join("summary.json")).unwrap(), own);
}

#[test]
fn a_mistake_in_a_template_is_shown_where_it_stands_before_anything_is_sent() {
    let scratch = Scratch::new();
    for (written, marked, help) in [
        ("{{ uuid() | uper }}", "uper", "did you mean `upper`?"),
        ("{{ uid() ~ 1 }}", "uid", "did you mean `uuid`?"),
        ("{% if seq() %}", "", ""),
    ] {
        let more = format!("[[payload]]\nname = \"p\"\njson = {{ a = 1, order = '{written}' }}");
        let path = scenario(&scratch, &format!("{CLOSED}\nrequests = 1"), &more);
        let ended = output(&["validate", &path]);
        let error = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(104), "{error}");
        let lines: Vec<&str> = error.lines().collect();
        let (source, carets) = (lines[3], lines[4]);
        let (start, end) = (carets.find('^').unwrap(), carets.rfind('^').unwrap() + 1);
        assert!(source[start..end].contains(marked) && error.contains(help), "{error}");
    }
}

#[test]
fn try_sends_one_request_of_each_payload() {
    let scratch = Scratch::new();
    let more = "[[payload]]\nname = \"small\"\nweight = 9\njson = { n = \"{{ seq() }}\" }\n\
                [[payload]]\nname = \"large\"\njson = { n = 2, note = \"{{ hex(8) }}\" }";
    let path = scenario(&scratch, &format!("{CLOSED}\nrequests = 1000"), more);
    let server = Server::healthy();
    let tried = output(&["try", &path, "--url", &server.url]);
    let said = String::from_utf8(tried.stdout).unwrap();
    assert_eq!(tried.status.code(), Some(0), "{said}");
    for line in ["payload      small (execute, weight 9)", "payload      large (execute, weight 1)", "> {\"n\":0}"] {
        assert!(said.lines().any(|l| l == line), "{line} in {said}");
    }
    assert_eq!(said.matches("outcome      started").count(), 2, "{said}");
    assert_eq!(server.requests().len(), 2);
    let committed = format!("{}/../scenarios/preflight.toml", env!("CARGO_MANIFEST_DIR"));
    let mixed = output(&["try", &committed]);
    let said = String::from_utf8(mixed.stdout).unwrap();
    assert_eq!(mixed.status.code(), Some(0), "{said}");
    for outcome in ["started", "allowed", "described"] {
        assert!(said.lines().any(|l| l == format!("outcome      {outcome}")), "{outcome} in {said}");
    }
    // A target that is not there is said once a payload, and none is forgotten.
    let tried = output(&["try", &path, "--url", "http://127.0.0.1:1/execute"]);
    assert_eq!(tried.status.code(), Some(1));
    assert_eq!(String::from_utf8(tried.stderr).unwrap().matches("error: no answer from").count(), 2);
}
