//! What users of other tools type, and what they are told.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use super::loadgen::{Run, Scratch, command, output};
use super::server::Server;

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

#[test]
fn words_of_other_tools_are_answered_with_what_to_write_instead() {
    let url = "http://127.0.0.1:1/x";
    for (arguments, says) in [
        (&[url][..], "write --url http://127.0.0.1:1/x"),
        (&["try", url], "write --url http://127.0.0.1:1/x"),
        (&["--url", url, "-n", "1", "--json"], "--output-format json"),
        (&["report", "runs/x", "--json"], "--output-format json"),
        (&["--url", url, "-n", "1", "-o", "json"], "--output-format json"),
        (&["--url", url, "-n", "1", "-o", "csv"], "--out csv"),
        (&["--url", url, "-m", "GET"], "requests are POST"),
        (&["--url", url, "-X", "POST"], "requests are POST"),
        (&["--url", url, "-T", "application/json"], "-H 'content-type: application/json'"),
        (&["--url", url, "-t", "30"], "--timeout 30s"),
        (&["--url", url, "--data", "{}"], "-D TEXT"),
        (&["--url", url, "--data-raw={}"], "-D TEXT"),
        (&["--url", url, "-d", "{}"], "-D TEXT"),
        (&["--url", url, "--vus", "10"], "--closed 10"),
        (&["--url", url, "--stage", "1m:50"], "stages are written in the scenario"),
        (&["validat"], "did you mean the command `validate`?"),
    ] {
        let scratch = Scratch::new();
        let ended = command(arguments).current_dir(scratch.path("")).output().unwrap();
        let said = text(&ended.stderr);
        assert!(matches!(ended.status.code(), Some(2 | 104)) && said.contains(says), "{arguments:?}: {said}");
        assert!(!said.contains("--scale"), "{arguments:?}: {said}");
    }
}

#[test]
fn mistakes_are_told_with_what_to_write_instead() {
    let url = "http://127.0.0.1:1/x";
    let closed = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/closed.toml");
    let scratch = Scratch::new();
    let utf16: Vec<u8> = "schema = 1".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(scratch.path("utf16.toml"), [&[0xff, 0xfe][..], &utf16].concat()).unwrap();
    let basic = include_str!("../../../scenarios/basic.toml");
    scratch.write("zero.toml", &basic.replace("rate = 20", "rate = 0"));
    scratch.write("warm.toml", &basic.replace("rate = 20", "rate = 20\nwarmup = \"30s\""));
    scratch.write("table.toml", &basic.replace("[[payload]]", "[payload]"));
    scratch
        .write("rule.toml", &basic.replace("[{ threshold = \"rate<1%\", on_inconclusive = \"pass\" }]", "\"rate<1%\""));
    scratch.write("afile", "");
    scratch.write("variable.toml", &basic.replace("[target]", "[target]\nurl = \"${URL}\""));
    let trace = "schema = 1\nname = \"trace\"\n[load]\nexecutor = \"trace\"\nfile = \"afile\"\n";
    scratch.write("trace.toml", &format!("{trace}[[payload]]\nname = \"order\"\njson = {{ n = 1 }}\n"));
    for (name, rows) in [("semicolons", &b"order;count\na;1\n"[..]), ("latin", b"order\na\nb\xe4\n")] {
        fs::write(scratch.path(&format!("{name}.csv")), rows).unwrap();
        let table = format!("[data.t]\nfile = \"{name}.csv\"\n\n[[payload]]");
        let column = basic.replace("[[payload]]", &table).replace("uuid()", "data('t', 'order')");
        scratch.write(&format!("{name}.toml"), &column);
    }
    for (arguments, code, says) in [
        (&["--rps", "0", "--url", url][..], 2, "a rate of 0 sends nothing"),
        (&[closed, "--rps", "5"], 2, "write --closed N"),
        (&[closed, "--scale", "2"], 2, "write --closed N"),
        (&["zero.toml"], 104, "zero.toml:14:1"),
        (&["warm.toml"], 104, "leaves nothing to judge"),
        (&["table.toml"], 104, "there may be several: write [[payload]]"),
        (&["rule.toml"], 104, "put it between brackets: [\"rate<1%\"]"),
        (&["utf16.toml"], 104, "save it as UTF-8"),
        (&["--url", url, "-n", "1", "-D", "@utf16.toml"], 2, "save it as UTF-8"),
        (&["--url", url, "-n", "1", "--out", "csv=-"], 2, "stdout is for the results"),
        (&["--url", url, "-n", "1", "-o", "afile"], 1, "afile is a file: name a directory"),
        (&["--url", url, "-n", "1", "--threshold", "p(99)<800ms"], 2, "response_time:p(99)<800ms"),
        (&["--url", url, "-n", "1", "--threshold", "http_req_failed:rate<1%"], 2, "one of k6's: write `failed`"),
        (&["--url", url, "-n", "1", "--threshold", "response_time:p(101)<1s"], 2, "percentiles go from 0 to 100"),
        (&["--url", url, "-n", "1", "--threshold", "failed{payload:x}:rate<1%"], 2, "the only one is `body`"),
        (&["--url", url, "-n", "1", "--start-at", "2020-01-01T00:00:00Z"], 1, "name a later instant with --start-at"),
        (&["--url", url, "-n", "1", "--start-at", "tomorrow"], 2, "`tomorrow` is not an instant: write"),
        (&["--url", url, "-n", "1", "--threads", "0"], 2, "`0` is not a whole number from 1 to 1024"),
        (&["--url", url, "-n", "1", "--seed", "-1"], 2, "`-1` is not a whole number from 0"),
        (&["--url", url, "-n", "1", "--pin", "0,a"], 2, "`a` is not a whole number from 0"),
        (&["basic.toml", "--scale", "twice"], 2, "`twice` is not a number"),
        (&["--url", "localhost:8080/x", "-n", "1"], 2, "it does not begin with http:// or https://"),
        (&["--url", "https://{api}.test/x", "-n", "1"], 2, "put in what belongs there"),
        (&["variable.toml"], 104, "STEPGATE_URL"),
        (&["--url", url, "-n", "1", "--region", "eu-west-1"], 2, "add --max-cost, or ask `loadgen plan`"),
        (&["validate", "--url", url, "-n", "1", "--prices", "afile"], 2, "add --max-cost"),
        (&["search", closed, "--log-bytes", "10"], 2, "search does not take --log-bytes"),
        (&["trace.toml"], 2, "the file of its trace holds no instant"),
        (&["semicolons.toml"], 104, "put commas between columns"),
        (&["latin.toml"], 104, "line 3 is not UTF-8: save the file as UTF-8"),
    ] {
        let ended = command(arguments).current_dir(scratch.path("")).output().unwrap();
        let said = text(&ended.stderr);
        assert!(ended.status.code() == Some(code) && said.contains(says), "{arguments:?} {:?}: {said}", ended.status);
    }
    assert!(!scratch.path("-").exists());
}

