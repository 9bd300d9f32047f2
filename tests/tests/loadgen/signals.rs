//! Ends that nobody planned: what was measured is kept.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use stepgate_loadgen::platform::ignored_signals;

use super::loadgen::{Run, Running, Scratch, command, output};
use super::server::{Gate, Reply, Server, started, uuid};

/// The signals that end a program, but those that these tests were told to ignore: their children are told so too.
fn ending() -> impl Iterator<Item = &'static str> {
    let ignored = ignored_signals();
    [(1, "HUP"), (2, "INT"), (15, "TERM")].into_iter().filter(move |(n, _)| !ignored.contains(n)).map(|(_, name)| name)
}

fn signal(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap().success());
}

fn spawned(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for the end: the exit code, and what was said on stderr.
fn ended(mut child: Child) -> (Option<i32>, String) {
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code(), said)
}

#[test]
fn commands_that_wait_for_an_answer_end_at_once() {
    for (command_, url_first) in [("try", false), ("doctor", true)] {
        for name in ending() {
            let server = Server::start(|_| Reply::Silence);
            let target = if url_first { vec![server.url.as_str()] } else { vec!["--url", server.url.as_str()] };
            let child = spawned(&mut command(&[&[command_][..], &target].concat()));
            server.wait_for(1);
            signal(&child, name);
            assert_eq!(ended(child), (Some(105), "error: interrupted by a signal\n".into()), "{command_} {name}");
        }
    }
}

#[test]
fn commands_that_wait_for_a_file_end_at_once() {
    let scratch = Scratch::new();
    let directory = scratch.path("run");
    fs::create_dir(&directory).unwrap();
    let files = ["manifest.json", "summary.json"].map(|name| directory.join(name));
    for pipe in &files {
        assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    }
    let [manifest, summary] = &files;
    let run = directory.to_str().unwrap();
    // A run but for its end.
    let server = Server::healthy();
    let whole = Run::of(&["--rps", "400", "-n", "2", "--url", &server.url]);
    let shards = scratch.path("shards");
    fs::create_dir(&shards).unwrap();
    fs::copy(whole.directory.join("manifest.json"), shards.join("manifest.json")).unwrap();
    let done = shards.join("DONE");
    assert!(Command::new("mkfifo").arg(&done).status().unwrap().success());
    let (shards, merged) = (shards.to_str().unwrap(), scratch.path("merged"));
    let to = merged.to_str().unwrap();
    for (arguments, pipe) in [
        (&["report", run][..], manifest),
        (&["merge", shards, "-o", to], &done),
        (&["compare", run, "--baseline", run], summary),
    ] {
        for name in ending() {
            let child = spawned(&mut command(arguments));
            // It opens when both sides are there: from then on the command waits for what is written into it.
            let held = fs::File::options().write(true).open(pipe).unwrap();
            signal(&child, name);
            assert_eq!(ended(child), (Some(105), "error: interrupted by a signal\n".into()), "{arguments:?} {name}");
            drop(held);
        }
    }
}

#[test]
fn signals_that_were_ignored_from_the_start_stay_ignored() {
    let program = command(&[]).get_program().to_owned();
    let ignoring = |ignored: &str, arguments: &[&str]| {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("trap '' {ignored}; exec \"$0\" \"$@\"")).arg(&program).args(arguments);
        spawned(shell.env_remove("STEPGATE_URL"))
    };
    let scratch = Scratch::new();
    for (number, ignored) in ["HUP", "INT"].into_iter().enumerate() {
        let gate = Gate::default();
        let held = gate.clone();
        let server = Server::start(move |request| {
            held.wait();
            Reply::Bytes(started(&uuid(request.number)))
        });
        let directory = scratch.path(&number.to_string());
        let url = ["--url", &server.url];
        let run = ["--rps", "200", "-n", "3", "-o", directory.to_str().unwrap()];
        let children =
            [ignoring(ignored, &[&["try"][..], &url].concat()), ignoring(ignored, &[&run[..], &url].concat())];
        server.wait_for(4);
        for child in &children {
            signal(child, ignored);
        }
        gate.open();
        for child in children {
            let (code, said) = ended(child);
            assert_eq!(code, Some(0), "{ignored}: {said}");
        }
    }
}

