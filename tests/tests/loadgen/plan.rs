//! What a load takes and costs, told before it is sent: against hand computations, and against a run that is counted.

use std::path::Path;

use serde_json::Value;

use super::loadgen::{Run, Scratch, command};
use super::server::Server;

const BUCKET: f64 = 1_300.0;
const REFILL: f64 = 300.0;

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

fn scenario(name: &str) -> String {
    format!("{}/../scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

/// The plan as JSON.
fn plan(arguments: &[&str]) -> Value {
    let ended = command(&[&["plan", "--output-format", "json"], arguments].concat()).output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{arguments:?}: {}", text(&ended.stderr));
    serde_json::from_slice(&ended.stdout).unwrap()
}

fn refused(arguments: &[&str]) -> String {
    let ended = command(&[&["plan"], arguments].concat()).output().unwrap();
    assert_eq!(ended.status.code(), Some(2), "{arguments:?}: {}{}", text(&ended.stdout), text(&ended.stderr));
    text(&ended.stderr).to_owned()
}

fn quota<'p>(plan: &'p Value, name: &str) -> &'p Value {
    plan["quotas"].as_array().unwrap().iter().find(|quota| quota["name"] == name).unwrap_or(&Value::Null)
}

fn line(plan: &Value, item: &str) -> (f64, f64) {
    let line = plan["bill"]["lines"].as_array().unwrap().iter().find(|line| line["item"] == item);
    let line = line.unwrap_or_else(|| panic!("{item}: {plan:#}"));
    (line["quantity"].as_f64().unwrap(), line["usd"].as_f64().unwrap())
}

/// A state machine that ends at once.
fn pass(scratch: &Scratch) -> String {
    let machine = r#"{"StartAt":"Done","States":{"Done":{"Type":"Pass","End":true}}}"#;
    scratch.write("machine.asl.json", machine).to_str().unwrap().to_owned()
}

#[test]
fn a_plan_tells_what_the_workflow_takes_and_sends_nothing_to_the_target() {
    let server = Server::healthy();
    let plan = plan(&[&scenario("basic"), "--arrivals", "uniform", "--rps", "10", "-d", "20s", "--url", &server.url]);
    assert!(server.requests().is_empty());
    assert_eq!((plan["arrivals"].as_u64(), plan["started"].as_u64()), (Some(200), Some(200)));
    // Start, Wait in parallel with two branches, End: five states, four of them functions.
    let workflow = &plan["executions"][0];
    assert_eq!((workflow["transitions"].as_u64(), workflow["invocations"].as_u64()), (Some(5), Some(4)), "{plan:#}");
    assert_eq!((workflow["duration_ms"].as_u64(), workflow["status"].as_str()), (Some(3_000), Some("SUCCEEDED")));
    // Ten a second for three seconds each are open at once. Of each run a function of 3 s and one of 0.5 s, thirty and five
    // at once, and in the same moment one more of each kind may begin or end.
    assert!((30..=31).contains(&plan["peak_open"].as_u64().unwrap()), "{}", plan["peak_open"]);
    assert!((35..=39).contains(&plan["peak_concurrency"].as_u64().unwrap()), "{}", plan["peak_concurrency"]);
    let close = |(quantity, usd): (f64, f64), expected: f64, price: f64| {
        assert!((quantity - expected).abs() < 1e-9 * expected.max(1.0), "{quantity} for {expected}");
        assert!((usd - expected * price).abs() < 1e-12, "{usd} for {expected} at {price}");
    };
    close(line(&plan, "rest-request"), 200.0, 3.5e-6);
    close(line(&plan, "state-transition"), 1_000.0, 25e-6);
    close(line(&plan, "lambda-request"), 800.0, 0.2e-6);
    // 1 ms, 3 s, 500 ms and 1 ms with 128 MB.
    close(line(&plan, "lambda-gb-second"), 200.0 * 3.502 / 8.0, 16.6667e-6);
    let sum: f64 = plan["bill"]["lines"].as_array().unwrap().iter().map(|line| line["usd"].as_f64().unwrap()).sum();
    assert!((plan["bill"]["usd"].as_f64().unwrap() - sum).abs() < 1e-12);
    for sourced in plan["bill"]["lines"].as_array().unwrap() {
        assert!(sourced["source"]["title"].as_str().is_some_and(|title| !title.is_empty()), "{sourced}");
    }
    assert_eq!(plan["throttled"], 0);
    assert!(quota(&plan, "StartExecution")["first_exceeded_s"].is_null());
    assert!(quota(&plan, "StartExecution")["source"]["date"].is_string());
}

