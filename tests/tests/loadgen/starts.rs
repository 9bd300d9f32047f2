//! What comes before the first request and after the last one: a run begins whole or leaves nothing, and says what it lost.

use std::fs::{self, File};
use std::process::Stdio;

use serde_json::Value;

use super::loadgen::{Run, Running, Scratch, command, output};
use super::server::{Reply, Server, started, uuid};

/// What is said to a processor that there is not, or on the portable twin to any.
const PIN_REFUSED: &str = if cfg!(portable) { "does not bind threads to processors" } else { "may use the processors" };

fn scenario(name: &str) -> String {
    format!("{}/../scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

#[test]
fn runs_that_start_in_the_same_second_get_directories_of_their_own() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let start = || {
        let mut command = command(&["--rps", "200", "-n", "20", "--url", &server.url]);
        command.current_dir(scratch.path("")).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let running: Vec<_> = (0..3).map(|_| start()).collect();
    for child in running {
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
    }
    let names = fs::read_dir(scratch.path("runs")).unwrap().map(|entry| entry.unwrap().file_name());
    let (latest, runs): (Vec<_>, Vec<_>) = names.partition(|name| name == "latest");
    assert_eq!((latest.len(), runs.len()), (1, 3), "{runs:?}");
    assert!(scratch.path("runs/latest/summary.json").exists());
    assert_eq!(server.requests().len(), 60);
}

#[test]
fn a_refused_start_sends_nothing_and_leaves_nothing() {
    let server = Server::healthy();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let scratch = Scratch::new();
    let old = scratch.write("old.xml", "of the run before");
    let kept = format!("junit={}", old.display());
    for (more, code, says) in [
        (&["--out", "junit=/no/such/x.xml"][..], 1, "cannot write the report to /no/such/x.xml"),
        (&["--out", "json=/no/such/x.json"], 1, "cannot write the report to /no/such/x.json"),
        (&["--out", "csv=/no/such/x.csv", "--out", &kept], 1, "cannot write requests to /no/such/x.csv"),
        (&["--prometheus", &port], 1, "name another port"),
        (&["--out", "csv=x", "--out", "junit=x"], 2, "twice"),
        (&["--pin", "4000"], 2, PIN_REFUSED),
        (&["--auth", "api-key"], 2, "STEPGATE_API_KEY is not set"),
        (&["--warmup", "1h", "-d", "2s"], 2, "leaves nothing to judge"),
        (&["--start-at", "2020-01-01T00:00:00Z"], 1, "the load was over by now"),
    ] {
        let directory = scratch.path("a/run");
        let asked =
            [&["--rps", "5", "-n", "1", "--url", &server.url, "-o", directory.to_str().unwrap()], more].concat();
        let ended = command(&asked).current_dir(scratch.path("")).env_remove("STEPGATE_API_KEY").output().unwrap();
        assert_eq!(ended.status.code(), Some(code), "{more:?}: {}", text(&ended.stderr));
        assert!(text(&ended.stderr).contains(says), "{more:?}: {}", text(&ended.stderr));
        assert!(!scratch.path("a").exists(), "{more:?} leaves a directory");
    }
    assert_eq!(fs::read_to_string(&old).unwrap(), "of the run before");
    assert!(server.requests().is_empty());
}

#[test]
fn what_cannot_be_written_afterwards_is_said_and_the_verdict_stays() {
    let server = Server::start(|request| match request.number {
        0..20 => Reply::Bytes(started(&uuid(request.number))),
        _ => Reply::Close,
    });
    let load = ["--rps", "400", "-n", "20", "--url", &server.url, "--out", "junit=/dev/full"];
    let passed = Run::of(&load);
    assert_eq!((passed.exit, &passed.summary["verdict"]), (1, &Value::from("pass")), "{}", passed.stderr);
    assert!(passed.stderr.contains("error: cannot write /dev/full: "), "{}", passed.stderr);
    assert!(
        passed.stdout.contains("PASS exit 1  cannot write /dev/full: "),
        "what is printed is so: {}",
        passed.stdout
    );
    assert_eq!((&passed.summary["verdict"], &passed.summary["exit_code"]), (&"pass".into(), &1.into()));
    let failed = Run::of(&load);
    assert_eq!((failed.exit, &failed.summary["verdict"]), (99, &Value::from("fail")), "{}", failed.stderr);
    assert!(failed.stderr.contains("error: cannot write /dev/full: "), "{}", failed.stderr);
}

#[test]
fn a_full_stdout_is_an_error_and_a_reader_that_went_away_is_none() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    for (number, arguments) in [
        &["--rps", "200", "-n", "5", "--url", &server.url][..],
        &["validate", "--rps", "200", "-n", "5", "--url", &server.url],
        &["schema"],
        &["man"],
    ]
    .into_iter()
    .enumerate()
    {
        let run = |name: &str| {
            let mut command = command(arguments);
            if number < 2 {
                command.arg("-o").arg(scratch.path(&format!("{name}{number}")));
            }
            command
        };
        let full = run("full").stdout(File::options().write(true).open("/dev/full").unwrap()).output().unwrap();
        assert_eq!(full.status.code(), Some(1), "{arguments:?}: {}", text(&full.stderr));
        assert!(text(&full.stderr).contains("error: cannot write to stdout: "), "{}", text(&full.stderr));
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let gone = run("gone").stdout(writer).output().unwrap();
        assert_eq!(gone.status.code(), Some(0), "{arguments:?}: {}", text(&gone.stderr));
        assert!(!text(&gone.stderr).contains("error"), "{}", text(&gone.stderr));
    }
}

#[test]
fn a_foreign_session_token_does_not_spoil_the_embedded_key() {
    let scratch = Scratch::new();
    let ended = command(&["-n", "10", &scenario("signed"), "-o", scratch.path("run").to_str().unwrap()])
        .env("AWS_SESSION_TOKEN", "of another key")
        .env("AWS_ACCESS_KEY_ID", "AKIDFOREIGN")
        .env("AWS_SECRET_ACCESS_KEY", "of another key")
        .env("AWS_REGION", "eu-west-3")
        .output()
        .unwrap();
    let summary: Value = serde_json::from_slice(&fs::read(scratch.path("run/summary.json")).unwrap()).unwrap();
    assert_eq!(summary["outcomes"]["started"], 10, "{}", text(&ended.stdout));
}

#[test]
fn a_deployment_that_wants_no_signature_takes_a_signed_load() {
    let scratch = Scratch::new();
    let machine = scratch.write("m.asl.json", r#"{"StartAt":"Done","States":{"Done":{"Type":"Pass","End":true}}}"#);
    let ended = command(&["-n", "10", "--rps", "100", "--auth", "sigv4", "--template", machine.to_str().unwrap()])
        .arg("-o")
        .arg(scratch.path("run"))
        .output()
        .unwrap();
    let summary: Value = serde_json::from_slice(&fs::read(scratch.path("run/summary.json")).unwrap()).unwrap();
    assert_eq!(summary["outcomes"]["started"], 10, "{}{}", text(&ended.stdout), text(&ended.stderr));
}

#[test]
fn a_load_without_scenario_and_url_goes_to_the_embedded_endpoint() {
    let scratch = Scratch::new();
    let ended = command(&["--rps", "50", "-n", "10", "-o", scratch.path("run").to_str().unwrap()]).output().unwrap();
    let summary: Value = serde_json::from_slice(&fs::read(scratch.path("run/summary.json")).unwrap()).unwrap();
    assert_eq!(summary["outcomes"]["started"], 10, "{}{}", text(&ended.stdout), text(&ended.stderr));
    let nothing = command(&["run"]).output().unwrap();
    assert_eq!(nothing.status.code(), Some(2));
    assert!(text(&nothing.stderr).contains("or a load for the embedded endpoint, as --rps 50 -d 30s"), "{nothing:?}");
}

#[test]
fn the_embedded_endpoint_sees_no_secret_of_the_environment() {
    let scratch = Scratch::new();
    let mut child = command(&["--rps", "20", "-d", "60s", &scenario("basic")])
        .arg("-o")
        .arg(scratch.path("run"))
        .env("STEPGATE_BEARER_TOKEN", "marked secret")
        .env("AWS_SECRET_ACCESS_KEY", "marked secret")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The target is told when the child serves.
    let mut first = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.as_mut().unwrap()), &mut first).unwrap();
    let served = super::embedded::children_of(child.id());
    let environment = fs::read(format!("/proc/{}/environ", served[0])).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!String::from_utf8_lossy(&environment).contains("marked secret"));
}

