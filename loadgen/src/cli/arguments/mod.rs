//! The arguments, with the words that users of other load generators type already.

mod ab;
mod authorization;
mod compare;
mod cost;
mod doctor;
mod load;
mod merge;
mod network;
mod plan;
mod reconcile;
mod run;
mod search;
mod share;

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::Resettable;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

pub(crate) use self::ab::AbArguments;
pub(crate) use self::authorization::SigningRegion;
pub(crate) use self::compare::CompareArguments;
pub(crate) use self::cost::CostArguments;
pub(crate) use self::doctor::DoctorArguments;
pub(crate) use self::load::LoadArguments;
pub(crate) use self::merge::MergeArguments;
pub(crate) use self::network::NetworkArguments;
pub(crate) use self::plan::PlanArguments;
pub(crate) use self::reconcile::ReconcileArguments;
pub(crate) use self::run::{RunArguments, StartArguments};
pub(crate) use self::search::SearchArguments;
use super::init::InitArguments;
use super::misplaced::hidden;
use super::outputs::OutputFormat;

/// The command line, as it is read: a number below zero is the value of its option, which says what it takes, and not an
/// unknown option; an empty variable says as much as none.
pub(crate) fn command() -> clap::Command {
    fn settled(command: clap::Command) -> clap::Command {
        command
            .mut_args(|argument| {
                let takes_value = !argument.is_positional() && argument.get_action().takes_values();
                let argument = argument.allow_negative_numbers(takes_value);
                let empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
                if argument.get_env().is_some_and(empty) {
                    argument.env(Resettable::<clap::builder::OsStr>::Reset)
                } else {
                    argument
                }
            })
            .mut_subcommands(settled)
    }
    hidden(settled(Arguments::command()))
}

/// Starts Step Functions workflows at a rate, and accounts for every one.
#[derive(Debug, Parser)]
#[command(
    name = "loadgen",
    bin_name = "loadgen",
    version,
    args_conflicts_with_subcommands = true,
    max_term_width = 100,
    override_usage = "loadgen [run] [OPTIONS] <SCENARIO|--url URL>\n       loadgen <COMMAND>"
)]
#[command(after_help = "\
Examples:
  loadgen --rps 50 scenarios/basic.toml                  on the embedded endpoint (not AWS)
  loadgen --rps 50 -d 1m --url URL --body @order.json    ad hoc, on a deployment
  loadgen --auth sigv4 --rps 50 -n 500 --url URL         signed, with the environment's AWS keys
  loadgen basic.toml --threshold 'response_time:p(99)<800ms' --out junit=loadgen.xml
  loadgen basic.toml --output-format json | jq .response_us.p99
  loadgen try --url URL                                  one request of each payload, in full
  loadgen init URL                                       a scenario to begin with

Exit codes: 0 pass, 1 other error, 2 usage, 96 partial merge, 97 invalid measurement,
98 inconclusive, 99 threshold failed, 104 bad scenario, 105 interrupted, 108 aborted.
Results go to stdout, progress and warnings to stderr. `loadgen help COMMAND` tells more.")]
pub(crate) struct Arguments {
    /// What to do; without a command, `run`.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// The arguments of `run`.
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a scenario, or an ad-hoc load with --url.
    Run(Box<RunArguments>),
    /// Send one request of each payload and show everything that came back.
    Try(Box<LoadArguments>),
    /// Check a run and show what it would send, without sending anything: it refuses whatever the run would refuse.
    Validate(Box<RunArguments>),
    /// Say what a run will take, where AWS will throttle it and what it will cost, without sending anything.
    Plan(Box<PlanArguments>),
    /// Write a scenario to begin with, every line explained.
    Init(InitArguments),
    /// Print a JSON schema.
    Schema {
        /// Of which format.
        #[arg(value_enum, default_value = "scenario")]
        format: Format,
    },
    /// Rebuild the reports of a run directory, even of a run that was killed.
    Report {
        /// The run directory.
        directory: PathBuf,
        /// What stdout gets.
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        output_format: OutputFormat,
        /// A run directory to compare with: the page overlays both runs and shows the shift of each figure.
        #[arg(long, value_name = "DIR")]
        baseline: Option<PathBuf>,
    },
    /// Merge many runs into one: all shards of a load, judged as a whole.
    Merge(MergeArguments),
    /// Compare runs with earlier runs: is it slower, does it fail more often?
    Compare(CompareArguments),
    /// Run two targets or two scenarios in turn, and compare them: is B slower, does it fail more often?
    Ab(Box<AbArguments>),
    /// Find the greatest rate at which the thresholds hold.
    Search(Box<SearchArguments>),
    /// Account for every arrival of a run against the deployment's own records; stop what is still open.
    Reconcile(ReconcileArguments),
    /// Ask a deployment every case of the contract, and say what is wrong and how to mend it.
    Doctor(DoctorArguments),
    /// Print the completions of a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of loadgen or of one of its commands: loadgen man | man -l -.
    Man {
        /// Which command.
        command: Option<String>,
    },
    /// Serve the embedded endpoint until stdin closes.
    #[command(hide = true)]
    Serve(Box<stepgate_emulator::cli::Args>),
}

/// Formats with a JSON schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Scenario files.
    Scenario,
    /// `summary.json`.
    Summary,
    /// `comparison.json` of `ab`, and what `compare --output-format json` prints.
    Comparison,
    /// `reconciliation.json`.
    Reconciliation,
    /// `search.json`.
    Search,
    /// `plan.json`.
    Plan,
}
