//! What a run leaves for other tools: JSON on stdout, `JUnit`, copies, metrics, and what shells and manuals read.

use std::fs;
use std::io::{BufRead as _, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use super::loadgen::{Run, Running, Scratch, command, output};
use super::server::{Reply, Server, started, uuid};

#[test]
fn json_on_stdout_is_the_summary_and_nothing_else() {
    let server = Server::healthy();
    let run = Run::of(&["--rps", "200", "-n", "20", "--output-format", "json", "--url", &server.url]);
    assert_eq!(run.exit, 0, "{}", run.stderr);
    let told: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(told, run.summary);
    assert!(run.stderr.contains("POST http://127.0.0.1:"), "the target is told first all the same: {}", run.stderr);
    let again = output(&["report", run.directory.to_str().unwrap(), "--output-format", "json"]);
    assert_eq!(String::from_utf8(again.stdout).unwrap(), run.stdout);
}

#[test]
fn a_quiet_run_says_nothing_at_all() {
    let server = Server::healthy();
    let arguments = ["--rps", "200", "-n", "20", "--output-format", "quiet", "--url", &server.url];
    let run = Run::of(&arguments);
    assert_eq!((run.exit, run.stdout.as_str()), (0, ""));
    let silent = Run::of(&[&arguments[..], &["--quiet"]].concat());
    assert_eq!((silent.exit, silent.stdout.as_str()), (0, ""));
    assert!(silent.stderr.lines().all(|line| line.starts_with("POST ")), "{}", silent.stderr);
}

#[test]
fn thresholds_are_test_cases_and_the_report_writes_the_same_file() {
    let server = Server::start(|request| match request.number {
        0 => Reply::Close,
        number => Reply::Bytes(started(&uuid(number))),
    });
    let scratch = Scratch::new();
    let (junit, json) = (scratch.path("junit.xml"), scratch.path("copy.json"));
    let outs = [format!("junit={}", junit.display()), format!("json={}", json.display())];
    let run = Run::of(&[
        "--rps",
        "200",
        "-n",
        "40",
        "--url",
        &server.url,
        "--out",
        &outs[0],
        "--out",
        &outs[1],
        "--threshold",
        "failed:count==0",
        "--threshold",
        "failed:rate<0.1%",
        "--threshold",
        "response_time:p(99)<10s",
    ]);
    assert_eq!(run.exit, 99);
    let own = fs::read_to_string(run.directory.join("junit.xml")).unwrap();
    assert!(
        own.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"ad-hoc\" tests=\"7\""),
        "{own}"
    );
    assert!(own.contains(r#"failures="1" errors="2""#), "{own}");
    assert!(own.contains(r#"name="failed rate&lt;0.1%""#) && own.contains("<failure type=\"threshold\""), "{own}");
    assert!(own.contains("<error type=\"inconclusive\""), "{own}");
    assert_eq!(fs::read_to_string(&junit).unwrap(), own);
    assert_eq!(fs::read(&json).unwrap(), fs::read(run.directory.join("summary.json")).unwrap());
    fs::remove_file(run.directory.join("junit.xml")).unwrap();
    output(&["report", run.directory.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(run.directory.join("junit.xml")).unwrap(), own);
}

/// The head and the body of an answer.
fn get(address: &str, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.into(), body.into())
}

#[test]
fn metrics_are_served_during_the_run() {
    let server = Server::healthy();
    let mut running = Running::start(&["--rps", "300", "-d", "60s", "--prometheus", "0", "--url", &server.url]);
    let told = running.hears("metrics at http://127.0.0.1:");
    let address = told.trim_start_matches("metrics at http://").trim_end_matches("/metrics").to_owned();
    running.second();
    let (head, body) = get(&address, "/metrics");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\ncontent-type: application/openmetrics-text"), "{head}");
    assert!(body.ends_with("# EOF\n"), "{body}");
    let value = |name: &str| -> f64 {
        let line = body.lines().find(|line| line.starts_with(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("{name} in {body}")).rsplit(' ').next().unwrap().parse().unwrap()
    };
    let started = value("loadgen_requests_ended_total{class=\"started\"}");
    assert!(started > 100.0, "{body}");
    assert!(value("loadgen_requests_sent_total") >= started);
    let all = value("loadgen_response_seconds_bucket{le=\"+Inf\",class=\"started\"}");
    assert_eq!((value("loadgen_response_seconds_count{class=\"started\"}"), all), (started, started));
    assert!(body.contains("scenario=\"ad-hoc\""), "{body}");
    assert!(get(&address, "/").0.starts_with("HTTP/1.1 404"));
    running.signal("TERM");
    assert_eq!(running.wait().exit, 105);
}

#[test]
fn an_address_that_is_taken_ends_the_run_before_it_begins() {
    let server = Server::healthy();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended = output(&["-n", "1", "--prometheus", &port, "--url", &server.url]);
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("name another port"), "{ended:?}");
    assert!(server.requests().is_empty());
}

#[test]
fn shells_get_completions_and_man_gets_pages() {
    for (shell, mark) in [("bash", "complete -F"), ("zsh", "#compdef loadgen"), ("fish", "complete -c loadgen")] {
        let script = output(&["completions", shell]);
        let script = String::from_utf8(script.stdout).unwrap();
        assert!(script.contains(mark) && script.contains("max-in-flight"), "{shell}: {script}");
        assert!(!script.contains("retain"), "what only `serve` knows is not completed: {shell}");
    }
    let page = |arguments: &[&str]| String::from_utf8(output(arguments).stdout).unwrap();
    let whole = page(&["man"]);
    assert!(whole.contains(".TH loadgen 1") && whole.contains(r"\-\-rps"), "{whole}");
    assert!(!whole.contains("loadgen\\-serve"), "{whole}");
    let compare = page(&["man", "compare"]);
    assert!(compare.contains(".TH loadgen-compare 1") && compare.contains(r"\-\-baseline"), "{compare}");
    assert_eq!(output(&["man", "nonsense"]).status.code(), Some(2));
}

#[test]
fn words_of_other_tools_are_understood_or_answered() {
    for (wrong, message) in [
        (&["--aws-sigv4=aws:amz:eu-west-1:s3"][..], "another service"),
        (&["--aws-sigv4=nonsense"], "write aws:amz:REGION:execute-api"),
        (&["--out", "json"], "the run directory has it already"),
        (&["--out", "xml=a"], "csv, parquet, json and junit"),
        (&["--prometheus", "nowhere"], "is not an address"),
        (&["--auth", "magic"], "known values are none"),
        (&["--warmup", "soon"], "is not a duration"),
    ] {
        let ended = output(&[wrong, &["-n", "1", "--url", "http://127.0.0.1:1/x"]].concat());
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.code() == Some(2) && said.contains(message), "{wrong:?}: {said}");
    }
}

#[test]
fn rows_that_nobody_took_are_an_error_wherever_the_exit_code_is_told() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let (copy, directory) = (scratch.path("copy.json"), scratch.path("run"));
    let out = format!("json={}", copy.display());
    let load = ["--rps", "40", "-d", "3s", "--url", &server.url, "--output-format", "quiet", "--out", &out];
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = command(&load);
    command.args(["--out", "csv=/dev/stdout", "-o"]).arg(&directory).stdout(writer);
    let child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(command);
    let mut head = String::new();
    std::io::BufReader::new(reader).read_line(&mut head).unwrap();
    assert!(head.starts_with("k,stage"), "{head}");
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("error: /dev/stdout lacks requests: whoever read it has stopped reading"), "{said}");
    for file in [copy, directory.join("summary.json")] {
        let summary: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!((&summary["verdict"], &summary["exit_code"]), (&"pass".into(), &1.into()), "{}", file.display());
    }
    let junit = fs::read_to_string(directory.join("junit.xml")).unwrap();
    assert!(junit.contains("<error type=\"unwritten\""), "{junit}");
}

/// The rows of a CSV file, as columns by name.
fn rows(text: &str) -> Vec<std::collections::HashMap<String, String>> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let head = lines.next().unwrap();
    lines.map(|fields| head.iter().cloned().zip(fields).collect()).collect()
}