#[test]
fn a_run_says_that_it_waits_for_workflows() {
    // A workflow of the embedded endpoint takes three seconds.
    let run = Run::of(&["--rps", "50", "-n", "20", &scenario("basic")]);
    assert!(run.stderr.contains("workflows left, 30s at most"), "{}", run.stderr);
    let quiet = Run::of(&["--rps", "50", "-n", "20", "--quiet", &scenario("basic")]);
    assert!(!quiet.stderr.contains("workflows"), "{}", quiet.stderr);
}

#[test]
fn validate_refuses_what_a_run_refuses() {
    let scratch = Scratch::new();
    let chaos = fs::read_to_string(scenario("chaos")).unwrap();
    let missing = scratch.write("missing.toml", &chaos);
    fs::create_dir(scratch.path("sub")).unwrap();
    fs::create_dir(scratch.path("sub/faults")).unwrap();
    scratch.write("sub/faults/chaos.toml", "nonsense = [");
    let nonsense = scratch.write("sub/nonsense.toml", &chaos);
    let (missing, nonsense) = (missing.to_str().unwrap(), nonsense.to_str().unwrap());
    let basic = scenario("basic");
    for (arguments, says) in [
        (&[missing][..], "cannot read the faults"),
        (&[nonsense], "faults/chaos.toml"),
        (&[&basic, "--warmup", "30s"], "leaves nothing to judge"),
        (&[&basic, "--auth", "bearer"], "STEPGATE_BEARER_TOKEN is not set"),
        (&[&basic, "--threshold", "faild:rate<1%"], "did you mean `failed`?"),
        (&[&basic, "--url", "https://192.0.2.1/x", "--rps", "1000"], "say --yes"),
        (&[&basic, "--pin", "4000"], PIN_REFUSED),
    ] {
        let refuse = |command: &[&str]| {
            let ended = super::loadgen::command(&[command, arguments].concat())
                .current_dir(scratch.path(""))
                .env_remove("STEPGATE_BEARER_TOKEN")
                .output()
                .unwrap();
            let said = text(&ended.stderr).to_owned();
            assert!(said.contains(says), "{command:?} {arguments:?}: {said}");
            ended.status.code().unwrap()
        };
        let codes = (refuse(&["validate"]), refuse(&["run"]));
        assert!(codes.0 != 0 && codes.0 == codes.1, "{arguments:?}: {codes:?}");
        assert!(!scratch.path("runs").exists(), "{arguments:?}");
    }
}

