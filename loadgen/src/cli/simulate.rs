//! `plan --simulate`: the load on virtual time, against the template in a child process.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Io;
use super::absent::no_run;
use super::arguments::PlanArguments;
use super::cost::region;
use super::outputs::OutputFormat;
use super::run::{Done, Prepared, progress, stem};
use crate::archive::{Host, Location, RunDirectory, Start, rebuild};
use crate::authorization::Authorization;
use crate::endpoint::Endpoint;
use crate::judge::{History, Population};
use crate::mistake::Mistake;
use crate::record::{Class, Fate, Kind, Series, Timing};
use crate::report::{RunCost, Simulated};
use crate::run::{Carrier, Destination, Embedded, Outputs, Plan, ResolvedTarget, Session, unguarded};
use crate::scenario::{self, EmbeddedQuotas, Profile};
use crate::simulation::{ResponseTime, SimulatedNetwork, Simulator};

/// What has no place in a simulation.
pub(super) fn check(arguments: &PlanArguments) -> Result<(), Mistake> {
    let run = &arguments.run;
    let misplaced = [
        (run.load.shard.is_some(), "--shard: the whole load is simulated on one machine, at once"),
        (run.threads > 1 || !run.pin.is_empty() || run.spin, "--threads, --pin and --spin: virtual time is never late"),
        (run.disable_keepalive, "--disable-keepalive: there are no connections"),
    ];
    match misplaced.iter().find(|(given, _)| *given) {
        Some((_, what)) => Err(Mistake::usage(format!("plan --simulate does not take {what}"))),
        None => Ok(()),
    }
}

/// What a simulation begins with: how long answers take, and everything that it writes, open.
pub(super) struct SimulationBasis {
    response_time: ResponseTime,
    outputs: Outputs,
}

impl SimulationBasis {
    /// Checks what the arguments name, and takes the run directory.
    pub(super) fn of(arguments: &PlanArguments, plan: &Plan) -> Result<Self, Mistake> {
        let response_time = response_time(arguments.response_time.as_deref(), plan)?;
        let output = &arguments.run.output;
        let outputs = output.plan(location(output.directory.as_deref(), plan))?.open()?;
        Ok(Self { response_time, outputs })
    }
}

/// Runs on virtual time what would cost so much, and leaves the run directory. `words` make it again, without secrets.
pub(super) fn simulate(
    arguments: &PlanArguments,
    prepared: Prepared,
    (basis, cost): (SimulationBasis, RunCost),
    words: &[String],
    io: &mut Io<'_>,
) -> Result<Done, Mistake> {
    let run = &arguments.run;
    let output = &run.output;
    let Prepared { mut plan, endpoint, .. } = prepared;
    let region = region(&run.cost, &plan.scenario, endpoint.as_ref())?;
    // The account has quotas.
    plan.scenario.target.quotas = run.load.quotas.unwrap_or(EmbeddedQuotas::Aws);
    let SimulationBasis { response_time, outputs } = basis;
    let simulated = Simulated { answers_take: response_time.to_string() };
    io.interrupts.heed(usize::MAX);
    let target = &plan.scenario.target;
    // A whole second, so that what is told in milliseconds is rounded alike each time.
    let began = Timestamp::from_second(Timestamp::now().as_second()).expect("the second of an instant is one too");
    let seed = plan.scenario.seed;
    let (embedded, pipe) =
        Embedded::led(&io.program, target, plan.scenario.places().starting_kind(), began, &unguarded(&region, seed))
            .map_err(|e| Mistake::other(format!("cannot start the simulated endpoint: {e}")))?;
    let endpoint = Endpoint::parse(embedded.url())?;
    let destination = Destination { endpoint, authorization: Authorization::None, embedded: Some(embedded) };
    tell(arguments, &plan, &simulated, io);
    let network = SimulatedNetwork::new(Simulator::new(pipe.output, pipe.input, response_time, seed));
    let reached = ResolvedTarget {
        target: destination.endpoint.to_string(),
        dns_us: None,
        embedded: true,
        simulated: Some(simulated),
    };
    let manifest = plan.manifest(
        reached,
        Host::of_simulation(),
        Start { agreed: Some(began), ..Start::default() },
        words.to_vec(),
    );
    let directory = outputs.directory().to_owned();
    let session = Session {
        plan: &plan,
        destination: &destination,
        carrier: Carrier::Simulation(network),
        connections: usize::MAX,
        cost: Some(cost),
        progress: progress(output, io.terminal).of_simulation(),
        stop: io.interrupts.count(),
    };
    let finished = session.run(&manifest, outputs, io.stderr)?;
    Ok(Done { summary: finished.summary, manifest, directory, unwritten: finished.unwritten })
}

