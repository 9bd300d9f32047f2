//! The commands: each ends in one exit code.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::thread;

use clap::{CommandFactory, Parser};
use jiff::Timestamp;

use super::Io;
use super::arguments::{Arguments, Command, Format, LoadArguments, RunArguments};
use super::load::{Failure, Load, authorization, check_size, overrides, threshold};
use super::network::{dns_us, shown};
use super::outputs::{OutputArguments, OutputFormat};
use super::shard;
use super::terminal::Terminal;
use crate::compare::Comparison;
use crate::endpoint::Endpoint;
use crate::engine::{Lateness, Peer};
use crate::exit::Exit;
use crate::judge::{Threshold, built_in};
use crate::payload::{Arriving, Content};
use crate::record::Places;
use crate::report::{Identity, Summary};
use crate::run::{Embedded, Form, Host, LONGEST_RUN, Manifest, Options, Party, RunDirectory, Session, kept};
use crate::scenario::{Profile, Scenario, show_duration};
use crate::schedule::{Fingerprint, Ramp, Schedule};
use crate::shard::{Placement, Shard};

/// Runs a command line. Results go to `io.stdout`, everything else to `io.stderr`.
pub fn run(arguments: Vec<OsString>, io: &mut Io<'_>) -> Exit {
    let words = arguments.iter().skip(1).map(|a| a.to_string_lossy().into_owned()).collect::<Vec<_>>();
    let parsed = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        Err(e) => {
            let out: &mut dyn Write = if e.use_stderr() { io.stderr } else { io.stdout };
            // A closed pipe is nobody's error.
            let _ = write!(out, "{e}");
            return if e.use_stderr() { Exit::Usage } else { Exit::Pass };
        }
    };
    let ended = match parsed.command {
        None if words.is_empty() => {
            let _ = write!(io.stderr, "{}", Arguments::command().render_help());
            return Exit::Usage;
        }
        None => run_load(&parsed.run, &words, io),
        Some(Command::Run(run)) => run_load(&run, &words, io),
        Some(Command::Try(load)) => super::trial::trial(&load, io),
        Some(Command::Validate(load)) => validate(&load, io),
        Some(Command::Schema { format }) => {
            let schema = match format {
                Format::Scenario => Scenario::schema(),
                Format::Summary => Summary::schema(),
                Format::Comparison => Comparison::schema(),
            };
            let _ = io.stdout.write_all(schema.as_bytes());
            Ok(Exit::Pass)
        }
        Some(Command::Serve(serve)) => Ok(super::serve::serve(&serve)),
        Some(Command::Compare(arguments)) => super::compare::compare(&arguments, io),
        Some(Command::Ab(arguments)) => super::ab::ab(&arguments, &words, io),
        Some(Command::Doctor(arguments)) => super::doctor::doctor(&arguments, io),
        Some(Command::Merge(arguments)) => super::merge::merge(&arguments, io),
        Some(Command::Report { directory, output_format, baseline }) => {
            super::report::report(&directory, baseline.as_deref(), output_format, io)
        }
        Some(Command::Completions { shell }) => Ok(super::manual::completions(shell, io)),
        Some(Command::Man { command }) => super::manual::man(command.as_deref(), io),
    };
    ended.unwrap_or_else(|failure| {
        let _ = writeln!(io.stderr, "error: {}", failure.message);
        failure.exit
    })
}

fn run_load(arguments: &RunArguments, words: &[String], io: &mut Io<'_>) -> Result<Exit, Failure> {
    let output = &arguments.output;
    let Done { summary, manifest, directory } = perform(arguments, words, io)?;
    super::report::tell(&summary, &manifest, &directory, output.output_format, io);
    super::report::copies(&summary, &output.out)?;
    Ok(shard::exit(manifest.shard, summary.verdict, aside(output.output_format, io)))
}

/// A run that has ended.
pub(super) struct Done {
    pub(super) summary: Summary,
    pub(super) manifest: Manifest,
    pub(super) directory: PathBuf,
}

