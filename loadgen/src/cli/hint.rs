//! What to write instead of a word that another tool has, or that nobody has.

use std::ffi::OsString;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::arguments::Arguments;

/// Options of curl, oha, hey, wrk, vegeta and k6, and what does their work here.
const FOREIGN: [(&[&str], &str); 19] = [
    (&["--json", "-j"], "for JSON on stdout write --output-format json"),
    (&["--format", "--summary-export"], "choose what is written to stdout with --output-format text|json|quiet"),
    (
        &["-m", "--method", "-X", "--request"],
        "requests are POST; a payload's `kind` in the scenario makes preflights and describes",
    ),
    (&["-T", "--content-type"], "write the content type as a header: -H 'content-type: application/json'"),
    (&["-t"], "for a time-out write --timeout 30s, for generator threads --threads 4"),
    (
        &["--data", "--data-raw", "--data-binary", "--data-ascii", "--data-urlencode", "--body-file"],
        "a body is written -D TEXT or -D @FILE, in full --body",
    ),
    (&["-a", "-u", "--user"], "requests are authorised with --auth, and secrets come from the environment"),
    (
        &["--concurrency", "--vus"],
        "for clients that wait for their answers write --closed 10, for a limit on requests in flight -c 10",
    ),
    (&["--iterations", "-i"], "how many requests is written -n 500"),
    (
        &["--stage", "--stages"],
        "stages are written in the scenario: executor = \"ramping-arrival-rate\"; `loadgen init` shows how",
    ),
    (&["--proxy-header", "--proxy-user"], "a proxy with a password is named by HTTPS_PROXY"),
    (&["-L", "--location"], "redirects are not followed: each is an answer that is counted"),
    (&["-v", "--verbose"], "`loadgen try` shows a request and its answer in full"),
    (&["-s", "--silent"], "progress is silenced with --quiet, the results with --output-format quiet"),
    (&["--latency-correction", "--latency"], "response times always count from the instant at which a request was due"),
    (&["-A", "--accept"], "write the header in full: -H 'accept: application/json'"),
    (&["-w", "--warm-up"], "to leave the beginning of a run out of its times write --warmup 5s"),
    (&["-p", "--http2", "--http2-prior-knowledge"], "requests are sent over HTTP/1.1"),
    (&["--no-keepalive"], "for a new connection for every request write --disable-keepalive"),
];

/// The command that a word is probably meant to be.
pub(super) fn meant_command(written: &str) -> Option<String> {
    let command = Arguments::command();
    let names = command.get_subcommands().filter(|command| !command.is_hide_set()).map(clap::Command::get_name);
    names.filter(|name| alike(written, name)).min_by_key(|name| strsim::osa_distance(written, name)).map(str::to_owned)
}

/// The same error with a hint that helps; `words` are what was written after the program's name. A guess of clap's that has
/// little to do with what was written is dropped.
pub(super) fn explained(mut error: clap::Error, words: &[OsString]) -> clap::Error {
    let first = words.first().and_then(|word| word.to_str());
    if error.use_stderr()
        && let Some((written, meant)) = one_dash_too_few(words)
    {
        return clap::Error::raw(
            ErrorKind::UnknownArgument,
            format!("`{written}` begins with one dash: write {meant}\n"),
        );
    }
    if let (ErrorKind::ArgumentConflict, Some(ContextValue::String(second)), Some(first)) =
        (error.kind(), error.get(ContextKind::InvalidSubcommand), first.filter(|first| !first.starts_with('-')))
    {
        let message = match meant_command(first) {
            Some(meant) => format!("there is no command `{first}`: did you mean `{meant}`?"),
            None if meant_command(second).is_some_and(|meant| meant == *second) => {
                format!("the command stands first: write loadgen {second} {first}")
            }
            None => format!("there is no command `{first}`; if it is a scenario, nothing but options can follow it"),
        };
        return clap::Error::raw(ErrorKind::InvalidSubcommand, message + "\n");
    }
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    // "to pass '-A' as a value, use '-- -A'": no value here begins with a dash.
    error.remove(ContextKind::Suggested);
    let Some(ContextValue::String(written)) = error.get(ContextKind::InvalidArg).cloned() else { return error };
    if let Some(negative) = below_zero(words, &written) {
        return clap::Error::raw(
            ErrorKind::ValueValidation,
            format!("`{negative}` is below zero, and no time or count is\n"),
        );
    }
    let written = written.split('=').next().unwrap_or_default();
    if let Some(hint) = url_alone(written, first).or_else(|| hint(written).map(str::to_owned)) {
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
        return error;
    }
    if let Some(ContextValue::String(guess)) = error.get(ContextKind::SuggestedArg)
        && !alike(written, guess)
    {
        error.remove(ContextKind::SuggestedArg);
    }
    error
}

