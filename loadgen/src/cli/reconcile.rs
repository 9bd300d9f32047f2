//! `reconcile`: every arrival of a run accounted for against the deployment's own records.

use std::fs;
use std::time::{Duration, Instant};

use stepgate::sigv4::Scope;

use super::Io;
use super::absent::no_run;
use super::arguments::ReconcileArguments;
use super::cost::known;
use super::interrupts::Interrupts;
use super::load::variable;
use super::outputs::OutputFormat;
use crate::archive::{Manifest, Missing, RunDirectory, RunResult, rebuild};
use crate::authorization::{Auth, Authorization};
use crate::contract::Http;
use crate::endpoint::Endpoint;
use crate::engine::Peer;
use crate::exit::Exit;
use crate::json::JsonFormat as _;
use crate::mistake::Mistake;
use crate::reconcile::{ApiClock, HttpApi, Reconciled, Reconciler, states_url};
use crate::record::StateMachine;
use crate::report::{Attempt, AttemptEnding, CostBasis, RunCost};

/// The machine's clock; a signal ends a wait.
struct Paced {
    began: Instant,
    interrupts: Interrupts,
}

impl ApiClock for Paced {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn wait(&self, duration: Duration) -> bool {
        self.interrupts.wait(duration)
    }
}

pub(super) fn reconcile(arguments: &ReconcileArguments, io: &mut Io<'_>) -> Result<Exit, Mistake> {
    let (directory, manifest, run, broken_off) = read(arguments)?;
    let machines = machines(arguments, &run)?;
    let describe = usize::try_from(arguments.describe).unwrap_or(usize::MAX);
    let first = machines.first().expect("a run without a state machine was refused").clone();
    let margin = arguments.margin;
    let (prices, _) = known(arguments.prices.as_deref())?;
    let reconciler = Reconciler {
        directory: &directory,
        manifest: &manifest,
        run: &run,
        broken_off,
        machines,
        margin,
        describe,
        prices,
    };
    reconciler.check()?;
    let endpoint = states_endpoint(arguments, &manifest, &first)?;
    let authorization = authorization(&endpoint, &first)?;
    let (route, proxy) = arguments.network.route(Some(&endpoint), None)?;
    if let Some(proxy) = proxy {
        let _ = writeln!(io.stderr, "{proxy}");
    }
    let peer = Peer::resolve(&endpoint, &route)?;
    // What was asked so far is kept for the next time; a second signal does not wait for an answer.
    io.interrupts.heed(1);
    let clock = Paced { began: Instant::now(), interrupts: io.interrupts.clone() };
    let mut http = Http::new(peer, arguments.timeout);
    let mut api = HttpApi::new(&mut http, &clock, endpoint, authorization, first.region());
    let stderr = &mut *io.stderr;
    // Nobody may be listening.
    let mut tell = |word: &str| drop(writeln!(stderr, "{word}"));
    let mut found = reconciler.account(&mut api, &mut tell)?;
    if arguments.stop {
        let open = found.account.open();
        tell(&format!("{open} executions of the run are open"));
        if open > 0 && !arguments.yes {
            tell_of(&found, arguments.output_format, io);
            return Err(Mistake::usage(format!("{open} open executions would be stopped: say --yes")));
        }
        let stopped = reconciler.stop_open(&mut api, &mut tell)?;
        // How they ended is the records' to say.
        reconciler.forget()?;
        found = reconciler.account(&mut api, &mut tell)?;
        found.account.stopped = stopped;
    }
    keep(&directory, &found)?;
    reconciler.forget()?;
    tell_of(&found, arguments.output_format, io);
    Ok(if found.account.closes() { Exit::Pass } else { Exit::Failed })
}