/// Runs, and leaves the run directory.
pub(super) fn perform(arguments: &RunArguments, words: &[String], io: &mut Io<'_>) -> Result<Done, Failure> {
    let output = &arguments.output;
    let placement = shard::placement(arguments.load.shard)?;
    if let Some(placement) = &placement {
        let _ = writeln!(aside(output.output_format, io), "{placement}");
    }
    let mut load = Load::of(&arguments.load, &overrides(&arguments.load))?;
    load.scenario.warmup = arguments.warmup.unwrap_or(load.scenario.warmup);
    let places = load.scenario.places();
    let thresholds = thresholds(&load.scenario, &places, &arguments.thresholds)?;
    let schedule = Schedule::of(&load.scenario);
    let planned = schedule.as_ref().map(Schedule::planned);
    load.scenario.check_rows(planned).map_err(Failure::usage)?;
    let now = Timestamp::now();
    let name = load.scenario.name.clone();
    let default = || PathBuf::from("runs").join(format!("{}-{name}", now.strftime("%Y%m%dT%H%M%SZ")));
    let directory = shard::directory(output.directory.as_ref(), placement.as_ref(), default)?;
    let part = placement.map_or(Shard::WHOLE, |placement| placement.shard);
    if placement.is_some() {
        shard::check(part, &load.scenario, load.endpoint.is_none())?;
    }
    if let Some(endpoint) = &load.endpoint {
        // Of the whole load: its bill is that of all shards.
        check_size(&load.scenario, planned, endpoint, arguments.yes)?;
    }
    let embedded = if load.endpoint.is_none() {
        let embedded = Embedded::start(&io.program, &load.scenario.target);
        Some(embedded.map_err(|e| Failure::other(format!("cannot start the embedded endpoint: {e}")))?)
    } else {
        None
    };
    let endpoint = match (&load.endpoint, &embedded) {
        (Some(endpoint), _) => endpoint.clone(),
        (None, Some(embedded)) => Endpoint::parse(embedded.url()).map_err(Failure::other)?,
        (None, None) => return Err(Failure::other("there is no target")),
    };
    let authorization = authorization(&load.scenario, &endpoint, embedded.as_ref())?;
    let target = shown(&endpoint, load.route.trust.insecure);
    tell_target(&target, embedded.is_some(), aside(output.output_format, io));
    if let Some(proxy) = &load.proxy {
        let _ = writeln!(io.stderr, "{proxy}");
    }

    let host = host();
    let window = window(&load.scenario, schedule.as_ref());
    RunDirectory::check_free(&directory)
        .map_err(|e| Failure::other(format!("cannot use {} for the run: {e}", directory.display())))?;
    let peer = Peer::resolve(&endpoint, &load.route).map_err(Failure::other)?;
    let party = Party { digest: hex(load.scenario.digest()), seed: load.scenario.seed, placement, window };
    let stopped = || io.stop.load(Ordering::Relaxed) > 0;
    let start = arguments.start.beginning().agree(&party, &stopped).map_err(shard::refused)?;
    if let Some(agreed) = start.agreed {
        let _ = writeln!(io.stderr, "starts at {agreed}");
    }
    let began = start.agreed.unwrap_or_else(Timestamp::now);
    let manifest = Manifest {
        schema: 1,
        run: Identity {
            loadgen: env!("CARGO_PKG_VERSION").into(),
            scenario: name.clone(),
            digest: party.digest.clone(),
            seed: load.scenario.seed,
            target,
            dns_us: dns_us(&peer),
            embedded: embedded.is_some(),
            closed_loop: schedule.is_none(),
            started_at: began.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
            seconds: 0.0,
        },
        host,
        shard: part,
        attempt: placement.map_or(0, |placement| placement.attempt),
        attempts: Vec::new(),
        start,
        planned: planned.map(|planned| part.share(planned)),
        window_ns: window,
        places,
        ramps: Ramp::all(&load.scenario),
        names: load.scenario.target.names,
        warmup: load.scenario.warmup,
        thresholds: thresholds.iter().map(|t| (t.subject.to_string(), t.expression.clone(), t.terms)).collect(),
        scenario: load.source.clone(),
        arguments: kept(words, arguments.load.url.as_ref().map(|_| &endpoint)),
    };
    let options = Options {
        scenario: load.scenario,
        endpoint,
        peer,
        authorization,
        thresholds,
        threads: usize::try_from(arguments.threads).unwrap_or(1).max(1),
        pin: arguments.pin.clone(),
        spin: arguments.spin,
        keep_alive: !arguments.disable_keepalive,
        output: directory,
        shard: part,
        rows: output.rows(),
        progress: progress(output, io.terminal),
        prometheus: output.prometheus,
    };
    let session = Session { options: &options, stop: &io.stop, embedded: embedded.as_ref() };
    let summary = session.run(&manifest, io.stderr).map_err(Failure::other)?;
    Ok(Done { summary, manifest, directory: options.output })
}

/// The scenario's thresholds with those of the command line and the built-in ones.
fn thresholds(scenario: &Scenario, places: &Places, more: &[String]) -> Result<Vec<Threshold>, Failure> {
    let mut own = scenario.thresholds.clone();
    for text in more {
        own.push(threshold(text)?);
    }
    for threshold in &own {
        // A stage may be gone with an override.
        let known = threshold.subject.check(places);
        known.map_err(|e| Failure::usage(format!("{threshold}: {}: {}", e.message, e.help)))?;
    }
    Ok(built_in(&own))
}

/// The target is told before anything is sent to it; a closed pipe is nobody's error.
fn tell_target(target: &str, embedded: bool, out: &mut dyn Write) {
    let _ = writeln!(out, "POST {target}{}", if embedded { "  embedded (not AWS)" } else { "" });
    let _ = out.flush();
}

