//! The command line: what is served is decided here, and what went wrong is shown.
//!
//! Standard output carries one line, the URL of the execute method; everything else goes to standard error.

mod ending;

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clap::Parser;

use self::ending::Ending;
use crate::clock::{Clock, SystemClock, VirtualClock};
use crate::deployment::{Api, Stack};
use crate::document::PassedOver;
use crate::doubles::DoubleArgs;
use crate::faults::FaultPlan;
use crate::recording::Recording;
use crate::signature::AccessKey;
use crate::simulation::LedClock;
use crate::states::{self, Quotas};
use crate::switches::{self, Switch, Switches};
use crate::template::{LoadOptions, Source};
use crate::watch::Watch;
use crate::{Emulator, Serving, gateway};

/// Letters of a temporary key's session token; AWS's are of several hundred.
const SESSION_TOKEN: usize = 356;

/// Serves an API Gateway and Step Functions deployment on this machine, as AWS would answer.
///
/// Prints the URL of the execute method as its only line on standard output. The Step Functions API answers at `POST /`
/// of the same port.
#[derive(Debug, Parser)]
#[command(name = "stepgate-emulator", version)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

/// What is served, and where.
#[derive(Debug, Clone, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Args {
    /// A SAM or CloudFormation template, or a state machine (`machine.asl.json`); files that it names must lie below its
    /// folder [default: the corrected deployment, with Auth=NONE]
    #[arg(value_name = "FILE", conflicts_with = "template")]
    file: Option<PathBuf>,
    /// The same as FILE
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// The API to serve, by its logical id [default: the first one that starts executions]
    #[arg(long, value_name = "NAME")]
    api: Option<String>,
    /// The state machine to put an API in front of, where the template has none [default: the first one]
    #[arg(long, value_name = "NAME")]
    machine: Option<String>,
    /// Refuse a template with anything that would otherwise be ignored because it changes no answer
    #[arg(long)]
    strict: bool,
    /// Serve the original deployment of 2019; with FILE, load that file with the same repairs
    #[arg(long)]
    as_posted: bool,
    /// A parameter of the template; may be given many times
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Address to listen on; anything but a loopback address lets others start workflows here
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Apply AWS's token buckets and concurrency
    #[arg(long, value_name = "off|aws", default_value = "off", value_parser = quotas)]
    quotas: Quotas,
    /// Most invocations of handlers at a time; more fail with Lambda.TooManyRequestsException, as on Lambda. Each one that
    /// waits takes some 200 kB [default: 5000, or 1000 with --quotas aws]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    concurrency: Option<u32>,
    /// Most executions open at a time; more starts fail with `ExecutionLimitExceeded`, as on AWS. Each takes some 2 kB and its
    /// data [default: 250000, or 1000000 with --quotas aws]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    open_executions: Option<u32>,
    /// How many finished executions to remember; names of forgotten ones can be used again
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    retain: usize,
    #[command(flatten)]
    doubles: DoubleArgs,
    /// Reload when the template, a file beside it, or a file of doubles changes; executions are forgotten
    #[arg(long)]
    watch: bool,
    /// Inject the faults of FILE (see emulator/examples/faults.toml); `GET /_stepgate/counters` shows what each rule did
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Write a line for every answer to FILE, in the Common Log Format; `-` is standard error
    #[arg(long, value_name = "FILE|-")]
    access_log: Option<PathBuf>,
    /// Write the handlers' console output to FILE; `-` is standard error
    #[arg(long, value_name = "FILE|-")]
    handler_log: Option<PathBuf>,
    /// Ask no caller for a signature, an API key or a token; routes behind authorizers of any kind are then served
    #[arg(long)]
    no_auth: bool,
    /// Require calls of the Step Functions API to be signed with the test key, which is printed on standard error
    #[arg(long)]
    verify_api: bool,
    /// Make the test key a temporary one: with a session token, valid for SECONDS
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=129_600))]
    session: Option<u64>,
    /// Set what is only inferred of AWS, by the names in docs/fidelity.md; may be given many times
    #[arg(long = "switch", value_name = "NAME=WAY", value_parser = switches::parse)]
    switches: Vec<(Switch, bool)>,
    /// Set every switch that a recording decides (`loadgen doctor --record FILE`); `--switch` goes before it
    #[arg(long, value_name = "FILE")]
    as_recorded: Option<PathBuf>,
    /// Threads that serve connections
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
    /// Name of the stack, `AWS::StackName`
    #[arg(long, value_name = "NAME", default_value = "stepgate")]
    stack: String,
    /// Region of the stack, in its ARNs and signatures
    #[arg(long, value_name = "NAME", default_value = "us-east-1")]
    region: String,
    /// Account of the stack, in its ARNs
    #[arg(long, value_name = "DIGITS", default_value = "123456789012")]
    account: String,
    /// Let time stand still while something is done, and jump to what is due next: a workflow that waits ends at once
    #[arg(long, hide = true)]
    virtual_time: bool,
    /// Serve the caller on standard input and output alone, who leads time
    #[arg(long, hide = true, conflicts_with_all = ["virtual_time", "watch"])]
    led: bool,
}

