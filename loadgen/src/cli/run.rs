//! `run`: from arguments to a run that has ended.

use std::io::{self, Write};
use std::path::PathBuf;

use jiff::Timestamp;

use super::Io;
use super::arguments::RunArguments;
use super::baseline;
use super::load::{ResolvedScenario, overrides, variable};
use super::network::{dns_us, shown};
use super::outputs::{OutputArguments, OutputFormat};
use super::shard;
use super::terminal::Terminal;
use crate::archive::{Host, Location, Manifest};
use crate::endpoint::Endpoint;
use crate::engine::{Capacity, Route};
use crate::exit::Exit;
use crate::mistake::Mistake;
use crate::report::Summary;
use crate::run::{Carrier, Destination, Form, Machinery, Plan, ResolvedTarget, Session};
use crate::scenario::Scenario;

pub(super) fn run(arguments: &RunArguments, words: &[String], io: &mut Io<'_>) -> Result<Exit, Mistake> {
    let output = &arguments.output;
    if let Some(name) = &arguments.save_baseline {
        baseline::check(name)?;
    }
    let Done { summary, manifest, directory, unwritten } = perform(arguments, words, io)?;
    super::report::tell(&summary, &manifest, &directory, output.output_format, io);
    for failure in &unwritten {
        // Nobody may be listening.
        let _ = writeln!(io.stderr, "error: {failure}");
    }
    let mut exit = shard::exit(manifest.shard, summary.verdict, aside(output.output_format, io));
    if let Some(name) = &arguments.save_baseline {
        match baseline::save(name, &directory, &summary) {
            Ok(saved) => drop(writeln!(aside(output.output_format, io), "BASELINE     {saved}")),
            Err(failure) => {
                let _ = writeln!(io.stderr, "error: {failure}");
                exit = exit.min(failure.exit);
            }
        }
    }
    Ok(if unwritten.is_empty() { exit } else { exit.min(Exit::Other) })
}

/// A run that has ended.
pub(super) struct Done {
    pub(super) summary: Summary,
    pub(super) manifest: Manifest,
    pub(super) directory: PathBuf,
    /// Results that were asked for and could not be written, each with its reason.
    pub(super) unwritten: Vec<String>,
}

/// A run that could begin now.
pub(super) struct Prepared {
    pub(super) plan: Plan,
    /// The target, unless it is the embedded endpoint.
    pub(super) endpoint: Option<Endpoint>,
    /// How to reach it.
    pub(super) route: Route,
    /// A word on the proxy that the environment names.
    pub(super) proxy: Option<String>,
}

/// Everything that a run refuses before it touches the world: `run` and `validate` refuse the same.
pub(super) fn prepare(arguments: &RunArguments) -> Result<Prepared, Mistake> {
    prepare_shaped(arguments, &|_| {})
}

/// The same of a scenario that `shape` has given another load.
pub(super) fn prepare_shaped(arguments: &RunArguments, shape: &dyn Fn(&mut Scenario)) -> Result<Prepared, Mistake> {
    let placement = shard::placement(arguments.load.shard)?;
    if arguments.start.late.is_some() && arguments.start.start_at.is_none() && arguments.start.barrier.is_none() {
        return Err(Mistake::usage("--late is about an agreed start: agree on one with --start-at or --barrier"));
    }
    let ResolvedScenario { mut scenario, source, endpoint, route, proxy } =
        ResolvedScenario::of(&arguments.load, &overrides(&arguments.load))?;
    scenario.warmup = arguments.warmup.unwrap_or(scenario.warmup);
    let on_inconclusive = arguments.on_inconclusive.unwrap_or(scenario.on_inconclusive);
    let thresholds = arguments.thresholds.iter().map(|text| super::load::threshold(text));
    let thresholds = thresholds.map(|threshold| Ok(threshold?.on_inconclusive(on_inconclusive)));
    let thresholds = thresholds.collect::<Result<Vec<_>, Mistake>>()?;
    if let Some(state) = arguments.on_inconclusive {
        scenario.thresholds.iter_mut().for_each(|threshold| threshold.terms.on_inconclusive = state);
    }
    let machinery = Machinery {
        threads: usize::try_from(arguments.threads).unwrap_or(1).max(1),
        pin: arguments.pin.clone(),
        max_connecting: usize::try_from(arguments.max_connecting).unwrap_or(usize::MAX),
        spin: arguments.spin,
        keep_alive: !arguments.disable_keepalive,
    };
    shape(&mut scenario);
    let plan = Plan::of(scenario, source, &thresholds, placement, machinery)?;
    arguments.start.beginning().check(&plan.party())?;
    if let Some(placement) = &placement {
        shard::check(placement.shard, &plan.scenario, endpoint.is_none())?;
    }
    if let Some(endpoint) = &endpoint {
        // Of the whole load: its bill is that of all shards.
        super::load::check_size(&plan, endpoint, arguments.yes)?;
    }
    Ok(Prepared { plan, endpoint, route, proxy })
}

/// Most characters of a scenario's name in the name of a directory.
const MOST_OF_NAME: usize = 100;

/// What a directory is called that nobody named: the time, and what it is of.
pub(super) fn stem(name: &str) -> String {
    // What may follow needs its room too: a folder's name has at most 255 bytes.
    let name: String = name.chars().take(MOST_OF_NAME).collect();
    format!("{}-{name}", Timestamp::now().strftime("%Y%m%dT%H%M%SZ"))
}

/// Where the run directory is to be, unless it is named.
pub(super) fn location(output: &OutputArguments, plan: &Plan) -> Result<Location, Mistake> {
    let default = || Location::Fresh { parent: PathBuf::from("runs"), stem: stem(&plan.scenario.name), latest: true };
    shard::directory(output.directory.as_ref(), plan.placement.as_ref(), default)
}

