//! Two sides in turn.

use std::fs;

use serde_json::{Value, json};

use super::loadgen::{Scratch, output};
use super::server::{Reply, Server};

struct Ended {
    exit: Option<i32>,
    stdout: String,
    stderr: String,
    comparison: Value,
    scratch: Scratch,
}

fn ab(arguments: &[&str]) -> Ended {
    let scratch = Scratch::new();
    let folder = scratch.path("ab");
    let all = [&["ab"], arguments, &["-o", folder.to_str().unwrap()]].concat();
    let ended = output(&all);
    let comparison = fs::read_to_string(folder.join("comparison.json")).unwrap_or_else(|_| "null".into());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended {
        exit: ended.status.code(),
        stdout: text(ended.stdout),
        stderr: text(ended.stderr),
        comparison: serde_json::from_str(&comparison).unwrap(),
        scratch,
    }
}

#[test]
fn a_slower_side_is_a_regression_of_the_right_size_and_runs_interleave() {
    // Two and thirty later arrivals, five milliseconds each.
    let (fast, slow) = (Server::slowed(2, 120), Server::slowed(30, 120));
    let load = ["--rps", "200", "-n", "120", "--arrivals", "uniform", "--rounds", "4"];
    let ended = ab(&[&[fast.url.as_str(), slow.url.as_str()], &load[..]].concat());
    assert_eq!(ended.exit, Some(99), "{}{}", ended.stdout, ended.stderr);
    let order: Vec<&str> =
        ended.stdout.lines().filter(|l| l.contains("started")).map(|l| l.split_whitespace().next().unwrap()).collect();
    assert_eq!(order, ["a1", "b1", "b2", "a2", "a3", "b3", "b4", "a4"], "{}", ended.stdout);
    let p50 = &ended.comparison["differences"][0];
    assert_eq!((&p50["figure"], &p50["conclusion"]), (&json!("p50"), &json!("worse")), "{p50}");
    assert!((100_000.0..200_000.0).contains(&p50["shift"]["by"].as_f64().unwrap()), "{p50}");
    // Each run is whole: a directory that reports, with the seed of its round and the command that makes it again.
    let manifest = |name: &str| -> Value {
        let text = fs::read_to_string(ended.scratch.path("ab").join(name).join("manifest.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let seeds = ["a1", "b1", "a2", "b4"].map(|name| manifest(name)["run"]["seed"].as_u64().unwrap());
    assert_eq!(seeds, [1, 1, 2, 4]);
    let load = ["--rps", "200", "--requests", "120", "--arrivals", "uniform"];
    let again = [&load[..], &["--url", &slow.url, "--seed", "4"]].concat();
    assert_eq!(manifest("b4")["arguments"], json!(again));
}

#[test]
fn a_side_against_itself_is_never_called_worse() {
    let server = Server::slowed(2, 60);
    let url = server.url.as_str();
    // On a busy machine, four rounds may not suffice to tell; differences of less than the double do not matter.
    let ended = ab(&[url, url, "--rps", "200", "-n", "60", "--rounds", "4", "--tolerance", "1"]);
    assert!(matches!(ended.exit, Some(0 | 98)), "{}{}", ended.stdout, ended.stderr);
    assert!(!ended.stdout.contains("WORSE"), "{}", ended.stdout);
}

#[test]
fn too_few_rounds_cannot_tell() {
    let server = Server::healthy();
    let url = server.url.as_str();
    let ended = ab(&[url, url, "--rps", "200", "-n", "20", "--rounds", "1", "--output-format", "json"]);
    assert_eq!(ended.exit, Some(98), "{}{}", ended.stdout, ended.stderr);
    assert_eq!(serde_json::from_str::<Value>(&ended.stdout).unwrap(), ended.comparison);
    assert_eq!(ended.comparison["differences"][0]["conclusion"], "cannot-tell");
}

#[test]
fn two_scenarios_meet_the_same_target() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let scenario = |name: &str, body: &str| {
        let text = format!(
            "schema = 1\nname = \"{name}\"\n[load]\nexecutor = \"closed\"\nclients = 2\nrequests = 10\n\
             [[payload]]\nname = \"p\"\njson = {{ {body} = 1 }}\n"
        );
        scratch.write(&format!("{name}.toml"), &text).to_str().unwrap().to_owned()
    };
    let (small, large) = (scenario("small", "s"), scenario("large", "l"));
    let ended = ab(&[&small, &large, "--url", &server.url, "--rounds", "2"]);
    assert_eq!(ended.exit, Some(98), "{}{}", ended.stdout, ended.stderr);
    let bodies: Vec<String> = server.requests().iter().map(|r| r.body.clone()).collect();
    assert_eq!(bodies.iter().filter(|body| *body == r#"{"s":1}"#).count(), 20, "{bodies:?}");
    assert_eq!(bodies.iter().filter(|body| *body == r#"{"l":1}"#).count(), 20);
    let refused = ab(&[&small, &large, &small]);
    assert_eq!(refused.exit, Some(2));
    assert!(refused.stderr.contains("is a scenario already"), "{}", refused.stderr);
}

#[test]
fn a_run_that_says_nothing_about_its_side_ends_it_with_the_run_s_own_verdict() {
    let (healthy, broken) = (Server::healthy(), Server::start(|_| Reply::Close));
    let asked = "failed = [{ threshold = \"rate<10%\", abort_on_fail = true }]";
    let scratch = Scratch::new();
    let text = format!(
        "schema = 1\nname = \"x\"\n[load]\nexecutor = \"constant-arrival-rate\"\nrate = 100\nduration = \"4s\"\n\
         [[payload]]\nname = \"p\"\njson = {{}}\n[thresholds]\n{asked}\n"
    );
    let path = scratch.write("x.toml", &text);
    let ended = ab(&[&broken.url, &healthy.url, path.to_str().unwrap()]);
    assert_eq!(ended.exit, Some(108), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("run a1 is aborted: failed rate<10%: 100.00% (9"), "{}", ended.stderr);
    assert_eq!(healthy.requests().len(), 0);
}