#[test]
fn each_request_is_one_row_and_the_rows_add_up_to_the_summary() {
    let server = Server::start(|request| match request.number % 10 {
        0 => Reply::Close,
        _ => Reply::Bytes(started(&uuid(request.number))),
    });
    let run = Run::of(&["--rps", "600", "-n", "300", "--threads", "2", "--out", "csv", "--url", &server.url]);
    let rows = rows(&fs::read_to_string(run.directory.join("requests.csv")).unwrap());
    assert_eq!(rows.len(), 300);
    let numbers: std::collections::BTreeSet<u64> = rows.iter().map(|row| row["k"].parse().unwrap()).collect();
    assert_eq!(numbers, (0..300).collect());
    let outcome = |name: &str| rows.iter().filter(|row| row["outcome"] == name).count() as u64;
    assert_eq!(run.summary["outcomes"]["started"], outcome("started"));
    for (class, count) in run.summary["outcomes"]["failed"].as_object().unwrap() {
        assert_eq!(*count, outcome(class), "{class}");
    }
    let number = |row: &std::collections::HashMap<String, String>, name: &str| row[name].parse::<u64>().unwrap();
    for row in &rows {
        assert!(number(row, "intended_ns") <= number(row, "released_ns"), "{row:?}");
        assert!(number(row, "released_ns") <= number(row, "end_ns"), "{row:?}");
        let started = row["outcome"] == "started";
        assert_eq!((row["http_status"] == "200", row["name"].len() == 36), (started, started), "{row:?}");
    }
    let longest = rows.iter().map(|row| number(row, "end_ns") - number(row, "intended_ns")).max().unwrap() / 1_000;
    let told = run.summary["response_us"]["max"].as_u64().unwrap();
    assert!(told.abs_diff(longest) <= 1 + longest / 500, "three digits are kept: {told} of {longest}");
}

#[test]
fn a_closed_loop_sends_nothing_before_its_start_and_times_every_request_whole() {
    // Nothing is answered before two others have come: of the first requests as of the last.
    let server = Server::start(|request| {
        if request.number < 20 {
            request.wait_for_later(2);
        }
        Reply::Bytes(started(&uuid(request.number)))
    });
    let run = Run::of(&["--closed", "3", "-n", "24", "--out", "csv", "--url", &server.url]);
    let rows = rows(&fs::read_to_string(run.directory.join("requests.csv")).unwrap());
    let number = |row: &std::collections::HashMap<String, String>, name: &str| row[name].parse::<u64>().unwrap();
    assert_eq!(rows.len(), 24, "{}", run.stdout);
    for row in &rows {
        let instants = ["intended_ns", "released_ns", "first_byte_ns", "end_ns"].map(|name| number(row, name));
        assert!(instants[1] < instants[2] && instants.is_sorted(), "time does not stand still: {row:?}");
    }
    assert!(run.summary["plan"]["sent_per_second"].as_f64().unwrap() > 0.0, "{}", run.stdout);
    assert!(run.summary["service_us"]["p50"].as_u64().unwrap() > 0, "{}", run.stdout);
}