/// Runs, and leaves the run directory. `words` make the run again, without secrets.
pub(super) fn perform(arguments: &RunArguments, words: &[String], io: &mut Io<'_>) -> Result<Done, Mistake> {
    perform_shaped(arguments, words, &|_| {}, io)
}

/// Runs as a part of something greater: what it says on stdout goes nowhere, and an output that could not be written is a
/// mistake.
pub(super) fn perform_quietly(
    arguments: &RunArguments,
    words: &[String],
    shape: &dyn Fn(&mut Scenario),
    io: &mut Io<'_>,
) -> Result<Done, Mistake> {
    let mut nowhere = io::sink();
    let mut own = Io {
        stdout: &mut nowhere,
        stderr: &mut *io.stderr,
        terminal: io.terminal,
        interrupts: io.interrupts.clone(),
        program: io.program.clone(),
    };
    let done = perform_shaped(arguments, words, shape, &mut own)?;
    match done.unwritten.first() {
        Some(failure) => Err(Mistake::other(failure.clone())),
        None => Ok(done),
    }
}

/// The same with a scenario that `shape` has given another load.
fn perform_shaped(
    arguments: &RunArguments,
    words: &[String],
    shape: &dyn Fn(&mut Scenario),
    io: &mut Io<'_>,
) -> Result<Done, Mistake> {
    let output = &arguments.output;
    let Prepared { mut plan, endpoint, route, proxy } = prepare_shaped(arguments, shape)?;
    if let (Some(placement), Some(shared)) = (&mut plan.placement, &output.directory) {
        shard::further_attempt(placement, shared, io.stderr)?;
    }
    let cost = super::cost::check(&arguments.cost, &plan, endpoint.as_ref(), &io.program)?;
    if let Some(placement) = &plan.placement {
        let _ = writeln!(aside(output.output_format, io), "{placement}");
    }
    if let Some(note) = super::load::slow_by_default(&arguments.load) {
        let _ = writeln!(io.stderr, "note: {note}");
    }
    let outputs = output.plan(location(output, &plan)?)?.open()?;
    // There is something to give back now, and soon something to report.
    io.interrupts.heed(usize::MAX);
    let destination = Destination::of(&plan.scenario, endpoint.as_ref(), &io.program, &variable)?;
    let target = shown(&destination.endpoint, route.trust.insecure);
    let embedded = destination.embedded.is_some();
    tell_target(&target, embedded, aside(output.output_format, io));
    if let Some(proxy) = &proxy {
        let _ = writeln!(io.stderr, "{proxy}");
    }
    if !output.quiet {
        for shortfall in plan.shortfalls() {
            let _ = writeln!(io.stderr, "note: {shortfall}");
        }
    }
    let stopped = || io.interrupts.came();
    let peer = destination.look_up(&route, &stopped)?;
    let capacity = Capacity::of_process(plan.machinery.threads, peer.resolver.addresses().len());
    let in_flight = plan.in_flight();
    if capacity.connections < in_flight {
        let _ = writeln!(io.stderr, "{capacity}; {in_flight} requests may be in flight (max_in_flight)");
    }
    // Before the start is agreed on, for it takes its time.
    let host = Host::measured();
    let start = arguments.start.beginning().agree(&plan.party(), &stopped)?;
    if let Some(agreed) = start.agreed {
        let _ = writeln!(io.stderr, "starts at {agreed}");
    }
    let mut words = words.to_vec();
    if let (Some(placement), None) = (&plan.placement, arguments.load.shard) {
        // A scheduler said so, which is not there when the run is made again.
        words.extend(["--shard".to_owned(), placement.shard.to_string()]);
    }
    let reached = ResolvedTarget { target, dns_us: dns_us(&peer), embedded, simulated: None };
    let scarce = (capacity.connections < in_flight).then(|| capacity.to_string());
    let manifest = Manifest { scarce, ..plan.manifest(reached, host, start, words) };
    let progress = progress(output, io.terminal);
    let directory = outputs.directory().to_owned();
    let session = Session {
        plan: &plan,
        destination: &destination,
        carrier: Carrier::Sockets(peer),
        connections: capacity.connections,
        cost,
        progress,
        stop: io.interrupts.count(),
    };
    let finished = session.run(&manifest, outputs, io.stderr)?;
    Ok(Done { summary: finished.summary, manifest, directory, unwritten: finished.unwritten })
}

/// The target is told before anything is sent to it.
fn tell_target(target: &str, embedded: bool, out: &mut dyn Write) {
    let label = if embedded { "  embedded (not AWS)" } else { "" };
    let _ = writeln!(out, "POST {target}{label}");
    let _ = out.flush();
}

/// Where a word beside the results goes: to them if they are for people.
fn aside<'io>(format: OutputFormat, io: &'io mut Io<'_>) -> &'io mut dyn Write {
    if format == OutputFormat::Text { io.stdout } else { io.stderr }
}

/// How progress is shown: a picture where there is a terminal to draw on and nobody asks for lines.
pub(super) const fn progress(output: &OutputArguments, terminal: Terminal) -> Form {
    match (output.quiet, terminal.drawable_stderr && !output.no_tui) {
        (true, _) => Form::Nothing,
        (false, false) => Form::Lines,
        (false, true) => Form::Picture { colour: terminal.coloured_stderr },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_name_of_a_scenario_a_folder_can_have_it_and_more() {
        assert!(stem("orders").ends_with("Z-orders"));
        assert!(stem(&"n".repeat(240)).len() < 150);
    }
}