/// What is simulated is told before it begins.
fn tell(arguments: &PlanArguments, plan: &Plan, simulated: &Simulated, io: &mut Io<'_>) {
    let output = &arguments.run.output;
    if output.output_format == OutputFormat::Text {
        let _ = writeln!(
            io.stdout,
            "\nSIMULATED    on virtual time, nothing is sent; answers take {}",
            simulated.answers_take
        );
        let _ = io.stdout.flush();
    }
    if output.quiet {
        return;
    }
    if arguments.run.cost.prices.is_some() {
        let _ = writeln!(io.stderr, "note: the simulated endpoint has AWS's quotas, and not those of --prices");
    }
    for shortfall in plan.shortfalls() {
        let _ = writeln!(io.stderr, "note: {shortfall}");
    }
}

/// Where the run directory is to be. `runs/latest` goes on to name what was really run.
fn location(named: Option<&Path>, plan: &Plan) -> Location {
    match named {
        Some(path) => Location::Named(path.to_owned()),
        None => Location::Fresh {
            parent: PathBuf::from("runs"),
            stem: stem(&format!("{}-simulated", plan.scenario.name)),
            latest: false,
        },
    }
}

/// How long answers take.
fn response_time(given: Option<&str>, plan: &Plan) -> Result<ResponseTime, Mistake> {
    let Some(given) = given else {
        if matches!(plan.scenario.load.profile, Profile::Closed { .. }) {
            return Err(Mistake::usage(
                "a closed loop waits for answers, and simulated ones take no time: say how long they take with \
                 --response-time",
            ));
        }
        return Ok(ResponseTime::Nothing);
    };
    let path = Path::new(given);
    let time = match scenario::parse_duration(given) {
        _ if path.is_dir() => return measured(path, plan),
        Ok(time) => time,
        Err(_) => {
            return Err(Mistake::usage(format!(
                "--response-time {given}: there is no such run directory, and it is not a duration such as 25ms"
            )));
        }
    };
    if time.is_zero() && matches!(plan.scenario.load.profile, Profile::Closed { .. }) {
        return Err(Mistake::usage("--response-time of a closed loop is more than 0s, or it would never end"));
    }
    Ok(ResponseTime::Constant(time))
}

/// The service times of the starts of a run of before.
fn measured(path: &Path, plan: &Plan) -> Result<ResponseTime, Mistake> {
    if plan.scenario.places().starting_kind() != Kind::Execute {
        return Err(Mistake::usage(
            "--response-time: answers that wait for a workflow have its time in them, which is simulated: give a duration",
        ));
    }
    let shown = path.display();
    let (directory, manifest) = RunDirectory::open(path).map_err(|e| no_run(path, e))?;
    let before =
        rebuild(&directory, &manifest).map_err(|e| Mistake::other(format!("cannot read the run in {shown}: {e}")))?;
    if manifest.run.simulated.is_some() {
        return Err(Mistake::usage(format!("--response-time {shown}: that run is itself simulated")));
    }
    let service = Population::of(Series::Times(Timing::Service, Fate::Ended(Class::Started)));
    let times = service.series(&before.account.tally, &History::default()).times().clone();
    if times.count() == 0 {
        return Err(Mistake::usage(format!("--response-time {shown}: that run has started no execution")));
    }
    Ok(ResponseTime::Measured(path.to_owned(), times))
}