/// The word that was meant as a value and read as an option, for it begins with a minus sign.
fn below_zero<'w>(words: &'w [OsString], written: &str) -> Option<&'w str> {
    let is_number =
        |word: &&str| word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    words.iter().filter_map(|word| word.to_str()).find(|word| is_number(word) && word.starts_with(written))
}

fn hint(written: &str) -> Option<&'static str> {
    FOREIGN.iter().find(|(words, _)| words.contains(&written)).map(|(_, hint)| *hint)
}

/// For a command that takes its URL without an option: how it is written.
fn url_alone(written: &str, first: Option<&str>) -> Option<String> {
    let command = Arguments::command();
    let command = command.find_subcommand(first?)?;
    let positional = command.get_positionals().any(|argument| argument.get_id() == "url");
    (written == "--url" && positional).then(|| format!("the URL stands alone: loadgen {} URL", command.get_name()))
}

/// An option's long name behind a single dash, as Go's tools write theirs, and what it should be. Without this, `-duration=5s`
/// is `-d` with an odd value.
fn one_dash_too_few(words: &[OsString]) -> Option<(String, String)> {
    let command = Arguments::command();
    let commands = || std::iter::once(&command).chain(command.get_subcommands());
    words.iter().filter_map(|word| word.to_str()).take_while(|word| *word != "--").find_map(|word| {
        let bare = word.strip_prefix('-').filter(|bare| !bare.starts_with('-'))?;
        let name = bare.split('=').next().filter(|name| name.len() > 1)?;
        let mut options = commands().flat_map(clap::Command::get_arguments);
        let known =
            options.any(|option| option.get_long_and_visible_aliases().is_some_and(|names| names.contains(&name)));
        known.then(|| (word.to_owned(), format!("-{word}")))
    })
}

/// Whether one may be the other with a slip: one for every four letters.
fn alike(written: &str, known: &str) -> bool {
    let bare = |word: &str| word.trim_start_matches('-').to_lowercase();
    let (written, known) = (bare(written), bare(known));
    strsim::osa_distance(&written, &known) <= (written.chars().count() / 4).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::arguments::command;
    use super::*;

    #[test]
    fn a_command_with_a_slip_is_guessed() {
        for (written, meant) in [("repord", Some("report")), ("vaidate", Some("validate")), ("basic.toml", None)] {
            assert_eq!(meant_command(written).as_deref(), meant, "{written}");
        }
        for (words, says) in [
            (["loadgen", "repord", "runs/x"], "there is no command `repord`: did you mean `report`?"),
            (["loadgen", "s.toml", "report"], "the command stands first: write loadgen report s.toml"),
            (["loadgen", "a.toml", "b.toml"], "nothing but options can follow it"),
        ] {
            let error = Arguments::command().try_get_matches_from(words).unwrap_err();
            let words: Vec<OsString> = words[1..].iter().map(OsString::from).collect();
            let error = explained(error, &words).to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_told_without_a_tip_that_misleads() {
        for (words, says) in [
            (&["loadgen", "s.toml", "-A", "text/html"][..], "-H 'accept: application/json'"),
            (&["loadgen", "doctor", "--url", "http://h/execute"], "the URL stands alone: loadgen doctor URL"),
            (&["loadgen", "-duration=5s", "s.toml"], "write --duration=5s"),
            (&["loadgen", "s.toml", "-rate", "50"], "write --rate"),
            (&["loadgen", "s.toml", "--seed", "-1"], "invalid value '-1' for '--seed <N>'"),
            (&["loadgen", "plan", "s.toml", "--rps", "-5"], "invalid value '-5' for '--rps <RATE>'"),
            (&["loadgen", "s.toml", "-Q"], "unexpected argument '-Q'"),
        ] {
            let error = command().try_get_matches_from(words).unwrap_err();
            let words: Vec<OsString> = words[1..].iter().map(OsString::from).collect();
            let error = explained(error, &words).to_string();
            assert!(error.contains(says) && !error.contains("as a value"), "{words:?}: {error}");
        }
    }

    #[test]
    fn a_slip_is_alike_and_another_word_is_not() {
        for (written, known) in
            [("--duratoin", "--duration"), ("--thread", "--threads"), ("--outptu-format", "--output-format")]
        {
            assert!(alike(written, known), "{written}");
        }
        for (written, known) in [("--stage", "--scale"), ("--vus", "--rps"), ("--retries", "--requests")] {
            assert!(!alike(written, known), "{written}");
        }
    }
}
