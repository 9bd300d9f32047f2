//! The commands: each ends in one exit code.

use std::ffi::OsString;
use std::io::Write;

use clap::{CommandFactory, FromArgMatches};

use super::Io;
use super::arguments::{Arguments, Command, Format, command};
use super::guard::{Guard, secrets_of};
use super::hint::explained;
use super::kept::kept;
use super::misplaced::check;
use super::stream::Stdout;
use crate::compare::Comparison;
use crate::exit::Exit;
use crate::forecast::PlanReport;
use crate::json::JsonFormat as _;
use crate::reconcile::Reconciliation;
use crate::report::Summary;
use crate::scenario::Scenario;
use crate::search::SearchReport;

/// Runs a command line. Results go to `io.stdout`, everything else to `io.stderr`.
pub(crate) fn run(arguments: Vec<OsString>, io: &mut Io<'_>) -> Exit {
    let secrets = secrets_of(&arguments);
    let mut guarded = Guard::new(&mut *io.stdout, secrets.clone());
    let mut stdout = Stdout::new(&mut guarded);
    let mut stderr = Guard::new(&mut *io.stderr, secrets);
    let mut own = Io {
        stdout: &mut stdout,
        stderr: &mut stderr,
        terminal: io.terminal,
        interrupts: io.interrupts.clone(),
        program: io.program.clone(),
    };
    let exit = dispatch(arguments, &mut own);
    match stdout.finish() {
        Ok(()) => exit,
        Err(e) => {
            // Nobody may be listening.
            let _ = writeln!(stderr, "error: cannot write to stdout: {e}");
            // The more severe code stays: what was found is worth more than how it was told.
            exit.min(Exit::Other)
        }
    }
}

fn dispatch(arguments: Vec<OsString>, io: &mut Io<'_>) -> Exit {
    let nothing = arguments.len() <= 1;
    let written = arguments.get(1..).unwrap_or_default().to_vec();
    let mut command = command();
    let parsed = command.try_get_matches_from_mut(arguments).and_then(|matches| {
        let parsed = Arguments::from_arg_matches(&matches).map_err(|e| e.format(&mut command))?;
        Ok((parsed, matches))
    });
    let (parsed, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(e) => {
            let e = explained(e, &written);
            let out: &mut dyn Write = if e.use_stderr() { io.stderr } else { io.stdout };
            let _ = write!(out, "{e}");
            return if e.use_stderr() { Exit::Usage } else { Exit::Pass };
        }
    };
    if let Err(mistake) = check(&command, &matches) {
        let _ = writeln!(io.stderr, "error: {mistake}");
        return mistake.exit;
    }
    let again = |without: &[&str]| match matches.subcommand() {
        Some((name, matches)) => command.find_subcommand(name).map(|command| kept(command, matches, without)),
        None => Some(kept(&command, &matches, without)),
    };
    let words = |without: &[&str]| again(without).expect("a subcommand that was read is one of the command's");
    let ended = match parsed.command {
        None if nothing => {
            let _ = write!(io.stderr, "{}", Arguments::command().render_help());
            return Exit::Usage;
        }
        None => super::run::run(&parsed.run, &words(&[]), io),
        Some(Command::Run(run)) => super::run::run(&run, &words(&[]), io),
        Some(Command::Try(load)) => super::trial::trial(&load, io),
        Some(Command::Validate(run)) => super::validate::validate(&run, io),
        Some(Command::Plan(arguments)) => {
            super::plan::plan(&arguments, &[&["plan".to_owned()][..], &words(&[])].concat(), io)
        }
        Some(Command::Init(arguments)) => super::init::init(&arguments, io),
        Some(Command::Schema { format }) => Ok(schema(format, io)),
        Some(Command::Serve(serve)) => Ok(super::serve::serve(&serve)),
        Some(Command::Compare(arguments)) => super::compare::compare(&arguments, io),
        Some(Command::Ab(arguments)) => super::ab::ab(&arguments, &words(super::ab::OWN), io),
        Some(Command::Search(arguments)) => super::search::search(&arguments, &words(super::search::OWN), io),
        Some(Command::Reconcile(arguments)) => super::reconcile::reconcile(&arguments, io),
        Some(Command::Doctor(arguments)) => super::doctor::doctor(&arguments, io),
        Some(Command::Merge(arguments)) => super::merge::merge(&arguments, io),
        Some(Command::Report { directory, output_format, baseline }) => {
            super::report::report(&directory, baseline.as_deref(), output_format, io)
        }
        Some(Command::Completions { shell }) => Ok(super::manual::completions(shell, io)),
        Some(Command::Man { command }) => super::manual::man(command.as_deref(), io),
    };
    ended.unwrap_or_else(|mistake| {
        let _ = writeln!(io.stderr, "error: {mistake}");
        mistake.exit
    })
}

fn schema(format: Format, io: &mut Io<'_>) -> Exit {
    let schema = match format {
        Format::Scenario => Scenario::schema(),
        Format::Summary => Summary::schema(),
        Format::Comparison => Comparison::schema(),
        Format::Reconciliation => Reconciliation::schema(),
        Format::Search => SearchReport::schema(),
        Format::Plan => PlanReport::schema(),
    };
    let _ = io.stdout.write_all(schema.as_bytes());
    Exit::Pass
}
