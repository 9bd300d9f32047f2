//! From a run directory to its account: reads the records, joins, describes, stops.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::account::{Answered, Sums, account};
use super::api::{CallError, StepFunctionsApi, stop};
use super::cost::{Cost, cost};
use super::describe::{Chosen, name_of};
use super::join::{Found, Span, Streams, join};
use super::listing::{ListError, Listing};
use super::names::write_keys;
use super::reconciliation::Reconciliation;
use crate::archive::{Manifest, RunDirectory, RunResult, Sorted};
use crate::aws::Prices;
use crate::exit::Exit;
use crate::mistake::Mistake;
use crate::record::{Kind, StateMachine, WorkflowEnds};
use crate::scenario::Names;

/// How long before the run the list begins: clocks differ.
const BEFORE: Duration = Duration::from_mins(10);

/// How long Step Functions keeps the records of executions (Step Functions quotas, "Execution history retention time").
const KEPT: Duration = Duration::from_hours(90 * 24);

/// The folder for what is read.
const FOLDER: &str = "reconcile";

/// A run whose account is to be made.
#[derive(Debug)]
pub struct Reconciler<'a> {
    /// Where it is.
    pub directory: &'a RunDirectory,
    /// What it was.
    pub manifest: &'a Manifest,
    /// What it says of itself.
    pub run: &'a RunResult,
    /// Whether its directory tells no end.
    pub broken_off: bool,
    /// The state machines whose records are read.
    pub machines: Vec<StateMachine>,
    /// By how much clocks may differ: executions that started so shortly before or after the run may be its own.
    pub margin: Duration,
    /// Most executions that are described.
    pub describe: usize,
    /// What AWS charges.
    pub prices: Prices,
}

/// An account, and how the run's workflows ended.
#[derive(Debug, Clone)]
pub struct Reconciled {
    /// The account.
    pub account: Reconciliation,
    /// For the run's own report.
    pub(crate) workflows: WorkflowEnds,
}

