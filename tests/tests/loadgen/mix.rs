//! Preflights and describes in the mix, stages and payloads: each is accounted for apart.

use serde_json::Value;

use super::loadgen::{Run, Scratch, output};

fn section<'s>(summary: &'s Value, list: &str, name: &str) -> &'s Value {
    let sections = summary[list].as_array().unwrap();
    sections.iter().find(|section| section["name"] == name).unwrap_or_else(|| panic!("{list}: no {name}: {sections:?}"))
}

fn preflight(replace: &[(&str, &str)]) -> String {
    let scenario = include_str!("../../../scenarios/preflight.toml").to_owned();
    replace.iter().fold(scenario, |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

#[test]
fn preflights_and_describes_are_reported_apart_from_executes() {
    let scratch = Scratch::new();
    let scenario = scratch.write("mix.toml", &preflight(&[]));
    let run = Run::of(&["-n", "200", "--rps", "200", scenario.to_str().unwrap()]);
    run.assert_conserved();
    let orders = section(&run.summary, "payloads", "order");
    assert_eq!(run.summary["outcomes"]["started"], orders["succeeded"], "{}", run.stdout);
    assert_eq!(run.summary["outcomes"]["sent"], orders["sent"]);
    assert_eq!(run.summary["names"]["checked"], orders["sent"], "only executes have names");
    let pages = section(&run.summary, "others", "preflight");
    assert_eq!(pages["succeeded"], pages["sent"], "{}", run.stdout);
    assert!(pages["sent"].as_u64().unwrap() > 50 && pages["response_us"]["p50"].is_u64());
    let status = section(&run.summary, "others", "describe");
    let nobody = status["failed"].get("not_found").and_then(Value::as_u64).unwrap_or_default();
    assert_eq!(status["sent"].as_u64().unwrap(), status["succeeded"].as_u64().unwrap() + nobody, "{}", run.stdout);
    assert!(status["succeeded"].as_u64().unwrap() > 5 && nobody <= 3, "{}", run.stdout);
    // What the run says of itself can be told from its directory alone.
    let rebuilt = output(&["report", run.directory.to_str().unwrap()]);
    assert_eq!(rebuilt.status.code(), Some(run.exit));
    let rebuilt = std::fs::read_to_string(run.directory.join("summary.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&rebuilt).unwrap(), run.summary);
}

#[test]
fn a_page_of_another_origin_is_refused_and_no_order_fails_for_it() {
    let scratch = Scratch::new();
    let scenario = preflight(&[("http://localhost:3000", "https://elsewhere.example")]);
    let scenario = scratch.write("mix.toml", &scenario);
    let run = Run::of(&["-n", "60", "--rps", "200", scenario.to_str().unwrap()]);
    assert_eq!(run.exit, 99, "{}", run.stdout);
    let pages = section(&run.summary, "others", "preflight");
    assert_eq!(pages["failed"]["refused"], pages["sent"]);
    assert_eq!(run.summary["outcomes"]["failed"], serde_json::json!({}));
}

#[test]
fn describes_of_a_closed_api_are_signed_and_preflights_are_not() {
    let scratch = Scratch::new();
    let scenario = scratch.write("mix.toml", &preflight(&[("timeout = \"30s\"", "auth = \"sigv4\"")]));
    let run = Run::of(&["-n", "100", "--rps", "200", scenario.to_str().unwrap()]);
    for other in run.summary["others"].as_array().unwrap() {
        assert!(other["failed"].get("forbidden").is_none(), "{}", run.stdout);
        assert!(other["succeeded"].as_u64().unwrap() > 0, "{}", run.stdout);
    }
    assert_eq!(run.summary["outcomes"]["failed"], serde_json::json!({}), "{}", run.stdout);
}

#[test]
fn every_stage_has_figures_of_its_own() {
    let scratch = Scratch::new();
    let scenario = "schema = 1\nname = \"stages\"\n[load]\nexecutor = \"ramping-arrival-rate\"\nstart_rate = 40\n\
        arrivals = \"uniform\"\nstages = [\n{ name = \"calm\", target = 40, duration = \"1s\" },\n\
        { target = 160, duration = \"0s\" },\n{ name = \"rush\", target = 160, duration = \"1s\" },\n]\n\
        [[payload]]\nname = \"order\"\njson = {}\n";
    let run = Run::of(&[scratch.write("stages.toml", scenario).to_str().unwrap()]);
    run.assert_conserved();
    let sent = |name: &str| section(&run.summary, "stages", name)["sent"].as_u64().unwrap();
    assert_eq!((sent("calm"), sent("2"), sent("rush")), (40, 0, 160), "{}", run.stdout);
    assert_eq!(run.summary["payloads"], serde_json::json!([]), "one payload says nothing that the whole does not");
}
