//! What a long run meets: a target that restarts, a disk that fills up, processors of its own.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::loadgen::{Running, Scratch, command};
use super::server::Server;

/// The emulator as a process, and its URL.
fn serve(port: &str) -> (Child, String) {
    let mut child = command(&["serve", "--port", port]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
    (child, url.trim().into())
}

/// Reads rows of requests until fifty in a row came to this.
fn fifty(rows: &mut impl Iterator<Item = String>, outcome: &str) {
    let mut found = 0;
    while found < 50 {
        let row = rows.next().expect("the run goes on");
        found = if row.split(',').nth(7) == Some(outcome) { found + 1 } else { 0 };
    }
}

#[test]
fn a_target_that_restarts_in_mid_run_is_survived_and_its_absence_counted() {
    let (mut first, url) = serve("0");
    let port = url.split(':').nth(2).unwrap().split('/').next().unwrap().to_owned();
    // The rows of the requests come through a pipe, as they end.
    let scratch = Scratch::new();
    let pipe = scratch.path("rows");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let out = format!("csv={}", pipe.display());
    let load = ["--rps", "100", "-d", "120s", "--arrivals", "uniform", "--out", &out, "--url", &url];
    let running = Running::start(&load);
    let mut rows = BufReader::new(File::open(&pipe).unwrap()).lines().map_while(Result::ok);
    fifty(&mut rows, "started");
    first.kill().unwrap();
    first.wait().unwrap();
    fifty(&mut rows, "connect_refused");
    let (mut second, again) = serve(&port);
    assert_eq!(again, url);
    fifty(&mut rows, "started");
    running.signal("TERM");
    rows.for_each(drop);
    let run = running.wait();
    second.kill().unwrap();
    second.wait().unwrap();
    let failed = run.summary["outcomes"]["failed"].as_object().unwrap();
    let expected = ["connect_refused", "connect_failed", "closed", "reset", "truncated"];
    assert!(failed.keys().all(|class| expected.contains(&class.as_str())), "{failed:?}");
    assert!(failed["connect_refused"].as_u64().unwrap() >= 50, "{failed:?}");
    assert_eq!(run.summary["names"]["duplicates"], 0);
    run.assert_conserved();
}

#[test]
#[cfg_attr(portable, ignore = "the portable twin binds no thread to a processor, and says so")]
fn a_generator_is_bound_to_the_processor_that_was_asked_for_also_when_it_spins() {
    let server = Server::healthy();
    let running = Running::start(&["--rps", "200", "-d", "60s", "--pin", "0", "--spin", "--url", &server.url]);
    server.wait_for(100);
    let tasks = format!("/proc/{}/task", running.child.id());
    let allowed: Vec<String> = fs::read_dir(tasks)
        .unwrap()
        .map(|task| task.unwrap().path())
        .filter(|task| fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim() == "generator-0"))
        .map(|task| fs::read_to_string(task.join("status")).unwrap())
        .filter_map(|status| Some(status.split("Cpus_allowed_list:").nth(1)?.lines().next()?.trim().to_owned()))
        .collect();
    assert_eq!(allowed, ["0"]);
    running.signal("TERM");
    running.wait().assert_conserved();
}

/// A script that may mount file systems.
fn mounted(script: &str) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
    command
}

/// Whether there can be such scripts here; says so where not.
#[expect(clippy::print_stderr, reason = "whoever reads the results of the tests is to see what they leave out")]
fn can_mount() -> bool {
    let can = mounted("mount -t tmpfs none /mnt").status().is_ok_and(|status| status.success());
    if !can {
        eprintln!("left out: no file system can be mounted here");
    }
    can
}