#[test]
fn the_arrivals_of_a_plan_are_those_of_the_run() {
    let plan = plan(&[&scenario("spike")]);
    let validated = command(&["validate", &scenario("spike")]).output().unwrap();
    let planned = format!("plan         {} arrivals", plan["arrivals"]);
    assert!(text(&validated.stdout).contains(&planned), "{planned}: {}", text(&validated.stdout));
    let seconds: u64 = plan["over_time"].as_array().unwrap().iter().map(|row| row["arrivals"].as_u64().unwrap()).sum();
    assert_eq!(Some(seconds), plan["arrivals"].as_u64());
    let payload = &plan["payloads"][0];
    let (bytes, made) = (payload["bytes"].as_u64().unwrap(), payload["made"].as_u64().unwrap());
    assert_eq!(Some(made), plan["arrivals"].as_u64());
    assert!(bytes > 80 * made && bytes <= payload["largest_bytes"].as_u64().unwrap() * made, "{payload}");
}

#[test]
fn the_throttled_share_foretold_is_the_share_counted() {
    let scratch = Scratch::new();
    let machine = pass(&scratch);
    // Twice the refill until the bucket is long empty; not so many that a busy machine falls behind.
    let load = ["--rps", "900", "-d", "5s", "--seed", "3", "--template", &machine, &scenario("basic")];
    let plan = plan(&load);
    let (arrivals, foretold) = (plan["arrivals"].as_f64().unwrap(), plan["throttled"].as_f64().unwrap());
    // By hand: what is over is what neither the bucket held nor the refill brought.
    assert!((arrivals - foretold - (BUCKET + 5.0 * REFILL)).abs() < 30.0, "{foretold} of {arrivals}");
    // The stage's throttle is as large as the bucket of StartExecution, and comes before it.
    let stage = quota(&plan, "stage, execute");
    assert!((stage["first_exceeded_s"].as_f64().unwrap() - BUCKET / (900.0 - REFILL)).abs() < 0.25, "{stage}");
    let wide =
        ["--param", "ThrottleRate=9000", "--param", "ThrottleBurst=9000", "--rps", "900", "-d", "5s", "--seed", "3"];
    let wide = self::plan(&[&wide[..], &[&scenario("basic")]].concat());
    assert_eq!(quota(&wide, "StartExecution")["exceeded"], wide["throttled"]);
    assert_eq!(wide["throttled"], plan["throttled"], "the same bucket, wherever it stands");
    let run = Run::of(&[&load[..], &["--quotas", "aws", "--on-inconclusive", "pass"]].concat());
    assert_eq!(run.summary["plan"]["sent"], plan["arrivals"], "{}", run.stderr);
    let sent = arrivals;
    let counted = run.summary["outcomes"]["failed"]["throttled"].as_f64().unwrap_or_default();
    // The run takes a little longer than its plan where the machine is busy, and the bucket gains all the while.
    let took = run.summary["run"]["seconds"].as_f64().unwrap_or(5.0);
    let gained = (took - 5.0).max(0.0) * REFILL / sent;
    let (foretold, counted) = (foretold / arrivals, counted / sent);
    assert!((foretold - counted).abs() < 0.01 + gained, "{foretold} foretold, {counted} counted in {took} s");
}

