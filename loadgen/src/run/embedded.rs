//! The embedded endpoint: this binary again, as a child, so that load and target share neither memory nor threads.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Deserialize;
use stepgate::wire::HeaderLookup as _;

use super::pages::{Pages, Told};
use crate::authorization::Auth;
use crate::aws::ExecutionHistory;
use crate::endpoint::Endpoint;
use crate::engine::{Context, Parsed, Peer, Response, Route, exchange, fields, parse};
use crate::mistake::Mistake;
use crate::record::{FailedWorkflows, Kind, WorkflowEnds};
use crate::scenario::{EmbeddedQuotas, Target};

/// How long the child may take to end once its stdin is closed.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often the child is asked how many workflows still run.
const GLANCE: Duration = Duration::from_millis(20);

/// What the child gets of our environment: which account and region ARNs name, how to find its libraries, where temporary
/// files go, and what helps to debug it. Secrets that are there for the load, or for nobody, stay out of it.
const ENVIRONMENT: [&str; 7] =
    ["AWS_ACCOUNT_ID", "AWS_DEFAULT_REGION", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE", "RUST_BACKTRACE", "TMPDIR", "TZ"];

/// A child that serves. It ends when its stdin closes, so it survives nobody, not even a killed parent.
#[derive(Debug)]
pub(crate) struct Embedded {
    /// Whoever asks whether it has ended takes its status from the operating system.
    child: RefCell<Child>,
    stdin: Option<ChildStdin>,
    url: String,
    /// The keys that it made for its callers, as the environment variables in which tools read them.
    keys: Vec<(String, String)>,
}

/// Pages of histories that are looked at for the reasons of failures: a quarter of a megabyte each.
const HISTORIES: usize = 16;

/// Characters of a workflow's cause that are kept.
const CAUSE: usize = 400;

/// Most ways to fail that are told apart.
const WAYS: usize = 8;

type Stdout = BufReader<ChildStdout>;

/// The argument with which it asks nobody who they are.
const NO_AUTH: &str = "--no-auth";

/// The arguments of an endpoint in that region that is asked what the deployment does, and not whether it knows its callers.
/// What it draws at random follows from the seed.
pub(crate) fn unguarded(region: &str, seed: u64) -> Vec<String> {
    [NO_AUTH, "--region", region, "--seed", &seed.to_string()].map(str::to_owned).to_vec()
}

/// What a caller who leads time speaks to the child over.
#[derive(Debug)]
pub(crate) struct ServePipe {
    /// What the child reads.
    pub(crate) input: ChildStdin,
    /// What the child writes.
    pub(crate) output: Stdout,
}

/// The part of `GET /_stepgate/counters` that tells of executions.
#[derive(Debug, Deserialize)]
struct Counters {
    executions: Executions,
}

#[derive(Debug, Deserialize)]
struct Executions {
    running: u64,
    succeeded: u64,
    failed: u64,
    timed_out: u64,
    aborted: u64,
}

/// `GET /_stepgate/workflows`: how many executions took how many milliseconds.
#[derive(Debug, Deserialize)]
struct Durations {
    durations_ms: Vec<(u64, u64)>,
}

impl Embedded {
    /// Starts `program serve` and waits for the URL on its stdout. Asked for signatures, it wants them of its own key; its route
    /// waits for executions where requests of that kind start them. `more` are further arguments, such as those that leave it
    /// [`unguarded`].
    ///
    /// # Errors
    /// The child cannot be started or ends without a URL; its own words are on stderr.
    pub(crate) fn start(program: &Path, target: &Target, kind: Kind, more: &[String]) -> io::Result<Self> {
        Self::spawn(program, target, kind, more).map(|(embedded, _)| embedded)
    }

    /// Starts `program serve` for a caller who leads time from `began` on, and gives the pipe that they speak over. The child
    /// ends when the pipe to it is closed.
    ///
    /// # Errors
    /// As [`Embedded::start`].
    pub(crate) fn led(
        program: &Path,
        target: &Target,
        kind: Kind,
        began: Timestamp,
        more: &[String],
    ) -> io::Result<(Self, ServePipe)> {
        let more = [&["--led".to_owned(), began.as_second().to_string()], more].concat();
        let (mut embedded, output) = Self::spawn(program, target, kind, &more)?;
        match (embedded.stdin.take(), output) {
            (Some(input), Some(output)) => Ok((embedded, ServePipe { input, output })),
            _ => unreachable!("both were asked for when it was started"),
        }
    }

    fn spawn(program: &Path, target: &Target, kind: Kind, more: &[String]) -> io::Result<(Self, Option<Stdout>)> {
        let auth = if more.iter().any(|argument| argument == NO_AUTH) { Auth::None } else { target.auth };
        let signed = auth == Auth::Sigv4;
        let waits = kind == Kind::ExecuteSync;
        // Parameters of the deployment that it serves by itself; another template has its own.
        let own = target.template.is_none();
        let parameters = [(own && signed, "Auth=AWS_IAM"), (own && waits, "WorkflowType=EXPRESS")];
        let mut child = Command::new(program)
            .env_clear()
            .envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .arg("serve")
            .args(&target.template)
            .args(parameters.iter().filter(|(set, _)| *set).flat_map(|(_, parameter)| ["--param", parameter]))
            .args(target.parameters.iter().flat_map(|parameter| ["--param", parameter]))
            .args(target.mocks.iter().flat_map(|file| ["--mocks".as_ref(), file.as_os_str()]))
            .args(more)
            .args(if target.quotas == EmbeddedQuotas::Aws { &["--quotas", "aws"][..] } else { &[] })
            .args((auth != Auth::None).then_some("--tell-keys"))
            .args(target.faults.iter().flat_map(|file| ["--faults".as_ref(), file.as_os_str()]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C in a terminal goes to the whole group: the child has to outlive it until the answers are in.
            .process_group(0)
            .spawn()?;
        let stdin = child.stdin.take();
        let mut output = child.stdout.take().map(BufReader::new);
        let mut embedded = Self { child: RefCell::new(child), stdin, url: String::new(), keys: Vec::new() };
        while let Some(output) = &mut output {
            let mut line = String::new();
            if output.read_line(&mut line)? == 0 {
                embedded.stop();
                return Err(io::Error::other("the embedded endpoint ended before it had an address"));
            }
            // Its keys come first, and the URL ends what it has to tell.
            let Some((name, value)) = line.trim().split_once('=').filter(|(name, _)| !name.contains("://")) else {
                line.trim().clone_into(&mut embedded.url);
                break;
            };
            embedded.keys.push((name.to_owned(), value.to_owned()));
        }
        if embedded.url.contains('{') {
            return Err(io::Error::other(format!(
                "the route {} has parameters, which nobody would fill in: serve it with stepgate-emulator, and name the whole \
                 URL with --url",
                embedded.url
            )));
        }
        Ok((embedded, output))
    }

    /// An environment variable of those that hold the keys of its callers.
    #[must_use]
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        self.keys.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone())
    }

    /// The URL of its execute method.
    #[must_use]
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How it ended, if it has: as long as this value lives, nobody has asked it to.
    #[must_use]
    pub(super) fn exit_status(&self) -> Option<ExitStatus> {
        // Whoever cannot be asked has not ended.
        self.child.borrow_mut().try_wait().ok().flatten()
    }

    /// Waits until no workflow runs any more, at most for `patience`, and tells how they ended. As long as some run, `tell`
    /// gets their number.
    ///
    /// # Errors
    /// The child does not tell.
    pub(crate) fn wait_for_workflows(
        &self,
        patience: Duration,
        stop: impl Fn() -> bool,
        mut tell: impl FnMut(u64),
    ) -> Result<WorkflowEnds, Mistake> {
        let target = Endpoint::parse(&self.url)?;
        let endpoint = target.at("/_stepgate/counters");
        let begun = Instant::now();
        loop {
            let running = executions(&get(&endpoint)?)?.running;
            if running == 0 || begun.elapsed() >= patience || stop() {
                return workflow_ends(|path| get_page(&target.at(path)));
            }
            tell(running);
            thread::sleep(GLANCE);
        }
    }

    fn stop(&mut self) {
        drop(self.stdin.take());
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if !matches!(self.child.get_mut().try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        // It had its time. Both fail only when it has ended in the meantime.
        let child = self.child.get_mut();
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// How the workflows have ended so far, by what `told` brings from a path of the endpoint.
///
/// # Errors
/// The endpoint does not tell.
pub(super) fn workflow_ends(told: impl Fn(&str) -> Result<Told, Mistake>) -> Result<WorkflowEnds, Mistake> {
    let (counters, _) = told("/_stepgate/counters")?;
    let Executions { running, succeeded, failed, timed_out, aborted } = executions(&counters)?;
    let Durations { durations_ms } = serde_json::from_slice(&told("/_stepgate/workflows")?.0)
        .map_err(|e| Mistake::other(format!("the durations cannot be understood: {e}")))?;
    let durations_ms = durations_ms.into_iter().collect();
    let failed = failed + timed_out + aborted;
    let failures = if failed > 0 { failures(told)? } else { Vec::new() };
    Ok(WorkflowEnds { succeeded, failed, open: running, durations_ms, failures })
}

/// Why workflows failed, by the histories of the newest executions.
fn failures(told: impl Fn(&str) -> Result<Told, Mistake>) -> Result<Vec<FailedWorkflows>, Mistake> {
    let mut newest: Vec<ExecutionHistory> = Vec::new();
    for page in Pages::of(told, "/_stepgate/history?limit=1000").take(HISTORIES) {
        page?.into_iter().for_each(|row| ExecutionHistory::gather(&mut newest, row));
    }
    let failed = newest.iter().filter(|it| !matches!(&*it.status, "SUCCEEDED" | "RUNNING") && !it.forgotten);
    let failure = |execution: &ExecutionHistory| {
        let (error, cause, state) = execution.failure()?;
        let cause = cause.chars().take(CAUSE).collect();
        Some(FailedWorkflows { error: error.into(), state: state.into(), cause, count: 1 })
    };
    let mut failures = Vec::new();
    FailedWorkflows::add_all(&mut failures, failed.filter_map(failure));
    failures.truncate(WAYS);
    Ok(failures)
}

/// What the counters tell of executions.
fn executions(counters: &[u8]) -> Result<Executions, Mistake> {
    let counters: Result<Counters, _> = serde_json::from_slice(counters);
    let counters = counters.map_err(|e| Mistake::other(format!("the counters cannot be understood: {e}")))?;
    Ok(counters.executions)
}

/// What an answer with HTTP 200 tells that has come whole.
pub(super) fn told_by(answer: &[u8]) -> Option<Told> {
    match parse(answer, Context::default(), &mut fields()) {
        Parsed::Complete(response) if response.status == 200 => Some(page_of(response)),
        _ => None,
    }
}

/// The body of an answer, and the path of the page that follows it, if there is one.
fn page_of(response: Response<'_, '_>) -> Told {
    let next = response.headers.header("Link").and_then(next_page);
    (response.body.into_owned(), next)
}

/// The body of a GET over a connection of its own.
pub(super) fn get(endpoint: &Endpoint) -> Result<Vec<u8>, Mistake> {
    get_page(endpoint).map(|(body, _)| body)
}

/// The body of a GET over a connection of its own, and the path of the page that follows it, if there is one.
pub(super) fn get_page(endpoint: &Endpoint) -> Result<Told, Mistake> {
    let request =
        format!("GET {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", endpoint.path, endpoint.authority);
    let exchanged = exchange(&Peer::resolve(endpoint, &Route::default())?, request.as_bytes(), Duration::from_secs(5))?;
    let mut room = fields();
    let response = exchanged.response(&mut room).map_err(|mistake| mistake.about(endpoint))?;
    match response.status {
        200 => Ok(page_of(response)),
        other => Err(Mistake::other(format!("{endpoint} answers {other}"))),
    }
}

/// The path in a header `Link: <PATH>; rel="next"`.
fn next_page(link: &[u8]) -> Option<String> {
    let path = std::str::from_utf8(link).ok()?.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
    Some(path.to_owned())
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stop();
    }
}
