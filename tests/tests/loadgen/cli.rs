//! Usage, help, schemas and the exit codes of mistakes.

use snapbox::cmd::Command;
use snapbox::{file, str};

use super::loadgen::{Scratch, output};
use super::server::{Server, answer};

fn loadgen() -> Command {
    Command::new(env!("CARGO_BIN_EXE_loadgen-under-test")).env_remove("STEPGATE_URL").env("COLUMNS", "100")
}

#[test]
fn help_is_what_the_readers_of_other_tools_expect() {
    loadgen().arg("--help").assert().success().stdout_eq(file!["help.txt"]).stderr_eq(str![""]);
}

#[test]
fn without_arguments_the_usage_goes_to_stderr() {
    loadgen().assert().code(2).stdout_eq(str![""]);
}

#[test]
fn an_unknown_flag_is_a_usage_error_that_names_the_nearest() {
    loadgen().args(["--duratoin", "5s"]).assert().code(2).stderr_eq(str![[r"
error: unexpected argument '--duratoin' found

  tip: a similar argument exists: '--duration'
...
"]]);
}

#[test]
fn a_bad_scenario_is_shown_with_a_caret() {
    let scratch = Scratch::new();
    let basic = include_str!("../../../scenarios/basic.toml");
    scratch.write("bad.toml", &basic.replace("duration =", "duratoin ="));
    loadgen().current_dir(scratch.path("")).args(["validate", "bad.toml"]).assert().code(104).stderr_eq(str![[r#"
error: unknown key `duratoin`
  --> bad.toml:15:1
   |
15 | duratoin = "30s"
   | ^^^^^^^^
   = help: did you mean `duration`?

"#]]);
}

#[test]
fn a_scenario_that_cannot_be_read_is_a_bad_scenario() {
    let run = output(&["no-such-file.toml"]);
    assert_eq!(run.status.code(), Some(104));
}

#[test]
fn overrides_that_contradict_the_scenario_are_usage_errors() {
    for arguments in [
        &["--rps", "5", "--url", "http://127.0.0.1:1/x"][..],
        &["--url", "ftp://example.com/x", "-n", "1"],
        &["--url", "http://127.0.0.1:1/x", "-n", "1", "--threshold", "failed"],
        &["--url", "http://127.0.0.1:1/x", "-n", "1", "--threshold", "faild:rate<1%"],
        &["--url", "http://127.0.0.1:1/x", "-n", "1", "-H", "no colon"],
        &["--url", "http://127.0.0.1:1/x", "-n", "0"],
    ] {
        let run = output(arguments);
        assert_eq!(run.status.code(), Some(2), "{arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    }
}

#[test]
fn what_would_be_ignored_is_refused_and_no_help_lists_it() {
    let url = ["--url", "http://127.0.0.1:1/x"];
    for (arguments, says) in [
        (&["--closed", "4", "-c", "2", "-d", "1s"][..], "-c is nothing for a closed loop"),
        (&["--closed", "4", "--arrivals", "uniform", "-d", "1s"], "--arrivals is nothing for a closed loop"),
        (&["--rps", "5", "-d", "1s", "--late", "fail"], "--late is about an agreed start"),
        (&["try", "--rps", "500"], "try does not take --rps"),
        (&["try", "--shard", "0/2"], "try does not take --shard"),
        (&["validate", "--rps", "5", "-d", "1s", "--output-format", "json"], "validate does not take --output-format"),
        (&["--rps", "5", "-d", "1s", "--kind", "preflight"], "known values are execute, execute-sync, execute-http"),
        (&["plan", "-d", "1s", "--save-baseline", "x"], "plan does not take --save-baseline"),
        (&["search", "--late", "fail"], "search does not take --late"),
        (&["--rps", "5", "-d", "-2s"], "`-2s` is below zero"),
        (&["--rps", "5", "-d", "1s", "--dns-refresh", "10ms"], "once a second at most"),
        (&["--rps", "5", "-d", "1s", "--threshold", "response_time:p(0.95)<1s"], "did you mean p(95)?"),
        (&["--rps", "5", "-d", "1s", "--out", "csv=rows", "--out", "json=./rows"], "which are one file"),
        // What a run refuses, `validate` refuses.
        (&["validate", "--rps", "5", "-d", "1s", "--barrier", "b"], "give this process its part with --shard"),
        (&["validate", "--rps", "5", "-d", "1s", "--shard", "0/2"], "a shard needs -o DIR"),
        (&["validate", "--rps", "5", "-d", "1s", "--max-cost", "0.0000001USD"], "the load would cost"),
    ] {
        let run = output(&[arguments, &url].concat());
        let stderr = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.code() == Some(2) && stderr.contains(says), "{arguments:?}: {stderr}");
    }
    let over = output(&["validate", "--rps", "5", "-d", "1s", "--start-at", "2020-01-01T00:00:00Z", "--url", url[1]]);
    assert!(String::from_utf8_lossy(&over.stderr).contains("the load was over by now"));
    for (command, option) in [("try", "--rps"), ("search", "--duration"), ("ab", "--shard"), ("plan", "--prometheus")] {
        let help = output(&["help", command]).stdout;
        assert!(!String::from_utf8_lossy(&help).contains(&format!("{option} ")), "{command} {option}");
    }
}

#[test]
fn a_large_run_off_loopback_has_to_be_wanted() {
    let run = output(&["--rps", "1000", "-d", "60s", "--url", "http://192.0.2.1/execute"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&run.stderr).contains("say --yes"));
}

#[test]
fn a_directory_that_holds_a_run_is_not_written_over() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let directory = scratch.path("run");
    let arguments = ["--rps", "100", "-n", "5", "--url", &server.url, "-o", directory.to_str().unwrap()];
    assert_eq!(output(&arguments).status.code(), Some(0));
    let again = output(&arguments);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("it holds a run already"));
    assert_eq!(server.requests().len(), 5, "nothing is sent before the directory is ours");
}

#[test]
fn the_environment_names_a_target_and_the_command_line_another() {
    let (first, second) = (Server::healthy(), Server::healthy());
    let scratch = Scratch::new();
    let run = |arguments: &[&str], name: &str| {
        let directory = scratch.path(name);
        super::loadgen::command(&["--rps", "100", "-n", "3"])
            .args(arguments)
            .arg("-o")
            .arg(directory)
            .env("STEPGATE_URL", &first.url)
            .output()
            .unwrap()
    };
    assert_eq!(run(&[], "a").status.code(), Some(0));
    assert_eq!(run(&["--url", &second.url], "b").status.code(), Some(0));
    assert_eq!((first.requests().len(), second.requests().len()), (3, 3));
}

#[test]
fn the_printed_schemas_are_the_committed_ones() {
    for (format, committed) in [
        ("scenario", include_str!("../../../docs/schema/scenario.json")),
        ("summary", include_str!("../../../docs/schema/summary.json")),
        ("comparison", include_str!("../../../docs/schema/comparison.json")),
        ("search", include_str!("../../../docs/schema/search.json")),
        ("plan", include_str!("../../../docs/schema/plan.json")),
        ("reconciliation", include_str!("../../../docs/schema/reconciliation.json")),
    ] {
        assert_eq!(String::from_utf8(output(&["schema", format]).stdout).unwrap(), committed);
    }
}

#[test]
fn try_shows_one_request_and_what_its_answer_means() {
    let server = Server::start(|_| {
        let throttled = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
        super::server::Reply::Bytes(answer(200, "id", "", throttled))
    });
    let run = output(&["try", "--url", &server.url, "-H", "X-Api-Key: hidden", "-D", r#"{"order":1}"#]);
    let stdout = String::from_utf8(run.stdout).unwrap();
    assert_eq!(run.status.code(), Some(99), "{stdout}");
    for line in [
        "> {\"order\":1}",
        "< HTTP/1.1 200 Status",
        "outcome      throttled",
        "may run      no",
        "message      Rate exceeded",
    ] {
        assert!(stdout.lines().any(|l| l == line), "{line} in {stdout}");
    }
    assert!(!stdout.contains("hidden"), "{stdout}");
    assert_eq!(server.requests()[0].header("X-Api-Key"), Some("hidden"));
    assert_eq!(server.requests().len(), 1);
    assert_eq!(server.requests()[0].header("connection"), None, "what a run sends, and nothing else");
}

#[test]
fn every_committed_scenario_is_valid_and_names_its_schema() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("#:schema ../docs/schema/scenario.json\n"), "{}", path.display());
        let run = output(&["validate", path.to_str().unwrap()]);
        assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
        seen += 1;
    }
    assert!(seen > 0);
}
