//! Options of a run that have no place in a command which runs something else: its help does not have them, and whoever
//! writes one is told why.

use clap::ArgMatches;
use clap::parser::ValueSource;

use crate::mistake::Mistake;

/// Options by their ids, and why a command does not take them.
type Misplaced = (&'static [&'static str], &'static str);

/// What each command does not take of the options that it shares with `run`.
const COMMANDS: [(&str, &[Misplaced]); 5] = [
    (
        "try",
        &[
            (
                &["rps", "scale", "duration", "requests", "closed", "max_in_flight", "arrivals"],
                "it sends one request of each payload, at once",
            ),
            (&["shard"], "one request has no parts"),
        ],
    ),
    ("validate", &[(&["output_format"], "it tells what a run would send, as text")]),
    (
        "search",
        &[
            (&["rps", "scale"], "the rate is what is searched (--from, --to)"),
            (&["duration", "requests"], "--level-time says how long a level lasts"),
            (&["closed"], "levels are open loops"),
            (&["shard", "barrier", "barrier_timeout", "late", "start_at"], "a search runs on one machine"),
            (&["max_cost", "region", "prices", "log_bytes"], "--max-executions bounds what a search may start"),
            (&["out"], "the levels keep whole run directories"),
            (&["save_baseline"], "its levels have different loads, and none is to compare with"),
        ],
    ),
    (
        "ab",
        &[
            (&["shard", "barrier", "barrier_timeout", "late", "start_at"], "it runs on one machine"),
            (&["out"], "it keeps whole run directories"),
            (&["save_baseline"], "its runs are compared with each other; `loadgen run` saves one"),
        ],
    ),
    (
        "plan",
        &[
            (&["out"], "a plan has no requests to write: -o DIR writes plan.json"),
            (&["barrier", "barrier_timeout", "late", "start_at"], "nothing is sent, and nobody waited for"),
            (&["save_baseline"], "a plan is not a measurement to compare with"),
            (&["prometheus"], "it is over before a scraper has looked twice"),
        ],
    ),
];

/// The same commands without such options in their help.
pub(super) fn hidden(command: clap::Command) -> clap::Command {
    COMMANDS.iter().fold(command, |command, (name, misplaced)| {
        command.mut_subcommand(name, |own| {
            misplaced
                .iter()
                .flat_map(|(ids, _)| *ids)
                .fold(own, |own, id| own.mut_arg(id, |argument| argument.hide(true)))
        })
    })
}

/// Refuses the first such option that was written.
///
/// # Errors
/// Names the option, and why.
pub(super) fn check(command: &clap::Command, matches: &ArgMatches) -> Result<(), Mistake> {
    let Some((name, matches)) = matches.subcommand() else { return Ok(()) };
    let misplaced = COMMANDS.iter().find(|(own, _)| *own == name).map_or(&[][..], |(_, misplaced)| misplaced);
    let written = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let found = misplaced.iter().find_map(|(ids, why)| Some((ids.iter().find(|id| written(id))?, why)));
    let Some((id, why)) = found else { return Ok(()) };
    let argument = command.find_subcommand(name).and_then(|own| own.get_arguments().find(|a| a.get_id() == id));
    let option = argument.and_then(clap::Arg::get_long).unwrap_or(id);
    Err(Mistake::usage(format!("{name} does not take --{option}: {why}")))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::arguments::Arguments;

    #[test]
    fn every_option_that_a_command_does_not_take_is_one_that_it_reads_and_its_help_lacks() {
        let all = hidden(Arguments::command());
        for (name, misplaced) in COMMANDS {
            let own = all.find_subcommand(name).unwrap();
            for id in misplaced.iter().flat_map(|(ids, _)| *ids) {
                let argument = own.get_arguments().find(|argument| argument.get_id() == id);
                assert!(argument.is_some_and(clap::Arg::is_hide_set), "{name} {id}");
            }
        }
    }
}