#[test]
fn a_load_that_costs_more_than_allowed_is_refused_before_its_first_request() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let directory = scratch.path("run");
    let load = ["--rps", "100", "-n", "100", "--url", &server.url, "-D", "{}", "-o", directory.to_str().unwrap()];
    // 100 executions with five transitions each are 1.25 cents.
    for (most, exit) in [("0.01USD", 2), ("1USD", 0)] {
        let ended = command(&[&load[..], &["--max-cost", most]].concat()).output().unwrap();
        assert_eq!(ended.status.code(), Some(exit), "{most}: {}", text(&ended.stderr));
        assert_eq!(server.requests().len(), if exit == 0 { 100 } else { 0 });
        assert_eq!(text(&ended.stderr).contains("--max-cost allows"), exit != 0, "{}", text(&ended.stderr));
        assert_eq!(directory.exists(), exit == 0);
    }
    let said = refused(&[&scenario("basic"), "--max-cost", "0.01USD"]);
    assert!(said.contains("the load would cost $0.") && said.contains("allows $0.0100"), "{said}");
    let said = refused(&["--closed", "5", "-d", "1m", "--url", &server.url]);
    assert!(said.contains("give -n, or max_executions"), "{said}");
}

#[test]
fn a_region_without_prices_is_refused_by_name_or_given_in_a_file() {
    let said = refused(&[&scenario("basic"), "--region", "eu-north-1"]);
    assert!(said.contains("the region eu-north-1") && said.contains("--prices FILE"), "{said}");
    let sync = refused(&[&scenario("sync"), "--region", "eu-west-1"]);
    assert!(sync.contains("EXPRESS workflows in eu-west-1"), "{sync}");
    let scratch = Scratch::new();
    let rows: String = ["rest-request", "state-transition", "lambda-request", "lambda-gb-second", "log-gb"]
        .map(|item| {
            format!("[[price]]\nregion = \"eu-north-1\"\nitem = \"{item}\"\nusd = 1\nper = 1000\nsource = \"a\"\n")
        })
        .concat();
    let given = format!(
        "[sources]\na = {{ title = \"our contract\", date = \"2026\" }}\n{rows}\
         [[bucket]]\nregion = \"eu-north-1\"\naction = \"StartExecution\"\nbucket = 100\nrefill = 10\nsource = \"a\"\n"
    );
    let file = scratch.write("prices.toml", &given);
    let file = file.to_str().unwrap();
    let load = [&scenario("basic"), "--rps", "100", "-d", "10s", "--arrivals", "uniform"];
    let plan = plan(&[&load[..], &["--region", "eu-north-1", "--prices", file]].concat());
    let starts = quota(&plan, "StartExecution");
    assert_eq!((starts["bucket"]["bucket"].as_f64(), &starts["source"]["date"]), (Some(100.0), &"2026".into()));
    // A hundred at once, and ten a second.
    let refused = plan["throttled"].as_u64().unwrap();
    assert!(refused.abs_diff(1_000 - 100 - 100) <= 2, "{refused}");
    let (transitions, usd) = line(&plan, "state-transition");
    assert!((usd - transitions / 1_000.0).abs() < 1e-9);
    let wrong = scratch.write("wrong.toml", &given.replace("\"StartExecution\"", "\"StartExecutions\""));
    let said = self::refused(&[&scenario("basic"), "--prices", wrong.to_str().unwrap()]);
    assert!(said.contains("no bucket is called `StartExecutions`"), "{said}");
}

#[test]
fn synchronous_workflows_are_charged_by_request_and_duration() {
    let plan = plan(&[&scenario("sync"), "--rps", "10", "-d", "10s", "--arrivals", "uniform"]);
    assert_eq!(plan["executions"][0]["express"], true);
    assert!((line(&plan, "express-request").0 - 100.0).abs() < 1e-9);
    // Three seconds in one chunk of 64 MB.
    let (quantity, usd) = line(&plan, "express-gb-second");
    assert!((quantity - 100.0 * 3.0 / 16.0).abs() < 1e-9, "{quantity}");
    assert!((usd - quantity * 16.67e-6).abs() < 1e-12);
    assert_eq!(quota(&plan, "StateTransition"), &Value::Null);
    assert_eq!(quota(&plan, "StartExecution of EXPRESS")["demand"], 100);
}