impl Reconciler<'_> {
    /// Refuses what has no account: runs that waited for their executions, and EXPRESS workflows.
    ///
    /// # Errors
    /// A state machine is EXPRESS, by what its executions' ARNs say.
    pub(crate) fn check(&self) -> Result<(), Mistake> {
        let kind = self.manifest.places.starting_kind();
        if kind == Kind::ExecuteHttp {
            return Err(Mistake::usage(
                "answers of the run were counted by their HTTP status (kind = \"execute-http\") and name no executions, so \
                 none can be found again",
            ));
        }
        if kind == Kind::ExecuteSync {
            return Err(Mistake::usage(
                "the run waited for its executions (kind = \"execute-sync\"), which are EXPRESS ones, and of those Step \
                 Functions keeps no list",
            )
            .with_help("every answer said how its execution ended, as `loadgen report` tells; the rest is in CloudWatch Logs"));
        }
        let express_ones: Vec<StateMachine> = self.machines.iter().filter(|m| m.is_express()).cloned().collect();
        if express_ones.is_empty() { Ok(()) } else { Err(express(&express_ones)) }
    }

    /// Makes the account. What is read stays on disk until [`Reconciler::forget`], so that a call that was broken off
    /// goes on; `tell` gets a word now and then.
    ///
    /// # Errors
    /// The records cannot be read, or a signal asked to stop.
    pub fn account(&self, api: &mut dyn StepFunctionsApi, tell: &mut dyn FnMut(&str)) -> Result<Reconciled, Mistake> {
        let listing = self.read(api, tell)?;
        let mut sums = Sums::default();
        let mut chosen = Chosen::most(self.describe);
        let joined = self.join(&listing, |found| {
            sums.take(&found);
            chosen.consider(&found);
            Ok(())
        });
        joined.map_err(|e| self.disk(&e))?;
        tell("describing what the list does not tell");
        let telling = chosen.telling();
        let described = chosen.describe(api, &listing, &mut sums);
        let (described, errors) = described.map_err(|e| self.failure(e))?;
        let mut account = account(&self.answered(), &sums);
        account.state_machines = self.machines.iter().map(StateMachine::arn).collect();
        account.read_at = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        account.listed = listing.progress.rows;
        account.described = described;
        account.errors = errors;
        // What never got a connection is on nobody's bill.
        let counts = &self.run.account.counts;
        let sent = counts.sent - counts.unconnected();
        let priced = cost(api, &listing, &telling, (sent, &sums), &self.prices).map_err(|e| self.failure(e))?;
        let Cost { bill, histories, remarks } = priced;
        (account.bill, account.histories) = (bill, histories);
        account.remarks.extend(remarks);
        if account.bill.is_some() && !account.lost.exact && account.lost.did_start > 0 {
            account.remarks.push(format!(
                "the {} lost answers that may have started executions are in the price as requests only: nobody knows which \
                 executions are theirs",
                account.lost.did_start
            ));
        }
        let old = Timestamp::now().as_millisecond().saturating_sub_unsigned(self.start_ms()?) > millis(KEPT);
        if old {
            account.remarks.push("Step Functions keeps executions for 90 days, and the run is older".into());
        }
        Ok(Reconciled { account, workflows: sums.workflows() })
    }

    /// Stops the executions of the run that are open by what was read last, and no others. Gives their number.
    ///
    /// # Errors
    /// Step Functions refuses, or a signal asked to stop; what was stopped stays stopped.
    pub(crate) fn stop_open(&self, api: &mut dyn StepFunctionsApi, tell: &mut dyn FnMut(&str)) -> Result<u64, Mistake> {
        let listing = self.read(api, tell)?;
        let mut open = Vec::new();
        let joined = self.join(&listing, |found| {
            if found.is_ours() && found.is_open() {
                open.push(found);
            }
            Ok(())
        });
        joined.map_err(|e| self.disk(&e))?;
        let mut stopped = 0;
        for found in open {
            let name = name_of(&found, &listing).map_err(|e| self.disk(&e))?;
            for machine in &self.machines {
                if stop(api, &machine.execution(&name)).map_err(|e| self.call_failure(e))? {
                    stopped += 1;
                    break;
                }
            }
            if stopped % 100 == 0 {
                tell(&format!("stopped {stopped}"));
            }
        }
        Ok(stopped)
    }

    /// Forgets what was read, so that the next account reads anew.
    ///
    /// # Errors
    /// The folder cannot be removed.
    pub fn forget(&self) -> Result<(), Mistake> {
        let keys = self.keys();
        if keys.exists() {
            std::fs::remove_dir_all(keys).map_err(|e| self.disk(&e))?;
        }
        let listing =
            Listing::open(&self.folder(), &self.machines, self.list_begins_ms()?).map_err(|e| self.disk(&e))?;
        listing.remove().map_err(|e| self.disk(&e))
    }

    fn read(&self, api: &mut dyn StepFunctionsApi, tell: &mut dyn FnMut(&str)) -> Result<Listing, Mistake> {
        let from_ms = self.list_begins_ms()?;
        let mut listing = Listing::open(&self.folder(), &self.machines, from_ms).map_err(|e| self.disk(&e))?;
        listing.read(api, &mut |rows| tell(&format!("listed {rows} executions"))).map_err(|e| self.failure(e))?;
        Ok(listing)
    }

    fn join(&self, listing: &Listing, take: impl FnMut(Found) -> io::Result<()>) -> io::Result<()> {
        let scratch = listing.scratch();
        let names = |name: &str| -> Vec<PathBuf> {
            Some(self.directory.file(name)).into_iter().filter(|folder| folder.is_dir()).collect()
        };
        let keys = self.keys();
        let has_keys = self.manifest.names == Names::Key;
        if has_keys {
            write_keys(self.manifest, self.run.account.counts.sent, &keys)?;
        }
        let streams = Streams {
            named: Sorted::open(&names("names"), scratch)?,
            discarded: Sorted::open(&names("names-discarded"), scratch)?,
            keys: Sorted::open(if has_keys { std::slice::from_ref(&keys) } else { &[] }, scratch)?,
            rows: Sorted::open(&listing.row_folders(), scratch)?,
            texts: Sorted::open(&listing.text_folders(), scratch)?,
        };
        join(streams, self.span(), take)
    }

    /// What the run says of itself.
    fn answered(&self) -> Answered {
        let account = &self.run.account;
        Answered {
            planned: account.planned(),
            counts: account.counts.clone(),
            executes: account.executes(),
            names: self.manifest.names,
            duplicates: account.names.duplicates(),
            broken_off: self.broken_off,
            part: !self.manifest.shard.is_whole() && self.manifest.attempts.is_empty(),
        }
    }

    /// The time of the run, in seconds from the beginning of the list.
    fn span(&self) -> Span {
        let (before, margin) = (BEFORE.as_secs(), self.margin.as_secs());
        let seconds = self.run.account.elapsed.div_ceil(1_000_000_000);
        Span { from: before.saturating_sub(margin), to: before + seconds + margin }
    }

    fn list_begins_ms(&self) -> Result<u64, Mistake> {
        Ok(self.start_ms()?.saturating_sub(u64::try_from(BEFORE.as_millis()).unwrap_or(u64::MAX)))
    }

    fn start_ms(&self) -> Result<u64, Mistake> {
        let text = &self.manifest.run.started_at;
        let start: Timestamp =
            text.parse().map_err(|e| Mistake::other(format!("manifest.json is damaged: started_at `{text}`: {e}")))?;
        Ok(u64::try_from(start.as_millisecond()).unwrap_or(0))
    }

    fn folder(&self) -> PathBuf {
        self.directory.file(FOLDER)
    }

    fn keys(&self) -> PathBuf {
        self.directory.file("reconcile-keys")
    }

    fn failure(&self, error: ListError) -> Mistake {
        match error {
            ListError::Disk(e) => self.disk(&e),
            ListError::Call(error) => self.call_failure(error),
        }
    }

    fn call_failure(&self, error: CallError) -> Mistake {
        match error {
            CallError::Stopped => {
                Mistake::new(Exit::Interrupted, "stopped by a signal; the same command goes on where this one ended")
            }
            CallError::Refused(name, _) if name == "StateMachineTypeNotSupported" => express(&self.machines),
            CallError::Refused(name, message) => Mistake::other(refused(&name, &message)),
            CallError::Failed(message) => Mistake::other(message),
        }
    }

    fn disk(&self, e: &io::Error) -> Mistake {
        Mistake::other(format!("cannot use {}: {e}", self.directory.path().display()))
    }
}

/// EXPRESS workflows leave no records.
pub(super) fn express(machines: &[StateMachine]) -> Mistake {
    let names: Vec<&str> = machines.iter().map(StateMachine::name).collect();
    Mistake::usage(format!("{} is an EXPRESS workflow, and of those Step Functions keeps no list", names.join(", ")))
        .with_help(
            "with kind = \"execute-sync\" every answer says how its execution ended, as `loadgen report` tells; otherwise \
             turn on the state machine's logging, and look into CloudWatch Logs",
        )
}

fn refused(name: &str, message: &str) -> String {
    let help = match name {
        "AccessDeniedException" => {
            "; the caller needs states:ListExecutions on the state machine, and states:DescribeExecution and \
             states:StopExecution on its executions"
        }
        "StateMachineDoesNotExist" => "; name another with --state-machine, or another API with --states-url",
        "ThrottlingException" => {
            "; the account's quota is in use elsewhere: try again later, it goes on where it ended"
        }
        _ => "",
    };
    format!("Step Functions answers {name}: {message}{help}")
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
