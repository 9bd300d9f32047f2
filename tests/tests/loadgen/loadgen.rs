//! Runs the binary and reads what it leaves.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

/// A directory of its own for a test; removed at the end.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("loadgen-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed stays in target/tmp.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The binary with arguments, in no particular environment.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen-under-test"));
    command.args(arguments).env_remove("STEPGATE_URL").stdin(Stdio::null());
    command
}

pub(crate) fn output(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// A run that has ended.
pub(crate) struct Run {
    pub(crate) exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) summary: Value,
    pub(crate) directory: PathBuf,
    _scratch: Scratch,
}

impl Run {
    /// Runs with a directory of its own.
    pub(crate) fn of(arguments: &[&str]) -> Self {
        let scratch = Scratch::new();
        let directory = scratch.path("run");
        let output = command(arguments).arg("-o").arg(&directory).output().unwrap();
        Self::ended(output, directory, scratch)
    }

    fn ended(output: Output, directory: PathBuf, scratch: Scratch) -> Self {
        let stderr = String::from_utf8(output.stderr).unwrap();
        let summary = fs::read_to_string(directory.join("summary.json"));
        let summary = summary.unwrap_or_else(|e| panic!("no summary ({e}); stderr: {stderr}"));
        Self {
            exit: output.status.code().expect("no signal ends it"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr,
            summary: serde_json::from_str(&summary).unwrap(),
            directory,
            _scratch: scratch,
        }
    }

    /// Whether every planned arrival and every request is accounted for.
    pub(crate) fn assert_conserved(&self) {
        let count = |pointer: &str| self.summary.pointer(pointer).and_then(Value::as_u64).unwrap();
        let failed =
            |of: &Value| -> u64 { of["failed"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum() };
        let others = self.summary["others"].as_array().unwrap();
        let of_other = |other: &Value, key: &str| other[key].as_u64().unwrap();
        assert_eq!(count("/plan/planned"), count("/plan/sent") + count("/plan/dropped") + count("/plan/unsent"));
        let outcomes = failed(&self.summary["outcomes"]) + count("/outcomes/unfinished");
        assert_eq!(count("/outcomes/sent"), count("/outcomes/started") + outcomes);
        for other in others {
            let ended = of_other(other, "succeeded") + failed(other) + of_other(other, "unfinished");
            assert_eq!(of_other(other, "sent"), ended);
        }
        let sent = count("/outcomes/sent") + others.iter().map(|other| of_other(other, "sent")).sum::<u64>();
        assert_eq!(count("/plan/sent"), sent);
    }
}

/// A run in progress.
pub(crate) struct Running {
    pub(crate) child: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
    directory: PathBuf,
    scratch: Scratch,
}

impl Running {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let scratch = Scratch::new();
        let directory = scratch.path("run");
        let mut command = command(arguments);
        command.arg("-o").arg(&directory).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stderr, said: String::new(), directory, scratch }
    }

    /// Waits until the run says something on stderr, and returns the line.
    pub(crate) fn hears(&mut self, what: &str) -> String {
        loop {
            let mut line = String::new();
            let length = self.stderr.read_line(&mut line).unwrap();
            assert!(length > 0, "it ended without a word of {what:?}: {}", self.said);
            self.said += &line;
            if line.contains(what) {
                return line.trim_end().into();
            }
        }
    }

    /// Waits until the first second is over and its account is in.
    pub(crate) fn second(&mut self) {
        self.hears("  sent ");
    }

    /// Waits until nobody is left who could say anything on stderr: neither the run nor a child of it.
    pub(crate) fn silence(&mut self) {
        self.stderr.read_to_string(&mut self.said).unwrap();
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    pub(crate) fn wait(mut self) -> Run {
        self.silence();
        let output = self.child.wait_with_output().unwrap();
        let output = Output { stderr: self.said.into_bytes(), ..output };
        Run::ended(output, self.directory, self.scratch)
    }

    /// Waits for a process that leaves no summary of its own; its directory stays as long as the value.
    pub(crate) fn wait_killed(mut self) -> (PathBuf, Scratch) {
        self.child.wait().unwrap();
        (self.directory, self.scratch)
    }
}