#[test]
fn bodies_and_scenarios_come_from_stdin_too() {
    let server = Server::healthy();
    let fed = |text: &str, arguments: &[&str]| {
        let scratch = Scratch::new();
        let mut command = command(arguments);
        let mut child =
            command.current_dir(scratch.path("")).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let code = child.wait().unwrap().code();
        (code, server.requests().into_iter().map(|request| request.body).collect::<Vec<_>>())
    };
    let given = |text: &str, arguments: &[&str]| {
        let (code, bodies) = fed(text, &[arguments, &["--url", &server.url]].concat());
        assert_eq!(code, Some(0), "{arguments:?}");
        bodies
    };
    assert_eq!(given(r#"{"a":1}"#, &["-n", "2", "--rps", "200", "-D", "@-"]), [r#"{"a":1}"#; 2]);
    // Each run of `ab` reads it.
    let load = ["-n", "1", "--rps", "200", "-D", "@-", "--rounds", "1"];
    let (_, bodies) = fed("[7]", &[&["ab", &server.url, &server.url][..], &load].concat());
    assert_eq!(bodies[bodies.len() - 2..], ["[7]", "[7]"]);
    let basic = include_str!("../../../scenarios/basic.toml").replace("uuid()", "'by stdin'");
    let bodies = given(&basic, &["-", "-n", "1", "--rps", "200"]);
    assert!(bodies.last().is_some_and(|body| body.contains("by stdin")), "{bodies:?}");
}

#[test]
fn an_empty_variable_names_no_target_and_nonsense_in_it_is_blamed_on_it() {
    let run = |value: &str| {
        let validate = ["validate", "--rps", "5", "-d", "1s"];
        command(&validate).env("STEPGATE_URL", value).output().unwrap()
    };
    let empty = run("");
    assert!(text(&empty.stdout).contains("target       embedded"), "{}", text(&empty.stderr));
    let nonsense = run("nonsense");
    assert_eq!(nonsense.status.code(), Some(2));
    assert!(text(&nonsense.stderr).contains("error: STEPGATE_URL: "), "{}", text(&nonsense.stderr));
    let asked = output(&["validate", "--rps", "5", "-d", "1s", "--url", ""]);
    assert_eq!(asked.status.code(), Some(2), "an empty --url is none by mistake");
}

#[test]
fn a_load_without_a_rate_is_told_to_be_slow() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let said = |arguments: &[&str]| {
        let mut command = command(&[arguments, &["--url", &server.url, "-o"]].concat());
        let ended = command.arg(scratch.path(&arguments.join(""))).output().unwrap();
        text(&ended.stderr).to_owned()
    };
    let slow = said(&["-n", "2", "-c", "10"]);
    assert!(slow.contains("one request a second is sent") && slow.contains("--closed 10"), "{slow}");
    for arguments in [&["-n", "2", "-c", "10", "--rps", "100"][..], &["-n", "20", "--closed", "10"], &["-n", "1"]] {
        assert!(!said(arguments).contains("a second is sent"), "{arguments:?}");
    }
}

#[test]
fn init_writes_a_scenario_that_runs_and_writes_over_nothing() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let within = |arguments: &[&str]| command(arguments).current_dir(scratch.path("")).output().unwrap();
    let written = within(&["init", &server.url]);
    assert_eq!(written.status.code(), Some(0), "{}", text(&written.stderr));
    assert!(text(&written.stdout).contains("loadgen validate scenario.toml"), "{}", text(&written.stdout));
    let again = within(&["init", &server.url]);
    assert_eq!(again.status.code(), Some(1), "{}", text(&again.stderr));
    assert!(text(&again.stderr).contains("is there already"), "{}", text(&again.stderr));
    let run = within(&["scenario.toml", "--rps", "400", "-n", "200"]);
    assert_eq!(run.status.code(), Some(0), "{}{}", text(&run.stdout), text(&run.stderr));
    assert_eq!(server.requests().len(), 200);
    let embedded = within(&["init", "-o", "-"]);
    fs::write(scratch.path("embedded.toml"), &embedded.stdout).unwrap();
    let valid = within(&["validate", "embedded.toml"]);
    assert_eq!(valid.status.code(), Some(0), "{}", text(&valid.stderr));
    assert_eq!(within(&["init", "nonsense"]).status.code(), Some(2));
}