#[test]
fn a_report_tells_a_signal_a_kill_and_a_run_in_progress_apart() {
    let server = Server::healthy();
    let report = |directory: &std::path::Path| {
        let ended = output(&["report", directory.to_str().unwrap(), "--output-format", "json"]);
        let summary: Value = serde_json::from_slice(&ended.stdout).unwrap();
        (ended.status.code().unwrap(), summary["reason"].as_str().unwrap().to_owned())
    };
    let mut running = Running::start(&["--rps", "100", "-d", "60s", "--url", &server.url]);
    running.second();
    let (exit, reason) = report(running.directory());
    assert!(exit == 105 && reason.starts_with("the run is still in progress"), "{exit} {reason}");
    running.signal("TERM");
    let run = running.wait();
    assert_eq!((run.exit, &run.summary["reason"]), (105, &Value::from("a signal ended the run")));
    assert_eq!(report(&run.directory), (105, "a signal ended the run".into()));
    let mut running = Running::start(&["--rps", "100", "-d", "60s", "--url", &server.url]);
    running.second();
    running.child.kill().unwrap();
    let (directory, _scratch) = running.wait_killed();
    let (exit, reason) = report(&directory);
    assert!(exit == 105 && reason.starts_with("the run was killed"), "{exit} {reason}");
}

#[test]
fn a_full_disk_is_told_by_the_run_and_by_its_directory() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let directory = scratch.path("run");
    // No file may grow beyond eight kilobytes: each write from then on fails, as on a full disk.
    let ended = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 16; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_loadgen-under-test")])
        .args(["--rps", "200", "-d", "6s", "--url", &server.url, "-o", directory.to_str().unwrap()])
        .env_remove("STEPGATE_URL")
        .output()
        .unwrap();
    let said = text(&ended.stderr);
    // Whether names are distinct cannot be told any more.
    assert_eq!(ended.status.code(), Some(98), "{said}");
    assert!(said.contains("the run goes on, and its report comes from memory"), "{said}");
    assert!(text(&ended.stdout).contains("started 1") && directory.join("DONE").exists(), "{said}");
    let report = output(&["report", directory.to_str().unwrap(), "--output-format", "json"]);
    let summary: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(
        (report.status.code(), &summary["verdict"]),
        (Some(1), &Value::from("torn")),
        "{}",
        text(&report.stderr)
    );
    let reason = summary["reason"].as_str().unwrap();
    assert!(reason.contains("does not hold the whole run: "), "{reason}");
}