/// When serving ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// At an interrupt or a request to terminate.
    Interrupted,
    /// When standard input is closed, as a parent process does by ending; interrupts are left to that parent.
    StdinClosed,
}

/// The program `stepgate-emulator`.
#[must_use]
pub fn main() -> ExitCode {
    serve(&Cli::parse().args, Until::Interrupted)
}

/// Serves until the end that `until` names. Exit codes: 0 for that end, 1 for a deployment that does not load or an
/// address that is taken.
#[must_use]
pub fn serve(args: &Args, until: Until) -> ExitCode {
    match try_serve(args, until) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(&message);
            ExitCode::FAILURE
        }
    }
}

fn try_serve(args: &Args, until: Until) -> Result<(), String> {
    // Before the URL is printed: whoever reads it may interrupt at once.
    let ending = Ending::new(until).map_err(|error| format!("error: signals cannot be handled: {error}"))?;
    let keys = args.test_keys();
    // Before the files are read: a change that comes later is one.
    let mut watch = args.watch.then(|| Watch::new(args.folders(), args.doubles.files().collect()));
    if args.led {
        return simulate(args, &keys);
    }
    let emulator = load(args, &keys, clock(args))?;
    if let Some(watch) = &mut watch {
        watch.definitions(&emulator.deployment().machines);
    }
    tell_keys(args, &keys, until, &emulator.deployment().api)?;
    let address = SocketAddr::new(args.host, args.port);
    let serving = emulator.serve(address).map_err(|error| format!("error: cannot listen on {address}: {error}"))?;
    let url = writeln!(io::stdout(), "{}", serving.url()).and_then(|()| io::stdout().flush());
    url.map_err(|error| format!("error: the URL cannot be printed: {error}"))?;
    let serving = Arc::new(Mutex::new(serving));
    if let Some(watch) = watch {
        reload(watch, args.clone(), keys, &serving)?;
    }
    ending.wait();
    lock(&serving).stop();
    Ok(())
}

/// Tells the keys of callers: a person those that are asked for, on standard error; a parent all of them, each on a line before
/// the URL, for it decides what it signs.
fn tell_keys(args: &Args, (key, api_key): &(AccessKey, String), until: Until, api: &Api) -> Result<(), String> {
    let mut variables =
        vec![format!("AWS_ACCESS_KEY_ID={}", key.access_key()), format!("AWS_SECRET_ACCESS_KEY={}", key.secret())];
    variables.extend(key.session_token().map(|token| format!("AWS_SESSION_TOKEN={token}")));
    variables.push(format!("AWS_REGION={}", args.region));
    if until == Until::StdinClosed {
        variables.push(format!("STEPGATE_API_KEY={api_key}"));
        let told = writeln!(io::stdout(), "{}", variables.join("\n"));
        return told.map_err(|error| format!("error: the keys cannot be told: {error}"));
    }
    if args.verify_api || api.wants_signatures() {
        say(&format!("test key: {}", variables.join(" ")));
    }
    if api.wants_api_keys() {
        say(&format!("test API key: {api_key}"));
    }
    Ok(())
}

/// Serves a caller who leads time, over standard input and output; the URL's host is never listened on.
fn simulate(args: &Args, keys: &(AccessKey, String)) -> Result<(), String> {
    let clock = Arc::new(LedClock::starting_at(SystemClock::start().now()));
    let emulator = load(args, keys, clock.clone())?;
    let mut stdout = io::stdout();
    let told = writeln!(stdout, "http://127.0.0.1{}", emulator.path()).and_then(|()| stdout.flush());
    let served = told.and_then(|()| emulator.simulation(&clock).run(io::stdin().lock(), stdout.lock()));
    served.map_err(|error| format!("error: the simulation cannot go on: {error}"))
}

fn clock(args: &Args) -> Arc<dyn Clock> {
    let machine = SystemClock::start();
    if args.virtual_time { Arc::new(VirtualClock::starting_at(machine.now())) } else { Arc::new(machine) }
}