/// Where a word beside the results goes: to them if they are for people.
fn aside<'io>(format: OutputFormat, io: &'io mut Io<'_>) -> &'io mut dyn Write {
    if format == OutputFormat::Text { io.stdout } else { io.stderr }
}

/// How progress is shown: a picture where there is a terminal to draw on and nobody asks for lines.
const fn progress(output: &OutputArguments, terminal: Terminal) -> Form {
    match (output.quiet, terminal.drawable_stderr && !output.no_tui) {
        (true, _) => Form::Nothing,
        (false, false) => Form::Lines,
        (false, true) => Form::Picture { colour: terminal.coloured_stderr },
    }
}

/// Nanoseconds in which arrivals come; a closed loop that ends by count has the longest time there is.
fn window(scenario: &Scenario, schedule: Option<&Schedule>) -> u64 {
    match (&scenario.load.profile, schedule) {
        (_, Some(schedule)) => schedule.window(),
        (Profile::Closed { duration: Some(duration), .. }, None) => {
            u64::try_from(duration.as_nanos()).unwrap_or(LONGEST_RUN)
        }
        _ => LONGEST_RUN,
    }
}

fn hex(bytes: [u8; 32]) -> String {
    bytes
        .chunks(16)
        .map(|half| half.iter().fold(0, |value: u128, byte| value << 8 | u128::from(*byte)))
        .fold(String::new(), |text, half| text + &format!("{half:032x}"))
}

fn host() -> Host {
    let uname = rustix::system::uname();
    Host {
        name: uname.nodename().to_string_lossy().into_owned(),
        platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        kernel: uname.release().to_string_lossy().into_owned(),
        processors: thread::available_parallelism().map_or(1, std::num::NonZero::get),
        // What cannot be measured here fails in the run, with its reason.
        timer_late_us: Lateness::measure(false).ok(),
        spin_late_us: Lateness::measure(true).ok(),
    }
}

fn validate(arguments: &LoadArguments, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let placement = shard::placement(arguments.shard)?;
    if let Some(placement) = &placement {
        let _ = writeln!(io.stdout, "{placement}");
    }
    let load = Load::of(arguments, &overrides(arguments))?;
    let scenario = &load.scenario;
    let digest = hex(scenario.digest());
    let _ = writeln!(io.stdout, "scenario     {}  seed {}  digest {digest}", scenario.name, scenario.seed);
    let target = load.endpoint.as_ref();
    let target = target.map_or_else(|| "embedded (not AWS)".into(), |to| shown(to, load.route.trust.insecure));
    let _ = writeln!(io.stdout, "target       {target}");
    let schedule = Schedule::of(scenario);
    scenario.check_rows(schedule.as_ref().map(Schedule::planned)).map_err(Failure::usage)?;
    if let Some(schedule) = schedule {
        let mut fingerprint = Fingerprint::default();
        schedule.iter().for_each(|arrival| fingerprint.add(&arrival));
        let window = std::time::Duration::from_millis(schedule.window() / 1_000_000);
        let _ = writeln!(io.stdout, "plan         {} arrivals in {}", schedule.planned(), show_duration(window));
        let _ = writeln!(io.stdout, "arrivals     {fingerprint}");
        if let Some(Placement { shard, .. }) = placement {
            let mut fingerprint = Fingerprint::default();
            schedule.iter().filter(|arrival| shard.has(arrival.k)).for_each(|arrival| fingerprint.add(&arrival));
            let _ = writeln!(io.stdout, "share        {} arrivals", shard.share(schedule.planned()));
            let _ = writeln!(io.stdout, "  of them    {fingerprint}");
        }
    } else {
        let _ = writeln!(io.stdout, "plan         closed loop: arrivals follow the answers");
        if let (Some(placement), Profile::Closed { clients, .. }) = (&placement, &scenario.load.profile) {
            let _ = writeln!(io.stdout, "share        {} of {clients} clients", placement.shard.share(*clients as u64));
        }
    }
    for payload in &scenario.payloads {
        let mut body = Vec::new();
        let arriving = Arriving { k: 0, seed: scenario.seed, unix_ms: Timestamp::now().as_millisecond() };
        let such_as = match &payload.content {
            Content::Execute(template) => {
                let rendered = template.render(&arriving, &mut body);
                rendered.map_err(|e| Failure::other(format!("payload {}: {e}", payload.name)))?;
                format!("such as {}", String::from_utf8_lossy(&body))
            }
            Content::Preflight { origin, .. } => format!("preflight of {origin}"),
            Content::Describe => "what became of an execution started before".into(),
        };
        let _ = writeln!(io.stdout, "payload      {} (weight {})  {such_as}", payload.name, payload.weight);
    }
    let thresholds: Vec<String> = built_in(&scenario.thresholds).iter().map(Threshold::to_string).collect();
    let _ = writeln!(io.stdout, "thresholds   {}", thresholds.join(", "));
    Ok(Exit::Pass)
}