#[test]
fn max_executions_ends_a_closed_loop() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let text = "schema = 1\nname = \"capped\"\n[target]\nmax_executions = 101\n[load]\nexecutor = \"closed\"\nclients = 4\n\
        duration = \"60s\"\n[[payload]]\nname = \"p\"\njson = {}\n";
    let path = scratch.write("capped.toml", text);
    let run = Run::of(&[path.to_str().unwrap(), "--threads", "2", "--url", &server.url]);
    assert_eq!(server.requests().len(), 101);
    assert_eq!((run.exit, &run.summary["verdict"]), (108, &Value::from("aborted")), "{}", run.stdout);
    assert!(run.summary["reason"].as_str().unwrap().contains("(max_executions)"), "{}", run.stdout);
    // A count within it ends the run as planned, and one beyond it is refused.
    let asked = |count: &str| output(&[path.to_str().unwrap(), "-n", count, "--url", &server.url, "-o", "/dev/null/x"]);
    let refused = asked("102");
    assert_eq!(refused.status.code(), Some(2), "{}", self::text(&refused.stderr));
    let run = Run::of(&[path.to_str().unwrap(), "-n", "101", "--url", &server.url]);
    assert_eq!(run.exit, 0, "{}", run.stdout);
}

#[test]
fn workflows_of_the_embedded_endpoint_that_fail_are_told_with_state_error_and_cause() {
    let scratch = Scratch::new();
    let machine = r#"{"StartAt":"Ask","States":{
        "Ask":{"Type":"Pass","Next":"Refuse"},"Refuse":{"Type":"Fail","Error":"Nope","Cause":"always"}}}"#;
    let machine = scratch.write("fails.asl.json", machine);
    for simulate in [&[][..], &["plan", "--simulate"]] {
        let directory = scratch.path(&format!("run{}", simulate.len()));
        let load = ["-n", "10", "--rps", "100", "--template", machine.to_str().unwrap(), "-o"];
        let ended = command(&[simulate, &load].concat()).arg(&directory).output().unwrap();
        let summary: Value = serde_json::from_slice(&fs::read(directory.join("summary.json")).unwrap()).unwrap();
        let failures = &summary["workflows"]["failures"];
        let told = serde_json::json!([{ "error": "Nope", "state": "Refuse", "cause": "always", "count": 10 }]);
        assert_eq!(*failures, told, "{}", text(&ended.stderr));
        assert!(text(&ended.stdout).contains("10 failed in state Refuse: Nope: always\n"), "{}", text(&ended.stdout));
        assert!(fs::read_to_string(directory.join("report.html")).unwrap().contains("Why workflows failed"));
    }
}

#[test]
fn a_route_that_nobody_could_load_by_its_template_alone_is_refused() {
    let scratch = Scratch::new();
    for (path, method, says) in [
        ("/orders/{id}", "post", "has parameters, which nobody would fill in"),
        ("/orders", "get", "takes GET, and requests are sent by POST"),
    ] {
        let template = format!(
            "Transform: AWS::Serverless-2016-10-31
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Role: arn:aws:iam::123456789012:role/states
      Definition: {{ StartAt: Done, States: {{ Done: {{ Type: Pass, End: true }} }} }}
      Events: {{ Api: {{ Type: Api, Properties: {{ Path: '{path}', Method: {method} }} }} }}
"
        );
        let template = scratch.write("route.yaml", &template);
        let ended = command(&["-n", "1", "--template", template.to_str().unwrap()]).output().unwrap();
        assert!(text(&ended.stderr).contains(says), "{path}: {}", text(&ended.stderr));
        assert_ne!(ended.status.code(), Some(0));
    }
    let missing = command(&["plan", "-n", "1", "--template", "nofile.yaml"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(2), "{}", text(&missing.stderr));
    assert!(text(&missing.stderr).contains("cannot read the template nofile.yaml"), "{}", text(&missing.stderr));
}