/// Loads what is to be served, and says what was mended or passed over.
fn load(args: &Args, (key, api_key): &(AccessKey, String), clock: Arc<dyn Clock>) -> Result<Emulator, String> {
    let source = args.source();
    let (switches, said) = args.switches()?;
    let mut builder = Emulator::builder()
        .source(source.clone())
        .load_options(args.load_options())
        .gateway_options(gateway::GatewayOptions {
            quotas: args.quotas,
            credentials: key.clone().into(),
            api_keys: vec![api_key.clone()],
            ..gateway::GatewayOptions::default()
        })
        .states_options(args.states_options()?)
        .switches(switches)
        .verify_api(args.verify_api)
        .faults(args.faults()?)
        .clock(clock)
        .threads(args.threads.into());
    if let Some(file) = &args.access_log {
        builder = builder.access_log(lines_to(file)?);
    }
    if let Some(file) = &args.handler_log {
        builder = builder.handler_log(lines_to(file)?);
    }
    let emulator = builder
        .build()
        .map_err(|error| error.render(error.position.as_ref().and_then(|position| source.line(position)).as_deref()))?;
    for line in said {
        say(&line);
    }
    for warning in &emulator.deployment().warnings {
        say(&format!("warning: {warning}"));
    }
    for passed in &emulator.deployment().passed_over {
        say(&passed_over(passed));
    }
    Ok(emulator)
}

/// Loads everything anew whenever a file changes, and serves it in the place of what is served. What does not load is
/// said, and changes nothing.
fn reload(
    mut watch: Watch,
    args: Args,
    keys: (AccessKey, String),
    serving: &Arc<Mutex<Serving>>,
) -> Result<(), String> {
    /// How often the files are looked at.
    const EVERY: Duration = Duration::from_millis(300);
    let serving = Arc::clone(serving);
    let address = lock(&serving).address();
    let watching = std::thread::Builder::new().name("watch".to_owned()).spawn(move || {
        loop {
            std::thread::sleep(EVERY);
            if !watch.has_changed() {
                continue;
            }
            watch.settle();
            let emulator = match load(&args, &keys, clock(&args)) {
                Ok(emulator) => {
                    watch.definitions(&emulator.deployment().machines);
                    emulator
                }
                Err(message) => {
                    say(&message);
                    continue;
                }
            };
            let mut serving = lock(&serving);
            serving.stop();
            match emulator.serve(address) {
                Ok(anew) => {
                    *serving = anew;
                    say("reloaded");
                }
                Err(error) => say(&format!("error: cannot listen on {address} again: {error}")),
            }
        }
    });
    watching.map(drop).map_err(|error| format!("error: files cannot be watched: {error}"))
}

fn lock(serving: &Mutex<Serving>) -> MutexGuard<'_, Serving> {
    serving.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Args {
    fn source(&self) -> Source {
        match self.named() {
            Some(template) => Source::file(template),
            None if self.as_posted => Source::carried("deploy/as-posted", stepgate_deploy::AS_POSTED),
            None => Source::carried("deploy", stepgate_deploy::CORRECTED),
        }
    }

    /// The folders whose files make what is served.
    fn folders(&self) -> Vec<PathBuf> {
        let template = self.named().and_then(Path::parent);
        let below = |folder: &Path| if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() };
        template.into_iter().map(below).collect()
    }

    /// The file that is served, if one is named.
    fn named(&self) -> Option<&Path> {
        self.file.as_deref().or(self.template.as_deref())
    }

    fn load_options(&self) -> LoadOptions {
        let mut parameters = self.parameters.clone();
        if self.named().is_none() && !self.as_posted {
            // First, so that one given on the command line wins.
            parameters.insert(0, ("Auth".to_owned(), "NONE".to_owned()));
        }
        let stack = Stack::new(&self.stack, &self.region, &self.account);
        LoadOptions {
            parameters,
            stack,
            as_posted: self.as_posted,
            strict: self.strict,
            no_auth: self.no_auth,
            api: self.api.clone(),
            machine: self.machine.clone(),
        }
    }

    /// Keys that this run accepts, new ones each time: they open nothing but this endpoint.
    fn test_keys(&self) -> (AccessKey, String) {
        let mut random = [0; 46];
        fastrand::fill(&mut random);
        let stack = Stack::new(&self.stack, &self.region, &self.account);
        let api_key = std::iter::repeat_with(fastrand::alphanumeric).take(40).collect();
        let mut key = AccessKey::generate(random, &stack.partition, &stack.account);
        if let Some(seconds) = self.session {
            let token: String = std::iter::repeat_with(fastrand::alphanumeric).take(SESSION_TOKEN).collect();
            key = key.with_session(token, SystemClock::start().now().saturating_add(Duration::from_secs(seconds)));
        }
        (key, api_key)
    }

    /// Which way the switches are set, and what a recording has to do with it.
    fn switches(&self) -> Result<(Switches, Vec<String>), String> {
        let (mut switches, mut said) = (Switches::default(), Vec::new());
        if let Some(file) = &self.as_recorded {
            let text = fs::read_to_string(file).map_err(|error| cannot("read", file, &error))?;
            let recording = Recording::read(&text).map_err(|why| format!("error: {} {why}", file.display()))?;
            for observation in recording.observations() {
                let (switch, turned) = (observation.switch, observation.turned);
                switches = switches.set(switch, turned);
                said.push(format!("as recorded: {}={} ({})", switch.row().name, switch.way(turned), observation.case));
            }
        }
        for (switch, turned) in &self.switches {
            switches = switches.set(*switch, *turned);
        }
        Ok((switches, said))
    }

    fn faults(&self) -> Result<FaultPlan, String> {
        let Some(file) = &self.faults else { return Ok(FaultPlan::default()) };
        let text = fs::read_to_string(file).map_err(|error| cannot("read", file, &error))?;
        FaultPlan::read(&text).map_err(|error| format!("error: {}: {error}", file.display()))
    }

    fn states_options(&self) -> Result<states::StatesOptions, String> {
        let doubles = self.doubles.read().map_err(|error| format!("error: {error}"))?;
        Ok(states::StatesOptions {
            quotas: self.quotas,
            retain: self.retain,
            concurrency: self.concurrency.map(|concurrency| usize::try_from(concurrency).unwrap_or(usize::MAX)),
            open_executions: self.open_executions.map(|open| usize::try_from(open).unwrap_or(usize::MAX)),
            doubles,
            ..states::StatesOptions::default()
        })
    }
}