#[test]
fn an_input_that_is_too_large_is_told_with_its_size() {
    let scratch = Scratch::new();
    let body = format!("{{\"text\":\"{}\"}}", "x".repeat(262_144));
    let file = scratch.write("large.json", &body);
    let body = format!("@{}", file.display());
    let ended = command(&["plan", "-n", "3", "--url", "http://127.0.0.1:1/prod/execute", "--body", &body]).output();
    // The workflow itself refuses it, and says so.
    let ended = ended.unwrap();
    assert_eq!(ended.status.code(), Some(1), "{}{}", text(&ended.stdout), text(&ended.stderr));
    assert!(text(&ended.stderr).contains("starts no execution of this deployment"), "{}", text(&ended.stderr));
}

#[test]
fn a_workflow_that_waits_for_others_is_refused_in_words_and_retries_count() {
    let scratch = Scratch::new();
    let waits = r#"{"StartAt":"Ask","States":{"Ask":{"Type":"Wait","Seconds":86400,"Next":"Done"},
        "Done":{"Type":"Succeed"}}}"#;
    let machine = scratch.write("day.asl.json", waits);
    let day = plan(&[&scenario("basic"), "-n", "5", "--template", machine.to_str().unwrap()]);
    assert_eq!(day["executions"][0]["duration_ms"], 86_400_000);
    assert_eq!(day["peak_open"], 5);
    assert!(Path::new(day["template"].as_str().unwrap()).ends_with("day.asl.json"));
    let activity = r#"{"StartAt":"Ask","States":{"Ask":{"Type":"Task","End":true,
        "Resource":"arn:aws:states:us-east-1:123456789012:activity:work"}}}"#;
    let machine = scratch.write("asks.asl.json", activity);
    let ended = command(&["plan", &scenario("basic"), "-n", "5", "--template", machine.to_str().unwrap()]);
    let ended = { ended }.output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(text(&ended.stderr).contains("does not end by itself"), "{}", text(&ended.stderr));
}