#[test]
fn a_signal_ends_the_run_with_a_full_report() {
    for signal in ending() {
        let server = Server::healthy();
        let running = Running::start(&["--rps", "200", "-d", "60s", "--url", &server.url]);
        server.wait_for(100);
        running.signal(signal);
        let run = running.wait();
        assert_eq!((run.exit, &run.summary["verdict"]), (105, &json!("interrupted")), "{signal}");
        assert!(run.summary["plan"]["unsent"].as_u64().unwrap() > 1_000);
        assert_eq!(run.summary["plan"]["sent"], server.requests().len());
        assert!(run.directory.join("DONE").exists());
        run.assert_conserved();
    }
}

#[test]
fn a_second_signal_does_not_wait_for_answers() {
    let server = Server::start(|request| match request.number {
        0..3 => Reply::Bytes(started(&uuid(request.number))),
        _ => Reply::Silence,
    });
    let mut running = Running::start(&["--rps", "50", "-d", "60s", "--url", &server.url]);
    server.wait_for(6);
    running.signal("TERM");
    running.hears("a second signal ends the run at once");
    // The rest of the half minute that answers may take is not waited for.
    let before = Instant::now();
    running.signal("TERM");
    running.silence();
    assert!(before.elapsed() < Duration::from_secs(15));
    let run = running.wait();
    assert_eq!(run.exit, 105);
    assert!(run.summary["outcomes"]["unfinished"].as_u64().unwrap() >= 2, "{}", run.summary["outcomes"]);
    let max = &run.summary["response_us"]["at_least"];
    assert!(max.as_array().unwrap().contains(&json!("max")), "{max}");
    run.assert_conserved();
}

#[test]
fn a_killed_run_can_be_reported_up_to_its_last_second() {
    let server = Server::healthy();
    let mut running = Running::start(&["--rps", "300", "-d", "60s", "--url", &server.url]);
    // More than three seconds' worth: the account of the first two is in.
    server.wait_for(1_000);
    running.child.kill().unwrap();
    let sent = server.requests().len() as u64;
    let (directory, _scratch) = running.wait_killed();
    assert!(!directory.join("DONE").exists());
    let report = output(&["report", directory.to_str().unwrap()]);
    assert_eq!(report.status.code(), Some(105), "{}", String::from_utf8_lossy(&report.stderr));
    let summary: Value = serde_json::from_str(&fs::read_to_string(directory.join("summary.json")).unwrap()).unwrap();
    let kept = summary["plan"]["sent"].as_u64().unwrap();
    // At most the second that was under way is lost: 300 requests, and some for the machine's delays.
    assert!(kept >= 600 && kept + 600 > sent, "{kept} of {sent}");
    assert!(summary["names"]["checked"].as_u64().unwrap() >= 600);
    assert_eq!(summary["names"]["duplicates"], 0);
}

#[test]
fn a_report_equals_the_summary_of_its_run() {
    let server = Server::start(|request| match request.number % 7 {
        0 => Reply::Close,
        1 => Reply::Bytes(started(&uuid(3))),
        number => Reply::Bytes(started(&uuid(request.number * 10 + number))),
    });
    let run = super::loadgen::Run::of(&["--rps", "300", "-n", "500", "--url", &server.url]);
    let own = fs::read_to_string(run.directory.join("summary.json")).unwrap();
    let report = output(&["report", run.directory.to_str().unwrap()]);
    assert_eq!(report.status.code(), Some(run.exit));
    assert_eq!(fs::read_to_string(run.directory.join("summary.json")).unwrap(), own);
}

#[test]
fn the_target_is_the_first_thing_printed() {
    let server = Server::healthy();
    let mut running = Running::start(&["--rps", "50", "-d", "60s", "--url", &format!("{}?key=secret", server.url)]);
    let mut first = String::new();
    BufReader::new(running.child.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
    running.signal("TERM");
    assert_eq!(first, format!("POST {}?…\n", server.url));
    let run = running.wait();
    let manifest = fs::read_to_string(run.directory.join("manifest.json")).unwrap();
    assert!(!manifest.contains("secret"), "{manifest}");
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    for how in ["timer_late_us", "spin_late_us"] {
        let late = &manifest["host"][how];
        assert!(late["p50"].as_u64().unwrap() <= late["p99"].as_u64().unwrap(), "{how} {late}");
    }
    assert!(run.stdout.contains("CPUs; wakes late by p50"), "{}", run.stdout);
    assert!(run.stdout.contains(", spinning p50"), "{}", run.stdout);
}