/// A run on a file system of 256 KiB of its own, which it fills in a second or two.
#[test]
fn a_full_disk_is_said_and_the_report_is_whole_on_the_screen() {
    if !can_mount() {
        return;
    }
    let server = Server::healthy();
    let scratch = Scratch::new();
    let disk = scratch.path("disk");
    fs::create_dir_all(&disk).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=256k none '{disk}' && '{}' --rps 4000 -n 20000 -c 8 --url {} -o '{disk}/run' \
         --threshold 'response_time:p(50)<60s'",
        env!("CARGO_BIN_EXE_loadgen-under-test"),
        server.url,
        disk = disk.display()
    );
    let ended = mounted(&script).env_remove("STEPGATE_URL").stdin(Stdio::null()).output().unwrap();
    let (stdout, stderr) = (String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap());
    assert!(stderr.contains("cannot write into") && stderr.contains("No space left"), "{stderr}");
    assert!(stdout.contains("sent 20000"), "{stdout}");
    assert!(stdout.contains("started 20000"), "{stdout}");
    assert!(stdout.contains("names were lost, not compared"), "{stdout}");
    assert_eq!(ended.status.code(), Some(98), "nobody knows whether they are distinct: {stdout}");
}

#[test]
fn a_limit_on_the_size_of_files_is_said_and_does_not_end_the_process() {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let script = format!(
        "ulimit -f 16; exec '{}' --rps 200 -n 600 --url {} -o '{}'",
        env!("CARGO_BIN_EXE_loadgen-under-test"),
        server.url,
        scratch.path("run").display()
    );
    let mut shell = std::process::Command::new("sh");
    let ended = shell.args(["-c", &script]).env_remove("STEPGATE_URL").stdin(Stdio::null()).output().unwrap();
    let (stdout, stderr) = (String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap());
    assert!(stderr.contains("cannot write into") && stderr.contains("File too large"), "{stderr}");
    assert!(stdout.contains("started 600"), "{stdout}");
    assert!(ended.status.code().is_some_and(|code| code > 0), "{:?}: {stdout}", ended.status);
}

/// File systems of every size from almost nothing to more than enough: the disk is full at each write in turn.
#[test]
fn a_disk_that_is_full_at_any_write_makes_no_run_pass_that_lost_something() {
    if !can_mount() {
        return;
    }
    let server = Server::healthy();
    let scratch = Scratch::new();
    let all = std::env::var_os("STEPGATE_TORN").is_some_and(|value| value == "every-byte");
    let sizes: Vec<usize> = if all { (1..=80).collect() } else { vec![1, 3, 6, 12, 40, 80] };
    for (number, pages) in sizes.into_iter().enumerate() {
        let disk = scratch.path(&format!("disk-{number}"));
        fs::create_dir_all(&disk).unwrap();
        // What is on the small disk at the end is copied out, to be reported on.
        let script = format!(
            "mount -t tmpfs -o size={}k none '{disk}' || exit 77; \
             '{program}' --rps 2000 -n 2000 -c 8 --url {} -o '{disk}/run'; code=$?; \
             cp -r '{disk}/run' '{disk}.kept' 2>/dev/null; exit $code",
            pages * 4,
            server.url,
            disk = disk.display(),
            program = env!("CARGO_BIN_EXE_loadgen-under-test"),
        );
        let ended = mounted(&script).env_remove("STEPGATE_URL").stdin(Stdio::null()).output().unwrap();
        let (stdout, stderr) = (String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap());
        let exit = ended.status.code().unwrap();
        let kept = scratch.path(&format!("disk-{number}.kept"));
        let again = command(&["report", kept.to_str().unwrap()]).output().unwrap();
        let (report, reported) = (again.status.code().unwrap(), String::from_utf8(again.stdout).unwrap());
        println!("{} KiB: the run's exit {exit}, its report's {report}", pages * 4);
        assert_ne!(exit, 101, "a panic: {stderr}");
        if stderr.contains("cannot write") {
            assert_ne!(exit, 0, "{} KiB: something was lost, and it passed: {stdout}{stderr}", pages * 4);
        } else if exit == 0 {
            assert_eq!(report, 0, "{} KiB: it passed, and its directory does not: {reported}", pages * 4);
        }
        if report == 0 {
            assert!(reported.contains("sent 2000") && reported.contains("2000 unique"), "{reported}");
        }
    }
}