#[test]
fn a_plan_is_read_on_a_terminal_and_kept_as_json() {
    let scratch = Scratch::new();
    let kept = scratch.path("kept");
    let load = [&scenario("basic"), "--rps", "10", "-d", "20s", "--arrivals", "uniform"];
    let ended = command(&[&["plan"], &load[..], &["-o", kept.to_str().unwrap()]].concat()).output().unwrap();
    let shown = text(&ended.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "PLAN basic seed 42 us-east-1 embedded; nothing was sent to it",
        "ARRIVALS 200 in 20s",
        "WORKFLOW order: STANDARD, SUCCEEDED after 3s; 5 state transitions, 4 Lambda invocations",
        "EXECUTIONS 200 start, at most 31 are open at once",
        "StartExecution 1300 + 300/s 200 never",
        "THROTTLED 0 of 200 requests (0.00%)",
        "PRICE $0.0274 in us-east-1",
        "state transitions 1000 $0.025 for 1000",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let json: Value = serde_json::from_slice(&std::fs::read(kept.join("plan.json")).unwrap()).unwrap();
    assert_eq!(json["arrivals"], 200);
}

#[test]
fn a_directory_without_a_run_says_what_it_holds() {
    let scratch = Scratch::new();
    for (folder, file, says) in [
        ("found", "search.json", "it holds a search, whose page is search.html"),
        ("sides", "comparison.json", "it holds what `ab` found"),
        ("planned", "plan.json", "it holds a plan"),
        ("nothing", "notes.txt", "holds no run"),
    ] {
        let directory = scratch.path(folder);
        std::fs::create_dir_all(directory.join("level-01-10")).unwrap();
        std::fs::write(directory.join(file), "{}").unwrap();
        let directory = directory.to_str().unwrap();
        for words in
            [&["report", directory][..], &["reconcile", directory], &["compare", directory, "--baseline", directory]]
        {
            let ended = command(words).output().unwrap();
            assert_eq!(ended.status.code(), Some(1), "{words:?}: {}", text(&ended.stderr));
            assert!(text(&ended.stderr).contains(says), "{words:?}: {}", text(&ended.stderr));
        }
    }
}

#[test]
fn a_plan_of_a_template_that_wants_signatures_keys_or_tokens_asks_for_none() {
    let scratch = Scratch::new();
    let guards = [
        "x-amazon-apigateway-auth: { type: AWS_IAM }",
        "x-amazon-apigateway-api-key-required: true",
        "security: [{ pool: [] }]",
    ];
    for guard in guards {
        let template = format!(
            r#"Transform: AWS::Serverless-2016-10-31
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Role: arn:aws:iam::123456789012:role/states
      Definition: {{ StartAt: Done, States: {{ Done: {{ Type: Pass, End: true }} }} }}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      DefinitionBody:
        openapi: "3.0.1"
        info: {{ title: guarded, version: "1" }}
        components:
          securitySchemes:
            pool:
              type: apiKey
              name: Authorization
              in: header
              x-amazon-apigateway-authtype: cognito_user_pools
        paths:
          /execute:
            post:
              {guard}
              responses: {{ "200": {{ description: started }} }}
              x-amazon-apigateway-integration:
                type: aws
                httpMethod: POST
                uri: !Sub arn:aws:apigateway:${{AWS::Region}}:states:action/StartExecution
                credentials: arn:aws:iam::123456789012:role/api
                requestTemplates:
                  application/json: !Sub |
                    {{ "input": "$util.escapeJavaScript($input.json('$'))", "stateMachineArn": "${{Machine}}" }}
                responses: {{ default: {{ statusCode: "200" }} }}
"#
        );
        let template = scratch.write("guarded.yaml", &template).to_str().unwrap().to_owned();
        let plan = plan(&[&scenario("basic"), "-n", "5", "--template", &template]);
        assert_eq!(plan["started"], 5, "{guard}: {plan:#}");
    }
}

#[test]
fn a_plan_whose_workflow_lacks_a_double_says_so_and_passes_no_cap_on_its_cost() {
    let scratch = Scratch::new();
    let machine = r#"{"StartAt":"Tell","States":{
        "Tell":{"Type":"Task","Resource":"arn:aws:states:::sns:publish",
            "Parameters":{"TopicArn":"arn:aws:sns:us-east-1:123456789012:t","Message":"m"},"Next":"Done"},
        "Done":{"Type":"Succeed"}}}"#;
    let machine = scratch.write("tells.asl.json", machine);
    let load = ["--rps", "10", "-n", "10", "--arrivals", "uniform", "--template", machine.to_str().unwrap()];
    let lacking = plan(&load);
    assert_eq!(lacking["executions"][0]["without_double"], "arn:aws:states:::sns:publish", "{lacking:#}");
    assert!(
        lacking["remarks"][0].as_str().unwrap().contains("not what AWS takes; give it one with --mocks"),
        "{lacking:#}"
    );
    let said = refused(&[&load[..], &["--max-cost", "1000USD"]].concat());
    assert!(said.contains("what the load costs is not known") && said.contains("--mocks FILE"), "{said}");
    let mocks = r#"{"MockedResponses":{"Told":{"0":{"Return":{"MessageId":"1"}}}},
        "Doubles":{"sns:publish":{"Response":"Told"}}}"#;
    let mocks = scratch.write("mocks.json", mocks);
    let answered = plan(&[&load[..], &["--max-cost", "1USD", "--mocks", mocks.to_str().unwrap()]].concat());
    let workflow = &answered["executions"][0];
    assert_eq!((&workflow["status"], workflow["transitions"].as_u64()), (&"SUCCEEDED".into(), Some(2)), "{answered:#}");
}
