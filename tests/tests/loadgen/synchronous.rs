//! Load on a route that waits for its executions: answers are told apart by the status in them.

use std::fs;

use serde_json::{Value, json};

use super::loadgen::{Run, Scratch, output};
use super::server::{Reply, Server, answer, uuid};

fn scenario() -> String {
    format!("{}/../scenarios/sync.toml", env!("CARGO_MANIFEST_DIR"))
}

/// The answer to a request whose execution ended so, after so many milliseconds.
fn ended(name: &str, status: &str, milliseconds: u32) -> Vec<u8> {
    let stop = 1_561_735_429.0 + f64::from(milliseconds) / 1e3;
    let body = json!({
        "executionArn": format!("arn:aws:states:us-east-1:123456789012:express:Quotes:{name}:{name}"),
        "name": name,
        "startDate": 1_561_735_429.0,
        "status": status,
        "stopDate": stop,
    });
    answer(200, name, "", &body.to_string())
}

#[test]
fn answers_are_counted_by_the_status_in_them_and_the_workflows_time_stands_beside_the_response() {
    let server = Server::start(|request| {
        let name = uuid(request.number);
        Reply::Bytes(match request.number % 10 {
            0 => ended(&name, "FAILED", 70),
            1 => ended(&name, "TIMED_OUT", 9_000),
            // A route that does not wait: what it started may still run.
            2 => super::server::started(&name),
            3 => answer(500, &name, "x-amzn-ErrorType: InternalServerErrorException\r\n", "{\"message\":null}"),
            _ => ended(&name, "SUCCEEDED", 250),
        })
    });
    let load = ["--rps", "400", "-n", "100", "--url", &server.url];
    let judged = ["--threshold", "workflow_time:max<1s", "--threshold", "workflows_failed:count<21"];
    let run = Run::of(&[&load[..], &judged[..], &[&scenario()]].concat());
    run.assert_conserved();
    let outcomes = &run.summary["outcomes"];
    assert_eq!((&outcomes["kind"], &outcomes["started"]), (&json!("execute-sync"), &json!(60)), "{}", run.stdout);
    let failed = json!({"server_error": 10, "unrecognized": 10, "workflow_failed": 10, "workflow_timed_out": 10});
    assert_eq!(outcomes["failed"], failed);
    assert_eq!(outcomes["http_2xx_failed"], 0, "something was started by every answer with 200");
    let workflows = &run.summary["workflows"];
    assert_eq!(
        (&workflows["succeeded"], &workflows["failed"], &workflows["open"]),
        (&json!(60), &json!(20), &json!(0))
    );
    let time = &workflows["time_us"];
    assert_eq!(
        (&time["count"], &time["p50"]),
        (&json!(80), &json!(250_111)),
        "250 ms, as a histogram tells it: {time}"
    );
    assert_eq!(run.summary["names"]["checked"], 90, "every execution has a name, however it ended");
    assert!(run.stdout.contains("OUTCOMES     succeeded 60 (60.00%)"), "{}", run.stdout);
    assert!(run.stdout.contains("WORKFLOWS    succeeded 60   failed 20   open 0\n"), "{}", run.stdout);
    assert!(run.stdout.contains("✗ workflow_time max<1s (9.0"), "{}", run.stdout);
    assert!(run.stdout.contains("✓ workflows_failed count<21 (20"), "{}", run.stdout);
    assert!(run.stdout.contains("✓ succeeded count>0 (60)"), "{}", run.stdout);
    let page = fs::read_to_string(run.directory.join("report.html")).unwrap();
    assert!(page.contains("<dt>workflow time p95</dt>"));
    // What the run says of itself can be told from its directory alone.
    let rebuilt = output(&["report", run.directory.to_str().unwrap()]);
    assert_eq!(rebuilt.status.code(), Some(run.exit));
    let rebuilt = fs::read_to_string(run.directory.join("summary.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&rebuilt).unwrap(), run.summary);
}

#[test]
fn the_embedded_endpoint_waits_for_executions_where_the_scenario_does() {
    let run = Run::of(&["--rps", "50", "-n", "20", &scenario(), "--on-inconclusive", "pass"]);
    run.assert_conserved();
    assert_eq!(run.summary["outcomes"]["started"], 20, "{}{}", run.stdout, run.stderr);
    let time = &run.summary["workflows"]["time_us"];
    assert_eq!(time["count"], 20);
    // The workflow of the deployment waits for three seconds, and the answer with it.
    for figure in [&time["p50"], &run.summary["response_us"]["p50"]] {
        assert!(figure.as_u64().unwrap() >= 2_990_000, "{}", run.summary);
    }
}

#[test]
fn what_makes_no_sense_on_such_a_route_is_refused_with_what_does() {
    let scratch = Scratch::new();
    let text = fs::read_to_string(scenario()).unwrap();
    let refused = |text: &str, arguments: &[&str]| {
        let path = scratch.write("sync.toml", text);
        let run = output(&[&["validate", path.to_str().unwrap()], arguments].concat());
        assert_ne!(run.status.code(), Some(0));
        String::from_utf8(run.stderr).unwrap()
    };
    let more = |kind: &str, body: &str| format!("{text}\n[[payload]]\nname = \"more\"\nkind = \"{kind}\"\n{body}");
    let said = refused(&more("execute", "json = {}\n"), &[]);
    assert!(said.contains("a route waits for its executions, or it does not"), "{said}");
    let said = refused(&more("describe", ""), &[]);
    assert!(said.contains("describes no execution of an EXPRESS workflow"), "{said}");
    let said = refused(&more("execute-http", "json = {}\n"), &[]);
    assert!(said.contains("answers say how executions end, or they do not"), "{said}");
    let said = refused(&text, &["--kind", "execute-http"]);
    assert!(said.contains("whose payloads say theirs"), "{said}");
    let said = refused(&text.replace("workflows_failed", "started"), &[]);
    assert!(said.contains("no request of kind \"execute-sync\" ends as `started`"), "{said}");
    assert!(said.contains("all is well where it ends as `succeeded`"), "{said}");
}

#[test]
fn a_kind_that_is_not_the_routes_is_told_in_a_note() {
    let express = Server::start(|request| Reply::Bytes(ended(&uuid(request.number), "FAILED", 70)));
    let run = Run::of(&["--rps", "200", "-n", "20", "--url", &express.url]);
    let remarks = run.summary["remarks"].to_string();
    assert!(remarks.contains("EXPRESS ones, and how they end is not counted"), "{remarks}");
    let tried = output(&["try", "--url", &express.url]);
    assert!(String::from_utf8(tried.stdout).unwrap().contains("type         EXPRESS: where the route waits"));
    let standard = Server::healthy();
    let run = Run::of(&["--rps", "200", "-n", "20", "--url", &standard.url, &scenario()]);
    let remarks = run.summary["remarks"].to_string();
    assert!(remarks.contains("for which the route does not wait: leave kind"), "{remarks}");
}