#[test]
fn a_baseline_is_a_list_of_runs_with_a_name() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let within = |arguments: &[&str]| command(arguments).current_dir(scratch.path("")).output().unwrap();
    for number in 1..=4 {
        let load = ["--rps", "200", "-n", "20", "--url", &server.url, "--save-baseline", "main"];
        let run = within(&load);
        let count = if number == 1 { "1 run".to_owned() } else { format!("{number} runs") };
        assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
        assert!(text(&run.stdout).contains(&format!("BASELINE     main: {count} in runs/baselines/main")));
    }
    let list = fs::read_to_string(scratch.path("runs/baselines/main")).unwrap();
    assert!(list.lines().count() == 4 && list.lines().all(|line| line.starts_with("../2")), "{list}");
    let own = within(&["compare", "runs/latest", "--baseline", "main"]);
    assert_eq!(own.status.code(), Some(2), "{}", text(&own.stderr));
    assert!(text(&own.stderr).contains("runs/latest is on both sides (it is the run in "), "{}", text(&own.stderr));
    within(&["--rps", "200", "-n", "20", "--url", &server.url]);
    let compared = within(&["compare", "runs/latest", "--baseline", "main", "--output-format", "json"]);
    let compared: Value = serde_json::from_slice(&compared.stdout).unwrap();
    assert_eq!((&compared["baseline"], &compared["runs"]), (&Value::from(4), &Value::from(1)));
    let unknown = within(&["compare", "runs/latest", "--baseline", "mian"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("runs/baselines has main"), "{}", text(&unknown.stderr));
    let wrong = within(&["-n", "1", "--url", &server.url, "--save-baseline", "../x"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn manuals_keep_the_lines_of_their_examples() {
    let page = output(&["man"]);
    let page = text(&page.stdout);
    let (_, examples) = page.split_once(".nf\n").unwrap();
    let (examples, _) = examples.split_once(".fi\n").unwrap();
    assert!(examples.lines().any(|line| line.contains(r"loadgen \-\-rps 50 scenarios/basic.toml   ")), "{page}");
    assert!(examples.lines().count() > 8, "{examples}");
}

#[test]
fn a_question_mark_in_a_body_is_none_of_a_url() {
    let server = Server::healthy();
    let body = r#"{"q":"why?"}"#;
    let url = format!("{}?key=hidden", server.url);
    let run = Run::of(&["--rps", "200", "-n", "2", "-D", body, "--url", &url]);
    assert!(server.requests().iter().all(|request| request.body == body));
    let repeat = run.stdout.lines().find(|line| line.starts_with("REPEAT")).unwrap();
    assert_eq!(repeat, format!("REPEAT       loadgen --rps 200 --requests 2 --body '{body}' --url '{}?…'", server.url));
    let manifest = fs::read_to_string(run.directory.join("manifest.json")).unwrap();
    assert!(manifest.contains("why?") && !manifest.contains("hidden"), "{manifest}");
}