/// The run, if it has ended.
fn read(arguments: &ReconcileArguments) -> Result<(RunDirectory, Manifest, RunResult, bool), Mistake> {
    let shown = arguments.run.display();
    let unreadable = |e: std::io::Error| Mistake::other(format!("cannot read the run in {shown}: {e}"));
    let (directory, manifest) = RunDirectory::open(&arguments.run).map_err(|e| no_run(&arguments.run, e))?;
    let broken_off = match directory.ending().map_err(unreadable)? {
        Ok(ending) => {
            let torn = |attempt: &Attempt| attempt.counts && attempt.ending == AttemptEnding::Torn;
            ending.lost.is_some() || manifest.attempts.iter().any(torn)
        }
        Err(Missing::Killed) => true,
        Err(Missing::InProgress) => {
            return Err(Mistake::usage(format!(
                "the run in {shown} is still in progress: wait for its end, or interrupt it"
            )));
        }
    };
    if manifest.run.simulated.is_some() {
        return Err(Mistake::usage("the run was simulated: nothing was started, so there is nothing to account for"));
    }
    if manifest.run.embedded && arguments.states_url.is_none() {
        return Err(Mistake::usage(
            "the run was on the embedded endpoint, which ended with it: its summary says how the workflows ended",
        ));
    }
    let run = rebuild(&directory, &manifest).map_err(unreadable)?;
    Ok((directory, manifest, run, broken_off))
}

/// The state machines whose executions the run has started.
fn machines(arguments: &ReconcileArguments, run: &RunResult) -> Result<Vec<StateMachine>, Mistake> {
    if let Some(arn) = &arguments.state_machine {
        return Ok(vec![StateMachine::parse(arn)?]);
    }
    let machines: Vec<StateMachine> = run.machines.iter().cloned().collect();
    if machines.is_empty() {
        return Err(Mistake::usage(
            "the run does not say which state machine it started, for no answer told of an execution: name it with \
             --state-machine ARN",
        ));
    }
    Ok(machines)
}

fn states_endpoint(
    arguments: &ReconcileArguments,
    manifest: &Manifest,
    machine: &StateMachine,
) -> Result<Endpoint, Mistake> {
    if let Some(url) = &arguments.states_url {
        return Endpoint::parse(url).map_err(|mistake| {
            mistake.with_help(
                "write the full URL of the Step Functions API, such as https://states.eu-west-1.amazonaws.com/",
            )
        });
    }
    // What else the outputs say of a target stands behind it.
    let target = manifest.run.target.split([' ', ',']).next().unwrap_or_default();
    match Endpoint::parse(target) {
        Ok(target) if target.is_loopback() => Ok(target.at("/")),
        _ => Endpoint::parse(&states_url(machine)),
    }
}

/// Signed with the environment's keys; on this machine also without any.
fn authorization(endpoint: &Endpoint, machine: &StateMachine) -> Result<Authorization, Mistake> {
    let has_keys = variable("AWS_ACCESS_KEY_ID").is_some_and(|id| !id.is_empty());
    if endpoint.is_loopback() && !has_keys {
        return Ok(Authorization::None);
    }
    let signed = Authorization::of(Auth::Sigv4, Some(machine.region()), endpoint, &variable);
    match signed? {
        Authorization::SigV4 { keys, .. } => Ok(Authorization::SigV4 { scope: Scope::states(machine.region()), keys }),
        other => Ok(other),
    }
}

/// Keeps the account, and lets the run's own report tell how the workflows ended.
fn keep(directory: &RunDirectory, reconciled: &Reconciled) -> Result<(), Mistake> {
    let file = directory.file("reconciliation.json");
    let cannot = |e: std::io::Error| Mistake::other(format!("cannot write into {}: {e}", directory.path().display()));
    fs::write(file, reconciled.account.to_json()).map_err(cannot)?;
    if let Some(bill) = &reconciled.account.bill {
        let cost = RunCost { usd: bill.usd, region: bill.region.clone(), basis: CostBasis::Records };
        directory.write_cost(&cost).map_err(cannot)?;
    }
    directory.write_workflows(&reconciled.workflows).map_err(cannot)
}

fn tell_of(reconciled: &Reconciled, format: OutputFormat, io: &mut Io<'_>) {
    // A closed pipe is nobody's error.
    let _ = match format {
        OutputFormat::Quiet => Ok(()),
        OutputFormat::Json => io.stdout.write_all(reconciled.account.to_json().as_bytes()),
        OutputFormat::Text => write!(io.stdout, "{}", reconciled.account),
    };
}