/// `passed over: 3 × AWS::S3::Bucket (first at template.yaml:12:3)`
fn passed_over(passed: &PassedOver) -> String {
    let count = if passed.count > 1 { format!("{} × ", passed.count) } else { String::new() };
    let first = passed.first.as_ref().map(|position| format!(" ({position})"));
    format!("passed over: {count}{}{}", passed.what, first.unwrap_or_default())
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

fn quotas(text: &str) -> Result<Quotas, String> {
    match text {
        "off" => Ok(Quotas::Off),
        "aws" => Ok(Quotas::Aws),
        _ => Err("expected off or aws".to_owned()),
    }
}

/// Writes lines to a file, or to standard error for `-`. A file that takes no more of them is told once.
fn lines_to(path: &Path) -> Result<impl FnMut(&str) + Send + use<>, String> {
    let mut out: Box<dyn Write + Send> = if path == Path::new("-") {
        Box::new(io::stderr())
    } else {
        Box::new(File::options().create(true).append(true).open(path).map_err(|error| cannot("write", path, &error))?)
    };
    let path = path.to_owned();
    let mut failed = false;
    Ok(move |line: &str| {
        // In one piece, so that lines of several writers do not mix.
        let written = out.write_all(format!("{line}\n").as_bytes());
        if let Err(error) = written
            && !std::mem::replace(&mut failed, true)
        {
            say(&cannot("write", &path, &error));
        }
    })
}

fn cannot(what: &str, file: &Path, error: &io::Error) -> String {
    format!("error: cannot {what} {}: {error}", file.display())
}

/// A line for people; nobody is left to tell when it cannot be written.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &[&str]) -> Result<Args, clap::error::ErrorKind> {
        let line = ["stepgate-emulator"].iter().chain(line);
        Cli::try_parse_from(line).map(|cli| cli.args).map_err(|error| error.kind())
    }

    #[test]
    fn the_default_deployment_is_open_unless_said_otherwise() {
        let options = args(&[]).unwrap().load_options();
        assert_eq!(options.parameters, [("Auth".to_owned(), "NONE".to_owned())]);
        let options = args(&["--param", "Auth=AWS_IAM"]).unwrap().load_options();
        assert_eq!(options.parameters.last(), Some(&("Auth".to_owned(), "AWS_IAM".to_owned())));
        for line in [&["--as-posted"][..], &["--template", "t.yaml"]] {
            assert_eq!(args(line).unwrap().load_options().parameters, []);
        }
    }

    #[test]
    fn a_test_key_may_be_a_temporary_one() {
        let (key, _) = args(&["--session", "60"]).unwrap().test_keys();
        assert_eq!(key.session_token().map(str::len), Some(SESSION_TOKEN));
        assert_eq!(args(&[]).unwrap().test_keys().0.session_token(), None);
    }

    #[test]
    fn values_may_hold_equals_signs_and_be_empty() {
        let options = args(&["--as-posted", "--param", "A=b=c", "--param", "D="]).unwrap().load_options();
        let expected = [("A", "b=c"), ("D", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(options.parameters, expected);
    }

    #[test]
    fn mistakes_are_usage_errors() {
        for line in [&["--param", "A"][..], &["--quotas", "some"], &["--threads", "0"], &["--host", "localhost"]] {
            assert_eq!(args(line).unwrap_err(), clap::error::ErrorKind::ValueValidation, "{line:?}");
        }
    }
}
